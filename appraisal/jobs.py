"""Background work: what takes longer than somebody waits for, kept in one table on both databases.

A job is asked for in the transaction that needs it. Its task does the work in chunks: each commits what it did together with
the job's progress, so a job that was killed goes on where it stood, and the rows it makes say what is still to do. A worker
that lost its job (it was thought dead and the job given to another) cannot commit anything more for it.

On SQLite one worker takes the jobs from the table; on PostgreSQL Procrastinate hands them out, to any number of workers.
`worker` has both loops.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import CheckConstraint, CursorResult, Engine, Index, func, update
from sqlmodel import Field, Session, col, select

from appraisal import audit, broker, clock, db, notify
from appraisal.actor import SYSTEM, Actor
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.labels import codes, label

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


class Schedule(db.Row, table=True):
    """When a schedule last came due: whoever moves it on asks for its job, and nobody else does."""

    __tablename__ = "schedule"

    name: str = Field(primary_key=True, max_length=60)
    came_due_at: datetime = Field(sa_type=db.UTC())


class Superseded(Exception):
    """This attempt is no longer the job's: another worker has it, or somebody cancelled it."""


@dataclass(frozen=True)
class Work:
    """One attempt at a job, as its task sees it. `done` is what attempts before this one have committed."""

    target: Engine
    job_id: int
    attempt: int
    given: Mapping[str, Any]
    asked_by: int | None
    done: int

    @contextmanager
    def chunk(self, done: int = 0, total: int | None = None) -> Iterator[Session]:
        """A writing transaction that commits what it did with the job's progress, or nothing of both.

        Raises Superseded, and takes everything back, when the job is no longer this attempt's.
        """
        with db.transaction(self.target, write=True) as session:
            yield session
            session.flush()
            values = {"done": col(Job.done) + done} | ({"total": total} if total is not None else {})
            _change(session, self, **values)


Run = Callable[[Work], Mapping[str, Any] | None]
"""Does the work; what it returns is kept as the job's outcome: plain JSON values, of parts whole numbers that are added up."""


@dataclass(frozen=True)
class Task:
    """A kind of work. `at` is when it comes due by itself: minute, hour, day, month, weekday, in the company's time; with
    `when` only if that finds something to do."""

    name: str
    run: Run
    attempts: int = MOST_ATTEMPTS
    at: str | None = None
    when: Callable[[Session], bool] | None = None


_tasks: dict[str, Task] = {}


def task(
    name: str, *, attempts: int = MOST_ATTEMPTS, at: str | None = None, when: Callable[[Session], bool] | None = None
) -> Callable[[Run], Run]:
    """Declares the function that does a kind of work. Names begin with their slice: `reports.render`."""

    def declare(run: Run) -> Run:
        _tasks[name] = Task(name, run, attempts, at, when)
        return run

    return declare


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
    _hand_over(session, job)
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
    job = _locked(session, job_id)
    if job.state not in (FAILED, CANCELLED):
        raise Conflict(
            "job_not_over", "只有失败或已取消的任务可以重新运行", "only a job that failed or was cancelled is run again"
        )
    parts = [one for one in parts_of(session, job_id) if one.state in (FAILED, CANCELLED)]
    for one in parts or [job]:
        one.state, one.attempts, one.done, one.due_at, one.ended_at, one.said = WAITING, 0, 0, clock.now(), None, None
        session.flush()
        _hand_over(session, one)
    if parts:
        job.state, job.ended_at, job.said = RUNNING, None, None
    audit.record(session, actor, "job.again", "job", job_id, after={"task": job.task, "parts": len(parts)})
    session.flush()
    return job


def cancel(session: Session, actor: Actor, job_id: int) -> Job:
    """Ends a job before it is done; what its chunks have committed stays. Raises NotFound, Conflict `job_over`."""
    job = _locked(session, job_id)
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


# Doing


def next_due(session: Session) -> int | None:
    """The job that has waited longest, of those that are due and do work themselves."""
    due = select(Job.id).where(Job.state == WAITING, col(Job.due_at) <= clock.now())
    return session.exec(due.order_by(col(Job.due_at), col(Job.id)).limit(1)).first()


def attempt(target: Engine, job_id: int) -> None:
    """Tries a job once, and notes how it ended. Never raises for what its task raises.

    A job found running was some worker's that died: it counts as an attempt, so that work which kills its worker ends too.
    """
    work = _begun(target, job_id)
    if work is None:
        return
    log = structlog.get_logger().bind(job=job_id, attempt=work.attempt)
    try:
        outcome = tasks()[_task_of(target, job_id)].run(work)
        with db.transaction(target, write=True) as session:
            _change(session, work, state=DONE, ended_at=clock.now(), outcome=dict(outcome or {}), said=None)
            _end_whole(session, job_id)
    except Superseded:
        log.info("job superseded")
    except Exception as fault:  # noqa: BLE001 (whatever a task raises is told on the job, and the worker goes on)
        log.warning("job failed", error="".join(traceback.format_exception(fault)))
        _note_fault(target, work, fault)


def _begun(target: Engine, job_id: int) -> Work | None:
    with db.transaction(target, write=True) as session:
        job = session.exec(select(Job).where(Job.id == job_id).with_for_update()).first()
        if job is None or job.state not in (WAITING, RUNNING) or job.due_at > clock.now():
            return None
        job.attempts += 1
        if job.attempts > _most_attempts(job):
            zh = f"已尝试 {job.attempts - 1} 次, 每次都中断; 请查看日志后重新运行"
            en = f"stopped {job.attempts - 1} times without an end: look into the log, then run it again"
            job.state, job.ended_at, job.said = FAILED, clock.now(), {"zh": zh, "en": en}
            session.flush()
            _announce_failed(session, job)
            _end_whole(session, job_id)
            return None
        job.state, job.started_at = RUNNING, clock.now()
        session.flush()
        return Work(target, job_id, job.attempts, job.given, job.asked_by, job.done)


def _note_fault(target: Engine, work: Work, fault: Exception) -> None:
    """The job waits for its next attempt, or has failed: told with the reason."""
    message = fault.message if isinstance(fault, AppraisalError) else None
    said = {"zh": message.zh, "en": message.en} if message else {"zh": f"意外错误: {fault}", "en": f"unexpected error: {fault}"}
    said = {lang: words[:500] for lang, words in said.items()}
    try:
        with db.transaction(target, write=True) as session:
            job = _locked(session, work.job_id)
            # What is refused for a reason that stays will be refused again.
            final = work.attempt >= _most_attempts(job) or isinstance(fault, Invalid | Conflict | NotAllowed | NotFound)
            wait = WAIT_AFTER_FAULT * 4 ** (work.attempt - 1)
            ended = {"state": FAILED, "ended_at": clock.now()} if final else {"state": WAITING, "due_at": clock.now() + wait}
            _change(session, work, said=said, **ended)
            session.refresh(job)
            if final:
                _announce_failed(session, job)
                _end_whole(session, work.job_id)
            else:
                _hand_over(session, job)
    except Superseded:
        return


def _change(session: Session, work: Work, **values: Any) -> None:
    """Changes the job if it is still this attempt's. Raises Superseded."""
    mine = (Job.id == work.job_id, Job.state == RUNNING, Job.attempts == work.attempt)
    changed = session.connection().execute(update(Job).where(*mine).values(**values))
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise Superseded(work.job_id)


def _end_whole(session: Session, part_id: int) -> None:
    """With its last part, the job over all of them is over too."""
    whole_id = session.exec(select(Job.part_of).where(Job.id == part_id)).first()
    if whole_id is None:
        return
    whole = _locked(session, whole_id)
    parts = session.exec(select(Job.state, Job.outcome).where(Job.part_of == whole_id)).all()
    if whole.state != RUNNING or not {state for state, _ in parts} <= OVER:
        return
    failed = sum(state == FAILED for state, _ in parts)
    whole.state = FAILED if failed else DONE
    whole.ended_at = clock.now()
    whole.outcome = dict(sum((Counter(outcome or {}) for _, outcome in parts), Counter()))
    whole.said = {"zh": f"{failed} 个部分未能完成", "en": f"{failed} parts could not be done"} if failed else None
    session.flush()
    if failed:
        _announce_failed(session, whole)


def _announce_failed(session: Session, job: Job) -> None:
    """Tells groups of a job that has failed, of one with parts once for all of them; why is told on its page."""
    if job.part_of is None:
        task = label("work", job.task) if job.task in codes("work") else job.task
        notify.announce(session, "job_failed", about=("job", job.id or 0), task=task)


def progress(session: Session, job: Job) -> tuple[int, int | None]:
    """How much of a job is done, and of how much; of one with parts, of all of them together."""
    done = session.exec(select(func.sum(Job.done)).where(Job.part_of == job.id)).one()
    return (done if done is not None else job.done), job.total


def orphaned(session: Session) -> list[int]:
    """Has jobs that were running when their worker died wait again: for the one worker of SQLite, before it begins."""
    found = session.exec(select(Job).where(Job.state == RUNNING)).all()
    wholes = set(session.exec(select(Job.part_of).where(col(Job.part_of).is_not(None))).all())
    left = [one for one in found if one.id not in wholes]
    for one in left:
        one.state = WAITING
    session.flush()
    return [one.id or 0 for one in left]


# Schedules


def fire_due(target: Engine) -> list[str]:
    """Asks for the jobs of the schedules that have come due since they last did; each time once, however many workers ask.

    A schedule seen for the first time begins to count now; one that was missed while no worker ran is made up for once.
    """
    from croniter import croniter  # here only: served pages have no schedules

    fired = []
    now = clock.now()
    for one in tasks().values():
        if one.at is None:
            continue
        came_due = croniter(one.at, now.astimezone(clock.COMPANY_ZONE) + timedelta(microseconds=1)).get_prev(datetime)
        with db.transaction(target, write=True) as session:
            if _moved_on(session, one.name, came_due) and (one.when is None or one.when(session)):
                enqueue(session, SYSTEM, one.name, {"at": came_due.isoformat()}, about=f"schedule:{one.name}")
                fired.append(one.name)
    return fired


def _moved_on(session: Session, name: str, came_due: datetime) -> bool:
    """Whether this transaction is the one that moves the schedule on to a moment."""
    db.one_at_a_time(session, f"schedule {name}")
    row = session.get(Schedule, name, with_for_update=True)
    if row is None:
        session.add(Schedule(name=name, came_due_at=clock.now()))
        session.flush()
        return False
    if row.came_due_at >= came_due:
        return False
    row.came_due_at = came_due
    session.flush()
    return True


# Parts


def _task_of(target: Engine, job_id: int) -> str:
    with db.transaction(target, write=False) as session:
        return session.get_one(Job, job_id).task


def _most_attempts(job: Job) -> int:
    known = tasks().get(job.task)
    return known.attempts if known else MOST_ATTEMPTS


def _locked(session: Session, job_id: int) -> Job:
    job = session.exec(select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)).first()
    if job is None:
        raise NotFound()
    return job


def _hand_over(session: Session, job: Job) -> None:
    """On PostgreSQL, gives the job to Procrastinate in the same transaction."""
    if session.get_bind().dialect.name == "postgresql":
        broker.defer(session, job.id or 0, job.due_at)
