"""`appraisal audit`: the chain walked and sealed from the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from appraisal import audit, db
from appraisal.cli import main
from appraisal.config import settings
from tests import factories

Run = Callable[..., Result]


@pytest.fixture
def trail(engine: Engine) -> Engine:
    """A database with a few records in its chain."""
    with db.transaction(engine, write=True) as session:
        factories.a_unit(session)
        factories.a_unit(session)
    return engine


@pytest.fixture
def run(trail: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command, with these settings in its environment."""

    def run(*words: str, **given: str) -> Result:
        url = trail.url.render_as_string(hide_password=False)
        for name in ("AUDIT_KEY", "OLD_AUDIT_KEYS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATABASE_URL": url, "APPRAISAL_VAR": str(tmp_path), **given}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return CliRunner().invoke(main, ["audit", *words])

    yield run
    monkeypatch.undo()
    settings.cache_clear()


def test_a_whole_chain_is_told_and_a_changed_record_is_named(trail: Engine, run: Run):
    assert run("verify").exit_code == 0
    with trail.begin() as connection:
        connection.execute(text("UPDATE audit_record SET action = 'unit.other' WHERE seq = 2"))
    told = run("verify")
    assert (told.exit_code, told.stderr.startswith("record 2:")) == (1, True)


def test_a_seal_needs_its_key_and_holds_the_end_of_the_chain(trail: Engine, run: Run):
    assert run("seal").exit_code == 1
    sealed = run("seal", AUDIT_KEY="k1")
    assert sealed.stdout == "sealed up to record 2\n"
    assert run("verify", AUDIT_KEY="k1").exit_code == 0
    with trail.begin() as connection:
        connection.execute(text("UPDATE audit_seal SET signature = :bad"), {"bad": "0" * 64})
    assert run("verify", AUDIT_KEY="k1").exit_code == 1
    assert run("verify", AUDIT_KEY="k2", OLD_AUDIT_KEYS="k1").exit_code == 1
    assert run("verify").exit_code == 0


def test_what_one_process_signed_another_checks(trail: Engine, run: Run):
    with db.transaction(trail, write=True) as session:
        audit.seal(session, "k1")
    assert run("verify", AUDIT_KEY="k2", OLD_AUDIT_KEYS="k1").exit_code == 0
