"""The forms that KPI reports are made on: numbers, titles, how long they are kept, and what stands above every report."""

from collections.abc import Mapping, Sequence
from typing import Final

from appraisal.bulletins.report_contents import Json, Month
from appraisal.bulletins.report_models import ANNUAL, MANAGEMENT_REVIEW, MONTHLY, QUARTERLY
from appraisal.core.calendar import Cadence, Period, WorkingDays
from appraisal.core.monitoring.meetings import due_for, meetings_of
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import Form, MonitoringPolicyEdition
from appraisal.labels import label
from appraisal.people.models import Unit

CADENCES: Final[Mapping[str, tuple[Cadence, ...]]] = {
    MONTHLY: ("month",),
    QUARTERLY: ("quarter",),
    ANNUAL: ("year",),
    MANAGEMENT_REVIEW: ("quarter", "half", "year"),
}


def head_of(
    working: WorkingDays, kind: str, policy: Policy, unit: Unit | None, period: Period, months: Sequence[Month]
) -> Json:
    """What stands above every report: its form and how long that is kept, what it is on, and the evaluations it is made of."""
    form = form_of(policy, kind)
    due = due_for(policy, period, working) if kind != MANAGEMENT_REVIEW else None
    return {
        "kind": kind,
        "form": form.id if form else None,
        "title": {"zh": form.name.zh, "en": form.name.en} if form else _words(kind),
        "kept": kept_for(form),
        "policy": policy.id,
        "policy_title": {"zh": policy.title.zh, "en": policy.title.en},
        "policy_digest": policy.digest,
        "unit": {"id": unit.id, "code": unit.code, "name": unit.name} if unit else None,
        "period": str(period),
        "from_on": period.first_day().isoformat(),
        "to_on": period.last_day().isoformat(),
        "due_on": due.due_on.isoformat() if due else None,
        "provisional": months[-1].evaluation_id is None,
        "sources": [
            {"period": str(month.period), "evaluation_id": month.evaluation_id}
            | {"evaluated_on": month.made_on.isoformat() if month.made_on else None}
            for month in months
        ],
    }


def form_of(policy: Policy, kind: str) -> Form | None:
    """The form of the policy that a report is made on: that of what is due at the report's cadence."""
    general = policy.general
    if kind == MANAGEMENT_REVIEW or not isinstance(general, MonitoringPolicyEdition):
        return None
    ids = {one.form for one in meetings_of(policy) if one.form and one.cadence == CADENCES[kind][0]}
    return next((form for form in general.forms if form.id in ids), None)


def _words(kind: str) -> Json:
    words = label("kpi_report", kind)
    return {"zh": words.zh, "en": words.en}


def kept_for(form: Form | None) -> Json | None:
    """How long a form is kept (R-000-57), in words."""
    if form is None:
        return None
    if form.years is None:
        return {"years": None, "zh": "永久保存", "en": "kept for ever"}
    return {"years": form.years, "zh": f"保存 {form.years} 年", "en": f"kept for {form.years} years"}


def number_of(form: str | None, kind: str, policy: str, unit: Unit | None, period: Period, version: int) -> str:
    """The number of a version of a report: QEF-29-01-2026-03, with the unit's code where it is not on the company."""
    parts = [form or f"{policy}-{kind}", str(period), unit.code if unit else None, str(version) if version > 1 else None]
    return "-".join(part for part in parts if part)
