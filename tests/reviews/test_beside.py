"""Beside the steps: drafts, opinions of former supervisors, signatures under the interview, and HR's exception."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import clock, files
from appraisal.agreements import service as agreements
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import service as people
from appraisal.results import publishing
from appraisal.results import service as results
from appraisal.reviews import drafts, opinions, queries, service, signing
from appraisal.reviews.models import ReviewDraft
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import PLAN, REVIEW_DAY, SALES, Quarter, a_quarter, acting, reviewed
from tests.reviews.test_steps import MINUTES, assess, goal, ready


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def quarter(session: Session) -> Quarter:
    """A person at the self-assessment."""
    return ready(a_quarter(session))


# Drafts


def test_a_draft_is_saved_over_and_handed_in_once(session: Session, quarter: Quarter):
    appraisal_id, own = quarter.appraisal.id, quarter.own
    first = drafts.save_draft(session, own, appraisal_id, "self_assessment", comment="一", version=0)
    assert first.version == 1
    with pytest.raises(Conflict) as refused:
        drafts.save_draft(session, own, appraisal_id, "self_assessment", comment="二", version=0)
    assert refused.value.code == "stale_version"
    drafts.save_draft(session, own, appraisal_id, "self_assessment", comment="二", ratings=goal(quarter), version=1)
    kept = drafts.show_draft(session, own, appraisal_id, "self_assessment")
    assert (kept.comment, kept.ratings[0]["rating"]) == ("二", "85")
    assess(quarter)
    assert session.exec(select(ReviewDraft)).all() == []


def test_a_draft_is_read_only_where_one_could_hand_it_in(session: Session, quarter: Quarter):
    appraisal_id = quarter.appraisal.id
    assert drafts.show_draft(session, quarter.supervisor, appraisal_id, "supervisor_review") is None
    for actor in (quarter.supervisor, quarter.hr, quarter.approver, quarter.payroll):
        with pytest.raises(NotAllowed):
            drafts.show_draft(session, actor, appraisal_id, "self_assessment")
    for actor in (quarter.provider, acting(session, factories.an_employee(session, "路人"))):
        with pytest.raises(NotFound):
            drafts.show_draft(session, actor, appraisal_id, "self_assessment")


def test_a_draft_is_for_ones_own_step_and_of_ones_own_goals(session: Session, quarter: Quarter):
    appraisal_id = quarter.appraisal.id
    with pytest.raises(NotAllowed):
        drafts.save_draft(session, quarter.hr, appraisal_id, "self_assessment", comment="代写")
    with pytest.raises(Conflict) as early:
        drafts.save_draft(session, quarter.supervisor, appraisal_id, "supervisor_review", comment="预评")
    assert early.value.code == "wrong_step"
    with pytest.raises(Invalid):
        kpi = [GoalRating(quarter.sheet.id, "revenue", D(100))]
        drafts.save_draft(session, quarter.own, appraisal_id, "self_assessment", comment="", ratings=kpi)
    for comment, fits in (("字" * 20_000, True), ("字" * 20_001, False)):
        if fits:
            drafts.save_draft(session, quarter.own, appraisal_id, "self_assessment", comment=comment)
            continue
        with pytest.raises(Invalid):
            drafts.save_draft(session, quarter.own, appraisal_id, "self_assessment", comment=comment)


# Former supervisors


def a_change(session: Session, on: date) -> tuple[Quarter, object]:
    """A person who came to another supervisor on a day, and the former one."""
    former, head = factories.an_employee(session, "前主管"), factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=former)
    people.assign_supervisor(session, factories.hr(session), employee, head, from_on=on)
    quarter = ready(a_quarter(session, employee))
    assess(quarter)
    return quarter, former


def submit(quarter: Quarter) -> None:
    service.submit_supervisor_review(
        quarter.session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter)
    )


@pytest.mark.parametrize(("changed_on", "waits"), [("2026-01-01", False), ("2026-01-02", True), ("2026-03-31", True)])
def test_the_review_waits_for_whoever_supervised_on_an_earlier_day_of_the_period(
    session: Session, changed_on: str, waits: bool
):
    quarter, former = a_change(session, date.fromisoformat(changed_on))
    assert [one.id for one in queries.opinions_to_write(session, former.id)] == ([quarter.appraisal.id] if waits else [])
    if waits:
        with pytest.raises(Conflict) as refused:
            submit(quarter)
        assert refused.value.code == "opinion_missing"
        assert former.name in refused.value.message.zh
        opinions.write_opinion(session, acting(session, former), quarter.appraisal.id, opinion="一月表现良好")
        assert queries.opinions_to_write(session, former.id) == []
    submit(quarter)
    assert quarter.appraisal.step == "interview"


def test_an_opinion_is_the_former_supervisors_alone_and_written_once_in_time(session: Session):
    quarter, former = a_change(session, date(2026, 2, 1))
    for actor in (quarter.supervisor, quarter.hr, quarter.own):
        with pytest.raises(NotAllowed):
            opinions.write_opinion(session, actor, quarter.appraisal.id, opinion="代写")
    with pytest.raises(NotFound):
        opinions.write_opinion(session, acting(session, factories.an_employee(session)), quarter.appraisal.id, opinion="代写")
    writer = acting(session, former)
    opinions.write_opinion(session, writer, quarter.appraisal.id, opinion="良好")
    with pytest.raises(Conflict) as again:
        opinions.write_opinion(session, writer, quarter.appraisal.id, opinion="补充")
    assert again.value.code == "already_exists"
    submit(quarter)
    with pytest.raises(Conflict) as late:
        opinions.write_opinion(session, writer, quarter.appraisal.id, opinion="补充")
    assert late.value.code == "wrong_step"


def test_hr_may_go_without_an_opinion_and_nobody_waits_for_who_has_left(session: Session):
    quarter, former = a_change(session, date(2026, 2, 1))
    with pytest.raises(NotAllowed):
        opinions.waive_opinion(session, quarter.supervisor, quarter.appraisal.id, former.id, reason="嫌麻烦")
    with pytest.raises(Invalid):
        opinions.waive_opinion(session, quarter.hr, quarter.appraisal.id, quarter.head.id, reason="并非前任")
    opinions.waive_opinion(session, quarter.hr, quarter.appraisal.id, former.id, reason="长期病假")
    submit(quarter)


def test_nobody_waits_for_a_former_supervisor_who_has_left(session: Session):
    quarter, former = a_change(session, date(2026, 2, 1))
    people.end_employment(session, quarter.hr, former, left_on=date(2026, 4, 7), reason="辞职")
    submit(quarter)


# Signatures


def test_the_supervisor_signs_by_recording_and_the_employee_afterwards(session: Session):
    quarter = reviewed(session)
    assert [one.id for one in queries.interviews_to_sign(session, quarter.employee.id)] == [quarter.appraisal.id]
    signing.sign_interview(session, quarter.own, quarter.appraisal.id, disagrees=True, comment="保留意见")
    assert queries.interviews_to_sign(session, quarter.employee.id) == []
    entry = queries.last_entry(session, quarter.appraisal.id, "interview")
    both = queries.interview_signatures(session, [entry.id])[entry.id]
    assert {role: (one.how, one.disagrees) for role, one in both.items()} == {
        "supervisor": ("signed", False),
        "employee": ("signed", True),
    }
    assert {one.content_hash for one in both.values()} == {signing.content_hash(entry)}
    with pytest.raises(Conflict) as refused:
        signing.sign_interview(session, quarter.own, quarter.appraisal.id)
    assert refused.value.code == "already_signed"


def test_there_is_nothing_to_sign_before_the_interview_and_nobody_signs_for_another(session: Session, quarter: Quarter):
    with pytest.raises(Conflict) as refused:
        signing.sign_interview(session, quarter.own, quarter.appraisal.id)
    assert refused.value.code == "no_interview"
    assess(quarter)
    submit(quarter)
    service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **MINUTES)
    for actor in (quarter.supervisor, quarter.hr):
        with pytest.raises(NotAllowed):
            signing.sign_interview(session, actor, quarter.appraisal.id)


def test_after_a_return_the_new_record_is_signed_anew(session: Session):
    quarter = reviewed(session)
    signing.sign_interview(session, quarter.own, quarter.appraisal.id)
    results.move_appraisal(session, quarter.hr, quarter.appraisal.id, "return_to_review", reason="评语过简")
    with pytest.raises(Conflict) as refused:
        signing.sign_interview(session, quarter.own, quarter.appraisal.id)
    assert refused.value.code == "no_interview"
    submit(quarter)
    service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **MINUTES)
    signing.sign_interview(session, quarter.own, quarter.appraisal.id)


def test_a_paper_signature_has_its_scan_and_a_refusal_two_witnesses(session: Session):
    quarter = reviewed(session)
    scan = files.keep(session, quarter.hr, name="面谈.pdf", content=b"%PDF-1.7 x", media_type="application/pdf")
    witnesses = [factories.an_employee(session, name).id for name in ("证人甲", "证人乙")]
    appraisal_id = quarter.appraisal.id
    for wrong in ({"how": "on_paper"}, {"how": "refused"}, {"how": "signed"}, {"how": "refused", "witness_ids": witnesses[:1]}):
        with pytest.raises(Invalid):
            signing.enter_signature(session, quarter.hr, appraisal_id, **wrong)
    with pytest.raises(NotAllowed):
        signing.enter_signature(session, quarter.own, appraisal_id, how="refused", witness_ids=witnesses)
    signing.enter_signature(session, quarter.hr, appraisal_id, how="on_paper", file_id=scan.id, disagrees=True)
    entry = queries.last_entry(session, appraisal_id, "interview")
    assert queries.interview_signatures(session, [entry.id])[entry.id]["employee"].file_id == scan.id


# Taking back, closing, and exceptions


def test_a_self_assessment_is_taken_back_until_somebody_has_rated(session: Session, quarter: Quarter):
    assess(quarter)
    assert results.move_appraisal(session, quarter.own, quarter.appraisal.id, "withdraw_self_assessment") == "self_assessment"
    assess(quarter)
    with pytest.raises(NotAllowed):
        results.move_appraisal(session, quarter.supervisor, quarter.appraisal.id, "withdraw_self_assessment")


def test_once_a_goal_has_been_rated_the_self_assessment_stays(session: Session):
    judge = factories.an_employee(session, "客服经理")
    quarter = ready(a_quarter(session), replace(PLAN, assessor_id=judge.id))
    assess(quarter)
    service.rate_goals(session, acting(session, judge), quarter.appraisal.id, comment="及时", ratings=goal(quarter))
    with pytest.raises(Conflict) as refused:
        results.move_appraisal(session, quarter.own, quarter.appraisal.id, "withdraw_self_assessment")
    assert refused.value.code == "acted_upon"


def test_a_review_is_taken_back_until_the_interview_has_been_recorded(session: Session, quarter: Quarter):
    assess(quarter)
    submit(quarter)
    assert results.move_appraisal(session, quarter.supervisor, quarter.appraisal.id, "withdraw_review") == "supervisor_review"
    submit(quarter)
    service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **MINUTES)
    with pytest.raises(Conflict) as refused:
        results.move_appraisal(session, quarter.supervisor, quarter.appraisal.id, "withdraw_review")
    assert refused.value.code == "wrong_step"


@pytest.mark.parametrize(("day", "closes"), [("2026-04-15", False), ("2026-04-16", True)])
def test_what_nobody_hands_in_is_closed_with_a_reason_the_day_after_its_deadline(
    session: Session, quarter: Quarter, day: str, closes: bool
):
    """At the self-assessment since Wednesday 8 April 2026: five working days end on the 15th."""
    with clock.at(date.fromisoformat(day)):
        with pytest.raises(Invalid):
            results.move_appraisal(session, quarter.hr, quarter.appraisal.id, "close_unsubmitted")
        asked = {"action": "close_unsubmitted", "reason": "休假未归"}
        if not closes:
            with pytest.raises(Conflict) as refused:
                results.move_appraisal(session, quarter.hr, quarter.appraisal.id, **asked)
            assert refused.value.code == "not_due"
            return
        assert results.move_appraisal(session, quarter.hr, quarter.appraisal.id, **asked) == "supervisor_review"
        with pytest.raises(Conflict) as taken_back:
            results.move_appraisal(session, quarter.own, quarter.appraisal.id, "withdraw_self_assessment")
        assert taken_back.value.code == "acted_upon"
        submit(quarter)


def test_by_hrs_exception_an_unsigned_agreement_holds_nobody_up(session: Session):
    quarter = a_quarter(session)
    drafted = agreements.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    agreements.set_items(session, quarter.supervisor, drafted.id, SALES)
    cycles.record_exception(session, quarter.hr, quarter.appraisal.id, reason="员工出国, 已邮件确认")
    cycles.advance_appraisal(session, quarter.hr, quarter.appraisal, "confirm_data")
    assess(quarter)
    submit(quarter)
    with pytest.raises(Invalid) as refused:
        results.compute_result(session, quarter.hr, quarter.appraisal.id)
    assert refused.value.code == "missing_actual"


def test_signatures_are_no_condition_of_publication(session: Session):
    quarter = reviewed(session)
    results.compute_result(session, quarter.hr, quarter.appraisal.id)
    publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    signing.sign_interview(session, quarter.own, quarter.appraisal.id)


# Who knows a part of it


def test_a_former_supervisor_knows_of_the_case_and_does_nothing_else_in_it(session: Session):
    quarter, former = a_change(session, date(2026, 2, 1))
    with pytest.raises(NotAllowed) as refused:
        service.submit_supervisor_review(session, acting(session, former), quarter.appraisal.id, comment="代评")
    assert refused.value.code == "not_your_part"
