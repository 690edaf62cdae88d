"""Runs of worsening and of targets met: strict, broken by equal values and by missing periods (R-000-53, G-8)."""

import pytest

from appraisal.core.judging.deviation import Target
from appraisal.core.judging.trend import change_at, met_running, worsenings
from tests.core.monitoring.watched import MARCH, D, indicator, series

AIM = Target("=", D(100))


def run(name: str, text: str, target: Target | None = None, **changes: object) -> int:
    values = {one.period: one.value for one in series(*(None if part == "-" else part for part in text.split()))}
    return worsenings(indicator(name, **changes), MARCH, values.get, lambda at: target)


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ("99 98 97 96", 3),
        ("98 97 96", 2),
        ("99 98 98 97", 1),
        ("99 98 97 97", 0),
        ("99 98 97 98", 0),
        ("99 98 - 97 96", 1),
        ("99 98 97 -", 0),
        ("- 96", 0),
        ("99.00000001 99 98.99999999", 2),
        ("95 99 98 97 96", 3),
    ],
)
def test_worsenings_in_a_row_where_higher_is_better(values: str, length: int) -> None:
    assert run("pass_rate", values) == length


@pytest.mark.parametrize(("values", "length"), [("1 2 3 4", 3), ("4 3 2 1", 0), ("1 2 2 3", 1)])
def test_worsenings_in_a_row_where_lower_is_better(values: str, length: int) -> None:
    assert run("cycle_time", values) == length
    assert run("accidents", values) == length


@pytest.mark.parametrize(("values", "length"), [("100 101 98 103", 3), ("97 103", 0), ("97 104 98", 0)])
def test_worsening_is_getting_further_from_a_target_that_should_be_hit(values: str, length: int) -> None:
    assert run("cycle_time", values, AIM, direction="target") == length


def test_nobody_can_tell_without_the_target_or_a_direction() -> None:
    assert run("cycle_time", "100 101 98 103", None, direction="target") == 0
    assert run("cycle_time", "1 2 3 4", None, direction=None) == 0
    assert run("cycle_time", "1 2 3 4", Target("<=", D(9)), direction=None) == 3


@pytest.mark.parametrize(("values", "change"), [("1 2", -1), ("2 1", 1), ("2 2", 0), ("- 2", None), ("2 -", None)])
def test_the_change_from_the_period_before(values: str, change: int | None) -> None:
    known = {one.period: one.value for one in series(*(None if part == "-" else part for part in values.split()))}
    assert change_at(indicator("cycle_time"), MARCH, known.get, lambda at: None) == change


@pytest.mark.parametrize(
    ("values", "length"), [("98 98 98", 3), ("97.9 98 99", 2), ("98 - 98", 1), ("98 98 97.9", 0), ("98 98 -", 0)]
)
def test_targets_met_in_a_row(values: str, length: int) -> None:
    known = {one.period: one.value for one in series(*(None if part == "-" else part for part in values.split()))}
    assert met_running(indicator("pass_rate"), MARCH, known.get, lambda at: Target(">=", D(98))) == length


def test_each_period_is_held_to_its_own_target() -> None:
    known = {one.period: one.value for one in series("90", "90", "90")}
    targets = {
        MARCH: Target(">=", D(85)),
        MARCH.previous(): Target(">=", D(90)),
        MARCH.previous().previous(): Target(">=", D(95)),
    }
    assert met_running(indicator("pass_rate"), MARCH, known.get, targets.get) == 2
