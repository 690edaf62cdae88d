"""Reads of cycles and the appraisals in them: whose they are, who sees them, and on which sheets."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Date, case, false, func, literal
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.calendar import WorkingDays
from appraisal.core.policy.model import Policy, WorkflowEdition
from appraisal.core.workflow import find_step, first_step
from appraisal.cycles.blanks import ASSESSOR, SOURCE, Ruled
from appraisal.cycles.models import OPEN, Appraisal, Cycle, CycleException, Extension, Reassignment, RowRuling, Sheet
from appraisal.errors import Conflict
from appraisal.people import auth, relations
from appraisal.people import queries as people
from appraisal.people.models import Employee, ReportingLine
from appraisal.policies import queries as policies

# Who sees a case at all; whoever only provides figures or runs the system does not.
SEEN_AS = ("employee", "supervisor", "unit_head", "hr", "payroll", "approver", "auditor")

# Made once, because an alias takes long to learn its columns, and what every list asks for takes long to put together.
_later = db.another(Reassignment)
_reassigned = select(_later.id).where(_later.appraisal_id == Appraisal.id).exists()
_overtaken = select(_later.id).where(_later.appraisal_id == Reassignment.appraisal_id, _later.id > Reassignment.id).exists()


# Who knows of a cycle before it opens.
SEE_DRAFTS = ("hr", "approver", "auditor", "admin")


_Told = TypeVar("_Told", bound=Hashable)


class Dated(Protocol):
    """What of an appraisal its deadline depends on."""

    id: int | None
    step: str
    step_since: datetime
    rated: bool


class DatedInCycle(Dated, Protocol):
    """The same with its cycle, where there are several."""

    cycle_id: int


def cycle_by_code(session: Session, code: str) -> Cycle | None:
    """The cycle with this code."""
    return session.exec(select(Cycle).where(Cycle.code == code)).one_or_none()


def cycles(session: Session) -> Sequence[Cycle]:
    """All cycles, newest first."""
    return session.exec(select(Cycle).order_by(col(Cycle.starts_on).desc(), Cycle.code)).all()


def open_cycles(session: Session) -> Sequence[Cycle]:
    """The cycles now running, the one that ends first at the head."""
    return session.exec(select(Cycle).where(Cycle.status == OPEN).order_by(Cycle.ends_on, Cycle.code)).all()


def policy_of(session: Session, cycle: Cycle) -> Policy:
    """The policy a cycle has pinned. Raises PolicyError when its stored text no longer gives its digest."""
    if cycle.policy_digest is None:
        raise ValueError(f"the cycle {cycle.code} is a draft and has no policy yet")
    return policies.compiled(session, cycle.policy_digest)


def count_appraisals(session: Session, cycle_id: int) -> int:
    """How many people have a place in a cycle, rated or not."""
    return session.exec(select(func.count()).where(Appraisal.cycle_id == cycle_id)).one()


def day_that_counts(cycle: Cycle, employee: Employee) -> date:
    """The day whose supervisor acts: the last day of the period, or of work where that is sooner; until then today (D-04)."""
    return min(day for day in (clock.today(), cycle.ends_on, employee.left_on) if day is not None)


def last_day(cycle: Cycle) -> date:
    """The day whose relations count in a cycle for who still works here: its last, until then today (D-04)."""
    return min(clock.today(), cycle.ends_on)


def where_each(
    running: Iterable[Cycle], told: Callable[[Cycle], _Told], condition: Callable[[_Told], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The condition over Appraisal that it is in one of these cycles, and that `condition` holds of what is `told` of that one.

    So one statement asks of cycles whose policies and days differ. Cycles of which the same is told share their condition.
    """
    ids: dict[_Told, list[int]] = {}
    for cycle in running:
        ids.setdefault(told(cycle), []).append(cycle.id or 0)
    return or_(false(), *(and_(col(Appraisal.cycle_id).in_(some), condition(one)) for one, some in ids.items()))


def appraisal_of(session: Session, cycle: Cycle, employee: Employee) -> Appraisal | None:
    """Somebody's appraisal in a cycle."""
    found = select(Appraisal).where(Appraisal.cycle_id == cycle.id, Appraisal.employee_id == employee.id)
    return session.exec(found).one_or_none()


def appraisals_of(session: Session, cycle: Cycle, *, lock: bool = False) -> Sequence[tuple[Appraisal, Employee]]:
    """Every appraisal of a cycle with its employee, by number, whoever asks; with `lock`, for this transaction alone."""
    found = (
        select(Appraisal, Employee)
        .join(Employee, col(Appraisal.employee_id) == Employee.id)
        .where(Appraisal.cycle_id == cycle.id)
        .order_by(Employee.number)
    )
    if lock:
        found = found.with_for_update(of=Appraisal).execution_options(populate_existing=True)
    return session.exec(found).all()


def seen_by(session: Session, actor: Actor, on: date, roles: Collection[str] = SEEN_AS) -> ColumnElement[bool]:
    """The condition over Appraisal and Employee under which the actor is one of `roles` in that case on a day: what every list
    of appraisals is held to. It is that of `auth.seen_employees`, with HR's reassignments of the supervisor."""
    others = auth.seen_employees(session, actor, on, [role for role in roles if role != "supervisor"])
    return or_(others, supervises(session, actor, on)) if "supervisor" in roles else others


def appraisals_seen_by(session: Session, actor: Actor, cycle: Cycle) -> Sequence[tuple[Appraisal, Employee]]:
    """The appraisals of a cycle that the actor may see, by number: their own, those they supervise, those of units they head,
    and by role the others."""
    found = (
        select(Appraisal, Employee)
        .join(Employee, col(Appraisal.employee_id) == Employee.id)
        .where(Appraisal.cycle_id == cycle.id, seen_by(session, actor, min(clock.today(), cycle.ends_on)))
        .order_by(Employee.number)
    )
    return session.exec(found).all()


def ids_in(cycle: Cycle) -> Any:
    """The ids of a cycle's appraisals, as a select to compare with."""
    return select(Appraisal.id).where(Appraisal.cycle_id == cycle.id)


def ids_in_unit(session: Session, cycle: Cycle, unit_id: int) -> frozenset[int]:
    """The appraisals of a cycle that have a sheet in a unit or below it."""
    units = people.unit_and_below(session, unit_id)
    found = select(Sheet.appraisal_id).where(col(Sheet.appraisal_id).in_(ids_in(cycle)), col(Sheet.unit_id).in_(units))
    return frozenset(session.exec(found))


def sheets_of(session: Session, appraisal_ids: Collection[int]) -> dict[int, list[Sheet]]:
    """The sheets of appraisals, by appraisal, in order of date and post."""
    found = select(Sheet).where(col(Sheet.appraisal_id).in_(appraisal_ids)).order_by(Sheet.from_on, Sheet.id)
    sheets: dict[int, list[Sheet]] = {appraisal_id: [] for appraisal_id in appraisal_ids}
    for sheet in session.exec(found):
        sheets[sheet.appraisal_id].append(sheet)
    return sheets


# What HR has ruled on where the source is silent


def latest_rulings(session: Session, cycle_id: int) -> dict[tuple[str, str], RowRuling]:
    """The ruling that counts, by row and key."""
    found = select(RowRuling).where(RowRuling.cycle_id == cycle_id).order_by(RowRuling.id)
    return {(one.item, one.key): one for one in session.exec(found)}


def rulings_of(session: Session, cycle: Cycle) -> dict[str, Ruled]:
    """What has been settled for a cycle, by row."""
    return rulings_in(session, [cycle])[cycle.id]


def rulings_in(session: Session, running: Iterable[Cycle]) -> dict[int, dict[str, Ruled]]:
    """What has been settled for cycles, by cycle and row."""
    settled: dict[int, dict[str, dict[str, Any]]] = {cycle.id or 0: {} for cycle in running}
    for ruling in session.exec(select(RowRuling).where(col(RowRuling.cycle_id).in_(settled)).order_by(RowRuling.id)):
        values = settled[ruling.cycle_id].setdefault(ruling.item, {})
        values[ruling.key] = ruling.value
        if ruling.key == ASSESSOR:
            values["assessor_id"] = ruling.assessor_id
    return {cycle: {item: Ruled(**values) for item, values in rows.items()} for cycle, rows in settled.items()}


def ruled_sources(session: Session) -> frozenset[str]:
    """Every source that HR has ever ruled figures to come from."""
    return frozenset(session.exec(select(RowRuling.value).where(RowRuling.key == SOURCE)))


# Who acts as the supervisor


def assigned_supervisor(session: Session, appraisal_id: int) -> int | None:
    """The employee to whom HR has given an appraisal instead of the supervisor by the reporting line, if to anybody."""
    found = select(Reassignment.supervisor_id).where(Reassignment.appraisal_id == appraisal_id)
    return session.exec(found.order_by(col(Reassignment.id).desc()).limit(1)).one_or_none()


def reassignments_of(session: Session, appraisal_id: int) -> Sequence[Reassignment]:
    """Every reassignment of an appraisal, first one first."""
    found = select(Reassignment).where(Reassignment.appraisal_id == appraisal_id)
    return session.exec(found.order_by(Reassignment.id)).all()


def supervises(session: Session, actor: Actor, on: date) -> ColumnElement[bool]:
    """The condition over Appraisal and Employee under which the actor acts as supervisor: by the reporting line on the day that
    counts, in an absent supervisor's place, or because HR has given them the appraisal. One's own never counts (D-05)."""
    if actor.employee_id is None:
        return false()
    leads = {actor.employee_id, *relations.absent_supervisors(session, actor.employee_id)}
    assigned = select(Reassignment.appraisal_id).where(col(Reassignment.supervisor_id).in_(leads), ~_overtaken)
    by_line = and_(~_reassigned, relations.led_by(leads, on)) if relations.ever_led(session, leads) else false()
    return and_(Employee.id != actor.employee_id, or_(col(Appraisal.id).in_(assigned), by_line))


def supervisors_of(session: Session, cycle: Cycle, appraisal_ids: Collection[int] | None = None) -> dict[int, Employee]:
    """Who acts as supervisor in each appraisal of a cycle, on the day that counts for its person; who has none is absent.

    Delegation is not looked at: it lets somebody else act too, and the supervisor stays who they are.
    """
    last = min(clock.today(), cycle.ends_on)
    left = case((col(Employee.left_on) < last, col(Employee.left_on)), else_=literal(last, Date))
    supervisor = aliased(Employee)
    by_line = (
        select(Appraisal.id, supervisor)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(ReportingLine, col(ReportingLine.employee_id) == Employee.id)
        .join(supervisor, supervisor.id == ReportingLine.supervisor_id)
        .where(Appraisal.cycle_id == cycle.id, people.holds_on(ReportingLine, left))
        .where(supervisor.joined_on <= left, or_(supervisor.left_on.is_(None), supervisor.left_on >= left))
    )
    assigned = (
        select(Reassignment.appraisal_id, Employee)
        .join(Employee, col(Employee.id) == Reassignment.supervisor_id)
        .join(Appraisal, col(Appraisal.id) == Reassignment.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id)
        .order_by(Reassignment.id)
    )
    if appraisal_ids is not None:
        by_line = by_line.where(col(Appraisal.id).in_(appraisal_ids))
        assigned = assigned.where(col(Appraisal.id).in_(appraisal_ids))
    return dict(session.exec(by_line).all()) | dict(session.exec(assigned).all())


# Until when


def exception_of(session: Session, appraisal_id: int, kind: str = "unsigned") -> CycleException | None:
    """What HR has let an appraisal go on without: `unsigned`, both signatures under the agreement (D-16)."""
    found = select(CycleException).where(CycleException.appraisal_id == appraisal_id, CycleException.kind == kind)
    return session.exec(found).one_or_none()


def due_on(session: Session, policy: Policy, appraisal: Appraisal, working_days: WorkingDays | None = None) -> date | None:
    """The last day for the step an appraisal is at (D-17), or None where it has none or the calendar does not reach there.

    So many working days after the day the step began; the data of a period are due so long after its end, or on the day HR has
    set for the cycle (R-002-29). An extension that applies moves it back.
    """
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    return _due(session, [(cycle, policy, [appraisal])], working_days)[appraisal.id]


def due_dates(session: Session, cycle: Cycle, appraisals: Collection[Dated]) -> dict[int, date | None]:
    """The same for many appraisals of one cycle, in a number of queries that does not grow with them, by appraisal.

    Rows with `id`, `step`, `step_since` and `rated` will do.
    """
    return _due(session, [(cycle, policy_of(session, cycle), appraisals)]) if appraisals else {}


def due_dates_in(session: Session, running: Iterable[Cycle], appraisals: Iterable[DatedInCycle]) -> dict[int, date | None]:
    """The same for appraisals of several cycles, in a number of queries that does not grow with these either."""
    cases: dict[int, list[DatedInCycle]] = {}
    for one in appraisals:
        cases.setdefault(one.cycle_id, []).append(one)
    return _due(session, [(one, policy_of(session, one), cases[one.id or 0]) for one in running if one.id in cases])


def extensions_of(session: Session, cycle: Cycle) -> Sequence[Extension]:
    """Every extension granted in a cycle, first one first."""
    return session.exec(select(Extension).where(Extension.cycle_id == cycle.id).order_by(Extension.id)).all()


def _due(
    session: Session,
    cases: Sequence[tuple[Cycle, Policy, Collection[Dated]]],
    working_days: WorkingDays | None = None,
) -> dict[int, date | None]:
    if not cases:
        return {}
    working_days = working_days or calendar(session)
    extended = _extended(session, {cycle.id or 0: appraisals for cycle, _, appraisals in cases})
    found: dict[int, date | None] = {}
    for cycle, policy, appraisals in cases:
        counted: dict[tuple[str, datetime], date | None] = {}
        for one in appraisals:
            stands = one.step, one.step_since
            if stands not in counted:
                begun = one.step_since.astimezone(clock.COMPANY_ZONE).date()
                counted[stands] = by_workflow(cycle, policy.workflow, one.step, begun, working_days)
            days = [day for day in (counted[stands], extended.get(one.id)) if day is not None]
            found[one.id] = max(days, default=None) if one.rated else None
    return found


def by_workflow(
    cycle: Cycle, workflow: WorkflowEdition, step: str, begun: date, working_days: WorkingDays | None
) -> date | None:
    """When a step that began on a day is due before any extension."""
    here = find_step(workflow, step)
    is_first = here == first_step(workflow)
    set_for_all = cycle.data_due_on if is_first else None
    if here.days is None or working_days is None:
        return set_for_all
    if is_first and set_for_all is None:
        begun = max(begun, cycle.ends_on)
    try:
        counted = working_days.after(begun, here.days)
    except Conflict:
        return set_for_all
    return counted if set_for_all is None else max(counted, set_for_all)


def calendar(session: Session) -> WorkingDays | None:
    """The working days, or None before a calendar has been published: no list fails for want of it."""
    try:
        return policies.working_days(session)
    except Conflict:
        return None


def _extended(session: Session, cases: Mapping[int, Collection[Dated]]) -> dict[int, date]:
    """The latest day that an extension of its step gives each of the appraisals, by cycle; without one it is absent."""
    granted = session.exec(select(Extension).where(col(Extension.cycle_id).in_(cases)).order_by(Extension.id)).all()
    if not granted:
        return {}
    below = people.subtrees(session, {one.unit_id for one in granted if one.unit_id is not None})
    units: dict[int, set[int]] = {}
    if below:
        found = select(Sheet.appraisal_id, Sheet.unit_id).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        by_unit = {one.cycle_id for one in granted if one.unit_id is not None}
        for appraisal_id, unit_id in session.exec(found.where(col(Appraisal.cycle_id).in_(by_unit))):
            units.setdefault(appraisal_id, set()).add(unit_id)
    until: dict[int, date] = {}
    for extension in granted:
        for one in cases[extension.cycle_id]:
            reaches = extension.appraisal_id in (None, one.id) and (
                extension.unit_id is None or not below[extension.unit_id].isdisjoint(units.get(one.id, ()))
            )
            if reaches and extension.step == one.step:
                until[one.id] = max(until.get(one.id, extension.until_on), extension.until_on)
    return until
