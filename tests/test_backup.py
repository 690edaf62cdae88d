"""Backups: what is restored is what there was, on either database; nothing half, nothing damaged unnoticed."""

import hashlib
import os
import shutil
import signal
import stat
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, func, inspect, select, text, update
from sqlmodel import select as select_rows

from appraisal import audit, backup, clock, db, files
from appraisal.backup.manifest import Kind
from appraisal.errors import Conflict
from appraisal.payroll.models import Release
from appraisal.people.models import Unit
from tests import factories
from tests.backups import (
    NOW,
    EmptyOf,
    a_backup_folder,  # noqa: F401
    a_small_database,  # noqa: F401
    an_empty_database,  # noqa: F401
    empty_databases,  # noqa: F401
    flip,
    is_empty,
    keep,
    object_of,
    objects,
    restore,
)
from tests.world import a_world

TRAIL = {"audit_record", "audit_head"}


@pytest.fixture(scope="module")
def company(module_database_url: str) -> Iterator[Engine]:
    """A whole company, to be read."""
    made = db.make_engine(module_database_url)
    with db.transaction(made, write=True) as session:
        a_world(session)
    yield made
    made.dispose()


@contextmanager
def _restored(source: Path, url: str) -> Iterator[Engine]:
    restore(source, url)
    made = db.make_engine(url)
    yield made
    made.dispose()


def _problems(source: Path) -> list[str]:
    with backup.opened(source) as (reader, manifest):
        return [one.en for one in backup.verify(reader, manifest, set())]


def _values(engine: Engine, table: Table) -> list[dict]:
    """The rows as the program sees them, and what of JSON is no value at all."""
    keys = list(table.primary_key)
    columns = [*table.columns, *(column.is_(None).label(f"{column.name} is null") for column in table.columns)]
    with engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(select(*columns))]
    return sorted(found, key=lambda row: [str(row[key.name]) for key in keys])


# What comes back


@pytest.mark.parametrize("other", ["sqlite", "postgresql"])
def test_every_row_comes_back_as_it_was_on_either_database(company: Engine, folder: Path, empty_of: EmptyOf, other: str):
    made = backup.make(company, folder, "full")
    assert made.findings == []
    with _restored(folder, empty_of(other)) as restored:
        tables = [table for name, table in db.all_tables().tables.items() if name not in TRAIL]
        there = inspect(company).get_table_names()
        assert set(made.manifest.tables) == {one for one in there if one != "alembic_version" and "procrastinate" not in one}
        differing = [table.name for table in tables if _values(company, table) != _values(restored, table)]
        assert differing == []
        with db.transaction(restored, write=False) as session:
            assert audit.verify(session) is None
            last = session.exec(select_rows(audit.AuditRecord).order_by(audit.AuditRecord.seq.desc()).limit(1)).one()
        assert (last.action, last.object_id) == ("backup.restore", made.manifest.name)
        assert last.seq == made.manifest.audit_seq + 1
        with pytest.raises(Exception, match="only added"), restored.begin() as connection:
            connection.execute(text("DELETE FROM measure"))
        # And back: the same hashes, whichever database they are read from.
        again = backup.make(restored, folder, "incremental")
        assert [name for name in made.manifest.tables if made.manifest.tables[name] != again.manifest.tables[name]] == [
            name for name in made.manifest.tables if name in TRAIL
        ]


def test_what_is_made_after_restoring_gets_an_id_of_its_own(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        first = factories.a_unit(session).id
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:  # an id that was given and taken back is not given again
            connection.execute(text("SELECT nextval(pg_get_serial_sequence('unit', 'id'))"))
    backup.make(engine, folder, "full")
    with _restored(folder, empty) as restored, db.transaction(restored, write=True) as session:
        assert factories.a_unit(session).id == first + (2 if engine.dialect.name == "postgresql" else 1)


def test_rows_that_refer_to_later_rows_come_back_and_references_hold_again(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        below, above = factories.a_unit(session), factories.a_unit(session)
        below.parent_id = above.id
        ids = below.id, above.id
    backup.make(engine, folder, "full")
    with _restored(folder, empty) as restored:
        with db.transaction(restored, write=False) as session:
            assert session.get_one(Unit, ids[0]).parent_id == ids[1]
        with pytest.raises(Exception, match=r"(?i)foreign key"), restored.begin() as connection:
            connection.execute(update(Unit).where(Unit.id == ids[0]).values(parent_id=999))


def test_an_archive_restores_without_its_folder_and_unpacked_is_one(company: Engine, folder: Path, tmp_path: Path, empty: str):
    made = backup.make(company, folder, "archive")
    assert [path for path, _ in backup.found(folder)] == [made.path]
    alone = tmp_path / "alone.tar"
    made.path.rename(alone)
    shutil.rmtree(folder)
    with tarfile.open(alone) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert _problems(tmp_path / "unpacked") == []
    assert restore(alone, empty).rows == made.manifest.rows


# While others write


def test_a_backup_is_one_moment_however_much_is_written_meanwhile(engine: Engine, folder: Path, empty: str):
    over, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not over.is_set():
            with db.transaction(engine, write=True) as session:
                code = factories.a_unit(session).code
                keep(session, code)
            written.release()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    seen = []

    def wait_for_more(table: str, done: int, total: int) -> None:
        if table not in seen:
            seen.append(table)
            assert written.acquire(timeout=30)

    try:
        for _ in range(20):
            assert written.acquire(timeout=30)
        made = backup.make(engine, folder, "incremental", progress=wait_for_more)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert len(seen) > 3
    counts = {name: made.manifest.tables[name].rows for name in ("unit", "stored_file", "file_content", "audit_record")}
    assert counts["unit"] == counts["stored_file"] == counts["file_content"] >= 20
    assert counts["audit_record"] == 2 * counts["unit"] == made.manifest.audit_seq
    with db.transaction(engine, write=False) as session:
        assert session.exec(select_rows(func.count()).select_from(Unit)).one() > counts["unit"]
    assert restore(folder, empty).findings == []


def test_that_a_copy_was_taken_is_on_record_with_its_hash(small: Engine, folder: Path):
    made = backup.make(small, folder, "full")
    with db.transaction(small, write=False) as session:
        last = session.exec(select_rows(audit.AuditRecord).order_by(audit.AuditRecord.seq.desc()).limit(1)).one()
    assert (last.action, last.object_id) == ("backup.make", made.manifest.name)
    assert f'"sha256":"{hashlib.sha256(made.path.read_bytes()).hexdigest()}"' in last.payload


# Little is written twice


def test_an_incremental_backup_writes_only_what_is_new(company: Engine, folder: Path, empty: str):
    first = backup.make(company, folder, "incremental")
    assert first.written == first.objects == len(objects(folder))
    before = objects(folder)
    with db.transaction(company, write=True) as session:
        sha256 = keep(session, f"neu {uuid.uuid4()}")
    second = backup.make(company, folder, "incremental")
    with backup.opened(second.path) as (_, manifest):
        tables = {table for name, table in manifest.objects() if folder / "objects" / name[:2] / f"{name}.gz" not in before}
    assert tables == {"file_content", "stored_file", *TRAIL}
    assert second.written == len(objects(folder) - before) <= 6
    assert folder / "objects" / sha256[:2] / f"{sha256}.gz" in objects(folder) - before
    # The first is still there, and restores by itself.
    assert restore(first.path, empty).rows == first.manifest.rows


def test_a_file_in_the_folder_is_not_read_from_the_database_again_but_for_a_full_backup(small: Engine, folder: Path):
    backup.make(small, folder, "incremental")
    with small.begin() as connection:
        connection.execute(update(files.FileContent).values(content=b"spoilt"))
    assert backup.make(small, folder, "incremental").findings == []
    (found,) = backup.make(small, folder, "full").findings
    assert "file_content does not have that SHA-256" in found.en


def test_what_has_had_its_time_is_cleared_away_with_what_only_it_named(small: Engine, folder: Path):
    made = {}
    for day, kind in ((1, "full"), (2, "incremental"), (8, "full"), (9, "archive"), (9, "incremental"), (20, "incremental")):
        with clock.at(date(2026, 3, day)):
            with db.transaction(small, write=True) as session:
                keep(session, f"file of day {day} {kind}")
            made[day, kind] = backup.make(small, folder, kind, keep=backup.Keep(days=2, weeks=1))
    kept = [(8, "full"), (9, "incremental"), (20, "incremental")]
    assert [path for path, _ in backup.found(folder)] == [made[one].path for one in [(8, "full"), (9, "archive"), *kept[1:]]]
    assert [one.removed for one in made.values()] == [0, 0, 1, 0, 1, 0]
    named = {name for one in kept for name, _ in made[one].manifest.objects()}
    assert {path.stem for path in objects(folder)} == named
    assert _problems(made[9, "archive"].path) == []


def test_two_backups_of_a_second_and_of_a_day_both_stay(small: Engine, folder: Path):
    with clock.at(NOW):
        kinds: tuple[Kind, ...] = ("full", "incremental")
        names = [backup.make(small, folder, kind, keep=backup.Keep(1, 1)).manifest.name for kind in kinds]
    assert names == ["20260424T020000.000Z-full", "20260424T020000.001Z-incremental"]
    assert [path.stem for path, _ in backup.found(folder)] == names
    with backup.opened(folder) as (_, manifest):
        assert manifest.name == names[1]


def test_a_full_backup_mends_what_is_damaged_and_an_incremental_one_what_is_missing(small: Engine, folder: Path):
    backup.make(small, folder, "full")
    spoilt = object_of(folder, "unit")
    flip(spoilt, 20)
    backup.make(small, folder, "incremental")
    assert len(_problems(folder)) == 1
    assert backup.make(small, folder, "full").healed == 1
    assert _problems(folder) == []
    spoilt.unlink()
    assert len(_problems(folder)) == 1
    backup.make(small, folder, "incremental")
    assert _problems(folder) == []


def test_only_the_owner_can_read_a_backup(small: Engine, folder: Path):
    backup.make(small, folder, "full")
    backup.make(small, folder, "archive")
    for path in (*objects(folder), *(path for path, _ in backup.found(folder))):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in (folder, folder / "objects", folder / "archives")} == {0o700}


# Changed behind the program's back


def test_a_file_and_a_release_that_are_not_what_they_were_are_told(company: Engine, folder: Path, empty: str):
    def spoilt(column, old: object, new: object) -> None:
        with company.begin() as connection:
            if company.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            else:
                connection.execute(text("DROP TRIGGER IF EXISTS payroll_release_refuses_update"))
            connection.execute(update(column.class_).where(column == old).values({column.name: new}))

    with company.connect() as connection:
        content = connection.execute(select(files.FileContent.content).limit(1)).scalar_one()
        table = connection.execute(select(Release.content).where(Release.content.is_not(None)).limit(1)).scalar_one()
    spoilt(files.FileContent.content, content, b"spoilt")
    spoilt(Release.content, table, f"{table} ")
    try:
        told = {one.en.rsplit("the table ")[1] for one in backup.make(company, folder, "full").findings}
        assert told == {f"{name} does not have that SHA-256" for name in ("file_content", "payroll_release")}
        assert {one.en.rsplit("the table ")[1] for one in restore(folder, empty).findings} == told
    finally:
        spoilt(files.FileContent.content, b"spoilt", content)
        spoilt(Release.content, f"{table} ", table)


# Interrupted


def _killed(act: Callable[[Callable], object]) -> None:
    """Does it in a process that is killed when half of it is done."""

    def kill(table: str, done: int, total: int) -> None:
        if done * 2 >= total:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            act(kill)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("kind", ["incremental", "archive"])
def test_a_backup_that_is_killed_is_none_and_the_next_one_is_whole(company: Engine, folder: Path, kind: Kind):
    url = company.url.render_as_string(hide_password=False)
    earlier = backup.make(company, folder, "full")
    _killed(lambda kill: backup.make(db.make_engine(url), folder, kind, progress=kill))
    assert [path for path, _ in backup.found(folder)] == [earlier.path]
    next_one = backup.make(company, folder, kind, keep=backup.Keep())
    assert [path for path, _ in backup.found(folder)] == [earlier.path, next_one.path]
    assert not [*folder.glob("unfinished-*")]
    assert _problems(next_one.path) == _problems(folder) == []


def test_a_restore_that_is_killed_leaves_nothing_and_can_be_begun_again(company: Engine, folder: Path, empty: str):
    made = backup.make(company, folder, "full")
    _killed(lambda kill: restore(folder, empty, progress=kill))
    assert is_empty(empty)
    assert restore(folder, empty).rows == made.manifest.rows


def test_of_two_backups_into_one_folder_the_second_is_refused(small: Engine, folder: Path):
    refused = []

    def second(*_: object) -> None:
        if not refused:
            with pytest.raises(Conflict) as caught:
                backup.make(small, folder, "incremental")
            refused.append(caught.value.code)

    backup.make(small, folder, "full", progress=second)
    assert refused == ["backup_under_way"]
