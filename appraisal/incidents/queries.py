"""Reads of the ledger: what happened to whom, which confirmed events count in a span of days, and who sees an incident.

It is seen by the person concerned, who has to be able to answer it; by their supervisor and the head of their unit; by HR, by
whom the policy has confirm the event, and whoever filed it; by auditors; and once it is confirmed, and so part of a result, by
approvers. Whom else it reaches sees from then on what concerns them: event, day and effect, not what others have said. For
everybody else it does not exist.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.policy.model import Event
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.files import StoredFile
from appraisal.incidents.models import (
    CONFIRMED,
    HEARD,
    WITHDRAWN,
    Incident,
    IncidentEntry,
    IncidentFile,
    IncidentPerson,
)
from appraisal.incidents.reach import SELF
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee, Unit
from appraisal.policies import queries as policies

SEEN_AS = ("employee", "supervisor", "unit_head", "hr", "auditor")

_filer, _filers_name = db.another(Account), db.another(Employee)


@dataclass(frozen=True)
class Seen:
    """An incident with the person concerned and who filed it, as the actor may know it: the person concerned is told who filed
    it only once they have been heard, so that nobody is leaned on before. Who sees it only because it reaches them too does not
    see it `in_full`, and is not told who filed it."""

    incident: Incident
    number: str
    name: str
    filed_by: str | None
    in_full: bool


@dataclass(frozen=True)
class Said:
    """One act on an incident, with who did it."""

    entry: IncidentEntry
    entered_by: str | None


@dataclass(frozen=True)
class Reaching:
    """A confirmed incident with the ways in which it reaches one person."""

    incident: Incident
    ways: frozenset[str]


@dataclass(frozen=True)
class Reached:
    """Somebody whom an incident reaches, or would once it is confirmed; with the reason where they have been named."""

    employee: Employee
    ways: tuple[str, ...]
    reason: str | None


def confirmed_between(session: Session, employee_id: int, from_on: date, to_on: date) -> Sequence[Incident]:
    """The confirmed incidents of a person's own in a span of days, by day."""
    return confirmed_by_person(session, [employee_id], from_on, to_on)[employee_id]


def confirmed_by_person(
    session: Session, employee_ids: Collection[int], from_on: date, to_on: date
) -> dict[int, list[Incident]]:
    """The confirmed incidents of many people's own in a span of days, by person and day."""
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


def reaching_by_person(
    session: Session, employee_ids: Collection[int], from_on: date, to_on: date
) -> dict[int, list[Reaching]]:
    """The confirmed incidents in a span of days that reach each of many people, their own and others', by person and day."""
    own = confirmed_by_person(session, employee_ids, from_on, to_on)
    ways = {who: {one.id: (one, {SELF}) for one in theirs} for who, theirs in own.items()}
    found = (
        select(IncidentPerson.employee_id, IncidentPerson.reach, Incident)
        .join(Incident, col(Incident.id) == IncidentPerson.incident_id)
        .where(col(IncidentPerson.employee_id).in_(employee_ids), Incident.status == CONFIRMED)
        .where(Incident.happened_on >= from_on, Incident.happened_on <= to_on)
    )
    for employee_id, reach, incident in session.exec(found):
        ways[employee_id].setdefault(incident.id, (incident, set()))[1].add(reach)

    def in_order(theirs: Mapping[Any, tuple[Incident, set[str]]]) -> list[Reaching]:
        ordered = sorted(theirs.values(), key=lambda one: (one[0].happened_on, one[0].id))
        return [Reaching(incident, frozenset(reaches)) for incident, reaches in ordered]

    return {who: in_order(theirs) for who, theirs in ways.items()}


def reach_kept(session: Session, incident: Incident) -> list[Reached]:
    """The person concerned, and after them by number those whom the incident is kept to reach: before it is confirmed, only
    who has been named."""
    found = (
        select(IncidentPerson, Employee)
        .join(Employee, col(Employee.id) == IncidentPerson.employee_id)
        .where(IncidentPerson.incident_id == incident.id)
        .order_by(Employee.number, IncidentPerson.reach)
    )
    concerned = session.get_one(Employee, incident.employee_id)
    people: dict[int, tuple[Employee, list[str], str | None]] = {concerned.id: (concerned, [SELF], None)}
    for row, employee in session.exec(found):
        who, ways, reason = people.get(employee.id, (employee, [], None))
        people[employee.id] = (who, [*ways, row.reach], reason or row.reason)
    return [Reached(who, tuple(ways), reason) for who, ways, reason in people.values()]


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


def events_known(session: Session) -> dict[str, Event]:
    """The events of every text that a cycle has pinned, by id; of several texts, as the newest cycle has them."""
    digests = session.exec(select(Cycle.policy_digest).where(col(Cycle.policy_digest).is_not(None)).order_by(Cycle.starts_on))
    compiled = (policies.compiled(session, digest) for digest in dict.fromkeys(digests))
    return {event.id: event for policy in compiled for event in policy.vetoes.events}


def incidents_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the incidents that the actor sees, without an order; `seen` makes a row of it.

    `asked` may narrow it by status, event, employee number, and first and last day.
    """
    in_full, reached = _in_full(session, actor), _reaching(session, actor)
    found = (
        select(
            *(Incident, Employee.number, Employee.name, func.coalesce(_filers_name.name, _filer.login)),
            *(_was_heard().label("was_heard"), (in_full if reached else true()).label("in_full")),
        )
        .join(Employee, col(Employee.id) == Incident.employee_id)
        .outerjoin(_filer, col(_filer.id) == Incident.filed_by)
        .outerjoin(_filers_name, col(_filers_name.id) == _filer.employee_id)
        .where(or_(in_full, col(Incident.id).in_(reached)) if reached else in_full)
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
    incident, number, name, filed_by, was_heard, in_full = row
    is_own = actor.employee_id is not None and incident.employee_id == actor.employee_id
    return Seen(incident, number, name, filed_by if in_full and (was_heard or not is_own) else None, bool(in_full))


def incident_seen(session: Session, actor: Actor, incident_id: int) -> Seen | None:
    """An incident, if the actor sees it."""
    found = session.exec(incidents_seen(session, actor, {}).where(Incident.id == incident_id)).one_or_none()
    return None if found is None else seen(actor, found)


def confirms(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `Incident` and `Employee`, the person concerned, that the event is the actor's to confirm by what a
    policy over that day and person says, beside HR. Nobody confirms their own (D-05).

    That is who holds a post today in the unit it names or begins with, as 办公室 of 办公室统计; where it names no unit there
    is (公司管理层通报), an approver of the person.
    """
    today = clock.today()
    held = people.posts_held(session, [actor.employee_id], today, today) if actor.employee_id is not None else []
    own_units, approves = {one.unit_name for one in held}, actor.holds("approver")
    if not own_units and not approves:
        return false()
    # HR is a role: no unit need be called so.
    units = {label("role", "hr").zh, *session.exec(select(Unit.name))} if approves else set()
    digests = session.exec(select(Cycle.policy_digest).where(col(Cycle.policy_digest).is_not(None)).distinct()).all()
    ways: list[ColumnElement[bool]] = []
    for digest in digests:
        events = policies.compiled(session, digest).vetoes.events
        if of_unit := [event.id for event in events if names_one(event.confirmed_by, own_units)]:
            ways.append(and_(col(Incident.event).in_(of_unit), _is_over(digest)))
        if approves and (of_none := [event.id for event in events if not names_one(event.confirmed_by, units)]):
            is_theirs = auth.seen_employees(session, actor, today, ("approver",))
            ways.append(and_(is_theirs, col(Incident.event).in_(of_none), _is_over(digest)))
    return and_(Incident.employee_id != actor.employee_id, or_(false(), *ways))


def names_one(confirmed_by: str, units: Collection[str]) -> bool:
    """Whether a policy has an event confirmed by one of these units."""
    return any(confirmed_by.startswith(name) for name in units)


def decides(session: Session, actor: Actor, incident: Incident) -> bool:
    """Whether an incident is the actor's to confirm, as HR of the person concerned or because the policy says so."""
    if "hr" in auth.relations_to(session, actor, incident.employee_id, incident.happened_on):
        return True
    theirs = select(Incident.id).join(Employee, col(Employee.id) == Incident.employee_id).where(Incident.id == incident.id)
    return session.exec(theirs.where(confirms(session, actor))).first() is not None


def _is_over(digest: str) -> ColumnElement[bool]:
    over = (
        select(Appraisal.id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Appraisal.employee_id == Incident.employee_id, Cycle.policy_digest == digest)
        .where(Cycle.starts_on <= Incident.happened_on, Cycle.ends_on >= Incident.happened_on)
    )
    return over.exists()


def _in_full(session: Session, actor: Actor) -> ColumnElement[bool]:
    today = clock.today()
    filed = false() if actor.account_id is None else col(Incident.filed_by) == actor.account_id
    approves = auth.seen_employees(session, actor, today, ("approver",))
    return or_(
        auth.seen_employees(session, actor, today, SEEN_AS),
        filed,
        confirms(session, actor),
        and_(approves, Incident.status == CONFIRMED),
    )


def _reaching(session: Session, actor: Actor) -> Sequence[int]:
    """The incidents that reach the actor, or have done so: those that were confirmed. Most people have none."""
    if actor.employee_id is None:
        return ()
    found = (
        select(IncidentPerson.incident_id)
        .join(Incident, col(Incident.id) == IncidentPerson.incident_id)
        .where(IncidentPerson.employee_id == actor.employee_id, col(Incident.status).in_((CONFIRMED, WITHDRAWN)))
        .where(_act(CONFIRMED))
        .distinct()
    )
    return session.exec(found).all()


def _was_heard() -> ColumnElement[bool]:
    return _act(HEARD)


def _act(status: str) -> ColumnElement[bool]:
    act = aliased(IncidentEntry)
    return select(act.id).where(act.incident_id == Incident.id, act.status == status).exists()
