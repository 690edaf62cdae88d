"""Documents of a unit and of a release: everybody of it and nobody else, and only for who handles them all."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles.models import Cycle
from appraisal.errors import NotAllowed, NotFound
from appraisal.payroll import service as payroll
from appraisal.people.models import Unit
from appraisal.reports import payroll_cover, unit_notices, unit_people, unit_sign_off, unit_summary
from appraisal.results import publishing
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    acting,
    approve,
    publish,
    record,
    review,
    sign,
)
from tests.agreements.test_paper import two_witnesses

UNIT_FORMS = (unit_summary.FORM, unit_notices.FORM, unit_sign_off.FORM)


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


class Department:
    """A unit below another with its head: one approved, one published, one not computed, one not rated; and a stranger."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.company = factories.a_unit(session, "示例公司")
        self.unit = factories.a_unit(session, "销售部", parent=self.company)
        chief = factories.a_unit_head(session, self.unit)
        self.head = acting(session, chief)
        post = factories.a_post(session, unit=self.unit)
        people = [factories.an_employee(session, name, post=post, supervisor=chief) for name in ("甲一", "乙二", "丙三")]
        self.new = factories.an_employee(session, "丁四", joined_on=date(2026, 3, 18), post=post, supervisor=chief)
        elsewhere = factories.a_post(session, unit=factories.a_unit(session, "采购部", parent=self.company))
        self.other = factories.an_employee(session, "戊五", post=elsewhere, supervisor=chief)
        self.cycle: Cycle = factories.an_open_cycle(session)
        self.quarters: list[Quarter] = [a_quarter(session, one, cycle=self.cycle) for one in people]
        for quarter in self.quarters:
            sign(quarter)
            record(quarter, FIGURES)
            review(quarter, (quarter.sheet, "plan", "85"))
        for quarter in self.quarters[:2]:
            publish(quarter)
        with clock.at(AFTER_APPEALS):
            approve(self.quarters[0])

    @property
    def hr(self) -> Actor:
        return self.quarters[0].hr

    def told(self, tell: Callable[..., Any], actor: Actor, unit: Unit | None = None) -> Any:
        return tell(self.session, actor, self.cycle.id, (unit or self.unit).id)


@pytest.fixture
def department(session: Session) -> Department:
    return Department(session)


def test_a_summary_has_everybody_of_the_unit_with_what_they_came_to_or_why_not(department: Department) -> None:
    told = department.told(unit_summary.summarise_unit, department.hr)
    assert [one.name for one in told.people] == ["甲一", "乙二", "丙三", "丁四"]
    first, second, third, new = told.people
    assert (first.grade, second.grade) == ("A", "A") and first.score == second.score is not None
    assert first.approved_on is not None and second.approved_on is None
    assert third.grade is None and third.why_not is not None and "不参评" in new.why_not.zh  # type: ignore[union-attr]
    assert (told.rated, told.graded, told.approved, told.mean) == (3, 2, 1, round(first.score, 2))
    assert told.approvers == (("韩总", 1),) and told.unit_head == "部门负责人"
    (population,) = told.populations
    assert [(one.count, one.reached) for one in population.shares if one.grade in ("A", "B")] == [(2, 2), (0, 2)]
    assert told.head.number == f"{department.cycle.code}-{department.unit.code}" and told.head.company == "示例公司"
    assert told.head.dated == AFTER_APPEALS


def test_the_unit_above_has_the_people_of_all_below_and_without_a_unit_it_is_everybody(department: Department) -> None:
    above = department.told(unit_summary.summarise_unit, department.hr, department.company)
    whole = unit_summary.summarise_unit(department.session, department.hr, department.cycle.id or 0)
    assert {one.name for one in above.people} == {"甲一", "乙二", "丙三", "丁四", "戊五"} == {one.name for one in whole.people}
    assert above.several_units and not department.told(unit_summary.summarise_unit, department.hr).several_units


def test_the_notices_of_a_unit_are_those_that_people_get_alone(department: Department) -> None:
    told = department.told(unit_notices.tell_unit, department.hr)
    assert [one.employee_name for one in told.notices] == ["甲一", "乙二"]
    assert [name for _, name, _ in told.without] == ["丙三", "丁四"]
    alone = unit_notices.tell_result(department.session, department.hr, department.quarters[0].appraisal.id)
    assert told.notices[0] == alone
    html = unit_notices.FORM.html(told, "zh")
    assert html.count('class="each"') == 2 and all(one.number in html for one in told.notices)


def test_a_unit_of_which_nobody_has_a_result_has_no_notices(department: Department) -> None:
    elsewhere = department.session.get_one(Unit, department.unit.id + 1 if department.unit.id else 0)
    assert [one.name for one in department.told(unit_summary.summarise_unit, department.hr, elsewhere).people] == ["戊五"]
    with pytest.raises(NotFound):
        department.told(unit_notices.tell_unit, department.hr, elsewhere)


def test_the_list_to_sign_tells_who_has_received_and_nothing_of_results(department: Department) -> None:
    first, second = department.quarters[0], department.quarters[1]
    refusal = {"answer": "refused", "witness_ids": two_witnesses(second)}
    publishing.enter_acknowledgement(department.session, department.hr, second.appraisal.id, **refusal)
    told = department.told(unit_sign_off.list_unit, department.hr)
    approved, refused, waiting, new = told.people
    assert approved.said == unit_sign_off.RECEIVED["deemed"] and refused.said == unit_sign_off.RECEIVED["refused"]
    assert len(refused.witnesses) == 2 and refused.notice == f"{department.cycle.code}-{second.employee.number}-1"
    assert (waiting.nothing, new.nothing) == (unit_sign_off.NOT_PUBLISHED, unit_sign_off.NOT_RATED)
    assert (told.published, told.received, approved.notice) == (2, 2, f"{department.cycle.code}-{first.employee.number}-1")
    html = unit_sign_off.FORM.html(told, "both")
    assert "优秀" not in html and "Excellent" not in html and "奖金" not in html


@pytest.mark.parametrize("form", UNIT_FORMS, ids=lambda form: form.id)
def test_only_who_handles_all_of_a_unit_has_its_documents(department: Department, form: object) -> None:
    session, cycle, unit = department.session, department.cycle.id, department.unit.id
    auditor, approver = factories.an_actor(session, "auditor"), department.quarters[0].approver
    for actor in (department.hr, department.head, auditor, approver, factories.an_actor(session, "hr", unit=department.unit)):
        assert form.built(session, actor, cycle, unit)  # type: ignore[attr-defined]
    elsewhere = factories.an_actor(session, "hr", unit=factories.a_unit(session, "财务部"))
    own = department.quarters[0].own
    for actor in (own, elsewhere, department.quarters[0].payroll, factories.an_actor(session, "admin")):
        with pytest.raises(NotFound):
            form.built(session, actor, cycle, unit)  # type: ignore[attr-defined]
    # Who handles a part of the company has no document of all of it.
    with pytest.raises(NotFound):
        form.built(session, factories.an_actor(session, "hr", unit=department.unit), cycle, department.company.id)  # type: ignore[attr-defined]


def test_the_units_offered_are_those_whose_documents_one_may_have(department: Department) -> None:
    session, cycle = department.session, department.cycle

    def offered(actor: Actor) -> set[str]:
        return {one.name for one in unit_people.units_with_people(session, actor, cycle)}

    assert offered(department.hr) == {"示例公司", "销售部", "采购部"}
    assert offered(factories.an_actor(session, "hr", unit=department.unit)) == {"销售部"}
    assert offered(department.quarters[0].own) == set()


# 发放封面


def released(department: Department, bases: bool = True) -> int:
    """The release of the one who is approved, with the base of them."""
    first = department.quarters[0]
    made = payroll.prepare_release(department.session, first.hr, department.cycle.id or 0)
    if bases:
        payroll.set_bases(department.session, first.payroll, made.id or 0, {first.employee.number: (D("12345.67"), "CNY")})
    payroll.release_pay(department.session, first.payroll, made.id or 0)
    return made.id or 0


def test_a_cover_has_the_totals_of_the_release_its_digest_and_who_approved(department: Department) -> None:
    release_id, first = released(department), department.quarters[0]
    session = department.session
    told = payroll_cover.cover_release(session, first.payroll, release_id)
    said = payroll.pull(session, first.hr, release_id)
    stored = session.get_one(payroll_cover.Release, release_id)
    assert hashlib.sha256((stored.content or "").encode()).hexdigest() == told.sha256
    assert (told.lines, told.rated, told.not_rated) == (2, 1, 1) and str(told.multipliers) == said["totals"]["multipliers"]
    assert [(one.unit, one.lines, one.multipliers) for one in told.units] == [("销售部", 2, told.multipliers)]
    assert told.audit_hash == said["audit"]["hash"] and [(one.name, one.count) for one in told.approved] == [("韩总", 1)]
    assert told.amounts == (("CNY", D("14814.80")),) and told.bases == 1


def test_sums_of_money_are_on_the_cover_for_payroll_alone_and_no_base_is(department: Department) -> None:
    release_id, first = released(department), department.quarters[0]
    for payer, number in ((first.payroll, "-001-amounts"), (first.hr, "-001")):
        told = payroll_cover.cover_release(department.session, payer, release_id)
        html = payroll_cover.FORM.html(told, "zh")
        assert told.head.number.endswith(number) and ("14,814.8" in html) == (payer is first.payroll)
        assert "12345" not in html and "12,345" not in html


def test_only_a_release_that_was_let_go_has_a_cover_and_only_for_its_readers(department: Department) -> None:
    session, first = department.session, department.quarters[0]
    made = payroll.prepare_release(session, first.hr, department.cycle.id or 0)
    with pytest.raises(NotFound):
        payroll_cover.cover_release(session, first.payroll, made.id or 0)
    with pytest.raises(NotAllowed):
        payroll_cover.cover_release(session, department.head, made.id or 0)
