"""A worker that is at the job of delivering."""

from sqlalchemy import Engine

from appraisal import db
from appraisal.actor import SYSTEM
from appraisal.jobs import RUNNING, Work, enqueue


def at_work(engine: Engine) -> Work:
    """One attempt at it, begun."""
    with db.transaction(engine, write=True) as session:
        job = enqueue(session, SYSTEM, "delivery.deliver", {})
        job.state, job.attempts = RUNNING, 1
    return Work(engine, job.id or 0, 1, {}, None, 0)
