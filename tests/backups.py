"""Databases to back up and to restore into, the folder of backups, and a look at what lies in it."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from appraisal import backup, db, files
from appraisal.actor import SYSTEM
from tests import factories, postgres

NOW = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)
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


@pytest.fixture(name="empty_of")
def empty_databases(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[EmptyOf]:
    """The address of a new database of a kind, without tables."""
    with ExitStack() as made:

        def make(kind: str) -> str:
            server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
            return made.enter_context(_empty(kind, tmp_path, server))

        yield make


@pytest.fixture(name="empty")
def an_empty_database(empty_of: EmptyOf, database_kind: str) -> str:
    """One of the kind the test runs on."""
    return empty_of(database_kind)


@pytest.fixture(name="small")
def a_small_database(sqlite_template: str, tmp_path: Path) -> Iterator[Engine]:
    """A small database for what has nothing to do with databases: a unit and a file."""
    shutil.copyfile(sqlite_template.removeprefix("sqlite:///"), tmp_path / "small.db")
    made = db.make_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with db.transaction(made, write=True) as session:
        factories.a_unit(session)
        keep(session, "一份证据")
    yield made
    made.dispose()


@pytest.fixture(name="folder")
def a_backup_folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def keep(session, words: str) -> str:
    return files.keep(session, SYSTEM, name="a.txt", content=words.encode(), media_type="text/plain").sha256


def restore(source: Path, url: str, **how: object) -> backup.Restored:
    with backup.opened(source) as (reader, manifest):
        return backup.restore(reader, manifest, url, **how)


def objects(folder: Path) -> set[Path]:
    return set(folder.glob("objects/*/*.gz"))


def object_of(folder: Path, table: str) -> Path:
    """The first object of a table in the newest backup."""
    with backup.opened(folder) as (_, manifest):
        name = manifest.tables[table].chunks[0]
    return folder / "objects" / name[:2] / f"{name}.gz"


def is_empty(url: str) -> bool:
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return True
    made = db.make_engine(url)
    try:
        return inspect(made).get_table_names() == []
    finally:
        made.dispose()


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
