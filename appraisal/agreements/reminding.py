"""Reminding those by whom agreements are not settled yet: who has to sign, and for whom there is nothing to sign so far."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements import lists
from appraisal.agreements.models import SIGNATORIES
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Cycle
from appraisal.errors import Conflict
from appraisal.notify import Notification
from appraisal.people import auth

KIND = "agreement_waits"


def remind(session: Session, actor: Actor, cycle: Cycle, *, unit_id: int | None = None) -> int:
    """Reminds both sides of what is not signed yet, in a unit and below where one is given: by HR. How many people were told.

    Each at most once a day, however many agreements wait for them. Raises Conflict `cycle_not_open`.
    """
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    if cycle.status != OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    db.one_at_a_time(session, f"agreement reminders of {cycle.id}")
    owed: dict[int, int] = {}
    for who in _waited_for(session, actor, cycle, unit_id):
        owed[who] = owed.get(who, 0) + 1
    today = datetime.combine(clock.today(), time(), clock.COMPANY_ZONE).astimezone(UTC)
    said = select(Notification.employee_id).where(
        Notification.kind == KIND, Notification.about_id == cycle.id, col(Notification.created_at) >= today
    )
    told = sorted(owed.keys() - set(session.exec(said)) - {actor.employee_id})
    for who in told:
        notify.post(session, who, KIND, about=("cycle", cycle.id or 0), cycle=cycle.name, count=owed[who])
    session.flush()
    audit.record(session, actor, "agreement.remind", "cycle", cycle.id, after={"people": len(told)})
    return len(told)


def _waited_for(session: Session, actor: Actor, cycle: Cycle, unit_id: int | None) -> Iterator[int]:
    """Whoever a sheet without an agreement in force waits for, once a sheet."""
    rows = session.exec(lists.sheets_without(session, actor, cycle, unit_id=unit_id)).all()
    leads = cycles.supervisors_of(session, cycle, [sheet.appraisal_id for sheet, *_ in rows])
    settled = lists.settled_sides(session, [draft for *_, draft in rows if draft is not None])
    for sheet, employee, _, draft in rows:
        missing = SIGNATORIES - set(settled.get(draft, ()))
        if "employee" in missing:
            yield employee.id
        if "supervisor" in missing and (lead := leads.get(sheet.appraisal_id)) is not None:
            yield lead.id or 0
