"""Reads of exceptions and tasks. One rule decides lists and single rows: those who manage or check see what is of their units,
heads that of theirs, and whoever is to do something sees that; to everybody else a row is as good as none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_
from sqlmodel import Session, col, select

from appraisal import clock, db, files
from appraisal.actor import Actor
from appraisal.errors import NotFound
from appraisal.exceptions.models import (
    ENDED,
    KpiException,
    KpiExceptionEntry,
    KpiExceptionFile,
    KpiExceptionPeriod,
    KpiTask,
)
from appraisal.files import StoredFile
from appraisal.monitoring import alerts, reach
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from appraisal.people.models import Account, Employee, Unit

READERS = ("kpi_manager", "hr", "approver", "auditor")

_department = db.another(Unit)
_enterer, _enterers_name = db.another(Account), db.another(Employee)


@dataclass(frozen=True)
class Said:
    """An entry of an exception with who made it, where that was not the programme, and its files."""

    id: int
    kind: str
    text: str | None
    by: str | None
    at: datetime
    files: Sequence[StoredFile]


@dataclass(frozen=True)
class Raised:
    """An alert that an exception answers, what was judged of the indicator then, and the sentences that say why."""

    alert: KpiAlert
    withdrawn: bool
    judged: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]


def is_open() -> ColumnElement[bool]:
    """The condition that an exception is neither closed nor void."""
    return ~col(KpiException.state).in_(ENDED)


def exceptions_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the exceptions that the actor sees, each with unit, owner and the periods it answers; without an order.

    `from_on` and `to_on` are days that the first period reaches into; `open` those not ended, `overdue` those past their day.
    """
    periods = (
        select(func.count())
        .where(KpiExceptionPeriod.exception_id == KpiException.id, col(KpiExceptionPeriod.withdrawn_at).is_(None))
        .correlate(KpiException)
        .scalar_subquery()
    )
    found = (
        select(KpiException, Unit, Employee, periods.label("periods"))
        .outerjoin(Unit, col(Unit.id) == KpiException.unit_id)
        .outerjoin(Employee, col(Employee.id) == KpiException.owner_id)
        .where(_sees(session, actor))
    )
    for name in ("policy", "unit_id", "indicator", "period", "level", "record", "state", "owner_id"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiException, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiException.unit_id).is_(None))
    if asked.get("from_on") is not None:
        found = found.where(KpiException.ends_on >= asked["from_on"])
    if asked.get("to_on") is not None:
        found = found.where(KpiException.starts_on <= asked["to_on"])
    if asked.get("open"):
        found = found.where(is_open())
    if asked.get("overdue"):
        found = found.where(is_open(), KpiException.due_on < clock.today())
    return found


def find_exception(session: Session, actor: Actor, exception_id: int) -> KpiException:
    """An exception that the actor sees. Raises NotFound."""
    found: KpiException = find_row(session, actor, exception_id)[0]
    return found


def find_row(session: Session, actor: Actor, exception_id: int) -> Any:
    """The same as `exceptions_seen` has it. Raises NotFound."""
    found = session.exec(exceptions_seen(session, actor, {}).where(KpiException.id == exception_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def open_counts(session: Session, actor: Actor, policy: str, unit_id: int | None) -> dict[str, int]:
    """How many exceptions of a unit or the company are open, by indicator: those that the actor sees."""
    of_it = col(KpiException.unit_id).is_(None) if unit_id is None else KpiException.unit_id == unit_id
    found = (
        select(KpiException.indicator, func.count())
        .where(KpiException.policy == policy, of_it, is_open(), _sees(session, actor))
        .group_by(KpiException.indicator)
    )
    return dict(session.exec(found).all())


def open_of(session: Session, policy: str, unit_id: int | None) -> Sequence[KpiException]:
    """The exceptions of a unit or the company that are open, by number."""
    of_it = col(KpiException.unit_id).is_(None) if unit_id is None else KpiException.unit_id == unit_id
    found = select(KpiException).where(KpiException.policy == policy, of_it, is_open())
    return session.exec(found.order_by(KpiException.number)).all()


def alerts_of(session: Session, exception_id: int) -> Sequence[Any]:
    """What an exception answers: its links with their alerts, in the order they came."""
    found = (
        select(KpiExceptionPeriod, KpiAlert)
        .join(KpiAlert, col(KpiAlert.id) == KpiExceptionPeriod.alert_id)
        .where(KpiExceptionPeriod.exception_id == exception_id)
        .order_by(KpiAlert.starts_on, KpiAlert.id)
    )
    return session.exec(found).all()


def raised_by(session: Session, exception_id: int) -> list[Raised]:
    """What an exception answers, in the order it came, each as the evaluation that alerted has it."""
    answered = alerts_of(session, exception_id)
    ids = {alert.evaluation_id for _, alert in answered}
    content = {one.id: one.content for one in session.exec(select(KpiEvaluation).where(col(KpiEvaluation.id).in_(ids)))}
    found = []
    for link, alert in answered:
        whole = content[alert.evaluation_id]
        judged = alerts.judged_of(alert, whole) or {}
        found.append(Raised(alert, link.withdrawn_at is not None, judged, alerts.lines_of(alert, whole)))
    return found


def history_of(session: Session, exception_id: int) -> list[Said]:
    """What was said and done, in order."""
    rows = session.exec(
        select(KpiExceptionEntry, func.coalesce(_enterers_name.name, _enterer.login))
        .outerjoin(_enterer, col(_enterer.id) == KpiExceptionEntry.by_account)
        .outerjoin(_enterers_name, col(_enterers_name.id) == _enterer.employee_id)
        .where(KpiExceptionEntry.exception_id == exception_id)
        .order_by(KpiExceptionEntry.id)
    ).all()
    proofs = files.attached(session, KpiExceptionFile, KpiExceptionFile.entry_id, [entry.id for entry, _ in rows])
    return [Said(one.id, one.kind, one.text, by, one.at, proofs[one.id]) for one, by in rows]


def find_file(session: Session, actor: Actor, exception_id: int, file_id: int) -> StoredFile:
    """A file that proves an exception which the actor sees. Raises NotFound."""
    find_exception(session, actor, exception_id)
    proof = (
        select(KpiExceptionFile.file_id)
        .join(KpiExceptionEntry, col(KpiExceptionEntry.id) == KpiExceptionFile.entry_id)
        .where(KpiExceptionEntry.exception_id == exception_id, KpiExceptionFile.file_id == file_id)
    )
    if session.exec(proof.limit(1)).first() is None:
        raise NotFound()
    return files.by_id(session, file_id)


def tasks_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the tasks that the actor sees, each with its alert, the alert's unit and the department's; without an
    order: those of the units they see, and those for the units they head."""
    seen = reach.reach_of(session, actor, READERS)
    found = (
        select(KpiTask, KpiAlert, Unit, _department)
        .join(KpiAlert, col(KpiAlert.id) == KpiTask.alert_id)
        .outerjoin(Unit, col(Unit.id) == KpiAlert.unit_id)
        .outerjoin(_department, col(_department.id) == KpiTask.unit_id)
        .where(or_(seen.in_full(KpiAlert.unit_id), seen.in_full(KpiTask.unit_id)))
    )
    for name in ("state", "unit_id", "exception_id"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiTask, name) == asked[name])
    for name in ("policy", "indicator"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiAlert, name) == asked[name])
    return found


def find_task(session: Session, actor: Actor, task_id: int) -> Any:
    """A task as `tasks_seen` has it. Raises NotFound."""
    found = session.exec(tasks_seen(session, actor, {}).where(KpiTask.id == task_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def names_of(session: Session, account_ids: Collection[int | None]) -> dict[int, str]:
    """Who accounts are, by name or else by login."""
    found = (
        select(Account.id, func.coalesce(Employee.name, Account.login))
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_({one for one in account_ids if one is not None}))
    )
    return {id_: name for id_, name in session.exec(found) if id_ is not None}


def deadline_of(found: KpiException) -> date:
    """The day that counts now: while the action is carried out its own, where that is earlier."""
    if found.state == "acting" and found.action_due_on is not None:
        return min(found.action_due_on, found.due_on)
    return found.due_on


def _sees(session: Session, actor: Actor) -> ColumnElement[bool]:
    seen = reach.reach_of(session, actor, READERS)
    return or_(seen.in_full(KpiException.unit_id), owns(actor))


def owns(actor: Actor) -> ColumnElement[bool]:
    """The condition that an exception is the actor's to work on, in person."""
    if actor.employee_id is None or actor.on_behalf_of is not None:
        return false()
    return col(KpiException.owner_id) == actor.employee_id
