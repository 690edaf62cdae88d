"""Endpoints of meetings: the year's calendar, minutes, decisions, and what follows from them."""

from typing import Any

from flask import Response

from appraisal import cells, rest
from appraisal.bulletins import follow_up, meeting_days, meetings
from appraisal.bulletins.meeting_shaping import EARLY, action_out, due_out, meeting_out, row_out
from appraisal.bulletins.report_models import KpiAction, KpiMeeting
from appraisal.bulletins.report_schemas import (
    ActionEndIn,
    ActionListing,
    ActionOut,
    CalendarFilter,
    CalendarOut,
    CancellationIn,
    MeetingDecisionIn,
    MeetingIn,
    MeetingListing,
    MeetingOut,
    MeetingRowOut,
    MinutesIn,
)
from appraisal.monitoring import evaluations
from appraisal.monitoring.watched import watching

HEADINGS = ("日期", "制度", "事项", "所涉期间", "主持或编制", "姓名", "表单", "说明")
_LATEST_FIRST: list[tuple[Any, str]] = [(KpiMeeting.due_on, "desc"), (KpiMeeting.id, "desc")]
_SOONEST_FIRST: list[tuple[Any, str]] = [(KpiAction.due_on, "asc"), (KpiAction.id, "asc")]

endpoints = rest.Endpoints("kpi_meetings", "KPI 会议 · Meetings: the calendar, minutes, decisions and what follows")


@endpoints.get("/kpi/meetings/calendar", CalendarFilter, out=CalendarOut)
def show_calendar(query: dict[str, Any]) -> dict[str, Any]:
    """What the monitoring policies have due in a year: first Mondays, reports on the 5th, quarter ends, December

    Days off are kept or moved as the policy says. Who holds a role is shown to those who read reports on the unit or company.
    """
    return {"items": [due_out(one) for one in meeting_days.entries(rest.session(), rest.actor(), **query)]}


@endpoints.get("/kpi/meetings/calendar/file.csv", CalendarFilter, content="text/csv")
def export_calendar(query: dict[str, Any]) -> Response:
    """The same as a table (CSV)."""
    found = meeting_days.entries(rest.session(), rest.actor(), **query)
    rows = [
        [
            *(one.due.due_on, one.policy.id, one.due.meeting.name.zh, str(one.due.about), one.due.meeting.role),
            *("、".join(person.name for person in one.holders), one.due.meeting.form, EARLY.zh if one.due.early else None),
        ]
        for one in found
    ]
    return rest.download(f"kpi-{query['year']}.csv", "text/csv", cells.as_csv(HEADINGS, rows))


@endpoints.get("/kpi/meetings", MeetingListing, out=rest.page_of(MeetingRowOut))
def list_meetings(query: dict[str, Any]) -> rest.Page:
    """The meetings that one may read, the latest first: on what one reads reports of, and those one chairs or attended."""
    found = meetings.meetings_seen(rest.session(), rest.actor(), query)
    page, known = rest.paged(rest.session(), found, _LATEST_FIRST, query), watching(rest.session())
    return page.with_items([row_out(known, *row) for row in page.items])


@endpoints.get("/kpi/meetings/<int:meeting_id>", out=MeetingOut)
def show_meeting(meeting_id: int) -> dict[str, Any]:
    """A meeting with its minutes, who was there, the reports presented, and what was decided."""
    session = rest.session()
    return meeting_out(session, watching(session), meetings.find_meeting(session, rest.actor(), meeting_id))


@endpoints.post("/kpi/meetings", MeetingIn, out=MeetingOut, creates=True)
def plan_meeting(body: dict[str, Any]) -> dict[str, Any]:
    """Put a meeting of the calendar on record (KPI manager)."""
    body["about"] = evaluations.period_of(body["about"])
    return show_meeting(meetings.plan_meeting(rest.session(), rest.actor(), **body).id)


@endpoints.put("/kpi/meetings/<int:meeting_id>/minutes", MinutesIn, out=MeetingOut, of=show_meeting)
def record_meeting(body: dict[str, Any], meeting_id: int, version: int) -> dict[str, Any]:
    """Note that a meeting was held, with its minutes (KPI manager, or who chairs it)

    Again to mend them: what stood there before is on the trail.
    """
    meetings.record_meeting(rest.session(), rest.actor(), meeting_id, meetings.Minutes(**body), version=version)
    return show_meeting(meeting_id)


@endpoints.post("/kpi/meetings/<int:meeting_id>/cancellation", CancellationIn, out=MeetingOut, of=show_meeting)
def cancel_meeting(body: dict[str, Any], meeting_id: int, version: int) -> dict[str, Any]:
    """Call a planned meeting off (KPI manager)."""
    meetings.cancel_meeting(rest.session(), rest.actor(), meeting_id, reason=body["reason"], version=version)
    return show_meeting(meeting_id)


@endpoints.post("/kpi/meetings/<int:meeting_id>/decisions", MeetingDecisionIn, out=MeetingOut, creates=True)
def add_decision(body: dict[str, Any], meeting_id: int) -> dict[str, Any]:
    """Add what a meeting decided, with who does what by when (KPI manager, or who chairs it)

    Each of them is told.
    """
    tasks = [meetings.Task(**one) for one in body["actions"]]
    meetings.add_decision(rest.session(), rest.actor(), meeting_id, text=body["text"], tasks=tasks)
    return show_meeting(meeting_id)


@endpoints.get("/kpi/actions", ActionListing, out=rest.page_of(ActionOut))
def list_actions(query: dict[str, Any]) -> rest.Page:
    """What follows from decisions, the soonest due first: one's own, and of the meetings that one may read."""
    page = rest.paged(rest.session(), follow_up.actions_seen(rest.session(), rest.actor(), query), _SOONEST_FIRST, query)
    return page.with_items([action_out(*row) for row in page.items])


@endpoints.get("/kpi/actions/<int:action_id>", out=ActionOut)
def show_action(action_id: int) -> dict[str, Any]:
    """Something that follows from a decision."""
    return action_out(*follow_up.find_action(rest.session(), rest.actor(), action_id))


@endpoints.post("/kpi/actions/<int:action_id>/end", ActionEndIn, out=ActionOut, of=show_action)
def end_action(body: dict[str, Any], action_id: int, version: int) -> dict[str, Any]:
    """Say that it is done (its owner, or a KPI manager), or drop it with a reason (KPI manager)."""
    follow_up.end_action(rest.session(), rest.actor(), action_id, version=version, **body)
    return show_action(action_id)
