"""Pages in a real browser, on a company of many people: when the largest thing on them is painted, and what is sent.

`python -m bench pages [PEOPLE]`: each page is opened three times after the first one of its reader; the median counts.
"""

import statistics
from collections.abc import Sequence

from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from sqlmodel import col, select

from appraisal import db
from appraisal.cycles.models import Appraisal
from appraisal.people.models import Account, AccountRole, Employee, ReportingLine
from bench.company import Built, build
from tests.browser.chromium import chromium
from tests.factories import PASSWORD
from tests.served import a_folder, database, served

PEOPLE = 5_000
TIMES = 3
PAINTED = """() => new Promise(told => {
  let last = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) last = one.startTime; })
    .observe({type: 'largest-contentful-paint', buffered: true});
  setTimeout(() => told(last), 400);
})"""
SENT = "() => performance.getEntries().reduce((sum, one) => sum + (one.transferSize || 0), 0)"


def main(people: int = PEOPLE) -> None:
    with a_folder() as folder, database("sqlite", folder) as url:
        target = db.make_engine(url)
        db.migrate(target)
        built = build(target, people)
        readers = _readers(target, built)
        target.dispose()
        print(f"\npages on SQLite, {people:,} people; painted: largest contentful paint, three times, the median")
        with served(url, folder) as (port, _), chromium() as browser:
            for who, (login, paths) in readers.items():
                _read(browser, f"http://127.0.0.1:{port}", who, login, paths)


def _readers(target: Engine, built: Built) -> dict[str, tuple[str, Sequence[str]]]:
    """Logins and pages of an employee, a supervisor and somebody of HR."""
    with db.transaction(target, write=False) as session:
        line = session.exec(select(ReportingLine).order_by(col(ReportingLine.id)).limit(1)).one()

        def login_of(employee_id: int) -> str:
            return session.exec(select(Account.login).where(Account.employee_id == employee_id)).one()

        hr = select(Account.login).join(AccountRole, col(AccountRole.account_id) == Account.id).where(AccountRole.role == "hr")
        number = session.get_one(Employee, line.employee_id).number
        case = session.exec(
            select(Appraisal.id).where(Appraisal.employee_id == line.employee_id, Appraisal.cycle_id == built.closed_cycle)
        ).one()
        return {
            "employee": (login_of(line.employee_id), ("/", "/my/appraisal", "/results", f"/results/{case}")),
            "supervisor": (login_of(line.supervisor_id), ("/", "/team", "/team/scoring")),
            "hr": (
                session.exec(hr.limit(1)).one(),
                ("/", "/hr/progress", "/hr/cases", "/hr/results", "/people", f"/search?q={number}", "/hr/agreements"),
            ),
        }


def _read(browser: Browser, site: str, who: str, login: str, paths: Sequence[str]) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN") as context:
        page = context.new_page()
        page.goto(f"{site}/login")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_load_state()
        for path in paths:
            painted, sent, status = zip(*(_opened(page, site + path) for _ in range(TIMES)), strict=True)
            shown = f"{statistics.median(painted):6.0f} ms  {statistics.median(sent) / 1000:6.1f} kB"
            print(f"{who:<11} {path:<22} {shown}{'' if set(status) == {200} else f'  {status}'}")


def _opened(page: Page, address: str) -> tuple[float, float, int]:
    answer = page.goto(address)
    return page.evaluate(PAINTED), page.evaluate(SENT), answer.status if answer else 0
