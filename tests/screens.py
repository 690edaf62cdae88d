"""A picture of every page, for people to look at: `make screenshots`, or `python -m tests.screens`.

Of the demo database (made if it is missing) whatever its people find by following links, each page once where it is fullest; of
the world of the tests what nobody in the demo comes to at present. Each in Chinese and English, at 1280 and 390 pixels;
`index.html` in var/screenshots shows all of them. With names of pages, those alone: `python -m tests.screens /kpi /team`.
"""

import html
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from appraisal import clock, db, web
from appraisal.app import create_app
from appraisal.config import Settings, settings
from appraisal.people.models import Account
from tests.browser.chromium import chromium
from tests.browser.serving import Served, serving
from tests.browser.test_every_page import NO_PAGES, PAGES, Pages, visit
from tests.browser.window import NARROW, WIDE, Window
from tests.world import NOW, a_world

FOLDER = settings().var / "screenshots"
LOOKERS = ("c116", "p011", "t012", "t010", "t002", "t003", "t001", "c127", "admin", "p012")
"""Accounts of the demo that look around: of each page the one is taken that says most."""
LINK = re.compile(r'(?:href|src)="(/[^"#]*)')


@dataclass(frozen=True)
class Place:
    """A page, whose it is, and where it stands."""

    page: str
    who: str
    address: str
    pages: Pages

    def name(self, language: str, width: int) -> str:
        """Of its picture."""
        return f"{re.sub(r'[^a-z_-]+', '.', self.page).strip('.') or 'home'}-{language}-{width}.png"


def page_of(adapter: MapAdapter, address: str) -> str | None:
    """The rule that an address of a page belongs to."""
    try:
        rule, _ = adapter.match(address.partition("?")[0], method="GET", return_rule=True)
    except HTTPException:
        return None
    page = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
    return None if NO_PAGES.search(page) else page


def found_by(site: web.Site, client: FlaskClient) -> Iterator[tuple[str, str, int]]:
    """The pages that somebody comes to from home by links, each once, and how much stands on it."""
    adapter = site.url_map.bind("127.0.0.1")
    waiting, seen = ["/"], {"/"}
    while waiting:
        answer = client.get(html.unescape(waiting.pop(0)), follow_redirects=True)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        address = answer.request.full_path.rstrip("?")
        page = page_of(adapter, address)
        if page is not None:
            yield page, address, len(answer.data)
        for link in LINK.findall(answer.text):
            led = page_of(adapter, link)
            if led is not None and led not in seen:
                seen.add(led)
                waiting.append(link)


@contextmanager
def demo(folder: Path, browser: Any) -> Iterator[Pages]:
    """The demo behind a port, on a copy of its database."""
    made = settings().database_url.removeprefix("sqlite:///")
    if not Path(made).exists():
        subprocess.run([sys.executable, "-m", "appraisal.cli", "demo"], check=True)
    shutil.copyfile(made, folder / "demo.db")
    url = f"sqlite:///{folder}/demo.db"
    site = create_app(Settings(mode="test", var=settings().var, database_url=url, secret_key="of the screens"))
    with serving(site, clock.now()) as served, db.transaction(site.target, write=False) as session:
        accounts = {one.login: one for one in session.exec(select(Account).where(Account.login.in_(LOOKERS)))}
        session.expunge_all()
        yield _pages(served, accounts, browser)


@contextmanager
def world(folder: Path, browser: Any) -> Iterator[Pages]:
    """The world of the tests behind a port."""
    url = f"sqlite:///{folder}/world.db"
    db.migrate(db.engine(url))
    site = create_app(Settings(mode="test", var=folder, database_url=url, secret_key="of the screens"))
    with clock.at(NOW), db.transaction(site.target, write=True) as session:
        made = a_world(session)
    with serving(site, NOW) as served:
        yield Pages(served, made, lambda *how: Window(browser, *how))


def _pages(served: Served, accounts: dict[str, Account], browser: Any) -> Pages:
    class Demo:
        def __init__(self) -> None:
            self.accounts = accounts

    return Pages(served, Demo(), lambda *how: Window(browser, *how))  # type: ignore[arg-type]


def places(of_demo: Pages, of_world: Pages) -> Iterator[Place]:
    """Every page once."""
    known: dict[str, Place] = {}
    fullest: dict[str, int] = {}
    for login in (one for one in LOOKERS if one in of_demo.world.accounts):
        with clock.at(of_demo.served.instant):
            for page, address, size in found_by(of_demo.served.site, of_demo.client(login)):
                if size > fullest.get(page, 0):
                    known[page], fullest[page] = Place(page, login, address, of_demo), size
    for page in PAGES:
        if page not in known:
            try:
                known[page] = Place(page, *visit(of_world, page), of_world)
            except LookupError as nobody:
                print(nobody)
    yield from (known[page] for page in sorted(known))


def take(place: Place, size: dict[str, int], language: str) -> None:
    """One picture."""
    window = place.pages.window(place.who, size, language)
    window.go(place.address)
    window.page.screenshot(path=FOLDER / place.name(language, size["width"]), full_page=True)


def sheet(taken: list[Place]) -> str:
    """The page that shows all of them."""
    rows = []
    for place in taken:
        names = [place.name(language, size["width"]) for size in (WIDE, NARROW) for language in ("zh", "en")]
        pictures = "".join(f'<a href="{name}"><img loading="lazy" src="{name}" alt=""></a>' for name in names)
        rows.append(f"<h2>{html.escape(place.page)} <small>{html.escape(place.who)}</small></h2><div>{pictures}</div>")
    style = "div{display:flex;gap:1em;align-items:start}img{width:100%;border:1px solid #ccc}a:nth-child(n+3){max-width:13%}"
    return f'<!doctype html><meta charset="utf-8"><title>Pages</title><style>{style}</style>{"".join(rows)}\n'


def main() -> None:
    """Takes them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(chromium())
        of_demo, of_world = stack.enter_context(demo(folder, browser)), stack.enter_context(world(folder, browser))
        wanted = [one for one in places(of_demo, of_world) if not sys.argv[1:] or one.page in sys.argv[1:]]
        for place in wanted:
            print(place.page, place.who, place.address, flush=True)
            for language in ("zh", "en"):
                for size in (WIDE, NARROW):
                    take(place, size, language)
        (FOLDER / "index.html").write_text(sheet(wanted), encoding="utf-8")
    print(f"{len(wanted)} pages: {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
