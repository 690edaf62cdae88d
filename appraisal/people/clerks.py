"""Clerk entry (代录): for those without account, phone or mail a named clerk of their unit enters what they have put on paper.

The clerk then acts as that person and nothing else: with no role of the clerk's own, and on record with both names and the
scan of the paper (D-21).
"""

from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement, false, or_, true
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
    today = clock.today()
    employee = queries.employee_by_number(session, number) if 0 < len(number) <= 40 else None
    if employee is None or actor.employee_id is None or actor.employee_id == employee.id:
        raise NotFound()
    if not _is_clerk_of(session, actor.employee_id, employee, today):
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


def _is_clerk_of(session: Session, clerk_id: int, employee: Employee, today: date) -> bool:
    """Whether somebody is clerk today of a unit where a person works, or has worked last."""
    clerk = session.get_one(Employee, clerk_id)
    if clerk.left_on is not None and clerk.left_on < today:
        return False
    units = session.exec(select(Clerk.unit_id).where(Clerk.employee_id == clerk_id, queries.holds_on(Clerk, today))).all()
    reach = frozenset().union(*queries.subtrees(session, units).values()) if units else frozenset()
    day = min(today, employee.left_on or today)
    place = (
        select(PostHolding.id)
        .join(Post, col(PostHolding.post_id) == Post.id)
        .where(PostHolding.employee_id == employee.id, queries.holds_on(PostHolding, day))
        .where(queries.place_on(day).in_(reach))
    )
    return bool(reach) and session.exec(place.limit(1)).first() is not None


def _scan_id(scan: str | None) -> int:
    if scan is None or not (scan.isascii() and scan.isdigit() and 0 < int(scan[:10]) < 2**31 and len(scan) <= 10):
        zh = "代录须先上传签字原件的扫描件, 并在 Scan 中给出文件编号"
        en = "entering for somebody needs the scan of their paper: upload it and give its number as Scan"
        raise Invalid("scan_needed", zh, en, [Fault("Scan", zh, en)])
    return int(scan)
