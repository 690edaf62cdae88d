"""Procrastinate, which hands jobs out to workers on PostgreSQL: the only file that knows it.

It carries nothing but the id of a job: what is to be done, how far it got and how it ended stands in our own table.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import URL
from sqlmodel import Session

TASK = "attempt"
QUEUE = "appraisal"
SILENT_SECONDS = 30
"""A worker that has given no sign of life for so long is taken for dead, and its job given to another."""


def defer(session: Session, job_id: int, due_at: datetime, priority: int) -> None:
    """Puts a job into the queue, in the caller's transaction: rolled back with it."""
    connection = session.connection().connection.driver_connection
    options = {"queue": QUEUE, "schedule_at": due_at, "priority": priority, "connection": connection}
    _for_deferring().configure_task(TASK, **options).defer(job_id=job_id)


def work(address: URL, attempt: Callable[[int], None], beat: Callable[[], None], *, every: float, silent: float) -> None:
    """Works off the queue until this process is told to stop; a job at hand is finished first.

    Calls `attempt` with the id of each job in a thread, and `beat` every so many seconds; jobs whose worker has been silent for
    `silent` seconds go back into the queue.
    """
    asyncio.run(_work(address, attempt, beat, every, silent))


async def _work(address: URL, attempt: Callable[[int], None], beat: Callable[[], None], every: float, silent: float) -> None:
    import procrastinate

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=_conninfo(address), min_size=1, max_size=4))

    @app.task(name=TASK, queue=QUEUE)
    async def attempted(job_id: int) -> None:
        await asyncio.to_thread(attempt, job_id)

    async def beats() -> None:
        while True:
            await asyncio.to_thread(beat)
            for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent):
                await app.job_manager.retry_job(stalled)
            await asyncio.sleep(every)

    async with app.open_async():
        beating = asyncio.create_task(beats())
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=1,
                delete_jobs="always",
                update_heartbeat_interval=min(silent / 3, 10),
                stalled_worker_timeout=silent,
            )
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating


@lru_cache(maxsize=1)
def _for_deferring() -> Any:
    """An app without connections of its own."""
    import procrastinate

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=""))


def _conninfo(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)
