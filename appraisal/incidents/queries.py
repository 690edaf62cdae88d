"""Reads of the ledger: what happened to whom, which confirmed events count in a span of days, and who sees an incident.

It is seen by the person concerned, who has to be able to answer it; by their supervisor and the head of their unit; by HR, the
unit that the policy has confirm the event, and whoever filed it; by auditors; and once it is confirmed, and so part of a
result, by approvers. For everybody else it does not exist.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.files import StoredFile
from appraisal.incidents.models import CONFIRMED, HEARD, Incident, IncidentEntry, IncidentFile
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee
from appraisal.policies import queries as policies

SEEN_AS = ("employee", "supervisor", "unit_head", "hr", "auditor")

_filer, _filers_name = aliased(Account), aliased(Employee)


@dataclass(frozen=True)
class Seen:
    """An incident with the person concerned and who filed it, as the actor may know it: the person concerned is told who filed
    it only once they have been heard, so that nobody is leaned on before."""

    incident: Incident
    number: str
    name: str
    filed_by: str | None


@dataclass(frozen=True)
class Said:
    """One act on an incident, with who did it."""

    entry: IncidentEntry
    entered_by: str | None


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


def history_of(session: Session, incident_id: int) -> list[Said]:
    """The same with the names of those who acted."""
    found = (
        select(IncidentEntry, func.coalesce(Employee.name, Account.login))
        .outerjoin(Account, col(Account.id) == IncidentEntry.entered_by)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(IncidentEntry.incident_id == incident_id)
        .order_by(IncidentEntry.id)
    )
    return [Said(entry, name) for entry, name in session.exec(found)]


def files_of(session: Session, incident_id: int) -> Sequence[tuple[IncidentFile, StoredFile]]:
    """The evidence of an incident, in the order it was handed in."""
    found = (
        select(IncidentFile, StoredFile)
        .join(StoredFile, col(StoredFile.id) == IncidentFile.file_id)
        .where(IncidentFile.incident_id == incident_id)
        .order_by(StoredFile.id)
    )
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


def incidents_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the incidents that the actor sees, without an order; `seen` makes a row of it.

    `asked` may narrow it by status, event, employee number, and first and last day.
    """
    found = (
        select(Incident, Employee.number, Employee.name, func.coalesce(_filers_name.name, _filer.login), _was_heard())
        .join(Employee, col(Employee.id) == Incident.employee_id)
        .outerjoin(_filer, col(_filer.id) == Incident.filed_by)
        .outerjoin(_filers_name, col(_filers_name.id) == _filer.employee_id)
        .where(_visible(session, actor))
    )
    for name, condition in (
        ("status", lambda value: Incident.status == value),
        ("event", lambda value: Incident.event == value),
        ("number", lambda value: Employee.number == value),
        ("from_on", lambda value: Incident.happened_on >= value),
        ("to_on", lambda value: Incident.happened_on <= value),
    ):
        if asked.get(name) is not None:
            found = found.where(condition(asked[name]))
    return found


def seen(actor: Actor, row: Any) -> Seen:
    """One row of `incidents_seen`."""
    incident, number, name, filed_by, was_heard = row
    is_own = actor.employee_id is not None and incident.employee_id == actor.employee_id
    return Seen(incident, number, name, filed_by if was_heard or not is_own else None)


def incident_seen(session: Session, actor: Actor, incident_id: int) -> Seen | None:
    """An incident, if the actor sees it."""
    found = session.exec(incidents_seen(session, actor, {}).where(Incident.id == incident_id)).one_or_none()
    return None if found is None else seen(actor, found)


def confirms(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `Incident` that the actor holds a post today in the unit which a policy over that day and person has
    confirm the event. Nobody confirms their own (D-05)."""
    if actor.employee_id is None:
        return false()
    today = clock.today()
    units = {held.unit_name for held in people.posts_held(session, [actor.employee_id], today, today)}
    digests = session.exec(select(Cycle.policy_digest).where(col(Cycle.policy_digest).is_not(None)).distinct()).all()
    ways: list[ColumnElement[bool]] = []
    for digest in digests if units else ():
        events = [event.id for event in policies.compiled(session, digest).vetoes.events if event.confirmed_by in units]
        if events:
            over = (
                select(Appraisal.id)
                .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
                .where(Appraisal.employee_id == Incident.employee_id, Cycle.policy_digest == digest)
                .where(Cycle.starts_on <= Incident.happened_on, Cycle.ends_on >= Incident.happened_on)
            )
            ways.append(and_(col(Incident.event).in_(events), over.exists()))
    return and_(Incident.employee_id != actor.employee_id, or_(false(), *ways))


def _visible(session: Session, actor: Actor) -> ColumnElement[bool]:
    today = clock.today()
    filed = false() if actor.account_id is None else col(Incident.filed_by) == actor.account_id
    approves = auth.seen_employees(session, actor, today, ("approver",))
    return or_(
        auth.seen_employees(session, actor, today, SEEN_AS),
        filed,
        confirms(session, actor),
        and_(approves, Incident.status == CONFIRMED),
    )


def _was_heard() -> ColumnElement[bool]:
    heard = aliased(IncidentEntry)
    return select(heard.id).where(heard.incident_id == Incident.id, heard.status == HEARD).exists()
