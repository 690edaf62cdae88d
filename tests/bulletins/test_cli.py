"""The command that makes a KPI report."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.bulletins import meetings
from appraisal.cli import main
from appraisal.config import settings
from appraisal.core.calendar import Period
from appraisal.people.models import Account
from tests import factories
from tests.bulletins.reporting import reporting

APRIL = date(2026, 4, 7)
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command, for a company whose unit has a reading of March evaluated; `{unit}` and `{manager}` are filled in."""
    with db.transaction(engine, write=True) as session:
        around = reporting(session)
        around.read("2026-03", 97)
        around.evaluate("2026-03")
        account = session.get_one(Account, around.manager.account_id)
        other = factories.an_account(session, "hr")
        names = {"unit": around.around.unit.code, "manager": account.login, "hr": other.login}
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    with clock.at(APRIL):
        yield lambda *words: CliRunner().invoke(main, ["kpi", "report", *(word.format(**names) for word in words)])
    monkeypatch.undo()
    settings.cache_clear()


def test_a_report_is_made_once_and_found_the_second_time(run: Run):
    words = ("monthly", "--period", "2026-03", "--unit", "{unit}", "--account", "{manager}")
    first, second = run(*words), run(*words)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert ": made, draft; 1 normal" in first.output
    assert ": there already, draft" in second.output


def test_the_machine_itself_makes_one_and_tells_it_whole_as_json(run: Run):
    told = json.loads(run("monthly", "--period", "2026-03", "--unit", "{unit}", "--policy", "kpi_sop", "--json").stdout)
    assert told["is_new"] and told["content"]["form"] == "QEF-29-01"
    assert told["number"].startswith("QEF-29-01-2026-03-")


@pytest.mark.parametrize(
    "words",
    [
        ("monthly", "--period", "2026-03", "--unit", "nonsense"),
        ("monthly", "--period", "2026-03", "--unit", "{unit}", "--account", "nobody"),
        ("monthly", "--period", "2026-03", "--unit", "{unit}", "--account", "{hr}"),
        ("monthly", "--period", "2026-Q1", "--unit", "{unit}"),
        ("monthly", "--period", "2026-02", "--unit", "{unit}"),
        ("monthly", "--period", "March", "--unit", "{unit}"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is(run: Run, words: tuple[str, ...]):
    refused = run(*words)
    assert refused.exit_code == 1
    assert " | " in refused.stderr


def test_the_daily_job_tells_once_of_what_a_meeting_decided_and_nobody_did(run: Run, engine: Engine):
    with db.transaction(engine, write=True) as session:
        manager = factories.an_actor(session, "kpi_manager")
        owner = factories.an_employee(session)
        about = {"kind": "quality_meeting", "unit_id": None, "about": Period.parse("2026-02")}
        meeting = meetings.plan_meeting(session, manager, policy="kpi_sop", **about)
        meetings.record_meeting(session, manager, meeting.id, meetings.Minutes(APRIL, "纪要"))
        task = meetings.Task("核查", owner.id, APRIL)
        meetings.add_decision(session, manager, meeting.id, text="加严", tasks=[task])
    daily = partial(CliRunner().invoke, main, ["deadlines"])
    assert "meetings" not in daily().output
    with clock.at(date(2026, 4, 8)):
        assert "decisions of meetings: 1 overdue" in daily().output
        assert "meetings" not in daily().output
