"""A case on a served site with a browser for everybody who has a part in it, and short ways through its steps by its pages."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

from appraisal import clock, db, web
from appraisal.actor import Actor
from appraisal.people.models import Account
from tests import factories
from tests.agreements.samples import FIGURES, SALES, a_quarter, record, sign
from tests.site import a_browser

DAY = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


class Fields(HTMLParser):
    """What a browser would send of the form that goes to an address, fields outside of it that name it included."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.found, self.ids = action, False, {}, set()
        self.seen, self.textarea, self.select = False, None, None
        for _ in range(2):  # a field may stand before the form it names
            self.feed(page)
        assert self.seen, f"no form goes to {action}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = has.get("action") == self.action
            if self.inside:
                self.seen = True
                self.ids.add(has.get("id", "-"))
        name = has.get("name")
        if name and (self.inside or has.get("form") in self.ids):
            if tag == "input" and has.get("type") not in ("file", "radio", "checkbox"):
                self.found[name] = has.get("value", "")
            if tag == "input" and has.get("type") in ("radio", "checkbox") and "checked" in has:
                self.found[name] = has.get("value", "")
            if tag == "textarea":
                self.found[name], self.textarea = "", name
            if tag == "select":
                self.found[name], self.select = "", name
        if tag == "option" and self.select and "selected" in has:
            self.found[self.select] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.textarea = None
        if tag == "select":
            self.select = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.found[self.textarea] += data


@dataclass
class Place:
    """A case on a served site, and a browser for everybody who has a part in it."""

    site: web.Site
    appraisal_id: int
    number: str
    logins: dict[str, str]
    browsers: dict[tuple[str, str], FlaskClient] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/appraisals/{self.appraisal_id}"

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        if (who, language) not in self.browsers:
            self.browsers[who, language] = a_browser(self.site, self.logins[who], language)
        return self.browsers[who, language]

    def read(self, who: str, below: str = "", language: str = "zh") -> str:
        got = self.browser(who, language).get(self.path + below)
        assert got.status_code == 200, (got.status_code, got.location)
        return got.text

    def send(self, who: str, below: str, page: str | None = None, **values: Any) -> Any:
        """Opens a page, fills its form in and sends it."""
        client = self.browser(who)
        opened = client.get(self.path + below if page is None else page)
        assert opened.status_code == 200, (opened.status_code, opened.location)
        return client.post(self.path + below, data=Fields(opened.text, self.path + below).found | values)

    def do(self, who: str, below: str, page: str | None = None, **values: Any) -> str:
        """The same where it is taken: the page it leads to."""
        got = self.send(who, below, page, **values)
        assert got.status_code == 303, refusals(got.text)
        return self.browser(who).get(got.location).text


def refusals(text: str) -> str:
    found = re.findall(r'class="(?:refused|fault)".*?</(?:div|p)>', text, re.DOTALL)
    return re.sub(r"\s+", " ", " ".join(found)) or text[:2000]


def buttons(text: str) -> list[str]:
    """The words of everything that is offered, the main act first."""
    head = text.partition("<main")[2].partition("<h2")[0]
    found = re.findall(r'<(?:a|button) class="(main|button|)"[^>]*>([^<]*)</(?:a|button)>', head)
    return [words for _, words in sorted(found, key=lambda one: one[0] != "main")]


def a_place(site: web.Site, goals: tuple[Any, ...] = SALES) -> Place:
    """A signed agreement with confirmed figures, at the beginning of everything."""
    with clock.at(DAY), db.transaction(site.target, write=True) as session:
        quarter = a_quarter(session)
        sign(quarter, goals)
        record(quarter, FIGURES)
        named = {"own": quarter.own, "supervisor": quarter.supervisor, "approver": quarter.approver, "payroll": quarter.payroll}
        named["hr"] = factories.an_actor(session, "hr", employee=factories.an_employee(session, "赵人事"))
        named["other_hr"] = factories.an_actor(session, "hr", employee=factories.an_employee(session, "钱人事"))
        named["stranger"] = factories.an_actor(session, "employee", employee=factories.an_employee(session, "陌生人"))
        return Place(
            site, quarter.appraisal.id, quarter.employee.number, {who: login_of(session, one) for who, one in named.items()}
        )


def login_of(session: Any, actor: Actor) -> str:
    return session.get_one(Account, actor.account_id).login


def assessed(place: Place, rating: str = "88") -> None:
    place.do("hr", "/data", page=place.path)
    place.do("own", "/self-assessment", **{"ratings[0].rating": rating, "statement": "完成了主要目标"})


def reviewed(place: Place) -> None:
    assessed(place)
    place.do("supervisor", "/review", **{"ratings[0].rating": "85", "comment": "销售稳定增长"})


TALK = {"held_on": "2026-04-07", "place": "第二会议室", "strengths": "细致", "shortcomings": "新客户少", "plan": "多拜访"}


def published(place: Place) -> None:
    reviewed(place)
    place.do("supervisor", "/interview", **TALK)
    place.do("hr", "/computation", page=place.path)
    place.do("hr", "/publication", page=place.path)
