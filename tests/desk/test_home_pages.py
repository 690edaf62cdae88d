"""The start page: it asks the database as often with many cycles running, and much waiting in each, as with few."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import Session

from appraisal import clock, db, web
from appraisal.cycles import extending
from appraisal.cycles import service as cycles
from appraisal.measures import providers
from appraisal.people.models import Account, Employee, Unit
from tests import factories as make
from tests.agreements.samples import REVIEW_DAY, a_quarter
from tests.desk.test_decisions import a_load
from tests.site import a_browser, a_site

# In the last quarter of the year: the quarters that still run have ended, each on another day.
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def a_company(session: Session) -> tuple[list[Employee], Unit, dict[str, str]]:
    """Three under a supervisor, in a unit with a head, and the logins of all who have to do with them."""
    company = make.a_unit(session, "示范公司")
    unit = make.a_unit(session, "销售部", parent=company)
    chief, head = make.an_employee(session, "李主管"), make.an_employee(session, "孙部长")
    post = make.a_post(session, unit=unit)
    people = [make.an_employee(session, post=post, supervisor=chief) for _ in range(3)]
    make.a_unit_head(session, unit, head)
    theirs = {"employee": people[0], "supervisor": chief, "unit_head": head}
    accounts: dict[str, Account] = {who: make.an_account(session, "employee", employee=one) for who, one in theirs.items()}
    accounts |= {role: make.an_account(session, role) for role in ("hr", "data_provider", "approver", "auditor")}
    accounts["hr_here"] = make.an_account(session, "hr", unit=unit)
    return people, unit, {who: one.login for who, one in accounts.items()}


def two_cycles(session: Session, person: Employee, unit: Unit, period: str) -> None:
    """A quarter and a year that run, with much that waits about somebody."""
    hr = make.hr(session)
    quarter, year = (make.a_cycle(session, period=one, pays=False) for one in (period, "2026"))
    for cycle in (quarter, year):
        cycles.open_cycle(session, hr, cycle)
    a_load(a_quarter(session, person, cycle=quarter), year)
    later = {"step": "data_collection", "until_on": NOW.date(), "unit_id": unit.id, "reason": "系统切换"}
    extending.extend_deadline(session, hr, quarter, **later)


def asked(site: web.Site, browser: FlaskClient) -> int:
    """How often the database is asked for the start page."""
    told: list[str] = []

    def note(*said: Any) -> None:
        told.append(said[2])

    event.listen(site.target, "before_cursor_execute", note)
    try:
        assert browser.get("/").status_code == 200
    finally:
        event.remove(site.target, "before_cursor_execute", note)
    return len(told)


def test_the_database_is_asked_as_often_with_six_cycles_as_with_two(database_url: str, tmp_path: Path):
    site = a_site(database_url, tmp_path)
    with clock.at(REVIEW_DAY), db.transaction(site.target, write=True) as session:
        people, unit, logins = a_company(session)
        two_cycles(session, people[0], unit, "2026-Q1")
        providers.assign_provider(session, make.hr(session), kind="indicator", name="gross_margin", unit_id=unit.id)
    with clock.at(NOW):
        browsers = {who: a_browser(site, login) for who, login in logins.items()}
        for browser in browsers.values():
            browser.get("/")
        few = {who: asked(site, browser) for who, browser in browsers.items()}
    with clock.at(REVIEW_DAY), db.transaction(site.target, write=True) as session:
        for person, period in zip(people[1:], ("2026-Q2", "2026-Q3"), strict=True):
            two_cycles(session, session.get_one(Employee, person.id), unit, period)
    with clock.at(NOW):
        assert {who: asked(site, browser) for who, browser in browsers.items()} == few
        assert max(few.values()) < 60
