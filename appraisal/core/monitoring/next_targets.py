"""What a year's figures propose as the next year's target, with the rule that says so; people decide (R-000-49, G-43)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.inputs import Direction
from appraisal.core.judging.deviation import Target, direction_of, shown
from appraisal.core.numbers import add, divide, plain
from appraisal.core.outcome import Line
from appraisal.core.policy.model import Indicator, Operator

Rule = Literal["hold_mean", "keep", "start_at_mean"]

_OPERATORS: Final[dict[Direction, Operator]] = {"higher": ">=", "lower": "<=", "target": "="}


@dataclass(frozen=True)
class Proposed:
    """A target for the next year: `mean` and `best` are the year's, rounded as the indicator is."""

    operator: Operator
    value: Decimal
    rule: Rule
    mean: Decimal
    best: Decimal | None
    line: Line


def propose(indicator: Indicator, target: Target | None, figures: Sequence[tuple[Decimal, bool | None]]) -> Proposed | None:
    """The proposal from the year's figures, each with whether it met its target; None without a figure or a direction.

    `hold_mean`: every figure met the target and the year's mean is better than it: ask for what the year held on average.
    `keep`: the target was missed at least once, or nothing better than it can be asked. `start_at_mean`: there was none.
    """
    direction = indicator.direction if target is None else direction_of(indicator, target)
    if not figures or direction is None:
        return None
    values = [value for value, _ in figures]
    mean = divide(add(*values), Decimal(len(values)), indicator.decimals)
    best = {"higher": max, "lower": min}.get(direction, lambda _: None)(values)
    place = indicator.where
    if target is None:
        zh = f"没有目标: 从全年平均 {plain(mean)} 起步"
        en = f"there was no target: start at the year's mean of {plain(mean)}"
        line = Line(zh, en, place.path, place.line)
        return Proposed(_OPERATORS[direction], mean, "start_at_mean", mean, best, line)
    missed = sum(met is not True for _, met in figures)
    if missed or not _is_better(direction, mean, target.value):
        why = (f"{len(figures)} 期中有 {missed} 期未达标", f"{missed} of {len(figures)} periods missed it")
        if not missed:
            why = ("全年平均没有优于目标", "the year's mean is no better than the target")
        line = Line(f"保持 {shown(target)}: {why[0]}", f"keep {shown(target)}: {why[1]}", place.path, place.line)
        return Proposed(target.operator, target.value, "keep", mean, best, line)
    zh = f"{len(figures)} 期全部达到 {shown(target)}: 以全年平均 {plain(mean)} 为目标"
    en = f"all {len(figures)} periods met {shown(target)}: ask for the year's mean of {plain(mean)}"
    return Proposed(target.operator, mean, "hold_mean", mean, best, Line(zh, en, place.path, place.line))


def _is_better(direction: Direction, value: Decimal, target: Decimal) -> bool:
    return value > target if direction == "higher" else direction == "lower" and value < target
