"""The sample coal group: what each of its 66 sheets comes to, and whom each incident reaches and whom not.

The two quarters are run once, on SQLite; `test_coal_opening` goes part of the way on PostgreSQL.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal as D
from typing import Any

import pytest
from sqlmodel import Session, select

from appraisal import audit, db
from appraisal.agreements import queries as agreements
from appraisal.agreements.models import PAPER, REALLOTTED, REFUSED, WeightApproval
from appraisal.audit import AuditRecord
from appraisal.core.appraise import appraise_sheets
from appraisal.core.numbers import add
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import EXTERNAL, UNIT, Cycle
from appraisal.cycles.preflight import preflight
from appraisal.demo.coal_files import clerks, holders
from appraisal.demo.coal_group import HR, PAYROLL, TOP
from appraisal.demo.coal_quarter import LEFT, CoalQuarters
from appraisal.payroll import queries as payroll_queries
from appraisal.payroll import service as payroll
from appraisal.payroll.settlements import settlements
from appraisal.people.models import Account
from appraisal.reports.result_notice import tell_result
from appraisal.results import queries as results
from appraisal.results import unit_results
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import Result
from tests.demo.coal import a_coal_group

PLANNING = {"C101", "C102", "C103", "C104", "C105"}
LOGISTICS, DRIVER, CHEF, OFFICE = "C121", "C126", "C127", "C120"
CONTRACTOR, KEEPER = "C166", "C156"
SUPPORT = "logistics_supervisor-administrative_support"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")


@dataclass(frozen=True)
class Ran:
    """The group after its second quarter, with what the programme said on the way and what was released."""

    group: CoalQuarters
    cycle: Cycle
    session: Session
    said: list[str]
    released: dict[str, Any]

    def result(self, number: str) -> Result:
        standing = results.standing(self.session, self.group.appraisal_id(number))
        assert standing is not None
        return standing.result

    def items(self, number: str) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.result(number).outcome["items"]}

    def line(self, number: str, words: str) -> str:
        """The line of somebody's explanation about an item."""
        (line,) = [line["zh"] for line in self.result(number).outcome["lines"] if line["zh"].startswith(words)]
        return str(line)


@pytest.fixture(scope="module")
def ran(module_database_url: str) -> Iterator[Ran]:
    target = db.make_engine(module_database_url)
    said: list[str] = []
    with db.transaction(target, write=True) as session:
        group, checked = a_coal_group(session, said)
        cycle = group.run(checked)
        release = payroll.prepare_release(session, group.actors[HR], cycle.id)
        payroll.release_pay(session, group.actors[PAYROLL], release.id)
    with db.transaction(target, write=False) as session:
        group.session = session
        yield Ran(group, cycle, session, said, payroll.pull(session, group.actors[PAYROLL], release.id))
    target.dispose()


def test_each_of_the_66_has_one_holder_or_head_and_a_result_or_a_reason(ran: Ran) -> None:
    policy = cycles.policy_of(ran.session, ran.cycle)
    assert len(policy.sheets) == 66
    assert Counter(post for case in ran.group.cases.values() for post in case.sheets) == Counter(
        located.post.id for located in policy.sheets
    )
    without = [one for one in ran.group.cases if results.standing(ran.session, ran.group.appraisal_id(one)) is None]
    assert without == [OFFICE]
    assert any(line.startswith(OFFICE) and "hotel" in line and "has no figure" in line for line in ran.said)


def test_what_was_agreed_on_totals_100_everywhere(ran: Ran) -> None:
    assert len(ran.group.agreed) == 66
    assert {add(*(item.weight for item in one.items)) for one in ran.group.agreed.values()} == {D(100)}
    assert all(len(one.items) <= 8 for one in ran.group.agreed.values())


def test_the_two_that_cannot_keep_the_print_are_shared_anew_and_approved(ran: Ran) -> None:
    approved = ran.session.exec(select(WeightApproval)).all()
    assert {one.status for one in approved} == {REALLOTTED}
    posts = {sheet: post for case in ran.group.cases.values() for post, sheet in case.sheets.items()}
    of_sheet = {one.agreement.id: sheet for sheet, one in ran.group.agreed.items()}
    assert {posts[of_sheet[one.agreement_id]] for one in approved} == {"planning", "finance_department"}


def test_of_ten_rows_wished_for_the_marketing_centre_takes_the_nearest_eight(ran: Ran) -> None:
    agreed = ran.group.agreed[ran.group.cases["C152"].sheets["marketing_centre"]]
    weights = {item.item.partition("-")[2]: item.weight for item in agreed.items}
    assert len(weights) == 8 and weights["promotion_effect"] == 10 and sum(weights.values()) == 100
    assert any("10 rows wished for" in line for line in ran.said)


def test_two_sign_on_paper_and_one_refuses_before_two_witnesses(ran: Ran) -> None:
    kinds: set[tuple[str, str]] = set()
    for number, case in ran.group.cases.items():
        for sheet in case.sheets.values():
            signatures = agreements.signatures_of(ran.session, ran.group.agreed[sheet].agreement.id)
            assert {one.role for one in signatures} == {"employee", "supervisor"}
            kinds |= {(number, one.kind) for one in signatures if one.kind in (PAPER, REFUSED)}
    assert kinds == {(KEEPER, PAPER), (CONTRACTOR, PAPER), ("C140", REFUSED)}


def test_those_without_account_are_entered_for_by_clerks(ran: Ran) -> None:
    without = {holder.number for holder in holders() if not holder.has_account}
    assert without == {KEEPER, CONTRACTOR}
    entered = ran.session.exec(select(AuditRecord.object_id).where(AuditRecord.action == "clerk.enter")).all()
    assert set(entered) == {str(ran.group.employee(number).id) for number in without}
    assert len(clerks()) == len(without)


def test_somebody_with_two_posts_has_two_sheets_that_weigh_60_and_40(ran: Ran) -> None:
    sheets = {sheet["case"]["post"]: D(sheet["share"]) for sheet in ran.result("C123").sheets}
    assert sheets["confidential_secretary"] / sheets["typist"] == D("1.5")


def test_a_superior_who_heads_the_unit_is_replaced_by_their_own(ran: Ran) -> None:
    assert ran.group.cases["C133"].superior == "C001"
    (line,) = [one.supervisor for one in holders() if one.number == "C133"]
    assert line == "C004"


def test_nobody_is_vetoed_but_the_planning_department_the_chef_and_the_logistics_supervisor(ran: Ran) -> None:
    vetoed = {one for one in ran.group.cases if one != OFFICE and ran.result(one).vetoed}
    assert vetoed == PLANNING | {CHEF, LOGISTICS}


@pytest.mark.parametrize("number", sorted(PLANNING))
def test_the_veto_on_the_planning_department_zeroes_each_of_them_and_keeps_what_was_computed(ran: Ran, number: str) -> None:
    result = ran.result(number)
    assert (result.score, result.grade, result.multiplier) == (0, "D", 0)
    assert result.computed_score > 60
    (sheet,) = result.sheets
    assert [one["event"] for one in sheet["case"]["incidents"]] == ["planning_failure"]
    assert sheet["case"]["incidents"][0].get("reach", "self") == ("self" if number == "C101" else "unit")


def test_the_food_event_zeroes_the_totals_of_the_chef_and_of_the_logistics_supervisor(ran: Ran) -> None:
    fired = {one: [each["rule"] for each in ran.result(one).outcome["fired"]] for one in (CHEF, LOGISTICS)}
    assert all("vetoes/veto_chef" in rules for rules in fired.values())
    assert ran.result(CHEF).score == ran.result(LOGISTICS).score == 0
    assert all(item["zeroed_by"] is None for item in ran.items(CHEF).values())


def test_the_drivers_complaint_zeroes_an_item_of_the_driver_and_one_of_the_logistics_supervisor(ran: Ran) -> None:
    zeroed = {
        (number, item["id"])
        for number in ran.group.cases
        if number != OFFICE
        for item in ran.items(number).values()
        if item["zeroed_by"] is not None
    }
    assert zeroed == {(DRIVER, "driver-service_attitude"), (LOGISTICS, SUPPORT)}
    driver = ran.result(DRIVER)
    assert not driver.vetoed and driver.computed_score - driver.score == D("16.8")
    assert (ran.items(LOGISTICS)[SUPPORT]["computed"], ran.items(LOGISTICS)[SUPPORT]["score"]) == ("94", "0")


def test_the_half_yearly_figure_of_the_first_quarter_is_carried_into_the_second(ran: Ran) -> None:
    line = ran.line("C116", "实际人力成本与计划人力成本差异率")
    assert "实际 3.2(沿用上期)" in line and "得 100" in line
    assert ran.items("C116")["hr_department-labour_cost_variance"]["missing"]


def test_a_notice_says_whose_sheet_it_is_and_shows_what_was_carried(ran: Ran) -> None:
    told = {
        number: tell_result(ran.session, ran.group.actors[HR], ran.group.appraisal_id(number)) for number in ("C116", "C127")
    }
    assert told["C116"].posts.zh.endswith("(部门考核)")
    assert "(" not in told["C127"].posts.zh
    assert [item.actual for item in told["C116"].items if item.name.zh.startswith("实际人力成本")] == [D("3.2")]


def test_figures_gathered_by_the_month_make_one_of_the_quarter(ran: Ran) -> None:
    assert "实际 3.2667" in ran.line("C106", "成本费用预算差异率")


def test_a_goal_that_two_rate_together_is_their_mean_by_shares(ran: Ran) -> None:
    line = ran.line("C144", "生产计划编制与下达及时性")
    assert "50%" in line and line.count("×") >= 2


def test_the_same_snapshot_and_case_give_the_same_outcome_again(ran: Ran) -> None:
    policy = cycles.policy_of(ran.session, ran.cycle)
    for number in ("C101", "C116", "C123", LOGISTICS):
        result = ran.result(number)
        assert appraise_sheets(policy, sheets_from_json(result.sheets)).as_json() == result.outcome


def test_the_contractor_is_settled_outside_and_in_no_release(ran: Ran) -> None:
    (line,) = settlements(ran.session, ran.cycle)
    assert (line.representative_no, line.state) == (CONTRACTOR, "approved") and line.score is not None
    assert CONTRACTOR not in {one["employee_no"] for one in ran.released["lines"]}
    contractor = ran.group.employee(CONTRACTOR)
    assert ran.session.exec(select(Account).where(Account.employee_id == contractor.id)).first() is None


def test_everybody_else_with_an_approved_result_is_released_once(ran: Ran) -> None:
    waiting = {OFFICE, *LEFT}
    released = Counter(line["employee_no"] for line in ran.released["lines"])
    assert released == Counter(set(ran.group.cases) - waiting - {CONTRACTOR})
    assert set(payroll_queries.waiting(ran.session, ran.cycle)) == waiting


def test_the_results_of_units_feed_nobody_because_the_policy_links_nobody(ran: Ran) -> None:
    sheets = cycles.sheets_of(ran.session, [case.appraisal for case in ran.group.cases.values()])
    subjects = Counter(sheet.subject for several in sheets.values() for sheet in several)
    assert (subjects[UNIT], subjects[EXTERNAL]) == (13, 1)
    counting = unit_results.counting(ran.session, ran.cycle.id)
    assert counting[ran.group.unit("coal-planning").id].score == 0
    for number in set(ran.group.cases) - {OFFICE}:
        assert all(not sheet["case"].get("parts") for sheet in ran.result(number).sheets)


def test_its_hr_and_payroll_know_of_its_own_people_only(ran: Ran) -> None:
    within = ran.group.unit(TOP).id
    for number, role in ((HR, "hr"), (PAYROLL, "payroll")):
        units = ran.group.actors[number].units_of(role)
        assert units is not None and within in units and not ran.group.actors[number].has(role)


def test_nothing_was_left_blank_and_every_change_is_in_an_audit_chain_that_holds(ran: Ran) -> None:
    assert preflight(ran.session, ran.cycle).blocking == ()
    assert audit.verify(ran.session) is None
    actions = set(ran.session.exec(select(AuditRecord.action)).all())
    expected = {"cycle.rule", "cycle.copy_rulings", "agreement_weights.approve", "agreement.refuse", "measure.import"}
    assert expected | {"incident.confirmed", "review.goal_rating", "clerk.enter", "result.approve"} <= actions
