"""The steps between data and result: who writes what, when, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.audit import AuditRecord
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.measures import service as measures
from appraisal.people import service as people
from appraisal.reviews import queries, service
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import FIGURES, NEW_CUSTOMERS, PLAN, REVENUE, REVIEW_DAY, Quarter, a_quarter, record, sign

MINUTES = {"held_on": date(2026, 4, 7), "place": "会议室", "strengths": "细致", "shortcomings": "新客户少", "plan": "多拜访"}


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def quarter(session: Session) -> Quarter:
    """A person whose data are complete: at self-assessment."""
    return ready(a_quarter(session))


def ready(quarter: Quarter, goal=PLAN) -> Quarter:
    sign(quarter, (REVENUE, NEW_CUSTOMERS, goal))
    record(quarter, FIGURES)
    measures.complete_data(quarter.session, quarter.provider, quarter.appraisal.id)
    return quarter


def goal(quarter: Quarter, rating: str = "85") -> list[GoalRating]:
    return [GoalRating(quarter.sheet.id, "plan", D(rating))]


def assess(quarter: Quarter, rating: str = "90") -> None:
    service.submit_self_assessment(
        quarter.session, quarter.own, quarter.appraisal.id, statement="完成了", ratings=goal(quarter, rating)
    )


def test_each_entry_moves_the_appraisal_one_step(session: Session, quarter: Quarter):
    appraisal = quarter.appraisal
    assess(quarter)
    assert appraisal.step == "supervisor_review"
    service.submit_supervisor_review(session, quarter.supervisor, appraisal.id, comment="稳", ratings=goal(quarter))
    assert appraisal.step == "interview"
    service.record_interview(session, quarter.supervisor, appraisal.id, **MINUTES, comment="同意")
    assert appraisal.step == "publication"
    kinds = [entry.kind for entry in queries.entries_of(session, appraisal.id)]
    assert kinds == ["self_assessment", "supervisor_review", "interview"]


def test_the_supervisors_rating_counts_and_the_employees_does_not(session: Session, quarter: Quarter):
    assess(quarter, "100")
    assert queries.ratings_that_count(session, [quarter.appraisal.id]) == {}
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    counted = queries.ratings_that_count(session, [quarter.appraisal.id])
    assert counted[quarter.sheet.id, "plan"].rating == D(85)


def test_steps_are_not_skipped(session: Session, quarter: Quarter):
    with pytest.raises(Conflict) as refused:
        service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    assert refused.value.code == "wrong_step"
    with pytest.raises(Conflict):
        service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **MINUTES)
    assert queries.entries_of(session, quarter.appraisal.id) == []


def test_the_self_assessment_waits_for_the_data(session: Session):
    quarter = a_quarter(session)
    with pytest.raises(Conflict) as refused:
        service.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成了")
    assert refused.value.code == "wrong_step"


def test_the_self_assessment_waits_for_both_signatures(session: Session):
    quarter = a_quarter(session)
    cycles.advance_appraisal(session, quarter.hr, quarter.appraisal, "confirm_data")
    with pytest.raises(Conflict) as refused:
        service.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成了")
    assert refused.value.code == "agreement_unsigned"


def test_nobody_assesses_for_another(session: Session, quarter: Quarter):
    for actor in (quarter.supervisor, quarter.hr):
        with pytest.raises(NotAllowed):
            service.submit_self_assessment(session, actor, quarter.appraisal.id, statement="代写", ratings=goal(quarter))
    assess(quarter)
    for actor in (quarter.own, quarter.hr):
        with pytest.raises(NotAllowed):
            service.submit_supervisor_review(session, actor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))


def test_another_supervisor_does_not_learn_that_the_appraisal_exists(session: Session, quarter: Quarter):
    other = factories.an_actor(session, "employee", employee=factories.an_employee(session, "王主管"))
    assess(quarter)
    with pytest.raises(NotFound):
        service.submit_supervisor_review(session, other, quarter.appraisal.id, comment="稳", ratings=goal(quarter))


def test_the_supervisor_of_the_last_day_of_the_period_reviews(session: Session, quarter: Quarter):
    new_head = factories.an_employee(session, "新主管")
    successor = factories.an_actor(session, "employee", employee=new_head)
    people.assign_supervisor(session, quarter.hr, quarter.employee, new_head, from_on=date(2026, 4, 1))
    assess(quarter)
    with pytest.raises(NotFound):
        service.submit_supervisor_review(session, successor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_the_comment_is_mandatory(session: Session, quarter: Quarter, comment: str):
    assess(quarter)
    appraisal_id = quarter.appraisal.id
    with pytest.raises(Invalid) as refused:
        service.submit_supervisor_review(session, quarter.supervisor, appraisal_id, comment=comment, ratings=goal(quarter))
    assert refused.value.code == "text_needed"
    assert quarter.appraisal.step == "supervisor_review"


@pytest.mark.parametrize(("rating", "fits"), [("-0.01", False), ("0", True), ("100", True), ("100.01", False)])
def test_ratings_stay_on_the_scale(session: Session, quarter: Quarter, rating: str, fits: bool):
    if fits:
        assess(quarter, rating)
        return
    with pytest.raises(Invalid) as refused:
        assess(quarter, rating)
    assert refused.value.faults[0].path == "ratings[0].rating"


def test_every_goal_is_rated_once_and_no_kpi(session: Session, quarter: Quarter):
    assess(quarter)
    sheet_id = quarter.sheet.id
    kpi = [GoalRating(sheet_id, "revenue", D(100))]
    for ratings in ([], goal(quarter) * 2, [*goal(quarter), *kpi], [GoalRating(sheet_id, "plan")]):
        with pytest.raises(Invalid) as refused:
            service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=ratings)
        assert refused.value.code == "bad_ratings"


def test_a_goal_in_factors_is_rated_by_factors(session: Session):
    quarter = ready(a_quarter(session), replace(PLAN, factor_max={"完整": D(60), "及时": D(40)}))
    factors = [GoalRating(quarter.sheet.id, "plan", factors={"完整": D(50), "及时": D(38)})]
    service.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成了", ratings=factors)
    too_much = [replace(factors[0], factors={"完整": D("60.5"), "及时": D(38)})]
    with pytest.raises(Invalid):
        service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=too_much)
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=factors)
    assert queries.ratings_that_count(session, [quarter.appraisal.id])[quarter.sheet.id, "plan"].factors == factors[0].factors


def test_a_goal_with_its_own_assessor_is_rated_by_them_alone(session: Session):
    judge = factories.an_employee(session, "客服经理")
    judging = factories.an_actor(session, "employee", employee=judge)
    quarter = ready(a_quarter(session), replace(PLAN, assessor_id=judge.id))
    with pytest.raises(Conflict):
        service.rate_goals(session, judging, quarter.appraisal.id, comment="及时", ratings=goal(quarter, "70"))
    assess(quarter)
    with pytest.raises(Invalid) as refused:
        service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳")
    assert refused.value.code == "ratings_missing"
    service.rate_goals(session, judging, quarter.appraisal.id, comment="及时", ratings=goal(quarter, "70"))
    with pytest.raises(Invalid):
        service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳")
    assert queries.ratings_that_count(session, [quarter.appraisal.id])[quarter.sheet.id, "plan"].rating == D(70)


def test_who_is_no_assessor_rates_nothing(session: Session, quarter: Quarter):
    assess(quarter)
    for actor in (quarter.own, quarter.hr, quarter.supervisor):
        with pytest.raises(NotAllowed):
            service.rate_goals(session, actor, quarter.appraisal.id, comment="好", ratings=goal(quarter))


def test_after_a_return_the_new_entry_counts_and_the_old_one_stays(session: Session, quarter: Quarter):
    assess(quarter)
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    cycles.advance_appraisal(session, quarter.hr, quarter.appraisal, "return_to_review", reason="评语与得分不符")
    service.submit_supervisor_review(
        session, quarter.supervisor, quarter.appraisal.id, comment="改评", ratings=goal(quarter, "60")
    )
    assert queries.ratings_that_count(session, [quarter.appraisal.id])[quarter.sheet.id, "plan"].rating == D(60)
    comments = [entry.comment for entry in queries.entries_of(session, quarter.appraisal.id)]
    assert comments == ["完成了", "稳", "改评"]


@pytest.mark.parametrize("change", [{"place": ""}, {"plan": " "}, {"held_on": REVIEW_DAY + timedelta(days=1)}])
def test_an_interview_says_when_where_and_what_comes_next(session: Session, quarter: Quarter, change: dict):
    assess(quarter)
    service.submit_supervisor_review(session, quarter.supervisor, quarter.appraisal.id, comment="稳", ratings=goal(quarter))
    with pytest.raises(Invalid):
        service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **(MINUTES | change))
    service.record_interview(session, quarter.supervisor, quarter.appraisal.id, **MINUTES)


def test_the_trail_holds_the_entry_and_the_step(session: Session, quarter: Quarter):
    assess(quarter)
    audit.flush(session)
    last = session.exec(select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(2)).all()
    assert [record.action for record in last] == ["review.self_assessment", "appraisal.submit_self_assessment"]
    assert "完成了" in last[0].payload
