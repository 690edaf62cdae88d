"""What somebody is to others, as conditions in SQL: a list and the single row are decided by the same words.

Of somebody who has left, the last day of work counts, because their case lives on under whoever was there then (D-04).
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, case, literal, or_, true
from sqlmodel import Session, and_, col, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Delegation, Employee, Post, PostHolding, PostPlace, ReportingLine, Unit, UnitHead
from appraisal.people.queries import lies_below, place_on

# Account roles that count towards any case but one's own; the other relations follow from the organisation.
CASE_ROLES = frozenset({"hr", "payroll", "data_provider", "approver", "auditor"})

# The person, and whoever supervises, heads or stands in. Made once, because an alias takes long to learn its columns.
_person, _other = db.another(Employee), db.another(Employee)


def towards_others(session: Session, actor: Actor, on: date, wanted: Collection[str]) -> dict[str, ColumnElement[bool]]:
    """Per relation among those wanted, the condition over `Employee` under which the actor stands in it to that person on a
    day. Relations the actor can have to nobody are absent. One's own row is the caller's to leave out."""
    found: dict[str, ColumnElement[bool]] = {}
    for role in sorted(CASE_ROLES & actor.roles & frozenset(wanted)):
        units = actor.units_of(role)
        found[role] = true() if units is None else col(Employee.id).in_(_members(units, on))
    if actor.employee_id is not None and "supervisor" in wanted:
        leads = {actor.employee_id, *absent_supervisors(session, actor.employee_id)}
        found["supervisor"] = led_by(leads, on)
    if actor.employee_id is not None and "unit_head" in wanted and _heads_anything(session, actor.employee_id):
        found["unit_head"] = col(Employee.id).in_(_headed(actor.employee_id, on))
    return found


def absent_supervisors(session: Session, employee_id: int) -> Collection[int]:
    """Those who have handed their reports to somebody for today: a delegation counts on the day of the act."""
    asked = {"delegate": employee_id, "today": clock.today()}
    return db.once(session, ("absent supervisors", *asked.values()), lambda: session.exec(_ABSENT, params=asked).all())


def ever_led(session: Session, supervisor_ids: Collection[int]) -> bool:
    """Whether anybody ever reported to one of these. To most nobody does, and conditions over their reports are left out."""
    asked = select(ReportingLine.id).where(col(ReportingLine.supervisor_id).in_(sorted(supervisor_ids))).limit(1)
    return db.once(session, ("ever led", frozenset(supervisor_ids)), lambda: session.exec(asked).first() is not None)


def led_by(supervisor_ids: Collection[int], on: date) -> ColumnElement[bool]:
    """The condition over `Employee` that one of these supervises them by the reporting line of the day that counts."""
    day = _day(_person, on)
    reports = (
        select(ReportingLine.employee_id)
        .join(_person, _person.id == ReportingLine.employee_id)
        .join(_other, _other.id == ReportingLine.supervisor_id)
        .where(col(ReportingLine.supervisor_id).in_(sorted(supervisor_ids)), _holds(ReportingLine, day), _works(_other, day))
    )
    return col(Employee.id).in_(reports)


def _members(unit_ids: Collection[int], on: date) -> Any:
    """Who holds a post in these units on the day that counts for that person."""
    units, day = sorted(unit_ids), _day(_person, on)
    return (
        select(PostHolding.employee_id)
        .join(Post, col(Post.id) == PostHolding.post_id)
        .join(_person, _person.id == PostHolding.employee_id)
        .where(_was_ever_in(units), place_on(day).in_(units), _holds(PostHolding, day))
    )


def _heads_anything(session: Session, employee_id: int) -> bool:
    """Whether somebody ever headed a unit. Most never did, and the tree below a unit takes long to ask for."""
    asked = select(UnitHead.id).where(UnitHead.employee_id == employee_id).limit(1)
    return db.once(session, ("heads anything", employee_id), lambda: session.exec(asked).first() is not None)


def _headed(employee_id: int, on: date) -> Any:
    """Who holds a post in a unit that somebody heads, or below it, both on the day that counts for that person."""
    top = select(UnitHead.unit_id, UnitHead.from_on, UnitHead.to_on).where(UnitHead.employee_id == employee_id)
    tree = top.cte(recursive=True)
    tree = tree.union(select(Unit.id, tree.c.from_on, tree.c.to_on).join(tree, lies_below(tree.c.unit_id)))
    day = _day(_person, on)
    return (
        select(PostHolding.employee_id)
        .join(Post, col(Post.id) == PostHolding.post_id)
        .join(_person, _person.id == PostHolding.employee_id)
        .join(_other, _other.id == employee_id)
        .join(tree, tree.c.unit_id == place_on(day))
        .where(_was_ever_in(select(tree.c.unit_id)), _holds(PostHolding, day), _holds(tree.c, day), _works(_other, day))
    )


def _was_ever_in(units: Any) -> ColumnElement[bool]:
    """A coarse condition that indexes answer, so that the exact one below is asked of few posts only."""
    moved = select(PostPlace.post_id).where(col(PostPlace.unit_id).in_(units))
    return or_(col(Post.unit_id).in_(units), col(Post.id).in_(moved))


def _day(person: Any, on: date) -> ColumnElement[date]:
    asked = literal(on, Date)
    return case((person.left_on < asked, person.left_on), else_=asked)


def _holds(row: Any, day: Any) -> ColumnElement[bool]:
    return and_(row.from_on <= day, or_(row.to_on.is_(None), row.to_on >= day))


def _works(person: Any, day: Any) -> ColumnElement[bool]:
    return and_(person.joined_on <= day, or_(person.left_on.is_(None), person.left_on >= day))


# Asked for by nearly every request, so put together once.
_ABSENT = (
    select(Delegation.supervisor_id)
    .join(_other, _other.id == Delegation.delegate_id)
    .where(Delegation.delegate_id == bindparam("delegate"))
    .where(_holds(Delegation, bindparam("today", type_=Date)), _works(_other, bindparam("today", type_=Date)))
)
