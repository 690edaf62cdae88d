"""审批: the links of a chain in their order and by different people, many at once, and what an employee says before that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from appraisal import clock, files
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import units
from appraisal.people.models import Unit
from appraisal.results import approving, publishing, queries
from appraisal.results.models import Acknowledgement
from appraisal.reviews import queries as reviews
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    acting,
    publish,
    record,
    review,
    reviewed,
    sign,
)
from tests.results.policies import a_cycle_under, with_a_chain
from tests.results.test_path import at_approval


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


# The chain


def a_chained_quarter(session: Session) -> tuple[Quarter, Unit]:
    unit = factories.a_unit(session)
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head)
    quarter = a_quarter(session, employee, cycle=a_cycle_under(session, with_a_chain()))
    sign(quarter)
    record(quarter, FIGURES)
    review(quarter, (quarter.sheet, "plan", "85"))
    publish(quarter)
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
    return quarter, unit


def a_head(session: Session, quarter: Quarter, unit: Unit, *roles: str) -> object:
    chief = factories.an_employee(session, "周总监")
    units.appoint_head(session, quarter.hr, unit, chief, from_on=factories.FIRST_DAY)
    return factories.an_actor(session, "employee", *roles, employee=chief)


def test_each_link_is_given_in_its_turn_and_the_last_one_approves(session: Session):
    quarter, unit = a_chained_quarter(session)
    chief = a_head(session, quarter, unit)
    with clock.at(AFTER_APPEALS):
        with pytest.raises(NotAllowed) as refused:
            approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert refused.value.code == "not_your_link"
        first = approving.approve_result(session, chief, quarter.appraisal.id, note="同意")
        assert (first.link, queries.standing(session, quarter.appraisal.id).approval) == ("department", None)
        with pytest.raises(Conflict):
            approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
        last = approving.approve_result(session, quarter.approver, quarter.appraisal.id)
    standing = queries.standing(session, quarter.appraisal.id)
    assert (last.link, standing.approval.approver_id) == ("approval", quarter.approver.employee_id)
    assert [one.link for one in queries.links_of(session, standing.result.id)] == ["department", "approval"]


def test_nobody_gives_two_links(session: Session):
    quarter, unit = a_chained_quarter(session)
    chief = a_head(session, quarter, unit, "approver")
    with clock.at(AFTER_APPEALS):
        approving.approve_result(session, chief, quarter.appraisal.id)
        with pytest.raises(NotAllowed) as refused:
            approving.approve_result(session, chief, quarter.appraisal.id)
    assert refused.value.code == "approved_before"


# Many at once


def test_of_many_each_has_an_answer_and_one_refusal_does_not_stop_the_others(session: Session):
    head = factories.an_employee(session, "李主管")
    two = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(2)]
    cycle = factories.an_open_cycle(session)
    ready, early = (a_quarter(session, employee, cycle=cycle) for employee in two)
    for quarter in (ready, early):
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    publish(ready)
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, ready.hr, ready.appraisal.id)
    with clock.at(AFTER_APPEALS):
        wanted = [(early.appraisal.id, early.appraisal.version), (ready.appraisal.id, ready.appraisal.version), (2**30, 1)]
        done = approving.approve_results(session, ready.approver, wanted, note="同意")
    assert [one.appraisal_id for one in done] == [early.appraisal.id, ready.appraisal.id, 2**30]
    assert isinstance(done[0].error, Conflict)
    assert done[1].error is None
    assert isinstance(done[2].error, NotFound)
    assert queries.standing(session, ready.appraisal.id).approval.note == "同意"


def test_who_has_seen_an_older_version_is_refused_their_row(session: Session):
    ready = at_approval(session)
    with clock.at(AFTER_APPEALS):
        (one,) = approving.approve_results(session, ready.approver, [(ready.appraisal.id, ready.appraisal.version - 1)])
    assert one.error.code == "stale_version"


# What the employee says


@pytest.fixture
def published(session: Session) -> Quarter:
    quarter = reviewed(session)
    publish(quarter)
    return quarter


def answer_of(quarter: Quarter) -> Acknowledgement | None:
    result, _ = queries.last_published(quarter.session, quarter.appraisal.id)
    return quarter.session.get(Acknowledgement, result.id)


@pytest.mark.parametrize(("agrees", "answer"), [(True, "agreed"), (False, "disagreed")])
def test_the_employee_has_received_it_and_agrees_or_does_not(session: Session, published: Quarter, agrees: bool, answer: str):
    publishing.acknowledge_result(session, published.own, published.appraisal.id, agrees=agrees, comment="已阅")
    assert (answer_of(published).answer, answer_of(published).comment) == (answer, "已阅")
    with pytest.raises(Conflict) as refused:
        publishing.acknowledge_result(session, published.own, published.appraisal.id, agrees=True)
    assert refused.value.code == "already_acknowledged"


def test_agreeing_does_not_shorten_the_window(session: Session, published: Quarter):
    publishing.acknowledge_result(session, published.own, published.appraisal.id, agrees=True)
    with pytest.raises(Conflict) as refused:
        publishing.close_appeals(session, published.hr, published.appraisal.id)
    assert refused.value.code == "appeals_open"


def test_who_has_not_answered_when_the_window_lapses_is_deemed_to_have_received_it(session: Session, published: Quarter):
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, published.hr, published.appraisal.id)
    assert answer_of(published).answer == "deemed"
    entry = reviews.last_entry(session, published.appraisal.id, "interview")
    signatures = reviews.interview_signatures(session, [entry.id])[entry.id]
    assert {role: one.how for role, one in signatures.items()} == {"supervisor": "signed", "employee": "lapsed"}


def test_nobody_answers_for_the_employee(session: Session, published: Quarter):
    for actor in (published.supervisor, published.hr, published.approver):
        with pytest.raises(NotAllowed):
            publishing.acknowledge_result(session, actor, published.appraisal.id, agrees=True)


def test_nothing_is_answered_before_publication(session: Session):
    early = reviewed(session)
    with pytest.raises(Conflict) as refused:
        publishing.acknowledge_result(session, early.own, early.appraisal.id, agrees=True)
    assert refused.value.code == "not_published"


def test_an_answer_on_paper_comes_with_its_scan(session: Session, published: Quarter):
    with pytest.raises(Invalid) as refused:
        publishing.enter_acknowledgement(session, published.hr, published.appraisal.id, answer="agreed")
    assert refused.value.code == "scan_needed"
    scan = files.keep(session, published.hr, name="签收.pdf", content=b"%PDF-1.7 x", media_type="application/pdf")
    asked = {"answer": "disagreed", "file_id": scan.id}
    with pytest.raises(NotAllowed):
        publishing.enter_acknowledgement(session, published.own, published.appraisal.id, **asked)
    publishing.enter_acknowledgement(session, published.hr, published.appraisal.id, **asked)
    assert (answer_of(published).answer, answer_of(published).file_id) == ("disagreed", scan.id)


def test_a_refusal_has_two_witnesses_who_are_neither_the_person_nor_who_enters_it(session: Session, published: Quarter):
    first, second = (factories.an_employee(session, name) for name in ("证人甲", "证人乙"))
    gone = factories.an_employee(session, "离职者", left_on=date(2026, 3, 1))
    appraisal_id, recorder = published.appraisal.id, published.supervisor
    for witnesses in ([], [first.id], [first.id, first.id], [first.id, published.employee.id], [first.id, gone.id]):
        with pytest.raises(Invalid) as refused:
            publishing.enter_acknowledgement(session, recorder, appraisal_id, answer="refused", witness_ids=witnesses)
        assert refused.value.code == "witnesses_needed"
    with pytest.raises(Invalid):
        themselves = [first.id, recorder.employee_id]
        publishing.enter_acknowledgement(session, recorder, appraisal_id, answer="refused", witness_ids=themselves)
    witnesses = [second.id, first.id]
    publishing.enter_acknowledgement(session, recorder, appraisal_id, answer="refused", witness_ids=witnesses)
    assert {answer_of(published).witness_id, answer_of(published).second_witness_id} == {first.id, second.id}


def test_a_policy_may_wait_for_the_answer_instead_of_deeming_it_given(session: Session):
    text = factories.checked().files["rules/trading/workflow.yaml"]
    deemed = "actors: [hr], days: 5, on_deadline: deemed_received"
    assert deemed in text
    waiting = dict(factories.checked().files) | {"rules/trading/workflow.yaml": text.replace(deemed, "actors: [hr], days: 5")}
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    quarter = a_quarter(session, employee, cycle=a_cycle_under(session, waiting))
    sign(quarter)
    record(quarter, FIGURES)
    review(quarter, (quarter.sheet, "plan", "85"))
    publish(quarter)
    with clock.at(AFTER_APPEALS):
        with pytest.raises(Conflict) as refused:
            publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert refused.value.code == "not_acknowledged"
        publishing.acknowledge_result(session, quarter.own, quarter.appraisal.id, agrees=True)
        assert publishing.close_appeals(session, quarter.hr, quarter.appraisal.id) == "approval"


def test_an_answer_is_the_persons_alone_to_see_before_anybody_may_know_of_it(session: Session, published: Quarter):
    stranger = acting(session, factories.an_employee(session, "路人"))
    with pytest.raises(NotFound):
        publishing.acknowledge_result(session, stranger, published.appraisal.id, agrees=True)
    own_hr = replace(published.own, roles=frozenset({"employee", "hr"}))
    with pytest.raises(NotAllowed):
        publishing.publish_result(session, own_hr, published.appraisal.id)
