"""Jobs that nobody asks for: each kind of work that names its times comes due by itself, once each time."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Field, Session, select

from appraisal import clock, db, jobs
from appraisal.actor import SYSTEM


class Schedule(db.Row, table=True):
    """When a schedule last came due: whoever moves it on asks for its job, and nobody else does."""

    __tablename__ = "schedule"

    name: str = Field(primary_key=True, max_length=60)
    came_due_at: datetime = Field(sa_type=db.UTC())


def fire_due(target: Engine) -> list[str]:
    """Asks for the jobs of the schedules that have come due since they last did; each time once, however many workers ask.

    A schedule seen for the first time begins to count now; one that was missed while no worker ran is made up for once.
    """
    from croniter import croniter  # here only: served pages have no schedules

    now = clock.now()
    with db.transaction(target, write=False) as session:
        came_due_at = {one.name: one.came_due_at for one in session.exec(select(Schedule))}
    fired = []
    for one in jobs.tasks().values():
        if one.at is None:
            continue
        came_due = croniter(one.at, now.astimezone(clock.COMPANY_ZONE) + timedelta(microseconds=1)).get_prev(datetime)
        if one.name in came_due_at and came_due_at[one.name] >= came_due:
            continue
        with db.transaction(target, write=True) as session:
            if _moved_on(session, one.name, came_due) and (one.when is None or one.when(session)):
                jobs.enqueue(session, SYSTEM, one.name, {"at": came_due.isoformat()}, about=f"schedule:{one.name}")
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
