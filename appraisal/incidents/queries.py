"""Reads of the ledger: what happened to whom, and which confirmed events count in a span of days."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.incidents.models import CONFIRMED, Incident, IncidentEntry


def confirmed_between(session: Session, employee_id: int, from_on: date, to_on: date) -> Sequence[Incident]:
    """The confirmed incidents of a person in a span of days, by day."""
    found = (
        select(Incident)
        .where(Incident.employee_id == employee_id, Incident.status == CONFIRMED)
        .where(Incident.happened_on >= from_on, Incident.happened_on <= to_on)
        .order_by(Incident.happened_on, Incident.id)
    )
    return session.exec(found).all()


def entries_of(session: Session, incident_id: int) -> Sequence[IncidentEntry]:
    """What was said and decided on an incident, oldest first."""
    return session.exec(select(IncidentEntry).where(IncidentEntry.incident_id == incident_id).order_by(IncidentEntry.id)).all()


def incidents_of(session: Session, employee_id: int) -> Sequence[Incident]:
    """Everything in the ledger about a person, by day."""
    found = select(Incident).where(Incident.employee_id == employee_id).order_by(col(Incident.happened_on), Incident.id)
    return session.exec(found).all()


def cycles_over(session: Session, employee_id: int, on: date) -> Sequence[Cycle]:
    """The opened cycles in which a person is appraised and whose period holds a day."""
    found = (
        select(Cycle)
        .join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
        .where(Appraisal.employee_id == employee_id, Cycle.status != DRAFT, Cycle.starts_on <= on, Cycle.ends_on >= on)
        .order_by(Cycle.starts_on, Cycle.id)
    )
    return session.exec(found).all()
