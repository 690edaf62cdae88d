"""The process that does background work: on SQLite one, started by `appraisal serve`; on PostgreSQL any number of them.

`supervised` keeps the served processes and the worker going side by side, and starts a worker anew that has died.
"""

import fcntl
import signal
import threading
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import FrameType

import structlog
from sqlalchemy import Engine

from appraisal import attempts, broker, db, jobs, schedules
from appraisal.errors import Conflict

BEAT_SECONDS = 5.0
POLL_SECONDS = 0.5


def work(target: Engine, *, beat: float = BEAT_SECONDS, silent: float = broker.SILENT_SECONDS) -> None:
    """Works until told to stop (SIGTERM or SIGINT). Raises Conflict `worker_at_work` for a second one on SQLite."""
    jobs.tasks()
    if target.dialect.name == "postgresql":
        broker.work(target.url, partial(attempts.attempt, target), partial(_beat, target), every=beat, silent=silent)
    else:
        _work_alone(target, beat)


def work_off(target: Engine) -> int:
    """Does the jobs that are due now, one after the other, and says how many there were. Raises Conflict `worker_at_work`
    where on SQLite a worker is at them."""
    count = 0
    with _only_worker(target) if db.writers_take_turns(target) else nullcontext():
        while (job_id := _next(target)) is not None:
            attempts.attempt(target, job_id)
            count += 1
    return count


def _work_alone(target: Engine, beat: float) -> None:
    stop = threading.Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        stop.set()

    with _only_worker(target):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stopped)
        with db.transaction(target, write=True) as session:
            attempts.orphaned(session)
        last_beat = 0.0
        while not stop.is_set():
            if time.monotonic() - last_beat > beat:
                _beat(target)
                last_beat = time.monotonic()
            job_id = _next(target)
            if job_id is None:
                stop.wait(POLL_SECONDS)
            else:
                attempts.attempt(target, job_id)


def _next(target: Engine) -> int | None:
    with db.transaction(target, write=False) as session:
        return attempts.next_due(session)


def _beat(target: Engine) -> None:
    try:
        schedules.fire_due(target)
    except Exception as fault:  # noqa: BLE001 (the next beat tries again; the jobs at hand go on)
        structlog.get_logger().warning("schedules not asked", error=str(fault))


class _only_worker:
    """Holds the lock that a database's one worker holds; it is given back by the system when the process ends, however."""

    def __init__(self, target: Engine) -> None:
        self.path = Path(f"{target.url.database}-worker")

    def __enter__(self) -> None:
        self.file = self.path.open("ab")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.close()
            zh, en = "此数据库已有一个后台进程在运行", "a worker is at work on this database already"
            raise Conflict("worker_at_work", zh, en) from None

    def __exit__(self, *_: object) -> None:
        self.file.close()
