"""Agreements of a cycle from one table, an item a row (D-22): shown first, then all or nothing, and safe to bring again.

An item goes by its id or its name in the pinned policy's library; any other name makes an item of the person's own, but on a
sheet whose weights are printed by group it has to be a row of that sheet. What has been signed is never overwritten: it
changes by an amendment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.checks import findings
from appraisal.agreements.content import Content, Terms, require_storable, shown
from appraisal.agreements.drafts import Finding, ItemDraft
from appraisal.agreements.models import DRAFT
from appraisal.agreements.queries import Agreed
from appraisal.agreements.service import add_drafts, set_items
from appraisal.core.policy.model import LocatedIndicator, Policy
from appraisal.core.policy.model import Post as PolicyPost
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people.models import Employee, Post
from appraisal.spreadsheets import Column, SheetRow, Table, row_fault

COLUMNS = (
    Column("number", ("工号", "employee number"), required=True, most=40),
    Column("name", ("姓名", "name"), most=80),
    Column("post", ("岗位", "post"), most=120),
    Column("item", ("指标", "item"), required=True, most=200),
    Column("kind", ("类型", "kind"), most=10),
    Column("weight", ("权重", "weight"), required=True, kind="number"),
    Column("target", ("目标值", "target"), kind="number"),
    Column("challenge", ("挑战值", "challenge"), kind="number"),
    Column("threshold", ("门槛值", "threshold"), kind="number"),
    Column("baseline", ("基准值", "baseline"), kind="number"),
    Column("dimension", ("维度", "dimension"), most=80),
    Column("direction", ("方向", "direction"), most=20),
    Column("unit", ("计量单位", "unit"), most=40),
    Column("standard", ("评分标准", "standard"), kind="prose", most=2000),
    Column("source", ("数据来源", "source"), most=200),
    Column("assessor", ("评定人工号", "assessor"), most=40),
    Column("goal", ("上级目标", "goal"), most=200),
)
_HEADINGS = {column.key: column.titles[0] for column in COLUMNS}
_HEADINGS |= {"id": "指标", "name_zh": "指标", "goal_id": "上级目标", "assessor_id": "评定人工号"}
_KINDS = {"kpi": "kpi", "gs": "gs", "定量": "kpi", "定性": "gs"}
_DIRECTIONS = {"higher": "higher", "lower": "lower", "target": "target", "zero": "zero"}
_DIRECTIONS |= {"越高越好": "higher", "越低越好": "lower", "达到目标": "target", "零容忍": "zero"}


@dataclass(frozen=True)
class Planned:
    """What a file does to one sheet: `action` is create, change or unchanged."""

    sheet: Sheet
    employee: Employee
    action: str
    drafts: tuple[ItemDraft, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Preview:
    """What a file would do, and everything that keeps it from being taken."""

    planned: tuple[Planned, ...]
    faults: tuple[Fault, ...]


@dataclass
class _Known:
    """What the rows of a file may name."""

    cycle: Cycle
    policy: Policy
    employees: Mapping[str, Employee]
    sheets: Mapping[int, Sequence[tuple[Sheet, Post]]]
    assessors: Mapping[str, int]
    goals: Mapping[int, Mapping[str, int]]


def preview_agreements(session: Session, actor: Actor, cycle_id: int, table: Table) -> Preview:
    """What a table would do to the agreements of a running cycle, changing nothing: by HR."""
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    if cycle.status != OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    known = _known(session, actor, cycle, table.rows)
    faults = list(table.faults)
    by_sheet: dict[int, list[tuple[SheetRow, ItemDraft]]] = {}
    owners: dict[int, tuple[Sheet, Employee]] = {}
    for row in table.rows:
        found = _row(known, row, by_sheet)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            sheet, employee, draft = found
            owners[sheet.id] = (sheet, employee)
            by_sheet.setdefault(sheet.id, []).append((row, draft))
    have = queries.agreed(session, by_sheet.keys())
    signed = queries.signed_among(session, [agreed.agreement.id for agreed in have.values()])
    around = queries.backgrounds(session, cycle, [sheet for sheet, _ in owners.values()])
    planned: list[Planned] = []
    for sheet_id, rows in by_sheet.items():
        sheet, employee = owners[sheet_id]
        drafts = tuple(draft for _, draft in rows)
        numbers = [row.number for row, _ in rows]
        try:
            require_storable(session, {employee.id: f"{employee.number} {employee.name}"}, drafts)
        except Invalid as refused:
            faults += [_at_its_row(numbers, fault.path, fault.zh, fault.en) for fault in refused.faults]
            continue
        seen = findings(known.policy, known.policy.posts[sheet.policy_post].post, drafts, around[sheet_id])
        wrong = [finding for finding in seen if finding.severity == "error"]
        faults += [_at_its_row(numbers, one.path, one.zh, one.en) for one in wrong]
        action = _action(have.get(sheet_id), drafts, signed)
        if action is None:
            zh, en = "责任书已签署, 请办理变更", "the agreement has been signed: propose an amendment"
            faults.append(row_fault(numbers[0], _HEADINGS["number"], zh, en))
        elif not wrong:
            planned.append(Planned(sheet, employee, action, drafts, tuple(seen)))
    return Preview(tuple(planned), tuple(sorted(faults, key=_row_of)))


def import_agreements(session: Session, actor: Actor, cycle_id: int, table: Table, *, skip_faulty: bool = False) -> Preview:
    """Does what the preview shows, or nothing; with `skip_faulty` for everybody whose rows are all sound.

    Raises Invalid `bad_rows` with every fault.
    """
    found = preview_agreements(session, actor, cycle_id, table)
    if found.faults and skip_faulty:
        found = preview_agreements(session, actor, cycle_id, sound_part(table, found.faults))
    if found.faults:
        zh, en = (
            f"文件有 {len(found.faults)} 处错误, 没有导入",
            f"the file has {len(found.faults)} faults; nothing was imported",
        )
        raise Invalid("bad_rows", zh, en, found.faults)
    new = [Content(one.sheet.id, one.drafts, Terms()) for one in found.planned if one.action == "create"]
    add_drafts(session, actor, new, reason="导入")
    have = queries.agreed(session, [one.sheet.id for one in found.planned if one.action == "change"])
    for one in found.planned:
        if one.action == "change":
            set_items(session, actor, have[one.sheet.id].agreement.id, one.drafts)
    return found


def sound_part(table: Table, faults: Sequence[Fault]) -> Table:
    """The table without anybody of whom a row cannot be taken: an agreement is imported whole or not at all."""
    faulty = {_row_of(fault) for fault in faults}
    left_out = {row.values["number"] for row in (*table.rows, *table.broken) if row.number in faulty | table.faulty}
    rows = tuple(row for row in table.rows if row.values["number"] not in left_out)
    return Table(rows, (), frozenset(), table.keys)


def _action(have: Agreed | None, drafts: Sequence[ItemDraft], signed: Collection[int]) -> str | None:
    """What these items do to what a sheet has; None where somebody has signed other ones."""
    if have is None:
        return "create"
    if shown(drafts) == shown([queries.draft_of(item) for item in have.items]):
        return "unchanged"
    return "change" if have.agreement.status == DRAFT and have.agreement.id not in signed else None


def _known(session: Session, actor: Actor, cycle: Cycle, rows: Sequence[SheetRow]) -> _Known:
    numbers = {row.values["number"] for row in rows}
    on = min(clock.today(), cycle.ends_on)
    found = (
        select(Employee, Sheet, Post)
        .join(Appraisal, col(Appraisal.employee_id) == Employee.id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Post, col(Post.id) == Sheet.post_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), col(Employee.number).in_(numbers))
        .where(cycles.seen_by(session, actor, on, ["hr"]))
        .order_by(Sheet.from_on, Sheet.id)
    )
    employees: dict[str, Employee] = {}
    sheets: dict[int, list[tuple[Sheet, Post]]] = {}
    for employee, sheet, post in session.exec(found):
        employees[employee.number] = employee
        sheets.setdefault(employee.id, []).append((sheet, post))
    named = {row.values["assessor"] for row in rows if row.values["assessor"]}
    assessors = dict(session.exec(select(Employee.number, Employee.id).where(col(Employee.number).in_(named))).all())
    units = {sheet.unit_id for several in sheets.values() for sheet, _ in several}
    goals = {
        unit_id: {key: goal.id for goal in several for key in (goal.name, str(goal.id))}
        for unit_id, several in queries.goals_for(session, cycle, units).items()
    }
    return _Known(cycle, cycles.policy_of(session, cycle), employees, sheets, assessors, goals)


def _row(
    known: _Known, row: SheetRow, before: Mapping[int, Sequence[tuple[SheetRow, ItemDraft]]]
) -> tuple[Sheet, Employee, ItemDraft] | Fault:
    """Whose item a row is, and what it says."""
    values = row.values
    employee = known.employees.get(values["number"])
    if employee is None:
        zh = f"{values['number']} 在本周期没有您可办理的考核"
        return _fault(row, "number", zh, f"{values['number']} has no appraisal in this cycle that is yours to handle")
    if values["name"] and values["name"] != employee.name:
        return _fault(row, "name", f"工号 {employee.number} 是 {employee.name}", f"{employee.number} is {employee.name}")
    sheet = _sheet(known, row, employee)
    if isinstance(sheet, Fault):
        return sheet
    own = sum(draft.id.startswith("own-") for _, draft in before.get(sheet.id, ()))
    draft = _draft(known, row, sheet, f"own-{own + 1}")
    return draft if isinstance(draft, Fault) else (sheet, employee, draft)


def _sheet(known: _Known, row: SheetRow, employee: Employee) -> Sheet | Fault:
    asked = row.values["post"]
    fitting = []
    for sheet, post in known.sheets[employee.id]:
        title = known.policy.posts[sheet.policy_post].post.title
        if asked is None or asked in (sheet.policy_post, title.zh, title.en, post.code, post.title, post.title_en):
            fitting.append(sheet)
    if len(fitting) == 1:
        return fitting[0]
    posts = "、".join(f"{post.title} ({post.code}, {sheet.from_on})" for sheet, post in known.sheets[employee.id])
    zh = f"请用岗位代码写明是哪一个岗位: {posts}"
    return _fault(row, "post", zh, f"name one of these posts by its code: {posts}")


def _draft(known: _Known, row: SheetRow, sheet: Sheet, own_id: str) -> ItemDraft | Fault:
    values, policy = row.values, known.policy
    located = _item(policy, policy.posts[sheet.policy_post].post, row)
    if isinstance(located, Fault):
        return located
    kind = located.indicator.kind if located else _KINDS.get((values["kind"] or "").casefold())
    if kind is None or (values["kind"] and _KINDS.get(values["kind"].casefold()) != kind):
        asked = f"应为 {kind}" if kind else "请写 kpi 或 gs"
        return _fault(row, "kind", asked, f"this is a {kind}" if kind else "write kpi or gs")
    direction = values["direction"] and _DIRECTIONS.get(values["direction"].casefold())
    if values["direction"] and direction is None:
        return _fault(
            row, "direction", f"请写: {'、'.join(list(_DIRECTIONS)[4:])}", f"one of: {', '.join(list(_DIRECTIONS)[:4])}"
        )
    dimension = values["dimension"] and _dimension(policy, values["dimension"])
    assessor = values["assessor"] and known.assessors.get(values["assessor"])
    if values["assessor"] and assessor is None:
        return _fault(row, "assessor", f"没有工号 {values['assessor']}", f"there is no employee {values['assessor']}")
    goal = values["goal"] and known.goals[sheet.unit_id].get(values["goal"])
    if values["goal"] and goal is None:
        zh = f"没有可连的目标「{values['goal']}」; 请写公司或本部门及其上级部门本期目标的名称或编号"
        return _fault(row, "goal", zh, f"there is no goal {values['goal']!r} above this person for the period")
    figures: dict[str, Decimal | None] = {
        name: values[name] for name in ("weight", "target", "challenge", "threshold", "baseline")
    }
    words: dict[str, Any] = {name: values[name] for name in ("unit", "standard", "source")}
    return ItemDraft(
        id=located.indicator.id if located else own_id,
        kind=kind,
        name_zh=None if located else values["item"],
        dimension=dimension or None,
        direction=direction or None,
        assessor_id=assessor or None,
        goal_id=goal or None,
        **figures,
        **words,
    )


def _item(policy: Policy, post: PolicyPost, row: SheetRow) -> LocatedIndicator | Fault | None:
    """The indicator or row that an id or a name means; None for an item of the person's own, which group weights leave no
    room for."""
    own = [policy.indicators[each.id] for group in post.groups for each in group.items]
    asked = row.values["item"]
    found = [
        one
        for one in (own if post.groups else policy.library)
        if asked in (one.indicator.id, one.indicator.name.zh, one.indicator.name.en)
    ]
    if not post.groups:
        return found[0] if found else None
    if len(found) == 1:
        return found[0]
    if found:
        ids = "、".join(one.indicator.id for one in found)
        return _fault(
            row, "item", f"考核表中有几项叫「{asked}」, 请写代号: {ids}", f"several rows have this name: write one of {ids}"
        )
    zh = f"「{asked}」不在岗位「{post.title.zh}」的考核表中, 请从表中选择"
    return _fault(row, "item", zh, f"{asked} is no row of the sheet of {post.title.en}: choose one of them")


def _dimension(policy: Policy, written: str) -> str:
    """The id of a dimension by its id or name; an unknown one is left for the checks to name."""
    return next((one.id for one in policy.general.dimensions if written in (one.name.zh, one.name.en, *one.aliases)), written)


def _fault(row: SheetRow, key: str, zh: str, en: str) -> Fault:
    return row_fault(row.number, _HEADINGS[key], zh, en)


def _at_its_row(numbers: Sequence[int], path: str, zh: str, en: str) -> Fault:
    """A fault of an item at the row the item came from; one of the whole sheet at its first row."""
    if not path.startswith("items["):
        return row_fault(numbers[0], _HEADINGS["weight"], zh, en)
    index, _, field = path.removeprefix("items[").partition("]")
    return row_fault(numbers[int(index)], _HEADINGS.get(field.removeprefix(".").partition(".")[0], "指标"), zh, en)


def _row_of(fault: Fault) -> int:
    return int(fault.path.removeprefix("row ").partition(",")[0])
