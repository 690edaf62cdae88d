"""The dashboard of a large plant, served as page and as JSON: 500 indicators whose last month has been evaluated."""

import re
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.actor import SYSTEM
from appraisal.measures.queries import add_rows
from appraisal.monitoring import evaluations
from appraisal.monitoring.models import Reading, ReadingConfirmation
from appraisal.policies import service as policies
from bench import monitoring
from bench.load import drive, request
from bench.service import line
from tests import factories
from tests.served import a_folder, database, served


@dataclass(frozen=True)
class Plant:
    """What a client needs to know."""

    unit_id: int
    period: str
    login: str
    token: str


def main() -> None:
    for kind in ("sqlite", "postgresql"):
        with a_folder() as folder, database(kind, folder) as url:
            target = db.make_engine(url)
            db.migrate(target)
            plant = build(target)
            target.dispose()
            print(f"\n{kind}: {monitoring.INDICATORS} indicators × {monitoring.MONTHS} months on record")
            with served(url, folder) as (port, _):
                _contests(port, plant)


def build(target: Engine) -> Plant:
    """A unit with readings of every indicator and month, confirmed, and its last month evaluated."""
    _, readings, periods = monitoring.draw(monitoring.INDICATORS, monitoring.MONTHS)
    checked = factories.checked(monitoring.POLICY, monitoring.files_of(monitoring.INDICATORS))
    with db.transaction(target, write=True) as session:
        policies.publish_policy(session, SYSTEM, checked)
        unit = factories.a_unit(session, "示范工厂")
        account = factories.an_account(session, "kpi_manager")
        rows: list[dict[str, Any]] = [
            {
                "policy": monitoring.POLICY,
                "indicator": name,
                "unit_id": unit.id,
                "cadence": "month",
                "period": str(one.period),
                "starts_on": one.period.first_day(),
                "ends_on": one.period.last_day(),
                "value": one.value,
                "origin": "import",
                "source_document": "bench",
                "entered_at": clock.now(),
                "late": False,
                "back_filled": False,
            }
            for name, series in readings.items()
            for one in series
            if one.value is not None
        ]
        ids = add_rows(session, Reading, rows)
        vouched = {"confirmed_by": account.id, "confirmed_at": clock.now()}
        add_rows(session, ReadingConfirmation, [{"reading_id": one, **vouched} for one in ids])
        manager = factories.an_actor(session, "kpi_manager")
        evaluations.evaluate_period(session, manager, monitoring.POLICY, unit.id, periods[-1])
        return Plant(unit.id or 0, str(periods[-1]), account.login, factories.a_token(session, account, "kpi_dashboard:read"))


def _contests(port: int, plant: Plant) -> None:
    asked = urlencode({"policy": monitoring.POLICY, "unit_id": plant.unit_id, "period": plant.period})
    cookie = _signed_in(port, plant.login)

    def page(_: int) -> bytes:
        return request("GET", f"/kpi?{asked}", "", Cookie=cookie)

    def answer(_: int) -> bytes:
        return request("GET", f"/api/v1/kpi/dashboard?{asked}", plant.token)

    for name, make in (("the page", page), ("the same as JSON", answer)):
        drive(port, 1, 5, make)
        line(f"dashboard, {name}, 1 client", drive(port, 1, 60, make))
        line(f"dashboard, {name}, 2 clients", drive(port, 2, 120, make))


def _signed_in(port: int, login: str) -> str:
    """The cookie of somebody who has signed in through the form."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/login")
    shown = connection.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown.read().decode())
    assert token is not None
    form = urlencode({"login": login, "password": factories.PASSWORD, "csrf_token": token[1]})
    kept = (shown.getheader("Set-Cookie") or "").partition(";")[0]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": kept}
    connection.request("POST", "/login", form, headers)
    answered = connection.getresponse()
    answered.read()
    assert answered.status == 302, answered.status
    return (answered.getheader("Set-Cookie") or "").partition(";")[0]
