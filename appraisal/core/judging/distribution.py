"""Upper limits of grades in a population (强制分布): what calibration keeps within, never a quota to be filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.numbers import HUNDRED, divide, times
from appraisal.core.policy.model import Policy


@dataclass(frozen=True)
class Violation:
    """More people at a grade or better than its limit: `count` instead of `limit`, so `too_many` have to come down."""

    grade: str
    limit: int
    count: int
    too_many: int


def limits_for(policy: Policy, population: int) -> Mapping[str, int]:
    """How many of so many people may have each limited grade or a better one, highest grade first.

    Heads are rounded half-up, as is usual (四舍五入). Empty where the policy limits nothing, or not so few people.
    """
    limited = policy.distribution
    if limited is None or population < limited.minimum_population:
        return {}
    return {one.grade: int(divide(times(one.percent, Decimal(population)), HUNDRED, 0)) for one in limited.limits}


def violations(policy: Policy, grades: Sequence[str]) -> tuple[Violation, ...]:
    """The limits that these grades of one population break, highest grade first; nothing where all are kept."""
    ranks = policy.ranks
    broken = []
    for grade, limit in limits_for(policy, len(grades)).items():
        count = sum(ranks[given] >= ranks[grade] for given in grades)
        if count > limit:
            broken.append(Violation(grade, limit, count, count - limit))
    return tuple(broken)
