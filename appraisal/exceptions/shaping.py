"""How exceptions, tasks and what came of an evaluation look on their way out of the API and of commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from appraisal import clock
from appraisal.exceptions import queries
from appraisal.exceptions.models import ENDED, KpiException, KpiTask
from appraisal.exceptions.responding import Responded
from appraisal.labels import label
from appraisal.monitoring.judged_shaping import alert_out, levels_of, name_of, unit_out
from appraisal.monitoring.models import KpiAlert
from appraisal.monitoring.watched import Watching
from appraisal.people.models import Employee, Unit


def responded_out(session: Session, known: Watching, done: Responded) -> dict[str, Any]:
    """What came of one evaluation."""
    row, settled = done.evaluated.row, done.alerts
    unit = None if row.unit_id is None else session.get(Unit, row.unit_id)
    return {
        "evaluation_id": row.id,
        "is_new": done.evaluated.is_new,
        "policy": row.policy,
        "unit": unit_out(unit),
        "digest": row.digest,
        "levels": levels_of(row.content),
        "alerts": [alert_out(known, one, unit, row) for one in settled.standing],
        "alerts_opened": len(settled.opened),
        "alerts_withdrawn": len(settled.withdrawn),
        "exceptions_opened": [one.number for one in done.opened],
        "exceptions_attached": [one.number for one in done.attached],
        "exceptions_void": [one.number for one in done.void],
        "exceptions_open": [one.number for one in queries.open_of(session, row.policy, row.unit_id)],
        "tasks_opened": len(done.tasks),
        "notified": done.notified,
    }


def row_out(known: Watching, found: KpiException, unit: Unit | None, owner: Employee | None, periods: int) -> dict[str, Any]:
    """An exception as a list shows it."""
    names = (
        *("id", "number", "policy", "indicator", "period", "level", "record", "role", "state", "opened_at", "due_on"),
        *("closed_at", "version"),
    )
    deadline = queries.deadline_of(found)
    return {name: getattr(found, name) for name in names} | {
        "unit": unit_out(unit),
        "name": name_of(known, found.policy, found.indicator, found.starts_on),
        "record_name": label("kpi_record", found.record),
        "owner": owner,
        "deadline": deadline,
        "overdue": found.state not in ENDED and deadline < clock.today(),
        "periods": periods,
    }


def exception_out(session: Session, known: Watching, row: Any) -> dict[str, Any]:
    """The whole sheet of an exception."""
    found: KpiException = row[0]
    names = ("cause", "action", "action_due_on", "verification", "closing")
    accounts = queries.names_of(session, [found.verified_by])
    answered = [
        {"alert_id": alert.id, "period": alert.period, "kind": alert.kind, "level": alert.level}
        | {"withdrawn": link.withdrawn_at is not None, "attached_at": link.attached_at}
        for link, alert in queries.alerts_of(session, found.id or 0)
    ]
    entries = [
        {"id": one.id, "kind": one.kind, "name": label("kpi_entry", one.kind), "text": one.text, "by": one.by, "at": one.at}
        | {"files": one.files}
        for one in queries.history_of(session, found.id or 0)
    ]
    whole = {name: getattr(found, name) for name in names} | {"alerts": answered, "entries": entries}
    return row_out(known, *row) | whole | {"verified_by": accounts.get(found.verified_by or 0)}


def task_out(
    known: Watching,
    names: Mapping[int, str],
    task: KpiTask,
    alert: KpiAlert,
    unit: Unit | None,
    department: Unit | None,
) -> dict[str, Any]:
    """A task of another department."""
    kept = ("id", "alert_id", "exception_id", "department", "follow_up", "state", "opened_at", "due_on", "done_at", "note")
    return {name: getattr(task, name) for name in (*kept, "version")} | {
        "policy": alert.policy,
        "unit": unit_out(unit),
        "indicator": alert.indicator,
        "name": name_of(known, alert.policy, alert.indicator, alert.starts_on),
        "period": alert.period,
        "department_unit": unit_out(department),
        "overdue": task.state == "open" and task.due_on < clock.today(),
        "done_by": names.get(task.done_by or 0),
    }


def tasks_out(session: Session, known: Watching, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Tasks, with the names of who has done them."""
    names = queries.names_of(session, [row[0].done_by for row in rows])
    return [task_out(known, names, *row) for row in rows]
