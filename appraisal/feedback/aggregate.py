"""What is shown of answers, and what they come to: groups of at least `minimum`, small ones merged, fewer withheld.

A group counts by its share, however many answered in it, and within a group every answer and every question counts the same.
Each question is rated by everybody who answers: one that some could leave out would show the few who did not. The score is
exact until its one rounding; shares of groups that nothing is shown of do not count, so no answer missing counts as zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from appraisal.core.numbers import HUNDRED, ZERO, add, divide, minus


@dataclass(frozen=True)
class Scale:
    """The scale of the ratings, and to how many decimals a score is rounded."""

    lowest: Decimal
    highest: Decimal
    places: int


@dataclass(frozen=True)
class Answer:
    """One answer: a rating for each rated question, words for some of the others. It knows nothing of who gave it."""

    ratings: Mapping[str, Decimal]
    remarks: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """Answers that are shown together: of one group, or of several small ones merged."""

    groups: tuple[str, ...]
    share: Decimal
    answers: tuple[Answer, ...]

    @property
    def sums(self) -> dict[str, Decimal]:
        """By question, the exact sum of the ratings."""
        questions = self.answers[0].ratings
        return {code: add(*(answer.ratings[code] for answer in self.answers)) for code in questions}


@dataclass(frozen=True)
class Aggregate:
    """What may be shown, and how many answers may not."""

    shown: tuple[Shown, ...]
    withheld: int


def aggregate(shares: Mapping[str, Decimal], answers: Mapping[str, Sequence[Answer]], minimum: int) -> Aggregate:
    """Groups with at least `minimum` answers by themselves, the others merged into one; withheld if that is still too small."""
    given = {code: tuple(answers.get(code, ())) for code in shares}
    shown = [Shown((code,), shares[code], each) for code, each in given.items() if len(each) >= minimum]
    small = [code for code, each in given.items() if 0 < len(each) < minimum]
    rest = tuple(answer for code in small for answer in given[code])
    if len(rest) < minimum:
        return Aggregate(tuple(shown), len(rest))
    return Aggregate((*shown, Shown(tuple(small), add(*(shares[code] for code in small)), rest)), 0)


def score(parts: Sequence[tuple[Decimal, int, Mapping[str, Decimal]]], scale: Scale) -> Decimal | None:
    """0 to 100 of parts given by share, number of answers and sums by question; rounded once, half-up. None without a part."""
    if not parts:
        return None
    weighted = sum((Fraction(share) * mean(count, tuple(sums.values())) for share, count, sums in parts), Fraction(0))
    whole = weighted / Fraction(add(*(share for share, _, _ in parts)))
    return points(whole, scale)


def mean(count: int, sums: Sequence[Decimal]) -> Fraction:
    """The mean rating over answers and questions, as an exact fraction."""
    return Fraction(add(ZERO, *sums)) / (count * len(sums))


def points(rating: Fraction, scale: Scale) -> Decimal:
    """A mean rating on the scale as 0 to 100, rounded once, half-up."""
    exact = (rating - Fraction(scale.lowest)) / Fraction(minus(scale.highest, scale.lowest)) * Fraction(HUNDRED)
    return divide(Decimal(exact.numerator), Decimal(exact.denominator), scale.places)


def rounded(rating: Fraction, places: int) -> Decimal:
    """A mean rating as it is shown, on the scale of the form."""
    return divide(Decimal(rating.numerator), Decimal(rating.denominator), places)
