"""Pages and commands of retention: what is due is shown before it goes, holds are set and lifted, data are given out."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import attempts, clock, db, jobs
from appraisal.cli import main
from appraisal.config import settings
from appraisal.cycles.models import Appraisal
from appraisal.people.models import Employee
from appraisal.records.models import LegalHold, Purge
from tests.records.test_purging import settled
from tests.site import a_browser, a_site, form_of, send
from tests.world import World

LONG_AFTER = date(2034, 1, 1)


@pytest.fixture
def world(engine: Engine) -> World:
    with db.transaction(engine, write=True) as session:
        made = settled(session)
        session.expunge_all()
    return made


def test_an_administrator_sees_what_is_due_and_has_it_purged(engine: Engine, database_url: str, tmp_path: Path, world: World):
    site = a_site(database_url, tmp_path)
    with clock.at(LONG_AFTER):
        admin, hr = a_browser(site, world.words["admin_login"], "en"), a_browser(site, world.words["hr_login"])
        page = admin.get("/admin/retention").text
        shown = form_of(page, "/admin/retention/purge")["ready"]
        assert f"Purge the {shown} that are due" in page and "Legal holds" in page
        assert 'action="/admin/retention/purge"' not in hr.get("/admin/retention").text
        other = send(admin, "/admin/retention", "/admin/retention/purge", ready=str(int(shown) + 1))
        assert other.status_code == 409 and f"{shown} are due now" in other.text
        assert send(admin, "/admin/retention", "/admin/retention/purge").status_code == 303
        with db.transaction(engine, write=False) as session:
            job = session.exec(select(jobs.Job).where(jobs.Job.task == "records.purge")).one()
        page = admin.get("/admin/retention").text
        assert "under way" in page and 'action="/admin/retention/purge"' not in page
        attempts.attempt(engine, job.id or 0)
        page = admin.get("/admin/retention").text
        assert "Nothing is due today" in page and "under way" not in page
    with db.transaction(engine, write=False) as session:
        done = session.get_one(jobs.Job, job.id)
        assert done.state == jobs.DONE and done.outcome and done.outcome["case"] > 5
        [*_, last] = session.exec(select(Purge).order_by(Purge.id)).all()
        assert last.ended_at is not None and last.counts["taken"] == done.outcome


def test_a_hold_is_set_by_number_and_lifted_with_a_reason(engine: Engine, database_url: str, tmp_path: Path, world: World):
    site = a_site(database_url, tmp_path)
    with db.transaction(engine, write=False) as session:
        person = session.get_one(Employee, session.get_one(Appraisal, world.ids["closed"]).employee_id)
        number = person.number
    hr = a_browser(site, world.words["hr_login"])
    refused = send(hr, "/admin/retention", "/admin/retention/holds", number="没有此人", reason="仲裁 123 号")
    assert refused.status_code == 422 and "仲裁 123 号" in refused.text
    assert send(hr, "/admin/retention", "/admin/retention/holds", number=number, reason="仲裁 123 号").status_code == 303
    assert "仲裁 123 号" in hr.get("/admin/retention").text
    with db.transaction(engine, write=False) as session:
        hold = session.exec(select(LegalHold).where(LegalHold.employee_id == person.id)).one()
    at = f"/admin/retention/holds/{hold.id}"
    assert send(hr, at, at, reason="裁决已生效").status_code == 303
    assert "仲裁 123 号" not in hr.get("/admin/retention").text and "裁决已生效" in hr.get(at).text


def test_hr_gives_data_out_by_a_form_that_asks_why(engine: Engine, database_url: str, tmp_path: Path, world: World):
    site = a_site(database_url, tmp_path)
    hr = a_browser(site, world.words["hr_login"], "en")
    with db.transaction(engine, write=False) as session:
        person = session.get_one(Appraisal, world.ids["closed"]).employee_id
    at = f"/people/{person}/take-out"
    assert send(hr, at, at).status_code == 422
    answer = send(hr, at, at, reason="in writing")
    assert answer.status_code == 200 and answer.data.startswith(b"PK") and answer.content_type == "application/zip"


def test_the_command_previews_any_day_and_purges_today_only(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("APPRAISAL_VAR", str(tmp_path))
    settings.cache_clear()
    try:
        looked = CliRunner().invoke(main, ["purge", "--preview", "--on", "2031-03-31"])
        assert looked.exit_code == 0 and "due nothing" in looked.output
        looked = CliRunner().invoke(main, ["purge", "--preview", "--on", "2034-01-01"])
        assert looked.exit_code == 0 and "1 person" in looked.output
        assert CliRunner().invoke(main, ["purge", "--on", "2034-01-01", "--yes"]).exit_code == 2
        with clock.at(LONG_AFTER):
            refused = CliRunner().invoke(main, ["purge"], input="n\n")
            assert refused.exit_code == 1
            done = CliRunner().invoke(main, ["purge", "--yes"])
            assert done.exit_code == 0 and "1 person" in done.output
            again = CliRunner().invoke(main, ["purge", "--yes"])
            assert again.exit_code == 0 and "due nothing" in again.output
        verified = CliRunner().invoke(main, ["audit", "verify"])
        assert verified.exit_code == 0
    finally:
        settings.cache_clear()
