"""Whose figures somebody sees, and whose they handle, as conditions in SQL: lists and single rows are decided by one rule.

HR sees and handles the figures of those they look after, a data provider those left to them (see `providers`). The
supervisor, the head of the unit, approvers and auditors read. The person concerned reads what has been confirmed: a figure
that only one person vouches for is nobody's to defend yet. Payroll sees no figures. Nobody handles their own (D-05).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.measures import providers
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.people.models import Employee

READERS = ("supervisor", "unit_head", "approver", "auditor")


@dataclass(frozen=True)
class Reach:
    """What an actor may do with the figures of one cycle: conditions over `Appraisal` and `Employee`, their own row left out.

    `withheld` are the items that are not theirs as a data provider.
    """

    as_hr: ColumnElement[bool]
    as_provider: ColumnElement[bool]
    as_reader: ColumnElement[bool]
    own: ColumnElement[bool]
    withheld: frozenset[str]

    def handles(self, item: Any) -> ColumnElement[bool]:
        """The condition that the actor enters, confirms and owes the figure of an item; `item` is the column."""
        mine = and_(self.as_provider, item.not_in(self.withheld)) if self.withheld else self.as_provider
        return or_(self.as_hr, mine)

    def sees(self) -> ColumnElement[bool]:
        """The condition over `Appraisal`, `Employee` and `Measure` that the actor may see an entry."""
        confirmation = aliased(MeasureConfirmation)  # of its own, because the statement around it may join the table
        confirmed = exists().where(col(confirmation.measure_id) == Measure.id)
        return or_(self.handles(col(Measure.item)), self.as_reader, and_(self.own, confirmed))


def handled_in(session: Session, actor: Actor, running: Collection[Cycle], item: Any) -> ColumnElement[bool]:
    """The condition over `Appraisal` and `Employee` that the actor handles the figure of an item in one of these cycles, as
    `Reach.handles` has it for one; `item` is the column."""

    def as_role(role: str) -> ColumnElement[bool]:
        return cycles.where_each(running, cycles.last_day, lambda on: cycles.seen_by(session, actor, on, (role,)))

    if not actor.holds("data_provider"):
        return as_role("hr")
    withheld = providers.withheld_in(session, actor, running)
    left = cycles.where_each(running, lambda cycle: withheld[cycle.id or 0], lambda items: item.not_in(sorted(items)))
    return or_(as_role("hr"), and_(as_role("data_provider"), left))


def _withheld(session: Session, actor: Actor, cycle: Cycle) -> frozenset[str]:
    known = providers.assignments(session, cycle)
    return providers.withheld_from(session, actor, cycles.policy_of(session, cycle), known)


def reach_of(session: Session, actor: Actor, cycle: Cycle) -> Reach:
    """The actor's reach in an opened cycle, on the day that counts there (D-04)."""
    on = min(clock.today(), cycle.ends_on)
    provides = actor.holds("data_provider")
    return Reach(
        as_hr=cycles.seen_by(session, actor, on, ("hr",)),
        as_provider=cycles.seen_by(session, actor, on, ("data_provider",)),
        as_reader=cycles.seen_by(session, actor, on, READERS),
        own=false() if actor.employee_id is None else col(Employee.id) == actor.employee_id,
        withheld=_withheld(session, actor, cycle) if provides else frozenset(),
    )
