"""Background work: what takes longer than somebody waits for, kept in one table on both databases.

A job is asked for in the transaction that needs it. Its task does the work in chunks: each commits what it did together with
the job's progress, so a job that was killed goes on where it stood, and the rows it makes say what is still to do. A worker
that lost its job (it was thought dead and the job given to another) cannot commit anything more for it.

On SQLite one worker takes the jobs from the table; on PostgreSQL Procrastinate hands them out, to any number of workers.
`attempts` tries a job, `schedules` has some asked for by themselves, `worker` has the loops of both databases.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import CheckConstraint, CursorResult, Engine, Index, func, update
from sqlmodel import Field, Session, col, select

from appraisal import audit, broker, clock, db
from appraisal.actor import Actor
from appraisal.errors import Conflict, NotFound

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
OVER: Final = frozenset((DONE, FAILED, CANCELLED))
MOST_ATTEMPTS = 4
WAIT_AFTER_FAULT = timedelta(seconds=15)
"""Before the second attempt; four times as long before each further one."""


class Job(db.Row, table=True):
    """One piece of work. `given` is what its task was given, `about` what a page finds it by (`cycle:3`).

    A job with parts does nothing itself: it is over when all of them are, and its `done` is theirs.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_job_state_due_at", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    task: str = Field(max_length=60)
    given: dict[str, Any] = Field(sa_type=db.Json)
    about: str | None = Field(default=None, max_length=80, index=True)
    part_of: int | None = Field(default=None, foreign_key="job.id", index=True)
    state: str = Field(default=WAITING, max_length=9)
    asked_by: int | None = Field(default=None, foreign_key="account.id", index=True)
    asked_at: datetime = Field(sa_type=db.UTC())
    due_at: datetime = Field(sa_type=db.UTC())
    started_at: datetime | None = Field(default=None, sa_type=db.UTC())
    ended_at: datetime | None = Field(default=None, sa_type=db.UTC())
    attempts: int = 0
    done: int = 0
    total: int | None = None
    said: dict[str, Any] | None = Field(default=None, sa_type=db.Json)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=db.Json)


class Superseded(Exception):
    """This attempt is no longer the job's: another worker has it, or somebody cancelled it."""


@dataclass(frozen=True)
class Work:
    """One attempt at a job, as its task sees it. `done` and `outcome` are what attempts before this one have committed."""

    target: Engine
    job_id: int
    attempt: int
    given: Mapping[str, Any]
    asked_by: int | None
    done: int
    outcome: Mapping[str, Any] = field(default_factory=dict)

    @contextmanager
    def chunk(self, done: int = 0, total: int | None = None, outcome: Mapping[str, Any] | None = None) -> Iterator[Session]:
        """A writing transaction that commits what it did with the job's progress and outcome so far, or nothing of them.

        Raises Superseded, and takes everything back, when the job is no longer this attempt's.
        """
        with db.transaction(self.target, write=True) as session:
            yield session
            session.flush()
            values: dict[str, Any] = {"done": col(Job.done) + done}
            values |= {"total": total} if total is not None else {}
            values |= {"outcome": dict(outcome)} if outcome is not None else {}
            change(session, self, **values)


Run = Callable[[Work], Mapping[str, Any] | None]
"""Does the work; what it returns is kept as the job's outcome: plain JSON values, of parts whole numbers that are added up."""


@dataclass(frozen=True)
class Task:
    """A kind of work. `at` is when it comes due by itself: minute, hour, day, month, weekday, in the company's time; with
    `when` only if that finds something to do. Of a lower `priority` is what comes in thousands: the rest goes before it."""

    name: str
    run: Run
    attempts: int = MOST_ATTEMPTS
    at: str | None = None
    when: Callable[[Session], bool] | None = None
    priority: int = 0


_tasks: dict[str, Task] = {}


def task(
    name: str,
    *,
    attempts: int = MOST_ATTEMPTS,
    at: str | None = None,
    when: Callable[[Session], bool] | None = None,
    priority: int = 0,
) -> Callable[[Run], Run]:
    """Declares the function that does a kind of work. Names begin with their slice: `reports.render`."""

    def declare(run: Run) -> Run:
        _tasks[name] = Task(name, run, attempts, at, when, priority)
        return run

    return declare


def in_one_step(act: Callable[[Session, Work], Mapping[str, Any]]) -> Run:
    """A run that does all it does in one transaction, and with it that it is done: it is never done twice."""

    @wraps(act)
    def run(work: Work) -> Mapping[str, Any]:
        if work.done:
            return work.outcome
        came_to: dict[str, Any] = {}
        with work.chunk(done=1, total=1, outcome=came_to) as session:
            came_to |= act(session, work)
        return came_to

    return run


def tasks() -> Mapping[str, Task]:
    """Every kind of work, found in the `jobs` module of each slice."""
    folder = Path(__file__).parent
    for path in sorted(folder.glob("*/jobs.py")):
        import_module(f"appraisal.{path.parent.name}.jobs")
    return _tasks


# Asking


def enqueue(
    session: Session,
    actor: Actor,
    name: str,
    given: Mapping[str, Any],
    *,
    about: str | None = None,
    total: int | None = None,
    due_at: datetime | None = None,
    part_of: int | None = None,
) -> Job:
    """Asks for work, in this transaction: it is done if and only if this commits. `given` is plain JSON values."""
    now = clock.now()
    job = Job(
        task=name,
        given=dict(given),
        about=about,
        part_of=part_of,
        asked_by=actor.account_id,
        asked_at=now,
        due_at=due_at or now,
        total=total,
    )
    session.add(job)
    session.flush()
    if part_of is None:
        audit.record(session, actor, "job.ask", "job", job.id, after={"task": name, "about": about, "given": given})
    hand_over(session, job)
    return job


def enqueue_parts(
    session: Session, actor: Actor, name: str, parts: list[Mapping[str, Any]], *, about: str | None = None, total: int
) -> Job:
    """Asks for work that several workers can share: one job over all, with a part for each of `parts`."""
    now = clock.now()
    whole = Job(
        task=name, given={"parts": len(parts)}, about=about, asked_by=actor.account_id, asked_at=now, due_at=now, total=total
    )
    whole.state = RUNNING if parts else DONE
    whole.started_at = now
    whole.ended_at = None if parts else now
    session.add(whole)
    session.flush()
    audit.record(session, actor, "job.ask", "job", whole.id, after={"task": name, "about": about, "parts": len(parts)})
    for given in parts:
        enqueue(session, actor, name, given, part_of=whole.id)
    return whole


def again(session: Session, actor: Actor, job_id: int) -> Job:
    """Has a job that failed or was cancelled tried anew, of one with parts those that are not done.

    Raises NotFound, Conflict `job_not_over`.
    """
    job = locked(session, job_id)
    if job.state not in (FAILED, CANCELLED):
        raise Conflict(
            "job_not_over", "只有失败或已取消的任务可以重新运行", "only a job that failed or was cancelled is run again"
        )
    parts = [one for one in parts_of(session, job_id) if one.state in (FAILED, CANCELLED)]
    for one in parts or [job]:
        one.state, one.attempts, one.done, one.due_at = WAITING, 0, 0, clock.now()
        one.ended_at, one.said, one.outcome = None, None, None
        session.flush()
        hand_over(session, one)
    if parts:
        job.state, job.ended_at, job.said = RUNNING, None, None
    audit.record(session, actor, "job.again", "job", job_id, after={"task": job.task, "parts": len(parts)})
    session.flush()
    return job


def cancel(session: Session, actor: Actor, job_id: int) -> Job:
    """Ends a job before it is done; what its chunks have committed stays. Raises NotFound, Conflict `job_over`."""
    job = locked(session, job_id)
    if job.state in OVER:
        raise Conflict("job_over", "任务已经结束", "the job is over already")
    for one in (job, *parts_of(session, job_id)):
        if one.state not in OVER:
            one.state, one.ended_at = CANCELLED, clock.now()
    audit.record(session, actor, "job.cancel", "job", job_id, after={"task": job.task, "done": job.done})
    session.flush()
    return job


# Asking about


def parts_of(session: Session, job_id: int) -> list[Job]:
    """The parts of a job, in order."""
    return list(session.exec(select(Job).where(Job.part_of == job_id).order_by(col(Job.id))))


def latest(session: Session, about: str, name: str) -> Job | None:
    """The last job of a kind that was asked for about something: what a page shows after a reload."""
    found = select(Job).where(Job.about == about, Job.task == name, col(Job.part_of).is_(None))
    return session.exec(found.order_by(col(Job.id).desc()).limit(1)).first()


def progress(session: Session, job: Job) -> tuple[int, int | None]:
    """How much of a job is done, and of how much; of one with parts, of all of them together."""
    done = session.exec(select(func.sum(Job.done)).where(Job.part_of == job.id)).one()
    return (done if done is not None else job.done), job.total


# For the one attempt at hand


def change(session: Session, work: Work, **values: Any) -> None:
    """Changes the job if it is still this attempt's. Raises Superseded."""
    mine = (Job.id == work.job_id, Job.state == RUNNING, Job.attempts == work.attempt)
    changed = session.connection().execute(update(Job).where(*mine).values(**values))
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise Superseded(work.job_id)


def locked(session: Session, job_id: int) -> Job:
    """A job that nobody else changes until this transaction ends. Raises NotFound."""
    job = session.exec(select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)).first()
    if job is None:
        raise NotFound()
    return job


def hand_over(session: Session, job: Job) -> None:
    """On PostgreSQL, gives the job to Procrastinate in the same transaction."""
    if session.get_bind().dialect.name == "postgresql":
        known = tasks().get(job.task)
        broker.defer(session, job.id or 0, job.due_at, known.priority if known else 0)
