"""申诉: what is taken in, until when somebody answers and decides, who decides, and what an upheld one makes of the result."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock, files
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.incidents import service as incidents
from appraisal.results import appeals, approving, courses, publishing, queries, service
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import REVIEW_DAY, Quarter, acting, publish, reviewed
from tests.results.test_path import a_violation, correct

# Published on Wednesday 8 April 2026: five working days end on the 15th; filed on the 9th, three end on the 14th; accepted on
# the 10th, fifteen end on Wednesday 6 May, because 1 to 5 May are holidays.
FILED_ON = date(2026, 4, 9)
ACCEPTED_ON = date(2026, 4, 10)


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def quarter(session: Session) -> Quarter:
    """A person whose result, 86.5 and A, has been published."""
    found = reviewed(session)
    publish(found)
    return found


def a_decider(session: Session) -> Actor:
    """A named person of HR who has no part in the appraisal."""
    return factories.an_actor(session, "hr", employee=factories.an_employee(session, "钱人事"))


def appeal(quarter: Quarter, on: date = FILED_ON) -> int:
    with clock.at(on):
        filed = appeals.file_appeal(quarter.session, quarter.own, quarter.appraisal.id, grounds="新客户少计两家")
    return filed.id


def accept(quarter: Quarter, on: date = ACCEPTED_ON) -> None:
    with clock.at(on):
        appeals.accept_appeal(quarter.session, quarter.hr, quarter.appraisal.id, note="受理")


def uphold(quarter: Quarter, decider: Actor, **how: object) -> object:
    told = {"reasons": "漏计属实"} | how
    return appeals.decide_appeal(quarter.session, decider, quarter.appraisal.id, upheld=True, **told)


def goal(quarter: Quarter, rating: str) -> list[GoalRating]:
    return [GoalRating(quarter.sheet.id, "plan", D(rating))]


def course(quarter: Quarter) -> courses.Course:
    found = courses.course_of(quarter.session, cycles.policy_of(quarter.session, quarter.cycle), quarter.appraisal.id)
    assert found is not None
    return found


# Filing


@pytest.mark.parametrize(("day", "late"), [("2026-04-15", False), ("2026-04-16", True)])
def test_an_appeal_is_taken_in_on_any_day_and_is_late_from_the_day_after_the_window(
    session: Session, quarter: Quarter, day: str, late: bool
):
    appeal(quarter, date.fromisoformat(day))
    assert course(quarter).appeal.late is late
    assert course(quarter).state == "filed"


def test_no_evidence_is_needed_and_some_may_come_with_it(session: Session, quarter: Quarter):
    proof = files.keep(session, quarter.own, name="合同.pdf", content=b"%PDF-1.7 signed", media_type="application/pdf")
    filed = appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="少计", file_ids=[proof.id])
    (act,) = course(quarter).acts
    assert (filed.late, courses.files_of(session, [act.id])) == (False, {act.id: [proof.id]})


def test_somebody_elses_file_is_no_evidence(session: Session, quarter: Quarter):
    proof = files.keep(session, quarter.hr, name="合同.pdf", content=b"%PDF-1.7 signed", media_type="application/pdf")
    with pytest.raises(Invalid) as refused:
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="少计", file_ids=[proof.id])
    assert refused.value.code == "unknown_file"


def test_only_the_person_appeals_and_strangers_learn_nothing(session: Session, quarter: Quarter):
    for actor in (quarter.supervisor, quarter.hr, quarter.approver, quarter.payroll):
        with pytest.raises(NotAllowed):
            appeals.file_appeal(session, actor, quarter.appraisal.id, grounds="代诉")
    stranger = acting(session, factories.an_employee(session, "路人"))
    with pytest.raises(NotFound):
        appeals.file_appeal(session, stranger, quarter.appraisal.id, grounds="代诉")


def test_before_publication_there_is_nothing_to_appeal(session: Session):
    quarter = reviewed(session)
    service.compute_result(session, quarter.hr, quarter.appraisal.id)
    with pytest.raises(Conflict) as refused:
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="少计")
    assert refused.value.code == "not_published"


def test_one_appeal_at_a_time_and_one_for_each_result(session: Session, quarter: Quarter):
    appeal(quarter)
    with pytest.raises(Conflict) as open_already:
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="再诉")
    assert open_already.value.code == "appeal_open"
    appeals.withdraw_appeal(session, quarter.own, quarter.appraisal.id, reason="已说明")
    with pytest.raises(Conflict) as settled:
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="再诉")
    assert settled.value.code == "appealed_before"


def test_what_an_appeal_has_brought_about_is_not_appealed_and_a_later_result_is(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    with clock.at(date(2026, 4, 13)):
        uphold(quarter, a_decider(session), ratings=goal(quarter, "95"))
        with pytest.raises(Conflict) as refused:
            appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="仍不服")
        assert refused.value.code == "appealed_before"
        correct(quarter, "revenue", "105")
        service.compute_result(session, quarter.hr, quarter.appraisal.id)
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
        assert appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="更正有误").late is False


# Acceptance


def test_hr_takes_it_up_and_nobody_else(session: Session, quarter: Quarter):
    appeal(quarter)
    for actor in (quarter.own, quarter.supervisor, quarter.approver):
        with pytest.raises(NotAllowed):
            appeals.accept_appeal(session, actor, quarter.appraisal.id, note="受理")
    accept(quarter)
    with pytest.raises(Conflict) as refused:
        accept(quarter)
    assert refused.value.code == "already_accepted"


@pytest.mark.parametrize(("day", "may"), [("2026-04-14", True), ("2026-04-15", False)])
def test_within_three_working_days_it_may_be_turned_down_and_afterwards_it_counts_as_accepted(
    session: Session, quarter: Quarter, day: str, may: bool
):
    appeal(quarter)
    with clock.at(date.fromisoformat(day)):
        asked = {"ground": "out_of_scope", "reason": "属薪酬事项"}
        if may:
            appeals.turn_down_appeal(session, quarter.hr, quarter.appraisal.id, **asked)
            assert course(quarter).state == "rejected"
            return
        with pytest.raises(Conflict) as refused:
            appeals.turn_down_appeal(session, quarter.hr, quarter.appraisal.id, **asked)
        assert refused.value.code == "counts_as_accepted"
        assert course(quarter).state == "accepted"


def test_lateness_is_a_ground_for_late_ones_only_and_want_of_evidence_for_none(session: Session, quarter: Quarter):
    appeal(quarter)
    for ground in ("late", "no_evidence"):
        with pytest.raises(Invalid) as refused:
            appeals.turn_down_appeal(session, quarter.hr, quarter.appraisal.id, ground=ground, reason="逾期")
        assert refused.value.code == "bad_ground"


def test_a_late_one_waits_for_hr_however_long_that_takes(session: Session, quarter: Quarter):
    appeal(quarter, date(2026, 4, 16))
    with clock.at(date(2026, 5, 20)):
        assert course(quarter).decide_by is None
        with pytest.raises(Conflict) as refused:
            uphold(quarter, a_decider(session), ratings=goal(quarter, "95"))
        assert refused.value.code == "not_accepted"
        appeals.turn_down_appeal(session, quarter.hr, quarter.appraisal.id, ground="late", reason="逾期一日")
        assert course(quarter).state == "rejected"


# The decision


def test_upheld_the_case_is_scored_anew_as_a_layer_that_is_published_at_once(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    decider = a_decider(session)
    with clock.at(date(2026, 4, 13)):
        act = uphold(quarter, decider, ratings=goal(quarter, "95"))
    first, second = queries.layers_of(session, quarter.appraisal.id)
    assert (first.layer, first.score, first.grade) == ("computed", D("86.5"), "A")
    assert (second.layer, second.score, second.grade, second.reason) == ("appealed", D("87.5"), "A", "漏计属实")
    assert (second.computed_by, act.result_id) == (decider.account_id, second.id)
    assert queries.last_published(session, quarter.appraisal.id)[0].id == second.id
    assert not queries.is_stale(session, quarter.appraisal, second)


def test_corrected_figures_are_enough_to_uphold_it(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    decider = a_decider(session)
    with clock.at(date(2026, 4, 13)):
        with pytest.raises(Invalid) as refused:
            uphold(quarter, decider)
        assert refused.value.code == "nothing_changed"
        correct(quarter, "new_customers", "12")
        uphold(quarter, decider)
    assert queries.standing(session, quarter.appraisal.id).result.score == D("92.5")


def test_the_decider_may_name_the_grade_and_the_score_stays(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    with clock.at(date(2026, 4, 13)):
        uphold(quarter, a_decider(session), grade="S")
    layer = queries.standing(session, quarter.appraisal.id).result
    assert (layer.score, layer.computed_score, layer.grade, layer.multiplier) == (D("86.5"), D("86.5"), "S", D("1.5"))
    assert layer.outcome["grade"] == "S"
    assert "申诉改定: 等级由 A 定为 S" in [line["zh"] for line in layer.outcome["lines"]][-1]


def test_a_grade_the_policy_does_not_have_is_refused(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    with clock.at(date(2026, 4, 13)), pytest.raises(Invalid) as refused:
        uphold(quarter, a_decider(session), grade="E")
    assert refused.value.code == "unknown_grade"


def test_a_vetoed_total_stays_vetoed_unless_the_incident_is_withdrawn(session: Session):
    quarter = reviewed(session)
    filed = a_violation(quarter)
    publish(quarter)
    appeal(quarter)
    accept(quarter)
    decider = a_decider(session)
    with clock.at(date(2026, 4, 13)):
        with pytest.raises(Conflict) as refused:
            uphold(quarter, decider, grade="B")
        assert refused.value.code == "vetoed"
        incidents.withdraw_incident(session, quarter.hr, filed, reason="客户出具证明")
        uphold(quarter, decider)
    layer = queries.standing(session, quarter.appraisal.id).result
    assert (layer.layer, layer.vetoed, layer.score, layer.grade) == ("appealed", False, D("86.5"), "A")


def test_dismissed_the_result_stays_and_nothing_may_be_changed_with_it(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    decider = a_decider(session)
    dismissed = {"upheld": False, "reasons": "计数无误"}
    with clock.at(date(2026, 4, 13)):
        with pytest.raises(Invalid):
            appeals.decide_appeal(session, decider, quarter.appraisal.id, **dismissed, grade="S")
        appeals.decide_appeal(session, decider, quarter.appraisal.id, **dismissed)
        assert course(quarter).state == "dismissed"
        assert len(queries.layers_of(session, quarter.appraisal.id)) == 1
        with pytest.raises(Conflict) as refused:
            appeals.decide_appeal(session, decider, quarter.appraisal.id, **dismissed)
    assert refused.value.code == "no_appeal"


def test_neither_assessor_nor_approver_nor_appellant_nor_an_account_without_a_name_decides(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    roles = frozenset({"employee", "hr", "approver"})
    with clock.at(date(2026, 4, 13)):
        for actor in (replace(quarter.supervisor, roles=roles), replace(quarter.own, roles=roles), quarter.hr):
            with pytest.raises(NotAllowed):
                uphold(quarter, actor, grade="S")
        for actor in (quarter.supervisor, quarter.payroll):
            with pytest.raises(NotAllowed):
                uphold(quarter, actor, grade="S")
        with pytest.raises(NotFound):
            uphold(quarter, quarter.provider, grade="S")


def test_who_decided_does_not_approve(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    with clock.at(date(2026, 4, 13)):
        uphold(quarter, quarter.approver, grade="S")
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(NotAllowed) as refused:
            approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert refused.value.code == "own_decision"
        other = factories.an_actor(session, "approver", employee=factories.an_employee(session, "赵总"))
        approving.approve_result(session, other, quarter.appraisal.id)


@pytest.mark.parametrize(("day", "explained"), [("2026-05-06", False), ("2026-05-07", True)])
def test_after_fifteen_working_days_a_decision_says_why_it_is_late(
    session: Session, quarter: Quarter, day: str, explained: bool
):
    appeal(quarter)
    accept(quarter)
    with clock.at(date.fromisoformat(day)):
        assert course(quarter).decide_by == date(2026, 5, 6)
        if explained:
            with pytest.raises(Invalid) as refused:
                uphold(quarter, a_decider(session), grade="S")
            assert refused.value.code == "delay_unexplained"
        act = uphold(quarter, a_decider(session), grade="S", delayed_because="等待财务复核" if explained else None)
    assert act.delayed_because == ("等待财务复核" if explained else None)


# What waits meanwhile


def test_while_an_appeal_is_open_nothing_else_happens_to_the_result(session: Session, quarter: Quarter):
    appeal(quarter)
    appraisal_id = quarter.appraisal.id
    with clock.at(date(2026, 4, 20)):
        for act in (
            lambda: publishing.close_appeals(session, quarter.hr, appraisal_id),
            lambda: service.compute_result(session, quarter.hr, appraisal_id),
            lambda: service.move_appraisal(session, quarter.hr, appraisal_id, "return_to_review", reason="重评"),
            lambda: publishing.publish_result(session, quarter.hr, appraisal_id),
        ):
            with pytest.raises(Conflict) as refused:
                act()
            assert refused.value.code == "appeal_open"


def test_a_late_appeal_at_the_approval_holds_the_approval_up(session: Session, quarter: Quarter):
    with clock.at(date(2026, 4, 16)):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="出差未能及时提出")
        with pytest.raises(Conflict) as refused:
            approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert refused.value.code == "appeal_open"
        appeals.accept_appeal(session, quarter.hr, quarter.appraisal.id, note="情有可原")
        uphold(quarter, a_decider(session), grade="S")
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert [row.grade for row, _, _ in queries.approved_results(session, quarter.cycle)] == ["S"]


def test_an_approved_result_is_not_appealed_any_more(session: Session, quarter: Quarter):
    with clock.at(date(2026, 4, 16)):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        with pytest.raises(Conflict) as refused:
            appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="少计")
    assert refused.value.code == "already_approved"


def test_after_a_decision_the_appeals_close_without_another_window(session: Session, quarter: Quarter):
    appeal(quarter)
    accept(quarter)
    with clock.at(date(2026, 4, 13)):
        uphold(quarter, a_decider(session), grade="S")
        assert publishing.close_appeals(session, quarter.hr, quarter.appraisal.id) == "approval"


def test_everybody_with_a_part_in_it_may_state_their_side_while_it_is_open(session: Session, quarter: Quarter):
    appeal(quarter)
    for actor, text in ((quarter.supervisor, "按台账计数"), (quarter.own, "附合同"), (quarter.hr, "经查两家未入账")):
        appeals.state_on_appeal(session, actor, quarter.appraisal.id, text=text)
    with pytest.raises(NotAllowed):
        appeals.state_on_appeal(session, quarter.payroll, quarter.appraisal.id, text="与我无关")
    assert [act.text for act in course(quarter).acts][1:] == ["按台账计数", "附合同", "经查两家未入账"]


def test_each_act_gives_the_appraisal_a_new_version(session: Session, quarter: Quarter):
    seen = quarter.appraisal.version
    appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="少计", version=seen)
    with pytest.raises(Conflict) as refused:
        appeals.accept_appeal(session, quarter.hr, quarter.appraisal.id, note="受理", version=seen)
    assert refused.value.code == "stale_version"
    appeals.accept_appeal(session, quarter.hr, quarter.appraisal.id, note="受理", version=quarter.appraisal.version)


def test_what_is_shown_of_an_appeal_does_not_fail_where_the_calendar_ends(session: Session, quarter: Quarter):
    appeal(quarter, date(2027, 12, 31))
    policy = cycles.policy_of(session, quarter.cycle)
    (shown,) = courses.courses_of(session, policy, quarter.appraisal.id)
    assert (shown.accept_by, shown.state) == (None, "filed")
    with pytest.raises(Conflict) as refused:
        appeals.accept_appeal(session, quarter.hr, quarter.appraisal.id, note="受理")
    assert refused.value.code == "calendar_too_short"
