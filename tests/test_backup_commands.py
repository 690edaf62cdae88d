"""The commands that back up, list, verify and restore, and the backups that are made by themselves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text, update
from sqlmodel import select as select_rows

from appraisal import attempts, audit, backup, db, files, jobs
from appraisal.actor import SYSTEM
from appraisal.cli import main
from appraisal.config import settings
from appraisal.errors import Invalid
from tests.backups import (
    EmptyOf,
    a_backup_folder,  # noqa: F401
    a_small_database,  # noqa: F401
    an_empty_database,  # noqa: F401
    empty_databases,  # noqa: F401
    flip,
    is_empty,
    keep,
    object_of,
    restore,
)

# The commands


@pytest.fixture
def run(small: Engine, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """The command on the small database."""

    def run(*words: str, asked: str | None = None) -> Result:
        for name, value in {"DATABASE_URL": str(small.url), "BACKUP_DIR": str(folder), "APPRAISAL_VAR": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return CliRunner().invoke(main, list(words), input=asked)

    yield run
    monkeypatch.undo()
    settings.cache_clear()


def test_the_commands_back_up_list_verify_and_restore(run: Callable[..., Result], folder: Path, tmp_path: Path):
    for kind in ("--incremental", "--full", "--archive"):
        made = run("backup", kind)
        assert (made.exit_code, Path(made.stdout.splitlines()[0]).exists()) == (0, True)
    assert [line.split()[2] for line in run("backup", "list").stdout.splitlines()] == ["incremental", "full", "archive"]
    assert run("backup", "verify").exit_code == 0
    into = f"sqlite:///{tmp_path}/again.db"
    assert run("restore", str(folder), "--into", into, asked="n\n").exit_code == 1
    assert is_empty(into)
    told = run("restore", str(folder), "--into", into, asked="y\n")
    assert told.exit_code == 0
    assert "1 files hashed" in told.stdout
    assert "no AUDIT_KEY is set" in told.stdout
    assert run("restore", str(folder), "--into", into, "--yes").stderr.startswith("database_not_empty:")


def test_the_commands_end_with_1_where_something_does_not_hold(
    run: Callable[..., Result], small: Engine, folder: Path, tmp_path: Path
):
    assert run("backup", "verify").exit_code == 1
    assert run("restore", str(folder), "--yes").exit_code == 1
    run("backup")
    flip(object_of(folder, "unit"), 20)
    told = run("backup", "verify")
    assert (told.exit_code, "1 objects damaged or missing" in told.stdout) == (1, True)
    assert "table unit" in told.stderr
    with small.begin() as connection:
        connection.execute(update(files.FileContent).values(content=b"spoilt"))
    assert run("backup", "--full").exit_code == 1
    told = run("restore", str(folder), "--into", f"sqlite:///{tmp_path}/again.db", "--yes")
    assert (told.exit_code, "file_content" in told.stderr) == (1, True)


def test_a_sealed_chain_is_checked_with_its_key(small: Engine, folder: Path, empty_of: EmptyOf):
    with db.transaction(small, write=True) as session:
        audit.seal(session, "the key")
    with small.begin() as connection:
        connection.execute(update(audit.AuditSeal).values(signature="0" * 64))
    backup.make(small, folder, "full")
    assert restore(folder, empty_of("sqlite")).findings == []
    (found,) = restore(folder, empty_of("sqlite"), audit_keys=("the key",)).findings
    assert "signature" in found.en


def test_the_folder_is_told_when_it_cannot_be_written(small: Engine, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match="cannot write into"):
        backup.make(small, tmp_path / "file" / "backups", "full")


# By itself


@pytest.fixture
def work_off(engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], jobs.Job]]:
    """Asks for a job and does it, with a folder set."""
    monkeypatch.setenv("BACKUP_DIR", str(folder))
    settings.cache_clear()

    def done(task: str) -> jobs.Job:
        with db.transaction(engine, write=True) as session:
            job_id = jobs.enqueue(session, SYSTEM, task, {}).id
        attempts.attempt(engine, job_id)
        with db.transaction(engine, write=False) as session:
            return session.get_one(jobs.Job, job_id)

    yield done
    monkeypatch.undo()
    settings.cache_clear()


def test_backups_are_made_by_themselves_where_a_folder_is_set(
    work_off: Callable[[str], jobs.Job], folder: Path, monkeypatch: pytest.MonkeyPatch
):
    for task, kind in (("daily", "incremental"), ("weekly", "full"), ("monthly", "archive")):
        job = work_off(f"backup.{task}")
        assert (job.state, job.done > 0) == (jobs.DONE, True)
        with backup.opened(Path(job.outcome["path"])) as (_, manifest):
            assert manifest.kind == kind
    monkeypatch.delenv("BACKUP_DIR")
    settings.cache_clear()
    assert work_off("backup.daily").outcome == {"path": None}
    assert len(list(backup.found(folder))) == 3


def test_a_job_whose_backup_shows_damage_has_failed_and_says_so(work_off: Callable[[str], jobs.Job], engine: Engine):
    with db.transaction(engine, write=True) as session:
        keep(session, "一份证据")
    with engine.begin() as connection:
        connection.execute(update(files.FileContent).values(content=b"spoilt"))
    job = work_off("backup.weekly")
    assert (job.state, "was made, but: the content of" in job.said["en"]) == (jobs.FAILED, True)


def test_jobs_that_were_waiting_or_at_work_go_on_after_restoring(
    work_off: Callable[[str], jobs.Job], engine: Engine, empty: str, folder: Path
):
    with db.transaction(engine, write=True) as session:
        waiting = jobs.enqueue(session, SYSTEM, "desk.seal", {}).id
        dead = jobs.enqueue(session, SYSTEM, "desk.seal", {})
        dead.state = jobs.RUNNING
    work_off("backup.weekly")
    restored = restore(folder, empty)
    assert restored.jobs == 3  # the third is the backup itself, which was at work
    into = db.make_engine(empty)
    with db.transaction(into, write=False) as session:
        assert {job.state for job in session.exec(select_rows(jobs.Job))} == {jobs.WAITING}
        assert attempts.next_due(session) == waiting
        if into.dialect.name == "postgresql":
            assert session.exec(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).one() == (3,)
    into.dispose()
