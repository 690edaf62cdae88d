"""How far a reading lies from its target: the bad side only, exactly, with the operator as printed (R-000-38, G-7)."""

from dataclasses import replace
from fractions import Fraction

import pytest

from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import MOST, Target, can_rise, deviation, target_at, target_jump
from appraisal.core.policy.model import Operator
from appraisal.core.policy.monitoring import Tolerance
from tests.core.monitoring.watched import D, indicator

HIGHER, LOWER, ZERO = indicator("pass_rate"), indicator("cycle_time"), indicator("accidents")


def off(one, operator: Operator, target: str, value: str):
    return deviation(one, Target(operator, D(target)), D(value))


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        (">=", "98", True),
        (">=", "97.99999999", False),
        (">", "98", False),
        (">", "98.00000001", True),
        ("=", "98", True),
        ("=", "97.9", False),
        ("=", "98.1", True),
    ],
)
def test_higher_is_met_as_its_operator_says(operator: Operator, value: str, met: bool) -> None:
    assert off(HIGHER, operator, "98", value).met is met


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        ("<=", "1", True),
        ("<=", "1.00000001", False),
        ("<", "1", False),
        ("<", "0.99999999", True),
        ("=", "0.5", True),
        ("=", "1.1", False),
    ],
)
def test_lower_is_met_as_its_operator_says(operator: Operator, value: str, met: bool) -> None:
    assert off(LOWER, operator, "1", value).met is met


def test_a_strict_target_that_is_just_reached_is_missed_by_nothing() -> None:
    found = off(LOWER, "<", "1", "1")
    assert (found.met, found.exact, found.amount) == (False, 0, 0)


@pytest.mark.parametrize("value", ["98", "99", "100", "500"])
def test_the_good_side_deviates_by_nothing_however_far(value: str) -> None:
    assert off(HIGHER, ">=", "98", value).exact == 0


def test_the_share_of_the_target_is_exact() -> None:
    assert off(HIGHER, ">=", "3", "2").exact == Fraction(100, 3)
    assert off(HIGHER, ">=", "3", "2").rounded(4) == D("33.3333")
    assert off(LOWER, "<=", "30", "32").exact == Fraction(200, 30)
    assert off(LOWER, "<=", "30", "32").rounded(4) == D("6.6667")


def test_a_target_below_zero_is_measured_by_its_size() -> None:
    assert off(HIGHER, ">=", "-10", "-11").exact == 10
    assert off(LOWER, "<=", "-10", "-9").exact == 10


@pytest.mark.parametrize("one", [ZERO, LOWER])
def test_a_zero_target_missed_has_no_share(one) -> None:
    found = off(one, "=", "0", "0.00000001")
    assert (found.met, found.exact, found.zero_missed, found.rounded(4)) == (False, None, True, None)
    assert (off(one, "=", "0", "0").exact, off(one, "=", "0", "0").zero_missed) == (0, False)


def test_with_points_the_difference_itself_counts() -> None:
    points = replace(LOWER, tolerance=Tolerance(points=True))
    assert off(points, "<", "1", "1.3").exact == Fraction(3, 10)
    assert off(LOWER, "<", "1", "1.3").exact == 30
    assert off(points, "=", "0", "1").zero_missed


def test_what_should_hit_its_target_deviates_on_both_sides() -> None:
    aimed = replace(LOWER, direction="target")
    assert off(aimed, "=", "100", "110").exact == off(aimed, "=", "100", "90").exact == 10
    assert off(aimed, "=", "100", "100").met and not off(aimed, "=", "100", "100.1").met


def test_without_a_direction_the_operator_shows_it() -> None:
    unknown = replace(LOWER, direction=None)
    assert off(unknown, ">=", "98", "90").amount == 8
    assert off(unknown, "<=", "98", "90").amount == 0
    assert off(unknown, "=", "98", "99").amount == 1


def test_beyond_measure_is_told_no_further_apart() -> None:
    assert off(LOWER, "<=", "0.00000001", "999999999999999").exact == MOST


@pytest.mark.parametrize(
    ("period", "value"),
    [("2025-12", None), ("2026-01", "50"), ("2026-06", "50"), ("2026-07", "40"), ("2030-01", "40")],
)
def test_a_phase_holds_for_periods_that_begin_in_it(period: str, value: str | None) -> None:
    found = target_at(indicator("concentration"), Period.parse(period))
    assert (found.value if found else None) == (D(value) if value else None)


def test_a_phase_that_ends_in_the_middle_of_a_month_holds_to_the_end_of_it() -> None:
    first, second = indicator("concentration").targets
    until = first.from_.replace(month=6, day=14)
    halved = indicator("concentration", targets=(replace(first, to=until), replace(second, from_=until.replace(day=15))))
    assert [target_at(halved, Period.parse(text)).value for text in ("2026-06", "2026-07")] == [50, 40]  # type: ignore[union-attr]


def test_both_days_of_a_phase_belong_to_it() -> None:
    first, second = indicator("concentration").targets
    a_day = first.from_.replace(month=6, day=1)
    split = indicator("concentration", targets=(replace(first, to=a_day), replace(second, from_=a_day.replace(day=2))))
    assert [target_at(split, Period.parse(text)).value for text in ("2026-06", "2026-07")] == [50, 40]  # type: ignore[union-attr]


def test_without_a_target_there_is_none() -> None:
    assert target_at(indicator("availability"), Period.parse("2026-03")) is None


def test_without_an_operator_the_direction_shows_it() -> None:
    shown = [
        target_at(indicator(name, operator=None), Period.parse("2026-03")) for name in ("pass_rate", "cycle_time", "accidents")
    ]
    assert [one.operator for one in shown if one] == [">=", "<=", "="]


@pytest.mark.parametrize(
    ("baseline", "target", "jump"),
    [("120", "100", Fraction(100, 6)), ("120", "84", 30), ("120", "30", 75), ("120", "130", 0), ("0", "30", None)],
)
def test_how_far_a_target_jumps_from_the_baseline(baseline: str, target: str, jump: Fraction | None) -> None:
    assert target_jump(LOWER, D(baseline), Target("<=", D(target))) == jump


@pytest.mark.parametrize(
    ("against", "value", "benchmark", "rises"),
    [
        ("reading", "98.1", "98", True),
        ("reading", "98", "98", False),
        ("reading", "99", None, False),
        ("target", "98.1", "98.1", True),
        ("target", "98.1", "98", False),
    ],
)
def test_there_is_room_above_a_target_as_the_benchmark_shows(
    against: str, value: str, benchmark: str | None, rises: bool
) -> None:
    one = replace(HIGHER, benchmark=None if benchmark is None else D(benchmark))
    assert can_rise(one, Target(">=", D("98")), D(value), against) is rises


def test_for_lower_is_better_the_benchmark_is_beaten_from_below() -> None:
    one = replace(LOWER, benchmark=D(90))
    assert can_rise(one, Target("<=", D(100)), D(89), "reading")
    assert not can_rise(one, Target("<=", D(100)), D(91), "reading")
    assert can_rise(one, Target("<=", D(100)), D(95), "target")


def test_nothing_rises_above_the_best_there_can_be() -> None:
    best = replace(HIGHER, best_possible=D(100), benchmark=D(90))
    assert not can_rise(best, Target("=", D(100)), D(100), "reading")
    assert can_rise(best, Target(">=", D(99)), D(100), "reading")
