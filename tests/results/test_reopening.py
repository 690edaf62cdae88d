"""复核: an approved result is looked at again only by approval, and what comes of it goes the whole way once more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.results import appeals, approving, publishing, queries, reopening, service
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import AFTER_APPEALS, REVIEW_DAY, Quarter, acting, approve, publish, reviewed
from tests.results.test_appeals import a_decider
from tests.results.test_path import correct

LATER = date(2026, 5, 11)
LATER_STILL = date(2026, 5, 25)


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def quarter(session: Session) -> Quarter:
    """A person whose result, 86.5 and A, has been approved."""
    found = reviewed(session)
    publish(found)
    with clock.at(AFTER_APPEALS):
        approve(found)
    return found


def another_approver(session: Session) -> Actor:
    return factories.an_actor(session, "approver", employee=factories.an_employee(session, "赵总"))


def ask(quarter: Quarter, actor: Actor | None = None) -> None:
    reopening.request_reopening(quarter.session, actor or quarter.hr, quarter.appraisal.id, reason="回款数据有误")


def grant(quarter: Quarter, granted: bool = True) -> None:
    decided = {"granted": granted, "reason": "同意复核" if granted else "数据无误"}
    reopening.decide_reopening(quarter.session, quarter.approver, quarter.appraisal.id, **decided)


def standing_grade(quarter: Quarter) -> str:
    ((result, _, _),) = queries.approved_results(quarter.session, quarter.cycle)
    return result.grade


def test_corrected_figures_go_the_whole_way_again_and_the_new_result_stands(session: Session, quarter: Quarter):
    approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        assert quarter.appraisal.step == "publication"
        correct(quarter, "revenue", "90")
        layer = service.compute_result(session, quarter.hr, quarter.appraisal.id)
        assert (layer.layer, layer.reason, layer.seq) == ("reviewed", "回款数据有误", 2)
        assert standing_grade(quarter) == "A"
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(Conflict) as refused:
            publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert refused.value.code == "appeals_open"
    with clock.at(LATER_STILL):
        approve(quarter)
        assert standing_grade(quarter) == "B"
        assert approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id) == "archived"
    assert [layer.grade for layer in queries.layers_of(session, quarter.appraisal.id)] == ["A", "B"]


def test_it_may_end_in_another_rating_or_grade_by_somebody_without_a_part_in_it(session: Session, quarter: Quarter):
    decider = a_decider(session)
    with clock.at(LATER):
        ask(quarter)
        with pytest.raises(Conflict) as refused:
            reopening.revise_result(session, decider, quarter.appraisal.id, reason="评分偏低", grade="S")
        assert refused.value.code == "not_reopened"
        grant(quarter)
        better = [GoalRating(quarter.sheet.id, "plan", D("95"))]
        layer = reopening.revise_result(session, decider, quarter.appraisal.id, reason="评分偏低", ratings=better)
        assert (layer.layer, layer.score) == ("reviewed", D("87.5"))
        for actor in (quarter.supervisor, quarter.own, quarter.approver, replace(decider, employee_id=None)):
            with pytest.raises(NotAllowed):
                reopening.revise_result(session, actor, quarter.appraisal.id, reason="评分偏低", grade="S")
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    with clock.at(LATER_STILL):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        deciding_too = replace(decider, roles=frozenset({"hr", "approver"}))
        with pytest.raises(NotAllowed) as refused_too:
            approving.approve_result(session, deciding_too, quarter.appraisal.id)
        assert refused_too.value.code == "own_assessment"
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)


def test_whoever_named_the_grade_does_not_approve_it(session: Session, quarter: Quarter):
    both = factories.an_actor(session, "hr", "approver", employee=factories.an_employee(session, "钱人事"))
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        reopening.revise_result(session, both, quarter.appraisal.id, reason="等级有误", grade="B")
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    with clock.at(LATER_STILL):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(NotAllowed) as refused:
            approving.approve_result(session, both, quarter.appraisal.id)
    assert refused.value.code == "own_assessment"


def test_a_result_that_turns_out_right_is_filed_again_as_it_was(session: Session, quarter: Quarter):
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(Conflict) as refused:
            approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert refused.value.code == "already_approved"
        approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(Conflict):
            service.compute_result(session, quarter.hr, quarter.appraisal.id)
        ask(quarter)
        grant(quarter)
    assert quarter.appraisal.step == "publication"


def test_a_closed_cycle_is_opened_again_by_it(session: Session, quarter: Quarter):
    approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
    cycles.close_cycle(session, quarter.hr, quarter.cycle)
    with clock.at(LATER):
        ask(quarter)
        assert quarter.cycle.status == "closed"
        grant(quarter, granted=False)
        assert quarter.cycle.status == "closed"
        ask(quarter)
        grant(quarter)
    assert (quarter.cycle.status, quarter.appraisal.step) == ("open", "publication")


def test_the_employee_the_supervisor_and_hr_may_ask_and_others_may_not(session: Session, quarter: Quarter):
    for actor in (quarter.approver, quarter.payroll):
        with pytest.raises(NotAllowed):
            ask(quarter, actor)
    for actor in (quarter.provider, acting(session, factories.an_employee(session, "路人"))):
        with pytest.raises(NotFound):
            ask(quarter, actor)
    ask(quarter, quarter.own)
    with pytest.raises(Conflict) as refused:
        ask(quarter, quarter.supervisor)
    assert refused.value.code == "reopening_open"


def test_only_what_has_been_approved_is_reopened(session: Session):
    quarter = reviewed(session)
    publish(quarter)
    with pytest.raises(Conflict) as refused:
        ask(quarter)
    assert refused.value.code == "not_approved"
    with clock.at(AFTER_APPEALS):
        approve(quarter)
        with pytest.raises(Conflict) as unasked:
            grant(quarter)
    assert unasked.value.code == "no_request"


def test_a_named_approver_who_did_not_ask_decides(session: Session, quarter: Quarter):
    asking = factories.an_actor(session, "hr", "approver", employee=factories.an_employee(session, "钱人事"))
    ask(quarter, asking)
    decided = {"granted": True, "reason": "同意"}
    for actor in (quarter.hr, quarter.own, quarter.supervisor, asking, factories.an_actor(session, "approver")):
        with pytest.raises(NotAllowed):
            reopening.decide_reopening(session, actor, quarter.appraisal.id, **decided)
    reopening.decide_reopening(session, another_approver(session), quarter.appraisal.id, **decided)


def test_declined_nothing_moves_and_somebody_may_ask_again(session: Session, quarter: Quarter):
    ask(quarter)
    grant(quarter, granted=False)
    assert quarter.appraisal.step == "approval"
    with pytest.raises(Conflict) as refused:
        service.compute_result(session, quarter.hr, quarter.appraisal.id)
    assert refused.value.code == "already_approved"
    ask(quarter)


def test_under_review_it_may_be_sent_back_and_appealed_like_any_other(session: Session, quarter: Quarter):
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        service.move_appraisal(session, quarter.hr, quarter.appraisal.id, "return_to_review", reason="重评")
        assert quarter.appraisal.step == "supervisor_review"


def test_the_result_of_a_review_can_be_appealed(session: Session, quarter: Quarter):
    decider = a_decider(session)
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        reopening.revise_result(session, decider, quarter.appraisal.id, reason="等级有误", grade="B")
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
        assert appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="不服").late is False


def test_a_revision_that_changes_nothing_is_none(session: Session, quarter: Quarter):
    with clock.at(LATER):
        ask(quarter)
        grant(quarter)
        with pytest.raises(Invalid) as refused:
            reopening.revise_result(session, a_decider(session), quarter.appraisal.id, reason="核对无误", grade="A")
    assert refused.value.code == "nothing_changed"
