"""What the results of units and of the company make of a year's result (D-02); worked out by hand."""

from datetime import date
from decimal import Decimal as D

from sqlmodel import Session

from appraisal import clock
from appraisal.cycles import queries as cycle_queries
from appraisal.people import service as people
from appraisal.results import adjusting, queries, unit_results
from tests import factories
from tests.agreements.samples import FIGURES, Quarter, a_quarter, record, review, sign
from tests.results.a_year import (
    BY_COEFFICIENT,
    BY_SHARE,
    HELD_ON,
    OWN,
    QUARTERS,
    a_cycle,
    a_year,
    an_approver,  # noqa: F401
    appraised,
    computed,
    january,  # noqa: F401
    refusal,
    rules,
    said,
    settled,
    stale,
)


def test_a_share_of_the_score_is_the_units(session: Session):
    year = a_year(session, rules(links=BY_SHARE))
    settled(year, year.sheet.unit_id, said("70"))
    result = computed(year)
    # 86.5 × 70 % + 70 × 30 %
    assert (result.score, result.coefficient, result.multiplier) == (D("81.55"), None, D(1))
    assert "挂钩: (本人 86.5 × 70 + 部门结果 70 × 30) ÷ 100 = 81.55" in [line["zh"] for line in result.outcome["lines"]]


def test_without_a_confirmed_result_of_the_unit_there_is_none_and_the_unit_is_named(session: Session):
    year = a_year(session, rules(links=BY_SHARE))
    assert "销售部" in refusal(year).message.zh
    unit_results.record_unit_result(session, year.hr, year.cycle.id, year.sheet.unit_id, said("70"))
    assert "销售部" in refusal(year).message.zh


def test_the_company_makes_the_bonus_more_or_less_and_not_the_score(session: Session):
    year = a_year(session, rules(links=BY_COEFFICIENT))
    settled(year, None, said("90", "1.05"))
    result = computed(year)
    assert (result.score, result.grade) == (D("86.5"), "A")
    assert (result.coefficient, result.multiplier) == (D("1.05"), D("1.26"))  # 1.2 × 1.05


def test_a_grade_that_is_set_later_keeps_the_coefficient(session: Session):
    year = a_year(session, rules(links=BY_COEFFICIENT))
    settled(year, None, said("90", "1.05"))
    computed(year)
    before = queries.standing(session, year.appraisal.id)
    policy = cycle_queries.policy_of(session, year.cycle)
    after = adjusting.regrade(
        session, year.hr, year.appraisal, policy, before, layer="calibrated", grade="S", reason="全公司横向比较"
    )
    assert (after.coefficient, after.multiplier) == (D("1.05"), D("1.575"))  # 1.5 × 1.05
    assert after.outcome["multiplier"] == "1.575"


def test_a_team_has_the_result_of_the_nearest_unit_above_that_has_one(session: Session):
    company = factories.a_unit(session, "示范公司")
    division = factories.a_unit(session, "销售事业部", parent=company)
    team = factories.a_unit(session, "华东组", parent=division)
    head = factories.an_employee(session, "李主管")
    person = factories.an_employee(session, "周戊", post=factories.a_post(session, unit=team), supervisor=head)
    year = a_quarter(session, person, cycle=a_cycle(session, rules(links=BY_SHARE)))
    sign(year)
    record(year, FIGURES)
    review(year, (year.sheet, "plan", "85"), held_on=HELD_ON)
    settled(year, company.id, said("50"))
    assert computed(year).score == D("75.55")  # 60.55 + 15
    with clock.at(date(2027, 1, 9)):
        settled(year, division.id, said("60"))
        assert stale(year) == [year.appraisal.id]
        assert computed(year).score == D("78.55")
    with clock.at(date(2027, 1, 10)):
        settled(year, team.id, said("80"))
        assert computed(year).score == D("84.55")
    assert computed(year).sheets[0]["case"]["parts"][-1]["source"] == "华东组"


def a_move(session: Session, approver: tuple[int, int], second_post: str) -> Quarter:
    """Somebody who sold in one department for 73 days and then 292 in another, with 80 in the first quarter."""
    first, second = factories.a_unit(session, "一部"), factories.a_unit(session, "二部")
    head = factories.an_employee(session, "李主管")
    person = factories.an_employee(session, "周戊", post=factories.a_post(session, unit=first), supervisor=head)
    post = factories.a_post(session, second_post, unit=second)
    people.assign_post(session, factories.hr(session), person, post, from_on=date(2026, 3, 15))
    files = rules((OWN, QUARTERS), links=BY_SHARE)
    appraised(session, person, "2026-Q1", "80", approver, files=rules((OWN, QUARTERS), links=ONLY_IN_THE_YEAR))
    year = a_quarter(session, person, cycle=a_cycle(session, files))
    assert [sheet.days for sheet in year.sheets] == [73, 292]
    review(year, held_on=HELD_ON)
    return year


ONLY_IN_THE_YEAR = "{posts: [sales], to: unit, share: 30, cadences: [year]}"


def test_who_changed_units_has_the_results_of_both_by_their_days(session: Session, approver: tuple[int, int]):
    year = a_move(session, approver, "sales")
    before, after = year.sheets
    settled(year, before.unit_id, said("60"))
    assert "二部" in refusal(year).message.zh
    settled(year, after.unit_id, said("90"))
    # the units' (60 × 73 + 90 × 292) ÷ 365 = 84; 80 × 70 % + 84 × 30 %
    assert computed(year).score == D("81.2")


def test_only_the_days_in_a_linked_post_tie_somebody_to_a_unit(session: Session, approver: tuple[int, int]):
    year = a_move(session, approver, "purchasing")
    settled(year, year.sheets[0].unit_id, said("60"))
    # 30 × 73 ÷ 365 = 6 points: 80 × 94 % + 60 × 6 %
    assert computed(year).score == D("78.8")
