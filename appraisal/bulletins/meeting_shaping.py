"""How the calendar, meetings and what follows from them look on their way out."""

from typing import Any

from sqlmodel import Session

from appraisal.bulletins import follow_up, meeting_days, meetings
from appraisal.bulletins.meeting_days import Entry
from appraisal.bulletins.report_models import KpiAction, KpiDecision, KpiMeeting
from appraisal.core.policy.model import Text
from appraisal.monitoring.watched import Watching
from appraisal.people.models import Employee, Unit

EARLY = Text("早于月度报告的日子, 数字未必齐 (G-3)", "before the monthly report is due: figures may be missing")


def due_out(one: Entry) -> dict[str, Any]:
    """Something due, as the calendar has it."""
    due, meeting = one.due, one.due.meeting
    declared = {"policy": one.policy.id, "kind": meeting.id, "name": meeting.name, "role": meeting.role, "form": meeting.form}
    days = {"due_on": due.due_on, "regular_on": due.regular, "figures_due_on": due.figures_due_on, "unsure": due.unsure}
    said = {"about": str(due.about), "early": due.early, "note": EARLY if due.early else None, "holders": one.holders}
    return declared | days | said | {"meeting_id": one.meeting_id}


def row_out(known: Watching, meeting: KpiMeeting, unit: Unit | None, chair: Employee | None) -> dict[str, Any]:
    """A meeting as a list shows it."""
    kept = ("id", "policy", "kind", "about", "due_on", "status", "held_on", "place", "version")
    said = {name: getattr(meeting, name) for name in kept}
    return said | {"name": meeting_days.name_of(known, meeting), "unit": unit, "chair": chair}


def meeting_out(session: Session, known: Watching, meeting: KpiMeeting) -> dict[str, Any]:
    """A meeting whole: minutes, who was there, the reports presented, what was decided and what follows."""
    unit = session.get(Unit, meeting.unit_id) if meeting.unit_id else None
    chair = session.get(Employee, meeting.chair_id) if meeting.chair_id else None
    decided = [
        {"id": decision.id, "text": decision.text, "actions": [_follow_up(*one) for one in following]}
        for decision, following in meetings.decisions_of(session, meeting.id or 0)
    ]
    reports = [{"id": report_id, "number": number} for report_id, number in meetings.reports_of(session, meeting.id or 0)]
    attendees = meetings.attendees_of(session, meeting.id or 0)
    more = {"minutes": meeting.minutes, "attendees": attendees, "reports": reports, "decisions": decided}
    return row_out(known, meeting, unit, chair) | more


def _follow_up(action: KpiAction, owner: Employee) -> dict[str, Any]:
    kept = ("id", "text", "due_on", "status", "ended_on", "note", "version")
    return {name: getattr(action, name) for name in kept} | {"owner": owner, "overdue": follow_up.is_overdue(action)}


def action_out(action: KpiAction, decision: KpiDecision, meeting: KpiMeeting, owner: Employee) -> dict[str, Any]:
    """What follows from a decision, with the decision."""
    of_meeting = {"meeting_id": meeting.id, "policy": meeting.policy, "about": meeting.about}
    return _follow_up(action, owner) | {"decision": decision.text} | of_meeting
