"""Fixtures for every test that touches the database: each such test runs on SQLite and on PostgreSQL.

`session` is a writing transaction that is rolled back, on a database shared by the whole run: fast, for services.
`engine` is a fresh migrated database of the test's own: for commits, several connections and threads.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import argon2
import pytest
from sqlalchemy import URL, Engine, make_url
from sqlmodel import Session

from appraisal import db
from appraisal.config import settings
from appraisal.people import auth
from tests import postgres


class _Rollback(Exception):
    """Leaves a transaction without a commit."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[object]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return request.param


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database to copy."""
    folder = _fast_folder(tmp_path_factory)
    url = f"sqlite:///{folder}/template.db"
    _migrate_and_close(url)
    yield url
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_template(postgres_server: URL) -> Iterator[str]:
    """The same on PostgreSQL."""
    name = f"template_{uuid.uuid4().hex}"
    with postgres.admin(postgres_server) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = postgres_server.set(database=name).render_as_string(hide_password=False)
    _migrate_and_close(url)
    yield url
    with postgres.admin(postgres_server) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def emptied_databases() -> list[str]:
    """PostgreSQL databases that tests have done with: emptying one takes a tenth of the time that making one takes."""
    return []


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh migrated database of the test's own."""
    with _copy(database_kind, request) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The same for all tests of a module: for pages, which read far more than they write."""
    with _copy(database_kind, request) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh migrated database."""
    made = db.make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def shared_engine(database_kind: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with _copy(database_kind, request) as url:
        made = db.make_engine(url)
        yield made
        made.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A writing transaction that is never committed."""
    try:
        with db.transaction(shared_engine, write=True) as opened:
            yield opened
            raise _Rollback
    except _Rollback:
        pass


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashing that costs nothing: its real cost is for attackers."""
    real, auth.HASHER = auth.HASHER, argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    auth.HASHER = real


@pytest.fixture(scope="session", autouse=True)
def sealing_key() -> Iterator[None]:
    """A key for what is sealed, so that no test makes one in the project's var."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEALING_KEY", "of the tests")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Statements are compiled once for all the databases of a run: each engine would otherwise begin with an empty cache."""
    real, first = db.make_engine, {}

    def make(url: str) -> Engine:
        made = real(url)
        known = first.setdefault(made.dialect.name, made)
        if known is not made:
            made.dialect = made.pool._dialect = known.dialect
            made._compiled_cache = known._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db, "make_engine", make)
        yield


def _forget_engine(url: str) -> None:
    """The engine a served site has made for a database that goes away."""
    made = db._engines.pop(url, None)
    if made is not None:
        made.dispose()


@contextmanager
def _copy(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    template: str = request.getfixturevalue(f"{kind}_template")
    name = f"test_{uuid.uuid4().hex}"
    if kind == "sqlite":
        source = Path(template.removeprefix("sqlite:///"))
        copy = source.with_name(f"{name}.db")
        shutil.copyfile(source, copy)
        yield f"sqlite:///{copy}"
        _forget_engine(f"sqlite:///{copy}")
        for left in copy.parent.glob(f"{name}.db*"):
            left.unlink()
        return
    emptied: list[str] = request.getfixturevalue("emptied_databases")
    server = request.getfixturevalue("postgres_server")
    if emptied:
        name = emptied.pop()
    else:
        with postgres.admin(server) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {make_url(template).database}")
    url = make_url(template).set(database=name)
    yield url.render_as_string(hide_password=False)
    _forget_engine(url.render_as_string(hide_password=False))
    if postgres.emptied(url, make_url(template)):
        emptied.append(name)
        return
    with postgres.admin(server) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _migrate_and_close(url: str) -> None:
    """A template must have no connection left, and its whole content in the one file."""
    made = db.make_engine(url)
    db.migrate(made)
    if made.dialect.name == "sqlite":
        with made.connect() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()


def _fast_folder(factory: pytest.TempPathFactory) -> Path:
    """Memory where the machine has some to write to, because every test waits for its commits."""
    folder = factory.mktemp("sqlite")
    if os.access("/dev/shm", os.W_OK):
        shutil.rmtree(folder)
        folder = Path(tempfile.mkdtemp(prefix="appraisal-", dir="/dev/shm"))
    return folder
