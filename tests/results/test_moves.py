"""What may move an appraisal and what may not, what makes a result old, and what happens when two decide at once."""

import ast
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from appraisal import clock, db
from appraisal.config import PROJECT_ROOT
from appraisal.core.numbers import places_of
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.payroll import queries as payroll
from appraisal.people import service as people
from appraisal.results import approving, past_grades, publishing, queries, service
from appraisal.results.gathering import gather_histories
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    NEW_CUSTOMERS,
    PLAN,
    REVENUE,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    review,
    reviewed,
    sign,
)
from tests.results.test_path import at_approval, compute, correct


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


def approved(session: Session, quarter: Quarter | None = None) -> Quarter:
    quarter = quarter or reviewed(session)
    publish(quarter)
    with clock.at(AFTER_APPEALS):
        approve(quarter)
    return quarter


# Moves


def test_no_step_that_carries_something_is_made_by_the_move_alone(session: Session):
    quarter = at_approval(session)
    for actor, action in ((quarter.hr, "archive"), (quarter.approver, "approve")):
        with pytest.raises(Conflict) as refused:
            service.move_appraisal(session, actor, quarter.appraisal.id, action)
        assert refused.value.code == "own_use_case"
    assert quarter.appraisal.step == "approval"


def test_before_approval_an_appraisal_may_be_sent_back_with_a_reason(session: Session):
    quarter = at_approval(session)
    with pytest.raises(Invalid) as refused:
        service.move_appraisal(session, quarter.approver, quarter.appraisal.id, "return_to_review")
    assert refused.value.code == "reason_needed"
    seen = quarter.appraisal.version
    with pytest.raises(Conflict):
        service.move_appraisal(
            session, quarter.approver, quarter.appraisal.id, "return_to_review", reason="评语过简", version=seen - 1
        )
    reached = service.move_appraisal(
        session, quarter.approver, quarter.appraisal.id, "return_to_review", reason="评语过简", version=seen
    )
    assert reached == "supervisor_review"


def test_after_approval_nothing_is_sent_back(session: Session):
    quarter = approved(session)
    for actor in (quarter.approver, quarter.hr):
        with pytest.raises(Conflict) as refused:
            service.move_appraisal(session, actor, quarter.appraisal.id, "return_to_review", reason="重评")
        assert refused.value.code == "already_approved"
    assert quarter.appraisal.step == "approval"
    assert approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id) == "archived"


def test_nobody_sends_back_their_own_appraisal(session: Session):
    quarter = at_approval(session)
    own_hr = replace(quarter.own, roles=frozenset({"employee", "hr", "approver"}))
    with pytest.raises(NotAllowed):
        service.move_appraisal(session, own_hr, quarter.appraisal.id, "return_to_review", reason="重评")
    stranger = factories.an_actor(session, "employee", employee=factories.an_employee(session))
    with pytest.raises(NotFound):
        service.move_appraisal(session, stranger, quarter.appraisal.id, "return_to_review", reason="重评")


def test_only_use_cases_that_guard_a_move_make_it():
    """`cycles.advance_appraisal` knows the workflow alone; a page that called it would skip every other guard."""

    def calls(path: Path) -> bool:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        return any(getattr(node, "attr", getattr(node, "id", "")) == "advance_appraisal" for node in ast.walk(tree))

    package = PROJECT_ROOT / "appraisal"
    callers = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if calls(path)}
    assert callers == {
        "measures/service.py",
        "reviews/service.py",
        *(f"results/{name}.py" for name in ("service", "publishing", "approving", "calibration", "reopening")),
    }


def test_a_refused_move_is_told_in_words(session: Session):
    quarter = reviewed(session)
    with pytest.raises(Conflict) as wrong_step:
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
    assert wrong_step.value.message.zh == "当前步骤是“结果公布与申诉期”, 不能批准; 此时可以: 结束申诉期、退回上级评估"
    with pytest.raises(NotAllowed) as not_theirs:
        publishing.publish_result(session, quarter.approver, quarter.appraisal.id)
    assert not_theirs.value.message.zh == "“结束申诉期”由人力资源部办理"


# Old results


def test_days_corrected_after_the_computation_make_a_result_stale(session: Session):
    quarter = reviewed(session)
    with clock.at(AFTER_APPEALS):
        first = compute(quarter)
        assert queries.maybe_stale(session, quarter.cycle) == []
    with clock.at(date(2026, 4, 21)):
        people.end_employment(session, quarter.hr, quarter.employee, left_on=date(2026, 3, 20), reason="辞职")
        cycles.refresh_cycle(session, quarter.hr, quarter.cycle)
        assert [(one.id, result.id) for one, result in queries.stale_results(session, quarter.cycle)] == [
            (quarter.appraisal.id, first.id)
        ]


def test_at_approval_a_result_that_moved_says_that_it_has_to_go_back(session: Session):
    quarter = at_approval(session)
    with clock.at(AFTER_APPEALS):
        correct(quarter, "revenue", "100")
        compute(quarter)
        with pytest.raises(Conflict) as refused:
            approving.approve_result(session, quarter.approver, quarter.appraisal.id)
    assert refused.value.code == "not_published"
    assert "退回上级评估" in refused.value.message.zh


# Whoever turns out to be 不参评


def test_who_turns_out_not_to_be_rated_is_paid_as_such_and_once(session: Session):
    head = factories.an_employee(session, "李主管")
    two = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(2)]
    cycle = factories.an_open_cycle(session)
    stays, left = (a_quarter(session, employee, cycle=cycle) for employee in two)
    for quarter in (stays, left):
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
        approved(session, quarter)
    people.end_employment(session, left.hr, left.employee, left_on=date(2026, 1, 14), reason="登记更正")
    cycles.refresh_cycle(session, left.hr, cycle)
    paid = {line.employee_number: line.kind for line in payroll.due(session, cycle)}
    assert paid == {stays.employee.number: "rated", left.employee.number: "not_rated"}
    assert payroll.waiting(session, cycle) == []
    following = factories.a_cycle(session, period="2026-Q2")
    histories = gather_histories(session, [stays.employee.id, left.employee.id], following)
    assert [len(histories[quarter.employee.id]) for quarter in (stays, left)] == [1, 0]


# Figures at their limits


def test_the_finest_precision_a_policy_may_have_can_be_stored(session: Session):
    files = dict(factories.checked().files)
    path = "rules/trading/policy.yaml"
    files[path] = files[path].replace("precision: 4", "precision: 8", 1)
    factories.a_published_policy(session, files=files)
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    code = {"code": "FINE", "name": "精度 8", "policy_name": "trading", "period": "2026-Q1", "pays": True}
    cycle = cycles.draft_cycle(session, factories.hr(session), **code)
    cycles.open_cycle(session, factories.hr(session), cycle)
    quarter = a_quarter(session, employee, cycle=cycle)
    fine = replace(REVENUE, weight=D("59.9999"), target=D(97))
    rest = replace(PLAN, id="rest", weight=D("0.0001"), dimension="finance", name_zh="其他")
    sign(quarter, (fine, rest, NEW_CUSTOMERS, PLAN))
    record(quarter, {"revenue": "91", "new_customers": "10"})
    review(quarter, (quarter.sheet, "plan", "85"), (quarter.sheet, "rest", "85"))
    result = compute(quarter)
    stored = result.score
    session.expire(result)
    assert result.score == stored
    assert places_of(stored) == 14


@pytest.mark.parametrize("grade", ["E", "Ａ", "a"])
def test_a_past_grade_no_policy_has_is_refused_because_it_would_block_every_later_result(session: Session, grade: str):
    quarter = reviewed(session)
    with pytest.raises(Invalid) as refused:
        past_grades.import_past_grade(
            session, quarter.hr, quarter.employee.id, period="2025-Q4", grade=grade, source_document="2025 年考核汇总表"
        )
    assert refused.value.code == "unknown_grade"
    assert "S、A、B、C、D" in refused.value.message.zh


# Many at once


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def a_department(session: Session, size: int, period: str) -> Cycle:
    unit = factories.a_unit(session, f"销售 {period}")
    head = factories.an_employee(session, "李主管")
    several = [factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head) for _ in range(size)]
    cycle = factories.an_open_cycle(session, period=period, unit=unit)
    for employee in several:
        quarter = a_quarter(session, employee, cycle=cycle)
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    return cycle


def test_the_queries_of_a_whole_cycle_do_not_grow_with_its_people(session: Session):
    found: list[tuple[int, int, int]] = []
    for size in (1, 4):
        cycle = a_department(session, size, "2026-Q1")
        hr = factories.hr(session)
        with counted(session) as computing:
            assert all(one.result for one in service.compute_cycle(session, hr, cycle.id))
        with counted(session) as looking:
            assert queries.stale_results(session, cycle) == []
        with counted(session) as exporting:
            assert len(payroll.waiting(session, cycle)) == size
            assert payroll.due(session, cycle) == []
        found.append((len(computing), len(looking), len(exporting)))
    assert found[0] == found[1]


def test_hr_computes_everybody_but_themselves(session: Session):
    head = factories.an_employee(session, "李主管")
    two = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(2)]
    cycle = factories.an_open_cycle(session)
    colleague, own = (a_quarter(session, employee, cycle=cycle) for employee in two)
    for quarter in (colleague, own):
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    themselves = replace(own.own, roles=frozenset({"employee", "hr"}))
    found = {one.employee_number: one for one in service.compute_cycle(session, themselves, cycle.id)}
    assert found[colleague.employee.number].result is not None
    assert isinstance(found[own.employee.number].error, NotAllowed)
    with pytest.raises(NotAllowed):
        service.compute_result(session, themselves, own.appraisal.id)
    assert queries.standing(session, own.appraisal.id) is None


def test_hr_of_a_unit_computes_who_works_there_and_is_not_told_of_the_others(session: Session):
    head = factories.an_employee(session, "李主管")
    units = [factories.a_unit(session) for _ in range(2)]
    posts = [factories.a_post(session, unit=unit) for unit in units]
    here, elsewhere = (factories.an_employee(session, post=post, supervisor=head) for post in posts)
    cycle = factories.an_open_cycle(session)
    for employee in (here, elsewhere):
        quarter = a_quarter(session, employee, cycle=cycle)
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    theirs = factories.an_actor(session, "hr", unit=units[0])
    assert [(one.employee_number, one.error) for one in service.compute_cycle(session, theirs, cycle.id)] == [
        (here.number, None)
    ]
    assert queries.standing(session, quarter.appraisal.id) is None


def in_its_own(engine: Engine, act: Callable[[Session], object]) -> tuple[threading.Thread, list[str]]:
    """A second person, in a thread and transaction of their own, and what came of it."""
    outcomes: list[str] = []

    def run() -> None:
        try:
            with clock.at(AFTER_APPEALS), db.transaction(engine, write=True) as session:
                act(session)
            outcomes.append("done")
        except AppraisalError as refused:
            outcomes.append(refused.code)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcomes


def test_a_result_that_is_being_approved_is_not_computed_over(engine: Engine):
    """Corrected figures are confirmed while the approver decides; the computation waits and finds the result approved."""
    with db.transaction(engine, write=True) as session:
        quarter = at_approval(session)
    with clock.at(AFTER_APPEALS), db.transaction(engine, write=True) as session:
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        computing, outcomes = in_its_own(engine, lambda own: compute(_with(quarter, own)))
        computing.join(timeout=1)
        assert outcomes == []
    computing.join(timeout=60)
    assert outcomes == ["already_approved"]


def test_of_two_approvers_at_once_one_approves(engine: Engine):
    with db.transaction(engine, write=True) as session:
        quarter = at_approval(session)
        other = factories.an_actor(session, "approver", employee=factories.an_employee(session, "赵总"))
    with clock.at(AFTER_APPEALS), db.transaction(engine, write=True) as session:
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        second, outcomes = in_its_own(engine, lambda own: approving.approve_result(own, other, quarter.appraisal.id))
        second.join(timeout=1)
    second.join(timeout=60)
    assert outcomes == ["already_approved"]


def _with(quarter: Quarter, session: Session) -> Quarter:
    return replace(quarter, session=session, appraisal=session.get_one(Appraisal, quarter.appraisal.id))
