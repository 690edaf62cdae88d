"""What the reports of a quarter and a year and the export for the management review say, of the months' evaluations as stored.

A quarter's or year's own figure is the confirmed readings rolled up as the policy declares; it is shown beside the months and
never judged, because targets and levels are the months'.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from appraisal.bulletins.report_contents import (
    Around,
    Json,
    Month,
    by_class,
    completeness,
    exceptions_of,
    is_back_filled,
    level_counts,
    named,
    number,
    same_last_year,
)
from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import Target, change
from appraisal.core.monitoring.next_targets import propose
from appraisal.core.numbers import add, divide, minus, parse_number, plain
from appraisal.core.policy.model import Indicator, Policy

Figures = Mapping[str, Mapping[Period, Decimal | None]]
"""The rolled-up figures of each indicator, by quarter or year."""

WAYS: Final = {1: "better", 0: "same", -1: "worse"}
NOT_FROM_DATA: Final = (
    ("b", "与质量管理体系相关的内外部因素的变化", "changes in external and internal issues"),
    ("c6", "审核结果", "audit results"),
    ("d", "资源的充分性", "the adequacy of resources"),
    ("e", "应对风险和机遇所采取措施的有效性", "the effectiveness of actions taken on risks and opportunities"),
)
"""Inputs of ISO 9001 9.3.2 that no reading tells, for people to write."""


@dataclass(frozen=True)
class Span:
    """A quarter or longer period with its months, in order, and its own figures beside those of earlier periods.

    `benchmarks`: what others in the trade reach, by indicator, as somebody entered it with its source. `updates`: of each month
    that is over, the day its evaluation was first made and the day its report was due.
    """

    period: Period
    months: Sequence[Month]
    figures: Figures = field(default_factory=dict)
    updates: Sequence[Json] = ()
    benchmarks: Mapping[str, Json] = field(default_factory=dict)


def quarterly(policy: Policy, span: Span, around: Around) -> Json:
    """QEF-29-03: a table for each class, against the last quarter and the same one last year; alerts, improvement, updates."""
    judged = judged_of(span.months)
    rows = [_row(policy, span, name, by_period, around) for name, by_period in judged.items()]
    return {
        "counts": level_counts(_last(judged)),
        "classes": by_class(policy, rows),
        "alerts": list(around.alerts),
        "exceptions": exceptions_of(around.exceptions, span.period),
        "updates": _updates(span),
        "completeness": completeness(policy, span.months),
    }


def annual(policy: Policy, span: Span, around: Around) -> Json:
    """QEF-29-04: the year month by month, against the last year and the benchmarks there are, and next year's targets proposed.

    What is proposed is set by nobody but people (G-43).
    """
    judged = judged_of(span.months)
    rows = []
    for name, by_period in judged.items():
        located = policy.watched.get(name)
        row = _row(policy, span, name, by_period, around)
        figures = [(value, one["met"]) for _, one in by_period.values() if (value := number(one["value"])) is not None]
        row |= {
            "benchmark": _benchmark(policy, span, name, [value for value, _ in figures]),
            "periods_met": sum(met is True for _, met in figures),
            "proposal": _proposal(located.indicator, _target(by_period), figures) if located else None,
        }
        rows.append(row)
    return {
        "counts": level_counts(_last(judged)),
        "months": [{"period": str(month.period)} | level_counts(month.figures) for month in span.months],
        "classes": by_class(policy, rows),
        "alerts": list(around.alerts),
        "exceptions": exceptions_of(around.exceptions, span.period),
        "updates": _updates(span),
        "completeness": completeness(policy, span.months),
    }


def management_review(policy: Policy, span: Span, around: Around, actions: Sequence[Json]) -> Json:
    """The inputs of the management review (ISO 9001 9.3.2, SOP-20) that the data give, from the same evaluations (R-000-7).

    `actions` follow from earlier meetings. What the data cannot give is listed for people to write.
    """
    judged = judged_of(span.months)
    objectives = []
    for name, by_period in judged.items():
        told = [one["met"] for _, one in by_period.values() if one["met"] is not None]
        row = _row(policy, span, name, by_period, around)
        objectives.append(row | {"periods_met": sum(told), "periods_judged": len(told)})
    return {
        "counts": level_counts(_last(judged)),
        "actions": list(actions),
        "classes": by_class(policy, objectives),
        "alerts": list(around.alerts),
        "exceptions": exceptions_of(around.exceptions, span.period),
        "completeness": completeness(policy, span.months),
        "inputs": [
            *({"clause": f"9.3.2 {clause}", "part": part} for clause, part in _GIVEN),
            *({"clause": f"9.3.2 {clause}", "part": None, "name": {"zh": zh, "en": en}} for clause, zh, en in NOT_FROM_DATA),
        ],
    }


_GIVEN: Final = (
    *(("a", "actions"), ("c2", "classes"), ("c3", "classes"), ("c4", "exceptions"), ("c5", "alerts"), ("f", "exceptions")),
)

ByPeriod = dict[str, tuple[int | None, Mapping[str, Any]]]


def judged_of(months: Iterable[Month]) -> dict[str, ByPeriod]:
    """What was judged of each indicator, by its own periods in order, each with the evaluation that says so."""
    found: dict[str, ByPeriod] = {}
    for month in months:
        for one in month.figures:
            found.setdefault(one["id"], {})[one["period"]] = (month.evaluation_id, one)
    return found


def _last(judged: Mapping[str, ByPeriod]) -> list[Mapping[str, Any]]:
    return [list(by_period.values())[-1][1] for by_period in judged.values()]


def _row(policy: Policy, span: Span, name: str, by_period: ByPeriod, around: Around) -> Json:
    located = policy.watched.get(name)
    own = span.figures.get(name, {})
    target = _target(by_period)
    now = own.get(span.period)
    before, last_year = span.period.previous(), same_last_year(span.period)
    indicator = located.indicator if located else None
    return (
        {"indicator": name}
        | named(policy, name)
        | {
            "target": _target_out(by_period),
            "periods": [
                {"evaluation_id": evaluation_id, "period": period}
                | {key: one[key] for key in ("value", "level", "met", "deviation", "corrected", "late")}
                | {"back_filled": is_back_filled(one), "reading_ids": list(around.readings.get((name, period), ()))}
                for period, (evaluation_id, one) in by_period.items()
            ],
            "figure": _plain(now),
            "last_period": _against(indicator, target, now, before, own.get(before)),
            "last_year": _against(indicator, target, now, last_year, own.get(last_year)),
        }
    )


def _against(
    indicator: Indicator | None, target: Target | None, now: Decimal | None, period: Period, before: Decimal | None
) -> Json:
    """An earlier figure, how far the present one lies from it, in per cent of it where that has a meaning, and which way."""
    told: Json = {"period": str(period), "figure": _plain(before), "difference": None, "percent": None, "way": None}
    if now is None or before is None:
        return told
    apart = minus(now, before)
    way = None if indicator is None else change(indicator, before, now, (target, target))
    told["difference"] = plain(apart)
    told["percent"] = plain(divide(apart.scaleb(2), abs(before), 2)) if before else None
    return told | {"way": None if way is None else WAYS[way]}


def _benchmark(policy: Policy, span: Span, name: str, values: Sequence[Decimal]) -> Json | None:
    """What others reach: as entered for the report, or else as the policy has it; and how far the year's mean lies from it."""
    located = policy.watched.get(name)
    declared = located.indicator.benchmark if located else None
    told = span.benchmarks.get(name) or ({"value": plain(declared), "source": None} if declared is not None else None)
    if told is None or located is None or not values:
        return None if told is None else dict(told) | {"mean": None, "difference": None, "way": None}
    wanted = parse_number(told["value"])
    mean = divide(add(*values), Decimal(len(values)), located.indicator.decimals)
    way = change(located.indicator, wanted, mean, (None, None))
    apart = {"mean": plain(mean), "difference": plain(minus(mean, wanted)), "way": None if way is None else WAYS[way]}
    return dict(told) | apart


def _proposal(indicator: Indicator, target: Target | None, figures: Sequence[tuple[Decimal, bool | None]]) -> Json | None:
    found = propose(indicator, target, figures)
    if found is None:
        return None
    said = {"operator": found.operator, "value": plain(found.value), "rule": found.rule}
    said |= {"mean": plain(found.mean), "best": _plain(found.best)}
    return said | {"reason": {"zh": found.line.zh, "en": found.line.en}}


def _target(by_period: ByPeriod) -> Target | None:
    """The target of the latest period that had one."""
    told = _target_out(by_period)
    value = number(told["value"]) if told else None
    return None if told is None or value is None else Target(told["operator"], value)


def _target_out(by_period: ByPeriod) -> Json | None:
    return next((dict(one["target"]) for _, one in reversed(by_period.values()) if one["target"]), None)


def _updates(span: Span) -> Json:
    """How many of the months that are over were evaluated, and how many by the day their report was due (G-4)."""
    made = [one for one in span.updates if one["made_on"] is not None]
    in_time = [one for one in made if one["due_on"] is None or one["made_on"] <= one["due_on"]]
    rate = plain(divide(Decimal(len(made) * 100), Decimal(len(span.updates)), 2)) if span.updates else None
    return {
        "months": list(span.updates),
        "due": len(span.updates),
        "made": len(made),
        "in_time": len(in_time),
        "rate": rate,
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
