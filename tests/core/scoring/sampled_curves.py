"""A curve compiled as from a rule file, figures to be scored by it, and parameters for one curve of every method."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Curve, Text
from appraisal.core.policy.tree import Node, Where
from appraisal.core.scoring.curves import CompiledCurve, Reading, compile_curve

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


FIGURES = st.decimals(min_value=Decimal(-(10**15)) + 1, max_value=Decimal(10**15) - 1, places=8, allow_nan=False)
POSITIVE = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(10**15) - 1, places=8)

CLOSING_DAY = [{"upto": 25, "points": 100}, {"upto": 30, "points": 60}]

MATRIX = {
    "columns": [90, 80],
    "rows": [{"from": 100, "points": [100, 80]}, {"from": 90, "points": [70, 50]}],
    "below": 10,
    "of": "attainment",
}

PER_3_PERCENT = {"base": 80, "step": 3, "points": 1, "cap_up": 6, "cap_down": 5}

THREE = {"at_threshold": 60, "at_target": 80, "at_challenge": 100}

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
