"""Floors of dimensions: good results in one field do not make up for bad ones in another, so the grade is capped (D-14)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from appraisal.core.numbers import add, divide, times
from appraisal.core.policy.general import Floor
from appraisal.core.policy.model import Band, Policy
from appraisal.core.scoring.items import ScoredItem

Scores = Sequence[tuple[Decimal, Sequence[ScoredItem], Sequence[Decimal | None]]]
"""Sheets: the share of each, its items, and their scores after incidents."""


def dimension_scores(policy: Policy, sheets: Scores) -> Mapping[str, Decimal]:
    """The weighted mean of each floored dimension over all sheets, rounded once; a dimension without a score is absent."""
    found = {}
    for dimension in dict.fromkeys(floor.dimension for floor in policy.general.floors):
        counting = [
            (times(share, item.item.weight), score)
            for share, items, scores in sheets
            for item, score in zip(items, scores, strict=True)
            if item.dimension == dimension and score is not None
        ]
        if counting:
            points = add(*(times(weight, score) for weight, score in counting))
            found[dimension] = divide(points, add(*(weight for weight, _ in counting)), policy.general.precision)
    return found


def missed_floors(policy: Policy, scores: Mapping[str, Decimal]) -> tuple[Floor, ...]:
    """The floors that these scores of dimensions stay below, in file order."""
    return tuple(
        floor for floor in policy.general.floors if floor.dimension in scores and scores[floor.dimension] < floor.below
    )


def cap(policy: Policy, band: Band, missed: Sequence[Floor]) -> tuple[Band, tuple[Floor, ...]]:
    """The band after the lowest cap among the floors that were missed, and the floors that lowered it to there."""
    ranks = policy.ranks
    lowest = min([band.grade, *(floor.grade for floor in missed)], key=lambda grade: ranks[grade])
    if lowest == band.grade:
        return band, ()
    return next(one for one in policy.bands if one.grade == lowest), tuple(one for one in missed if one.grade == lowest)
