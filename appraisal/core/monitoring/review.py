"""The quarterly review of the indicators themselves: which to drop, raise, redefine or pair, each with its reason (D-27)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from appraisal.core.calendar import Period
from appraisal.core.judging.correlation import Correlation
from appraisal.core.judging.deviation import TargetAt, direction_of, is_met
from appraisal.core.judging.readings import Readings, Values, made_of, values_of
from appraisal.core.monitoring.evaluate import due_in
from appraisal.core.monitoring.points import declared_targets
from appraisal.core.monitoring.relations import classes_of
from appraisal.core.monitoring.words import NO_CAUSE
from appraisal.core.numbers import plain
from appraisal.core.outcome import Line
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import CorrelationRule, ReviewRule

Finding = Literal["redundant", "always_met", "never_met", "unguarded"]
Action = Literal["drop", "raise", "redefine", "pair"]

_ACTIONS: dict[Finding, Action] = {
    "redundant": "drop",
    "always_met": "raise",
    "never_met": "redefine",
    "unguarded": "pair",
}


@dataclass(frozen=True)
class Proposal:
    """One finding about an indicator and what to do about it; people decide. `other` says the same where one is redundant."""

    indicator: str
    finding: Finding
    action: Action
    other: str | None = None
    correlation: Correlation | None = None
    line: Line = field(default=Line("", "", "", 0), compare=False)


def review(policy: Policy, readings: Readings, period: Period, targets: TargetAt | None = None) -> tuple[Proposal, ...]:
    """What the readings up to this period say about the indicators; nothing where the policy has no review rule.

    Raises ScoringError as `evaluate`.
    """
    rule = policy.monitoring.review if policy.monitoring else None
    if rule is None:
        return ()
    values = values_of(policy, readings)
    found = [
        *_redundant(policy, values, period, rule),
        *_met(policy, values, period, rule, targets or declared_targets(policy)),
        *_unguarded(policy, targets or declared_targets(policy), period),
    ]
    return tuple(replace(one, line=_line(policy, one, rule)) for one in found)


def _redundant(policy: Policy, values: Values, period: Period, rule: ReviewRule) -> Iterator[Proposal]:
    """Two of a class that nearly always move together tell the same; the later one is proposed to go."""
    from appraisal.core.monitoring.pairs import correlations  # numpy is for whole classes only

    declared = policy.monitoring.correlation if policy.monitoring else None
    periods = declared.periods if declared else rule.periods
    minimum = declared.minimum if declared else rule.periods
    same = CorrelationRule(periods=periods, lags=0, minimum=minimum, strength=rule.redundant)
    for names in classes_of(policy, period):
        for pair in correlations(values.by_indicator, names, period, same, apart=made_of(policy)):
            yield Proposal(pair.second, "redundant", _ACTIONS["redundant"], pair.first, pair.correlation)


def _met(policy: Policy, values: Values, period: Period, rule: ReviewRule, targets: TargetAt) -> Iterator[Proposal]:
    """Indicators that met, or missed, their target in every one of the last periods, none of them missing."""
    for name, own in due_in(policy, period):
        indicator, series = policy.watched[name].indicator, values.by_indicator.get(name, {})
        told: set[bool | None] = set()
        for _ in range(rule.periods):
            target, value = targets(name, own), series.get(own)
            if target is None or value is None:
                told.add(None)
                break
            told.add(is_met(direction_of(indicator, target), target, value))
            own = own.previous()
        if told == {True}:
            yield Proposal(name, "always_met", _ACTIONS["always_met"])
        elif told == {False}:
            yield Proposal(name, "never_met", _ACTIONS["never_met"])


def _unguarded(policy: Policy, targets: TargetAt, period: Period) -> Iterator[Proposal]:
    """Indicators that people are held to and that nothing watches from the other side."""
    pairs = policy.monitoring.guards if policy.monitoring else ()
    paired = {name for pair in pairs for name in (pair.indicator, pair.guard)}
    for name, own in due_in(policy, period):
        aimed = policy.watched[name].indicator.direction in ("higher", "lower")
        if aimed and name not in paired and targets(name, own) is not None:
            yield Proposal(name, "unguarded", _ACTIONS["unguarded"])


def _line(policy: Policy, one: Proposal, rule: ReviewRule) -> Line:
    name = policy.watched[one.indicator].indicator.name
    if one.finding == "redundant" and one.other is not None and one.correlation is not None:
        other, found = policy.watched[one.other].indicator.name, one.correlation
        counted = f"ρ = {plain(found.rho)}, {found.readings}"
        zh = f"{name.zh} 与 {other.zh} 几乎同步 ({counted} 期; {NO_CAUSE[0]}): 建议只留一个"
        en = f"{name.en} moves with {other.en} ({counted} periods; {NO_CAUSE[1]}): keep one of them"
    elif one.finding == "always_met":
        zh = f"{name.zh} 最近 {rule.periods} 期一直达标: 建议提高目标, 或不再监测"
        en = f"{name.en} met its target in all of the last {rule.periods} periods: raise the target or drop it"
    elif one.finding == "never_met":
        zh = f"{name.zh} 最近 {rule.periods} 期一直未达标: 建议核对目标与定义"
        en = f"{name.en} missed its target in all of the last {rule.periods} periods: look at target and definition"
    else:
        zh = f"{name.zh} 没有护栏指标: 建议配对, 以免顾此失彼"
        en = f"{name.en} has no guard: pair it with one that tells what it costs"
    return Line(zh, en, rule.where.path, rule.where.line)
