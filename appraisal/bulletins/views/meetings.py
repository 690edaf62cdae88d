"""Meetings: the year's calendar, each with minutes and decisions, and what follows from them."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import cells, clock, forms, paging, rest, web
from appraisal.bulletins import follow_up, meeting_days, meetings
from appraisal.bulletins.meeting_shaping import action_out, due_out, meeting_out, row_out
from appraisal.bulletins.report_models import KpiAction, KpiMeeting, KpiReport
from appraisal.bulletins.report_schemas import ActionEndIn, ActionIn, CancellationIn, MeetingDecisionIn, MeetingIn, MinutesIn
from appraisal.bulletins.views.blueprint import MOST, managed, pages
from appraisal.fields import Query
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.monitoring import evaluations, reach, subjects
from appraisal.monitoring.choices import titles
from appraisal.monitoring.watched import watching
from appraisal.people import directory

ALL = "/kpi/meetings"
ONE = f"{ALL}/<int(max={MOST}):meeting_id>"
ACTION = f"/kpi/actions/<int(max={MOST}):action_id>"
_LATEST: list[tuple[Any, str]] = [(KpiMeeting.due_on, "desc"), (KpiMeeting.id, "desc")]
_SOONEST: list[tuple[Any, str]] = [(KpiAction.due_on, "asc"), (KpiAction.id, "asc")]
OPEN_ACTIONS = 100
HEADINGS = ("会议", "制度", "部门", "所涉期间", "应开日期", "召开日期", "地点", "主持", "状态")


class YearFilter(Query):
    """Which year, and of which policy and unit; `weekly` with what is due every week."""

    year = rest.Whole(2000, 2100, load_default=None)
    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    weekly = rest.Flag(load_default=False)


class MinutesForm(MinutesIn):
    """What is on record of a meeting, with people by their numbers: more who were there, beside those who stay ticked."""

    class Meta(MinutesIn.Meta):
        exclude = ("chair_id",)

    chair = rest.Line(40, load_default=None)
    more_attendees = rest.Many(rest.Line(40), most=6, load_default=list)


class TaskForm(ActionIn):
    """What follows, and who does it, by their number."""

    class Meta(ActionIn.Meta):
        exclude = ("owner_id",)

    owner = rest.Line(40, required=True)


class DecisionForm(MeetingDecisionIn):
    """A decision with what follows from it."""

    actions = rest.Many(TaskForm, most=50, load_default=list)


@pages.get(ALL, endpoint="meetings")
@web.signed_in_only
def calendar(form: Form = OPENED) -> ResponseReturnValue:
    """What is due in a year, what has been held, and what is still to be done."""
    session, actor, asked = web.session(), web.actor(), forms.asked(YearFilter)
    known, there, year = watching(session), subjects.evaluated(session, actor), asked["year"] or clock.today().year
    subject = subjects.chosen(there, asked["policy"], asked["unit_id"])
    policy, unit_id = (subject.policy, subject.unit_id) if subject else (asked["policy"], asked["unit_id"])
    of_it = {"policy": policy, "unit_id": unit_id} if subject else {}
    held = paging.paged(session, meetings.meetings_seen(session, actor, of_it), _LATEST, {"limit": 50, "cursor": None})
    still = follow_up.actions_seen(session, actor, {"status": "open"})
    owed = paging.paged(session, still, _SOONEST, {"limit": OPEN_ACTIONS, "cursor": None})
    due = [due_out(one) for one in meeting_days.entries(session, actor, year, policy, unit_id)]
    weekly = {one["kind"]: one["name"] for one in due if "W" in one["about"]}
    return render_template(
        "bulletins/meetings.html",
        form=form,
        due=[one for one in due if asked["weekly"] or one["meeting_id"] or one["kind"] not in weekly],
        weekly=[] if asked["weekly"] else list(weekly.values()),
        held=[row_out(known, *row) for row in held.items],
        actions=[action_out(*row) for row in owed.items],
        year=year,
        there=there,
        subject=subject,
        titles=titles(known),
        manages=any((one.policy, one.unit_id) == (policy, unit_id) for one in managed()),
        today=clock.today(),
        label=label,
    )


@pages.get(f"{ALL}/file.csv")
@web.signed_in_only
def meetings_file() -> ResponseReturnValue:
    """The meetings on record as a table, of one policy and unit where the address says so; at most 50 000 rows."""
    session, asked = web.session(), forms.asked(YearFilter)
    known, wanted = watching(session), {name: asked[name] for name in ("policy", "unit_id")}
    found = paging.whole(session, meetings.meetings_seen(session, web.actor(), wanted), _LATEST)
    rows = (_cells(row_out(known, *row)) for row in found)
    return rest.download("kpi-meetings.csv", "text/csv", cells.as_csv(HEADINGS, rows))


def _cells(one: dict[str, Any]) -> list[object]:
    return [
        *(one["name"].zh, one["policy"], one["unit"].name if one["unit"] else "公司", one["about"], one["due_on"]),
        *(one["held_on"], one["place"], one["chair"].name if one["chair"] else None),
        label("kpi_meeting_status", one["status"]).zh,
    ]


@pages.post(ALL)
@web.signed_in_only
@forms.submits(MeetingIn, again=calendar, creates=True)
def plan_meeting(body: dict[str, Any]) -> Response:
    """Puts a meeting of the calendar on record."""
    body["about"] = evaluations.period_of(body["about"])
    made = meetings.plan_meeting(web.session(), web.actor(), **body)
    return forms.done(url_for("bulletins.meeting", meeting_id=made.id), "已登记", "It is on record")


@pages.get(ONE, endpoint="meeting")
@web.signed_in_only
def one_meeting(meeting_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """A meeting with its minutes, decisions and what follows."""
    session, actor, known = web.session(), web.actor(), watching(web.session())
    found = meetings.find_meeting(session, actor, meeting_id)
    chairs = actor.employee_id is not None and actor.on_behalf_of is None and actor.employee_id == found.chair_id
    manages = reach.may(actor, reach.MANAGING, found.unit_id)
    keeps = (chairs or manages) and found.status != "cancelled"
    return render_template(
        "bulletins/meeting.html",
        form=form,
        one=meeting_out(session, known, found),
        titles=titles(known),
        keeps=keeps,
        cancels=manages and found.status == "planned",
        manages=manages,
        me=actor.employee_id,
        reports=_presentable(found) if keeps else [],
        today=clock.today(),
        label=label,
    )


@pages.post(f"{ONE}/minutes")
@web.signed_in_only
@forms.submits(MinutesForm, again=one_meeting, versioned=True)
def record_meeting(body: dict[str, Any], meeting_id: int, version: int) -> Response:
    """Notes that it was held, with its minutes."""
    session, chair = web.session(), body.pop("chair")
    meetings.find_meeting(session, web.actor(), meeting_id)  # whose it is not learns nothing of numbers
    body["chair_id"] = directory.id_of(session, chair, "chair") if chair is not None else None
    more = [directory.id_of(session, one, f"more_attendees[{n}]") for n, one in enumerate(body.pop("more_attendees"))]
    body["attendee_ids"] = list(dict.fromkeys([*body["attendee_ids"], *more]))
    meetings.record_meeting(session, web.actor(), meeting_id, meetings.Minutes(**body), version=version)
    return forms.done(url_for("bulletins.meeting", meeting_id=meeting_id), "会议记录已保存", "The minutes are on record")


@pages.post(f"{ONE}/cancellation")
@web.signed_in_only
@forms.submits(CancellationIn, again=one_meeting, versioned=True)
def cancel_meeting(body: dict[str, Any], meeting_id: int, version: int) -> Response:
    """Calls it off."""
    meetings.cancel_meeting(web.session(), web.actor(), meeting_id, reason=body["reason"], version=version)
    return forms.done(url_for("bulletins.meetings"), "会议已取消", "The meeting is called off")


@pages.post(f"{ONE}/decisions")
@web.signed_in_only
@forms.submits(DecisionForm, again=one_meeting, creates=True)
def add_decision(body: dict[str, Any], meeting_id: int) -> Response:
    """Adds what was decided, with who does what by when."""
    session, tasks = web.session(), []
    meetings.find_meeting(session, web.actor(), meeting_id)
    for place, one in enumerate(body["actions"]):
        owner_id = directory.id_of(session, one.pop("owner"), f"actions[{place}].owner")
        tasks.append(meetings.Task(**one, owner_id=owner_id))
    meetings.add_decision(session, web.actor(), meeting_id, text=body["text"], tasks=tasks)
    return forms.done(url_for("bulletins.meeting", meeting_id=meeting_id), "决定已记录", "The decision is on record")


@pages.get(ACTION)
@web.signed_in_only
def action(action_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """Something that follows from a decision, for who does it."""
    row = follow_up.find_action(web.session(), web.actor(), action_id)
    manages = reach.may(web.actor(), reach.MANAGING, row[2].unit_id)
    mine = follow_up.is_owner(web.actor(), row[0])
    reads = web.session().exec(meetings.meetings_seen(web.session(), web.actor(), {}).where(KpiMeeting.id == row[2].id)).first()
    shown = {"one": action_out(*row), "form": form, "manages": manages, "mine": mine, "reads_meeting": reads is not None}
    return render_template("bulletins/action.html", **shown, today=clock.today(), label=label)


@pages.post(f"{ACTION}/end")
@web.signed_in_only
@forms.submits(ActionEndIn, again=action, versioned=True)
def end_action(body: dict[str, Any], action_id: int, version: int) -> Response:
    """Says that it is done, or drops it."""
    follow_up.end_action(web.session(), web.actor(), action_id, version=version, **body)
    return forms.done(url_for("bulletins.action", action_id=action_id), "已办结", "It has ended")


def _presentable(found: KpiMeeting) -> list[tuple[int, str]]:
    """The reports on what the meeting is about, the newest in front."""
    unit = col(KpiReport.unit_id).is_(None) if found.unit_id is None else KpiReport.unit_id == found.unit_id
    asked = select(KpiReport.id, KpiReport.number).where(KpiReport.policy == found.policy, unit)
    rows = web.session().exec(asked.order_by(col(KpiReport.id).desc()).limit(24))
    return [(id_, number) for id_, number in rows if id_ is not None]
