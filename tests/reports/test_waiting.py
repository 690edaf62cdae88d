"""What stands in the table where there is no result, and how far a result has come: in both languages, for all alike."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.core.policy.model import Text
from appraisal.measures import service as measures
from appraisal.reports import queries
from appraisal.reports.queries import ResultRow
from appraisal.results import approving
from appraisal.results import service as results
from tests.agreements.samples import (
    FIGURES,
    NEW_CUSTOMERS,
    REVENUE,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    reviewed,
    sign,
)
from tests.factories import a_post, an_employee, an_open_cycle, hr
from tests.measures.test_figures import WITH_FORMULA, collect, enter


def row(quarter: Quarter, who: str = "hr") -> ResultRow:
    (own,) = queries.rows_of_cycle(quarter.session, getattr(quarter, who), quarter.cycle)
    return own


@pytest.mark.parametrize("who", ["own", "supervisor", "hr", "approver"])
def test_whoever_may_see_the_case_is_told_which_figure_is_missing(session: Session, who: str) -> None:
    quarter = a_quarter(session)
    sign(quarter)
    record(quarter, {"revenue": "110"})
    missing = Text("尚未计算: 缺少「新客户开发数量」的数据", "Not calculated yet: no figure for New customers won")
    assert row(quarter, who).why_not == missing
    if who == "own":
        assert [one.why_not for one in queries.own_results(session, quarter.own)] == [missing]


def test_payroll_is_told_nothing_but_that_it_waits_for_approval(session: Session) -> None:
    assert row(a_quarter(session), "payroll").why_not == queries.NOT_APPROVED


def test_an_unsigned_agreement_comes_before_any_figure(session: Session) -> None:
    why_not = row(a_quarter(session)).why_not
    assert why_not is not None and why_not.zh == "尚未计算: 销售岗的责任书尚未双方签署"
    assert why_not.en.startswith("Not calculated yet: the agreement (") and why_not.en.endswith("is not signed by both sides")


def test_figures_in_different_states_are_told_apart(session: Session) -> None:
    quarter = a_quarter(session)
    sign(quarter, WITH_FORMULA)
    enter(quarter)
    measures.confirm_actual(session, quarter.checker, collect(quarter, "0", "0").id)
    why_not = row(quarter).why_not
    assert why_not is not None
    assert why_not.zh == "尚未计算: 缺少「新客户开发数量」的数据; 「销售额」的数据待确认; 「回款率」的分母为 0, 没有实际值"
    assert why_not.en == (
        "Not calculated yet: no figure for New customers won; not confirmed: Sales revenue; "
        "nothing to divide by: Collection rate"
    )


def test_with_nothing_missing_the_step_alone_says_what_comes_next(session: Session) -> None:
    quarter = a_quarter(session)
    sign(quarter, (REVENUE, NEW_CUSTOMERS, WITH_FORMULA[-1]))
    record(quarter, FIGURES)
    assert row(quarter).why_not == Text("尚未计算", "Not calculated yet")


@pytest.mark.parametrize(("first_day", "english"), [(31, "1 day at work in this period, 15 are needed"), (18, "14 days at")])
def test_somebody_not_rated_is_told_why_in_english_too(session: Session, first_day: int, english: str) -> None:
    joined = date(2026, 3, first_day)
    newcomer = an_employee(session, joined_on=joined, post=a_post(session))
    an_employee(session, post=a_post(session), supervisor=an_employee(session))
    cycle = an_open_cycle(session)
    rows = {one.employee_number: one for one in queries.rows_of_cycle(session, hr(session), cycle)}
    own = rows[newcomer.number]
    assert own.step is None and own.why_not is not None
    assert own.why_not.zh.startswith("不参评: 本期在岗") and own.why_not.en.startswith(f"Not rated: {english}")


def test_an_approved_result_says_so_until_something_follows(session: Session) -> None:
    with clock.at(datetime(2026, 4, 8, 2, tzinfo=UTC)):
        quarter = reviewed(session)
        publish(quarter)
    assert row(quarter).approved_on is None
    with clock.at(datetime(2026, 4, 20, 17, tzinfo=UTC)):  # past midnight in the company's zone
        approve(quarter)
        assert row(quarter).approved_on == row(quarter, "own").approved_on == date(2026, 4, 21)
        approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
    assert row(quarter).approved_on is None
    assert row(quarter).step == Text("归档", "Archived")


def test_what_follows_is_told_in_the_policys_words(session: Session) -> None:
    quarter = reviewed(session, {"revenue": "10", "new_customers": "1"}, rating="20")
    results.compute_result(session, quarter.hr, quarter.appraisal.id)
    assert queries.remarks_of(session, quarter.cycle)[quarter.appraisal.id] == (Text("安排定制培训", "Individual training"),)
