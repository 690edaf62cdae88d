"""The people of a unit in a cycle, for the documents that a unit gets as one: summary, notices, list to sign."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.formats import local_date
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit
from appraisal.reports import queries
from appraisal.reports.document import Filing, Head
from appraisal.reports.queries import Layer, Place, ResultRow
from appraisal.results.table import HANDLING


@dataclass(frozen=True)
class UnitPeople:
    """Everybody whose last sheet in a cycle lies in a unit or below it, by number; `layers` are those of their results."""

    cycle: Cycle
    unit: Unit
    policy: Policy
    rows: Sequence[ResultRow]
    layers: dict[int, list[Layer]]

    @property
    def name(self) -> Text:
        """The unit's name."""
        return Text(self.unit.name, self.unit.name_en)

    @property
    def several_units(self) -> bool:
        """Whether they work in different units."""
        return len({row.places[-1].unit_id for row in self.rows}) > 1

    def shown(self, row: ResultRow) -> Layer | None:
        """The layer of a result that the reader may see."""
        return queries.shown_layer(self.layers.get(row.appraisal_id, ()), row.own)

    def last_day(self) -> date:
        """The day of the last publication or approval among them, or else the last of the period."""
        happened = [at for own in self.layers.values() for one in own for at in (one.published_at, one.approved_at) if at]
        return max((local_date(at) for at in happened), default=self.cycle.ends_on)

    def head(self, session: Session, title: Text) -> Head:
        """What stands at the top of a document on them."""
        number = f"{self.cycle.code}-{self.unit.code}"
        company = queries.company_of(session, self.unit.id)
        return Head(number, title, company, self.last_day(), self.policy.title, self.cycle.policy_digest)

    def filing(self) -> Filing:
        """Where a document on them belongs."""
        return Filing(self.cycle.id or 0, cycle_id=self.cycle.id, unit_id=self.unit.id, period=self.cycle.period)


def people_of_unit(session: Session, actor: Actor, cycle_id: int, unit_id: int | None) -> UnitPeople:
    """The people of a unit in a cycle, for who handles all of them: its head, HR, approvers, auditors. Without a unit, of the
    company whose cycle it is.

    Raises NotFound where the unit has nobody in the cycle, and for who handles none of them or not all.
    """
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    places = queries.places_of(session, Appraisal.cycle_id == cycle.id)
    unit = session.get(Unit, unit_id) if unit_id is not None else _whole(session, cycle, places)
    if unit is None:
        raise NotFound()
    own_units = people.unit_and_below(session, unit.id or 0)
    members = {appraisal_id for appraisal_id, held in places.items() if held[-1].unit_id in own_units}
    handled = members & _handled(session, actor, cycle)
    rows = [row for row in queries.rows_of_cycle(session, actor, cycle) if row.appraisal_id in members]
    if not handled or members - handled - {row.appraisal_id for row in rows if row.own}:
        raise NotFound(hidden=bool(members))
    layers = queries.layers_of(session, col(Appraisal.id).in_(members))
    return UnitPeople(cycle, unit, cycles.policy_of(session, cycle), rows, layers)


def units_with_people(session: Session, actor: Actor, cycle: Cycle) -> list[Unit]:
    """The units of a cycle that people's last sheets lie in or below, by code, of which the actor handles everybody."""
    places = queries.places_of(session, Appraisal.cycle_id == cycle.id)
    handled = _handled(session, actor, cycle)
    own = select(Appraisal.id).where(Appraisal.cycle_id == cycle.id, Appraisal.employee_id == actor.employee_id)
    known = handled | set(session.exec(own))
    by_unit: dict[int, set[int]] = {}
    for appraisal_id, held in places.items():
        by_unit.setdefault(held[-1].unit_id, set()).add(appraisal_id)
    below = people.subtrees(session, _and_above(session, by_unit))
    members = {unit: set().union(*(by_unit[one] for one in tree if one in by_unit)) for unit, tree in below.items()}
    readable = {unit for unit, ids in members.items() if ids & handled and ids <= known}
    return list(session.exec(select(Unit).where(col(Unit.id).in_(readable)).order_by(Unit.code)))


def _and_above(session: Session, unit_ids: Collection[int]) -> set[int]:
    """These units with all above them."""
    parents = dict(session.exec(select(Unit.id, Unit.parent_id)).all())
    found: set[int] = set()
    for one in unit_ids:
        at: int | None = one
        while at is not None and at not in found:
            found.add(at)
            at = parents[at]
    return found


def _whole(session: Session, cycle: Cycle, places: Mapping[int, Sequence[Place]]) -> Unit | None:
    """The unit that a cycle is limited to, or else the topmost one above its people."""
    if cycle.unit_id is not None:
        return session.get(Unit, cycle.unit_id)
    unit = next((session.get(Unit, held[-1].unit_id) for held in places.values()), None)
    while unit is not None and unit.parent_id is not None:
        unit = session.get(Unit, unit.parent_id)
    return unit


def _handled(session: Session, actor: Actor, cycle: Cycle) -> set[int]:
    """The appraisals whose results the actor sees before they are published."""
    theirs = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), HANDLING)
    joined = select(Appraisal.id).join(Employee, col(Employee.id) == Appraisal.employee_id)
    return set(session.exec(joined.where(Appraisal.cycle_id == cycle.id, theirs)))
