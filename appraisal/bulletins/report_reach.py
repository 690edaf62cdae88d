"""Who reads reports, which hold exceptions and who works on them, and the minutes of meetings; decided in SQL."""

from typing import Any, Final

from sqlalchemy import ColumnElement, exists, false, or_, true
from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.bulletins.report_models import KpiMeeting, KpiMeetingAttendee, KpiMeetingReport, KpiReport
from appraisal.monitoring import reach

READERS: Final = ("kpi_manager", "hr", "approver", "auditor")


def sees(session: Session, actor: Actor, column: Any) -> ColumnElement[bool]:
    """The condition over a column of units that the actor reads reports on them: within their role, and what they head."""
    limits = [actor.units_of(role) for role in READERS if actor.holds(role)]
    if any(units is None for units in limits):
        return true()
    units = {unit for some in limits for unit in some or ()} | reach.headed(session, actor)
    return col(column).in_(units)


def reads(session: Session, actor: Actor, unit_id: int | None) -> bool:
    """Whether the actor reads reports on a unit, or with None on the company."""
    if actor.has(*READERS, unit=unit_id):
        return True
    return unit_id is not None and unit_id in reach.headed(session, actor)


def reads_report(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `KpiReport` that the actor may read it: on what they read reports of, or presented where they were."""
    presented = (
        select(KpiMeetingReport.report_id)
        .join(KpiMeeting, col(KpiMeeting.id) == KpiMeetingReport.meeting_id)
        .where(_was_there(actor))
    )
    return or_(sees(session, actor, KpiReport.unit_id), col(KpiReport.id).in_(presented))


def reads_meeting(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `KpiMeeting` that the actor may read it: who reads reports on its unit, chairs it or was there."""
    return or_(sees(session, actor, KpiMeeting.unit_id), _was_there(actor))


def _was_there(actor: Actor) -> ColumnElement[bool]:
    if actor.employee_id is None or actor.on_behalf_of is not None:
        return false()
    attended = exists().where(
        col(KpiMeetingAttendee.meeting_id) == KpiMeeting.id, col(KpiMeetingAttendee.employee_id) == actor.employee_id
    )
    return or_(col(KpiMeeting.chair_id) == actor.employee_id, attended)
