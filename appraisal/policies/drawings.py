"""The curves of a policy as they are drawn and tabled: what the core gives for figures of an example, never a second formula.

An example has a target of 100 and what else the method needs, so that a reader sees at once what missing or beating it costs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from appraisal.charts import LineChart, function_chart
from appraisal.core.errors import Message, ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Curve, Policy
from appraisal.core.scoring.curves import CompiledCurve, Points, Reading, compile_curve

_TARGET: Final = Decimal(100)
_EXAMPLES: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "higher": {"target": _TARGET, "challenge": Decimal(120), "threshold": Decimal(60), "baseline": Decimal(0)},
    "lower": {"target": _TARGET, "challenge": Decimal(80), "threshold": Decimal(140), "baseline": Decimal(200)},
    "target": {"target": _TARGET, "challenge": _TARGET, "threshold": _TARGET, "baseline": Decimal(0)},
}
_NAMES: Final = {
    "target": Message("目标", "target"),
    "challenge": Message("挑战", "challenge"),
    "threshold": Message("底线", "threshold"),
    "baseline": Message("基准", "baseline"),
}
_USES: Final = {
    "target_challenge": ("target", "challenge"),
    "threshold_target_challenge": ("threshold", "target", "challenge"),
    "progress": ("baseline", "target"),
}
_COUNTS: Final = ("deduct", "zero_tolerance")
_NOT_A_LINE: Final = ("matrix", "event_points")
_KINDS: Final = ("curve", "other")


@dataclass(frozen=True)
class Row:
    """An example: a figure, the points it gives, and why."""

    actual: Decimal
    points: Decimal
    told: Message


@dataclass(frozen=True)
class Side:
    """A curve in one direction: the figures that stand fast in the example, and what others give."""

    direction: Direction | None
    given: tuple[tuple[Message, Decimal], ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Drawn:
    """A curve of the policy with its parameters, defaults included; no chart where its points do not lie on a line."""

    curve: Curve
    parameters: tuple[tuple[str, Any], ...]
    directions: tuple[Direction, ...]
    sides: tuple[Side, ...]
    chart: LineChart | None


def drawn(policy: Policy, names: Mapping[str, str]) -> list[Drawn]:
    """The curves of a policy, in the order of its file; `names` are the words for directions in the legend."""
    return [_drawn(policy, curve, names) for curve in policy.scoring.curves]


def _drawn(policy: Policy, curve: Curve, names: Mapping[str, str]) -> Drawn:
    compiled, _ = compile_curve(curve)
    standard = tuple(one for one, used in policy.scoring.defaults.items() if used == curve.id)
    if compiled is None:
        return Drawn(curve, (), standard, (), None)
    parameters = tuple((key, value) for key, value in compiled.parameters.items() if value is not None)
    if curve.method in _NOT_A_LINE:
        return Drawn(curve, parameters, standard, (), None)
    sides = [_side(compiled, way) for way in _ways(compiled, standard)]
    lines = [
        (names.get(side.direction or "", ""), kind, _sampled(compiled, side))
        for side, kind in zip(sides, ("counts",) if curve.method in _COUNTS else _KINDS, strict=False)
    ]
    marks = {row.actual: plain(row.actual) for side in sides for row in side.rows}
    return Drawn(curve, parameters, standard, tuple(sides), function_chart(lines, _apart(marks)))


def _ways(compiled: CompiledCurve, standard: tuple[Direction, ...]) -> list[Direction | None]:
    """The directions in which a curve is drawn: those it is the standard of, or what tells most of it."""
    if own := [one for one in standard if one in compiled.directions]:
        return list(own)
    both: list[Direction | None] = [one for one in ("higher", "lower") if one in compiled.directions]
    if None in compiled.directions and "target" in compiled.directions:
        return [None]
    return both or [next((one for one in ("target", "zero") if one in compiled.directions), None)]


def _side(compiled: CompiledCurve, direction: Direction | None) -> Side:
    example = _EXAMPLES.get(direction or "higher", _EXAMPLES["higher"])
    counted = compiled.method in _COUNTS
    uses = () if counted or compiled.parameters.get("of") == "actual" else _USES.get(compiled.method, ("target",))
    rows = []
    for actual in _telling(compiled, direction):
        if (points := _points(compiled, direction, actual)) is not None:
            rows.append(Row(actual, points.score, Message(*points.told())))
    return Side(direction, tuple((_NAMES[name], example[name]) for name in uses), tuple(rows))


def _telling(compiled: CompiledCurve, direction: Direction | None) -> list[Decimal]:
    """The figures that tell most of a curve: where it turns, and on either side."""
    if compiled.method in _COUNTS:
        return [Decimal(count) for count in range(5)]
    example = _EXAMPLES.get(direction or "higher", _EXAMPLES["higher"])
    edges = set(_edges(compiled.parameters))
    if edges and compiled.parameters.get("of") != "deviation":
        room = max((max(edges) - min(edges)) / 4, Decimal(1))
        return sorted(edges | {min(edges) - room, max(edges) + room})
    turns = {example[name] for name in _USES.get(compiled.method, ("target",))}
    if compiled.method == "on_target":
        off = {compiled.parameters["tolerance"], compiled.parameters["zero_at"]}
        turns |= {_TARGET + one for one in off} | {_TARGET - one for one in off}
        return sorted(turns | {min(turns) - 10, max(turns) + 10})
    turns |= {(first + second) / 2 for first, second in zip(sorted(turns), sorted(turns)[1:], strict=False)}
    if direction == "lower":
        return sorted(turns | {max(min(turns) - 20, Decimal(0)), max(turns) + 20, max(turns) + 50, 2 * _TARGET})
    return sorted(turns | {max(min(turns) - 20, Decimal(0)), max(min(turns) - 50, Decimal(0)), max(turns) + 20})


def _edges(parameters: Mapping[str, Any]) -> Iterator[Decimal]:
    for step in (*parameters.get("steps", ()), *parameters.get("levels", ())):
        yield from (
            value for name in ("from_", "above", "upto", "below", "at") if (value := getattr(step, name, None)) is not None
        )


def _sampled(compiled: CompiledCurve, side: Side) -> list[tuple[Decimal, Decimal | None]]:
    figures = [row.actual for row in side.rows]
    if compiled.method in _COUNTS:
        return [(row.actual, row.points) for row in side.rows]
    low, high = min(figures), max(figures)
    steps = sorted({low + (high - low) * part / 80 for part in range(81)} | set(figures))
    found = ((one, _points(compiled, side.direction, one)) for one in steps)
    return [(one, points.score if points else None) for one, points in found]


def _points(compiled: CompiledCurve, direction: Direction | None, actual: Decimal) -> Points | None:
    example = _EXAMPLES.get(direction or "higher", _EXAMPLES["higher"])
    figures: dict[str, Any] = {name: example[name] for name in _NAMES}
    try:
        return compiled(Reading(4, actual=actual, direction=direction, **figures))
    except ScoringError:
        return None


def _apart(marks: Mapping[Decimal, str]) -> Sequence[tuple[Decimal, str]]:
    """The marks that can stand beside each other on the axis."""
    figures = sorted(marks)
    room = (figures[-1] - figures[0]) / 9
    kept: list[Decimal] = []
    for one in figures:
        if not kept or one - kept[-1] >= room:
            kept.append(one)
    return [(one, marks[one]) for one in kept]
