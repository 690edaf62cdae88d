"""Which readings were due of a month, and which of them were in by the day they were due.

Due is what a unit or the company reports: each indicator of which it has ever entered a reading, in its own period that ends
with the month. Indicators made of others' readings, those without a formula and the KPIs about the KPIs themselves are entered
by nobody and never due. What counts is the day of the first entry: confirming and correcting come afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from appraisal.agreements.fields import as_figures
from appraisal.clock import COMPANY_ZONE
from appraisal.core.calendar import Period
from appraisal.core.judging import readings as core
from appraisal.core.monitoring.evaluate import due_in
from appraisal.core.policy.model import Policy
from appraisal.monitoring import queries
from appraisal.monitoring.models import Reading
from appraisal.monitoring.spans import belongs_to, due_on, span_of

ABOUT_KPIS: Final = ("data_on_time", "dashboard_updated", "exceptions_started", "advice_adopted")
"""The four KPIs about the KPIs (R-000-34 to 37), which the system reads of itself."""


@dataclass(frozen=True)
class Owed:
    """A reading that was due by a day, inclusive. `there`: it is in, whenever; `in_time`: by that day."""

    indicator: str
    period: Period
    due_on: date
    there: bool
    in_time: bool


def owed(session: Session, policy: Policy, unit_id: int | None, month: Period, until: datetime) -> list[Owed]:
    """What was due of the month as it stood at a moment, in the policy's order; two queries, whatever there is."""
    due = [one for one in due_in(policy, month) if _is_entered(policy, one[0])]
    if not due:
        return []
    subject = queries.of_subject(Reading.unit_id, unit_id)
    of_it = (Reading.policy == policy.id, subject, col(Reading.corrects_id).is_(None), Reading.entered_at < until)
    reported = set(session.exec(select(Reading.indicator).where(*of_it).distinct()))
    since, last = min(period.first_day() for _, period in due), month.last_day()
    there = (Reading.ends_on >= since, Reading.starts_on <= last, Reading.ends_on <= last)
    entered: dict[str, list[Reading]] = {}
    for one in session.exec(select(Reading).where(*of_it, *there).order_by(Reading.starts_on)):
        entered.setdefault(one.indicator, []).append(one)
    return [_judged(policy, name, period, entered.get(name, [])) for name, period in due if name in reported]


def _is_entered(policy: Policy, name: str) -> bool:
    given = policy.watched[name].indicator.inputs
    return name not in ABOUT_KPIS and not (given and all(one.indicator is not None for one in given))


def _judged(policy: Policy, name: str, period: Period, entered: Sequence[Reading]) -> Owed:
    last = due_on(policy, span_of(str(period)))
    in_time = [one for one in entered if one.entered_at.astimezone(COMPANY_ZONE).date() <= last]
    return Owed(name, period, last, _whole(policy, name, period, entered), _whole(policy, name, period, in_time))


def _whole(policy: Policy, name: str, period: Period, entered: Sequence[Reading]) -> bool:
    """Whether these make the period's reading, as confirmed ones would."""
    kept = []
    for one in entered:
        span = span_of(one.period)
        own = belongs_to(span, "month") if span.cadence == "day" else Period.parse(one.period)
        kept.append(queries.Kept(one.id or 0, span, core.Reading(own, one.value, as_figures(one.inputs))))
    return queries.Parts(policy.watched[name].indicator, kept).whole(period) is not None
