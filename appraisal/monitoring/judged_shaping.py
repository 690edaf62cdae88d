"""How evaluations, alerts, targets set and role holders look on their way out of the API."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from appraisal.core.policy.model import Text
from appraisal.monitoring import alerts
from appraisal.monitoring.models import KpiAlert, KpiEvaluation, KpiRoleHolder, KpiTarget
from appraisal.monitoring.watched import Watching
from appraisal.people.models import Employee, Unit

NO_LEVEL = "none"


def unit_out(unit: Unit | None) -> dict[str, Any] | None:
    """The unit that something is of; None stands for the company."""
    return None if unit is None else {"id": unit.id, "code": unit.code, "name": unit.name, "name_en": unit.name_en}


def name_of(known: Watching, policy: str, indicator: str, day: date) -> Text:
    """An indicator's name by the policy of a day, or its id where that knows it no more."""
    located = known.indicator_on(policy, indicator, day)
    return located.indicator.name if located else Text(indicator, indicator)


def levels_of(content: Mapping[str, Any]) -> dict[str, int]:
    """How many indicators of an evaluation are at each level."""
    return dict(Counter(one["level"] or NO_LEVEL for one in content["indicators"]))


def evaluation_out(row: KpiEvaluation, unit: Unit | None, *, whole: bool = False) -> dict[str, Any]:
    """An evaluation, with all it says where it is asked for `whole`."""
    names = ("id", "policy", "period", "digest", "readings_digest", "made_at")
    found = {name: getattr(row, name) for name in names} | {"unit": unit_out(unit), "levels": levels_of(row.content)}
    return found | {"content": row.content} if whole else found


def alert_out(known: Watching, alert: KpiAlert, unit: Unit | None, evaluation: KpiEvaluation) -> dict[str, Any]:
    """An alert with the figures and sentences of the evaluation that says so."""
    names = ("id", "policy", "indicator", "other", "period", "kind", "level", "evaluation_id", "opened_at", "withdrawn_at")
    stands = alert.withdrawn_at is None
    judged = alerts.judged_of(alert, evaluation.content) if stands else None
    other = None if alert.other is None else name_of(known, alert.policy, alert.other, alert.starts_on)
    return {name: getattr(alert, name) for name in names} | {
        "unit": unit_out(unit),
        "name": name_of(known, alert.policy, alert.indicator, alert.starts_on),
        "other_name": other,
        "state": alerts.STANDING if stands else alerts.WITHDRAWN,
        "value": judged["value"] if judged else None,
        "target": _target(judged["target"]) if judged else None,
        "deviation": judged["deviation"] if judged else None,
        "lines": alerts.lines_of(alert, evaluation.content),
    }


def _target(target: Mapping[str, Any] | None) -> str | None:
    return None if target is None else f"{target['operator']} {target['value']}"


def target_out(known: Watching, target: KpiTarget, unit: Unit | None, login: str, name: str | None) -> dict[str, Any]:
    """A target set, with the indicator's name and who set it."""
    names = ("id", "policy", "indicator", "operator", "value", "from_on", "to_on", "reason", "set_at")
    located = known.indicator_on(target.policy, target.indicator, target.from_on)
    return {one: getattr(target, one) for one in names} | {
        "name": located.indicator.name if located else Text(target.indicator, target.indicator),
        "measured_in": located.indicator.unit if located else None,
        "unit": unit_out(unit),
        "set_by": name or login,
    }


def holder_out(holder: KpiRoleHolder, unit: Unit | None, employee: Employee) -> dict[str, Any]:
    """Who holds a role."""
    names = ("id", "policy", "role", "from_on", "to_on", "version")
    return {one: getattr(holder, one) for one in names} | {"unit": unit_out(unit), "employee": employee}
