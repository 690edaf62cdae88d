"""Curves that hold a figure to its target, target_challenge to on_target: both sides of each edge, and what they refuse."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.scoring.curves import Reading
from tests.core.scoring.sampled_curves import FIGURES, POSITIVE, SAMPLES, THREE, curve, reading, refusal, score, scores

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
