"""One indicator in one period, with all that the rules may look at; its history is told in whole numbers."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from appraisal.core.calendar import Cadence, Period
from appraisal.core.engine.reference import compare
from appraisal.core.engine.ruleset import Value
from appraisal.core.engine.watching import (
    BEYOND_ALERT,
    CAN_RISE,
    DEVIATION,
    JUMP,
    MET_RUNNING,
    WORSENINGS,
    ZERO_MISSED,
)
from appraisal.core.judging.deviation import Deviation, Target, TargetAt, can_rise, deviation, target_at, target_jump
from appraisal.core.judging.readings import Values
from appraisal.core.judging.trend import change_at, met_running, worsenings
from appraisal.core.policy.model import Indicator, Policy

_NAMES: Final = tuple(fact.name for fact in (DEVIATION, ZERO_MISSED, WORSENINGS, MET_RUNNING, JUMP, BEYOND_ALERT, CAN_RISE))
_ANY: Final = Period("year", 2000, 1)
_LONGEST_FIRST: Final[tuple[Cadence, ...]] = ("year", "half", "quarter", "month", "week")


class Point(NamedTuple):
    """`change` is from the period before: 1 better, −1 worse. `jump` is set where the target is new in this period."""

    indicator: Indicator
    period: Period
    value: Decimal | None
    target: Target | None
    deviation: Deviation | None
    change: int | None
    worsenings: int
    met_running: int
    jump: Fraction | None
    beyond_alert: bool
    can_rise: bool

    def figures(self) -> tuple[Value, ...]:
        """What the rules of readings ask for, in the order of their names."""
        off = self.deviation
        return (
            off.exact if off else None,
            1 if off is not None and off.zero_missed else 0,
            self.worsenings,
            self.met_running,
            self.jump,
            1 if self.beyond_alert else 0,
            1 if self.can_rise else 0,
        )

    def facts(self) -> Mapping[str, Value]:
        """The same by name."""
        return named(self.figures())


def named(figures: Iterable[Value]) -> Mapping[str, Value]:
    """The figures of a point by the names that the rules know them by."""
    return dict(zip(_NAMES, figures, strict=True))


def own_period(indicator: Indicator, period: Period) -> Period | None:
    """The indicator's own period that ends with this one: its quarter in March; None where none of its periods ends."""
    cadences = indicator.cadence or (period.cadence,)
    if period.cadence in cadences:
        return period
    last = period.last_day()
    for cadence in _LONGEST_FIRST:
        if cadence in cadences and (found := _period_on(cadence, period)) and found.last_day() == last:
            return found
    return None


def point_at(policy: Policy, values: Values, targets: TargetAt, name: str, period: Period) -> Point:
    """The indicator in its own period, its history looked at as far back as its runs go."""
    indicator = policy.watched[name].indicator
    series = values.by_indicator.get(name, {})

    def target(at: Period) -> Target | None:
        return targets(name, at)

    value, wanted = series.get(period), target(period)
    rules = policy.monitoring
    wants_runs = rules is not None and rules.raise_target is not None
    met = met_running(indicator, period, series.get, target) if wants_runs else 0
    return Point(
        indicator,
        period,
        value,
        wanted,
        None if value is None or wanted is None else deviation(indicator, wanted, value),
        change_at(indicator, period, series.get, target),
        worsenings(indicator, period, series.get, target),
        met,
        jump_of(indicator, target(period.previous()), wanted, series.get(period.previous())),
        beyond_alert(indicator, value),
        met > 0 and may_rise(policy, indicator, wanted, value),
    )


def jump_of(indicator: Indicator, before: Target | None, now: Target | None, baseline: Decimal | None) -> Fraction | None:
    """How far a target that is new in this period lies from the last reading under the old one."""
    if before is None or now is None or before.value == now.value:
        return None
    known = baseline if baseline is not None else indicator.baseline
    return None if known is None else target_jump(indicator, known, now)


def beyond_alert(indicator: Indicator, value: Decimal | None) -> bool:
    """Whether the value lies beyond the indicator's warning line (R-004-10)."""
    line = indicator.alert
    if line is None or value is None:
        return False
    return compare("==" if line.operator == "=" else line.operator, value, line.value)


def may_rise(policy: Policy, indicator: Indicator, target: Target | None, value: Decimal | None) -> bool:
    """Whether the target could be raised, as the policy's benchmark rule says."""
    rule = policy.monitoring.raise_target if policy.monitoring else None
    return rule is not None and can_rise(indicator, target, value, rule.against)


def declared_targets(policy: Policy) -> TargetAt:
    """The targets that the rule files declare."""
    watched, always = policy.watched, {}
    for name, located in watched.items():
        if not located.indicator.targets and located.indicator.target is not None:
            always[name] = target_at(located.indicator, _ANY)

    def declared(name: str, period: Period) -> Target | None:
        return always[name] if name in always else target_at(watched[name].indicator, period)

    return declared


def _period_on(cadence: Cadence, period: Period) -> Period | None:
    if cadence == "week":
        return None
    month = period.last_day().month
    number = {"year": 1, "half": (month + 5) // 6, "quarter": (month + 2) // 3, "month": month}[cadence]
    return Period(cadence, period.last_day().year, number)
