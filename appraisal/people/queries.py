"""Reads of the organisation: who somebody was, where, and under whom, on a date or over a period."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.people.models import Account, AccountRole, Employee, Leave, Post, PostHolding, PostPlace, ReportingLine, Unit


@dataclass(frozen=True)
class Held:
    """A post somebody held, clipped to the period that was asked for; `share` in percent."""

    employee_id: int
    post_id: int
    post_title: str
    post_title_en: str
    policy_post: str
    unit_id: int
    unit_name: str
    unit_name_en: str
    from_on: date
    to_on: date
    share: Decimal

    @property
    def days(self) -> int:
        """Calendar days, first and last included."""
        return (self.to_on - self.from_on).days + 1


def holds_on(table: Any, on: date) -> ColumnElement[bool]:
    """The condition that a dated row holds on a day."""
    return and_(table.from_on <= on, or_(table.to_on.is_(None), table.to_on >= on))


def overlaps(table: Any, from_on: date, to_on: date | None) -> ColumnElement[bool]:
    """The condition that a dated row shares a day with a span; an open span never ends."""
    ends_later = or_(table.to_on.is_(None), table.to_on >= from_on)
    return ends_later if to_on is None else and_(table.from_on <= to_on, ends_later)


def employed_on(on: date) -> ColumnElement[bool]:
    """The condition that an employee works here on a day; the last day of work counts."""
    return and_(col(Employee.joined_on) <= on, or_(col(Employee.left_on).is_(None), col(Employee.left_on) >= on))


def employee_by_number(session: Session, number: str) -> Employee | None:
    """The employee with this number."""
    return session.exec(select(Employee).where(Employee.number == number)).one_or_none()


def unit_by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code."""
    return session.exec(select(Unit).where(Unit.code == code)).one_or_none()


def post_by_code(session: Session, code: str) -> Post | None:
    """The post with this code."""
    return session.exec(select(Post).where(Post.code == code)).one_or_none()


def account_by_login(session: Session, login: str) -> Account | None:
    """The account with this login; logins are compared in lower case."""
    return session.exec(select(Account).where(Account.login == login.strip().lower())).one_or_none()


def has_accounts(session: Session) -> bool:
    """Whether anybody can sign in at all; an empty database has nobody."""
    return session.exec(select(Account.id).limit(1)).first() is not None


def roles_of(session: Session, account_id: int) -> frozenset[str]:
    """The roles an account holds."""
    return frozenset(session.exec(select(AccountRole.role).where(AccountRole.account_id == account_id)))


def supervisor_on(session: Session, employee_id: int, on: date) -> Employee | None:
    """The direct supervisor on a day; one who has left supervises nobody."""
    found = (
        select(Employee)
        .join(ReportingLine, col(ReportingLine.supervisor_id) == Employee.id)
        .where(ReportingLine.employee_id == employee_id, holds_on(ReportingLine, on), employed_on(on))
    )
    return session.exec(found).one_or_none()


def supervisors_on(session: Session, employee_ids: Collection[int], on: date) -> dict[int, Employee]:
    """The direct supervisors of many on a day, by employee; whoever has none is absent."""
    found = (
        select(ReportingLine.employee_id, Employee)
        .join(Employee, col(ReportingLine.supervisor_id) == Employee.id)
        .where(col(ReportingLine.employee_id).in_(employee_ids), holds_on(ReportingLine, on), employed_on(on))
    )
    return dict(session.exec(found).all())


def reports_of(session: Session, supervisor_id: int, on: date) -> Sequence[Employee]:
    """Those who report directly to somebody on a day, by number."""
    found = (
        select(Employee)
        .join(ReportingLine, col(ReportingLine.employee_id) == Employee.id)
        .where(ReportingLine.supervisor_id == supervisor_id, holds_on(ReportingLine, on))
        .order_by(Employee.number)
    )
    return session.exec(found).all()


def employed_between(session: Session, from_on: date, to_on: date) -> Sequence[Employee]:
    """Everybody employed on at least one day of a period, by number."""
    found = (
        select(Employee)
        .where(Employee.joined_on <= to_on, or_(col(Employee.left_on).is_(None), col(Employee.left_on) >= from_on))
        .order_by(Employee.number)
    )
    return session.exec(found).all()


def posts_held(session: Session, employee_ids: Collection[int] | None, from_on: date, to_on: date) -> list[Held]:
    """The posts held in a period, clipped to it and to employment, by employee, first day and post. None: everybody's.

    The unit is the one the post belonged to on the last of these days, so a unit renamed in between splits nothing.
    """
    found = (
        select(PostHolding, Post, Employee)
        .join(Post, col(PostHolding.post_id) == Post.id)
        .join(Employee, col(PostHolding.employee_id) == Employee.id)
        .where(overlaps(PostHolding, from_on, to_on))
        .order_by(PostHolding.employee_id, PostHolding.from_on, Post.code)
    )
    if employee_ids is not None:
        found = found.where(col(PostHolding.employee_id).in_(employee_ids))
    places: dict[int, list[PostPlace]] = {}
    for place in session.exec(select(PostPlace).where(PostPlace.to_on >= from_on).order_by(PostPlace.to_on)):
        places.setdefault(place.post_id, []).append(place)
    names = {unit_id: both for unit_id, *both in session.exec(select(Unit.id, Unit.name, Unit.name_en))}
    held = []
    for holding, post, employee in session.exec(found):
        first = max(holding.from_on, from_on, employee.joined_on)
        last = min(holding.to_on or to_on, to_on, employee.left_on or to_on)
        if first <= last:
            before = (place.unit_id for place in places.get(post.id, ()) if place.to_on >= last)
            unit_id = next(before, post.unit_id)
            where = (post.id, post.title, post.title_en, post.policy_post, unit_id, *names[unit_id])
            held.append(Held(employee.id, *where, from_on=first, to_on=last, share=holding.share))
    return held


def leave_days(session: Session, employee_ids: Collection[int] | None, from_on: date, to_on: date) -> dict[int, int]:
    """The days of neutral leave in a period, within employment, by employee; who had none is absent. None: everybody's."""
    found = (
        select(Leave.employee_id, Leave.from_on, Leave.to_on, Employee.joined_on, Employee.left_on)
        .join(Employee, col(Leave.employee_id) == Employee.id)
        .where(col(Leave.neutral).is_(True), overlaps(Leave, from_on, to_on))
    )
    if employee_ids is not None:
        found = found.where(col(Leave.employee_id).in_(employee_ids))
    days: dict[int, int] = {}
    for employee_id, first, last, joined_on, left_on in session.exec(found):
        away = (min(last, to_on, left_on or to_on) - max(first, from_on, joined_on)).days + 1
        if away > 0:
            days[employee_id] = days.get(employee_id, 0) + away
    return days


def lies_below(unit_id: Any) -> ColumnElement[bool]:
    """The condition that a unit lies directly below another, or is that other one under its next name."""
    return or_(col(Unit.parent_id) == unit_id, col(Unit.was_id) == unit_id)


def place_on(day: Any) -> ColumnElement[int]:
    """The unit that a post belonged to on a day; posts move, and what has happened stays with the unit of its time."""
    before = aliased(PostPlace)
    where = select(before.unit_id).where(before.post_id == Post.id, before.to_on >= day).order_by(before.to_on).limit(1)
    return func.coalesce(where.correlate_except(before).scalar_subquery(), Post.unit_id)


def unit_and_below(session: Session, unit_id: int) -> frozenset[int]:
    """A unit and every unit below it, whatever the date; a renamed one counts under its names before and after."""
    return subtrees(session, [unit_id]).get(unit_id, frozenset())


def units_within(session: Session, unit_id: int | None = None) -> Sequence[Unit]:
    """The units that there are today, by code: all of them, or those in a unit and below."""
    found = select(Unit).where(or_(col(Unit.to_on).is_(None), col(Unit.to_on) >= clock.today())).order_by(Unit.code)
    if unit_id is not None:
        found = found.where(col(Unit.id).in_(unit_and_below(session, unit_id)))
    return session.exec(found).all()


def subtrees(session: Session, unit_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Each of the units with every unit below it, itself included, as `unit_and_below` has it."""
    tree = select(Unit.id.label("top"), Unit.id).where(col(Unit.id).in_(unit_ids)).cte("trees", recursive=True)
    tree = tree.union(select(tree.c.top, Unit.id).join(tree, lies_below(tree.c.id)))
    found: dict[int, set[int]] = {}
    for top, unit_id in session.exec(select(tree.c.top, tree.c.id)):
        found.setdefault(top, set()).add(unit_id)
    return {top: frozenset(units) for top, units in found.items()}


def members_on(session: Session, unit_id: int, on: date) -> Sequence[Employee]:
    """Who held a post in a unit or below it on a day, by number: those whom a veto of the unit reaches (D-10)."""
    found = (
        select(Employee)
        .join(PostHolding, col(PostHolding.employee_id) == Employee.id)
        .join(Post, col(PostHolding.post_id) == Post.id)
        .where(place_on(on).in_(unit_and_below(session, unit_id)), holds_on(PostHolding, on))
        .where(employed_on(on))
        .distinct()
        .order_by(Employee.number)
    )
    return session.exec(found).all()
