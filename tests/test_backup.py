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
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, Table, func, inspect, select, text, update
from sqlmodel import select as select_rows

from appraisal import attempts, audit, backup, clock, db, files, jobs
from appraisal.actor import SYSTEM
from appraisal.backup.manifest import Damaged, Kind
from appraisal.cli import main
from appraisal.config import settings
from appraisal.errors import Conflict, Invalid
from appraisal.payroll.models import Release
from appraisal.people.models import Unit
from tests import factories, postgres
from tests.world import a_world

NOW = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)
TRAIL = {"audit_record", "audit_head"}
EmptyOf = Callable[[str], str]


@contextmanager
def _empty(kind: str, folder: Path, server: object) -> Iterator[str]:
    name = f"empty_{uuid.uuid4().hex}"
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    with postgres.admin(server) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield server.set(database=name).render_as_string(hide_password=False)
    with postgres.admin(server) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_of(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[EmptyOf]:
    """The address of a new database of a kind, without tables."""
    with ExitStack() as made:

        def make(kind: str) -> str:
            server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
            return made.enter_context(_empty(kind, tmp_path, server))

        yield make


@pytest.fixture
def empty(empty_of: EmptyOf, database_kind: str) -> str:
    """One of the kind the test runs on."""
    return empty_of(database_kind)


@pytest.fixture
def small(sqlite_template: str, tmp_path: Path) -> Iterator[Engine]:
    """A small database for what has nothing to do with databases: a unit and a file."""
    shutil.copyfile(sqlite_template.removeprefix("sqlite:///"), tmp_path / "small.db")
    made = db.make_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with db.transaction(made, write=True) as session:
        factories.a_unit(session)
        _keep(session, "一份证据")
    yield made
    made.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture(scope="module")
def company(module_database_url: str) -> Iterator[Engine]:
    """A whole company, to be read."""
    made = db.make_engine(module_database_url)
    with db.transaction(made, write=True) as session:
        a_world(session)
    yield made
    made.dispose()


def _keep(session, words: str) -> str:
    return files.keep(session, SYSTEM, name="a.txt", content=words.encode(), media_type="text/plain").sha256


def _restore(source: Path, url: str, **how: object) -> backup.Restored:
    with backup.opened(source) as (reader, manifest):
        return backup.restore(reader, manifest, url, **how)


@contextmanager
def _restored(source: Path, url: str) -> Iterator[Engine]:
    _restore(source, url)
    made = db.make_engine(url)
    yield made
    made.dispose()


def _problems(source: Path) -> list[str]:
    with backup.opened(source) as (reader, manifest):
        return [one.en for one in backup.verify(reader, manifest, set())]


def _objects(folder: Path) -> set[Path]:
    return set(folder.glob("objects/*/*.gz"))


def _object_of(folder: Path, table: str) -> Path:
    """The first object of a table in the newest backup."""
    with backup.opened(folder) as (_, manifest):
        name = manifest.tables[table].chunks[0]
    return folder / "objects" / name[:2] / f"{name}.gz"


def _values(engine: Engine, table: Table) -> list[dict]:
    """The rows as the program sees them, and what of JSON is no value at all."""
    keys = list(table.primary_key)
    columns = [*table.columns, *(column.is_(None).label(f"{column.name} is null") for column in table.columns)]
    with engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(select(*columns))]
    return sorted(found, key=lambda row: [str(row[key.name]) for key in keys])


def _is_empty(url: str) -> bool:
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return True
    made = db.make_engine(url)
    try:
        return inspect(made).get_table_names() == []
    finally:
        made.dispose()


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
    assert _restore(alone, empty).rows == made.manifest.rows


# While others write


def test_a_backup_is_one_moment_however_much_is_written_meanwhile(engine: Engine, folder: Path, empty: str):
    over, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not over.is_set():
            with db.transaction(engine, write=True) as session:
                code = factories.a_unit(session).code
                _keep(session, code)
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
    assert _restore(folder, empty).findings == []


def test_that_a_copy_was_taken_is_on_record_with_its_hash(small: Engine, folder: Path):
    made = backup.make(small, folder, "full")
    with db.transaction(small, write=False) as session:
        last = session.exec(select_rows(audit.AuditRecord).order_by(audit.AuditRecord.seq.desc()).limit(1)).one()
    assert (last.action, last.object_id) == ("backup.make", made.manifest.name)
    assert f'"sha256":"{hashlib.sha256(made.path.read_bytes()).hexdigest()}"' in last.payload


# Little is written twice


def test_an_incremental_backup_writes_only_what_is_new(company: Engine, folder: Path, empty: str):
    first = backup.make(company, folder, "incremental")
    assert first.written == first.objects == len(_objects(folder))
    before = _objects(folder)
    with db.transaction(company, write=True) as session:
        sha256 = _keep(session, f"neu {uuid.uuid4()}")
    second = backup.make(company, folder, "incremental")
    with backup.opened(second.path) as (_, manifest):
        tables = {table for name, table in manifest.objects() if folder / "objects" / name[:2] / f"{name}.gz" not in before}
    assert tables == {"file_content", "stored_file", *TRAIL}
    assert second.written == len(_objects(folder) - before) <= 6
    assert folder / "objects" / sha256[:2] / f"{sha256}.gz" in _objects(folder) - before
    # The first is still there, and restores by itself.
    assert _restore(first.path, empty).rows == first.manifest.rows


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
                _keep(session, f"file of day {day} {kind}")
            made[day, kind] = backup.make(small, folder, kind, keep=backup.Keep(days=2, weeks=1))
    kept = [(8, "full"), (9, "incremental"), (20, "incremental")]
    assert [path for path, _ in backup.found(folder)] == [made[one].path for one in [(8, "full"), (9, "archive"), *kept[1:]]]
    assert [one.removed for one in made.values()] == [0, 0, 1, 0, 1, 0]
    named = {name for one in kept for name, _ in made[one].manifest.objects()}
    assert {path.stem for path in _objects(folder)} == named
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
    spoilt = _object_of(folder, "unit")
    _flip(spoilt, 20)
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
    for path in (*_objects(folder), *(path for path, _ in backup.found(folder))):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in (folder, folder / "objects", folder / "archives")} == {0o700}


# Damage


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _unit_object_flipped(folder: Path, archive: Path) -> Path:
    _flip(_object_of(folder, "unit"), 20)
    return folder


def _unit_object_cut(folder: Path, archive: Path) -> Path:
    path = _object_of(folder, "unit")
    path.write_bytes(path.read_bytes()[:-9])
    return folder


def _unit_object_missing(folder: Path, archive: Path) -> Path:
    _object_of(folder, "unit").unlink()
    return folder


def _file_missing(folder: Path, archive: Path) -> Path:
    with backup.opened(folder) as (_, manifest):
        name = manifest.tables["file_content"].contents[0]
    (folder / "objects" / name[:2] / f"{name}.gz").unlink()
    return folder


def _manifest_cut(folder: Path, archive: Path) -> Path:
    path = max(folder.glob("backups/*"))
    path.write_bytes(path.read_bytes()[:-100])
    return folder


def _manifest_changed(folder: Path, archive: Path) -> Path:
    path = max(folder.glob("backups/*"))
    path.write_text(path.read_text().replace('"audit_seq": ', '"audit_seq": 1'))
    return folder


def _archive_cut(folder: Path, archive: Path) -> Path:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    return archive


def _archive_flipped(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive) as tar:
        entry = next(one for one in tar if one.name == str(_object_of(folder, "unit").relative_to(folder)))
    _flip(archive, entry.offset_data + 20)
    return archive


DAMAGE = {
    _unit_object_flipped: "object .* of the table unit has been changed or is cut off",
    _unit_object_cut: "object .* of the table unit has been changed or is cut off",
    _unit_object_missing: "object .* of the table unit is missing",
    _file_missing: "object .* of the table file_content is missing",
    _manifest_cut: "manifest .*-full.json is cut off or has been changed",
    _manifest_changed: "manifest .*-full.json is cut off or has been changed",
    _archive_cut: "is no whole archive|has no manifest",
    _archive_flipped: "object .* of the table unit has been changed or is cut off",
}


@pytest.fixture
def backed_up(small: Engine, folder: Path) -> tuple[Path, Path]:
    """A folder with a backup, and an archive of the same."""
    with clock.at(NOW):
        archive = backup.make(small, folder, "archive").path
        backup.make(small, folder, "full")
    return folder, archive


@pytest.mark.parametrize("spoil", DAMAGE, ids=lambda spoil: spoil.__name__.strip("_"))
def test_damage_is_named_and_nothing_is_half_restored(backed_up: tuple[Path, Path], empty_of: EmptyOf, spoil: Callable):
    source, into = spoil(*backed_up), empty_of("sqlite")
    with pytest.raises(Damaged, match=DAMAGE[spoil]):
        _restore(source, into)
    assert _is_empty(into)


def test_damage_leaves_an_empty_postgresql_empty(backed_up: tuple[Path, Path], empty_of: EmptyOf):
    into = empty_of("postgresql")
    with pytest.raises(Damaged):
        _restore(_file_missing(*backed_up), into)
    assert _is_empty(into)


def test_a_manifest_that_cannot_be_read_lets_nothing_be_cleared_away(small: Engine, folder: Path):
    with clock.at(date(2026, 3, 2)):
        backup.make(small, folder, "full")
    _manifest_cut(folder, folder)
    before = _objects(folder)
    with clock.at(date(2026, 3, 20)):
        made = backup.make(small, folder, "incremental", keep=backup.Keep(1, 1))
    assert [one.en[:27] for one in made.findings] == ["nothing was cleared away: t"]
    assert before <= _objects(folder)


def test_a_chain_that_was_broken_before_is_restored_as_it_was_and_told(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        factories.a_unit(session)
        factories.a_unit(session)
    with engine.begin() as connection:
        connection.execute(update(audit.AuditRecord).where(audit.AuditRecord.seq == 2).values(action="unit.other"))
    backup.make(engine, folder, "full")
    (found,) = _restore(folder, empty).findings
    assert found.en == "audit record 2: the record has been changed"
    assert not _is_empty(empty)


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
        assert {one.en.rsplit("the table ")[1] for one in _restore(folder, empty).findings} == told
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
    _killed(lambda kill: _restore(folder, empty, progress=kill))
    assert _is_empty(empty)
    assert _restore(folder, empty).rows == made.manifest.rows


def test_of_two_backups_into_one_folder_the_second_is_refused(small: Engine, folder: Path):
    refused = []

    def second(*_: object) -> None:
        if not refused:
            with pytest.raises(Conflict) as caught:
                backup.make(small, folder, "incremental")
            refused.append(caught.value.code)

    backup.make(small, folder, "full", progress=second)
    assert refused == ["backup_under_way"]


# Versions


def test_a_backup_of_an_earlier_version_is_brought_up_to_this_one(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        factories.a_unit(session)
    newest = backup.make(engine, folder, "full").manifest.revision
    db.migrate(engine, "2026_11_21_2340")
    made = backup.make(engine, folder, "full")
    assert made.manifest.revision == "2026_11_21_2340"
    assert "kpi_report" not in made.manifest.tables
    assert _restore(made.path, empty).upgraded_to == newest
    restored = db.make_engine(empty)
    with db.transaction(restored, write=False) as session:
        assert session.exec(select_rows(func.count()).select_from(Unit)).one() == 1
    assert set(inspect(restored).get_table_names()) >= set(db.all_tables().tables)
    restored.dispose()


def test_a_backup_of_a_later_version_is_refused(small: Engine, folder: Path, empty_of: EmptyOf):
    with small.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2999_01_01_0000'"))
    backup.make(small, folder, "full")
    with pytest.raises(Invalid, match="does not know: update the program first"):
        _restore(folder, empty_of("sqlite"))


def test_a_database_that_holds_tables_is_not_written_over(engine: Engine, small: Engine, folder: Path):
    backup.make(small, folder, "full")
    with pytest.raises(Conflict, match="never written over"):
        _restore(folder, engine.url.render_as_string(hide_password=False))
    with db.transaction(engine, write=False) as session:
        assert session.exec(select_rows(func.count()).select_from(Unit)).one() == 0


def test_an_empty_database_is_not_backed_up(folder: Path, empty: str):
    made = db.make_engine(empty)
    with pytest.raises(Invalid, match="nothing to back up"):
        backup.make(made, folder, "full")
    made.dispose()
    assert list(backup.found(folder)) == []


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
    assert _is_empty(into)
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
    _flip(_object_of(folder, "unit"), 20)
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
    assert _restore(folder, empty_of("sqlite")).findings == []
    (found,) = _restore(folder, empty_of("sqlite"), audit_keys=("the key",)).findings
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
        _keep(session, "一份证据")
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
    restored = _restore(folder, empty)
    assert restored.jobs == 3  # the third is the backup itself, which was at work
    into = db.make_engine(empty)
    with db.transaction(into, write=False) as session:
        assert {job.state for job in session.exec(select_rows(jobs.Job))} == {jobs.WAITING}
        assert attempts.next_due(session) == waiting
        if into.dialect.name == "postgresql":
            assert session.exec(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).one() == (3,)
    into.dispose()
