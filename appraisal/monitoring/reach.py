"""Whose readings somebody sees, and whose they handle, as conditions in SQL: lists and single rows are decided by one rule.

Data providers enter and correct within the units of their role; they and HR confirm. Data providers, KPI managers, HR,
approvers and auditors read within theirs, company readings included where the role counts everywhere. Heads read their units
and those below, employees what has been confirmed of the unit they work in. Everybody else sees nothing.

What is judged of confirmed readings is seen by those who see the readings.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.errors import NotAllowed
from appraisal.monitoring.models import Reading, ReadingConfirmation
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import UnitHead

READERS = ("data_provider", "kpi_manager", "hr", "approver", "auditor")
ENTERING = ("data_provider",)
CONFIRMING = ("data_provider", "hr")
MANAGING = ("kpi_manager",)


@dataclass(frozen=True)
class Reach:
    """What an actor may read: everything, all of some units, and of others what has been confirmed."""

    everything: bool
    units: frozenset[int]
    confirmed_of: frozenset[int]

    def sees(self) -> ColumnElement[bool]:
        """The condition over `Reading` that the actor may see it."""
        if self.everything:
            return true()
        conditions: list[ColumnElement[bool]] = []
        if self.units:
            conditions.append(col(Reading.unit_id).in_(self.units))
        if self.confirmed_of:
            confirmation = aliased(ReadingConfirmation)
            confirmed = exists().where(col(confirmation.reading_id) == Reading.id)
            conditions.append(and_(col(Reading.unit_id).in_(self.confirmed_of), confirmed))
        return or_(false(), *conditions)

    def over(self, unit_id: Any) -> ColumnElement[bool]:
        """The condition over a column of units that the actor sees what has been confirmed of them."""
        return true() if self.everything else col(unit_id).in_(self.units | self.confirmed_of)

    def in_full(self, unit_id: Any) -> ColumnElement[bool]:
        """The condition over a column of units that the actor sees all of them, by a role or as their head."""
        return true() if self.everything else col(unit_id).in_(self.units)

    def covers(self, unit_id: int | None) -> bool:
        """Whether they may see what has been confirmed of a unit, or of the company."""
        return self.everything or (unit_id is not None and unit_id in self.units | self.confirmed_of)


def reach_of(session: Session, actor: Actor, readers: Collection[str] = READERS) -> Reach:
    """The actor's reach today, by these roles, as head of units, and where they work."""
    limits = [actor.units_of(role) for role in readers if actor.holds(role)]
    if any(units is None for units in limits):
        return Reach(True, frozenset(), frozenset())
    units = {unit for some in limits for unit in some or ()} | headed(session, actor)
    own: frozenset[int] = frozenset()
    if actor.employee_id is not None and actor.on_behalf_of is None:
        today = clock.today()
        own = frozenset(held.unit_id for held in people.posts_held(session, [actor.employee_id], today, today))
    return Reach(False, frozenset(units), own - units)


def headed(session: Session, actor: Actor) -> frozenset[int]:
    """The units that the actor heads today, with all below."""
    if actor.employee_id is None or actor.on_behalf_of is not None:
        return frozenset()
    heads = select(UnitHead.unit_id).where(UnitHead.employee_id == actor.employee_id, people.holds_on(UnitHead, clock.today()))
    own = session.exec(heads).all()
    return frozenset().union(*people.subtrees(session, own).values()) if own else frozenset()


def may(actor: Actor, roles: Collection[str], unit_id: int | None) -> bool:
    """Whether the actor handles readings of a unit, or with none of the company, in one of these roles."""
    return actor.has(*roles, unit=unit_id)


def require(actor: Actor, roles: Collection[str], unit_id: int | None) -> None:
    """Refuses who does not handle readings of that unit. Raises NotAllowed."""
    if not may(actor, roles, unit_id):
        raise auth.for_others(*roles) if not actor.holds(*roles) else _elsewhere()


def require_any(actor: Actor, roles: Collection[str]) -> None:
    """Refuses who handles no readings at all. Raises NotAllowed."""
    if not actor.holds(*roles):
        raise auth.for_others(*roles)


def _elsewhere() -> NotAllowed:
    zh, en = "您的角色只限于部分部门, 不含此部门或公司", "your role is for some units, not for this one or the company"
    return NotAllowed("not_allowed", zh, en)
