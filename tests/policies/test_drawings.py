"""Curves as they are drawn: every point is the core's own, on either side of where the curve turns."""

from decimal import Decimal

import pytest
from sqlmodel import Session

from appraisal.policies import drawings, queries
from tests import factories as make


@pytest.fixture
def drawn(session: Session) -> dict[str, drawings.Drawn]:
    policy = queries.compiled_state(make.a_published_policy(session))
    return {one.curve.id: one for one in drawings.drawn(policy, {"higher": "越高越好", "lower": "越低越好"})}


def points(one: drawings.Drawn, side: int = 0) -> dict[Decimal, Decimal]:
    return {row.actual: row.points for row in one.sides[side].rows}


def test_the_example_has_a_target_of_100_and_a_challenge_where_the_method_uses_one(drawn: dict[str, drawings.Drawn]):
    [side] = drawn["higher"].sides
    assert [(name.zh, value) for name, value in side.given] == [("目标", 100), ("挑战", 120)]
    assert points(drawn["higher"]) == {50: 40, 80: 64, 100: 80, 110: 90, 120: 100, 140: 100}
    assert drawn["higher"].directions == ("higher",)


def test_lower_is_better_falls_to_nothing_at_twice_the_target(drawn: dict[str, drawings.Drawn]):
    found = points(drawn["lower"])
    assert (found[Decimal(80)], found[Decimal(100)], found[Decimal(150)], found[Decimal(200)]) == (100, 80, 40, 0)


def test_a_curve_for_both_directions_has_a_side_for_each(drawn: dict[str, drawings.Drawn]):
    one = drawn["threshold_points"]
    assert [side.direction for side in one.sides] == ["higher", "lower"]
    assert points(one)[Decimal(60)] == 0 and points(one, 1)[Decimal(140)] == 0
    assert one.chart is not None and [trace.name for trace in one.chart.traces] == ["越高越好", "越低越好"]


def test_what_is_counted_is_drawn_for_whole_counts_only(drawn: dict[str, drawings.Drawn]):
    assert points(drawn["zero"]) == {0: 100, 1: 60, 2: 20, 3: 0, 4: 0}
    chart = drawn["zero"].chart
    assert chart is not None and chart.traces[0].kind == "counts" and len(chart.traces[0].dots) == 5


def test_on_target_turns_at_the_tolerance_and_where_it_is_nothing(drawn: dict[str, drawings.Drawn]):
    found = points(drawn["on_target"])
    assert [found[Decimal(one)] for one in (80, 95, 100, 105, 120)] == [0, 100, 100, 100, 0]
