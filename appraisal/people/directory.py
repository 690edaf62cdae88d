"""The directory as somebody may see it: themselves, those they lead or whose unit they head, and for HR, payroll, auditors and
administrators everybody, or their part. Anybody else is as if not there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.people import auth, queries
from appraisal.people.models import Clerk, Delegation, Employee, Leave, Post, PostHolding, ReportingLine, Unit, UnitHead
from appraisal.people.queries import Held

SEE = ("employee", "supervisor", "unit_head", "hr", "payroll", "auditor")
SEE_LEAVE = ("employee", "supervisor", "unit_head", "hr", "auditor")


@dataclass(frozen=True)
class Episode:
    """Something that was so for a time: under whom, in which post or office. `about_id` is the row of the kind named."""

    kind: str
    from_on: date
    to_on: date | None
    about_id: int
    about: str
    about_en: str
    share: Decimal | None = None


def seen(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `Employee` for a list of people."""
    return true() if actor.has("admin") else auth.seen_employees(session, actor, clock.today(), SEE)


BY_NUMBER: list[tuple[Any, str]] = [(Employee.number, "asc")]


def found(session: Session, actor: Actor, query: Mapping[str, Any]) -> Any:
    """A select of the people one may see: by `number`, beginning of the `name`, a part of either (`q`), `unit_id` with those
    below, `supervisor_id`, and with `current` only who works here today."""
    today = clock.today()
    asked = select(Employee).where(seen(session, actor))
    if query["number"] is not None:
        asked = asked.where(Employee.number == query["number"])
    if query["name"] is not None:
        asked = asked.where(col(Employee.name).startswith(query["name"], autoescape=True))
    if query.get("q") is not None:
        asked = asked.where(has_part(query["q"]))
    if query["unit_id"] is not None:
        units = queries.unit_and_below(session, query["unit_id"])
        holders = select(PostHolding.employee_id).join(Post, col(PostHolding.post_id) == Post.id)
        holders = holders.where(queries.holds_on(PostHolding, today), queries.place_on(today).in_(units))
        asked = asked.where(col(Employee.id).in_(holders))
    if query["supervisor_id"] is not None:
        lines = select(ReportingLine.employee_id).where(ReportingLine.supervisor_id == query["supervisor_id"])
        asked = asked.where(col(Employee.id).in_(lines.where(queries.holds_on(ReportingLine, today))))
    return asked.where(queries.employed_on(today)) if query["current"] else asked


def has_part(part: str) -> ColumnElement[bool]:
    """The condition over `Employee` that the number or the name has this part."""
    return or_(*(col(one).icontains(part, autoescape=True) for one in (Employee.number, Employee.name)))


def shown(session: Session, employees: Sequence[Employee]) -> list[dict[str, Any]]:
    """People as they are shown: with the supervisor and the posts of today, of who has left those of the last day."""
    session.flush()
    supervisors, holdings = placed(session, employees)
    kept = ("id", "number", "name", "joined_on", "left_on", "probation_until", "version")
    return [
        {name: getattr(one, name) for name in kept}
        | {"supervisor": supervisors.get(one.id)}
        | {"posts": [_held(held) for held in holdings.get(one.id, ())]}
        for one in employees
    ]


def _held(held: Held) -> dict[str, Any]:
    names = {"title": held.post_title, "title_en": held.post_title_en, "unit": held.unit_name, "unit_en": held.unit_name_en}
    return names | {name: getattr(held, name) for name in ("post_id", "policy_post", "unit_id", "share")}


def named_by(session: Session, number: str, path: str) -> Employee:
    """Somebody by their number, as a form or body names them. Raises Invalid with the path of the number."""
    employee = queries.employee_by_number(session, number)
    if employee is None:
        zh, en = "没有这个工号", "there is nobody with this number"
        raise Invalid("unknown_row", zh, en, [Fault(path, zh, en)])
    return employee


@dataclass(frozen=True)
class Branch:
    """A unit in the tree, how deep it lies, and who heads it."""

    unit: Unit
    depth: int
    head: Employee | None


def tree(session: Session, on: date) -> list[Branch]:
    """The units of a day, each after the one it lies in, by code."""
    units = session.exec(select(Unit).where(queries.holds_on(Unit, on)).order_by(Unit.code)).all()
    heads = heads_on(session, [unit.id for unit in units], on)
    there = {unit.id for unit in units}
    below: dict[int | None, list[Unit]] = {}
    for unit in units:
        below.setdefault(unit.parent_id if unit.parent_id in there else None, []).append(unit)
    branches: list[Branch] = []
    waiting = [(unit, 0) for unit in reversed(below.get(None, []))]
    while waiting:
        unit, depth = waiting.pop()
        branches.append(Branch(unit, depth, heads.get(unit.id)))
        waiting += [(one, depth + 1) for one in reversed(below.get(unit.id, []))]
    return branches


def find_employee(session: Session, actor: Actor, employee_id: int) -> Employee:
    """Somebody the actor may know of. Raises NotFound."""
    found = session.exec(select(Employee).where(Employee.id == employee_id, seen(session, actor))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def find_leave(session: Session, actor: Actor, employee_id: int, leave_id: int) -> Leave:
    """Somebody's leave. Raises NotFound."""
    require_leave_seen(session, actor, employee_id)
    leave = session.get(Leave, leave_id)
    if leave is None or leave.employee_id != employee_id:
        raise NotFound()
    return leave


def require_leave_seen(session: Session, actor: Actor, employee_id: int) -> None:
    """Why somebody is away is for themselves, those they report to, HR and auditors. Raises NotFound, NotAllowed."""
    employee = find_employee(session, actor, employee_id)
    if auth.relations_to(session, actor, employee.id, clock.today()).isdisjoint(SEE_LEAVE):
        raise auth.for_others(*SEE_LEAVE)


def delegations_seen(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition over `Delegation`: one's own, and for HR and auditors those of their people."""
    theirs = select(Employee.id).where(auth.seen_employees(session, actor, clock.today(), ("hr", "auditor")))
    if actor.has("admin"):
        return true()
    own = [col(Delegation.supervisor_id) == actor.employee_id, col(Delegation.delegate_id) == actor.employee_id]
    return or_(*(own if actor.employee_id is not None else []), col(Delegation.supervisor_id).in_(theirs))


def find_delegation(session: Session, actor: Actor, delegation_id: int) -> Delegation:
    """A delegation the actor may know of. Raises NotFound."""
    found = select(Delegation).where(Delegation.id == delegation_id, delegations_seen(session, actor))
    delegation = session.exec(found).one_or_none()
    if delegation is None:
        raise NotFound()
    return delegation


def people_by_id(session: Session, ids: Collection[int]) -> dict[int, Employee]:
    """Many employees at once."""
    return {employee.id: employee for employee in session.exec(select(Employee).where(col(Employee.id).in_(ids)))}


def id_of(session: Session, number: str, path: str) -> int:
    """The employee of a number that somebody has typed into a field. Raises Invalid `unknown_employee`."""
    found = queries.employee_by_number(session, number.split(" ")[0])
    if found is None or found.id is None:
        refuse_number(number, path)
    return found.id


def refuse_number(number: str, path: str) -> NoReturn:
    """Says that nobody has a number, of those whom the one who typed it may know of. Raises Invalid `unknown_employee`."""
    zh, en = f"没有工号 {number}, 请核对", f"there is no employee with the number {number}: check it"
    raise Invalid("unknown_employee", zh, en, [Fault(path, zh, en)])


def placed(session: Session, employees: Sequence[Employee]) -> tuple[dict[int, Employee], dict[int, list[Held]]]:
    """Supervisor and posts of each, today; of who has left on their last day, of who is still to come on their first."""
    today = clock.today()
    days = {one.id: max(one.joined_on, min(today, one.left_on or today)) for one in employees}
    if not days:
        return {}, {}
    lines = (
        select(ReportingLine, Employee)
        .join(Employee, col(ReportingLine.supervisor_id) == Employee.id)
        .where(col(ReportingLine.employee_id).in_(days))
    )
    supervisors = {
        line.employee_id: supervisor
        for line, supervisor in session.exec(lines)
        if _is_within(days[line.employee_id], line.from_on, line.to_on)
        and _is_within(days[line.employee_id], supervisor.joined_on, supervisor.left_on)
    }
    holdings: dict[int, list[Held]] = {}
    for held in queries.posts_held(session, days, min(days.values()), max(days.values())):
        if _is_within(days[held.employee_id], held.from_on, held.to_on):
            holdings.setdefault(held.employee_id, []).append(held)
    return supervisors, holdings


def _is_within(day: date, from_on: date, to_on: date | None) -> bool:
    return from_on <= day and (to_on is None or day <= to_on)


def heads_on(session: Session, unit_ids: Collection[int], on: date) -> dict[int, Employee]:
    """Who heads each of the units on a day; a unit without a head is absent."""
    found = (
        select(UnitHead.unit_id, Employee)
        .join(Employee, col(UnitHead.employee_id) == Employee.id)
        .where(col(UnitHead.unit_id).in_(unit_ids), queries.holds_on(UnitHead, on), queries.employed_on(on))
    )
    return dict(session.exec(found).all())


def history(session: Session, employee: Employee) -> list[Episode]:
    """Everything dated of one person, the earliest first; leave is kept apart."""
    lead, other = Employee, employee.id
    episodes = [Episode("employment", employee.joined_on, employee.left_on, employee.id, employee.name, employee.name)]
    episodes += _episodes(
        session, "supervisor", ReportingLine, lead, ReportingLine.supervisor_id, ReportingLine.employee_id == other
    )
    episodes += _episodes(session, "unit_head", UnitHead, Unit, UnitHead.unit_id, UnitHead.employee_id == other)
    episodes += _episodes(session, "clerk", Clerk, Unit, Clerk.unit_id, Clerk.employee_id == other)
    episodes += _episodes(session, "stood_in_by", Delegation, lead, Delegation.delegate_id, Delegation.supervisor_id == other)
    episodes += _episodes(session, "stands_in_for", Delegation, lead, Delegation.supervisor_id, Delegation.delegate_id == other)
    held = select(PostHolding, Post).join(Post, col(PostHolding.post_id) == Post.id).where(PostHolding.employee_id == other)
    for holding, post in session.exec(held):
        episodes.append(
            Episode("post", holding.from_on, holding.to_on, post.id, post.title, post.title_en or post.title, holding.share)
        )
    return sorted(episodes, key=lambda one: (one.from_on, one.kind, one.about_id))


def _episodes(session: Session, kind: str, table: Any, about: Any, about_id: Any, condition: Any) -> Sequence[Episode]:
    found = session.exec(select(table, about).join(about, about_id == about.id).where(condition))
    return [
        Episode(kind, row.from_on, row.to_on, named.id, named.name, named.name_en if isinstance(named, Unit) else named.name)
        for row, named in found
    ]
