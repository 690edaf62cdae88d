"""The latest evaluation of a unit or the company as a page needs it: names, owners and open exceptions beside the judgement."""

from collections import Counter
from typing import Any

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.core.policy.monitoring import LEVELS
from appraisal.exceptions import queries
from appraisal.monitoring import evaluations
from appraisal.monitoring.judged_shaping import NO_LEVEL, levels_of, unit_out
from appraisal.monitoring.watched import watching
from appraisal.people.models import Unit


def dashboard(session: Session, actor: Actor, policy: str, unit_id: int | None, period: str | None) -> dict[str, Any]:
    """The last evaluation of a period, or without one of the last period evaluated, as the API gives it out.

    Names and owners are those of the policy in force in that period. Raises NotFound where nothing has been evaluated.
    """
    row = evaluations.find_latest(session, actor, policy, unit_id, period)
    rules = watching(session).policy_on(policy, row.starts_on)
    open_counts = queries.open_counts(session, actor, policy, unit_id)
    watched = rules.watched if rules else {}
    items = []
    for one in row.content["indicators"]:
        located = watched.get(one["id"])
        indicator = located.indicator if located else None
        items.append(
            {name: one[name] for name in _KEPT}
            | {
                "name": indicator.name if indicator else Text(one["id"], one["id"]),
                "measured_in": indicator.unit if indicator else None,
                "direction": indicator.direction if indicator else None,
                "owner": indicator.owner if indicator else None,
                "document": indicator.document if indicator else None,
                "target": _target(one["target"]),
                "problem": one["problem"]["message"] if one["problem"] else None,
                "series": [{"period": at, "value": value} for at, value in one["series"]],
                "open_exceptions": open_counts.get(one["id"], 0),
            }
        )
    return {
        "policy": policy,
        "unit": unit_out(session.get(Unit, unit_id)) if unit_id is not None else None,
        "period": row.period,
        "evaluation_id": row.id,
        "evaluated_at": row.made_at,
        "digest": row.digest,
        "as_of": clock.now(),
        "levels": dict(_in_order(levels_of(row.content))),
        "by_class": _by_class(row.content["indicators"], rules),
        "open_exceptions": sum(open_counts.values()),
        "items": items,
        "guards": [one["line"] for one in row.content["guards"]],
        "related": [one["line"] for one in row.content["related"]],
        "pairs": [((one["indicator"], one["guard"]), one["line"]) for one in row.content["guards"]]
        + [((one["first"], one["second"]), one["line"]) for one in row.content["related"]],
    }


_KEPT = ("id", "dimension", "period", "value", "met", "deviation", "points", "level", "change", "worsenings", "fired", "late")
_KEPT += ("corrected", "origin", "lines", "same_last_year")


def _target(target: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if target is None else {"operator": target["operator"], "value": target["value"], "phase": target["phase"]}


def _in_order(counted: dict[str, int]) -> list[tuple[str, int]]:
    return [(level, counted.get(level, 0)) for level in (*LEVELS, NO_LEVEL)]


def _by_class(indicators: list[dict[str, Any]], rules: Any) -> list[dict[str, Any]]:
    """The counts of each class of the policy, in the order of the policy's classes."""
    classes = list(dict.fromkeys(one["dimension"] for one in indicators))
    names = {one.id: one.name for one in rules.general.dimensions} if rules is not None else {}
    found = []
    for each in classes:
        counted = Counter(one["level"] or NO_LEVEL for one in indicators if one["dimension"] == each)
        name = names.get(each) or Text(each or "—", each or "—")
        found.append({"dimension": each, "name": name, "levels": dict(_in_order(dict(counted)))})
    return found
