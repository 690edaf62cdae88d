"""The tables a curve may be given, and how a figure finds its place in them: bands and steps with open or closed edges.

Order carries the meaning (the first edge that holds wins), so a table that is out of order is refused when it is read.
"""

import operator as comparison
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from appraisal.core.numbers import EXACT, HUNDRED, ONE, minus, plain, times
from appraisal.core.policy.tree import NOWHERE, Problem, Where, error
from appraisal.core.scoring.methods import Percent, Reading, given, positive_target, score_problems

Measure = Literal["actual", "attainment", "deviation"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """The points on one side of an edge, which is exactly one of from (≥), above (>), upto (≤) or below (<)."""

    points: Decimal
    from_: Decimal | None = None
    above: Decimal | None = None
    upto: Decimal | None = None
    below: Decimal | None = None
    where: Where = field(default=NOWHERE, compare=False)

    @cached_property
    def edges(self) -> tuple[tuple[str, Decimal], ...]:
        stated = ((name, getattr(self, name)) for name in EDGES)
        return tuple((name, value) for name, value in stated if value is not None)


@dataclass(frozen=True, kw_only=True)
class LowerStep:
    """The points from a lower bound (≥) up to the step above it."""

    from_: Decimal
    points: Decimal
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class Level:
    """The points of a level that lies at a figure."""

    at: Decimal
    points: Decimal
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """The points from a lower bound (≥) of the first factor, one for each column."""

    from_: Decimal
    points: tuple[Decimal, ...]
    where: Where = field(default=NOWHERE, compare=False)


Compare = Callable[[Any, Any], bool]
EDGES: Final[Mapping[str, tuple[str, Compare]]] = {
    "from_": ("≥", comparison.ge),
    "above": (">", comparison.gt),
    "upto": ("≤", comparison.le),
    "below": ("<", comparison.lt),
}


def check_steps(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
    """Each step has one edge; all edges on one side, so that order alone leaves neither gap nor overlap."""
    steps: tuple[Step, ...] = parameters["steps"]
    yield from _check_points(steps, where.at("steps"))
    for step in steps:
        if len(step.edges) != 1:
            zh = f"每一档恰写 from、above、upto、below 之一, 此处有 {len(step.edges)} 个"
            yield error(step.where, zh, f"a step states exactly one of from, above, upto, below; here are {len(step.edges)}")
            return
    rising = [step.edges[0][0] in ("upto", "below") for step in steps]
    for before, step, same in zip(steps, steps[1:], (one == rising[0] for one in rising[1:]), strict=False):
        if not same:
            zh = "各档须在同一侧: 全部用 from/above (由高到低), 或全部用 upto/below (由低到高)"
            yield error(step.where, zh, "keep to one side: from/above (highest first) or upto/below (lowest first) throughout")
        elif not _place(before) < _place(step):
            first = ("由低到高", "lowest first") if rising[0] else ("由高到低", "highest first")
            yield error(step.where, f"各档须{first[0]}排列且不重复", f"write the steps {first[1]}, each edge once")


def _place(step: Step) -> tuple[Decimal, int]:
    """Where a step must stand: the narrower one first, so > before ≥ and < before ≤ at the same edge."""
    name, edge = step.edges[0]
    return (edge, int(name == "upto")) if name in ("upto", "below") else (edge.copy_negate(), int(name == "from_"))


def _check_points(entries: Sequence[Step | LowerStep | Level], where: Where) -> Iterable[Problem]:
    if not entries:
        yield error(where, "表不能为空, 请至少写一档", "the table is empty, write at least one entry")
    for entry in entries:
        yield from score_problems(entry.points, entry.where.at("points"))


def check_lower_steps(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
    steps: tuple[LowerStep, ...] = parameters["steps"]
    yield from _check_points(steps, where.at("steps"))
    yield from _check_falling([(step.from_, step.where) for step in steps])


def _check_falling(bounds: Sequence[tuple[Decimal, Where]]) -> Iterable[Problem]:
    for (before, _), (bound, where) in zip(bounds, bounds[1:], strict=False):
        if before <= bound:
            zh = f"下限 {plain(bound)} 不低于上一档 {plain(before)}: 请由高到低排列"
            yield error(where, zh, f"the lower bound {plain(bound)} is not below {plain(before)} before it: highest first")


def check_levels(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
    levels: tuple[Level, ...] = parameters["levels"]
    yield from _check_points(levels, where.at("levels"))
    for before, level in zip(levels, levels[1:], strict=False):
        if before.at >= level.at:
            zh = f"水平 {plain(level.at)} 不高于上一个 {plain(before.at)}: 请由低到高排列"
            yield error(level.where, zh, f"the level {plain(level.at)} is not above {plain(before.at)} before it: lowest first")


def check_matrix(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
    rows: tuple[MatrixRow, ...] = parameters["rows"]
    columns: tuple[Decimal, ...] = parameters["columns"]
    if not rows or not columns:
        yield error(where, "rows 与 columns 都不能为空", "neither rows nor columns may be empty")
    yield from _check_falling([(row.from_, row.where) for row in rows])
    yield from _check_falling([(bound, where.at("columns")) for bound in columns])
    for row in rows:
        if len(row.points) != len(columns):
            zh = f"此行有 {len(row.points)} 个分值, 应与 columns 同为 {len(columns)} 个"
            yield error(row.where, zh, f"this row has {len(row.points)} points for {len(columns)} columns; write one for each")
        for points in row.points:
            yield from score_problems(points, row.where.at("points"))


class Measured(NamedTuple):
    """What a table looks at, as numerator and positive denominator, with the words for it."""

    numerator: Decimal
    denominator: Decimal
    zh: str
    en: str
    shown: Percent | Decimal


def measured(reading: Reading, of: Measure) -> Measured:
    """The actual, or its share of or distance from the target in percent. Raises `target_not_positive` for the last two."""
    actual = given(reading.actual, "actual")
    if of == "actual":
        return Measured(actual, ONE, "实际值 {}", "actual {}", actual)
    target = positive_target(reading)
    if of == "attainment":
        part, zh, en = actual, "完成率 {}%", "attainment {}%"
    else:
        part, zh, en = minus(actual, target).copy_abs(), "偏离目标 {}%", "{}% off target"
    return Measured(times(part, HUNDRED), target, zh, en, Percent(part, target))


def band(numerator: Decimal, denominator: Decimal, bounds: Iterable[Decimal]) -> int | None:
    """The first of the falling lower bounds that numerator/denominator reaches."""
    for index, bound in enumerate(bounds):
        if numerator >= EXACT.multiply(bound, denominator):
            return index
    return None
