"""Meetings on what is watched: planned from the calendar, held with minutes, decisions with what follows, who is told when."""

from datetime import date

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.bulletins import follow_up, kpi_reports, meeting_days, meetings
from appraisal.bulletins.meetings import Minutes, Task
from appraisal.bulletins.report_models import KpiAction, KpiMeeting
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.monitoring import holders
from appraisal.notify import Notification
from tests import factories
from tests.bulletins.reporting import Reporting, reporting

MARCH = date(2026, 3, 2)
MEETING_DAY = date(2026, 4, 7)
DUE = date(2026, 4, 20)


@pytest.fixture
def made(session: Session) -> Reporting:
    return reporting(session)


def plan(made: Reporting, kind: str = "quality_meeting", about: str = "2026-03", **more: object) -> KpiMeeting:
    said = {"policy": "kpi_sop", "kind": kind, "unit_id": made.unit_id, "about": Period.parse(about)}
    with clock.at(MARCH):
        return meetings.plan_meeting(made.session, made.manager, **(said | more))  # type: ignore[arg-type]


def hold(made: Reporting, meeting: KpiMeeting, actor: Actor | None = None, **more: object) -> KpiMeeting:
    with clock.at(MEETING_DAY):
        minutes = Minutes(**({"held_on": MEETING_DAY, "minutes": "IQC 合格率下降, 议定换供应商"} | more))  # type: ignore[arg-type]
        return meetings.record_meeting(made.session, actor or made.manager, meeting.id, minutes)


def an_action(made: Reporting, **more: object) -> KpiAction:
    """What the unit's member is to do after a meeting."""
    meeting = hold(made, plan(made))
    task = Task(**({"text": "核查供应商批号", "owner_id": made.around.member.employee_id, "due_on": DUE} | more))  # type: ignore[arg-type]
    with clock.at(MEETING_DAY):
        decision = meetings.add_decision(made.session, made.manager, meeting.id, text="加严检验", tasks=[task])
    return made.session.exec(select(KpiAction).where(KpiAction.decision_id == decision.id)).one()


def told(session: Session, kind: str) -> list[Notification]:
    return list(session.exec(select(Notification).where(Notification.kind == kind)))


def test_a_meeting_is_planned_on_its_day_and_chaired_by_who_holds_its_role(made: Reporting):
    head = made.around.head.employee_id
    said = {
        "policy": "kpi_sop",
        "role": "品质负责人",
        "unit_id": made.unit_id,
        "employee_id": head,
        "from_on": date(2026, 1, 1),
    }
    with clock.at(MARCH):
        holders.name_holder(made.session, made.manager, **said)  # type: ignore[arg-type]
    meeting = plan(made)
    # The 6th of April is a holiday (Qingming): the first Monday's meeting is on the working day after.
    assert (meeting.due_on, meeting.chair_id, meeting.status) == (date(2026, 4, 7), head, "planned")


def test_without_anybody_in_the_role_the_chair_stays_open(made: Reporting):
    assert plan(made).chair_id is None


def test_one_meeting_is_planned_once_and_again_after_it_was_called_off(made: Reporting):
    meeting = plan(made)
    with pytest.raises(Conflict) as refused:
        plan(made)
    assert refused.value.code == "already_planned"
    meetings.cancel_meeting(made.session, made.manager, meeting.id, reason="改为书面")
    assert plan(made).id != meeting.id


@pytest.mark.parametrize(
    ("kind", "about", "code"), [("nonsense", "2026-03", "unknown_meeting"), ("quality_meeting", "2026-Q1", "not_due")]
)
def test_only_what_the_policy_declares_is_planned(made: Reporting, kind: str, about: str, code: str):
    with pytest.raises((Invalid, Conflict)) as refused:
        plan(made, kind, about)
    assert refused.value.code == code


def test_a_meeting_about_december_is_due_in_january(made: Reporting):
    assert plan(made, about="2025-12").due_on == date(2026, 1, 5)


def test_minutes_name_who_was_there_and_the_reports_presented_and_may_be_mended(made: Reporting):
    made.read("2026-03", 97)
    made.evaluate("2026-03")
    member = made.around.member.employee_id
    with clock.at(MEETING_DAY):
        report = made.make("monthly", "2026-03").report
    meeting = hold(made, plan(made), attendee_ids=[member, member], report_ids=[report.id], place="二楼")
    assert (meeting.status, meeting.held_on, meeting.place) == ("held", MEETING_DAY, "二楼")
    assert [one.id for one in meetings.attendees_of(made.session, meeting.id)] == [member]
    assert meetings.reports_of(made.session, meeting.id) == [(report.id, report.number)]
    hold(made, meeting, minutes="更正后的纪要")
    assert meeting.minutes == "更正后的纪要"
    assert not meetings.attendees_of(made.session, meeting.id)


def test_a_report_on_another_unit_is_not_presented(made: Reporting):
    made.read("2026-03", 97)
    made.evaluate("2026-03")
    with clock.at(MEETING_DAY):
        report = made.make("monthly", "2026-03").report
    elsewhere = plan(made, unit_id=None)
    for report_id in (report.id, 999_999):
        with pytest.raises(Invalid) as refused:
            hold(made, elsewhere, report_ids=[report_id])
        assert refused.value.code == "unknown_report"


def test_who_was_there_reads_the_report_presented_and_nobody_else_beyond_its_readers(made: Reporting):
    made.read("2026-03", 97)
    made.evaluate("2026-03")
    member = made.around.member
    with clock.at(MEETING_DAY):
        report_id = made.make("monthly", "2026-03").report.id
        with pytest.raises(NotFound):
            kpi_reports.find_report(made.session, member, report_id)
        hold(made, plan(made), attendee_ids=[member.employee_id], report_ids=[report_id])
        assert kpi_reports.find_report(made.session, member, report_id).report.id == report_id
        with pytest.raises(NotFound):
            kpi_reports.find_report(made.session, made.around.provider, report_id)


def test_minutes_of_a_day_to_come_and_of_a_meeting_called_off_are_refused(made: Reporting):
    meeting = plan(made)
    with pytest.raises(Invalid) as early:
        hold(made, meeting, held_on=date(2026, 4, 8))
    meetings.cancel_meeting(made.session, made.manager, meeting.id, reason="改期")
    with pytest.raises(Conflict) as off:
        hold(made, meeting)
    assert (early.value.code, off.value.code) == ("bad_dates", "cancelled")


def test_minutes_written_over_somebody_elses_are_refused(made: Reporting):
    meeting = plan(made)
    minutes = Minutes(held_on=MEETING_DAY, minutes="一")
    with clock.at(MEETING_DAY), pytest.raises(Conflict) as refused:
        meetings.record_meeting(made.session, made.manager, meeting.id, minutes, version=meeting.version + 1)
    assert refused.value.code == "stale_version"


def test_the_chair_keeps_the_minutes_and_who_merely_attended_only_reads_them(made: Reporting):
    chair = factories.an_employee(made.session, "陈主持")
    guest = factories.an_employee(made.session, "钱列席")
    chairing, attending = (factories.an_actor(made.session, "employee", employee=one) for one in (chair, guest))
    meeting = plan(made, chair_id=chair.id)
    with pytest.raises(NotFound):
        meetings.find_meeting(made.session, attending, meeting.id)
    hold(made, meeting, chairing, attendee_ids=[guest.id])
    assert meetings.find_meeting(made.session, attending, meeting.id).minutes
    with pytest.raises(NotAllowed):
        hold(made, meeting, attending)
    with pytest.raises(NotFound):
        meetings.find_meeting(made.session, made.around.provider, meeting.id)


def test_nothing_is_decided_before_the_meeting(made: Reporting):
    meeting = plan(made)
    with pytest.raises(Conflict) as refused:
        meetings.add_decision(made.session, made.manager, meeting.id, text="加严检验")
    assert refused.value.code == "not_held"


def test_who_is_given_something_to_do_is_told_and_finds_it(made: Reporting):
    action = an_action(made)
    (word,) = told(made.session, "kpi_action_given")
    assert (word.employee_id, word.said["text"], word.said["day"]) == (action.owner_id, "核查供应商批号", "2026-04-20")
    assert [one.id for one in follow_up.owed_by(made.session, made.around.member)] == [action.id]
    assert follow_up.find_action(made.session, made.around.member, action.id)
    with pytest.raises(NotFound):
        follow_up.find_action(made.session, made.around.provider, action.id)


def test_its_owner_says_that_it_is_done_and_nobody_else_but_a_kpi_manager(made: Reporting):
    action = an_action(made)
    with pytest.raises(NotAllowed):
        follow_up.end_action(made.session, made.around.head, action.id, status="done")
    with clock.at(DUE):
        ended = follow_up.end_action(made.session, made.around.member, action.id, status="done", note="已核查")
    assert (ended.status, ended.ended_on, ended.note) == ("done", DUE, "已核查")
    assert not follow_up.owed_by(made.session, made.around.member)
    with pytest.raises(Conflict) as refused:
        follow_up.end_action(made.session, made.manager, action.id, status="done")
    assert refused.value.code == "already_ended"


def test_only_a_kpi_manager_drops_it_and_says_why(made: Reporting):
    action = an_action(made)
    with pytest.raises(NotAllowed):
        follow_up.end_action(made.session, made.around.member, action.id, status="dropped", note="不做了")
    with pytest.raises(Invalid):
        follow_up.end_action(made.session, made.manager, action.id, status="dropped")
    assert follow_up.end_action(made.session, made.manager, action.id, status="dropped", note="供应商已停用").note


def test_what_is_overdue_is_told_once_a_day_and_not_on_its_last_day(made: Reporting):
    action, session = an_action(made), made.session
    version = action.version
    counts = []
    for day in (DUE, date(2026, 4, 21), date(2026, 4, 21), date(2026, 4, 22)):
        with clock.at(day):
            counts.append(follow_up.tell_overdue(session, SYSTEM))
    assert counts == [0, 1, 0, 1]
    assert [one.employee_id for one in told(session, "kpi_action_overdue")] == [action.owner_id] * 2
    session.refresh(action)
    assert (action.told_on, action.version) == (date(2026, 4, 22), version)
    with clock.at(date(2026, 4, 23)):
        follow_up.end_action(session, made.around.member, action.id, status="done")
        assert follow_up.tell_overdue(session, SYSTEM) == 0


def test_the_management_review_has_what_earlier_meetings_left_to_do(made: Reporting):
    action = an_action(made)
    made.read("2026-04", 99)
    made.evaluate("2026-04")
    with clock.at(date(2026, 7, 3)):
        (told_of,) = made.make("management_review", "2026-Q2").report.content["actions"]
    assert (told_of["id"], told_of["status"], told_of["decision"]) == (action.id, "open", "加严检验")


def test_the_calendar_has_the_year_in_order_with_what_is_planned_for_whom_may_know(made: Reporting):
    meeting = plan(made)

    def of(actor: Actor) -> dict[str, int | None]:
        found = meeting_days.entries(made.session, actor, 2026, "kpi_sop", made.unit_id)
        assert [one.due.due_on for one in found] == sorted(one.due.due_on for one in found)
        return {str(one.due.about): one.meeting_id for one in found if one.due.meeting.id == "quality_meeting"}

    with clock.at(MARCH):
        assert of(made.manager)["2026-03"] == meeting.id
        assert of(made.around.member)["2026-03"] is None
        assert len(of(made.manager)) == 12


def test_the_calendar_of_a_policy_that_is_not_there_is_refused(made: Reporting):
    with pytest.raises(Invalid) as refused:
        meeting_days.entries(made.session, made.manager, 2026, "nonsense")
    assert refused.value.code == "unknown_policy"


def test_only_a_kpi_manager_plans_and_calls_off(made: Reporting):
    meeting = plan(made)
    for actor in (made.around.hr, made.around.head):
        with pytest.raises(NotAllowed):
            meetings.cancel_meeting(made.session, actor, meeting.id, reason="改期")
    said = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": made.unit_id, "about": Period.parse("2026-04")}
    with pytest.raises(NotAllowed):
        meetings.plan_meeting(made.session, made.around.hr, **said)  # type: ignore[arg-type]
