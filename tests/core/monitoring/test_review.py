"""The quarterly review: redundant, always met, never met, unguarded; with a proposal each (D-27)."""

from appraisal.core.monitoring.review import Proposal, review
from tests.core.monitoring.watched import MARCH, policy, several

TWELVE = "98 99 98 99 98 99 98 99 98 99 98 99"


def found(finding: str, **values: str) -> list[Proposal]:
    return [one for one in review(policy(), several(**values), MARCH) if one.finding == finding]


def test_a_target_met_in_all_twelve_periods_is_to_be_raised() -> None:
    (one,) = found("always_met", pass_rate=TWELVE)
    assert (one.indicator, one.action) == ("pass_rate", "raise")
    assert "最近 12 期一直达标" in one.line.zh and one.line.path.endswith("monitoring.yaml")


def test_one_miss_or_one_gap_is_not_always() -> None:
    assert found("always_met", pass_rate=TWELVE.replace("98", "97", 1)) == []
    assert found("always_met", pass_rate=TWELVE.replace("98", "-", 1)) == []
    assert found("never_met", pass_rate=TWELVE) == []


def test_a_target_missed_in_all_twelve_periods_is_to_be_looked_at() -> None:
    (one,) = found("never_met", cycle_time=" ".join(["101"] * 12))
    assert (one.indicator, one.action) == ("cycle_time", "redefine")
    assert found("never_met", cycle_time=" ".join(["101"] * 11)) == []


def test_two_of_a_class_that_always_move_together_are_one_too_many() -> None:
    (one,) = found("redundant", pass_rate=TWELVE, close_rate=TWELVE)
    assert (one.indicator, one.other, one.action) == ("close_rate", "pass_rate", "drop")
    assert "ρ = 1" in one.line.zh and "相关不等于因果" in one.line.zh
    assert found("redundant", pass_rate=TWELVE, availability=TWELVE) == []


def test_what_people_are_held_to_without_a_guard_is_to_be_paired() -> None:
    alone = {one.indicator for one in found("unguarded")}
    assert {"close_rate", "concentration"} <= alone
    assert not alone & {"pass_rate", "cycle_time", "dispatch_time", "availability", "accidents", "escapes"}


def test_without_a_rule_nothing_is_reviewed() -> None:
    without = policy(("monitoring.yaml", "    review: {periods: 12, redundant: 0.95}\n", ""))
    assert review(without, several(pass_rate=TWELVE), MARCH) == ()
