"""Who rates whom: proposed by one, approved by another, asked once, reminded without a name."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.feedback import queries
from appraisal.feedback.models import FeedbackBallot
from appraisal.feedback.service import raters, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.notify import Notification
from tests import factories
from tests.feedback.a_round import QUESTIONS, TODAY, UNTIL, Feedback, a_round, acting


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def feedback(session: Session) -> Feedback:
    return a_round(session)


def test_a_round_belongs_to_an_annual_cycle(session: Session):
    factories.an_employee(session, post=factories.a_post(session), supervisor=factories.an_employee(session, "李主管"))
    quarter = factories.an_open_cycle(session, period="2026-Q4")
    with pytest.raises(Invalid) as refused:
        rounds.draft_round(session, factories.hr(session), quarter.id, answers_until=UNTIL, questions=QUESTIONS)
    assert refused.value.code == "not_annual"


def test_groups_shares_and_scale_are_those_of_the_policy(feedback: Feedback):
    form = queries.form_of(feedback.session, feedback.round)
    assert {group.code: str(group.share) for group in form.groups} == {
        "peers": "40.0000",
        "subordinates": "30.0000",
        "cross_department": "20.0000",
        "external": "10.0000",
    }
    assert (form.round.minimum, form.scale.lowest, form.scale.highest, form.scale.places) == (3, 1, 5, 4)


def test_an_account_without_employee_is_not_asked_what_outsiders_are_asked(feedback: Feedback):
    raters.issue_link(feedback.session, feedback.hr, feedback.ask_outsider().id)
    assert feedback.session.exec(queries.asking(None)).all() == []


def test_only_hr_runs_a_round(feedback: Feedback):
    for actor in (feedback.own, feedback.supervisor):
        with pytest.raises(NotAllowed):
            rounds.extend_round(feedback.session, actor, feedback.round.id, answers_until=UNTIL, reason="等人")


def test_a_form_without_a_rated_question_cannot_stand(session: Session):
    feedback = a_round(session, opened=False)
    with pytest.raises(Invalid) as refused:
        rounds.set_questions(session, feedback.hr, feedback.round.id, QUESTIONS[2:])
    assert refused.value.code == "bad_form"
    version = feedback.round.version
    rounds.set_questions(session, feedback.hr, feedback.round.id, QUESTIONS[:1], version=version)
    assert [one.code for one in queries.form_of(session, feedback.round).questions] == ["teamwork"]
    assert feedback.round.version == version + 1


def test_an_open_round_keeps_its_questions(feedback: Feedback):
    with pytest.raises(Conflict) as refused:
        rounds.set_questions(feedback.session, feedback.hr, feedback.round.id, QUESTIONS)
    assert refused.value.code == "wrong_status"


def test_nobody_is_asked_before_the_round_is_open(session: Session):
    feedback = a_round(session, opened=False)
    with pytest.raises(Conflict):
        feedback.ask()


def test_a_rater_proposed_by_the_employee_and_approved_by_the_supervisor_is_asked(feedback: Feedback):
    rater, colleague = feedback.ask()
    assert [one.rater.id for one in queries.asked_of(feedback.session, colleague.employee_id)] == [rater.id]
    told = feedback.session.exec(select(Notification).where(Notification.employee_id == colleague.employee_id)).one()
    assert told.kind == "feedback_asked"


def test_nobody_approves_whom_they_have_proposed(feedback: Feedback):
    draft = RaterDraft("peers", number=factories.an_employee(feedback.session, "赵同事").number)
    rater = raters.propose_rater(feedback.session, feedback.supervisor, feedback.appraisal.id, draft)
    with pytest.raises(NotAllowed) as refused:
        raters.decide_rater(feedback.session, feedback.supervisor, rater.id, approve=True)
    assert refused.value.code == "same_person"
    assert raters.decide_rater(feedback.session, feedback.hr, rater.id, approve=True).status == "approved"


def test_the_employee_does_not_approve_raters(feedback: Feedback):
    draft = RaterDraft("peers", number=factories.an_employee(feedback.session, "赵同事").number)
    rater = raters.propose_rater(feedback.session, feedback.supervisor, feedback.appraisal.id, draft)
    with pytest.raises(NotAllowed):
        raters.decide_rater(feedback.session, feedback.own, rater.id, approve=True)


def test_somebody_who_is_nothing_to_the_person_learns_nothing_of_raters(feedback: Feedback):
    rater, colleague = feedback.ask()
    with pytest.raises(NotFound):
        raters.find_case(feedback.session, colleague, feedback.appraisal.id, "employee", "supervisor", "hr")
    with pytest.raises(NotFound):
        raters.decide_rater(feedback.session, colleague, rater.id, approve=False, reason="不熟")


def test_a_refusal_has_a_reason_and_may_be_thought_over(feedback: Feedback):
    draft = RaterDraft("peers", number=factories.an_employee(feedback.session, "赵同事").number)
    rater = raters.propose_rater(feedback.session, feedback.own, feedback.appraisal.id, draft)
    with pytest.raises(Invalid):
        raters.decide_rater(feedback.session, feedback.supervisor, rater.id, approve=False)
    raters.decide_rater(feedback.session, feedback.supervisor, rater.id, approve=False, reason="没有共事")
    assert queries.progress_of(feedback.session, feedback.appraisal.id).asked == 0
    raters.decide_rater(feedback.session, feedback.supervisor, rater.id, approve=True)
    assert queries.progress_of(feedback.session, feedback.appraisal.id).asked == 1


@pytest.mark.parametrize("wrong", ["own", "unknown", "left", "group", "mail", "no_name"])
def test_somebody_who_cannot_rate_is_not_proposed(feedback: Feedback, wrong: str):
    session = feedback.session
    left = factories.an_employee(session, "离职者", left_on=date(2026, 11, 30)).number
    outsider = {"name": "王客户", "organisation": "某客户公司", "mail": "wang@example.com"}
    draft = {
        "own": RaterDraft("peers", number=feedback.employee.number),
        "unknown": RaterDraft("peers", number="E99999"),
        "left": RaterDraft("peers", number=left),
        "group": RaterDraft("friends", number=feedback.head.number),
        "mail": RaterDraft("external", **outsider | {"mail": "wang"}),
        "no_name": RaterDraft("external", **outsider | {"name": " "}),
    }[wrong]
    with pytest.raises(Invalid):
        raters.propose_rater(session, feedback.own, feedback.appraisal.id, draft)


def test_nobody_is_proposed_twice_for_the_same_person(feedback: Feedback):
    _, colleague = feedback.ask()
    number = feedback.session.get(type(feedback.employee), colleague.employee_id).number
    feedback.ask_outsider("Wang@Example.com")
    twice = (
        RaterDraft("subordinates", number=number),
        RaterDraft("cross_department", name="王", organisation="某", mail="wang@example.com"),
    )
    for draft in twice:
        with pytest.raises(Conflict) as refused:
            raters.propose_rater(feedback.session, feedback.own, feedback.appraisal.id, draft)
        assert refused.value.code == "already_exists"


def test_at_most_thirty_raters_are_proposed_for_a_person(feedback: Feedback):
    for count in range(raters.MOST_RATERS):
        draft = RaterDraft("external", name="某人", organisation="某公司", mail=f"rater{count}@example.com")
        raters.propose_rater(feedback.session, feedback.own, feedback.appraisal.id, draft)
    with pytest.raises(Conflict) as refused:
        feedback.ask()
    assert refused.value.code == "too_many_raters"


def test_one_more_reminder_names_nobody_and_counts_people_once(feedback: Feedback):
    _, colleague = feedback.ask()
    feedback.ask_outsider()
    feedback.answered("peers", "3 3")
    assert rounds.remind_raters(feedback.session, feedback.hr, feedback.round.id) == 1
    told = select(Notification).where(Notification.kind == "feedback_due")
    assert [one.employee_id for one in feedback.session.exec(told)] == [colleague.employee_id]


def test_a_withdrawn_rater_is_asked_no_more(feedback: Feedback):
    rater, colleague = feedback.ask()
    with pytest.raises(NotAllowed):
        raters.withdraw_rater(feedback.session, feedback.supervisor, rater.id, reason="调离")
    raters.withdraw_rater(feedback.session, feedback.hr, rater.id, reason="调离")
    assert queries.asked_of(feedback.session, colleague.employee_id) == []
    assert feedback.session.get(FeedbackBallot, rater.id) is None


def test_the_supervisor_may_be_a_rater_like_others(feedback: Feedback):
    draft = RaterDraft("cross_department", number=feedback.head.number)
    rater = raters.propose_rater(feedback.session, feedback.own, feedback.appraisal.id, draft)
    raters.decide_rater(feedback.session, feedback.hr, rater.id, approve=True)
    assert acting(feedback.session, feedback.head).employee_id == rater.employee_id
