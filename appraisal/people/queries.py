"""Reads of the organisation: who somebody was, where, and under whom, on a date or over a period."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from appraisal.people.models import Account, AccountRole, Employee, Post, PostHolding, ReportingLine, Unit


@dataclass(frozen=True)
class Held:
    """A post somebody held, clipped to the period that was asked for; `share` in percent."""

    employee_id: int
    post_id: int
    post_title: str
    policy_post: str
    unit_id: int
    unit_name: str
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
    """The posts held in a period, clipped to it and to employment, by employee, first day and post. None: everybody's."""
    found = (
        select(PostHolding, Post, Unit, Employee)
        .join(Post, col(PostHolding.post_id) == Post.id)
        .join(Unit, col(Post.unit_id) == Unit.id)
        .join(Employee, col(PostHolding.employee_id) == Employee.id)
        .where(overlaps(PostHolding, from_on, to_on))
        .order_by(PostHolding.employee_id, PostHolding.from_on, Post.code)
    )
    if employee_ids is not None:
        found = found.where(col(PostHolding.employee_id).in_(employee_ids))
    held = []
    for holding, post, unit, employee in session.exec(found):
        first = max(holding.from_on, from_on, employee.joined_on)
        last = min(holding.to_on or to_on, to_on, employee.left_on or to_on)
        if first <= last:
            names = (post.id, post.title, post.policy_post, unit.id, unit.name)
            held.append(Held(employee.id, *names, from_on=first, to_on=last, share=holding.share))
    return held


def unit_and_below(session: Session, unit_id: int) -> frozenset[int]:
    """A unit and every unit below it, whatever the date."""
    tree = select(Unit.id).where(Unit.id == unit_id).cte("below", recursive=True)
    below = select(Unit.id).join(tree, col(Unit.parent_id) == tree.c.id)
    return frozenset(session.exec(select(tree.union_all(below).c.id)))


def subtrees(session: Session, unit_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Each of the units with every unit below it, itself included, whatever the date."""
    tree = select(Unit.id.label("top"), Unit.id).where(col(Unit.id).in_(unit_ids)).cte("trees", recursive=True)
    tree = tree.union(select(tree.c.top, Unit.id).join(tree, col(Unit.parent_id) == tree.c.id))
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
        .where(col(Post.unit_id).in_(unit_and_below(session, unit_id)), holds_on(PostHolding, on))
        .where(employed_on(on))
        .distinct()
        .order_by(Employee.number)
    )
    return session.exec(found).all()
