"""Which indicators move together: Spearman's rank correlation over recent periods, with a lag, in exact rank arithmetic.

Ranks are doubled and taken from their mean, so that ties are whole numbers and every sum is; ρ is rounded once, at the end.
A correlation is no cause, and says nothing without the number of readings it rests on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isqrt
from typing import Final

from appraisal.core.calendar import Period
from appraisal.core.judging.trend import ValueAt
from appraisal.core.numbers import EXACT

PLACES: Final = 4


@dataclass(frozen=True)
class Correlation:
    """Spearman's ρ of two indicators, the first read `lag` periods before the second, over `readings` common periods."""

    lag: int
    readings: int
    rho: Decimal


def correlation_at(first: ValueAt, second: ValueAt, period: Period, periods: int, lag: int, minimum: int) -> Correlation | None:
    """The correlation over the `periods` up to this one; None under `minimum` common readings or where one never changes."""
    pairs = []
    at, earlier = period, _back(period, lag)
    for _ in range(periods):
        left, right = first(earlier), second(at)
        if left is not None and right is not None:
            pairs.append((left, right))
        at, earlier = at.previous(), earlier.previous()
    if len(pairs) < minimum:
        return None
    rho = spearman([left for left, _ in pairs], [right for _, right in pairs])
    return None if rho is None else Correlation(lag, len(pairs), rho)


def spearman(first: Sequence[Decimal], second: Sequence[Decimal]) -> Decimal | None:
    """Spearman's ρ with mean ranks for ties, rounded half-up at 4 decimals; None where one side does not vary."""
    left, right = centred_ranks(first), centred_ranks(second)
    together = sum(a * b for a, b in zip(left, right, strict=True))
    spread = sum(a * a for a in left) * sum(b * b for b in right)
    return None if spread == 0 else rounded_rho(together, spread)


def centred_ranks(values: Sequence[Decimal]) -> list[int]:
    """Twice each rank less twice the mean rank, equal values sharing the mean of their ranks: whole numbers that total 0."""
    places: dict[Decimal, list[int]] = {}
    for place, value in enumerate(sorted(values), start=1):
        places.setdefault(value, []).append(place)
    return [places[value][0] + places[value][-1] - len(values) - 1 for value in values]


def rounded_rho(together: int, spread: int) -> Decimal:
    """together ÷ √spread, half-up on magnitudes at 4 decimals, exactly: (2r − 1)² ≤ 4·10⁸·together² ÷ spread."""
    units: int = 10**PLACES
    root = isqrt((2 * units * together) ** 2 // spread)
    magnitude = (root + 1) // 2
    return Decimal(magnitude if together >= 0 else -magnitude).scaleb(-PLACES, EXACT)


def _back(period: Period, count: int) -> Period:
    for _ in range(count):
        period = period.previous()
    return period
