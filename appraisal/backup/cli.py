"""`appraisal backup` and `appraisal restore`, for whoever runs this machine."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.engine import make_url

from appraisal import backup, db
from appraisal.backup.manifest import Kind, Manifest
from appraisal.backup.tables import Progress as Report
from appraisal.config import settings
from appraisal.core.errors import Message
from appraisal.errors import Invalid

QUIET_SECONDS = 5
"""Where the output is no terminal, a line is written this often at most."""
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("backup", invoke_without_command=True)
@click.option("--incremental", "kind", flag_value="incremental", default=True, help="Write only what is new (the default).")
@click.option("--full", "kind", flag_value="full", help="Read and check everything again, mend damage in the folder.")
@click.option("--archive", "kind", flag_value="archive", help="Write one file that holds everything and is never cleared away.")
@click.option("--to", "folder", type=FOLDER, help="The folder of the backups.  [default: BACKUP_DIR, else backups in var]")
@click.option("--keep-days", default=14, show_default=True, type=click.IntRange(1), help="Days with backups that stay.")
@click.option("--keep-weeks", default=8, show_default=True, type=click.IntRange(1), help="Weeks of which the full ones stay.")
@click.pass_context
def backup_command(context: click.Context, kind: Kind, folder: Path | None, keep_days: int, keep_weeks: int) -> None:
    """Back up the whole database while the service runs: every table, document and piece of evidence.

    Every backup restores by itself, on SQLite and on PostgreSQL, whichever it was made on. Meant to run every day, with
    --full every week and with --archive every month. One folder is for one database. Restore with `appraisal restore`.

    \b
    Not in a backup:
      - keys: keep SECRET_KEY, AUDIT_KEY and SEALING_KEY (without them var/secret_key and var/sealing_key) elsewhere. What is
        sealed, such as base amounts and 360° answers, stays sealed in the backup and is lost without its key;
      - rule files that have not been published: rules/ and weights/ belong under version control.

    A backup is NOT ENCRYPTED and holds everybody's data: put it on a disk that is, where only those may read who may read
    everything. What is erased later is still in earlier backups, and in archives until you destroy them.
    """
    if context.invoked_subcommand is not None:
        return
    with _shown("backup") as progress:
        made = backup.make(
            db.engine(), folder or _folder(), kind, keep=backup.Keep(days=keep_days, weeks=keep_weeks), progress=progress
        )
    manifest = made.manifest
    told = [f"{manifest.rows} rows", f"{made.objects} objects", f"{made.written} written ({_size(made.bytes_written)})"]
    told += [f"{made.healed} mended"] * bool(made.healed) + [f"{made.removed} old backups cleared away"] * bool(made.removed)
    click.echo(f"{made.path}\n{', '.join(told)}; audit record {manifest.audit_seq}")
    _tell(made.findings)


@backup_command.command("list")
@click.argument("folder", type=FOLDER, required=False)
def list_backups(folder: Path | None) -> None:
    """The backups and archives in a folder, the oldest first."""
    broken = []
    for path, found in backup.found(folder or _folder()):
        if isinstance(found, Manifest):
            made_at = found.made_at.strftime("%Y-%m-%d %H:%M:%SZ")
            click.echo(f"{made_at}  {found.kind:<11}  {found.database:<10}  {found.rows:>9} rows  {path}")
        else:
            broken.append(found.message)
    _tell(broken)


@backup_command.command("verify")
@click.argument("source", type=click.Path(path_type=Path), required=False)
def verify(source: Path | None) -> None:
    """Read a backup, or all of a folder, and say what is damaged or missing. Needs no database."""
    source = source or _folder()
    sound: set[str] = set()
    wrong: list[Message] = []
    checked = 0
    for path, found in backup.found(source) if source.is_dir() else [(source, None)]:
        if isinstance(found, Invalid):
            wrong.append(found.message)
            continue
        with backup.opened(path) as (reader, manifest):
            # An archive has objects of its own.
            problems = list(backup.verify(reader, manifest, set() if manifest.kind == "archive" else sound))
        wrong += problems
        checked += 1
        click.echo(f"{path}: {f'{len(problems)} objects damaged or missing' if problems else 'whole'}")
    if not checked and not wrong:
        raise Invalid("no_backup", f"{source} 中没有备份", f"there is no backup in {source}")
    _tell(list(dict.fromkeys(wrong)))


@click.command("restore")
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--into", metavar="DATABASE_URL", help="The empty database to restore into.  [default: the configured one]")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(source: Path, into: str | None, yes: bool) -> None:
    """Restore a backup into an empty database, and check all of it.

    FROM is a folder of backups (its newest is taken), the manifest of one backup in it (FOLDER/backups/….json), or an archive.
    Either everything is there afterwards or nothing is. The rows are read back and compared, files hashed, references between
    rows followed, the audit chain and its seals walked; then the tables are brought to this version of the program.
    """
    url = into or settings().database_url
    keys = tuple(key for key in (settings().audit_key, *settings().old_audit_keys) if key)
    with backup.opened(source) as (reader, manifest):
        click.echo(f"{manifest.name}: made {manifest.made_at:%Y-%m-%d %H:%M:%SZ} on {manifest.database}, {manifest.rows} rows")
        if not yes:
            click.confirm(f"Restore it into {make_url(url).render_as_string()}?", abort=True)
        with _shown("restore") as progress:
            done = backup.restore(reader, manifest, url, audit_keys=keys, progress=progress)
    click.echo(f"restored: {done.tables} tables with {done.rows} rows, each read back as it was backed up; all references hold")
    click.echo(f"{done.files} files hashed; {done.audit_records} audit records walked; {done.jobs} jobs go on")
    click.echo(f"the tables are now those of {done.upgraded_to}")
    if not keys:
        click.echo("no AUDIT_KEY is set, so the seals of the audit chain were not checked")
    click.echo(
        f"What was done after {manifest.made_at:%Y-%m-%d %H:%M:%SZ} is not in it: accounts, roles and tokens taken away since "
        "then count again, and what was erased since is there again.",
        err=True,
    )
    _tell(done.findings)


def _folder() -> Path:
    return settings().backup_dir or settings().var / "backups"


def _tell(findings: Sequence[Message]) -> None:
    for one in findings:
        click.echo(f"{one.zh} | {one.en}", err=True)
    if findings:
        sys.exit(1)


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB"


@contextmanager
def _shown(title: str) -> Iterator[Report]:
    """A bar on a terminal; elsewhere a line now and then."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title)
            yield lambda table, done, total: bar.update(task, completed=done, total=total, description=f"{title} {table}")
        return
    last = time.monotonic()

    def tell(table: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= QUIET_SECONDS:
            last = time.monotonic()
            click.echo(f"{title}: {100 * done // max(total, 1)}% ({table})", err=True)

    yield tell
