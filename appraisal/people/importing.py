"""People from a list: units, posts, employees, supervisors and posts held, from one CSV or XLSX.

All or nothing by default, and safe to run again: what is so already is not written, so the same list changes nothing twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, select

from appraisal import audit, clock, db, spreadsheets
from appraisal.actor import Actor
from appraisal.errors import Fault, Invalid
from appraisal.people import auth
from appraisal.people.import_model import HEADINGS, NewUnit, Organisation, PersonPlan, Plan, holds
from appraisal.people.import_plan import plan_import, without
from appraisal.people.mailing import tell_old_address
from appraisal.people.models import Employee, Post, PostHolding, ReportingLine, Unit
from appraisal.spreadsheets import Column, SheetRow, Table

# A list sheds at most so many layers of people who hang on faulty ones before it is given up.
MOST_PASSES = 50
FAULTS_TOLD = 200
_BLANK: Mapping[str, Any] = {"left_on": None, "probation_until": None, "email": None, "version": 1}
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")

COLUMNS = (
    Column("number", (HEADINGS["number"], "员工编号", "Employee number", "number"), required=True, most=40),
    Column("name", (HEADINGS["name"], "Name"), most=80),
    Column("unit", (HEADINGS["unit"], "Unit code", "unit"), most=40),
    Column("unit_name", (HEADINGS["unit_name"], "部门名称", "Unit name"), most=120),
    Column("unit_name_en", ("部门英文名称", "Unit name in English"), most=120),
    Column("parent", (HEADINGS["parent"], "Parent unit code", "parent"), most=40),
    Column("parent_name", (HEADINGS["parent_name"], "Parent unit name"), most=120),
    Column("post", (HEADINGS["post"], "Post code", "post"), most=40),
    Column("title", (HEADINGS["title"], "岗位名称", "Post title", "title"), most=120),
    Column("title_en", ("岗位英文名称", "Post title in English"), most=120),
    Column("policy_post", (HEADINGS["policy_post"], "Post in the policy", "policy_post"), most=80),
    Column("share", (HEADINGS["share"], "任职比例(%)", "Share", "Share (%)"), kind="number", places=2),
    Column("supervisor", (HEADINGS["supervisor"], "Supervisor number", "supervisor"), most=40),
    Column("joined_on", (HEADINGS["joined_on"], "Joined on", "joined_on"), kind="day"),
    Column("probation_until", (HEADINGS["probation_until"], "Probation until", "probation_until"), kind="day"),
    Column("left_on", (HEADINGS["left_on"], "Left on", "left_on"), kind="day"),
    Column("email", (HEADINGS["email"], "电子邮箱", "Email", "E-mail", "email"), most=254),
    Column("from_on", (HEADINGS["from_on"], "From", "from_on"), kind="day"),
)


@dataclass(frozen=True)
class Preview:
    """What a list does or would do: people in the order of their first rows, and what is wrong, row by row."""

    people: tuple[PersonPlan, ...]
    new_units: tuple[str, ...]
    new_posts: tuple[str, ...]
    faults: tuple[Fault, ...]
    faulty_rows: int

    def counted(self, outcome: str) -> int:
        """How many people are `created`, `changed` or `unchanged`."""
        return sum(one.outcome == outcome for one in self.people)


def read_people(name: str, content: bytes, *, most_rows: int = spreadsheets.MOST_ROWS) -> Table:
    """The rows of a list of people. Raises Invalid for a file that is none."""
    table = spreadsheets.read(name, content, COLUMNS, most_rows=most_rows)
    for row in table.rows:
        if row.values["name"] is not None:
            row.values["name"] = _BETWEEN_HAN.sub("", row.values["name"])  # lists pad 张 三 to the width of three
    return table


def require_importer(actor: Actor) -> None:
    """Refuses who is not HR for everybody, or the operator of the machine."""
    auth.require_role(actor, "hr", operator=True)


def preview_people(session: Session, actor: Actor, table: Table) -> Preview:
    """What importing the sound rows would do, without doing it."""
    require_importer(actor)
    plan, faults, faulty = _plan_sound(session, actor, organisation(session), table)
    return _preview(plan, faults, faulty)


def import_people(session: Session, actor: Actor, table: Table, *, source: str, skip_faulty: bool = False) -> Preview:
    """Does what the preview says. With any fault nothing is done, unless faulty people are to be left out.

    Raises Invalid `import_refused` with the faults.
    """
    require_importer(actor)
    # Whoever places or leads somebody meanwhile waits: the plan is made of how things stand.
    for what in ("posts held", "reporting lines"):
        db.one_at_a_time(session, what)
    there = organisation(session)
    plan, faults, faulty = _plan_sound(session, actor, there, table)
    if faults and not skip_faulty:
        zh, en = f"名单有 {len(faulty)} 行有误, 未导入任何内容", f"nothing was imported: {len(faulty)} faulty row(s)"
        raise Invalid("import_refused", zh, en, faults[:FAULTS_TOLD])
    preview = _preview(plan, faults, faulty)
    units = _add_units(session, actor, plan)
    posts = _add_posts(session, actor, plan, units)
    changed = [one for one in preview.people if one.outcome != "unchanged"]
    ids = _set_values(session, there, changed)
    _set_supervisors(session, there, changed, ids)
    _set_posts(session, there, changed, ids, posts)
    for one in changed:
        _record(session, actor, one, ids[one.number])
        if one.employee is not None and "email" in one.values:
            tell_old_address(session, one.employee, one.before["email"])
    if changed or plan.units or plan.posts:
        counts = {outcome: preview.counted(outcome) for outcome in ("created", "changed", "unchanged")}
        audit.record(session, actor, "employee.import_list", "import", source[:80], after=counts | {"faulty": len(faulty)})
    return preview


# The organisation as it stands, and the plan


def organisation(session: Session) -> Organisation:
    """All of it, in five queries however many people there are."""
    lines: dict[int, list[ReportingLine]] = {}
    for line in session.exec(select(ReportingLine).order_by(ReportingLine.from_on)):
        lines.setdefault(line.employee_id, []).append(line)
    holdings: dict[int, list[PostHolding]] = {}
    for holding in session.exec(select(PostHolding).order_by(PostHolding.from_on)):
        holdings.setdefault(holding.employee_id, []).append(holding)
    return Organisation(
        units={unit.code: unit for unit in session.exec(select(Unit))},
        posts={post.code: post for post in session.exec(select(Post))},
        people={employee.number: employee for employee in session.exec(select(Employee))},
        lines=lines,
        holdings=holdings,
    )


def _plan_sound(session: Session, actor: Actor, there: Organisation, table: Table) -> tuple[Plan, list[Fault], set[int]]:
    """The plan of the rows that can stand without the faulty ones, and every fault on the way there."""
    own = session.get(Employee, actor.employee_id) if actor.employee_id is not None else None
    faults, faulty = list(table.faults), set(table.faulty)
    rows: Sequence[SheetRow] = without(table.rows, {row.values["number"] for row in table.broken})
    for _ in range(MOST_PASSES):
        plan = plan_import(there, rows, clock.today(), own.number if own else None)
        if not plan.faults:
            return plan, faults, faulty
        faults += plan.faults
        left = without(rows, {row.values["number"] for row in rows if row.number in plan.faulty})
        faulty |= {row.number for row in rows} - {row.number for row in left}
        rows = left
    raise Invalid("import_refused", "错误过多, 请先更正", "there are too many faults: correct them first", faults[:FAULTS_TOLD])


def _preview(plan: Plan, faults: Sequence[Fault], faulty: set[int]) -> Preview:
    people = tuple(sorted(plan.people.values(), key=lambda one: one.row))
    return Preview(people, tuple(plan.units), tuple(plan.posts), tuple(faults), len(faulty))


# Writing


def _add_units(session: Session, actor: Actor, plan: Plan) -> dict[str, int]:
    """The new units, those above first; the ids of all by code."""
    ids = dict(session.exec(select(Unit.code, Unit.id)).all()) if plan.units or plan.posts else {}
    waiting: dict[str, NewUnit] = dict(plan.units)
    while waiting:
        ready = [unit for unit in waiting.values() if unit.parent not in waiting]
        made = []
        for unit in ready:
            parent_id = ids[unit.parent] if unit.parent is not None else None
            made.append(Unit(code=unit.code, name=unit.name, name_en=unit.name_en, from_on=unit.from_on, parent_id=parent_id))
        session.add_all(made)
        session.flush()
        for row in made:
            ids[row.code] = row.id
            after = {"code": row.code, "name": row.name, "parent": waiting.pop(row.code).parent}
            audit.record(session, actor, "unit.create", "unit", row.id, after=after)
    return ids


def _add_posts(session: Session, actor: Actor, plan: Plan, units: Mapping[str, int]) -> dict[str, int]:
    """The new posts; the ids of all by code."""
    for new in plan.posts.values():
        post = Post(code=new.code, title=new.title, title_en=new.title_en, unit_id=units[new.unit], policy_post=new.policy_post)
        session.add(post)
    session.flush()
    ids = dict(session.exec(select(Post.code, Post.id)).all())
    for new in plan.posts.values():
        after = {"code": new.code, "title": new.title, "unit": new.unit, "policy_post": new.policy_post}
        audit.record(session, actor, "post.create", "post", ids[new.code], after=after)
    return ids


def _set_values(session: Session, there: Organisation, changed: Sequence[PersonPlan]) -> dict[str, int]:
    """The new people added and the others corrected; the ids of all by number."""
    new = [one for one in changed if one.employee is None]
    # Rows as plain values: thirty thousand objects would take most of the time.
    _insert(session, Employee, [_BLANK | dict(one.values) | {"number": one.number} for one in new])
    for one in changed:
        if one.employee is not None:
            for key, value in one.values.items():
                setattr(one.employee, key, value)
    session.flush()
    found = session.exec(select(Employee.number, Employee.id)).all() if new else ()
    return {number: id for id, number in there.numbers.items()} | dict(found)


def _set_supervisors(session: Session, there: Organisation, changed: Sequence[PersonPlan], ids: Mapping[str, int]) -> None:
    lines = []
    for one in changed:
        if one.supervisor is not None:
            number, from_on = one.supervisor
            _end_or_drop(session, there.lines.get(ids[one.number], ()), from_on)
            lines.append({"employee_id": ids[one.number], "supervisor_id": ids[number], "from_on": from_on})
    session.flush()
    _insert(session, ReportingLine, lines)


def _set_posts(
    session: Session, there: Organisation, changed: Sequence[PersonPlan], ids: Mapping[str, int], posts: Mapping[str, int]
) -> None:
    holdings = []
    for one in changed:
        if one.posts is None:
            continue
        wanted, from_on = {posts[code]: share for code, share in one.posts[0].items()}, one.posts[1]
        held = [row for row in there.holdings.get(ids[one.number], ()) if holds(row, from_on)]
        kept = {row.post_id for row in held if wanted.get(row.post_id) == row.share}
        _end_or_drop(session, [row for row in held if row.post_id not in kept], from_on)
        for post_id, share in wanted.items():
            if post_id not in kept:
                holdings.append({"employee_id": ids[one.number], "post_id": post_id, "from_on": from_on, "share": share})
    session.flush()
    _insert(session, PostHolding, holdings)


def _insert(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _end_or_drop(session: Session, rows: Sequence[Any], from_on: date) -> None:
    """Ends what holds on a day the day before; what began on that very day was noted wrongly and goes."""
    for row in rows:
        if row.from_on == from_on:
            session.delete(row)
        elif row.to_on is None or row.to_on >= from_on:
            row.to_on = from_on - timedelta(days=1)


def _record(session: Session, actor: Actor, one: PersonPlan, employee_id: int) -> None:
    after: dict[str, Any] = dict(one.values)
    if one.supervisor is not None:
        after["supervisor"], after["supervisor_from_on"] = one.supervisor
    if one.posts is not None:
        after["posts"], after["posts_from_on"] = one.posts
    audit.record(session, actor, f"employee.import_{one.outcome}", "employee", employee_id, before=one.before, after=after)
