"""跨部门任务: what other departments are to look into because of an alert, as the policy says or by hand (D-27)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.monitoring.evaluation import Evaluation
from appraisal.core.policy.model import Policy, Text
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed
from appraisal.exceptions import queries
from appraisal.exceptions.models import ENDED, KpiException, KpiExceptionPeriod, KpiTask
from appraisal.monitoring import holders, reach
from appraisal.monitoring.alerts import Settled
from appraisal.monitoring.models import KpiAlert
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Unit

DAYS = 10
"""No source says by when another department answers; where there is no record either, so many days."""


@dataclass(frozen=True)
class Due:
    """A task that an alert asks for."""

    alert: KpiAlert
    department: str
    follow_up: Text


def open_due(
    session: Session, actor: Actor, policy: Policy, evaluation: Evaluation, settled: Settled
) -> tuple[list[KpiTask], int]:
    """Opens the tasks that the alerts ask for and have not got yet, and drops those of alerts that hold no longer; with how
    many people were told. While a department still has the task of an earlier period, a later one adds none."""
    wanted = list(_due(policy, evaluation, settled))
    alert_ids = [one.id for one in (*settled.standing, *settled.withdrawn)]
    there = session.exec(select(KpiTask).where(col(KpiTask.alert_id).in_(alert_ids))).all()
    asked = {(one.alert.id, one.department) for one in wanted}
    of_rules = _rules_of(policy)
    for task in there:
        by_rule = (task.department, task.follow_up["zh"]) in of_rules
        if task.state == "open" and by_rule and (task.alert_id, task.department) not in asked:
            task.state, task.done_at = "dropped", clock.now()
            session.add(task)
            audit.record(session, actor, "kpi_task.drop", "kpi_task", task.id, after=shown(task))
    known = {(one.alert_id, one.department) for one in there if one.state != "dropped"}
    made, told = [], 0
    for due in wanted:
        if (due.alert.id, due.department) not in known and not _has_open(session, due):
            task, count = _open(session, actor, policy, due.alert, due.department, due.follow_up)
            made.append(task)
            told += count
    session.flush()
    return made, told


def ask_department(
    session: Session,
    actor: Actor,
    *,
    exception_id: int,
    department: str,
    follow_up: str,
    unit_id: int | None = None,
    due_on: date | None = None,
) -> KpiTask:
    """A KPI manager asks another department to look into what an exception is about.

    Raises Conflict `exception_ended`; Invalid `unknown_unit`, `bad_days`.
    """
    found = queries.find_exception(session, actor, exception_id)
    reach.require(actor, reach.MANAGING, found.unit_id)
    if found.state in ENDED:
        raise Conflict("exception_ended", "该异常已结束", "this exception has ended")
    require_text(120, department=department)
    require_text(follow_up=follow_up)
    if unit_id is not None and session.get(Unit, unit_id) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    if due_on is not None and due_on < clock.today():
        zh, en = "期限不得早于今天", "the day has passed already"
        raise Invalid("bad_days", zh, en, [Fault("due_on", zh, en)])
    link = select(KpiExceptionPeriod.alert_id).where(KpiExceptionPeriod.exception_id == found.id)
    alert = session.get_one(KpiAlert, session.exec(link.order_by(KpiExceptionPeriod.alert_id)).first())
    task = KpiTask(
        exception_id=found.id,
        alert_id=alert.id,
        department=department,
        unit_id=unit_id if unit_id is not None else unit_named(session, department, found.unit_id),
        follow_up={"zh": follow_up, "en": follow_up},
        opened_at=clock.now(),
        due_on=due_on or max(queries.deadline_of(found), clock.today()),
        version=1,
    )
    session.add(task)
    session.flush()
    audit.record(session, actor, "kpi_task.open", "kpi_task", task.id, after=shown(task))
    _tell(session, Text(found.indicator, found.indicator), task, alert)
    return task


def complete_task(session: Session, actor: Actor, task_id: int, *, note: str, version: int | None = None) -> KpiTask:
    """Says what was found or done, by the head of the department or a KPI manager. Raises Conflict `task_ended`."""
    task, alert = _handled(session, actor, task_id, version, heads=True)
    return _end(session, actor, task, "done", note, alert)


def drop_task(session: Session, actor: Actor, task_id: int, *, reason: str, version: int | None = None) -> KpiTask:
    """Takes a task back, by a KPI manager who says why. Raises Conflict `task_ended`."""
    task, alert = _handled(session, actor, task_id, version, heads=False)
    return _end(session, actor, task, "dropped", reason, alert)


def unit_named(session: Session, department: str, unit_id: int | None) -> int | None:
    """The unit of a name in the same company: below the topmost unit above this one; for the company, the only one."""
    named = session.exec(select(Unit).where(Unit.name == department, people.holds_on(Unit, clock.today()))).all()
    if not named:
        return None
    chain = holders.above(session, unit_id)
    if not chain:
        return named[0].id if len(named) == 1 else None
    company = people.unit_and_below(session, chain[-1])
    there = sorted(one.id for one in named if one.id is not None and one.id in company)
    return there[0] if there else None


def shown(task: KpiTask) -> dict[str, Any]:
    """What the trail keeps of a task."""
    names = ("exception_id", "alert_id", "department", "unit_id", "follow_up", "state", "due_on", "note")
    return {name: getattr(task, name) for name in names}


# Parts


def _due(policy: Policy, evaluation: Evaluation, settled: Settled) -> Iterator[Due]:
    judged = {(one.indicator, str(one.period)): one for one in evaluation.judged}
    related = {(one.first, one.second): one.declared for one in evaluation.related if one.declared is not None}
    for alert in settled.standing:
        if alert.kind in ("level", "alert_line"):
            for rule in judged[alert.indicator, alert.period].tasks:
                if (rule.level is None) == (alert.kind == "alert_line"):
                    yield Due(alert, rule.department, rule.follow_up)
        pair = related.get((alert.indicator, alert.other or "")) if alert.kind == "related" else None
        if pair is not None and pair.department is not None:
            yield Due(alert, pair.department, pair.follow_up)


def _rules_of(policy: Policy) -> frozenset[tuple[str, str]]:
    """What the policy asks of whom: by it a task that it opened is told from one asked for by hand."""
    rules = policy.monitoring
    if rules is None:
        return frozenset()
    pairs = [(one.department, one.follow_up.zh) for one in rules.pairs if one.department is not None]
    return frozenset(pairs + [(one.department, one.follow_up.zh) for one in rules.tasks])


def _has_open(session: Session, due: Due) -> bool:
    alert = due.alert
    of_it = col(KpiAlert.unit_id).is_(None) if alert.unit_id is None else KpiAlert.unit_id == alert.unit_id
    still = (
        select(KpiTask.id)
        .join(KpiAlert, col(KpiAlert.id) == KpiTask.alert_id)
        .where(KpiAlert.policy == alert.policy, of_it, KpiAlert.indicator == alert.indicator, KpiAlert.kind == alert.kind)
        .where(KpiTask.department == due.department, KpiTask.state == "open")
    )
    return session.exec(still.limit(1)).first() is not None


def _open(
    session: Session, actor: Actor, policy: Policy, alert: KpiAlert, department: str, follow_up: Text
) -> tuple[KpiTask, int]:
    linked = (
        select(KpiException)
        .join(KpiExceptionPeriod, col(KpiExceptionPeriod.exception_id) == KpiException.id)
        .where(KpiExceptionPeriod.alert_id == alert.id, queries.is_open())
    )
    found = session.exec(linked.order_by(KpiException.id)).first()
    task = KpiTask(
        exception_id=found.id if found else None,
        alert_id=alert.id,
        department=department,
        unit_id=unit_named(session, department, alert.unit_id),
        follow_up={"zh": follow_up.zh, "en": follow_up.en},
        opened_at=clock.now(),
        due_on=found.due_on if found else clock.today() + timedelta(days=DAYS),
        version=1,
    )
    session.add(task)
    session.flush()
    audit.record(session, actor, "kpi_task.open", "kpi_task", task.id, after=shown(task))
    return task, _tell(session, policy.watched[alert.indicator].indicator.name, task, alert)


def _tell(session: Session, name: Text, task: KpiTask, alert: KpiAlert) -> int:
    told = holders.heads(session, task.unit_id, clock.today()) if task.unit_id is not None else ()
    told = told or holders.managers(session, alert.unit_id)
    said = {"indicator": name, "period": alert.period, "follow_up": Text(**task.follow_up), "due_on": task.due_on}
    for one in told:
        notify.post(session, one.id, "kpi_task_opened", about=("kpi_task", task.id or 0), **said)
    return len(told)


def _handled(session: Session, actor: Actor, task_id: int, version: int | None, *, heads: bool) -> tuple[KpiTask, KpiAlert]:
    task, alert, *_ = queries.find_task(session, actor, task_id)
    theirs = heads and task.unit_id is not None and task.unit_id in reach.headed(session, actor)
    if not theirs and not actor.has(*reach.MANAGING, unit=alert.unit_id):
        raise auth.for_others(*reach.MANAGING, *(("unit_head",) if heads else ()))
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    db.expect_version(task, version)
    if task.state != "open":
        raise Conflict("task_ended", "该任务已结束", "this task has ended")
    return task, alert


def _end(session: Session, actor: Actor, task: KpiTask, state: str, note: str, alert: KpiAlert) -> KpiTask:
    require_text(note=note)
    before = shown(task)
    task.state, task.note, task.done_by, task.done_at = state, note, actor.account_id, clock.now()
    session.add(task)
    session.flush()
    audit.record(session, actor, f"kpi_task.{state}", "kpi_task", task.id, before=before, after=shown(task))
    return task
