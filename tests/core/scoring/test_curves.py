"""What holds for every scoring curve: its bounds and order, the words that say how a score came about, parameters refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.scoring.curves import METHODS, Points, Reading
from tests.core.scoring.sampled_curves import (
    CLOSING_DAY,
    FIGURES,
    MATRIX,
    PER_3_PERCENT,
    POSITIVE,
    SAMPLES,
    THREE,
    compiled,
    curve,
    reading,
)

# Scores

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


# Words

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
