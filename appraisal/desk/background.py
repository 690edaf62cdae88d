"""Background work as people see it: who may know of a job, and what it says of itself."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from appraisal import jobs
from appraisal.actor import Actor
from appraisal.desk import queries
from appraisal.errors import NotFound
from appraisal.jobs import DONE, Job
from appraisal.labels import label


def jobs_seen(actor: Actor, state: str | None = None) -> Any:
    """The jobs an actor may know of, for a list: their own, for administrators everybody's and those of schedules."""
    found = select(Job).where(col(Job.part_of).is_(None))
    if not actor.holds("admin"):
        found = found.where(Job.asked_by == actor.account_id)
    return found.where(Job.state == state) if state else found


def find_job(session: Session, actor: Actor, job_id: int) -> Job:
    """A job that is the actor's to know of. Raises NotFound."""
    job = session.get(Job, job_id)
    if job is None or job.part_of is not None:
        raise NotFound()
    if not actor.holds("admin") and (job.asked_by is None or job.asked_by != actor.account_id):
        raise NotFound(hidden=True)
    return job


def told(session: Session, found: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs with their progress and who asked, in a number of queries that does not grow with them."""
    ids = [one.id for one in found]
    parts = select(Job.part_of, func.sum(Job.done), func.count()).where(col(Job.part_of).in_(ids)).group_by(col(Job.part_of))
    by_whole = {whole: (done, count) for whole, done, count in session.exec(parts).all()}
    names = queries.actors_named(session, {f"account:{one.asked_by}" for one in found if one.asked_by is not None})
    return [_told(one, by_whole.get(one.id), names.get(f"account:{one.asked_by}")) for one in found]


def queue(session: Session) -> dict[str, int]:
    """How many jobs that do work themselves stand in each state but done."""
    counted = select(Job.state, func.count()).where(Job.state != DONE).group_by(Job.state)
    return dict(session.exec(counted).all())


def _told(job: Job, parts: tuple[int, int] | None, asked_by: str | None) -> dict[str, Any]:
    done, count = parts or (job.done, 0)
    return {
        "id": job.id,
        "task": job.task,
        "name": label("work", job.task),
        "about": job.about,
        "state": job.state,
        "state_name": label("job_state", job.state),
        "asked_by": asked_by,
        "asked_at": job.asked_at,
        "due_at": job.due_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "attempts": job.attempts,
        "done": done,
        "total": job.total,
        "parts": count,
        "said": job.said,
        "outcome": job.outcome or {},
        "over": job.state in jobs.OVER,
    }
