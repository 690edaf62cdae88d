"""Units and posts as their pages show them: what belongs to them, who heads and holds them, and what they were before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.people import directory, queries
from appraisal.people.models import Employee, Post, PostHolding, PostPlace, Unit, UnitHead


@dataclass(frozen=True)
class Stay:
    """Somebody or something that was somewhere for a time."""

    what: Employee | Unit
    from_on: date | None
    to_on: date | None


def names_of(session: Session, unit: Unit) -> list[Unit]:
    """The unit under its names, the first one first: those before this one, and those since."""
    found = [unit]
    while found[0].was_id is not None:
        found.insert(0, session.get_one(Unit, found[0].was_id))
    while (later := session.exec(select(Unit).where(Unit.was_id == found[-1].id)).first()) is not None:
        found.append(later)
    return found


def heads_of(session: Session, unit: Unit) -> list[Stay]:
    """Who has headed the unit, the latest first."""
    asked = select(UnitHead, Employee).join(Employee, col(Employee.id) == UnitHead.employee_id)
    asked = asked.where(UnitHead.unit_id == unit.id).order_by(col(UnitHead.from_on).desc(), col(UnitHead.id).desc())
    return [Stay(who, head.from_on, head.to_on) for head, who in session.exec(asked)]


def units_below(session: Session, unit: Unit, on: date) -> Sequence[Unit]:
    """The units directly below that there are on a day, by code."""
    asked = select(Unit).where(Unit.parent_id == unit.id, queries.holds_on(Unit, on)).order_by(Unit.code)
    return session.exec(asked).all()


def ended_units(session: Session, on: date) -> Sequence[Unit]:
    """The units that are no more on a day, the latest first."""
    return session.exec(select(Unit).where(col(Unit.to_on) < on).order_by(col(Unit.to_on).desc(), Unit.code)).all()


def held_by(session: Session, post_ids: Collection[int], on: date) -> dict[int, int]:
    """How many hold each of the posts on a day; a post that nobody holds is absent."""
    asked = (
        select(PostHolding.post_id, func.count(col(PostHolding.employee_id).distinct()))
        .join(Employee, col(Employee.id) == PostHolding.employee_id)
        .where(col(PostHolding.post_id).in_(post_ids), queries.holds_on(PostHolding, on), queries.employed_on(on))
        .group_by(col(PostHolding.post_id))
    )
    return dict(session.exec(asked).all())


def holders_seen(session: Session, actor: Actor, post: Post) -> list[Stay]:
    """Who holds the post or has held it, the latest first, of those the actor may know of."""
    asked = (
        select(PostHolding, Employee)
        .join(Employee, col(Employee.id) == PostHolding.employee_id)
        .where(PostHolding.post_id == post.id, directory.seen(session, actor))
        .order_by(col(PostHolding.from_on).desc(), Employee.number)
    )
    return [Stay(who, held.from_on, _earlier(held.to_on, who.left_on)) for held, who in session.exec(asked)]


def places_of(session: Session, post: Post) -> list[Stay]:
    """The units that the post has belonged to, the latest first; when the first began is not on record."""
    asked = select(PostPlace, Unit).join(Unit, col(Unit.id) == PostPlace.unit_id).where(PostPlace.post_id == post.id)
    before = list(session.exec(asked.order_by(PostPlace.to_on)))
    if not before:
        return []
    begins = [None, *(place.to_on for place, _ in before)]
    stays = [Stay(unit, begins[n], place.to_on) for n, (place, unit) in enumerate(before)]
    return [Stay(session.get_one(Unit, post.unit_id), begins[-1], None), *reversed(stays)]


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(filter(None, (one, other)), default=None)
