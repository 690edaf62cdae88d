"""A served site for tests of pages: the application on a database of the test's own, and browsers that sign in."""

import html
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from appraisal import web
from appraisal.app import create_app
from appraisal.config import Settings
from tests.factories import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def a_site(database_url: str, var: Path) -> web.Site:
    """The application as it is served, on this database. A process puts it together once, because that takes as long as some
    thirty of its pages: who wants to change it takes `a_site_of_its_own`, or undoes the change."""
    site = _site()
    site.database_url = database_url
    return site


def a_site_of_its_own(database_url: str, var: Path) -> web.Site:
    """The same for a test to change: what it adds is there for nobody else."""
    return create_app(Settings(mode="test", var=var, database_url=database_url, secret_key="of the tests"))


@cache
def _site() -> web.Site:
    return a_site_of_its_own("sqlite:///nowhere.db", Path(tempfile.gettempdir()) / "appraisal-tests")


def form_token(client: FlaskClient, page: str = "/login") -> str:
    """The token a form on a page carries."""
    found = _TOKEN.search(client.get(page).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> Any:
    """Signs in through the form."""
    data = {"login": login, "password": password, "csrf_token": form_token(client), **more}
    return client.post("/login", data=data)


def a_browser(site: web.Site, login: str, language: str = "zh") -> FlaskClient:
    """A browser in which somebody has signed in."""
    client = site.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    assert sign_in(client, login).status_code == 302
    return client


def form_of(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on a page that goes to an address."""
    forms = re.findall(r"<form\b([^>]*)>(.*?)</form>", text, re.DOTALL)
    inside = next((body for tag, body in forms if f'action="{action}"' in tag), None)
    assert inside is not None, f"no form goes to {action}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', inside)
    return {name: html.unescape(value) for name, value in hidden}


def send(client: FlaskClient, page: str, action: str, **given: Any) -> Any:
    """Opens a page, fills in the form on it that goes to an address, and sends it; a list goes as several values."""
    found = form_of(client.get(page).text, html.escape(action))
    return client.post(action, data=found | given)
