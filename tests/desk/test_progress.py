"""The control room: how far a cycle has come, unit by unit, and what HR does about many cases at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import Session, select

from appraisal import clock, db, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, DeadlineNotice, Extension, Reassignment
from appraisal.desk import progress
from appraisal.people.models import Employee, Unit
from tests import factories as make
from tests.site import a_browser, a_site, send

# The data of the quarter are due on 8 April, five working days after its end.
DAY = datetime(2026, 4, 13, 2, 0, tzinfo=UTC)
OPENED = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


@dataclass
class Company:
    """Two units below a company: three in sales, of whom one has come to the review, one in buying."""

    cycle: Cycle
    sales: Unit
    buying: Unit
    people: dict[str, Employee]
    logins: dict[str, str]


def a_company(session: Session) -> Company:
    company = make.a_unit(session, "示范公司")
    sales, buying = make.a_unit(session, "销售部", parent=company), make.a_unit(session, "采购部", parent=company)
    people = {"李": make.an_employee(session, "李主管"), "孙": make.an_employee(session, "孙主管")}
    for name in ("周戊", "吴<b>己</b>", "郑庚"):
        people[name[0]] = make.an_employee(session, name, post=make.a_post(session, unit=sales), supervisor=people["李"])
    people["陈"] = make.an_employee(
        session, "陈癸", post=make.a_post(session, "purchasing", unit=buying), supervisor=people["李"]
    )
    with clock.at(OPENED):
        cycle = make.an_open_cycle(session)
    reviewed = cycles.appraisal_of(session, cycle, people["周"])
    assert reviewed is not None
    reviewed.step, reviewed.step_since = "supervisor_review", DAY
    make.an_account(session, "employee", employee=people["李"])
    logins = {role: make.an_account(session, role).login for role in ("hr", "auditor", "approver")}
    logins["data_provider"] = make.an_account(session, "data_provider", employee=people["孙"]).login
    logins["周"] = make.an_account(session, "employee", employee=people["周"]).login
    logins["hr_buying"] = make.an_account(session, "hr", unit=buying).login
    session.flush()
    return Company(cycle, sales, buying, people, logins)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


@pytest.fixture
def company(site: web.Site) -> Iterator[Company]:
    with clock.at(DAY):
        with db.transaction(site.target, write=True) as session:
            made = a_company(session)
            session.flush()
            session.expunge_all()
        yield made


@pytest.fixture
def hr(site: web.Site, company: Company) -> FlaskClient:
    return a_browser(site, company.logins["hr"])


def test_shares_are_of_those_who_have_a_step_behind_them_and_only_all_of_them_are_a_hundred(session: Session):
    with clock.at(DAY):
        made = a_company(session)
        found = progress.progress_of(session, make.hr(session), made.cycle)
    by_unit = {line.name.zh: line for line in found.lines}
    # Sales: one of three has data collection and self-assessment behind them.
    assert by_unit["销售部"].passed == [33, 33, 0, 0, 0, 0, 0] and by_unit["采购部"].passed == [0] * 7
    assert found.total.people == 4 and found.total.passed[0] == 25 and found.total.late == 3
    slowest = by_unit["销售部"].slowest
    assert slowest is not None and (slowest.step.id, slowest.late, slowest.days_late) == ("data_collection", 2, 5)


def test_everybody_at_the_end_is_a_hundred_and_nothing_is_slow(session: Session):
    with clock.at(DAY):
        made = a_company(session)
        for case in session.exec(select(Appraisal).where(Appraisal.cycle_id == made.cycle.id)):
            case.step = "archived"
        session.flush()
        total = progress.progress_of(session, make.hr(session), made.cycle).total
    assert total.passed == [100] * 7 and total.slowest is None and total.late == 0


def test_a_unit_is_looked_at_from_within_and_an_unknown_one_is_the_whole(session: Session):
    with clock.at(DAY):
        made = a_company(session)
        within = progress.progress_of(session, make.hr(session), made.cycle, made.sales.id)
        unknown = progress.progress_of(session, make.hr(session), made.cycle, 99_999)
    assert within.total.people == 3 and [one.name for one in within.above] == ["示范公司"]
    assert unknown.total.people == 4 and unknown.above == []


def test_the_number_of_queries_does_not_grow_with_the_people(session: Session):
    def asked(cycle: Cycle) -> int:
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        event.listen(session.get_bind(), "before_cursor_execute", count)
        progress.progress_of(session, make.hr(session), cycle)
        event.remove(session.get_bind(), "before_cursor_execute", count)
        return counted

    with clock.at(DAY):
        made = a_company(session)
        asked(made.cycle)
        few = asked(made.cycle)
        more = make.an_open_cycle(session, period="2026-Q2", unit=None)
        session.flush()
        assert asked(more) <= few


def test_the_page_shows_units_shares_and_who_is_late_with_a_way_to_them(company: Company, hr: FlaskClient):
    text = hr.get("/hr/progress").text
    for words in ("本期进度", "销售部", "采购部", "33%", "2 人逾期, 最长 5 天", "催办 3 人"):
        assert words in text, words
    assert (
        f"/hr/cases?cycle={company.cycle.code}&amp;step=data_collection&amp;unit_id={company.sales.id}&amp;overdue=true" in text
    )
    english = hr.get("/hr/progress?lang=en").text
    for words in ("Progress", "Remind about 3", "2 late, up to 5 days"):
        assert words in english, words


def test_whoever_does_not_oversee_cases_is_told_who_does(site: web.Site, company: Company):
    for who in ("周", "approver", "data_provider"):
        client = a_browser(site, company.logins[who])
        for page in ("/hr/progress", "/hr/cases", f"/hr/cycles/{company.cycle.id}/remind"):
            assert client.get(page).status_code == 403, (who, page)
    auditor = a_browser(site, company.logins["auditor"])
    text = auditor.get("/hr/progress").text
    assert "销售部" in text and "催办" not in text and auditor.get(f"/hr/cycles/{company.cycle.id}/remind").status_code == 403


def test_hr_of_a_unit_sees_that_unit(site: web.Site, company: Company):
    text = a_browser(site, company.logins["hr_buying"]).get("/hr/progress").text
    assert "采购部" in text and "销售部" not in text


def test_cases_are_found_by_step_unit_name_and_lateness(company: Company, hr: FlaskClient):
    def names(query: str) -> set[str]:
        text = hr.get(f"/hr/cases?{query}").text
        return {name for name in ("周戊", "吴&lt;b&gt;己", "郑庚", "陈癸") if name in text}

    assert names("") == {"周戊", "吴&lt;b&gt;己", "郑庚", "陈癸"}
    assert names("step=supervisor_review") == {"周戊"} == names("overdue=false")
    assert names(f"unit_id={company.buying.id}") == {"陈癸"} == names("search=陈")
    assert names("grade=S") == set()
    assert hr.get("/hr/cases?overdue=perhaps").status_code == 422
    table = hr.get("/hr/cases/file.csv?overdue=true").text
    assert "郑庚" in table and "周戊" not in table


def test_a_reminder_names_who_is_told_before_it_is_sent_and_then_what_was_done(
    site: web.Site, company: Company, hr: FlaskClient
):
    page = f"/hr/cycles/{company.cycle.id}/remind?overdue=true"
    text = hr.get(page).text
    assert "将就 3 项考核提醒 1 人" in text and "孙主管" in text
    with db.transaction(site.target, write=False) as session:
        ids = [one.id for one in session.exec(select(Appraisal).where(Appraisal.step == "data_collection"))]
    answer = send(hr, page, page, **{"appraisal_ids[]": ids})
    assert answer.status_code == 303
    text = hr.get(answer.location).text
    with db.transaction(site.target, write=False) as session:
        assert len(session.exec(select(DeadlineNotice).where(DeadlineNotice.kind == "remind")).all()) == 3
    assert "已办理 3 件" in text
    again = hr.get(send(hr, page, page, **{"appraisal_ids[]": ids}).location).text
    assert "未办理 3 件: 今天已催办 3" in again


def test_nobody_is_reminded_of_what_waits_for_nobody(company: Company, hr: FlaskClient):
    assert "没有可催办的考核" in hr.get(f"/hr/cycles/{company.cycle.id}/remind?step=archived").text


def test_a_step_is_extended_for_a_unit_and_a_day_off_is_refused_with_what_was_typed(
    site: web.Site, company: Company, hr: FlaskClient
):
    page = f"/hr/cycles/{company.cycle.id}/extend"
    given = {"step": "data_collection", "until_on": "2026-04-18", "reason": "系统停机两天", "unit_id": company.sales.id}
    refused = send(hr, page, page, **given)
    assert refused.status_code == 422 and "不是工作日" in refused.text and "系统停机两天" in refused.text
    answer = send(hr, page, page, **given | {"until_on": "2026-04-20"})
    assert answer.status_code == 303 and "已办理 2 件" in hr.get(answer.location).text
    with db.transaction(site.target, write=False) as session:
        assert [one.unit_id for one in session.exec(select(Extension))] == [company.sales.id]


def test_a_form_sent_twice_extends_once(site: web.Site, company: Company, hr: FlaskClient):
    page = f"/hr/cycles/{company.cycle.id}/extend"
    given = {"step": "data_collection", "until_on": "2026-04-20", "reason": "停机", "idempotency_key": "the same"}
    assert send(hr, page, page, **given).location == send(hr, page, page, **given).location
    with db.transaction(site.target, write=False) as session:
        assert len(session.exec(select(Extension)).all()) == 1


def test_cases_are_reassigned_by_number_and_an_unknown_number_is_said_so(site: web.Site, company: Company, hr: FlaskClient):
    with db.transaction(site.target, write=False) as session:
        case = session.exec(select(Appraisal).where(Appraisal.step == "supervisor_review")).one()
    page = f"/hr/cycles/{company.cycle.id}/reassign?id={case.id}"
    refused = send(hr, page, page, supervisor="E-none", reason="出差")
    assert refused.status_code == 422 and "没有工号 E-none" in refused.text and "周戊" in refused.text
    answer = send(hr, page, page, supervisor=company.people["孙"].number, reason="出差")
    assert answer.status_code == 303 and "已办理 1 件" in hr.get(answer.location).text
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(Reassignment)).one().supervisor_id == company.people["孙"].id


def test_sign_off_lists_are_unit_by_unit_with_a_place_to_sign(company: Company, hr: FlaskClient):
    text = hr.get(f"/hr/cycles/{company.cycle.id}/sign-off").text
    assert text.count('class="signing"') == 2 and "本人签字" in text and "data-prints" in text
    assert (
        "销售部" not in hr.get(f"/hr/cycles/{company.cycle.id}/sign-off?unit_id={company.buying.id}").text.split("</form>")[-1]
    )


def test_before_any_cycle_has_opened_the_page_says_what_to_do(site: web.Site):
    with db.transaction(site.target, write=True) as session:
        login = make.an_account(session, "hr").login
    for page in ("/hr/progress", "/hr/cases"):
        assert "还没有开启的考核周期" in a_browser(site, login).get(page).text
