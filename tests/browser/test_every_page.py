"""Every page there is, opened once by somebody who may: it says what it is, works without a fault, fits its window, and keeps
nobody out. Addresses and who may open them are those of tests/permissions.yaml; the world they are about is tests/world."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from appraisal import clock, db
from tests.browser.serving import Served, serving
from tests.browser.window import NARROW, WIDE, Window
from tests.caller import Caller
from tests.site import a_site
from tests.test_permissions import ROUTES, expected
from tests.test_permissions import Served as Asked
from tests.world import NOW, World, a_world

NO_PAGES = re.compile(
    r"/api/|/static/|/health$|/metrics$|/oidc|\.(csv|xlsx|pdf|zip|json|ics|svg)$|/(files?|scans)/{\w+}$|/download$"
)
"""What a browser opens elsewhere or keeps as a file."""
PAGES = sorted(route.removeprefix("GET ") for route in ROUTES if route.startswith("GET ") and not NO_PAGES.search(route))
KEY = (
    *("/", "/login", "/results", "/results/{appraisal_id}", "/appraisals/{appraisal_id}", "/team", "/team/scoring"),
    *("/appraisals/{appraisal_id}/self-assessment", "/appraisals/{appraisal_id}/review", "/agreements/{agreement_id}"),
    *("/hr/cycles/{cycle_id}/progress", "/hr/incidents", "/hr/calibration/{calibration_id}", "/payroll", "/my/agreement"),
    *("/kpi", "/kpi/indicators/{policy}/{indicator}", "/kpi/exceptions", "/kpi/exceptions/{exception_id}", "/policies/{name}"),
)
"""Those that most people see, or see most of: looked at narrow and in English too."""
LISTS = 5
"""Of at least so many pages the world has enough rows for two of them to differ."""
LARGEST = 150_000
"""Bytes a page may bring beside what the pages before it have brought."""


class Pages:
    """The world behind a port, and a window for each size and language."""

    def __init__(self, served: Served, world: World, open_window: Callable[..., Window]) -> None:
        self.served, self.world, self.open_window = served, world, open_window
        self.windows: dict[tuple[int, str], Window] = {}
        self.cookies: dict[str, dict[str, str]] = {}
        self.clients: dict[str, FlaskClient] = {}

    def window(self, who: str, size: Mapping[str, int], language: str) -> Window:
        """A window in which somebody is signed in, and which has seen a page before."""
        key = (size["width"], language)
        if key not in self.windows:
            self.windows[key] = self.open_window(self.served, size, language)
            self.windows[key].go("/login")
        window = self.windows[key]
        window.context.clear_cookies()
        window.context.add_cookies([self.cookie(who)])
        return window

    def client(self, who: str) -> FlaskClient:
        """Somebody without a window."""
        if who not in self.clients:
            with clock.at(self.served.instant):
                self.clients[who] = Caller(self.served.site, self.world.accounts[who]).client
            found = self.clients[who].get_cookie(self.served.site.config["SESSION_COOKIE_NAME"])
            assert found is not None
            self.cookies[who] = {"name": found.key, "value": found.value, "url": self.served.address}
        return self.clients[who]

    def cookie(self, who: str) -> Any:
        """The session of somebody, as it began."""
        self.client(who)
        return self.cookies[who]


@pytest.fixture(scope="module")
def pages(module_database_url: str, browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    site = a_site(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(NOW), db.transaction(site.target, write=True) as session:
        world = a_world(session)
    with serving(site, NOW) as served:
        made = Pages(served, world, lambda *how: Window(browser, *how))  # type: ignore[arg-type]
        yield made
        for one in made.windows.values():
            one.context.close()


def look(pages: Pages, page: str, size: Mapping[str, int], language: str, axe: str | None) -> list[str]:
    """What is wrong with a page."""
    who, address = visit(pages, page)
    window = pages.window(who, size, language)
    window.faults.clear()
    window.fetched = 0
    answer = window.go(address)
    faults = [*window.faults]
    if answer.status != 200 or (page != "/login" and window.page.url.endswith("/login")):
        return [f"{who} is answered {answer.status} {window.page.url}", *faults]
    heads = window.page.locator("h1").all_inner_texts()
    faults += [] if len(heads) == 1 and heads[0].strip() else [f"has the headings {heads}"]
    faults += [] if window.page.title().partition(" · ")[0].strip() else ["has no title"]
    faults += [f"{window.fetched} bytes"] if window.fetched > LARGEST else []
    faults += [f"goes sideways by {told}" for told in [window.sideways()] if told]
    faults += window.violations(axe) if axe else []
    if size == WIDE:
        window.page.set_viewport_size(NARROW)
        faults += [f"goes sideways on a phone by {told}" for told in [window.sideways()] if told]
        window.page.set_viewport_size(WIDE)
    return [f"{who} {size['width']} {language} {address}: {one}" for one in faults]


def visit(pages: Pages, page: str) -> tuple[str, str]:
    """Who opens a page, and where: the first of those who may, and who are not sent elsewhere. Raises LookupError."""
    ways = list(_ways(pages, page))
    if not ways:
        raise LookupError(f"tests/permissions.yaml names nobody who may open {page}")
    with clock.at(pages.served.instant):
        return next((one for one in ways if pages.client(one[0]).get(one[1]).status_code == 200), ways[0])


def _ways(pages: Pages, page: str) -> Iterator[tuple[str, str]]:
    """Everybody who may open a page, and of what."""
    asked = Asked(pages.served.site, pages.world)
    for row in ROUTES[f"GET {page}"]:
        values = {name: asked.known(f"@{one}") for name, one in row.get("with", {}).items()}
        query = urlencode(asked.known(row.get("query", {})))
        path = re.sub(r"{(\w+)}", lambda found, known=values: str(known[found[1]]), page)
        for who, answer in expected(row, pages.world.accounts).items():
            if answer in ("may", "page"):
                yield who, f"{path}?{query}" if query else path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_and_keeps_nobody_out(pages: Pages, axe_script: str | None, page: str):
    faults = look(pages, page, WIDE, "zh", axe_script)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", [page for page in KEY if page in PAGES])
def test_a_key_page_works_on_a_phone_in_both_languages(pages: Pages, axe_script: str | None, page: str, language: str):
    faults = look(pages, page, NARROW, language, axe_script)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("page", [page for page in KEY if page in PAGES])
def test_a_key_page_works_in_english(pages: Pages, axe_script: str | None, page: str):
    faults = look(pages, page, WIDE, "en", axe_script)
    assert not faults, "\n".join(faults)


def test_what_a_page_does_wrong_is_noticed(pages: Pages):
    window = pages.window("self", WIDE, "zh")
    window.go("/")
    window.faults.clear()
    window.page.evaluate("""() => {
      document.querySelector("main").insertAdjacentHTML("beforeend", "<input><p style='color: red'>");
      document.querySelector("main").style.minWidth = "2000px";
      setTimeout(() => { throw new Error("on purpose"); });
    }""")
    window.page.wait_for_function("true")
    assert window.sideways()
    assert any("Content Security Policy" in fault for fault in window.faults), window.faults
    assert any("on purpose" in fault for fault in window.faults), window.faults


def test_what_keeps_somebody_out_is_noticed(pages: Pages, axe_script: str | None):
    if axe_script is None:
        pytest.skip("axe-core could not be had from npm: pages were opened, and not checked by it")
    window = pages.window("self", WIDE, "zh")
    window.go("/")
    assert window.violations(axe_script) == []
    window.page.evaluate("() => document.querySelector('main').insertAdjacentHTML('beforeend', '<input>')")
    assert "label" in str(window.violations(axe_script))


def test_a_list_asks_its_database_as_often_for_one_row_as_for_many(pages: Pages):
    asked: dict[str, tuple[int, int]] = {}
    for page in (one for one in PAGES if "{" not in one):
        who, address = visit(pages, page)
        short = f"{address}{'&' if '?' in address else '?'}limit=1"
        found = [_statements(pages, who, one) for one in (address, short)]
        if found[0][1] != found[1][1]:  # a list of more than one row, of which fewer are shown
            asked[page] = (found[0][0], found[1][0])
    assert len(asked) >= LISTS, sorted(asked)
    assert {page: counted for page, counted in asked.items() if counted[0] > counted[1]} == {}


def _statements(pages: Pages, who: str, address: str) -> tuple[int, int]:
    """How often a page asks the database, and how many rows its tables have."""
    before = pages.served.statements
    with clock.at(NOW):
        text = pages.client(who).get(address).get_data(as_text=True)
    return pages.served.statements - before, len(re.findall(r"<tr\b", text))


def test_every_page_of_the_address_map_is_opened(tmp_path: Path):
    there = {
        re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in a_site("sqlite:///nowhere.db", tmp_path).url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }
    assert sorted(page for page in there - set(PAGES) if not NO_PAGES.search(page)) == []
    assert [page for page in KEY if page not in there] == []
