"""What payroll gets: approved results only, the same bytes each time, and nobody who is 不参评 among the grades."""

import csv
import io
from datetime import date
from pathlib import PurePosixPath

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.audit import AuditRecord
from appraisal.cycles import service as cycles
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.results import payroll
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    review,
    sign,
)
from tests.results.test_path import a_violation


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def company(session: Session) -> list[Quarter]:
    """Three who are rated in one cycle, and one who joined too late to be."""
    head = factories.an_employee(session, "李主管")
    three = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(3)]
    factories.an_employee(session, "新员工", joined_on=date(2026, 3, 18), post=factories.a_post(session), supervisor=head)
    cycle = factories.an_open_cycle(session)
    quarters = [a_quarter(session, employee, cycle=cycle) for employee in three]
    for quarter in quarters:
        sign(quarter)
        record(quarter, FIGURES)
        review(quarter, (quarter.sheet, "plan", "85"))
    return quarters


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def test_the_file_names_everybody_approved_with_grade_and_multiplier(session: Session, company: list[Quarter]):
    first, second, third = company
    a_violation(second)
    for quarter in (second, first):
        publish(quarter)
        with clock.at(AFTER_APPEALS):
            approve(quarter)
    publish(third)
    files = payroll.export_payroll(session, first.payroll, first.cycle.id)
    digest = first.cycle.policy_digest
    assert rows(files.results) == [
        ["employee_no", "period", "grade", "multiplier", "policy_digest"],
        [first.employee.number, "2026-Q1", "A", "1.2", digest],
        [second.employee.number, "2026-Q1", "D", "0", digest],
    ]
    assert files.results.count(b"\r\n") == 3
    assert (files.result_count, files.waiting) == (2, (third.employee.number,))


def test_the_same_approvals_give_the_same_bytes(session: Session, company: list[Quarter]):
    for quarter in company:
        publish(quarter)
        with clock.at(AFTER_APPEALS):
            approve(quarter)
    once = payroll.export_payroll(session, company[0].payroll, company[0].cycle.id)
    with clock.at(date(2026, 5, 5)):
        assert payroll.export_payroll(session, company[0].hr, company[0].cycle.id) == once


def test_who_is_not_rated_stands_apart_with_the_declared_pay_and_without_grade(session: Session, company: list[Quarter]):
    files = payroll.export_payroll(session, company[0].payroll, company[0].cycle.id)
    header, row = rows(files.not_rated)
    assert header == ["employee_no", "period", "status", "pay", "policy_digest"]
    assert row[1:4] == ["2026-Q1", "不参评", "base"]
    assert row[0] not in {quarter.employee.number for quarter in company}
    assert rows(files.results) == [["employee_no", "period", "grade", "multiplier", "policy_digest"]]


def test_a_cycle_that_does_not_pay_gives_no_file(session: Session):
    quarter_head = factories.an_employee(session, "李主管")
    factories.an_employee(session, post=factories.a_post(session), supervisor=quarter_head)
    cycle = factories.a_cycle(session, period="2026-03", pays=False)
    cycles.open_cycle(session, factories.hr(session), cycle)
    with pytest.raises(Conflict) as refused:
        payroll.export_payroll(session, factories.an_actor(session, "payroll"), cycle.id)
    assert refused.value.code == "does_not_pay"


def test_a_trial_does_not_pay(session: Session, company: list[Quarter]):
    """A cycle that pays cannot open on a trial; a row that says otherwise must still not get money out."""
    trial = a_trial_policy(session)
    cycle = company[0].cycle
    cycle.policy_digest = trial
    session.flush()
    with pytest.raises(Conflict) as refused:
        payroll.export_payroll(session, company[0].payroll, cycle.id)
    assert refused.value.code == "trial"


def a_trial_policy(session: Session) -> str:
    files = dict(factories.checked().files)
    path = next(name for name in files if PurePosixPath(name).name == "policy.yaml")
    files[path] = files[path].replace("status: effective", "status: trial", 1)
    return factories.a_published_policy(session, files=files).digest


def test_the_file_is_for_payroll_and_hr(session: Session, company: list[Quarter]):
    quarter = company[0]
    for actor in (quarter.own, quarter.supervisor, quarter.approver, quarter.provider):
        with pytest.raises(NotAllowed):
            payroll.export_payroll(session, actor, quarter.cycle.id)
    with pytest.raises(NotFound):
        payroll.export_payroll(session, quarter.payroll, factories.a_cycle(session, period="2026-Q2").id)


def test_what_left_is_on_record(session: Session, company: list[Quarter]):
    payroll.export_payroll(session, company[0].payroll, company[0].cycle.id)
    audit.flush(session)
    payload = session.exec(select(AuditRecord).where(AuditRecord.action == "payroll.export")).one().payload
    assert '"waiting":3' in payload and '"not_rated":1' in payload
