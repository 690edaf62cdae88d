"""What administrators and HR ask for: a look at what is due, a purge, and how purges before went."""

from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, func, select

from appraisal import clock, db, jobs
from appraisal.actor import Actor
from appraisal.errors import Conflict, NotFound
from appraisal.people import auth
from appraisal.people.models import Account, Employee
from appraisal.records import due, purging
from appraisal.records.due import Preview
from appraisal.records.holds import READING
from appraisal.records.models import Purge

PURGE: Final = "records.purge"

_asker, _askers_name = db.another(Account), db.another(Employee)


def preview(session: Session, actor: Actor, on: date | None = None) -> Preview:
    """What a purge on a day, by default today, would take, and what is kept back. Raises NotAllowed."""
    auth.require_role(actor, *READING, operator=True)
    return due.preview(session, on or clock.today())


def ask_for_purge(session: Session, actor: Actor, *, ready: int) -> Purge:
    """Has what is due today purged in the background, by an administrator who has seen how many things that are.

    Raises NotAllowed, Conflict `nothing_due`, `other_than_shown` and `purge_running`.
    """
    auth.require_role(actor, "admin")
    auth.require_person(actor)
    db.one_at_a_time(session, purging.LOCK)
    if session.exec(select(Purge.id).where(col(Purge.ended_at).is_(None))).first() is not None:
        raise Conflict("purge_running", "上一次清除尚未完成", "a purge is under way already")
    found = len(due.preview(session, clock.today()).ready)
    if not found:
        raise Conflict("nothing_due", "今天没有到期的记录", "nothing is due today")
    if found != ready:
        zh, en = (
            f"到期的记录现有 {found} 项, 与您看到的 {ready} 项不同: 请重新核对",
            f"{found} are due now, not {ready}: look again",
        )
        raise Conflict("other_than_shown", zh, en)
    purge = purging.begin(session, actor, clock.today())
    jobs.enqueue(session, actor, PURGE, {"purge_id": purge.id}, about=f"purge:{purge.id}")
    return purge


def purges(actor: Actor) -> Any:
    """The select of purges with who asked for them. Raises NotAllowed."""
    auth.require_role(actor, *READING)
    return (
        select(Purge, func.coalesce(_askers_name.name, _asker.login))
        .outerjoin(_asker, col(_asker.id) == Purge.asked_by)
        .outerjoin(_askers_name, col(_askers_name.id) == _asker.employee_id)
    )


def find_purge(session: Session, actor: Actor, purge_id: int) -> Any:
    """One purge with who asked for it. Raises NotFound."""
    found = session.execute(purges(actor).where(Purge.id == purge_id)).first()
    if found is None:
        raise NotFound()
    return found
