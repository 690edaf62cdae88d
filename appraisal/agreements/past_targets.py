"""Targets from before the system (D-22): imported by HR from a table, never scored; new targets are measured by them.

A file brought again changes nothing; one that says something else corrects what stands, on record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements.models import PastTarget
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.errors import Fault, Invalid
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.spreadsheets import Column, SheetRow, Table, row_fault

COLUMNS = (
    Column("number", ("工号", "employee number"), required=True, most=40),
    Column("name", ("姓名", "name"), most=80),
    Column("period", ("期间", "period"), required=True, most=10),
    Column("item", ("指标", "item"), required=True, most=200),
    Column("target", ("目标值", "target"), required=True, kind="number"),
    Column("source", ("数据来源", "source"), required=True, most=200),
)


@dataclass(frozen=True)
class PlannedTarget:
    """What a file does to one target: `action` is create, change or unchanged."""

    employee: Employee
    period: str
    item: str
    target: Decimal
    source_document: str
    action: str


@dataclass(frozen=True)
class Preview:
    """What a file would do, and everything that keeps it from being taken."""

    planned: tuple[PlannedTarget, ...]
    faults: tuple[Fault, ...]


def preview_targets(session: Session, actor: Actor, policy_name: str, table: Table) -> Preview:
    """What a table would do, changing nothing: by HR. Items go by id or name in the policy's library as it stands today.

    Raises Invalid `unknown_policy`.
    """
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    stored = policies.policy_in_force(session, policy_name, clock.today())
    if stored is None:
        zh, en = f"没有已发布的制度 {policy_name}", f"no policy {policy_name} has been published"
        raise Invalid("unknown_policy", zh, en, [Fault("policy", zh, en)])
    policy = policies.compiled(session, stored.digest)
    employees = _employees(session, actor, table.rows)
    there = _there(session, [employee.id for employee in employees.values()])
    faults, planned = list(table.faults), dict[tuple[int, str, str], PlannedTarget]()
    for row in table.rows:
        found = _row(policy, employees, row)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        employee, period, item = found
        key = (employee.id, period, item)
        if key in planned:
            faults.append(row_fault(row.number, "指标", "本文件中重复", "stands in this file twice"))
            continue
        before = there.get(key)
        same = before is not None and (before.target, before.source_document) == (row.values["target"], row.values["source"])
        action = "create" if before is None else "unchanged" if same else "change"
        planned[key] = PlannedTarget(employee, period, item, row.values["target"], row.values["source"], action)
    return Preview(tuple(planned.values()), tuple(faults))


def import_targets(session: Session, actor: Actor, policy_name: str, table: Table) -> Preview:
    """Does what the preview shows, or nothing. Raises Invalid `bad_rows` with every fault."""
    found = preview_targets(session, actor, policy_name, table)
    if found.faults:
        zh, en = (
            f"文件有 {len(found.faults)} 处错误, 没有导入",
            f"the file has {len(found.faults)} faults; nothing was imported",
        )
        raise Invalid("bad_rows", zh, en, found.faults)
    there = _there(session, [one.employee.id for one in found.planned])
    written: list[tuple[PastTarget, dict[str, object] | None]] = []
    for one in found.planned:
        if one.action == "unchanged":
            continue
        row = there.get((one.employee.id, one.period, one.item))
        before = _shown(row) if row else None
        row = row or PastTarget(employee_id=one.employee.id, period=one.period, item=one.item)
        row.target, row.source_document = one.target, one.source_document
        row.imported_by, row.imported_at = actor.account_id, clock.now()
        session.add(row)
        written.append((row, before))
    session.flush()
    for row, before in written:
        audit.record(session, actor, "past_target.import", "past_target", row.id, before=before, after=_shown(row))
    return found


def _row(policy: Policy, employees: Mapping[str, Employee], row: SheetRow) -> tuple[Employee, str, str] | Fault:
    values = row.values
    employee = employees.get(values["number"])
    if employee is None:
        return row_fault(
            row.number, "工号", f"没有您可办理的工号 {values['number']}", f"no employee {values['number']} of yours"
        )
    if values["name"] and values["name"] != employee.name:
        return row_fault(row.number, "姓名", f"工号 {employee.number} 是 {employee.name}", f"this number is {employee.name}'s")
    try:
        period = Period.parse(values["period"])
    except ValueError:
        return row_fault(row.number, "期间", "请写成 2025 或 2025-Q1", "write it as 2025 or 2025-Q1")
    if period.last_day() >= clock.today():
        return row_fault(row.number, "期间", "该期间尚未结束", "that period has not ended")
    found = _items_named(policy, values["item"])
    if len(found) > 1:
        listed = "、".join(found)
        zh = f"几张考核表中都有「{values['item']}」, 请写代号: {listed}"
        return row_fault(row.number, "指标", zh, f"several rows have this name: write one of {listed}")
    if not found:
        zh = f"指标库中没有「{values['item']}」"
        return row_fault(row.number, "指标", zh, f"the library has no {values['item']!r}")
    return employee, str(period), found[0]


def _items_named(policy: Policy, asked: str) -> list[str]:
    """The item of that id, or the library's of that name, or every row of a sheet of that name."""
    if asked in policy.indicators:
        return [asked]
    library, rows = (
        [one.indicator.id for one in entries if asked in (one.indicator.name.zh, one.indicator.name.en)]
        for entries in (policy.library, policy.rows)
    )
    return library[:1] or rows


def _employees(session: Session, actor: Actor, rows: Sequence[SheetRow]) -> dict[str, Employee]:
    """Those whom the rows name and for whom the actor is HR."""
    numbers = {row.values["number"] for row in rows}
    seen = auth.seen_employees(session, actor, clock.today(), ["hr"])
    found = session.exec(select(Employee).where(col(Employee.number).in_(numbers), seen))
    return {employee.number: employee for employee in found}


def _there(session: Session, employee_ids: Sequence[int]) -> dict[tuple[int, str, str], PastTarget]:
    found = session.exec(select(PastTarget).where(col(PastTarget.employee_id).in_(employee_ids)))
    return {(row.employee_id, row.period, row.item): row for row in found}


def _shown(row: PastTarget) -> dict[str, object]:
    kept = ("employee_id", "period", "item", "target", "source_document")
    return {name: getattr(row, name) for name in kept}
