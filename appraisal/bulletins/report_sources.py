"""What a KPI report is made of, as it stands on record: the months' evaluations, alerts, exceptions, readings and rolled-up
figures. The number of queries does not grow with indicators, months or readings."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from appraisal.bulletins.report_contents import Around, Json, Month, named, same_last_year
from appraisal.bulletins.report_spans import Span
from appraisal.clock import COMPANY_ZONE
from appraisal.core.calendar import Period, WorkingDays
from appraisal.core.judging.readings import values_of
from appraisal.core.monitoring.meetings import due_for
from appraisal.core.policy.model import Policy
from appraisal.errors import Conflict
from appraisal.exceptions.models import KpiException, KpiExceptionEntry
from appraisal.formats import local_date
from appraisal.monitoring import alerts, queries
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from appraisal.people.models import Employee
from appraisal.policies import queries as policies

Subject = tuple[Policy, int | None]


def months_of(period: Period) -> list[Period]:
    """The months of a month, quarter, half or year."""
    first, last = period.first_day(), period.last_day()
    return [Period("month", first.year, number) for number in range(first.month, last.month + 1)]


def evaluated(session: Session, subject: Subject, period: Period) -> list[Month]:
    """The months of a period, each with its latest evaluation."""
    policy, unit_id = subject
    newest = select(func.max(col(KpiEvaluation.id))).where(*_of(subject, months_of(period))).group_by(KpiEvaluation.period)
    found = {one.period: one for one in session.exec(select(KpiEvaluation).where(col(KpiEvaluation.id).in_(newest)))}
    return [
        Month(month, one.id, local_date(one.made_at), one.content) if (one := found.get(str(month))) else Month(month)
        for month in months_of(period)
    ]


def span_of(session: Session, subject: Subject, period: Period, months: Sequence[Month], today: date) -> Span:
    """A quarter or longer with the figures of its own length, and when its months were evaluated first."""
    return Span(period, months, _figures(session, subject, period), _updates(session, subject, period, today))


def around_of(session: Session, subject: Subject, period: Period, months: Sequence[Month]) -> Around:
    """Alerts, exceptions and readings of a period."""
    return Around(
        _alerts(session, subject, period, months),
        _exceptions(session, subject, period),
        _readings(session, subject, period, months),
    )


def calendar(session: Session) -> WorkingDays:
    """The published working days; of no year before a calendar is published, so that days simply stay where they are."""
    try:
        known = policies.working_days(session)
    except Conflict:
        return WorkingDays(frozenset())
    return WorkingDays(known.years, known.holidays, known.made_up)


def _of(subject: Subject, months: Collection[Period]) -> list[object]:
    policy, unit_id = subject
    unit = col(KpiEvaluation.unit_id).is_(None) if unit_id is None else KpiEvaluation.unit_id == unit_id
    return [KpiEvaluation.policy == policy.id, unit, col(KpiEvaluation.period).in_([str(month) for month in months])]


def _figures(session: Session, subject: Subject, period: Period) -> dict[str, dict[Period, Decimal | None]]:
    """What the confirmed readings roll up to in the period, the one before and the same a year before."""
    policy, unit_id = subject
    wanted = {period, period.previous(), same_last_year(period)}
    back = 2 if period.cadence == "year" else {"quarter": 5, "half": 3}[period.cadence]
    names = [name for name, located in policy.watched.items() if located.indicator.status != "incomplete"]
    series = queries.series_of(session, policy, unit_id, period, back, names)
    values = values_of(policy, series)
    return {name: {one: values.at(name, one) for one in wanted} for name in names}


def _updates(session: Session, subject: Subject, period: Period, today: date) -> list[Json]:
    policy, _ = subject
    over = [month for month in months_of(period) if month.last_day() < today]
    asked = (
        select(KpiEvaluation.period, func.min(KpiEvaluation.made_at)).where(*_of(subject, over)).group_by(KpiEvaluation.period)
    )
    first = {month: local_date(made_at) for month, made_at in session.exec(asked)}
    working, told = calendar(session), []
    for month in over:
        due, made = due_for(policy, month, working), first.get(str(month))
        days = {"made_on": made.isoformat() if made else None, "due_on": due.due_on.isoformat() if due else None}
        told.append({"period": str(month)} | days)
    return told


def _alerts(session: Session, subject: Subject, period: Period, months: Sequence[Month]) -> list[Json]:
    """The alerts of a period that stand, the worst level first."""
    policy, unit_id = subject
    unit = col(KpiAlert.unit_id).is_(None) if unit_id is None else KpiAlert.unit_id == unit_id
    found = (
        select(KpiAlert)
        .where(KpiAlert.policy == policy.id, unit, col(KpiAlert.withdrawn_at).is_(None))
        .where(KpiAlert.ends_on >= period.first_day(), KpiAlert.ends_on <= period.last_day())
        .order_by(KpiAlert.ends_on, KpiAlert.id)
    )
    contents = {month.evaluation_id: month.content for month in months}
    told = []
    for one in session.exec(found):
        content = contents.get(one.evaluation_id)
        lines = alerts.lines_of(one, content) if content else []
        told.append(
            {"id": one.id, "kind": one.kind, "level": one.level, "indicator": one.indicator, "period": one.period}
            | {"name": named(policy, one.indicator)["name"], "other": one.other}
            | {"other_name": named(policy, one.other)["name"] if one.other else None, "evaluation_id": one.evaluation_id}
            | {"lines": [{"zh": line["zh"], "en": line["en"]} for line in lines]}
        )
    return told


def _exceptions(session: Session, subject: Subject, period: Period) -> list[Json]:
    """The exceptions over figures of a period or of earlier ones that had not ended when it began, each with its progress."""
    policy, unit_id = subject
    unit = col(KpiException.unit_id).is_(None) if unit_id is None else KpiException.unit_id == unit_id
    began = datetime.combine(period.first_day(), time(), COMPANY_ZONE)
    found = session.exec(
        select(KpiException, Employee.name)
        .outerjoin(Employee, col(Employee.id) == KpiException.owner_id)
        .where(KpiException.policy == policy.id, unit, KpiException.ends_on <= period.last_day())
        .where(or_(col(KpiException.closed_at).is_(None), col(KpiException.closed_at) >= began))
        .order_by(KpiException.number)
    ).all()
    progress: dict[int | None, list[Json]] = {one.id: [] for one, _ in found}
    entries = select(KpiExceptionEntry).where(col(KpiExceptionEntry.exception_id).in_(progress))
    for entry in session.exec(entries.order_by(col(KpiExceptionEntry.id))):
        at = local_date(entry.at).isoformat()
        progress[entry.exception_id].append({"on": at, "kind": entry.kind, "text": entry.text})
    return [_exception(policy, one, owner) | {"progress": progress[one.id]} for one, owner in found]


def _exception(policy: Policy, one: KpiException, owner: str | None) -> Json:
    kept = {name: getattr(one, name) for name in ("id", "number", "indicator", "period", "level", "record", "state")}
    told = {name: getattr(one, name) for name in ("role", "cause", "action", "verification", "closing")}
    days = {"opened_on": local_date(one.opened_at).isoformat(), "due_on": one.due_on.isoformat()}
    ended = {"ended_on": local_date(one.closed_at).isoformat() if one.closed_at else None}
    return kept | {"name": named(policy, one.indicator)["name"], "owner": owner} | told | days | ended


def _readings(
    session: Session, subject: Subject, period: Period, months: Sequence[Month]
) -> dict[tuple[str, str], Sequence[int]]:
    """The readings that each figure of the months rests on, for the auditor to follow (ISO 9001 9.1)."""
    policy, unit_id = subject
    figures = {(one["id"], one["period"]) for month in months for one in month.figures if one["value"] is not None}
    if not figures:
        return {}
    since = min(Period.parse(own).first_day() for _, own in figures)
    kept = queries.confirmed_of(session, policy.id, unit_id, period.last_day(), {name for name, _ in figures}, since)
    return {(name, own): queries.counted_ids(kept, name, Period.parse(own)) for name, own in figures}
