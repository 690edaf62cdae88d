"""Taking a backup: one snapshot of the database, read while others go on writing, into a folder or an archive."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlmodel import select

from appraisal import audit, clock, db
from appraisal.actor import SYSTEM, Actor
from appraisal.backup import tables
from appraisal.backup.manifest import Damaged, Kind, Manifest
from appraisal.backup.store import NAME, Folder, archiving
from appraisal.backup.tables import Copy, Counter, Progress, Writer
from appraisal.core.errors import Message
from appraisal.errors import Invalid

NEXT_IDS = """
    SELECT owner.relname, coalesce(sequence.last_value + 1, 1)
    FROM pg_sequences sequence
    JOIN pg_class named ON named.relname = sequence.sequencename AND named.relnamespace = current_schema()::regnamespace
    JOIN pg_depend depend ON depend.objid = named.oid AND depend.deptype IN ('a', 'i')
    JOIN pg_class owner ON owner.oid = depend.refobjid
    WHERE sequence.schemaname = current_schema()
"""


@dataclass(frozen=True)
class Keep:
    """What stays: the backups of the last `days` days that have any, the full ones of the last `weeks` weeks, all archives."""

    days: int = 14
    weeks: int = 8


@dataclass(frozen=True)
class Made:
    """A backup that was made. `objects` are those it names, `written` those of them that were not there, `healed` those that
    were there damaged; `removed` are older backups that had had their time; `findings` is what is wrong in the database itself
    or in the folder."""

    path: Path
    manifest: Manifest
    objects: int
    written: int
    bytes_written: int
    healed: int
    removed: int
    findings: Sequence[Message]


def make(
    target: Engine,
    folder: Path,
    kind: Kind,
    *,
    actor: Actor = SYSTEM,
    keep: Keep | None = None,
    progress: Progress | None = None,
) -> Made:
    """Backs the database up while it is in use; that it was done is on record before the backup counts.

    An incremental backup takes the objects that are there to be sound and does not read files that are; a full one reads all
    of the database and of what is there again, and mends what is damaged. With `keep`, clears away what has had its time.
    Raises Invalid `nothing_to_back_up`, `folder_unusable`, Conflict `backup_under_way`.
    """
    into = Folder(folder, trusting=kind == "incremental")
    try:
        with into.alone():
            name = into.free_name(clock.now().astimezone(UTC), kind)
            if kind == "archive":
                with archiving(folder, name) as archive:
                    manifest, findings = _copied(target, archive, name, kind, progress)
                    _record(target, actor, manifest)
                    archive.publish(manifest)
                path, written, removed = folder / "archives" / f"{name}.tar", archive.written, 0
            else:
                manifest, findings = _copied(target, into, name, kind, progress)
                _record(target, actor, manifest)
                path, written = into.publish(manifest), into.written
                removed = _clear(into, keep, findings) if keep else 0
    except OSError as error:
        zh, en = f"无法写入 {folder}: {error}", f"cannot write into {folder}: {error}"
        raise Invalid("folder_unusable", zh, en) from error
    objects = len({one for one, _ in manifest.objects()})
    return Made(path, manifest, objects, len(written), sum(written.values()), len(into.healed), removed, findings)


def _copied(target: Engine, writer: Writer, name: str, kind: Kind, progress: Progress | None) -> tuple[Manifest, list[Message]]:
    with _snapshot(target) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is None:
            raise Invalid(
                "nothing_to_back_up", "数据库是空的, 没有可备份的内容", "the database is empty: there is nothing to back up"
            )
        found = tables.reflected(connection)
        head = connection.execute(select(audit.AuditHead.seq, audit.AuditHead.hash)).one()
        made_at = clock.now()
        copied: Copy = tables.copy(connection, found, writer, Counter(tables.rows_in(connection, found), progress))
        manifest = Manifest(
            name=name,
            kind=kind,
            made_at=made_at,
            database=target.dialect.name,
            revision=revision,
            audit_seq=head.seq,
            audit_hash=head.hash,
            tables=copied.tables,
            next_ids=_next_ids(connection, copied),
        )
    return manifest, copied.findings


@contextmanager
def _snapshot(target: Engine) -> Iterator[Connection]:
    """A transaction that sees the database as it is at its first statement, whatever others do meanwhile."""
    if target.dialect.name == "postgresql":
        target = target.execution_options(isolation_level="REPEATABLE READ")
    with db.transaction(target, write=False) as session:
        yield session.connection()


def _next_ids(connection: Connection, copied: Copy) -> dict[str, int]:
    """What the sequences give next: an id that was given and taken back is not given again after restoring."""
    if connection.dialect.name != "postgresql":
        return {}
    return {table: following for table, following in connection.execute(text(NEXT_IDS)) if table in copied.tables}


def _record(target: Engine, actor: Actor, manifest: Manifest) -> None:
    """A copy of everybody's data has been taken: that is on the trail, with the hash by which the copy is known."""
    after = {
        "kind": manifest.kind,
        "rows": manifest.rows,
        "revision": manifest.revision,
        "audit_seq": manifest.audit_seq,
        "sha256": hashlib.sha256(manifest.as_bytes()).hexdigest(),
    }
    with db.transaction(target, write=True) as session:
        audit.record(session, actor, "backup.make", "backup", manifest.name, after=after)


def _clear(folder: Folder, keep: Keep, findings: list[Message]) -> int:
    outlived = _outlived(folder.manifests(), keep)
    try:
        folder.clear(outlived)
    except Damaged as error:
        zh, en = f"未清理旧备份: {error.message.zh}", f"nothing was cleared away: {error.message.en}"
        findings.append(Message(zh, en))
        return 0
    return len(outlived)


def _outlived(backups: Sequence[Path], keep: Keep) -> list[Path]:
    """Days and weeks are the company's; those without a backup do not count: a month without backups clears nothing away."""
    day_of: dict[Path, date] = {}
    for path in backups:
        if named := NAME.fullmatch(path.stem):
            made_at = datetime.strptime(named[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            day_of[path] = made_at.astimezone(clock.COMPANY_ZONE).date()
    full = {path: day.isocalendar()[:2] for path, day in day_of.items() if "-full" in path.stem}
    days = sorted(set(day_of.values()))[-keep.days :]
    weeks = sorted(set(full.values()))[-keep.weeks :]
    return [path for path, day in day_of.items() if day not in days and full.get(path) not in weeks]
