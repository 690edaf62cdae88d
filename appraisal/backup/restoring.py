"""Restoring: a backup into an empty database, in one transaction that is undone by whatever does not hold; and checking one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from appraisal import attempts, audit, db
from appraisal.actor import SYSTEM, Actor
from appraisal.backup import tables
from appraisal.backup.manifest import Damaged, Manifest
from appraisal.backup.tables import Counter, Nowhere, Progress, Reader
from appraisal.core.errors import Message
from appraisal.errors import Conflict, Invalid


@dataclass(frozen=True)
class Restored:
    """What was restored and found to hold: every row by its hash, every reference between rows. `files` were hashed anew,
    `audit_records` walked, `jobs` that were waiting or at work go on. `findings` did not hold when it was backed up either.
    """

    tables: int
    rows: int
    files: int
    audit_records: int
    jobs: int
    upgraded_to: str
    findings: Sequence[Message]


def restore(
    reader: Reader,
    manifest: Manifest,
    url: str,
    *,
    actor: Actor = SYSTEM,
    audit_keys: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Restored:
    """Makes the tables as they were when the backup was taken, fills them, reads all back, and brings them to this version.

    Raises Conflict `database_not_empty`, Invalid `newer_backup`, `rows_refused`, `restored_otherwise`, Damaged; the database is
    then as empty as it was.
    """
    newest = _newest(manifest)
    with _empty_database(url) as connection:
        _upgrade(connection, manifest.revision)
        count = Counter(2 * manifest.rows, progress)
        found = _fill(connection, manifest, reader, count)
        back = tables.copy(connection, found, Nowhere(), count)
        for name, copied in manifest.tables.items():
            if back.tables[name] != copied:
                zh, en = f"表 {name} 读回的内容与备份不同", f"the table {name} does not read back as it was backed up"
                raise Invalid("restored_otherwise", zh, en)
        _upgrade(connection, newest)
        findings = [*back.findings]
        after = {"made_at": manifest.made_at.isoformat(), "rows": manifest.rows, "audit_seq": manifest.audit_seq}
        with Session(connection, info={"writes": True, "last": {}}) as session:
            if broken := audit.verify(session, audit_keys):
                zh, en = f"审计链第 {broken.seq} 条: {broken.message.zh}", f"audit record {broken.seq}: {broken.message.en}"
                findings.append(Message(zh, en))
            resumed = attempts.taken_up(session)
            audit.record(session, actor, "backup.restore", "backup", manifest.name, after=after)
            audit.flush(session)
    files = sum(len(copied.contents) for copied in manifest.tables.values())
    return Restored(len(manifest.tables), manifest.rows, files, manifest.audit_seq, resumed, newest, findings)


def verify(reader: Reader, manifest: Manifest, sound: set[str]) -> Iterator[Message]:
    """What is wrong with a backup as it lies there. `sound`: objects that need no second look; those found sound are added."""
    for name, table in manifest.objects():
        if name not in sound:
            try:
                reader.get(name, table)
                sound.add(name)
            except Damaged as error:
                yield error.message


def _newest(manifest: Manifest) -> str:
    """The revision of this version. Raises Invalid for a backup of a later one."""
    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(db.migration_config())
    if manifest.revision not in {one.revision for one in known.walk_revisions()}:
        zh = f"备份的数据库版本为 {manifest.revision}, 本程序不认识; 请先升级本程序"
        en = f"the backup has the tables of {manifest.revision}, which this version does not know: update the program first"
        raise Invalid("newer_backup", zh, en)
    return known.get_current_head() or ""


@contextmanager
def _empty_database(url: str) -> Iterator[Connection]:
    """One transaction on a database without tables: all that is done in it stays, or nothing. Raises Conflict."""
    address = make_url(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    file = Path(address.database or "") if is_sqlite else None
    is_new = file is not None and not file.exists()
    target = db.make_engine(url)
    try:
        with target.connect() as connection:
            if is_sqlite:
                # In one transaction with the migrations, which rebuild tables; checked by hand before its end.
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.begin():
                if inspect(connection).get_table_names():
                    raise _not_empty(address.render_as_string(), is_sqlite)
                yield connection
        is_new = False
    finally:
        target.dispose()
        if file and is_new:
            for left in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                left.unlink(missing_ok=True)


def _not_empty(url: str, is_sqlite: bool) -> Conflict:
    zh, en = f"{url} 已有数据, 不会被覆盖。", f"{url} holds tables already, which are never written over. "
    if is_sqlite:
        zh += "请先停止服务并移走该文件 (连同 -wal 和 -shm), 或用 --into 指定新文件"
        en += "Stop the service and move the file away (with its -wal and -shm), or name a new one by --into"
    else:
        zh += "请新建一个空数据库 (createdb), 用 --into 指定"
        en += "Make a new one (createdb) and name it by --into"
    return Conflict("database_not_empty", zh, en)


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command

    config = db.migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill(connection: Connection, manifest: Manifest, reader: Reader, count: Counter) -> Sequence[Table]:
    found = tables.reflected(connection)
    there = {table.name: set(table.columns.keys()) for table in found}
    if there != {name: set(copied.columns) for name, copied in manifest.tables.items()}:
        zh = f"清单中的表与版本 {manifest.revision} 的表不一致"
        raise Damaged(zh, f"its tables are not those of {manifest.revision}")
    for table in found:
        connection.execute(table.delete())  # what the migrations begin with
    with _references_checked_at_the_end(connection):
        for table in found:
            tables.load(connection, table, manifest.tables[table.name], reader, count)
    _set_sequences(connection, found, manifest)
    return found


@contextmanager
def _references_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """Rows may come before those they refer to, within one table in any case. Raises Invalid `rows_refused`."""
    if connection.dialect.name == "sqlite":
        yield
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise _refers_to_nothing(f"{broken[0]} → {broken[2]}")
        return
    references = connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conparentid = 0"
        )
    ).all()
    for table, name, _ in references:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in references:
        try:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        except IntegrityError:
            raise _refers_to_nothing(f"{table}: {name}") from None


def _refers_to_nothing(where: str) -> Invalid:
    return Invalid("rows_refused", f"有数据引用不存在的行: {where}", f"there are rows that refer to nothing: {where}")


def _set_sequences(connection: Connection, found: Sequence[Table], manifest: Manifest) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in found:
        key: Any = table.autoincrement_column
        if key is None:
            continue
        highest = connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        following = max(highest + 1, manifest.next_ids.get(table.name, 1))
        named = func.pg_get_serial_sequence(table.name, key.name)
        connection.execute(select(func.setval(named, following, False)))
