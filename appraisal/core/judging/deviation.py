"""How far a reading lies from its target in the bad direction, exactly (R-000-50, R-000-51, G-7)."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from appraisal.core.calendar import Period
from appraisal.core.inputs import Direction
from appraisal.core.numbers import EXACT, ONE, ZERO, divide, minus, plain
from appraisal.core.policy.model import Indicator, Operator, Text
from appraisal.core.policy.tree import NOWHERE, Where

MOST: Final = 10**9
"""Per cent beyond which a deviation is told no further apart: far above any level there can be."""

_BY_OPERATOR: Final[dict[Operator, Direction]] = {
    ">=": "higher",
    ">": "higher",
    "<=": "lower",
    "<": "lower",
    "=": "target",
}


@dataclass(frozen=True)
class Target:
    """The target of one period, with the phase it belongs to and the place that declares it."""

    operator: Operator
    value: Decimal
    phase: Text | None = None
    where: Where = NOWHERE


TargetAt = Callable[[str, Period], Target | None]
"""The target of an indicator in a period, where it is kept elsewhere than in the rule files."""


class Deviation(NamedTuple):
    """`amount` is how much worse than the target, in the indicator's unit; `exact` the same in per cent, or in points.

    A target of 0 that is missed has no percentage: `zero_missed`, and `exact` is None.
    """

    met: bool
    amount: Decimal
    exact: Fraction | int | None
    zero_missed: bool
    points: bool

    def rounded(self, places: int) -> Decimal | None:
        """The deviation to be shown, rounded once, half-up."""
        if self.exact is None:
            return None
        return divide(Decimal(self.exact.numerator), Decimal(self.exact.denominator), places)


def target_at(indicator: Indicator, period: Period) -> Target | None:
    """The target in force: the phase in which the period begins, or the one target."""
    if indicator.targets:
        first = period.first_day()
        for phase in indicator.targets:
            if phase.from_ <= first and (phase.to is None or first <= phase.to):
                return Target(phase.operator, phase.value, phase.phase, phase.where)
        return None
    if indicator.target is None:
        return None
    operator = indicator.operator or _operator_for(indicator.direction)
    return Target(operator, indicator.target, None, indicator.where.at("target"))


def deviation(indicator: Indicator, target: Target, value: Decimal) -> Deviation:
    """How far `value` is from `target` on the bad side; nothing on the good side, however far."""
    direction = direction_of(indicator, target)
    met = is_met(direction, target, value)
    amount = _worse_by(direction, target.value, value)
    if amount < ZERO:
        amount = ZERO
    points = indicator.tolerance is not None and indicator.tolerance.points
    if not target.value or not amount:
        zero_missed = not target.value and not met
        return Deviation(met, amount, None if zero_missed else 0, zero_missed, points)
    exact = Fraction(amount) if points else _ratio(EXACT.scaleb(amount, 2), abs(target.value))
    return Deviation(met, amount, _at_most(exact), False, points)


def is_met(direction: Direction, target: Target, value: Decimal) -> bool:
    """Whether the value stands to the target as its operator asks; with = the better side of an end point counts as met."""
    match target.operator:
        case ">=":
            return value >= target.value
        case ">":
            return value > target.value
        case "<=":
            return value <= target.value
        case "<":
            return value < target.value
    return _worse_by(direction, target.value, value) <= ZERO


def change(indicator: Indicator, before: Decimal, now: Decimal, targets: tuple[Target | None, Target | None]) -> int | None:
    """1 where the value became better, −1 where worse, 0 where neither; None where nobody can tell.

    `targets` are those of the two periods: what comes nearer to its target improves.
    """
    if indicator.direction is None:
        operators = {one.operator for one in targets if one is not None}
        direction = _BY_OPERATOR[operators.pop()] if len(operators) == 1 else None
    else:
        direction = indicator.direction
    if direction is None:
        return None
    if direction == "target":
        old, new = targets
        if old is None or new is None:
            return None
        before, now = -abs(minus(before, old.value)), -abs(minus(now, new.value))
    elif direction != "higher":
        before, now = now, before
    return (now > before) - (now < before)


def target_jump(indicator: Indicator, baseline: Decimal, target: Target) -> Fraction | None:
    """How far a target lies from the baseline on the better side, in per cent of it; None where that has no meaning."""
    direction = direction_of(indicator, target)
    if direction == "target" or not baseline:
        return None
    ahead = _worse_by(direction, target.value, baseline)
    return _at_most(_ratio(EXACT.scaleb(max(ZERO, ahead), 2), abs(baseline)))


def direction_of(indicator: Indicator, target: Target) -> Direction:
    """The indicator's direction, or the one that its operator shows."""
    return indicator.direction or _BY_OPERATOR[target.operator]


def can_rise(indicator: Indicator, target: Target | None, value: Decimal | None, against: str) -> bool:
    """Whether there is room above the target, and the benchmark is beaten, or better than the target itself."""
    benchmark = indicator.benchmark
    if target is None or value is None or benchmark is None or target.value == indicator.best_possible:
        return False
    direction = direction_of(indicator, target)
    if direction not in ("higher", "lower"):
        return False
    sign = ONE if direction == "higher" else -ONE
    better = minus(value, benchmark) if against == "reading" else minus(benchmark, target.value)
    return better * sign > ZERO


def shown(target: Target) -> str:
    """The target as it is written: ≥ 98."""
    signs = {">=": "≥", "<=": "≤"}
    return f"{signs.get(target.operator, target.operator)} {plain(target.value)}"


def _ratio(top: Decimal, bottom: Decimal) -> Fraction:
    """The exact quotient of two decimals."""
    (a, b), (c, d) = top.as_integer_ratio(), bottom.as_integer_ratio()
    return Fraction(a * d, b * c)


def _at_most(exact: Fraction) -> Fraction:
    return exact if exact.numerator <= MOST * exact.denominator else Fraction(MOST)


def _operator_for(direction: Direction | None) -> Operator:
    return {"higher": ">=", "lower": "<="}.get(direction or "", "=")  # type: ignore[return-value]


def _worse_by(direction: Direction, target: Decimal, value: Decimal) -> Decimal:
    """How much worse than the target; negative where better."""
    if direction == "target":
        return abs(minus(target, value))
    return minus(target, value) if direction == "higher" else minus(value, target)
