"""Every scoring curve: its formula, both sides of each edge, the figures it refuses, and the parameters it refuses."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Curve, Text
from appraisal.core.policy.tree import Node, Where
from appraisal.core.scoring.curves import METHODS, CompiledCurve, Points, Reading, compile_curve

FILE = "rules/sample/scoring.yaml"


def node(value: Any, line: int = 1) -> Node:
    """The tree a rule file would give: numbers as text, each entry of a list or mapping on its own line."""
    if isinstance(value, dict):
        children = {key: node(child, line + index) for index, (key, child) in enumerate(value.items())}
        return Node(children, Where(FILE, line, 1, {key: child.where for key, child in children.items()}))
    if isinstance(value, list):
        entries = tuple(node(child, line + index) for index, child in enumerate(value))
        return Node(entries, Where(FILE, line, 1, {str(index): entry.where for index, entry in enumerate(entries)}))
    return Node(None if value is None else str(value).lower() if isinstance(value, bool) else str(value), Where(FILE, line, 7))


def compiled(method: str, **parameters: Any) -> tuple[CompiledCurve | None, list[str]]:
    written = node(parameters, line=10) if parameters else None
    found, problems = compile_curve(Curve(id="sample", name=Text("曲线", "curve"), method=method, parameters=written))
    return found, [str(problem) for problem in problems]


def curve(method: str, **parameters: Any) -> CompiledCurve:
    found, problems = compiled(method, **parameters)
    assert problems == []
    assert found is not None
    return found


def reading(direction: Direction | None = "higher", places: int = 4, events: Any = None, **figures: Any) -> Reading:
    decimals = {name: None if value is None else Decimal(str(value)) for name, value in figures.items()}
    counted = None if events is None else {name: Decimal(str(count)) for name, count in events.items()}
    return Reading(direction=direction, places=places, events=counted, **decimals)  # type: ignore[arg-type]


def score(scoring: CompiledCurve, direction: Direction | None = "higher", **figures: Any) -> str:
    return plain(scoring(reading(direction, **figures)).score)


def scores(scoring: CompiledCurve, actuals: Iterable[Any], direction: Direction | None = "higher", **figures: Any) -> list[str]:
    return [score(scoring, direction, actual=actual, **figures) for actual in actuals]


def refusal(scoring: CompiledCurve, direction: Direction | None = "higher", **figures: Any) -> tuple[str, str]:
    with pytest.raises(ScoringError) as caught:
        scoring(reading(direction, **figures))
    assert caught.value.message.zh
    assert caught.value.message.en
    return caught.value.code, caught.value.path


# target_challenge


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(100, "80"), (110, "90"), (120, "100"), (150, "100"), (90, "72"), (0, "0"), (-10, "0"),
     ("119.9999", "99.9999"), ("99.9999", "79.9999"), ("100.0001", "80.0001")],
)  # fmt: skip
def test_target_100_challenge_120_scores_as_the_regulation_says(actual: Any, expected: str) -> None:
    assert score(curve("target_challenge"), actual=actual, target=100, challenge=120) == expected


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(80, "100"), (70, "100"), (-5, "100"), (90, "90"), (100, "80"), (110, "72"), (150, "40"), (200, "0"), (250, "0"),
     ("80.001", "99.999"), ("99.999", "80.001"), ("100.001", "79.9992"), ("199.999", "0.0008")],
)  # fmt: skip
def test_lower_is_better_mirrors_the_curve_and_reaches_nothing_at_twice_the_target(actual: Any, expected: str) -> None:
    assert score(curve("target_challenge"), "lower", actual=actual, target=100, challenge=80) == expected


def test_the_challenge_is_tested_before_the_target_so_an_equal_one_gives_full_points() -> None:
    assert score(curve("target_challenge"), actual=100, target=100, challenge=100) == "100"
    assert score(curve("target_challenge"), actual="99.9999", target=100, challenge=100) == "79.9999"
    assert score(curve("target_challenge"), "lower", actual=100, target=100, challenge=100) == "100"
    assert score(curve("target_challenge"), "lower", actual="100.01", target=100, challenge=100) == "79.992"


def test_without_a_challenge_points_grow_in_proportion_up_to_full() -> None:
    scoring = curve("target_challenge")
    assert scores(scoring, (-1, 0, 50, 100, 124, 125, 126), target=100) == ["0", "0", "40", "80", "99.2", "100", "100"]
    lower = scores(scoring, (0, 74, 75, 76, 100, 150, 200, 201), "lower", target=100)
    assert lower == ["100", "100", "100", "99.2", "80", "40", "0", "0"]


def test_a_quotient_is_rounded_once_half_up_at_the_declared_places() -> None:
    assert score(curve("target_challenge"), actual=110, target=120, challenge=150) == "73.3333"
    assert score(curve("target_challenge"), actual=1, target=160000, challenge=200000, places=4) == "0.0005"
    assert score(curve("target_challenge"), actual="0.99", target=160000, challenge=200000, places=4) == "0.0005"
    assert score(curve("target_challenge"), actual="0.89", target=160000, challenge=200000, places=4) == "0.0004"
    assert score(curve("target_challenge"), actual=110, target=120, challenge=150, places=0) == "73"


def test_the_phrases_name_the_figures_in_both_languages() -> None:
    points = curve("target_challenge")(reading(actual=110, target=120, challenge=150))
    assert points.zh == "未达目标值, 完成率 91.67%, 80 × 110 ÷ 120"
    assert points.en == "target missed, attainment 91.67%, 80 × 110 ÷ 120"
    assert curve("target_challenge")(reading(actual=200, target=100)).zh == "完成率 200%, 80 × 200 ÷ 100, 封顶 100"
    assert curve("target_challenge")(reading(actual=-1, target=100)).en.endswith(", at least 0")


def test_targets_and_challenges_that_cannot_be_scored_are_refused_by_name() -> None:
    scoring = curve("target_challenge")
    assert refusal(scoring, actual=1, target=None) == ("target_missing", "target")
    assert refusal(scoring, actual=None, target=1) == ("actual_missing", "actual")
    assert refusal(scoring, actual=3, target=0) == ("target_not_positive", "target")
    assert refusal(scoring, actual=3, target=-2) == ("target_not_positive", "target")
    assert score(scoring, actual=3, target="0.01") == "100"
    assert refusal(scoring, actual=1, target=100, challenge="99.99") == ("challenge_on_wrong_side", "challenge")
    assert refusal(scoring, "lower", actual=1, target=100, challenge="100.01") == ("challenge_on_wrong_side", "challenge")
    assert refusal(scoring, "lower", actual=1, target=100, challenge="-0.01") == ("challenge_on_wrong_side", "challenge")
    assert score(scoring, "lower", actual=0, target=100, challenge=0) == "100"
    assert refusal(scoring, None, actual=1, target=1) == ("direction_missing", "direction")
    assert refusal(scoring, "target", actual=1, target=1) == ("direction_unsuited", "direction")


def test_other_points_for_target_and_challenge_can_be_declared() -> None:
    scoring = curve("target_challenge", at_target=60, at_challenge=90)
    assert scores(scoring, (50, 100, 110, 120, 200), target=100, challenge=120) == ["30", "60", "75", "90", "90"]
    assert score(scoring, actual=200, target=100) == "90"


FIGURES = st.decimals(min_value=Decimal(-(10**15)) + 1, max_value=Decimal(10**15) - 1, places=8, allow_nan=False)
POSITIVE = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(10**15) - 1, places=8)


def oracle(higher: bool, a: Fraction, t: Fraction, c: Fraction | None) -> Fraction:
    """The regulation's two lines, written a second time in rational numbers."""
    if c is not None:
        if (a >= c) if higher else (a <= c):
            return Fraction(100)
        if (a >= t) if higher else (a <= t):
            return 80 + 20 * (a - t) / (c - t)
    return min(Fraction(100), max(Fraction(0), 80 * a / t if higher else 80 * (2 - a / t)))


@given(FIGURES, POSITIVE, st.none() | POSITIVE, st.booleans(), st.integers(0, 8))
def test_target_challenge_equals_exact_rational_arithmetic(
    actual: Decimal, target: Decimal, other: Decimal | None, higher: bool, places: int
) -> None:
    challenge = other if other is None else max(target, other) if higher else min(target, other)
    found = curve("target_challenge")(
        Reading(actual=actual, target=target, challenge=challenge, direction="higher" if higher else "lower", places=places)
    )
    exact = oracle(higher, Fraction(actual), Fraction(target), None if challenge is None else Fraction(challenge))
    assert Fraction(found.score) == Fraction(int(exact * 10**places + Fraction(1, 2)), 10**places)
    assert found.zh and found.en


# ratio, reduction, progress


def test_a_ratio_is_the_attainment_between_floor_and_cap() -> None:
    scoring = curve("ratio", cap=100)
    assert scores(scoring, (-5, 0, 60, 119, 120, 150), target=120) == ["0", "0", "50", "99.1667", "100", "100"]
    bounded = curve("ratio", cap=90, floor=20)
    assert scores(bounded, (10, 20, 21, 89, 90, 91), target=100) == ["20", "20", "21", "89", "90", "90"]
    assert refusal(scoring, actual=1, target=0) == ("target_not_positive", "target")
    assert refusal(scoring, "lower", actual=1, target=1) == ("direction_unsuited", "direction")


def test_a_reduction_falls_by_the_share_above_the_target() -> None:
    scoring = curve("reduction")
    found = scores(scoring, (-10, 0, 30, 31, 45, 60, 61), "lower", target=30)
    assert found == ["100", "100", "100", "96.6667", "50", "0", "0"]
    assert scores(curve("reduction", cap=90, floor=10), (10, 11, 12, 19, 20), "lower", target=10) == [
        "90", "90", "80", "10", "10",
    ]  # fmt: skip
    assert refusal(scoring, "lower", actual=1, target=-1) == ("target_not_positive", "target")
    assert refusal(scoring, "higher", actual=1, target=1) == ("direction_unsuited", "direction")


def test_progress_counts_the_way_from_baseline_to_target_in_either_direction_and_sign() -> None:
    scoring = curve("progress")
    assert score(scoring, "lower", actual=6, target=5, baseline=8) == "66.6667"
    assert scores(scoring, (9, 8, 5, 4), "lower", target=5, baseline=8) == ["0", "0", "100", "100"]
    assert scores(scoring, (-11, -10, -6, -2, 0), target=-2, baseline=-10) == ["0", "0", "50", "100", "100"]
    assert score(scoring, None, actual=50, target=200, baseline=0) == "25"
    assert score(curve("progress", cap=80, floor=10), actual=0, target=10, baseline=0) == "10"
    assert score(curve("progress", cap=80, floor=10), actual=10, target=10, baseline=0) == "80"
    assert refusal(scoring, actual=1, target=5, baseline=5) == ("baseline_equals_target", "baseline")
    assert refusal(scoring, actual=1, target=5, baseline=8) == ("baseline_on_wrong_side", "baseline")
    assert refusal(scoring, "lower", actual=1, target=5, baseline=4) == ("baseline_on_wrong_side", "baseline")
    assert refusal(scoring, actual=1, target=5) == ("baseline_missing", "baseline")


# Tables

CLOSING_DAY = [{"upto": 25, "points": 100}, {"upto": 30, "points": 60}]


def test_closed_upper_edges_belong_to_the_better_step() -> None:
    scoring = curve("steps", steps=CLOSING_DAY, otherwise=0)
    found = scores(scoring, (-1, "24.99", 25, "25.01", 30, "30.01"), "lower")
    assert found == ["100", "100", "100", "60", "60", "0"]


def test_open_upper_edges_belong_to_the_worse_step() -> None:
    scoring = curve("steps", steps=[{"below": 25, "points": 100}, {"below": 30, "points": 60}], otherwise=0)
    assert scores(scoring, ("24.99", 25, "29.99", 30), "lower") == ["100", "60", "60", "0"]


def test_lower_edges_open_and_closed() -> None:
    scoring = curve("steps", steps=[{"above": 95, "points": 100}, {"from": 90, "points": 80}], otherwise=10)
    assert scores(scoring, ("95.01", 95, 90, "89.99")) == ["100", "80", "80", "10"]


def test_open_and_closed_edges_may_share_one_figure_the_narrower_first() -> None:
    down = curve("steps", steps=[{"above": 5, "points": 100}, {"from": 5, "points": 50}], otherwise=0)
    assert scores(down, ("5.01", 5, "4.99")) == ["100", "50", "0"]
    up = curve("steps", steps=[{"below": 5, "points": 100}, {"upto": 5, "points": 50}], otherwise=0)
    assert scores(up, ("4.99", 5, "5.01"), "lower") == ["100", "50", "0"]


def test_a_step_on_attainment_compares_exactly() -> None:
    scoring = curve("steps", steps=[{"from": "33.33333333", "points": 50}], otherwise=0, of="attainment")
    assert score(scoring, actual=1, target=3) == "50"
    above = curve("steps", steps=[{"from": "33.33333334", "points": 50}], otherwise=0, of="attainment")
    assert score(above, actual=1, target=3) == "0"
    assert refusal(scoring, actual=1, target=0) == ("target_not_positive", "target")
    assert refusal(scoring, actual=1, target=None) == ("target_missing", "target")


def test_a_step_on_deviation_looks_at_both_sides_of_the_target() -> None:
    scoring = curve("steps", steps=[{"upto": 5, "points": 100}, {"upto": 10, "points": 60}], otherwise=0, of="deviation")
    found = scores(scoring, (190, "189.99999", 210, "210.00001", 180, 220, "220.00001"), "target", target=200)
    assert found == ["100", "60", "100", "60", "60", "60", "0"]


def test_half_open_steps_take_the_highest_lower_bound_reached() -> None:
    table = [{"from": "25.08", "points": 100}, {"from": "20.64", "points": 90}, {"from": "16.21", "points": 80}]
    scoring = curve("half_open_steps", steps=table)
    found = scores(scoring, ("25.08", "25.07999999", "20.64", "20.63", "16.21", "16.20", -3))
    assert found == ["100", "90", "90", "80", "80", "0", "0"]
    by_share = curve("half_open_steps", steps=table, otherwise=5, of="attainment")
    assert scores(by_share, ("250.8", "250.79", 1), target=1000) == ["100", "90", "5"]


def test_between_two_levels_points_lie_on_a_line() -> None:
    levels = [{"at": 60, "points": 40}, {"at": 80, "points": 60}, {"at": 100, "points": 100}]
    scoring = curve("interpolate", levels=levels, below=5)
    found = scores(scoring, ("59.99", 60, 70, "79.99", 80, 90, "99.99", 100, 300))
    assert found == ["5", "40", "50", "59.99", "60", "80", "99.98", "100", "100"]
    assert score(scoring, actual="66.66666") == "46.6667"
    assert score(curve("interpolate", levels=[{"at": 3, "points": 70}], below=0), actual=3) == "70"


def test_levels_may_fall_and_may_be_shares_of_the_target() -> None:
    falling = curve("interpolate", levels=[{"at": 0, "points": 100}, {"at": 10, "points": 0}], below=100)
    assert scores(falling, (-1, 0, 4, 10, 11), "lower") == ["100", "100", "60", "0", "0"]
    shares = curve("interpolate", levels=[{"at": 90, "points": 70}, {"at": 100, "points": 100}], below=0, of="attainment")
    assert scores(shares, ("269.99", 270, 280, 300), target=300) == ["0", "70", "80", "100"]


MATRIX = {
    "columns": [90, 80],
    "rows": [{"from": 100, "points": [100, 80]}, {"from": 90, "points": [70, 50]}],
    "below": 10,
    "of": "attainment",
}


def test_a_matrix_is_read_by_two_factors_each_at_its_lower_bound() -> None:
    scoring = curve("matrix", **MATRIX)
    cells = [(200, 90), (200, "89.99"), (200, "79.99"), (199, 95), (180, 80), ("179.99", 95)]
    assert [score(scoring, actual=a, actual2=b, target=200) for a, b in cells] == ["100", "80", "10", "70", "50", "10"]
    assert refusal(scoring, actual=200, target=200) == ("actual2_missing", "actual2")
    assert refusal(scoring, actual=None, actual2=1, target=200) == ("actual_missing", "actual")


# Deductions and events


def test_deduct_takes_points_for_each_event_down_to_the_floor() -> None:
    scoring = curve("deduct", points=15, floor=20)
    assert scores(scoring, (0, 1, "0.5", 5, 6, 99), "lower") == ["100", "85", "92.5", "25", "20", "20"]
    assert score(curve("deduct", points=5, start=60), "zero", actual=2) == "50"
    assert refusal(scoring, "lower", actual=-1) == ("actual_negative", "actual")
    assert refusal(scoring, "higher", actual=1) == ("direction_unsuited", "direction")


def test_zero_tolerance_gives_all_for_none_and_the_declared_deduction_or_nothing_after() -> None:
    strict, declared = curve("zero_tolerance"), curve("zero_tolerance", deduction=40)
    assert scores(strict, (0, 1, 2), "zero") == ["100", "0", "0"]
    assert scores(declared, (0, 1, 2, 3), "zero") == ["100", "60", "20", "0"]
    assert score(strict, "zero", actual="0.00000001") == "0"
    assert refusal(strict, "zero", actual=-1) == ("actual_negative", "actual")
    assert refusal(strict, "higher", actual=0) == ("direction_unsuited", "direction")


def test_events_add_and_take_their_points_within_floor_and_cap() -> None:
    scoring = curve("event_points", start=80, points={"complaint": -3, "award": 5}, floor=60, cap=90)
    cases = [{}, {"complaint": 2}, {"award": 1, "complaint": 1}, {"award": 2}, {"award": 3}, {"complaint": 7}, {"complaint": 0}]
    found = [score(scoring, None, events=events) for events in cases]
    assert found == ["80", "74", "82", "90", "90", "60", "80"]
    assert "complaint (-3 × 2)" in scoring(reading(None, events={"complaint": 2})).en


def test_events_that_cannot_be_counted_are_refused() -> None:
    scoring = curve("event_points", points={"complaint": -3})
    assert refusal(scoring, events=None) == ("events_missing", "events")
    assert refusal(scoring, events={"applause": 1}) == ("unknown_event", "events.applause")
    assert refusal(scoring, events={"complaint": -1}) == ("bad_event_count", "events.complaint")
    assert refusal(scoring, events={"complaint": "0.5"}) == ("bad_event_count", "events.complaint")


PER_3_PERCENT = {"base": 80, "step": 3, "points": 1, "cap_up": 6, "cap_down": 5}


def test_whole_steps_count_only_when_complete_and_stop_at_each_cap() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=True)
    actuals = (100, "102.99", 103, "105.99", 106, 118, 130, "97.01", 97, 94, 85, 82, 10)
    found = scores(scoring, actuals, target=100)
    assert found == ["80", "80", "81", "81", "82", "86", "86", "80", "79", "78", "75", "75", "75"]


def test_pro_rata_counts_parts_of_a_step() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=False)
    found = scores(scoring, (100, "101.5", 103, "117.99", 118, 119, "98.5", 85, 84), target=100)
    assert found == ["80", "80.5", "81", "85.9967", "86", "86", "79.5", "75", "75"]


def test_add_deduct_turns_round_for_lower_is_better_and_counts_units_with_any_target() -> None:
    scoring = curve("add_deduct", **PER_3_PERCENT, whole_steps=True)
    assert scores(scoring, (97, "97.01", 103), "lower", target=100) == ["81", "80", "79"]
    units = curve("add_deduct", **PER_3_PERCENT, whole_steps=True, of="units")
    assert scores(units, (-10, -7, -13), target=-10) == ["80", "81", "79"]
    assert score(units, actual=3, target=0) == "81"
    assert refusal(scoring, actual=3, target=0) == ("target_not_positive", "target")
    assert refusal(units, actual=3) == ("target_missing", "target")


def test_deduct_to_zero_keeps_the_base_for_over_achievement() -> None:
    scoring = curve("add_deduct", base=15, step=2, points=1, cap_up=0, cap_down=15, whole_steps=True)
    assert scores(scoring, (200, 100, "98.01", 98, 72, 70, 0), target=100) == ["15", "15", "15", "14", "1", "0", "0"]


def test_add_deduct_never_leaves_the_hundred_points() -> None:
    scoring = curve("add_deduct", base=98, step=1, points=1, cap_up=10, cap_down=200, whole_steps=False)
    assert scores(scoring, (101, 102, 110, 2, 1), target=100) == ["99", "100", "100", "0", "0"]


# Lines between declared points


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        (">=", "0", "100", "100"),
        (">", "0", "0", "100"),
        ("<=", "100", "100", "0"),
        ("<", "100", "0", "0"),
        ("=", "0", "100", "0"),
    ],
)
def test_all_or_nothing_keeps_the_operators_apart(operator: str, below: str, at: str, above: str) -> None:
    scoring = curve("all_or_nothing", operator=operator)
    assert scores(scoring, ("0.99", 1, "1.01"), target=1) == [below, at, above]


def test_all_or_nothing_may_be_worth_less_and_needs_a_target() -> None:
    assert score(curve("all_or_nothing", operator=">=", points=80), actual=5, target=5) == "80"
    assert refusal(curve("all_or_nothing", operator=">="), actual=5) == ("target_missing", "target")


THREE = {"at_threshold": 60, "at_target": 80, "at_challenge": 100}


def test_threshold_target_challenge_is_linear_on_both_legs_and_nothing_below_the_threshold() -> None:
    scoring = curve("threshold_target_challenge", **THREE)
    figures = {"threshold": 50, "target": 100, "challenge": 120}
    found = scores(scoring, ("49.99", 50, 75, "99.99", 100, 110, "119.99", 120, 500, -1), **figures)
    assert found == ["0", "60", "70", "79.996", "80", "90", "99.99", "100", "100", "0"]


def test_threshold_target_challenge_turns_round_for_lower_is_better() -> None:
    scoring = curve("threshold_target_challenge", **THREE)
    figures = {"threshold": 10, "target": 0, "challenge": -5}
    found = scores(scoring, ("10.01", 10, 5, "0.01", 0, "-2.5", "-4.99", -5, -100), "lower", **figures)
    assert found == ["0", "60", "70", "79.98", "80", "90", "99.96", "100", "100"]


def test_threshold_points_serve_negative_targets_and_legs_without_length() -> None:
    scoring = curve("threshold_target_challenge", **THREE)
    assert scores(scoring, (-10, -6, -2, 3), threshold=-10, target=-2, challenge=3) == ["60", "70", "80", "100"]
    flat = {"threshold": 100, "target": 100, "challenge": 100}
    assert scores(scoring, ("99.99", 100), **flat) == ["0", "100"]
    assert scores(scoring, ("99.99", 100), threshold=100, target=100, challenge=200) == ["0", "80"]


def test_a_threshold_or_challenge_on_the_wrong_side_is_refused() -> None:
    scoring = curve("threshold_target_challenge", **THREE)
    assert refusal(scoring, actual=1, threshold="100.01", target=100, challenge=120) == ("threshold_on_wrong_side", "threshold")
    assert refusal(scoring, actual=1, threshold=50, target=100, challenge="99.99") == ("challenge_on_wrong_side", "challenge")
    assert refusal(scoring, "lower", actual=1, threshold=99, target=100, challenge=80)[0] == "threshold_on_wrong_side"
    assert refusal(scoring, "lower", actual=1, threshold=120, target=100, challenge=101)[0] == "challenge_on_wrong_side"
    assert refusal(scoring, actual=1, target=100, challenge=120) == ("threshold_missing", "threshold")
    assert refusal(scoring, actual=1, threshold=50, target=100) == ("challenge_missing", "challenge")


@pytest.mark.parametrize(
    ("method", "direction", "figures", "words"),
    [
        ("target_challenge", "higher", {"target": 9, "challenge": 8}, "challenge must be ≥ the target, but they are 8, 9"),
        ("target_challenge", "lower", {"target": 8, "challenge": 9}, "challenge must be ≤ the target"),
        ("threshold_target_challenge", "higher", {"threshold": 1, "target": 9, "challenge": 8}, "challenge must be ≥"),
        ("threshold_target_challenge", "lower", {"threshold": 9, "target": 7, "challenge": 8}, "challenge must be ≤"),
        ("threshold_target_challenge", "higher", {"threshold": 8, "target": 7, "challenge": 9}, "threshold must be ≤"),
        ("threshold_target_challenge", "lower", {"threshold": 6, "target": 7, "challenge": 5}, "threshold must be ≥"),
        ("progress", "higher", {"baseline": 8, "target": 7}, "baseline must be < the target"),
        ("progress", "lower", {"baseline": 6, "target": 7}, "baseline must be > the target"),
    ],
)
def test_a_figure_on_the_wrong_side_is_told_which_side_is_right(
    method: str, direction: Direction, figures: Any, words: str
) -> None:
    with pytest.raises(ScoringError, match=words):
        curve(method, **SAMPLES[method])(reading(direction, actual=5, **figures))


def test_on_target_is_full_within_the_tolerance_and_falls_to_nothing() -> None:
    scoring = curve("on_target", tolerance=5, zero_at=20)
    actuals = (190, 210, "210.02", 225, "239.99", 240, 241, 160, 175, -200)
    found = scores(scoring, actuals, "target", target=200)
    assert found == ["100", "100", "99.9333", "50", "0.0333", "0", "0", "0", "50", "0"]
    assert refusal(scoring, "target", actual=1, target=0) == ("target_not_positive", "target")
    assert refusal(scoring, "higher", actual=1, target=1) == ("direction_unsuited", "direction")


def test_on_target_in_units_takes_any_target_and_a_tolerance_of_nothing() -> None:
    scoring = curve("on_target", tolerance=0, zero_at=4, of="units")
    assert scores(scoring, (-1, 0, -3, 3, 4), "target", target=-1) == ["100", "75", "50", "0", "0"]


# What holds for all


SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "target_challenge": {},
    "ratio": {"cap": 100},
    "steps": {"steps": [{"from": 50, "points": 100}], "otherwise": 0},
    "half_open_steps": {"steps": [{"from": 50, "points": 100}, {"from": -5, "points": 20}]},
    "interpolate": {"levels": [{"at": -5, "points": 20}, {"at": 50, "points": 100}], "below": 0},
    "matrix": MATRIX,
    "deduct": {"points": 10},
    "zero_tolerance": {"deduction": 40},
    "event_points": {"points": {"a": -7, "b": 9}},
    "add_deduct": {**PER_3_PERCENT, "whole_steps": False},
    "all_or_nothing": {"operator": ">="},
    "threshold_target_challenge": THREE,
    "reduction": {},
    "progress": {},
    "on_target": {"tolerance": 5, "zero_at": 20},
}
RISING_ONLY = {"steps", "half_open_steps", "interpolate", "matrix", "all_or_nothing"}


def test_every_method_is_sampled_here_and_documents_itself() -> None:
    assert set(SAMPLES) == set(METHODS)
    for method in METHODS.values():
        assert method.doc
        assert "reading" not in method.keys


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_a_score_is_always_between_nothing_and_a_hundred_or_named_as_an_error(method: str, data: st.DataObject) -> None:
    scoring = curve(method, **SAMPLES[method])
    figures = {
        name: data.draw(st.none() | FIGURES) for name in ("actual", "target", "challenge", "threshold", "baseline", "actual2")
    }
    events = data.draw(st.none() | st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 50).map(Decimal)))
    direction = data.draw(st.sampled_from(["higher", "lower", "target", "zero", None]))
    places = data.draw(st.integers(0, 8))
    try:
        found = scoring(Reading(**figures, events=events, direction=direction, places=places))
    except ScoringError as refused:
        assert refused.code and refused.path
    else:
        assert 0 <= found.score <= 100
        assert -int(found.score.as_tuple().exponent) <= places
        assert found.zh and found.en


WITHOUT_ORDER = {"event_points", "on_target"}


@given(st.sampled_from(sorted(set(SAMPLES) - WITHOUT_ORDER)), st.lists(FIGURES, min_size=2, max_size=2), st.data())
def test_a_better_actual_never_scores_less(method: str, actuals: list[Decimal], data: st.DataObject) -> None:
    scoring = curve(method, **SAMPLES[method])
    fitting = ["higher"] if method in RISING_ONLY else [one for one in ("higher", "lower") if one in scoring.directions]
    direction: Any = data.draw(st.sampled_from(fitting))
    worse, better = sorted(actuals, reverse=direction == "lower")
    low, middle, high = sorted(data.draw(st.tuples(POSITIVE, POSITIVE, POSITIVE)), reverse=direction == "lower")
    frame = {"threshold": low, "baseline": low - (1 if direction == "higher" else -1), "target": middle, "challenge": high}
    if method in ("deduct", "zero_tolerance"):
        worse, better = abs(max(worse, better, key=abs)), abs(min(worse, better, key=abs))
    frame["actual2"] = Decimal(85)
    less, more = (scoring(Reading(actual=a, direction=direction, places=4, **frame)) for a in (worse, better))
    assert less.score <= more.score


@given(FIGURES, POSITIVE)
def test_on_target_never_pays_for_going_further_off(off: Decimal, target: Decimal) -> None:
    scoring = curve("on_target", tolerance=5, zero_at=20)
    near, far = (scoring(Reading(actual=target + step, target=target, direction="target", places=4)) for step in (off / 2, off))
    assert near.score >= far.score


ON_THE_TARGET = {"actual": 100, "target": 100, "challenge": 120}
AT_95 = {"actual": 95, "target": 100}


@pytest.mark.parametrize(
    ("method", "direction", "figures", "en"),
    [
        ("target_challenge", "higher", ON_THE_TARGET, "between target and challenge, 80 + 20 × 0 ÷ 20"),
        ("target_challenge", "higher", {"actual": 100, "target": 100}, "attainment 100%, 80 × 100 ÷ 100"),
        ("target_challenge", "lower", {"actual": 110, "target": 100}, "target missed, 110% of target, 80 × (2 − 110 ÷ 100)"),
        ("ratio", "higher", {"actual": 1, "target": 3}, "attainment 33.33%, 1 ÷ 3 × 100"),
        ("steps", "higher", {"actual": 50}, "actual 50 ≥ 50, 100"),
        ("steps", "higher", {"actual": 49}, "actual 49, outside the steps, 0"),
        ("half_open_steps", "higher", {"actual": 49}, "actual 49 ≥ -5, 20"),
        ("half_open_steps", "higher", {"actual": -6}, "actual -6, below the lowest step, 0"),
        ("interpolate", "higher", {"actual": 6}, "actual 6, between -5 (20 points) and 50 (100 points)"),
        ("interpolate", "higher", {"actual": 50}, "actual 50, highest level, 100"),
        ("interpolate", "higher", {"actual": -6}, "actual -6, below the lowest level, 0"),
        ("matrix", "higher", AT_95 | {"actual2": 85}, "attainment 95%, second factor 85: table (≥ 90, ≥ 80) gives 50"),
        ("matrix", "higher", AT_95 | {"actual2": 1}, "attainment 95%, second factor 1, below the lowest band, 10"),
        ("deduct", "lower", {"actual": 2}, "100 − 10 × 2"),
        ("zero_tolerance", "zero", {"actual": 0}, "none happened, 100"),
        ("zero_tolerance", "zero", {"actual": 3}, "3 happened, 100 − 40 × 3, at least 0"),
        ("add_deduct", "higher", {"actual": 101, "target": 100}, "80 + 1 × 100 ÷ 300 steps"),
        ("all_or_nothing", "higher", {"actual": 5, "target": 5}, "5 ≥ 5, done"),
        ("all_or_nothing", "higher", {"actual": 4, "target": 5}, "≥ 5 required, actual 4, not done, 0"),
        ("reduction", "lower", {"actual": 12, "target": 10}, "100 − 2 ÷ 10 × 100"),
        ("progress", "lower", {"actual": 6, "target": 5, "baseline": 8}, "progress 66.67%, -2 ÷ -3 × 100"),
        ("on_target", "target", {"actual": 95, "target": 100}, "5% off, within 5%, 100"),
        ("on_target", "target", {"actual": 90, "target": 100}, "10% off, linear from 100 at 5 to 0 at 20"),
    ],
)
def test_every_score_says_how_it_came_about(method: str, direction: Direction, figures: Any, en: str) -> None:
    points = curve(method, **SAMPLES[method])(reading(direction, **figures))
    assert points.en == en
    assert points.zh != points.en or method in ("deduct", "reduction")


def test_a_cap_or_floor_is_mentioned_only_where_it_changed_the_score() -> None:
    scoring = curve("ratio", cap=90, floor=20)
    assert scoring(reading(actual=91, target=100)).en.endswith(", at most 90")
    assert scoring(reading(actual=19, target=100)).en.endswith(", at least 20")
    for actual in (90, 20):
        assert scoring(reading(actual=actual, target=100)).en.endswith("÷ 100 × 100")


def test_units_and_whole_steps_are_said_as_such() -> None:
    units = curve("on_target", tolerance=1, zero_at=4, of="units")
    assert units(reading("target", actual=1, target=-1)).en == "2 off, linear from 100 at 1 to 0 at 4"
    assert units(reading("target", actual=0, target=-1)).zh == "偏离 1, 在允许的 1 之内, 得 100"
    whole = curve("add_deduct", **PER_3_PERCENT, whole_steps=True)
    assert whole(reading(actual=107, target=100)).en == "80 + 1 × 2 steps"
    shares = curve("steps", steps=[{"upto": 5, "points": 100}], otherwise=0, of="deviation")
    assert shares(reading("target", actual=103, target=100)).en == "3% off target ≤ 5, 100"


def test_the_phrases_are_made_only_when_read() -> None:
    assert isinstance(curve("ratio", cap=100)(reading(actual=1, target=3)), Points)
    assert Points(Decimal(1), "{} 分", "{} points", (Decimal("1.50"),)).zh == "1.5 分"


# Parameters


@pytest.mark.parametrize(
    ("method", "parameters", "place", "words"),
    [
        ("target_chalenge", {}, "::", 'did you mean "target_challenge"'),
        ("ratio", {}, ":0:0", '"cap" is missing'),
        ("ratio", {"floor": 0}, ":10:1", '"cap" is missing'),
        ("ratio", {"cap": 100, "flor": 0}, ":11:7", 'did you mean "floor"'),
        ("ratio", {"cap": "1e2"}, ":10:7", "is not a number"),
        ("ratio", {"cap": "１００"}, ":10:7", "plain digits"),
        ("ratio", {"cap": 100.01}, ":10:7", "between 0 and 100"),
        ("ratio", {"cap": 50, "floor": 51}, ":10:7", "floor (51) must be at most cap (50)"),
        ("reduction", {"floor": -1}, ":10:7", "between 0 and 100"),
        ("progress", {"cap": 10, "floor": 20}, ":10:7", "must be at most"),
        ("target_challenge", {"at_target": 90, "at_challenge": 80}, ":11:7", "at_target (90) must be at most"),
        ("target_challenge", {"at_challenge": 101}, ":10:7", "between 0 and 100"),
        ("deduct", {"points": 0}, ":10:7", "above 0"),
        ("deduct", {"points": 1, "start": 50, "floor": 60}, ":11:7", "must be at most"),
        ("zero_tolerance", {"deduction": 0}, ":10:7", "above 0"),
        ("add_deduct", {**PER_3_PERCENT}, ":10:1", '"whole_steps" is missing'),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": "yes"}, ":15:7", "write true or false"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "step": 0}, ":11:7", "above 0"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "points": -1}, ":12:7", "above 0"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "cap_up": -1}, ":13:7", "below 0"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "cap_down": -1}, ":14:7", "below 0"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "base": 101}, ":10:7", "between 0 and 100"),
        ("add_deduct", {**PER_3_PERCENT, "whole_steps": True, "of": "percents"}, ":16:7", 'did you mean "percent"'),
        ("all_or_nothing", {"operator": "!="}, ":10:7", "is no choice here"),
        ("all_or_nothing", {"operator": ">=", "points": 200}, ":11:7", "between 0 and 100"),
        ("threshold_target_challenge", {**THREE, "at_threshold": 81}, ":11:7", "must be at most at_target"),
        ("threshold_target_challenge", {**THREE, "at_challenge": 79}, ":12:7", "must be at most at_challenge"),
        ("on_target", {"tolerance": 5, "zero_at": 5}, ":11:7", "must be below zero_at (5)"),
        ("on_target", {"tolerance": -1, "zero_at": 5}, ":10:7", "below 0"),
        ("event_points", {"points": {}, "start": 50, "cap": 40}, ":12:7", "must be at most cap"),
        ("event_points", {"points": {"a": "x"}}, ":10:7", "is not a number"),
        ("steps", {"steps": [], "otherwise": 0}, ":10:1", "empty"),
        ("steps", {"steps": CLOSING_DAY, "otherwise": 101}, ":11:7", "between 0 and 100"),
        ("steps", {"otherwise": 0, "steps": [{"points": 3}]}, ":11:1", "exactly one of"),
        ("steps", {"otherwise": 0, "steps": [{"from": 1, "above": 2, "points": 3}]}, ":11:1", "exactly one of"),
        ("steps", {"otherwise": 0, "steps": [{"from": 1, "points": 101}]}, ":12:7", "between 0 and 100"),
        ("steps", {"otherwise": 0, "steps": [{"from": 1, "points": 3}, {"upto": 0, "points": 2}]}, ":12:1", "one side"),
        ("steps", {"otherwise": 0, "steps": [{"from": 1, "points": 3}, {"from": 1, "points": 2}]}, ":12:1", "highest first"),
        ("steps", {"otherwise": 0, "steps": [{"from": 1, "points": 3}, {"above": 1, "points": 2}]}, ":12:1", "highest first"),
        ("steps", {"otherwise": 0, "steps": [{"upto": 1, "points": 3}, {"below": 1, "points": 2}]}, ":12:1", "lowest first"),
        ("steps", {"otherwise": 0, "steps": [{"upto": 2, "points": 3}, {"upto": 1, "points": 2}]}, ":12:1", "lowest first"),
        ("half_open_steps", {"steps": [{"from": 1, "points": 3}, {"from": 1, "points": 2}]}, ":11:1", "highest first"),
        ("half_open_steps", {"steps": []}, ":10:1", "empty"),
        ("interpolate", {"below": 0, "levels": [{"at": 1, "points": 3}, {"at": 1, "points": 4}]}, ":12:1", "lowest first"),
        ("interpolate", {"below": 0, "levels": []}, ":11:1", "empty"),
        ("interpolate", {"below": -1, "levels": [{"at": 1, "points": 3}]}, ":10:7", "between 0 and 100"),
        ("matrix", {**MATRIX, "columns": [80, 90]}, ":10:1", "highest first"),
        ("matrix", {**MATRIX, "columns": []}, ":10:1", "may be empty"),
        ("matrix", {**MATRIX, "rows": []}, ":10:1", "may be empty"),
        ("matrix", {**MATRIX, "rows": [{"from": 1, "points": [1]}]}, ":11:1", "1 points for 2 columns"),
        ("matrix", {**MATRIX, "rows": [{"from": 1, "points": [1, 101]}]}, ":12:1", "between 0 and 100"),
        ("matrix", {**MATRIX, "rows": [{"from": 1, "points": [1, 2]}, {"from": 2, "points": [3, 4]}]}, ":12:1", "highest"),
        ("matrix", {**MATRIX, "below": 101}, ":12:7", "between 0 and 100"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_with_their_place(method: str, parameters: Any, place: str, words: str) -> None:
    found, problems = compiled(method, **parameters)
    assert found is None
    assert any(words in problem and (place in problem or place == "::") for problem in problems), problems
    assert all(": error: " in problem and " | " in problem for problem in problems)


def test_all_problems_of_a_curve_are_told_at_once() -> None:
    _, problems = compiled("add_deduct", base=120, step=0, points=0, cap_up=-1, cap_down=-1, whole_steps=True)
    assert len(problems) == 5


def test_parameters_are_complete_after_compiling() -> None:
    assert curve("ratio", cap=100).parameters == {"cap": Decimal(100), "floor": Decimal(0)}
    assert curve("zero_tolerance").parameters == {"deduction": None}
