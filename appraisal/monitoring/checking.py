"""What a reading has to be before it is kept: of a watched indicator and a period that is over, complete, in the right unit of
measure, and one from which the formula gives a value or says why there is none.

Entered by hand, pushed by a machine or imported: the same words refuse it, and the first thing that is wrong is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from appraisal.agreements.fields import require_figures, require_text
from appraisal.core.errors import FormulaError, ScoringError
from appraisal.core.formula import NegativeDenominator, ZeroDenominator, parse_formula
from appraisal.core.judging import readings as core
from appraisal.core.numbers import parse_number, plain, times
from appraisal.core.policy.model import Indicator, Policy
from appraisal.errors import Fault, Invalid
from appraisal.labels import label, listing
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import ORIGINS, RECORD_TYPES
from appraisal.monitoring.spans import Span, period_on, span_of, taken_by
from appraisal.monitoring.watched import Watching
from appraisal.spreadsheets import row_fault

LONGEST_SOURCE = 200
_HEADINGS: Final = {
    "indicator": "指标",
    "period": "期间",
    "unit": "部门",
    "value": "数值",
    "inputs": "原始数据",
    "measured_in": "计量单位",
    "source_document": "来源单据",
    "policy": "制度",
    "record_type": "记录类型",
    "origin": "来源",
}

Base = Literal["no_base", "nothing_due"]
"""What a denominator of 0 makes of a value: none, or 100 because nothing was due."""


class Refused(Exception):
    """Why a reading cannot stand: a stable `code`, the `field` and the words."""

    def __init__(self, code: str, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.field, self.zh, self.en = code, field, zh, en

    def fault(self, row: int | None) -> Fault:
        """As a fault of a row, or of a single reading's field."""
        heading = _HEADINGS.get(self.field.partition(".")[0], self.field)
        return Fault(self.field, self.zh, self.en) if row is None else row_fault(row, heading, self.zh, self.en)

    def as_invalid(self) -> Invalid:
        """As the refusal of a single reading."""
        return Invalid(self.code, self.zh, self.en, [self.fault(None)])


@dataclass(frozen=True)
class Sound:
    """A reading that can stand: of which indicator of which policy, over which days; `base` where a denominator is 0."""

    policy: Policy
    indicator: Indicator
    span: Span
    value: Decimal | None
    inputs: Mapping[str, Decimal] | None
    base: Base | None


def checked(known: Watching, reported: Reported, today: date) -> Sound:
    """The reading with its indicator and period. Raises Refused."""
    span = _span(reported.period, today)
    policy = _policy(known, reported, span)
    indicator = _indicator(policy, reported.indicator)
    if span.cadence not in taken_by(indicator):
        takes = listing("reading_cadence", taken_by(indicator))
        zh = f"「{indicator.name.zh}」按{takes.zh}录入, 不是 {reported.period}"
        en = f"{indicator.id} is entered by {takes.en}, not for {reported.period}"
        raise Refused("bad_cadence", "period", zh, en)
    _check_origin(indicator, reported)
    value, inputs = _figure(indicator, reported)
    return Sound(policy, indicator, span, value, inputs, _judged(indicator, span, value, inputs))


def base_of(indicator: Indicator, inputs: Mapping[str, Decimal] | None) -> Base | None:
    """What a denominator of 0 makes of these inputs' value, by the rule that the indicator declares."""
    if indicator.formula is None or inputs is None:
        return None
    try:
        parse_formula(indicator.formula).evaluate(inputs)
    except ZeroDenominator:
        return "nothing_due" if indicator.zero_denominator == "nothing_due" else "no_base"
    except (NegativeDenominator, FormulaError):
        return None
    return None


def _span(text: str, today: date) -> Span:
    try:
        span = span_of(text)
    except ValueError:
        zh = f"{text[:20]} 不是期间; 请写 2026-03-05、2026-W10、2026-03 或 2026-Q1"
        en = f"{text[:20]} is no period: write 2026-03-05, 2026-W10, 2026-03 or 2026-Q1"
        raise Refused("bad_period", "period", zh, en) from None
    if span.starts_on > today:
        raise Refused("future_period", "period", f"{text} 尚未开始", f"{text} has not begun yet")
    if span.ends_on > today:
        raise Refused("period_not_over", "period", f"{text} 尚未结束", f"{text} is not over yet")
    return span


def _policy(known: Watching, reported: Reported, span: Span) -> Policy:
    names = list(known.states)
    name = reported.policy or ""
    if not name:
        # A name that only one of them uses needs no policy beside it.
        having = [one for one in names if (found := known.policy_on(one, span.starts_on)) and _named(found, reported.indicator)]
        name = having[0] if len(having) == 1 else ""
        if not having:
            _refuse_unknown(reported.indicator)
    if name not in known.states:
        zh = f"请写明制度: {'、'.join(names)}" if names else "尚未发布监测制度"
        en = f"name the policy: {', '.join(names)}" if names else "no policy for monitoring has been published"
        raise Refused("unknown_policy", "policy", zh, en)
    policy = known.policy_on(name, span.starts_on)
    assert policy is not None
    return policy


def _named(policy: Policy, name: str) -> Indicator | None:
    located = policy.watched.get(name)
    if located is not None:
        return located.indicator
    called = (one.indicator for one in policy.watched.values())
    return next((one for one in called if name in (one.name.zh, one.name.en)), None)


def _refuse_unknown(name: str) -> None:
    raise Refused("unknown_indicator", "indicator", f"没有监测指标 {name[:80]}", f"no policy watches {name[:80]}")


def _indicator(policy: Policy, name: str) -> Indicator:
    indicator = _named(policy, name)
    if indicator is None:
        zh, en = f"制度 {policy.id} 不监测 {name[:80]}", f"the policy {policy.id} does not watch {name[:80]}"
        raise Refused("unknown_indicator", "indicator", zh, en)
    if indicator.status == "incomplete":
        zh = f"「{indicator.name.zh}」没有公式, 在制度中补全之前不收读数"
        raise Refused("incomplete", "indicator", zh, f"{indicator.id} has no formula: complete it in the policy first")
    if indicator.inputs and all(given.indicator is not None for given in indicator.inputs):
        zh = f"「{indicator.name.zh}」由其他指标的读数算得, 不单独录入"
        en = f"{indicator.id} is computed of other indicators' readings and not entered by itself"
        raise Refused("computed_of_others", "indicator", zh, en)
    return indicator


def _check_origin(indicator: Indicator, reported: Reported) -> None:
    try:
        require_text(LONGEST_SOURCE, source_document=reported.source_document)
    except Invalid as refused:
        raise Refused("text_needed", "source_document", refused.faults[0].zh, refused.faults[0].en) from None
    if reported.origin not in ORIGINS:
        known = listing("measure_origin", ORIGINS)
        raise Refused("bad_origin", "origin", f"来源须为: {known.zh}", f"the origin is one of: {', '.join(ORIGINS)}")
    kind = reported.record_type
    if kind is None:
        return
    if kind not in RECORD_TYPES:
        zh, en = f"记录类型须为: {'、'.join(RECORD_TYPES)}", f"the record type is one of: {', '.join(RECORD_TYPES)}"
        raise Refused("bad_record_type", "record_type", zh, en)
    declared = {one for one in (indicator.platform, *(given.platform for given in indicator.inputs)) if one is not None}
    if declared and kind not in declared:
        taken = sorted(declared)
        zh = f"「{indicator.name.zh}」取自 {'、'.join(taken)}, 不是 {kind} ({label('record_type', kind).zh})"
        en = f"{indicator.id} is taken from {', '.join(taken)}, not from {kind}"
        raise Refused("wrong_record_type", "record_type", zh, en)


def _figure(indicator: Indicator, reported: Reported) -> tuple[Decimal | None, Mapping[str, Decimal] | None]:
    value, inputs = reported.value, reported.inputs
    own = [given.name for given in indicator.inputs if given.indicator is None]
    try:
        require_figures({"value": value} | {f"inputs.{name}": figure for name, figure in (inputs or {}).items()})
    except Invalid as refused:
        raise Refused("bad_number", refused.faults[0].path, refused.faults[0].zh, refused.faults[0].en) from None
    if indicator.formula is None or not own:
        if value is None or inputs is not None:
            zh, en = f"「{indicator.name.zh}」没有公式, 请填数值", f"{indicator.id} has no formula: enter its value"
            raise Refused("value_needed", "value", zh, en)
        return _in_own_unit(indicator, value, reported.measured_in), None
    if own == [indicator.formula.strip()] and inputs is None and value is not None:
        # The value is its only input: whoever states the one states the other.
        return None, {own[0]: _in_own_unit(indicator, value, reported.measured_in)}
    asked = ", ".join(own)
    if inputs is None or value is not None:
        zh = f"「{indicator.name.zh}」由公式计算, 请只填原始数据: {asked}"
        raise Refused("inputs_needed", "inputs", zh, f"{indicator.id} is computed: enter its inputs only: {asked}")
    for name in own:
        if name not in inputs:
            zh, en = f"「{indicator.name.zh}」缺少「{name}」, 须填: {asked}", f"{indicator.id} lacks {name}; it takes: {asked}"
            raise Refused("missing_input", f"inputs.{name}", zh, en)
    for name in inputs:
        if name not in own:
            zh, en = f"公式没有用到「{name[:40]}」; 须填: {asked}", f"the formula does not use {name[:40]}; it takes: {asked}"
            raise Refused("unknown_input", f"inputs.{name}", zh, en)
    if reported.measured_in is not None and reported.measured_in != indicator.unit:
        _refuse_unit(indicator, reported.measured_in)
    return None, dict(inputs)


def _in_own_unit(indicator: Indicator, value: Decimal, measured_in: str | None) -> Decimal:
    """The value in the indicator's own unit; one in the unit it is shown in (万元) is converted, exactly."""
    if measured_in is None or measured_in == indicator.unit:
        return value
    scale = indicator.scale
    if scale is None or measured_in != scale.unit:
        _refuse_unit(indicator, measured_in)
    assert scale is not None
    return parse_number(plain(times(value, scale.divide_by)))


def _refuse_unit(indicator: Indicator, measured_in: str) -> None:
    takes = [one for one in (indicator.unit, indicator.scale.unit if indicator.scale else None) if one is not None]
    zh = f"「{indicator.name.zh}」的计量单位是 {'、'.join(takes) or '—'}, 不是 {measured_in}"
    raise Refused(
        "wrong_unit", "measured_in", zh, f"{indicator.id} is measured in {', '.join(takes) or '—'}, not {measured_in}"
    )


def _judged(indicator: Indicator, span: Span, value: Decimal | None, inputs: Mapping[str, Decimal] | None) -> Base | None:
    """Refuses what the formula or the bounds refuse; a day or week of a weighed indicator may have nothing to divide by."""
    base = base_of(indicator, inputs)
    shortest = taken_by(indicator)[-1]
    if base is not None and indicator.roll_up == "weighted" and span.cadence != shortest:
        return base
    if any(given.indicator is not None for given in indicator.inputs):
        return base
    stated: dict[str, Decimal | None] = dict(inputs or {})
    try:
        core.value_of(indicator, core.Reading(period_on("month", span.starts_on), value, stated))
    except ScoringError as refused:
        raise Refused(refused.code, refused.path, refused.message.zh, refused.message.en) from refused
    return base
