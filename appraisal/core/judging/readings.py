"""What was read of an indicator in one period, from where, and how readings of days and weeks become the period's.

A value that is missing stays missing, and a figure that cannot be is told with its reason; neither ever becomes 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import ZERO, plain
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.formulas import actual_of
from appraisal.core.scoring.rolling import Figure, rolled_up

Origin = Literal["event", "import", "manual"]


@dataclass(frozen=True)
class Reading:
    """One figure of one period, stated or to be computed of its inputs. `late`: it came after the day it was due."""

    period: Period
    value: Decimal | None = None
    inputs: Mapping[str, Decimal | None] = field(default_factory=dict, hash=False)
    origin: Origin = "event"
    late: bool = False
    corrected: bool = False


Readings = Mapping[str, Sequence[Reading]]
"""Readings by indicator, in any order, at most one a period."""


@dataclass(frozen=True)
class Values:
    """The values of every indicator by period, those that could be had, and why others could not."""

    by_indicator: Mapping[str, Mapping[Period, Decimal]]
    readings: Mapping[str, Mapping[Period, Reading]]
    problems: Mapping[tuple[str, Period], ScoringError]

    def at(self, indicator: str, period: Period) -> Decimal | None:
        """The value, or None where it is missing."""
        return self.by_indicator.get(indicator, {}).get(period)


def values_of(policy: Policy, readings: Readings) -> Values:
    """The value of each reading; a composite without a reading of its own is computed where the values it needs are there.

    Raises ScoringError `unknown_indicator`, `repeated_period`.
    """
    by_period = {name: _by_period(policy, name, given) for name, given in readings.items()}
    found: dict[str, dict[Period, Decimal]] = {}
    problems: dict[tuple[str, Period], ScoringError] = {}
    for name in _inner_first(policy):
        indicator = policy.watched[name].indicator
        own = by_period.get(name, {})
        values = found.setdefault(name, {})
        for period in dict.fromkeys((*own, *_periods_of_parts(indicator, found))):
            try:
                value = value_of(indicator, own.get(period) or Reading(period), found)
            except ScoringError as refused:
                problems[name, period] = refused
                continue
            if value is not None:
                values[period] = value
    return Values(found, by_period, problems)


def value_of(
    indicator: Indicator, reading: Reading, values: Mapping[str, Mapping[Period, Decimal]] | None = None
) -> Decimal | None:
    """The reading's value: computed of its inputs and of other indicators' values where there is a formula, else as stated.

    Raises ScoringError: those of formulas, and `reading_out_of_range`.
    """
    value = reading.value
    inputs = dict(reading.inputs)
    for given in indicator.inputs:
        if given.indicator is not None and inputs.get(given.name) is None:
            inputs[given.name] = (values or {}).get(given.indicator, {}).get(reading.period)
    if indicator.formula is not None and any(one is not None for one in inputs.values()):
        item = Item(id=indicator.id, kind="kpi", weight=ZERO, actual=None, inputs=inputs)
        computed = actual_of(indicator, item)
        if value is not None and computed is not None and computed != value:
            zh = f"{indicator.id} 的值 {plain(value)} 与由原始数据算得的 {plain(computed)} 不符"
            en = f"the value {plain(value)} of {indicator.id} disagrees with its inputs, which give {plain(computed)}"
            raise ScoringError("actual_and_inputs", "value", zh, en)
        value = computed if computed is not None else value
    if value is not None:
        _check_range(indicator, value)
    return value


def reading_problems(indicator: Indicator, reading: Reading) -> Iterator[ScoringError]:
    """What is wrong with one reading by itself, for a row of an import: inputs missing, no denominator, out of range."""
    own = [given for given in indicator.inputs if given.indicator is None]
    if indicator.formula is not None and own and reading.value is None:
        for given in own:
            if reading.inputs.get(given.name) is None:
                zh, en = f"{indicator.id} 缺少「{given.name}」", f"{indicator.id} lacks {given.name}"
                yield ScoringError("missing_input", f"inputs.{given.name}", zh, en)
    elif reading.value is None and not indicator.inputs:
        yield ScoringError("missing_value", "value", f"{indicator.id} 没有值", f"{indicator.id} has no value")
    if all(given.indicator is None for given in indicator.inputs):
        try:
            value_of(indicator, reading)
        except ScoringError as refused:
            yield refused


def roll_up(indicator: Indicator, period: Period, parts: Sequence[Reading]) -> Reading:
    """Readings of the parts of a period, in their order, as the period's own; it is late or corrected where one of them is.

    `weighted` keeps the sums of the inputs, so that the formula is computed once over them all (R-ALL-2). Where a part is
    missing, so is the whole. Raises ScoringError as `value_of`.
    """
    figures = [Figure(one.value, _stated(one.inputs)) for one in parts]
    whole = rolled_up(indicator, indicator.id, figures)
    origins = {one.origin for one in parts}
    origin: Origin = "manual" if "manual" in origins else "import" if "import" in origins else "event"
    late, corrected = any(one.late for one in parts), any(one.corrected for one in parts)
    reading = Reading(period, whole.actual, dict(whole.inputs or {}), origin, late, corrected)
    return replace(reading, value=value_of(indicator, reading))


def made_of(policy: Policy) -> frozenset[frozenset[str]]:
    """Pairs of which one is computed of the other, at any remove: that they move together says nothing."""
    known: frozenset[frozenset[str]] | None = policy.derived.get("made of")
    if known is None:
        parts: dict[str, set[str]] = {}
        for name in _inner_first(policy):
            direct = [given.indicator for given in policy.watched[name].indicator.inputs if given.indicator is not None]
            parts[name] = {part for one in direct for part in (one, *parts.get(one, ()))}
        known = frozenset(frozenset((name, part)) for name, inner in parts.items() for part in inner)
        policy.derived["made of"] = known
    return known


def _stated(inputs: Mapping[str, Decimal | None]) -> Mapping[str, Decimal] | None:
    stated = {name: value for name, value in inputs.items() if value is not None}
    return stated or None


def _by_period(policy: Policy, name: str, readings: Sequence[Reading]) -> Mapping[Period, Reading]:
    if name not in policy.watched:
        raise ScoringError("unknown_indicator", name, f"制度不监测指标 {name}", f"the policy does not watch {name}")
    found: dict[Period, Reading] = {}
    for one in readings:
        if one.period in found:
            zh, en = f"{name} 的期间 {one.period} 重复", f"{name} has two readings of {one.period}"
            raise ScoringError("repeated_period", f"{name}.{one.period}", zh, en)
        found[one.period] = one
    return found


def _periods_of_parts(indicator: Indicator, found: Mapping[str, Mapping[Period, Decimal]]) -> Sequence[Period]:
    """The periods of the first indicator that this one is made of."""
    parts = [given.indicator for given in indicator.inputs if given.indicator is not None]
    return tuple(found.get(parts[0], ())) if parts else ()


def _inner_first(policy: Policy) -> Sequence[str]:
    """Indicators so that each stands behind those it is made of."""
    order: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in order or name in above or name not in policy.watched:
            return
        for given in policy.watched[name].indicator.inputs:
            if given.indicator is not None:
                visit(given.indicator, (*above, name))
        order[name] = None

    known: Sequence[str] | None = policy.derived.get("watched inner first")
    if known is None:
        for name in policy.watched:
            visit(name, ())
        known = policy.derived["watched inner first"] = tuple(order)
    return known


def _check_range(indicator: Indicator, value: Decimal) -> None:
    low, high = indicator.lowest, indicator.highest
    if (low is not None and value < low) or (high is not None and value > high):
        shown = f"{'…' if low is None else plain(low)}–{'…' if high is None else plain(high)}"
        zh = f"{indicator.id} 的值 {plain(value)} 超出可能的范围 {shown}"
        raise ScoringError("reading_out_of_range", "value", zh, f"the value {plain(value)} of {indicator.id} is not in {shown}")
