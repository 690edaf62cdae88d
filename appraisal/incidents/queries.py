"""Reads of the ledger: what happened to whom, and which confirmed events count in a span of days."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session, col, select

from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.incidents.models import CONFIRMED, Incident, IncidentEntry


def confirmed_between(session: Session, employee_id: int, from_on: date, to_on: date) -> Sequence[Incident]:
    """The confirmed incidents of a person in a span of days, by day."""
    return confirmed_by_person(session, [employee_id], from_on, to_on)[employee_id]


def confirmed_by_person(
    session: Session, employee_ids: Collection[int], from_on: date, to_on: date
) -> dict[int, list[Incident]]:
    """The confirmed incidents of many people in a span of days, by person and day."""
    found = (
        select(Incident)
        .where(col(Incident.employee_id).in_(employee_ids), Incident.status == CONFIRMED)
        .where(Incident.happened_on >= from_on, Incident.happened_on <= to_on)
        .order_by(Incident.happened_on, Incident.id)
    )
    by_person: dict[int, list[Incident]] = {employee_id: [] for employee_id in employee_ids}
    for incident in session.exec(found):
        by_person[incident.employee_id].append(incident)
    return by_person


def entries_of(session: Session, incident_id: int) -> Sequence[IncidentEntry]:
    """What was said and decided on an incident, oldest first."""
    return session.exec(select(IncidentEntry).where(IncidentEntry.incident_id == incident_id).order_by(IncidentEntry.id)).all()


def cycles_over(session: Session, employee_id: int, on: date) -> Sequence[Cycle]:
    """The opened cycles in which a person is appraised and whose period holds a day."""
    found = (
        select(Cycle)
        .join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
        .where(Appraisal.employee_id == employee_id, Cycle.status != DRAFT, Cycle.starts_on <= on, Cycle.ends_on >= on)
        .order_by(Cycle.starts_on, Cycle.id)
    )
    return session.exec(found).all()
