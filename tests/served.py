"""The site as `appraisal serve` serves it, on a database that survives a power cut: for what measures it and what kills it."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from tests import postgres
from tests.caller import PREFIX, Answer, Caller

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, its commits durable; SQLite's file lies in `folder`."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/served.db"
        return
    fast, postgres.FAST = postgres.FAST, (*DURABLE, *postgres.FAST[-2:])
    try:
        with postgres.server() as server:
            name = f"served_{uuid.uuid4().hex}"
            with postgres.admin(server) as admin:
                admin.execute(f"CREATE DATABASE {name}")
            yield server.set(database=name).render_as_string(hide_password=False)
            with postgres.admin(server) as admin:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        postgres.FAST = fast


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder of its own on the disk of the project, where commits cost what they cost."""
    var = Path.cwd() / "var"
    var.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=var) as folder:
        yield Path(folder)


def environment(url: str, folder: Path) -> dict[str, str]:
    """What the commands of this site find in their environment."""
    return os.environ | {"DATABASE_URL": url, "APPRAISAL_VAR": str(folder), "SECRET_KEY": "of the served site"}


@contextmanager
def served(url: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The port and the master process of a site on this database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "appraisal.cli", "serve", "--port", str(port), "--no-publish", "--no-worker"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(url, folder), stdout=log, stderr=log)
        try:
            _wait(port, process, folder / "log")
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


class Remote(Caller):
    """Somebody with a token, at a served site. Each request has a connection of its own: none is lost with an older one."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Connection": "close"}

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, json: Any = None, query_string: Any = None
    ) -> Answer:
        """The answer. Raises OSError or HTTPException where there is none."""
        query = f"?{urlencode(query_string)}" if query_string else ""
        content = None if json is None else dumps(json).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, PREFIX + path + query, content, {**self.headers, **kind, **(headers or {})})
            got = connection.getresponse()
            data = got.read()
        return Answer(got.status, loads(data) if data else None, got.headers, data)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"the site did not start:\n{log.read_text(errors='replace')}")


def audit_verified(url: str, folder: Path) -> list[str]:
    """What `appraisal audit verify` finds wrong, run as it is run on the site."""
    command = [sys.executable, "-m", "appraisal.cli", "audit", "verify"]
    found = subprocess.run(command, env=environment(url, folder), capture_output=True, text=True, timeout=600)
    print(f"appraisal audit verify: {(found.stdout + found.stderr).strip()}")
    return [] if found.returncode == 0 else [found.stderr.strip()]
