"""The wider scopes of incidents, under the coal group's policy as shipped: what becomes of whose results, and when."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.core.inputs import PastGrade
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict
from appraisal.incidents import naming
from appraisal.incidents import service as incidents
from appraisal.results import queries, reopening, service
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_histories, gather_sheets
from appraisal.results.models import Result
from tests.agreements.coal import drafts
from tests.agreements.samples import AFTER_APPEALS, REVIEW_DAY, Quarter, a_quarter, approve, publish, sign
from tests.cycles.coal import a_coal_cycle
from tests.incidents.coal import Company, a_coal_company, confirmed, filed, reviewed

SUPPORT = "logistics_supervisor-administrative_support"


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def company(session: Session) -> Company:
    return a_coal_company(session)


def compute(quarter: Quarter) -> Result:
    return service.compute_result(quarter.session, quarter.hr, quarter.appraisal.id)


def zeroed(result: Result) -> set[str]:
    return {item["id"] for item in result.outcome["items"] if item["zeroed_by"]}


def ways(result: Result) -> dict[tuple[str, str], int]:
    """How often each event has reached the person of a result, and how."""
    found = [one for sheet in sheets_from_json(result.sheets) for one in sheet.case.incidents]
    return {(one.event, one.reach): one.count for one in found}


def stale(company: Company) -> set[str]:
    return company.names([one.employee_id for one, _ in queries.stale_results(company.session, company.cycle)])


def history_of(company: Company, quarter: Quarter) -> tuple[PastGrade, ...]:
    later = a_coal_cycle(company.session, period="2026-Q2")
    return gather_histories(company.session, [quarter.employee.id], later)[quarter.employee.id]


# A whole unit: “部门全体员工考核期零分处理” (003 表 1, R-003-30)


def test_a_veto_on_the_department_voids_each_result_in_it_and_keeps_what_was_computed(company: Company):
    strategist = reviewed(company, "strategist")
    before = compute(strategist)
    confirmed(company, "planning", "planning_failure")
    after = compute(strategist)
    assert (before.score, before.vetoed) == (D("86.5"), False)
    assert (after.computed_score, after.score, after.grade, after.vetoed) == (D("86.5"), D(0), "D", True)
    assert ways(after) == {("planning_failure", "unit"): 1}


@pytest.mark.parametrize(("day", "hit"), [(date(2026, 2, 10), False), (date(2026, 2, 11), True)])
def test_who_joined_later_is_not_in_it_and_who_joined_that_day_is(company: Company, day: date, hit: bool):
    found = confirmed(company, "planning", "planning_failure", day)
    _, people, _ = naming.preview_reach(company.session, company.hr, found.id)
    assert ("latecomer" in company.names([one.employee.id for one in people])) is hit


def test_of_somebody_who_moved_on_it_falls_on_the_sheet_of_the_post_held_that_day(company: Company):
    session, mover = company.session, a_quarter(company.session, company.people["mover"], cycle=company.cycle)
    policy = cycles.policy_of(session, company.cycle)
    for sheet in mover.sheets:
        rows = {row.id: str(group.weight) for group in policy.posts[sheet.policy_post].post.groups for row in group.items}
        sign(mover, drafts(rows), sheet)
    confirmed(company, "planning", "planning_failure")
    confirmed(company, "planning", "planning_failure", date(2026, 3, 1))
    found = gather_sheets(session, mover.appraisal, company.cycle, policy)
    happened = {sheet.case.post: [(one.reach, one.count) for one in sheet.case.incidents] for sheet in found}
    assert happened == {"investment_specialist": [("unit", 1)], "expense_accountant": []}


def test_a_collective_zero_is_no_d_of_ones_own(company: Company):
    confirmed(company, "planning", "planning_failure")
    strategist = reviewed(company, "strategist")
    publish(strategist)
    with clock.at(AFTER_APPEALS):
        approve(strategist)
    assert [(past.grade, past.collective) for past in history_of(company, strategist)] == [("D", True)]


def test_nor_is_that_of_somebody_named(company: Company):
    found = filed(company, "production", "production_accident")
    naming.name_person(company.session, company.hr, found.id, company.people["driver"].id, reason="当班运送")
    incidents.confirm_incident(company.session, company.hr, found.id, findings="属实")
    driver = reviewed(company, "driver")
    publish(driver)
    with clock.at(AFTER_APPEALS):
        approve(driver)
    assert [(past.grade, past.collective) for past in history_of(company, driver)] == [("D", True)]


@pytest.mark.parametrize("with_the_unit", [False, True])
def test_a_zero_through_ones_own_doing_is_even_where_the_unit_had_one_too(company: Company, with_the_unit: bool):
    confirmed(company, "strategist", "market_policy_loss")
    if with_the_unit:
        confirmed(company, "planning", "planning_failure")
    strategist = reviewed(company, "strategist")
    publish(strategist)
    with clock.at(AFTER_APPEALS):
        approve(strategist)
    assert [(past.grade, past.collective) for past in history_of(company, strategist)] == [("D", False)]


# Another post's total, and one of its items (003 表 21、26、27, R-003-33 至 R-003-40)


def test_a_food_event_voids_the_chef_and_the_logistics_supervisor_once_though_two_rules_name_it(company: Company):
    chef, supervisor = reviewed(company, "chef"), reviewed(company, "supervisor")
    plain = compute(chef).computed_score, compute(supervisor).computed_score
    confirmed(company, "chef", "food_event")
    results = compute(chef), compute(supervisor)
    assert [(one.score, one.vetoed) for one in results] == [(D(0), True), (D(0), True)]
    assert tuple(one.computed_score for one in results) == plain
    assert [ways(one) for one in results] == [{("food_event", "self"): 1}, {("food_event", "post"): 1}]


def test_a_food_event_reported_on_the_supervisor_leaves_the_chef_alone(company: Company):
    chef, supervisor = reviewed(company, "chef"), reviewed(company, "supervisor")
    confirmed(company, "supervisor", "food_event")
    assert (compute(supervisor).vetoed, compute(chef).vetoed) == (True, False)


def test_a_complaint_about_the_driver_zeroes_an_item_of_the_driver_and_one_of_the_supervisor(company: Company):
    driver, supervisor = reviewed(company, "driver"), reviewed(company, "supervisor")
    confirmed(company, "driver", "driver_complaint")
    theirs, above = compute(driver), compute(supervisor)
    assert (zeroed(theirs), theirs.computed_score, theirs.score) == ({"driver-service_attitude"}, D(95), D(77))
    assert (zeroed(above), above.computed_score, above.score) == ({SUPPORT}, D(92), D(74))
    assert not theirs.vetoed and not above.vetoed


def test_complaints_about_both_zero_the_supervisors_item_once(company: Company):
    supervisor = reviewed(company, "supervisor")
    confirmed(company, "driver", "driver_complaint")
    confirmed(company, "chef", "chef_complaint")
    confirmed(company, "chef", "chef_complaint", date(2026, 2, 20))
    result = compute(supervisor)
    assert (zeroed(result), result.score) == ({SUPPORT}, D(74))
    assert ways(result) == {("chef_complaint", "post"): 2, ("driver_complaint", "post"): 1}


@pytest.mark.parametrize(("rated", "hit"), [("90", False), ("89.99", True)])
def test_diners_under_90_zero_their_item_by_the_figure_alone_and_90_do_not(company: Company, rated: str, hit: bool):
    result = compute(reviewed(company, "chef", diner_satisfaction=rated))
    assert zeroed(result) == ({"chef-diner_satisfaction"} if hit else set())
    assert result.vetoed is False


# The superior: 属员责任 (003 表 34、36、45, D-10)


@pytest.mark.parametrize(("about", "struck"), [("engineer", {"technical"}), ("technical", {"technical"})])
def test_a_superior_answers_for_their_people_and_nobody_above_for_the_superior(company: Company, about: str, struck: set[str]):
    found = confirmed(company, about, "technical_staff_accident")
    _, _, affected = naming.preview_reach(company.session, company.hr, found.id)
    assert {who for who in company.people for one in affected if one.effects and one.employee is company.people[who]} == struck


# Stale, withdrawn, reopened (D-19, D-20, R-003-40, R-003-41)


def test_filing_moves_nothing_confirming_makes_the_results_of_all_it_reaches_stale_and_withdrawing_again(company: Company):
    quarters = {who: reviewed(company, who) for who in ("chef", "driver", "supervisor")}
    plain = {who: compute(quarter).score for who, quarter in quarters.items()}
    with clock.at(date(2026, 4, 9)):
        found = filed(company, "chef", "food_event")
        assert stale(company) == set()
        incidents.confirm_incident(company.session, company.hr, found.id, findings="属实")
        assert stale(company) == {"chef", "supervisor"}
        assert {who: compute(quarter).score for who, quarter in quarters.items()} == plain | {"chef": D(0), "supervisor": D(0)}
        assert stale(company) == set()
    with clock.at(date(2026, 4, 10)):
        incidents.withdraw_incident(company.session, company.hr, found.id, reason="检验合格")
        assert stale(company) == {"chef", "supervisor"}
        assert {who: compute(quarter).score for who, quarter in quarters.items()} == plain


def test_an_approved_result_stands_until_an_approver_reopens_it(company: Company):
    session, supervisor = company.session, reviewed(company, "supervisor")
    publish(supervisor)
    with clock.at(AFTER_APPEALS):
        approve(supervisor)
        found = confirmed(company, "chef", "food_event")
        assert stale(company) == {"supervisor"}
        with pytest.raises(Conflict) as refused:
            compute(supervisor)
        assert refused.value.code == "already_approved"
        reopening.request_reopening(session, company.hr, supervisor.appraisal.id, reason="食堂事件连带")
        assert queries.last_approved(session, supervisor.appraisal.id)[0].score == D(92)
        reopening.decide_reopening(session, supervisor.approver, supervisor.appraisal.id, granted=True, reason="同意复核")
        layer = compute(supervisor)
        assert (layer.layer, layer.computed_score, layer.score, layer.vetoed) == ("reviewed", D(92), D(0), True)
        assert stale(company) == set()
    with clock.at(date(2026, 4, 22)):
        incidents.withdraw_incident(session, company.hr, found.id, reason="检验合格")
        assert (compute(supervisor).score, stale(company)) == (D(92), set())
