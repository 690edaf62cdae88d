"""How processes look on their way out of the API."""

from collections.abc import Iterator, Mapping
from typing import Any

from appraisal.core.policy.model import LocatedProcess, Policy
from appraisal.core.policy.processes import Goal, ProcessEdition, ProcessStep
from appraisal.monitoring.processes import AtStep, ProcessMap
from appraisal.monitoring.shaping import last_out
from appraisal.monitoring.spans import taken_by

_OF_STEP = ("id", "name", "roles", "inputs", "outputs", "key", "adds_no_value", "bottleneck", "serves", "note")
_OF_INDICATOR = (
    *("id", "name", "definition", "step", "serves", "core", "nature", "direction", "formula", "tool", "owner", "department"),
    "note",
)


def process_row_out(policy: Policy, process: LocatedProcess) -> dict[str, Any]:
    """A process of the list."""
    edition = process.edition
    return _head(policy, process) | {
        "steps": len(edition.steps),
        "indicators": len(edition.indicators),
        "core": [one.id for one in edition.indicators if one.core],
    }


def map_out(found: ProcessMap) -> dict[str, Any]:
    """A process with its goals, its steps and their indicators."""
    edition, evaluation = found.process.edition, found.evaluation
    shown = [_at_step_out(one) for one in found.indicators]
    return _head(found.policy, found.process) | {
        "effective": edition.effective,
        "period": str(found.period),
        "evaluation_id": evaluation.id if evaluation else None,
        "evaluated_at": evaluation.made_at if evaluation else None,
        "goals": list(_goals(edition)),
        "steps": [_step_out(number, one, shown) for number, one in enumerate(edition.steps, 1)],
        "indicators": [one for one in shown if one["step"] is None],
    }


def _head(policy: Policy, process: LocatedProcess) -> dict[str, Any]:
    edition = process.edition
    bounds = {name: getattr(edition, name) for name in ("starts", "ends", "goal")}
    return {"policy": policy.id, "id": process.id, "name": process.name} | bounds


def _step_out(number: int, step: ProcessStep, shown: list[dict[str, Any]]) -> dict[str, Any]:
    own = [one for one in shown if one["step"] == step.id]
    return {"number": number} | {name: getattr(step, name) for name in _OF_STEP} | {"indicators": own}


def _goals(edition: ProcessEdition, above: str | None = None, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The goals, each right after the one it serves."""
    for goal in edition.goals:
        if goal.serves == above:
            yield _goal_out(edition, goal, depth)
            yield from _goals(edition, goal.id, depth + 1)


def _goal_out(edition: ProcessEdition, goal: Goal, depth: int) -> dict[str, Any]:
    return {name: getattr(goal, name) for name in ("id", "name", "department", "serves")} | {
        "depth": depth,
        "steps": [one.id for one in edition.steps if one.serves == goal.id],
        "indicators": [one.id for one in edition.indicators if one.serves == goal.id],
    }


def _at_step_out(at: AtStep) -> dict[str, Any]:
    one, target, judged = at.indicator, at.target, at.judged
    limit = {"operator": target.operator, "value": target.value, "phase": target.phase} if target else None
    alert = {"operator": one.alert.operator, "value": one.alert.value, "phase": None} if one.alert else None
    return {name: getattr(one, name) for name in _OF_INDICATOR} | {
        "measured_in": one.unit,
        "guards": list(at.guards),
        "inputs": one.inputs,
        "sources": list(one.sources or ()),
        "record_type": one.platform,
        "cadence": list(one.cadence or ()),
        "entered": list(taken_by(one)),
        "period": str(at.period),
        "target": limit,
        "alert": alert,
        "last": None if at.last is None else last_out(one, at.last),
        "judged": _judged_out(judged) if judged else None,
    }


def _judged_out(judged: Mapping[str, Any]) -> dict[str, Any]:
    lines = [{"zh": line["zh"], "en": line["en"]} for line in judged["lines"]]
    return {name: judged[name] for name in ("value", "met", "deviation", "level")} | {"lines": lines}
