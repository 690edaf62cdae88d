"""Absence: days of leave, and who stands in for a supervisor while they are away."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.errors import Conflict, Invalid
from appraisal.labels import codes, listing
from appraisal.people import auth, queries
from appraisal.people.checks import require_fits
from appraisal.people.models import Delegation, Employee, Leave, ReportingLine


def note_leave(
    session: Session,
    actor: Actor,
    employee: Employee,
    *,
    kind: str,
    from_on: date,
    to_on: date,
    neutral: bool = True,
    note: str | None = None,
) -> Leave:
    """Notes leave, first and last day included. Neutral days lower nothing (D-03); counted ones are as if worked."""
    auth.require_hr_of(session, actor, employee)
    leave = Leave(employee_id=employee.id, kind=kind, from_on=from_on, to_on=to_on, neutral=neutral, note=note)
    _check_leave(session, employee, leave)
    session.add(leave)
    session.flush()
    audit.record(session, actor, "leave.note", "leave_span", leave.id, after=_told(leave))
    return leave


def change_leave(
    session: Session,
    actor: Actor,
    leave: Leave,
    *,
    kind: str,
    from_on: date,
    to_on: date,
    neutral: bool,
    note: str | None,
    version: int | None = None,
) -> Leave:
    """Corrects leave: it ended earlier, or was of another kind."""
    employee = session.get_one(Employee, leave.employee_id)
    auth.require_hr_of(session, actor, employee)
    db.expect_version(leave, version)
    before = _told(leave)
    with session.no_autoflush:
        leave.kind, leave.from_on, leave.to_on, leave.neutral, leave.note = kind, from_on, to_on, neutral, note
        _check_leave(session, employee, leave)
    session.flush()
    audit.record(session, actor, "leave.change", "leave_span", leave.id, before=before, after=_told(leave))
    return leave


def cancel_leave(session: Session, actor: Actor, leave: Leave, *, version: int | None = None) -> None:
    """Takes leave back that was never taken."""
    auth.require_hr_of(session, actor, session.get_one(Employee, leave.employee_id))
    db.expect_version(leave, version)
    audit.record(session, actor, "leave.cancel", "leave_span", leave.id, before=_told(leave))
    session.delete(leave)
    session.flush()


def delegate(
    session: Session, actor: Actor, supervisor: Employee, stand_in: Employee, *, from_on: date, to_on: date, reason: str
) -> Delegation:
    """During these days `stand_in` acts as supervisor in the place of `supervisor`, who says so themselves, or HR does.

    Raises Invalid `own_sheet` when the stand-in reports to the supervisor then (they would answer for their own group),
    `delegation_loop` when the stand-in is away then too, Conflict when somebody stands in already.
    """
    if actor.employee_id != supervisor.id:
        auth.require_hr_of(session, actor, supervisor)
    require_fits(reason=(reason, 500))
    if to_on < from_on or to_on < clock.today():
        raise Invalid("bad_dates", "代理起止日期颠倒或已过", "a delegation ends after it begins, and not in the past")
    for who in (supervisor, stand_in):
        if who.joined_on > from_on or (who.left_on is not None and who.left_on < to_on):
            raise Invalid("bad_dates", f"{who.name} 在此期间并非全程在职", f"{who.name} does not work here all that time")
    db.one_at_a_time(session, "delegations")
    reports = select(ReportingLine.id).where(
        ReportingLine.employee_id == stand_in.id,
        ReportingLine.supervisor_id == supervisor.id,
        queries.overlaps(ReportingLine, from_on, to_on),
    )
    if stand_in.id == supervisor.id or session.exec(reports.limit(1)).first() is not None:
        zh = f"{stand_in.name} 是 {supervisor.name} 本人或其下属, 代理后将涉及自己的考核, 请另选他人"
        raise Invalid("own_sheet", zh, f"{stand_in.name} reports to {supervisor.name} or is the same: choose somebody else")
    away = select(Delegation.supervisor_id).where(
        col(Delegation.supervisor_id).in_([supervisor.id, stand_in.id]), queries.overlaps(Delegation, from_on, to_on)
    )
    taken = set(session.exec(away))
    if stand_in.id in taken:
        zh, en = f"{stand_in.name} 在此期间也已委托他人代理", f"{stand_in.name} has handed over to somebody else then too"
        raise Invalid("delegation_loop", zh, en)
    if supervisor.id in taken:
        zh, en = f"{supervisor.name} 在此期间已有代理人", f"somebody stands in for {supervisor.name} then already"
        raise Conflict("already_dated", zh, en)
    made = Delegation(supervisor_id=supervisor.id, delegate_id=stand_in.id, from_on=from_on, to_on=to_on, reason=reason)
    session.add(made)
    session.flush()
    after = {"supervisor_id": supervisor.id, "delegate_id": stand_in.id, "from_on": from_on, "to_on": to_on}
    audit.record(session, actor, "delegation.begin", "delegation", made.id, after=after, reason=reason)
    return made


def end_delegation(session: Session, actor: Actor, delegation: Delegation, *, version: int | None = None) -> Delegation | None:
    """Ends a delegation: yesterday becomes its last day. One that began today or begins later is taken back; None then."""
    if actor.employee_id == delegation.delegate_id:
        raise auth.for_others("supervisor", "hr")
    if actor.employee_id != delegation.supervisor_id:
        auth.require_hr_of(session, actor, session.get_one(Employee, delegation.supervisor_id))
    db.expect_version(delegation, version)
    last = clock.today() - timedelta(days=1)
    if delegation.to_on <= last:
        raise Conflict("already_ended", f"代理已于 {delegation.to_on} 结束", f"the delegation has ended on {delegation.to_on}")
    before, begun = {"to_on": delegation.to_on}, delegation.from_on <= last
    audit.record(session, actor, "delegation.end", "delegation", delegation.id, before=before, after={"to_on": last})
    if begun:
        delegation.to_on = last
    else:
        session.delete(delegation)
    session.flush()
    return delegation if begun else None


def _check_leave(session: Session, employee: Employee, leave: Leave) -> None:
    if leave.kind not in codes("leave"):
        known = listing("leave", codes("leave"))
        raise Invalid("bad_kind", f"假别可为: {known.zh}", f"the kinds of leave are {known.en}")
    if leave.note is not None:
        require_fits(note=(leave.note, 500))
    if leave.to_on < leave.from_on or leave.from_on < employee.joined_on:
        raise Invalid("bad_dates", "请假起止颠倒或早于入职", "leave ends after it begins, and not before work has begun")
    db.one_at_a_time(session, f"leave of {employee.id}")
    other = select(Leave.id).where(Leave.employee_id == employee.id, queries.overlaps(Leave, leave.from_on, leave.to_on))
    if leave.id is not None:
        other = other.where(Leave.id != leave.id)
    if session.exec(other.limit(1)).first() is not None:
        raise Conflict("already_dated", "该员工同期已有请假记录", "leave is noted then already")


def _told(leave: Leave) -> dict[str, object]:
    return {name: getattr(leave, name) for name in ("employee_id", "kind", "from_on", "to_on", "neutral", "note")}
