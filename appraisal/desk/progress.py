"""The control room of a cycle: how far its cases have come, unit by unit and step by step, and who is late.

A unit's row counts everybody in it and below; a case stands in the unit of its last sheet. One looks at the units directly
below one unit, because a company has more units than fit on a page; where there is only one, at those below that.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlmodel import Session, col, func, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.policy.model import Step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.cycles.tasks import awaited_at
from appraisal.people.models import Employee, Unit
from appraisal.results.models import Appeal, AppealAct, Approval, Result

OVERSEEING = ("employee", "hr", "auditor")
_DECIDED = ("rejected", "withdrawn", "upheld", "dismissed")


@dataclass(frozen=True)
class Case:
    """A rated case: at which step (by its place in the workflow), how long its last day there has passed, in which unit.
    `approved`: its latest result is, so that a step of approval is behind it though it has not been moved on."""

    appraisal_id: int
    step: int
    days_late: int
    unit_id: int | None
    approved: bool


@dataclass(frozen=True)
class Slowest:
    """The step that holds a unit up: the one at which most are late, or while nobody is, at which most are."""

    step: Step
    cases: int
    late: int
    days_late: int


@dataclass(frozen=True)
class Line:
    """A unit with all below it, or with `unit` None all of a cycle. `direct`: those of the unit itself, beside lines for the
    units below; `parts`: whether there are units below to look at."""

    unit: Unit | None
    cases: Sequence[Case]
    steps: Sequence[Step]
    staying: Collection[str]
    appeals: int
    direct: bool = False
    parts: bool = False

    @property
    def name(self) -> Message:
        """What it is called."""
        return Message(self.unit.name, self.unit.name_en) if self.unit else Message("全部", "All")

    @property
    def people(self) -> int:
        """How many are rated."""
        return len(self.cases)

    @cached_property
    def late(self) -> int:
        """How many are late."""
        return sum(one.days_late > 0 for one in self.cases)

    @cached_property
    def passed(self) -> list[int]:
        """For each step, how many percent have it behind them; of the last, are there. 100 only where nobody is missing."""
        stays = {place for place, step in enumerate(self.steps) if step.id in self.staying}
        at = Counter(one.step + (one.approved and one.step in stays) * 0.5 for one in self.cases)
        last = len(self.steps) - 1
        behind = [sum(count for step, count in at.items() if step >= min(place + 0.5, last)) for place in range(last + 1)]
        return [count * 100 // self.people if self.people else 0 for count in behind]

    @cached_property
    def slowest(self) -> Slowest | None:
        """Where it hangs; None once everybody has come to the end."""
        waiting = [one for one in self.cases if not self.steps[one.step].final]
        if not waiting:
            return None
        late = [one for one in waiting if one.days_late]
        counts = Counter(one.step for one in late or waiting)
        place = min(counts, key=lambda step: (-counts[step], step))
        here = [one for one in waiting if one.step == place]
        return Slowest(self.steps[place], len(here), counts[place] if late else 0, max(one.days_late for one in here))


@dataclass(frozen=True)
class Progress:
    """A cycle, or a unit of it, as somebody oversees it. `above` are the units over the one looked at, the highest first."""

    cycle: Cycle
    total: Line
    lines: Sequence[Line]
    above: Sequence[Unit]
    unrated: int


def progress_of(session: Session, actor: Actor, cycle: Cycle, unit_id: int | None = None) -> Progress:
    """How far a cycle has come among those whom the actor oversees, in a number of queries that does not grow with them."""
    workflow = cycles.policy_of(session, cycle).workflow
    steps, staying = workflow.steps, {step for step, one in awaited_at(workflow).items() if one.stays}
    everybody, unrated = _cases(session, actor, cycle, [step.id for step in steps])
    units = {unit.id: unit for unit in session.exec(select(Unit).order_by(Unit.code))}
    appealed = _open_appeals(session, cycle)
    paths = {one.unit_id: _path(units, one.unit_id) for one in everybody}
    if unit_id is not None and unit_id not in units:
        unit_id = None

    def line(unit: Unit | None, cases: Sequence[Case], **more: bool) -> Line:
        return Line(unit, cases, steps, staying, sum(appealed[one.appraisal_id] for one in cases), **more)

    def below(place: int | None, within: Iterable[Case]) -> dict[int | None, list[Case]]:
        found: dict[int | None, list[Case]] = {}
        for one in within:
            path = paths[one.unit_id]
            at = 0 if place is None else path.index(place) + 1
            found.setdefault(path[at] if at < len(path) else place, []).append(one)
        return found

    within = [one for one in everybody if unit_id is None or unit_id in paths[one.unit_id]]
    at, parts = unit_id, below(unit_id, within)
    while len(parts) == 1 and (only := next(iter(parts))) not in (None, at):
        at, parts = only, below(only, within)
    lines = [
        line(
            units.get(one) if one is not None else None,
            cases,
            direct=one == at and len(parts) > 1,
            parts=one != at and any(case.unit_id != one for case in cases),
        )
        for one, cases in sorted(
            parts.items(), key=lambda part: (part[0] != at, list(units).index(part[0] or 0) if part[0] else 0)
        )
    ]
    chosen = units.get(unit_id) if unit_id is not None else None
    over = [units[one] for one in _path(units, unit_id)[:-1]] if unit_id is not None else []
    return Progress(cycle, line(chosen, within), lines, over, unrated)


def _cases(session: Session, actor: Actor, cycle: Cycle, order: Sequence[str]) -> tuple[list[Case], int]:
    seen = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), OVERSEEING)
    last = select(Sheet.appraisal_id, func.max(Sheet.id).label("id")).group_by(col(Sheet.appraisal_id)).subquery()
    rows = session.exec(
        select(Appraisal.id, Appraisal.step, Appraisal.step_since, Appraisal.rated, Sheet.unit_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .outerjoin(last, last.c.appraisal_id == Appraisal.id)
        .outerjoin(Sheet, col(Sheet.id) == last.c.id)
        .where(Appraisal.cycle_id == cycle.id, seen)
    ).all()
    rated = [row for row in rows if row.rated]
    due = cycles.due_dates(session, cycle, rated)
    places = {step: place for place, step in enumerate(order)}
    approved = _approved(session, cycle)
    today = clock.today()
    late = {one: max((today - day).days, 0) if day else 0 for one, day in due.items()}
    found = [Case(row.id, places[row.step], late[row.id], row.unit_id, row.id in approved) for row in rated]
    return found, len(rows) - len(rated)


def _approved(session: Session, cycle: Cycle) -> frozenset[int]:
    last = (
        select(func.max(Result.id)).where(col(Result.appraisal_id).in_(cycles.ids_in(cycle))).group_by(col(Result.appraisal_id))
    )
    found = select(Result.appraisal_id).join(Approval, col(Approval.result_id) == Result.id).where(col(Result.id).in_(last))
    return frozenset(session.exec(found).all())


def _path(units: dict[int | None, Unit], unit_id: int | None) -> list[int]:
    """A unit with those above it, the highest first."""
    path: list[int] = []
    while unit_id is not None and unit_id in units and unit_id not in path:
        path.append(unit_id)
        unit_id = units[unit_id].parent_id
    return path[::-1]


def _open_appeals(session: Session, cycle: Cycle) -> Counter[int]:
    decided = select(AppealAct.appeal_id).where(col(AppealAct.kind).in_(_DECIDED))
    found = select(Appeal.appraisal_id).where(
        col(Appeal.appraisal_id).in_(cycles.ids_in(cycle)), col(Appeal.id).not_in(decided)
    )
    return Counter(session.exec(found).all())
