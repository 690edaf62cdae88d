"""What the tests of the pages of results share: a served site whose people sign in once, and what stands on a page."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session, select

from appraisal import db, web
from appraisal.people.models import Account
from tests.site import a_browser


@dataclass
class Place:
    """A served site on a database of its own, and what the tests of it need to know."""

    site: web.Site
    ids: dict[str, int]
    logins: dict[str, str]
    browsers: dict[tuple[str, str], FlaskClient] = field(default_factory=dict)

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        if (who, language) not in self.browsers:
            self.browsers[who, language] = a_browser(self.site, self.logins[who], language)
        return self.browsers[who, language]

    def read(self, who: str, path: str, language: str = "zh") -> str:
        got = self.browser(who, language).get(path)
        assert got.status_code == 200, (got.status_code, got.location)
        return got.text

    def count(self, table: Any) -> int:
        with db.transaction(self.site.target, write=False) as session:
            return len(session.exec(select(table)).all())


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def chosen(page: str) -> dict[str, str]:
    """The boxes that can be ticked, by name."""
    found = re.findall(r'name="chosen\[\]" value="([\d-]+)" aria-label="选择 ([^"]+)"', page)
    return {unescape(name): value for value, name in found}


def visible(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])))


def login_of(session: Session, account_id: int | None) -> str:
    return session.get_one(Account, account_id).login
