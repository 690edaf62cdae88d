"""Who holds the roles that monitoring policies name in their own words: 最高管理者, 主管, 品质负责人 (D-26).

A role is held for a unit and all below, or everywhere; the nearest holder answers. 主管 needs no row: it is who heads the unit.
Where nobody holds a role, the KPI managers of the unit stand for it, so that nothing is ever sent to nobody.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.monitoring import reach
from appraisal.monitoring.models import KpiRoleHolder
from appraisal.monitoring.watched import watching
from appraisal.people import queries as people
from appraisal.people.models import Account, AccountRole, Employee, Unit, UnitHead

HEAD = "主管"
SHOWN = ("policy", "role", "unit_id", "employee_id", "from_on", "to_on")


def holders(session: Session, policy: str, role: str, unit_id: int | None, day: date) -> Sequence[Employee]:
    """Who holds a role for a unit or the company on a day, or where nobody does, its KPI managers; by number."""
    return named(session, policy, role, unit_id, day) or managers(session, unit_id)


def named(session: Session, policy: str, role: str, unit_id: int | None, day: date) -> Sequence[Employee]:
    """The same, nobody where nobody holds it: those named for the nearest unit, or as 主管 its heads."""
    chain: list[int | None] = [*above(session, unit_id)]
    rows = session.exec(
        select(KpiRoleHolder.unit_id, Employee)
        .join(Employee, col(Employee.id) == KpiRoleHolder.employee_id)
        .where(KpiRoleHolder.policy == policy, KpiRoleHolder.role == role)
        .where(people.holds_on(KpiRoleHolder, day), people.employed_on(day))
        .where(or_(col(KpiRoleHolder.unit_id).is_(None), col(KpiRoleHolder.unit_id).in_(chain)))
        .order_by(Employee.number)
    ).all()
    for unit in (*chain, None):
        if found := [one for where, one in rows if where == unit]:
            return found
    return heads(session, unit_id, day) if role == HEAD else ()


def heads(session: Session, unit_id: int | None, day: date) -> Sequence[Employee]:
    """Who heads a unit, or the nearest above it that has a head; of the company, who heads a topmost unit."""
    asked = (
        select(UnitHead.unit_id, Employee)
        .join(Employee, col(Employee.id) == UnitHead.employee_id)
        .where(people.holds_on(UnitHead, day), people.employed_on(day))
        .order_by(Employee.number)
    )
    if unit_id is None:
        top = select(Unit.id).where(col(Unit.parent_id).is_(None))
        return [one for _, one in session.exec(asked.where(col(UnitHead.unit_id).in_(top)))]
    chain = above(session, unit_id)
    rows = session.exec(asked.where(col(UnitHead.unit_id).in_(chain))).all()
    return next((found for unit in chain if (found := [one for where, one in rows if where == unit])), [])


def managers(session: Session, unit_id: int | None) -> Sequence[Employee]:
    """The KPI managers whose role counts for a unit, or for the company; by number."""
    rows = session.exec(
        select(AccountRole.unit_id, Employee)
        .join(Account, col(Account.id) == AccountRole.account_id)
        .join(Employee, col(Employee.id) == Account.employee_id)
        .where(AccountRole.role == "kpi_manager", col(Account.disabled).is_(False), people.employed_on(clock.today()))
        .order_by(Employee.number)
    ).all()
    chain = set(above(session, unit_id))
    return list({one.id: one for where, one in rows if where is None or where in chain}.values())


def above(session: Session, unit_id: int | None) -> list[int]:
    """A unit, under its names before too, and those above it, the nearest first; of the company none."""
    if unit_id is None:
        return []
    ways = {unit: (was, parent) for unit, was, parent in session.exec(select(Unit.id, Unit.was_id, Unit.parent_id))}
    chain: list[int] = []
    waiting = [unit_id]
    while waiting:
        unit = waiting.pop(0)
        if unit in chain:
            continue
        chain.append(unit)
        was, parent = ways[unit]
        waiting = [one for one in (was, *waiting, parent) if one is not None]
    return chain


# Naming them


def name_holder(
    session: Session,
    actor: Actor,
    *,
    policy: str,
    role: str,
    unit_id: int | None,
    employee_id: int,
    from_on: date,
    to_on: date | None = None,
) -> KpiRoleHolder:
    """Says who holds a role, by a KPI manager of the unit.

    Raises Invalid `unknown_policy`, `unknown_role` for a role that the policy's monitoring does not name, `unknown_unit`,
    `unknown_employee`, `bad_days`; Conflict `holds_already`.
    """
    reach.require(actor, reach.MANAGING, unit_id)
    roles = roles_of(session, policy)
    if role not in roles:
        zh, en = f"制度没有这个角色; 可用: {'、'.join(roles)}", f"the policy names no such role, but {', '.join(roles)}"
        raise Invalid("unknown_role", zh, en, [Fault("role", zh, en)])
    for table, wanted, field in ((Unit, unit_id, "unit_id"), (Employee, employee_id, "employee_id")):
        if wanted is not None and session.get(table, wanted) is None:
            code, zh, en = f"unknown_{field.removesuffix('_id')}", "没有这条记录", "there is no such record"
            raise Invalid(code, zh, en, [Fault(field, zh, en)])
    _check_days(from_on, to_on)
    same = select(KpiRoleHolder.id).where(
        KpiRoleHolder.policy == policy,
        KpiRoleHolder.role == role,
        KpiRoleHolder.employee_id == employee_id,
        col(KpiRoleHolder.unit_id).is_(None) if unit_id is None else KpiRoleHolder.unit_id == unit_id,
        people.overlaps(KpiRoleHolder, from_on, to_on),
    )
    if session.exec(same).first() is not None:
        raise Conflict("holds_already", "此人在这段时间已担任该角色", "they hold this role in these days already")
    made = KpiRoleHolder(
        policy=policy, role=role, unit_id=unit_id, employee_id=employee_id, from_on=from_on, to_on=to_on, version=1
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "kpi_role_holder.name", "kpi_role_holder", made.id, after=_shown(made))
    return made


def end_holder(session: Session, actor: Actor, holder_id: int, *, to_on: date, version: int | None = None) -> KpiRoleHolder:
    """Ends the holding of a role with a day, that day included. Raises Invalid `bad_days`, Conflict `stale_version`."""
    (found, *_) = find_holder(session, actor, holder_id)
    reach.require(actor, reach.MANAGING, found.unit_id)
    db.expect_version(found, version)
    _check_days(found.from_on, to_on)
    before = _shown(found)
    found.to_on = to_on
    session.flush()
    audit.record(session, actor, "kpi_role_holder.end", "kpi_role_holder", found.id, before=before, after=_shown(found))
    return found


def roles_of(session: Session, policy: str) -> list[str]:
    """The roles that a monitoring policy in force names. Raises Invalid `unknown_policy`."""
    in_force = watching(session).policy_on(policy, clock.today())
    if in_force is None or in_force.monitoring is None:
        zh, en = f"没有监测制度 {policy[:60]}", f"there is no monitoring policy {policy[:60]}"
        raise Invalid("unknown_policy", zh, en, [Fault("policy", zh, en)])
    rules = in_force.monitoring
    meetings = getattr(in_force.general, "meetings", ())
    words = [
        HEAD,
        *(one.role for one in rules.notify),
        *(one.role for one in rules.records if one.role),
        *(one.role for one in meetings if one.role),
    ]
    return list(dict.fromkeys(words))


def holders_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the holders that those who read monitoring see, each with unit and employee; without an order."""
    found = (
        select(KpiRoleHolder, Unit, Employee)
        .outerjoin(Unit, col(Unit.id) == KpiRoleHolder.unit_id)
        .join(Employee, col(Employee.id) == KpiRoleHolder.employee_id)
        .where(reach.reach_of(session, actor).over(KpiRoleHolder.unit_id))
    )
    for name in ("policy", "role", "unit_id"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiRoleHolder, name) == asked[name])
    return found if asked.get("on") is None else found.where(people.holds_on(KpiRoleHolder, asked["on"]))


def find_holder(session: Session, actor: Actor, holder_id: int) -> Any:
    """A holder as `holders_seen` has it. Raises NotFound."""
    found = session.exec(holders_seen(session, actor, {}).where(KpiRoleHolder.id == holder_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def _check_days(from_on: date, to_on: date | None) -> None:
    if to_on is not None and to_on < from_on:
        zh, en = "止日不得早于起日", "the last day is not before the first"
        raise Invalid("bad_days", zh, en, [Fault("to_on", zh, en)])


def _shown(found: KpiRoleHolder) -> dict[str, Any]:
    return {name: getattr(found, name) for name in SHOWN}
