"""The commands that write a week's summaries and count the KPIs about the KPIs."""

import json
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.cli import main
from appraisal.config import settings
from appraisal.people.models import Account
from tests import factories
from tests.bulletins.a_week import a_week
from tests.bulletins.test_rewording import a_model, answering, sending

Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The commands under `kpi`, for a company whose unit has been evaluated; `{unit}`, `{manager}` and `{hr}` are filled in."""
    with db.transaction(engine, write=True) as session, a_week(session) as week:
        account = session.get_one(Account, week.manager.account_id)
        names = {"unit": week.around.unit.code, "manager": account.login, "hr": factories.an_account(session, "hr").login}
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    with clock.at(date(2026, 4, 5)):
        yield lambda *words: CliRunner().invoke(main, ["kpi", *(word.format(**names) for word in words)])
    monkeypatch.undo()
    settings.cache_clear()


def told(result: Result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["summaries"]


def test_the_machine_writes_the_week_of_all_that_was_evaluated_and_a_second_time_the_same(run: Run) -> None:
    first, again = told(run("summaries", "--week", "2026-W14")), told(run("summaries", "--week", "2026-W14"))
    assert {one["area"] for one in first} == {"compliance", "procurement", "supply_chain", "strategy", "finance"}
    assert all(one["is_new"] and one["statements"] and one["rewording"] is None for one in first)
    assert [(one["id"], one["is_new"]) for one in again] == [(one["id"], False) for one in first]


def test_a_manager_writes_them_for_one_unit(run: Run) -> None:
    words = ("summaries", "--week", "2026-W14", "--account", "{manager}", "--policy", "kpi_sop", "--unit")
    assert len(told(run(*words, "{unit}"))) == 5
    assert told(run("summaries", "--week", "2026-W14", "--account", "{hr}")) == []
    assert told(run("summaries", "--week", "2026-W14", "--policy", "plant")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("summaries", "--week", "2026-03"),
        ("summaries", "--week", "2026-W15"),
        ("summaries", "--week", "2026-W14", "--unit", "nonsense"),
        ("summaries", "--week", "2026-W14", "--account", "nobody"),
        ("about-kpis", "--period", "2026-04", "--unit", "{unit}"),
        ("about-kpis", "--period", "2026-03", "--unit", "{unit}", "--account", "{hr}"),
        ("about-kpis", "--period", "2026-03", "--unit", "{unit}", "--policy", "trading"),
    ],
)
def test_what_cannot_be_done_is_said_and_exits_with_1(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert refused.exit_code == 1 and " | " in refused.stderr


def test_a_model_is_asked_once_for_each_and_what_became_of_it_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_model(sending(b"", 503)) as endpoint:
        monkeypatch.setenv("SUMMARY_ENDPOINT", endpoint.url)
        settings.cache_clear()
        first = run("summaries", "--week", "2026-W14")
        assert {one["rewording"] for one in told(first)} == {"failed"} and "answered 503" in first.stderr
        assert {one["rewording"] for one in told(run("summaries", "--week", "2026-W14"))} == {None}


def test_a_model_that_makes_up_figures_is_not_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_model(answering("一切正常, 99.9%", "all is well, 99.9%")) as endpoint:
        monkeypatch.setenv("SUMMARY_ENDPOINT", endpoint.url)
        settings.cache_clear()
        assert {one["rewording"] for one in told(run("summaries", "--week", "2026-W14"))} == {"changed_figures"}


def test_an_endpoint_that_is_not_allowed_stops_before_anything_is_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARY_ENDPOINT", "https://elsewhere.example/")
    settings.cache_clear()
    assert run("summaries", "--week", "2026-W14").exit_code == 1
    monkeypatch.delenv("SUMMARY_ENDPOINT")
    settings.cache_clear()
    assert all(one["is_new"] for one in told(run("summaries", "--week", "2026-W14")))


def test_the_kpis_about_the_kpis_are_entered_once(run: Run) -> None:
    first, again = (run("about-kpis", "--period", "2026-03", "--unit", "{unit}") for _ in range(2))
    assert first.stdout.strip() == "4 recorded, 0 corrected, 0 unchanged"
    assert again.stdout.strip() == "0 recorded, 0 corrected, 4 unchanged"
