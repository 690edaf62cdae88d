"""Clerk entry (代录): for those without account, phone or mail a named clerk of their unit enters what they have put on paper.

The clerk then acts as that person and nothing else: with no role of the clerk's own, and on record with both names and the
scan of the paper (D-21).
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, false, or_, true
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import auth, queries
from appraisal.people.checks import require_fits
from appraisal.people.models import Account, Clerk, Employee, Post, PostHolding, Unit


def appoint_clerk(
    session: Session, actor: Actor, employee: Employee, unit: Unit, *, from_on: date, to_on: date | None = None, reason: str
) -> Clerk:
    """Somebody enters for those of a unit and all below who have no account. Raises Conflict when they do so then already."""
    auth.require_role(actor, "hr", unit=unit.id)
    auth.require_other(actor, employee)
    require_fits(reason=(reason, 500))
    if (to_on is not None and to_on < from_on) or not (
        employee.joined_on <= from_on and (employee.left_on is None or from_on <= employee.left_on)
    ):
        raise Invalid(
            "bad_dates", "起止日期颠倒或当日不在职", "the days are the wrong way round, or they do not work here then"
        )
    db.one_at_a_time(session, f"clerk {employee.id}")
    same = select(Clerk.id).where(Clerk.employee_id == employee.id, Clerk.unit_id == unit.id)
    if session.exec(same.where(queries.overlaps(Clerk, from_on, to_on)).limit(1)).first() is not None:
        raise Conflict(
            "already_dated", f"{employee.name} 同期已是该部门的代录员", f"{employee.name} is clerk there then already"
        )
    clerk = Clerk(employee_id=employee.id, unit_id=unit.id, from_on=from_on, to_on=to_on, reason=reason)
    session.add(clerk)
    session.flush()
    after = {"employee_id": employee.id, "unit": unit.code, "from_on": from_on, "to_on": to_on}
    audit.record(session, actor, "clerk.appoint", "clerk", clerk.id, after=after, reason=reason)
    return clerk


def dismiss_clerk(
    session: Session, actor: Actor, clerk: Clerk, *, to_on: date, reason: str, version: int | None = None
) -> Clerk:
    """Notes a clerk's last day, which may not be later than the one already noted; a day before the first takes it all back."""
    auth.require_role(actor, "hr", unit=clerk.unit_id)
    db.expect_version(clerk, version)
    require_fits(reason=(reason, 500))
    if clerk.to_on is not None and clerk.to_on < to_on:
        raise Conflict("already_ended", f"代录已于 {clerk.to_on} 结束", f"this has ended on {clerk.to_on}")
    before = {"to_on": clerk.to_on}
    clerk.to_on = to_on
    session.flush()
    audit.record(session, actor, "clerk.dismiss", "clerk", clerk.id, before=before, after={"to_on": to_on}, reason=reason)
    return clerk


def seen(actor: Actor) -> ColumnElement[bool]:
    """The condition over `Clerk` for who may know of an appointment: HR of the unit, auditors, administrators, the clerk."""
    if actor.has("hr", "auditor", "admin"):
        return true()
    ways = [col(Clerk.unit_id).in_(sorted(units)) for role in ("hr", "auditor") if (units := actor.units_of(role))]
    if actor.employee_id is not None:
        ways.append(col(Clerk.employee_id) == actor.employee_id)
    return or_(false(), *ways)


def act_for(session: Session, actor: Actor, number: str, *, scan: str | None = None) -> Actor:
    """The clerk as the person they enter for. Where something is written, `scan` is the number of the file they have handed in,
    and the entry is on record with it.

    Raises NotFound for anybody who is not of the clerk's units today, NotAllowed `has_account` for who can enter themselves,
    Invalid `scan_needed` for a write without a scan.
    """
    employee = queries.employee_by_number(session, number) if 0 < len(number) <= 40 else None
    if employee is None or actor.employee_id is None or actor.employee_id == employee.id:
        raise NotFound()
    if not _is_clerk_of(session, actor, employee):
        raise NotFound()
    own_account = select(Account.id).where(Account.employee_id == employee.id, col(Account.disabled).is_(False))
    if session.exec(own_account).first() is not None:
        zh, en = f"{employee.name} 有自己的账号, 须本人办理", f"{employee.name} has an account and enters in person"
        raise NotAllowed("has_account", zh, en)
    entering = replace(
        actor, employee_id=employee.id, roles=frozenset({"employee"}), limits=frozenset(), on_behalf_of=employee.id
    )
    if session.info["writes"]:
        [paper] = files.own(session, actor, [_scan_id(scan)])
        after = {"scan": paper.sha256, "file_id": paper.id, "clerk_id": actor.employee_id}
        audit.record(session, entering, "clerk.enter", "employee", employee.id, after=after)
    return entering


def is_clerk(session: Session, actor: Actor) -> bool:
    """Whether the actor enters for anybody today."""
    return actor.on_behalf_of is None and bool(_reach(session, actor))


def entered_for(session: Session, actor: Actor) -> Any:
    """A select of those for whom the actor enters today: who works in their units, or has worked there last, and has no account
    to sign in with. Raises NotAllowed for who is no clerk."""
    if not is_clerk(session, actor):
        zh, en = "代录由人力资源部任命的代录员办理", "entering for others is for the clerks whom HR appoints"
        raise NotAllowed("not_allowed", zh, en)
    has_account = select(Account.id).where(Account.employee_id == Employee.id, col(Account.disabled).is_(False)).exists()
    return select(Employee).where(_placed_in(_reach(session, actor)), Employee.id != actor.employee_id, ~has_account)


def _is_clerk_of(session: Session, actor: Actor, employee: Employee) -> bool:
    reach = _reach(session, actor)
    found = select(Employee.id).where(Employee.id == employee.id, _placed_in(reach))
    return bool(reach) and session.exec(found).first() is not None


def _reach(session: Session, actor: Actor) -> frozenset[int]:
    """The units of which the actor is clerk today, every one below included."""
    today = clock.today()
    appointed = (
        select(Clerk.unit_id)
        .join(Employee, col(Employee.id) == Clerk.employee_id)
        .where(Clerk.employee_id == actor.employee_id, queries.holds_on(Clerk, today))
        .where(or_(col(Employee.left_on).is_(None), col(Employee.left_on) >= today))
    )
    units = session.exec(appointed).all() if actor.employee_id is not None else []
    return frozenset().union(*queries.subtrees(session, units).values()) if units else frozenset()


def _placed_in(units: Collection[int]) -> ColumnElement[bool]:
    """The condition over `Employee` that they work in one of these units, or have worked there last."""
    today = clock.today()
    day = case((col(Employee.left_on) < today, col(Employee.left_on)), else_=today)
    place = select(PostHolding.id).join(Post, col(PostHolding.post_id) == Post.id)
    place = place.where(PostHolding.employee_id == Employee.id, queries.holds_on(PostHolding, day))
    return place.where(queries.place_on(day).in_(units)).exists()


def _scan_id(scan: str | None) -> int:
    if scan is None or not (scan.isascii() and scan.isdigit() and 0 < int(scan[:10]) < 2**31 and len(scan) <= 10):
        zh = "代录须附签字原件的扫描件: 在页面上开始代录时上传; 通过接口则先上传, 再以 Scan 给出文件编号"
        en = "entering needs the scan of the signed paper: begin with it on the page, or upload it and give its number as Scan"
        raise Invalid("scan_needed", zh, en, [Fault("Scan", zh, en)])
    return int(scan)
