"""Upper limits of grades: how many heads a percentage is, and which limits a set of grades breaks."""

import pytest

from appraisal.core.judging.distribution import Violation, limits_for, violations
from tests.core.cases import trading
from tests.core.policy.mini import policy_with

DISTRIBUTION = "rules/mini/distribution.yaml"
POLICY = policy_with(DISTRIBUTION, ("percent: 20", "percent: 10"), ("percent: 90", "percent: 62.5"))


@pytest.mark.parametrize(
    ("population", "heads"),
    [(5, (1, 3)), (6, (1, 4)), (14, (1, 9)), (15, (2, 9)), (24, (2, 15)), (25, (3, 16)), (100, (10, 63)), (104, (10, 65))],
)
def test_heads_are_rounded_half_up(population: int, heads: tuple[int, int]) -> None:
    assert limits_for(POLICY, population) == dict(zip("AB", heads, strict=True))


def test_fewer_people_than_the_policy_asks_for_are_not_limited() -> None:
    assert limits_for(POLICY, 4) == {}
    assert violations(POLICY, ["A", "A", "A", "A"]) == ()


def test_a_policy_without_distribution_limits_nothing() -> None:
    assert limits_for(trading(), 1_000) == {}
    assert violations(trading(), ["S"] * 1_000) == ()


def test_a_limit_counts_the_grade_and_every_better_one() -> None:
    assert violations(POLICY, ["A", "B", "B", "C", "C"]) == ()
    assert violations(POLICY, ["A", "A", "B", "C", "C"]) == (Violation("A", 1, 2, 1),)
    assert violations(POLICY, ["A", "A", "B", "B", "C"]) == (Violation("A", 1, 2, 1), Violation("B", 3, 4, 1))
    assert violations(POLICY, ["B", "B", "B", "B", "B"]) == (Violation("B", 3, 5, 2),)


def test_nobody_at_all_breaks_nothing() -> None:
    assert violations(POLICY, []) == ()


def test_a_limit_of_nothing_is_a_limit() -> None:
    nobody = policy_with(DISTRIBUTION, ("percent: 20", "percent: 0"))
    assert violations(nobody, ["A", "B", "B", "B", "C"]) == (Violation("A", 0, 1, 1),)
