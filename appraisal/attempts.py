"""One attempt at a job: begun, and ended as done, to be tried again, or failed with what is told of it."""

import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Engine, case
from sqlmodel import Session, col, select

from appraisal import clock, db, jobs, notify
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, NotFound
from appraisal.jobs import DONE, FAILED, OVER, RUNNING, WAITING, Job, Superseded, Work
from appraisal.labels import codes, label

WAIT_AFTER_FAULT: Final = timedelta(seconds=15)
"""Before the second attempt; four times as long before each further one."""


def next_due(session: Session) -> int | None:
    """The job that has waited longest, of those of the highest priority that are due and do work themselves."""
    priorities = {name: task.priority for name, task in jobs.tasks().items()}
    due = select(Job.id).where(Job.state == WAITING, col(Job.due_at) <= clock.now())
    first = case(priorities, value=col(Job.task), else_=0).desc()
    return session.exec(due.order_by(first, col(Job.due_at), col(Job.id)).limit(1)).first()


def attempt(target: Engine, job_id: int) -> None:
    """Tries a job once, and notes how it ended. Never raises for what its task raises.

    A job found running was some worker's that died: it counts as an attempt, so that work which kills its worker ends too.
    """
    work = _begun(target, job_id)
    if work is None:
        return
    log = structlog.get_logger().bind(job=job_id, attempt=work.attempt)
    try:
        outcome = jobs.tasks()[_task_of(target, job_id)].run(work)
        with db.transaction(target, write=True) as session:
            jobs.change(session, work, state=DONE, ended_at=clock.now(), outcome=dict(outcome or {}), said=None)
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
        return Work(target, job_id, job.attempts, job.given, job.asked_by, job.done, job.outcome or {})


def _note_fault(target: Engine, work: Work, fault: Exception) -> None:
    """The job waits for its next attempt, or has failed: told with the reason."""
    message = fault.message if isinstance(fault, AppraisalError) else None
    said = {"zh": message.zh, "en": message.en} if message else {"zh": f"意外错误: {fault}", "en": f"unexpected error: {fault}"}
    said = {lang: words[:500] for lang, words in said.items()}
    try:
        with db.transaction(target, write=True) as session:
            job = jobs.locked(session, work.job_id)
            # What is refused for a reason that stays will be refused again.
            final = work.attempt >= _most_attempts(job) or isinstance(fault, Invalid | Conflict | NotAllowed | NotFound)
            wait = WAIT_AFTER_FAULT * 4 ** (work.attempt - 1)
            ended = {"state": FAILED, "ended_at": clock.now()} if final else {"state": WAITING, "due_at": clock.now() + wait}
            jobs.change(session, work, said=said, **ended)
            session.refresh(job)
            if final:
                _announce_failed(session, job)
                _end_whole(session, work.job_id)
            else:
                jobs.hand_over(session, job)
    except Superseded:
        return


def _end_whole(session: Session, part_id: int) -> None:
    """With its last part, the job over all of them is over too."""
    whole_id = session.exec(select(Job.part_of).where(Job.id == part_id)).first()
    if whole_id is None:
        return
    whole = jobs.locked(session, whole_id)
    parts = session.exec(select(Job.state, Job.outcome).where(Job.part_of == whole_id)).all()
    if whole.state != RUNNING or not {state for state, _ in parts} <= OVER:
        return
    failed = sum(state == FAILED for state, _ in parts)
    whole.state = FAILED if failed else DONE
    whole.ended_at = clock.now()
    whole.outcome = _added_up([outcome or {} for _, outcome in parts])
    whole.said = {"zh": f"{failed} 个部分未能完成", "en": f"{failed} parts could not be done"} if failed else None
    session.flush()
    if failed:
        _announce_failed(session, whole)


def _added_up(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The whole numbers that parts came to, together."""
    total: Counter[str] = Counter()
    for one in outcomes:
        total.update({name: count for name, count in one.items() if isinstance(count, int)})
    return dict(total)


def _announce_failed(session: Session, job: Job) -> None:
    """Tells groups of a job that has failed, of one with parts once for all of them; why is told on its page."""
    if job.part_of is None:
        task = label("work", job.task) if job.task in codes("work") else job.task
        notify.announce(session, "job_failed", about=("job", job.id or 0), task=task)


def orphaned(session: Session) -> list[int]:
    """Has jobs that were running when their worker died wait again: for the one worker of SQLite, before it begins."""
    found = session.exec(select(Job).where(Job.state == RUNNING)).all()
    wholes = set(session.exec(select(Job.part_of).where(col(Job.part_of).is_not(None))).all())
    left = [one for one in found if one.id not in wholes]
    for one in left:
        one.state = WAITING
    session.flush()
    return [one.id or 0 for one in left]


def taken_up(session: Session) -> int:
    """Has the jobs of a restored database go on, and says how many: the queue that hands them out is not in a backup."""
    orphaned(session)
    waiting = session.exec(select(Job).where(Job.state == WAITING)).all()
    for one in waiting:
        jobs.hand_over(session, one)
    return len(waiting)


def _task_of(target: Engine, job_id: int) -> str:
    with db.transaction(target, write=False) as session:
        return session.get_one(Job, job_id).task


def _most_attempts(job: Job) -> int:
    known = jobs.tasks().get(job.task)
    return known.attempts if known else jobs.MOST_ATTEMPTS
