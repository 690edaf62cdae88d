"""Who reads reports, which hold exceptions and who works on them, and the minutes of meetings; decided in SQL."""

from typing import Any, Final

from sqlalchemy import ColumnElement, exists, false, or_, true
from sqlmodel import Session, col

from appraisal.actor import Actor
from appraisal.bulletins.report_models import KpiMeeting, KpiMeetingAttendee
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


def reads_meeting(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `KpiMeeting` that the actor may read it: who reads reports on its unit, chairs it or was there."""
    was_there: ColumnElement[bool] = false()
    if actor.employee_id is not None and actor.on_behalf_of is None:
        attended = exists().where(
            col(KpiMeetingAttendee.meeting_id) == KpiMeeting.id, col(KpiMeetingAttendee.employee_id) == actor.employee_id
        )
        was_there = or_(col(KpiMeeting.chair_id) == actor.employee_id, attended)
    return or_(sees(session, actor, KpiMeeting.unit_id), was_there)
