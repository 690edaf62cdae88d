"""Whom a field for an employee's number may mean, while somebody types: of those they may know of, and of nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appraisal import clock, db, web
from appraisal.desk.finding import SUGGESTED
from tests import factories as make
from tests.site import a_browser, a_site

APRIL = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Company:
    """A sales unit under its supervisor, a store apart from it; HR, a KPI manager and somebody who leads nobody."""

    site: web.Site
    logins: dict[str, str]
    numbers: dict[str, str]

    def finds(self, who: str, wanted: str, language: str = "zh") -> list[str]:
        return [one["name"] for one in self.found(who, wanted, language)]

    def found(self, who: str, wanted: str, language: str = "zh") -> list[dict[str, str]]:
        return a_browser(self.site, self.logins[who], language).get("/people/find.json", query_string={"q": wanted}).get_json()


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    site = a_site(database_url, tmp_path)
    with clock.at(APRIL):
        with db.transaction(site.target, write=True) as session:
            sales, store = make.a_unit(session, "销售部"), make.a_unit(session, "仓储部")
            lead = make.an_employee(session, "王经理", post=make.a_post(session, unit=sales))
            posts = {"sales": make.a_post(session, unit=sales), "store": make.a_post(session, unit=store, title="库管员")}
            own = make.an_employee(session, "张三", post=posts["sales"], supervisor=lead)
            keeper = make.an_employee(session, "张库管", post=posts["store"])
            left = make.an_employee(session, "张离职", post=posts["sales"], left_on=datetime(2026, 4, 7).date())
            last = make.an_employee(session, "张末日", post=posts["sales"], left_on=APRIL.date())
            people = {"lead": lead, "own": own, "keeper": keeper, "left": left, "last": last}
            logins = {who: make.an_account(session, "employee", employee=people[who]).login for who in ("lead", "own")}
            for role in ("hr", "kpi_manager", "auditor"):
                hired = make.an_employee(session, "赵管理")
                logins[role] = make.an_account(session, role, employee=hired).login
            for _ in range(SUGGESTED + 1):
                make.an_employee(session, "群众")
            numbers = {who: one.number for who, one in people.items()}
        yield Company(site, logins, numbers)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("own", ["张三"]),
        ("lead", ["张三"]),
        ("hr", ["张三", "张库管", "张末日"]),
        ("auditor", ["张三", "张库管", "张末日"]),
        ("kpi_manager", ["张三", "张库管", "张末日"]),
    ],
)
def test_a_name_finds_those_one_may_know_of_until_their_last_day(company: Company, who: str, names: list[str]):
    assert company.finds(who, "张") == names


def test_a_number_finds_exactly_one_in_front_and_a_unit_finds_who_works_there(company: Company):
    [first, *_] = company.found("hr", company.numbers["keeper"])
    assert first == {"number": company.numbers["keeper"], "name": "张库管", "place": "仓储部 · 库管员"}
    assert company.finds("hr", "仓储") == ["张库管"]
    assert company.finds("lead", "仓储") == []
    assert company.found("hr", "张库管", "en")[0]["place"].endswith("· Post")


def test_wildcards_are_letters_and_nothing_typed_finds_nobody(company: Company):
    assert company.finds("hr", "%") == company.finds("hr", "_") == company.finds("hr", " ") == []
    assert company.finds("hr", "x" * 500) == []


def test_of_many_only_the_first_are_suggested(company: Company):
    assert company.finds("hr", "群众") == ["群众"] * SUGGESTED
