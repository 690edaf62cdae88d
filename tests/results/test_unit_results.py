"""Results of units and of the company: entered by one, confirmed by another, corrected by later entries, read by few."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from appraisal import clock, db, files
from appraisal.actor import Actor
from appraisal.cycles.models import CLOSED, Cycle
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Account, Unit
from appraisal.results import unit_results
from appraisal.results.models import UnitResult
from appraisal.results.unit_results import Figures
from tests import factories
from tests.caller import Caller, a_service
from tests.results.a_year import BY_COEFFICIENT, BY_SHARE, a_cycle, rules

TODAY = date(2027, 1, 8)
SEVENTY = Figures(D(70), None, "经营会纪要")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.at(TODAY):
        yield


class Company:
    """A company of two departments in a cycle that ties sales people to their department."""

    def __init__(self, session: Session, links: str = BY_SHARE) -> None:
        self.session = session
        self.top = factories.a_unit(session, "示范公司")
        self.sales = factories.a_unit(session, "销售部", parent=self.top)
        self.buying = factories.a_unit(session, "采购部", parent=self.top)
        head = factories.an_employee(session, "李主管")
        factories.an_employee(session, post=factories.a_post(session, unit=self.sales), supervisor=head)
        self.cycle = a_cycle(session, rules(links=links))
        self.hr, self.approver = factories.hr(session), factories.an_actor(session, "approver")

    def enter(self, unit: Unit | None = None, figures: Figures = SEVENTY, by: Actor | None = None) -> UnitResult:
        unit_id = unit.id if unit else None
        return unit_results.record_unit_result(self.session, by or self.hr, self.cycle.id, unit_id, figures)

    def counting(self) -> dict[int | None, D]:
        return {unit: one.score for unit, one in unit_results.counting(self.session, self.cycle.id).items()}


@pytest.fixture
def company(session: Session) -> Company:
    return Company(session)


def code(kind: type[AppraisalError], call, *args, **more) -> str:
    with pytest.raises(kind) as refused:
        call(*args, **more)
    return refused.value.code


def test_an_entry_counts_from_its_confirmation_by_another_person_on(session: Session, company: Company):
    entry = company.enter(company.sales)
    assert company.counting() == {}
    assert code(NotAllowed, unit_results.confirm_unit_result, session, company.hr, entry.id) == "same_person"
    unit_results.confirm_unit_result(session, company.approver, entry.id)
    assert company.counting() == {company.sales.id: D(70)}
    assert code(Conflict, unit_results.confirm_unit_result, session, company.approver, entry.id) == "already_confirmed"


def test_a_correction_counts_once_it_is_confirmed_and_the_earlier_one_until_then(session: Session, company: Company):
    first = company.enter(company.sales)
    unit_results.confirm_unit_result(session, company.approver, first.id)
    second = unit_results.correct_unit_result(
        session, company.hr, first.id, Figures(D("72.5"), None, "审计报告"), reason="审计调整"
    )
    assert company.counting() == {company.sales.id: D(70)}
    unit_results.confirm_unit_result(session, company.approver, second.id)
    assert company.counting() == {company.sales.id: D("72.5")}
    again = unit_results.correct_unit_result
    assert code(Conflict, again, session, company.hr, first.id, SEVENTY, reason="再改") == "already_corrected"
    assert code(Conflict, company.enter, company.sales) == "already_recorded"


def test_what_has_been_corrected_is_no_longer_confirmed(session: Session, company: Company):
    first = company.enter(company.sales)
    unit_results.correct_unit_result(session, company.hr, first.id, SEVENTY, reason="录入错误")
    assert code(Conflict, unit_results.confirm_unit_result, session, company.approver, first.id) == "already_corrected"


@pytest.mark.parametrize(("score", "fits"), [("0", True), ("100", True), ("-0.0001", False), ("100.0001", False)])
def test_a_score_lies_between_0_and_100(company: Company, score: str, fits: bool):
    figures = Figures(D(score), None, "纪要")
    if fits:
        assert company.enter(company.sales, figures).score == D(score)
    else:
        assert code(Invalid, company.enter, company.sales, figures) == "bad_score"


def test_only_what_the_policy_ties_people_to_is_entered(session: Session, company: Company):
    assert code(Conflict, company.enter, None) == "not_linked"
    tied = Company(session, f"{BY_COEFFICIENT}")
    assert code(Conflict, tied.enter, tied.sales) == "not_linked"
    assert code(Invalid, tied.enter, None) == "coefficient_needed"
    assert code(Invalid, tied.enter, None, Figures(D(90), D("-0.01"), "纪要")) == "bad_coefficient"
    assert tied.enter(None, Figures(D(90), D(0), "纪要")).coefficient == D(0)


def test_nobody_judges_the_unit_they_head_and_the_head_of_all_may_judge_a_department(session: Session, company: Company):
    sales_head, boss = (factories.an_employee(session, name) for name in ("钱经理", "韩总"))
    factories.a_unit_head(session, company.sales, sales_head)
    factories.a_unit_head(session, company.top, boss)
    head = factories.an_actor(session, "hr", employee=sales_head)
    chief = factories.an_actor(session, "approver", employee=boss)
    assert code(NotAllowed, company.enter, company.sales, by=head) == "own_unit"
    entry = company.enter(company.sales)
    assert code(NotAllowed, unit_results.confirm_unit_result, session, head, entry.id) == "own_unit"
    unit_results.confirm_unit_result(session, chief, entry.id)
    assert company.enter(company.buying, by=head).unit_id == company.buying.id


def test_the_head_of_all_does_not_confirm_the_company(session: Session):
    tied = Company(session, BY_COEFFICIENT)
    boss = factories.an_employee(session, "韩总")
    factories.a_unit_head(session, tied.top, boss)
    entry = tied.enter(None, Figures(D(90), D(1), "决算"))
    chief = factories.an_actor(session, "approver", employee=boss)
    assert code(NotAllowed, unit_results.confirm_unit_result, session, chief, entry.id) == "own_unit"
    unit_results.confirm_unit_result(session, tied.approver, entry.id)


@pytest.mark.parametrize("role", ["employee", "payroll", "data_provider", "approver", "auditor", "admin"])
def test_only_hr_enters(session: Session, company: Company, role: str):
    assert code(NotAllowed, company.enter, company.sales, by=factories.an_actor(session, role)) == "not_allowed"


def test_hr_of_a_unit_enters_for_it_and_below_and_reads_nothing_else(session: Session, company: Company):
    theirs = factories.an_actor(session, "hr", unit=company.sales)
    entry = company.enter(company.sales, by=theirs)
    other = company.enter(company.buying)
    assert code(NotAllowed, company.enter, company.buying, by=theirs) == "not_allowed"
    assert [row[0].id for row in session.execute(unit_results.readable(theirs, company.cycle.id))] == [entry.id]
    with pytest.raises(NotFound):
        unit_results.find_unit_result(session, theirs, other.id)
    with pytest.raises(NotFound):
        unit_results.find_unit_result(session, factories.an_actor(session, "payroll"), entry.id)


def test_a_closed_cycle_takes_no_more(session: Session, company: Company):
    entry = company.enter(company.sales)
    session.get_one(Cycle, company.cycle.id).status = CLOSED
    session.flush()
    assert code(Conflict, unit_results.confirm_unit_result, session, company.approver, entry.id) == "cycle_not_open"
    assert code(Conflict, company.enter, company.buying) == "cycle_not_open"


def test_the_database_itself_keeps_an_entry(session: Session, company: Company):
    entry = company.enter(company.sales)
    with pytest.raises(DBAPIError), session.begin_nested():
        entry.score = D(1)
        session.flush()


def test_the_way_over_http_with_the_document(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        company = Company(session)
        who = {name: actor.account_id for name, actor in (("hr", company.hr), ("approver", company.approver))}
        who["payroll"] = factories.an_account(session, "payroll").id
        who = {name: session.get_one(Account, account) for name, account in who.items()}
        kept = files.keep(session, company.hr, name="纪要.pdf", content=b"%PDF-1.7 x", media_type="application/pdf")
        ids = {"cycle_id": company.cycle.id, "unit_id": company.sales.id}
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    hr, approver, payroll = (Caller(site, who[name]) for name in ("hr", "approver", "payroll"))
    body = ids | {"score": "70.5", "source_document": "经营会纪要", "file_ids": [kept.id]}
    assert payroll.post("/unit-results", body).status == 403
    made = hr.post("/unit-results", body)
    assert (made.status, made.json["score"], made.json["unit"]["zh"]) == (201, "70.5", "销售部")
    assert (made.json["confirmed_at"], made.json["files"][0]["name"]) == (None, "纪要.pdf")
    at = f"/unit-results/{made.json['id']}"
    assert hr.post(f"{at}/confirm").json["code"] == "same_person"
    assert approver.post(f"{at}/confirm").json["confirmed_by"] == who["approver"].login
    assert approver.get(f"{at}/files/{kept.id}").data == b"%PDF-1.7 x"
    assert (payroll.get(at).status, payroll.get(f"{at}/files/{kept.id}").status) == (404, 404)
    assert payroll.get("/unit-results").status == 403
    figures = {"score": "71", "source_document": "审计报告", "reason": "审计调整"}
    later = hr.post(f"{at}/corrections", figures)
    assert (later.status, later.json["corrects_id"], later.json["files"]) == (201, made.json["id"], [])
    listed = approver.get("/unit-results", cycle_id=ids["cycle_id"]).json
    assert [(one["score"], one["corrected_by_id"]) for one in listed["items"]] == [("71", None), ("70.5", later.json["id"])]
    assert hr.post("/unit-results", body | {"score": "100.5"}).json["code"] == "already_recorded"
    assert hr.post("/unit-results", body | {"unit_id": 2**31 - 1}).json["code"] == "unknown_unit"
