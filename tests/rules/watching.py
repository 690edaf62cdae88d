"""Cases of monitoring for the collector: what a period's readings come to under a policy that watches.

A case names the `period` and its `readings`: per indicator a list that ends with the period (null is missing), or period by
period; each a figure, null, or the inputs of the formula. `targets` stands in for targets kept elsewhere, as `>= 98`.
`expect` names any part of the evaluation; of what is told by indicator only those that the case names are compared, figures
by their value. Pairs are written `one/other`.
"""

from collections.abc import Mapping
from typing import Any

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.judging.deviation import Target, TargetAt, target_at
from appraisal.core.judging.readings import Reading
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.monitoring.evaluation import Evaluation
from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.loader import PolicyBook
from appraisal.core.policy.model import Policy

BY_INDICATOR = ("values", "met", "deviations", "levels", "worsenings", "fired", "records", "notify", "tasks", "problems")
FIGURES = ("values", "deviations", "worsenings")
WATCHED = (*BY_INDICATOR, "trends", "raises", "jumps", "guards", "related", "alerts", "error")


def watched_outcome(book: PolicyBook, case: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluation in the words a case file uses, or `error` with the code of the refusal.

    Readings from before the policy are judged by its first rules.
    """
    period = Period.parse(case["period"])
    policy = book.on(max(period.last_day(), book.dates[0]))
    try:
        readings = {name: _readings(period, given) for name, given in case["readings"].items()}
        return _told(evaluate(policy, readings, period, _targets(policy, case.get("targets", {}))))
    except ScoringError as error:
        return {"error": error.code, "message": str(error)}


def watched_agrees(word: str, wanted: Any, found: Any) -> bool:
    """Whether the evaluation says what the case expects under this word."""
    if word not in BY_INDICATOR or not isinstance(found, Mapping):
        return bool(wanted == found)
    return all(name in found and _same(word, value, found[name]) for name, value in wanted.items())


def _same(word: str, wanted: Any, found: Any) -> bool:
    if word in FIGURES and wanted is not None and found is not None:
        return parse_number(wanted) == parse_number(found)
    return bool(wanted == found)


def _told(found: Evaluation) -> dict[str, Any]:
    judged = {one.indicator: one for one in found.judged}
    return {
        "values": {name: None if one.value is None else plain(one.value) for name, one in judged.items()},
        "met": {name: one.met for name, one in judged.items()},
        "deviations": {name: None if one.deviation is None else plain(one.deviation) for name, one in judged.items()},
        "levels": {name: one.level for name, one in judged.items()},
        "worsenings": {name: str(one.worsenings) for name, one in judged.items()},
        "fired": {name: [rule.rule.partition("/")[2] for rule in one.fired] for name, one in judged.items()},
        "records": {name: one.record.record if one.record else None for name, one in judged.items()},
        "notify": {name: list(one.notify) for name, one in judged.items()},
        "tasks": {name: [task.department for task in one.tasks] for name, one in judged.items()},
        "problems": {name: one.problem.code for name, one in judged.items() if one.problem},
        "trends": [name for name, one in judged.items() if one.trend],
        "raises": [name for name, one in judged.items() if one.raise_target],
        "jumps": [name for name, one in judged.items() if one.unrealistic],
        "guards": [f"{one.indicator}/{one.guard}" for one in found.guards],
        "related": [f"{one.first}/{one.second}" for one in found.related],
        "alerts": [one.indicator for one in found.alerts],
    }


def _readings(period: Period, given: Any) -> list[Reading]:
    if not isinstance(given, list):
        return [_reading(Period.parse(at), value) for at, value in given.items()]
    found = []
    for value in reversed(given):
        found.append(_reading(period, value))
        period = period.previous()
    return found


def _reading(period: Period, given: Any) -> Reading:
    if isinstance(given, Mapping):
        return Reading(period, None, {name: None if value is None else parse_number(value) for name, value in given.items()})
    return Reading(period, None if given is None else parse_number(given))


def _targets(policy: Policy, given: Mapping[str, str]) -> TargetAt:
    written: dict[str, Target] = {}
    for name, text in given.items():
        operator, number = text.split()
        written[name] = Target(operator, parse_number(number))  # type: ignore[arg-type]
    return lambda name, period: written.get(name) or target_at(policy.watched[name].indicator, period)
