"""Meetings on what is watched: planned, held, with minutes, the reports presented, and decisions with what follows (D-26)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, delete, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.bulletins import meeting_days
from appraisal.bulletins.report_models import (
    CANCELLED,
    HELD,
    PLANNED,
    KpiAction,
    KpiDecision,
    KpiMeeting,
    KpiMeetingAttendee,
    KpiMeetingReport,
    KpiReport,
)
from appraisal.bulletins.report_reach import reads_meeting
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.monitoring import evaluations, holders, reach
from appraisal.people import auth
from appraisal.people.models import Employee, Unit

SHOWN: Final = ("policy", "kind", "unit_id", "about", "due_on", "status", "held_on", "place", "chair_id", "minutes")


@dataclass(frozen=True)
class Minutes:
    """What is on record of a meeting that was held."""

    held_on: date
    minutes: str
    place: str | None = None
    chair_id: int | None = None
    attendee_ids: Sequence[int] = ()
    report_ids: Sequence[int] = ()


@dataclass(frozen=True)
class Task:
    """What somebody does after a decision, by when."""

    text: str
    owner_id: int
    due_on: date


def plan_meeting(
    session: Session,
    actor: Actor,
    *,
    policy: str,
    kind: str,
    unit_id: int | None,
    about: Period,
    due_on: date | None = None,
    place: str | None = None,
    chair_id: int | None = None,
) -> KpiMeeting:
    """Puts a meeting of the calendar on record, by a KPI manager; on its day, and chaired by who holds its role, unless others
    are given.

    Raises Invalid `unknown_policy`, `unknown_meeting`, `unknown_unit`, `unknown_employee`; Conflict `not_due`,
    `already_planned`.
    """
    auth.require_role(actor, *reach.MANAGING, unit=unit_id)
    in_force = evaluations.policy_of(session, policy, about)
    due = meeting_days.due_of(in_force, kind, str(about), session)
    _require(session, Unit, unit_id, "unit_id")
    _require(session, Employee, chair_id, "chair_id")
    db.one_at_a_time(session, f"kpi meeting {policy} {kind} {unit_id} {about}")
    unit = col(KpiMeeting.unit_id).is_(None) if unit_id is None else KpiMeeting.unit_id == unit_id
    same = select(KpiMeeting.id).where(KpiMeeting.policy == policy, KpiMeeting.kind == kind, unit)
    if session.exec(same.where(KpiMeeting.about == str(about), KpiMeeting.status != CANCELLED)).first() is not None:
        raise Conflict("already_planned", "这次例会已登记", "this meeting is on record already")
    if chair_id is None and due.meeting.role is not None:
        named = holders.named(session, policy, due.meeting.role, unit_id, clock.today())
        chair_id = named[0].id if len(named) == 1 else None
    meeting = KpiMeeting(
        policy=policy,
        kind=kind,
        unit_id=unit_id,
        about=str(about),
        due_on=due_on or due.due_on,
        place=place,
        chair_id=chair_id,
        planned_by=actor.account_id,
        planned_at=clock.now(),
    )
    session.add(meeting)
    session.flush()
    audit.record(session, actor, "kpi_meeting.plan", "kpi_meeting", meeting.id, after=_shown(meeting))
    return meeting


def record_meeting(
    session: Session, actor: Actor, meeting_id: int, minutes: Minutes, *, version: int | None = None
) -> KpiMeeting:
    """Notes that a meeting was held, with its minutes; again, to mend them. By a KPI manager, or who chairs it.

    Who is there may read the reports presented. Raises Conflict `cancelled`; Invalid `bad_dates` for a day to come,
    `unknown_employee`, `unknown_report` for one that is not on the policy and the unit of the meeting.
    """
    meeting = find_meeting(session, actor, meeting_id)
    _require_keeper(actor, meeting)
    db.expect_version(meeting, version)
    require_text(20_000, minutes=minutes.minutes)
    if meeting.status == CANCELLED:
        raise Conflict("cancelled", "该会议已取消", "this meeting was cancelled")
    if minutes.held_on > clock.today():
        zh, en = "开会日期不能在将来", "the day lies in the future"
        raise Invalid("bad_dates", zh, en, [Fault("held_on", zh, en)])
    for employee_id in (minutes.chair_id, *minutes.attendee_ids):
        _require(session, Employee, employee_id, "attendee_ids")
    _require_reports(session, meeting, minutes.report_ids)
    before = _shown(meeting) | _beside(session, meeting_id)
    meeting.status, meeting.held_on, meeting.minutes = HELD, minutes.held_on, minutes.minutes
    meeting.place = minutes.place if minutes.place is not None else meeting.place
    meeting.chair_id = minutes.chair_id if minutes.chair_id is not None else meeting.chair_id
    session.flush()
    for table, column, ids in (
        (KpiMeetingAttendee, "employee_id", minutes.attendee_ids),
        (KpiMeetingReport, "report_id", minutes.report_ids),
    ):
        session.exec(delete(table).where(table.meeting_id == meeting_id))  # type: ignore[arg-type]
        session.add_all(table(**{"meeting_id": meeting_id, column: one}) for one in dict.fromkeys(ids))
    session.flush()
    after = _shown(meeting) | _beside(session, meeting_id)
    audit.record(session, actor, "kpi_meeting.record", "kpi_meeting", meeting_id, before=before, after=after)
    return meeting


def cancel_meeting(session: Session, actor: Actor, meeting_id: int, *, reason: str, version: int | None = None) -> KpiMeeting:
    """Calls a planned meeting off, by a KPI manager. Raises Conflict `not_planned`."""
    meeting = find_meeting(session, actor, meeting_id)
    auth.require_role(actor, *reach.MANAGING, unit=meeting.unit_id)
    db.expect_version(meeting, version)
    require_text(reason=reason)
    if meeting.status != PLANNED:
        raise Conflict("not_planned", "只能取消尚未召开的会议", "only a meeting that is still to be held can be cancelled")
    meeting.status = CANCELLED
    session.flush()
    after = {"status": CANCELLED}
    audit.record(session, actor, "kpi_meeting.cancel", "kpi_meeting", meeting_id, after=after, reason=reason)
    return meeting


def add_decision(session: Session, actor: Actor, meeting_id: int, *, text: str, tasks: Sequence[Task] = ()) -> KpiDecision:
    """Adds what a meeting decided, with who does what by when; each is told. By a KPI manager, or who chairs it.

    Raises Conflict `not_held`; Invalid `unknown_employee`.
    """
    meeting = find_meeting(session, actor, meeting_id)
    _require_keeper(actor, meeting)
    require_text(text=text, **{f"actions[{index}].text": task.text for index, task in enumerate(tasks)})
    if meeting.status != HELD:
        raise Conflict("not_held", "会议尚未召开", "the meeting has not been held yet")
    for index, task in enumerate(tasks):
        _require(session, Employee, task.owner_id, f"actions[{index}].owner_id")
    decision = KpiDecision(meeting_id=meeting_id, text=text, entered_by=actor.account_id, entered_at=clock.now())
    session.add(decision)
    session.flush()
    actions = [KpiAction(decision_id=decision.id, text=task.text, owner_id=task.owner_id, due_on=task.due_on) for task in tasks]
    session.add_all(actions)
    session.flush()
    for one in actions:
        notify.post(session, one.owner_id, "kpi_action_given", about=("kpi_action", one.id), text=one.text, day=one.due_on)
    told = [{"owner_id": one.owner_id, "text": one.text, "due_on": one.due_on} for one in actions]
    after = {"decision": text, "actions": told}
    audit.record(session, actor, "kpi_meeting.decide", "kpi_meeting", meeting_id, after=after)
    return decision


# Reads


def meetings_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the meetings that the actor may read, each with unit and chair: those on what they read reports of, and
    those they chair or attended; without an order."""
    found = (
        select(KpiMeeting, Unit, Employee)
        .outerjoin(Unit, col(Unit.id) == KpiMeeting.unit_id)
        .outerjoin(Employee, col(Employee.id) == KpiMeeting.chair_id)
        .where(reads_meeting(session, actor))
    )
    for name in ("policy", "kind", "unit_id", "about", "status"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiMeeting, name) == asked[name])
    if asked.get("from_on") is not None:
        found = found.where(KpiMeeting.due_on >= asked["from_on"])
    return found if asked.get("to_on") is None else found.where(KpiMeeting.due_on <= asked["to_on"])


def find_meeting(session: Session, actor: Actor, meeting_id: int) -> KpiMeeting:
    """A meeting for those who may read it. Raises NotFound."""
    found = session.exec(select(KpiMeeting).where(KpiMeeting.id == meeting_id, reads_meeting(session, actor))).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def decisions_of(session: Session, meeting_id: int) -> list[tuple[KpiDecision, list[tuple[KpiAction, Employee]]]]:
    """The decisions of a meeting with what follows from each and who does it, in two queries."""
    decisions = session.exec(
        select(KpiDecision).where(KpiDecision.meeting_id == meeting_id).order_by(col(KpiDecision.id))
    ).all()
    following: dict[int | None, list[tuple[KpiAction, Employee]]] = {one.id: [] for one in decisions}
    found = (
        select(KpiAction, Employee)
        .join(Employee, col(Employee.id) == KpiAction.owner_id)
        .where(col(KpiAction.decision_id).in_(following))
        .order_by(col(KpiAction.id))
    )
    for action, owner in session.exec(found):
        following[action.decision_id].append((action, owner))
    return [(one, following[one.id]) for one in decisions]


def attendees_of(session: Session, meeting_id: int) -> Sequence[Employee]:
    """Who was there, by number."""
    there = col(KpiMeetingAttendee.employee_id) == Employee.id
    found = select(Employee).join(KpiMeetingAttendee, there).where(KpiMeetingAttendee.meeting_id == meeting_id)
    return session.exec(found.order_by(Employee.number)).all()


def reports_of(session: Session, meeting_id: int) -> list[tuple[int, str]]:
    """The reports presented: id and number."""
    presented = col(KpiMeetingReport.report_id) == KpiReport.id
    found = select(KpiReport.id, KpiReport.number).join(KpiMeetingReport, presented)
    rows = session.exec(found.where(KpiMeetingReport.meeting_id == meeting_id).order_by(col(KpiReport.id)))
    return [(report_id, number) for report_id, number in rows if report_id is not None]


def _require_keeper(actor: Actor, meeting: KpiMeeting) -> None:
    if actor.on_behalf_of is None and actor.employee_id is not None and actor.employee_id == meeting.chair_id:
        return
    auth.require_role(actor, *reach.MANAGING, unit=meeting.unit_id)


def _require(session: Session, table: type[Unit] | type[Employee], row_id: int | None, field: str) -> None:
    if row_id is not None and session.get(table, row_id) is None:
        what = {Unit: ("unknown_unit", "没有这个部门", "there is no such unit")}
        code, zh, en = what.get(table, ("unknown_employee", "没有这个人", "there is no such employee"))
        raise Invalid(code, zh, en, [Fault(field, zh, en)])


def _require_reports(session: Session, meeting: KpiMeeting, report_ids: Sequence[int]) -> None:
    """Only reports on what the meeting is about are presented there: presenting one shows it to everybody at the table."""
    unit = col(KpiReport.unit_id).is_(None) if meeting.unit_id is None else KpiReport.unit_id == meeting.unit_id
    found = select(KpiReport.id).where(col(KpiReport.id).in_(report_ids), KpiReport.policy == meeting.policy, unit)
    if set(report_ids) - set(session.exec(found)):
        zh, en = "没有这份报告, 或与会议的制度、部门不同", "there is no such report on the policy and unit of the meeting"
        raise Invalid("unknown_report", zh, en, [Fault("report_ids", zh, en)])


def _beside(session: Session, meeting_id: int) -> dict[str, Any]:
    attendees = [one.id for one in attendees_of(session, meeting_id)]
    return {"attendees": attendees, "reports": [number for _, number in reports_of(session, meeting_id)]}


def _shown(meeting: KpiMeeting) -> dict[str, Any]:
    return {name: getattr(meeting, name) for name in SHOWN}
