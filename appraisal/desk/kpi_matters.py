"""What waits for somebody because of watched indicators: exceptions to work on, assign, verify and close, and tasks that an
alert opens for their department.

As with cycles, the conditions are those of the services, asked of all rows at once.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, or_, true
from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.desk.waiting import Waiting, summed
from appraisal.exceptions import queries
from appraisal.exceptions.models import ACTING, ANALYSED, DONE, OPEN, VERIFIED, KpiException, KpiTask
from appraisal.monitoring import reach
from appraisal.monitoring.models import KpiAlert

WORKING = (OPEN, ANALYSED, ACTING)


def exceptions(session: Session, actor: Actor) -> list[Waiting]:
    """An owner's exceptions one by one, and as one task each what KPI managers assign, verify and close; heads of units verify
    too. Nobody verifies what they own or whose action they entered."""
    if actor.account_id is None:
        return []
    owned = queries.owns(actor)
    managed = _manages(actor, KpiException.unit_id)
    headed = col(KpiException.unit_id).in_(reach.headed(session, actor))
    other = and_(~owned, or_(col(KpiException.action_by).is_(None), KpiException.action_by != actor.account_id))
    at, owner = col(KpiException.state), col(KpiException.owner_id)
    ways: dict[str, ColumnElement[bool]] = {
        "work_on_exception": and_(owned, at.in_(WORKING)),
        "assign_exception": and_(managed, owner.is_(None), at.in_(WORKING)),
        "verify_exception": and_(or_(managed, headed), other, at == DONE),
        "close_exception": and_(managed, at == VERIFIED),
    }
    kind = case(*((condition, name) for name, condition in ways.items()))
    asked = select(KpiException, kind).where(or_(*ways.values())).order_by(KpiException.id)
    rows = session.exec(asked).all()
    found = [
        Waiting(name, due_on=queries.deadline_of(one), about=("kpi_exception", one.id or 0), number=one.number)
        for one, name in rows
        if name == "work_on_exception"
    ]
    for name in list(ways)[1:]:
        due = [queries.deadline_of(one) for one, each in rows if each == name]
        found += summed(name, None, len(due), min(due, default=None))
    return found


def department_tasks(session: Session, actor: Actor) -> list[Waiting]:
    """Tasks for the departments that the actor heads, one by one, and as one task those that no unit answers for, for KPI
    managers."""
    headed = col(KpiTask.unit_id).in_(reach.headed(session, actor))
    nobodys = and_(_manages(actor, KpiAlert.unit_id), col(KpiTask.unit_id).is_(None))
    asked = select(KpiTask, headed).join(KpiAlert, col(KpiAlert.id) == KpiTask.alert_id)
    rows = session.exec(asked.where(KpiTask.state == "open", or_(headed, nobodys)).order_by(KpiTask.id)).all()
    own = [Waiting("do_kpi_task", due_on=one.due_on, about=("kpi_task", one.id or 0)) for one, mine in rows if mine]
    due = [one.due_on for one, mine in rows if not mine]
    return own + summed("do_kpi_task", None, len(due), min(due, default=None))


def _manages(actor: Actor, unit_id: Any) -> ColumnElement[bool]:
    """The condition over a column of units that the actor is the KPI manager there."""
    if not actor.holds(*reach.MANAGING):
        return false()
    units = actor.units_of("kpi_manager")
    return true() if units is None else col(unit_id).in_(units)
