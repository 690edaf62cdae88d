"""Lists of agreements, of sheets that lack one, and of amendments, each held to what its reader may see."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlalchemy.orm import join
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.context import READERS
from appraisal.agreements.goals import may_read
from appraisal.agreements.models import (
    ASKED,
    DRAFT,
    DROPPED,
    PROPOSED,
    SIGNED,
    SUPERSEDED,
    Agreement,
    AgreementItem,
    Amendment,
    Goal,
    PastTarget,
    Signature,
    WeightApproval,
)
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import NotFound
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit

STATUSES = (DRAFT, SIGNED, SUPERSEDED, DROPPED)
NONE = "none"
STATES = (NONE, DRAFT, SIGNED)


def find_cycle(session: Session, cycle_id: int) -> Cycle:
    """A cycle whose agreements are asked for. Raises NotFound."""
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    return cycle


def agreements_seen(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    status: str | None = None,
    unit_id: int | None = None,
    number: str | None = None,
    sheet_id: int | None = None,
) -> Any:
    """The agreements of a cycle that the actor may read, each with its sheet, person, unit and amendment, as a select."""
    found = (
        select(Agreement, Sheet, Employee, Unit, Amendment)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .join(Amendment, col(Amendment.agreement_id) == Agreement.id, isouter=True)
        .where(Appraisal.cycle_id == cycle.id, _read_by(session, actor, cycle))
    )
    if status is not None:
        found = found.where(Agreement.status == status)
    if sheet_id is not None:
        found = found.where(Agreement.sheet_id == sheet_id)
    return _narrowed(session, found, unit_id, number)


def sheets_without(
    session: Session, actor: Actor, cycle: Cycle, *, unit_id: int | None = None, number: str | None = None
) -> Any:
    """The sheets of those rated in a cycle without an agreement in force, with person, unit and draft, as a select."""
    draft = select(Agreement).where(Agreement.status == DRAFT).subquery()
    in_force = select(Agreement.id).where(Agreement.sheet_id == Sheet.id, Agreement.status == SIGNED).exists()
    found = (
        select(Sheet, Employee, Unit, draft.c.id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .join(draft, draft.c.sheet_id == Sheet.id, isouter=True)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), ~in_force)
        .where(_read_by(session, actor, cycle))
    )
    return _narrowed(session, found, unit_id, number)


def sheets_with(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    state: str | None = None,
    unit_id: int | None = None,
    number: str | None = None,
) -> Any:
    """The sheets of those rated in a cycle with person, unit and the agreement that counts, if there is one, as a select.

    `state` is one of STATES: without an agreement, with a draft, in force.
    """
    of_sheet = and_(col(Agreement.sheet_id) == Sheet.id, queries.counts())
    tables = (
        join(Sheet, Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .outerjoin(Agreement, of_sheet)
    )
    found = select(Sheet, Employee, Unit, Agreement).select_from(tables)
    found = found.where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), _read_by(session, actor, cycle))
    if state is not None:
        wanted = col(Agreement.id).is_(None) if state == NONE else Agreement.status == state
        found = found.where(wanted)
    return _narrowed(session, found, unit_id, number)


def counted(session: Session, actor: Actor, cycle: Cycle) -> dict[str, int]:
    """How many of the sheets that the actor may read are in each of STATES."""
    found = sheets_with(session, actor, cycle).with_only_columns(Agreement.status, func.count())
    by_status = dict(session.exec(found.group_by(col(Agreement.status))).all())
    return {state: by_status.get(None if state == NONE else state, 0) for state in STATES}


def amendments_seen(session: Session, actor: Actor, cycle: Cycle, *, status: str | None = None) -> Any:
    """The amendments of a cycle that the actor may read, each with its revision and person, as a select."""
    found = (
        select(Amendment, Agreement, Employee)
        .join(Agreement, col(Agreement.id) == Amendment.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, _read_by(session, actor, cycle))
    )
    return found if status is None else found.where(Amendment.status == status)


def approvals_seen(session: Session, actor: Actor, cycle: Cycle, *, status: str | None = None) -> Any:
    """What was asked and decided about the weights of agreements that the actor may read, each with its person, as a select."""
    found = (
        select(WeightApproval, Employee)
        .join(Agreement, col(Agreement.id) == WeightApproval.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, _read_by(session, actor, cycle))
    )
    return found if status is None else found.where(WeightApproval.status == status)


def to_approve(session: Session, actor: Actor, running: Collection[Cycle]) -> dict[int, int]:
    """How many agreements wait for the actor's word on their weights, by cycle: as an approver who is no side and did not
    ask."""
    if not actor.holds("approver"):
        return {}

    def theirs(on: date) -> ColumnElement[bool]:
        return and_(cycles.seen_by(session, actor, on, ["approver"]), ~cycles.supervises(session, actor, on))

    found = (
        select(Appraisal.cycle_id, func.count())
        .select_from(WeightApproval)
        .join(Agreement, col(Agreement.id) == WeightApproval.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), WeightApproval.status == ASKED)
        .where(cycles.where_each(running, cycles.last_day, theirs))
        .where(or_(col(WeightApproval.asked_by).is_(None), WeightApproval.asked_by != actor.account_id))
        .group_by(col(Appraisal.cycle_id))
    )
    return dict(session.exec(found).all())


def to_sign(session: Session, actor: Actor, running: Collection[Cycle]) -> Sequence[tuple[Appraisal, Employee, int]]:
    """The appraisals of cycles with agreements under which the actor's signature is missing, and how many they are: one's own,
    and as supervisor. What is still empty, or proposes an amendment nobody has approved, waits for nobody's signature."""
    if actor.employee_id is None:
        return ()
    has_items = select(AgreementItem.id).where(AgreementItem.agreement_id == Agreement.id).exists()
    undecided = select(Amendment.id).where(Amendment.agreement_id == Agreement.id, Amendment.status == PROPOSED).exists()

    def unsigned(role: str) -> ColumnElement[bool]:
        return ~select(Signature.id).where(Signature.agreement_id == Agreement.id, Signature.role == role).exists()

    led_by = cycles.where_each(running, cycles.last_day, lambda on: cycles.supervises(session, actor, on))
    own, led = and_(Employee.id == actor.employee_id, unsigned("employee")), and_(led_by, unsigned("supervisor"))
    found = (
        select(Appraisal, Employee, func.count())
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Agreement, col(Agreement.sheet_id) == Sheet.id)
        .where(col(Appraisal.cycle_id).in_([cycle.id for cycle in running]), col(Appraisal.rated).is_(True))
        .where(Agreement.status == DRAFT, has_items, ~undecided, or_(own, led))
        .group_by(col(Appraisal.id), col(Employee.id))
    )
    return session.exec(found).all()


def items_serving(session: Session, actor: Actor, cycle: Cycle) -> dict[int, list[tuple[AgreementItem, Employee]]]:
    """What people have agreed on for the goals it serves, by goal: the items in force in a cycle that the actor may read."""
    found = (
        select(AgreementItem, Employee)
        .join(Agreement, col(Agreement.id) == AgreementItem.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, Agreement.status == SIGNED, col(AgreementItem.goal_id).is_not(None))
        .where(_read_by(session, actor, cycle))
        .order_by(Employee.number, AgreementItem.position)
    )
    serving: dict[int, list[tuple[AgreementItem, Employee]]] = {}
    for item, employee in session.exec(found):
        serving.setdefault(item.goal_id or 0, []).append((item, employee))
    return serving


def goals_seen(actor: Actor, *, period: str | None = None, level: str | None = None, unit_id: int | None = None) -> Any:
    """Goals, as a select; who does not work here is told of none."""
    found = select(Goal).where(true() if may_read(actor) else false())
    for column, value in ((Goal.period, period), (Goal.level, level), (Goal.unit_id, unit_id)):
        if value is not None:
            found = found.where(column == value)
    return found


def past_targets_seen(session: Session, actor: Actor, *, number: str | None = None, period: str | None = None) -> Any:
    """Targets from before the system of those the actor may see, each with its person, as a select."""
    seen = auth.seen_employees(session, actor, clock.today(), sorted(READERS))
    found = select(PastTarget, Employee).join(Employee, col(Employee.id) == PastTarget.employee_id).where(seen)
    if number is not None:
        found = found.where(Employee.number == number)
    return found if period is None else found.where(PastTarget.period == period)


def settled_sides(session: Session, agreement_ids: Collection[int]) -> dict[int, list[str]]:
    """Which sides are settled, by agreement."""
    settled: dict[int, list[str]] = {agreement_id: [] for agreement_id in agreement_ids}
    found = select(Signature.agreement_id, Signature.role).where(col(Signature.agreement_id).in_(agreement_ids))
    for agreement_id, role in session.exec(found.order_by(Signature.role)):
        settled[agreement_id].append(role)
    return settled


def _read_by(session: Session, actor: Actor, cycle: Cycle) -> ColumnElement[bool]:
    """The condition over Appraisal and Employee that `find_agreement` decides one row by."""
    on = min(clock.today(), cycle.ends_on)
    seen = cycles.seen_by(session, actor, on, sorted(READERS))
    if actor.employee_id is None:
        return seen
    above = Employee.id != actor.employee_id
    return or_(seen, above & queries.led_by_reports_of(actor.employee_id, on))


def _narrowed(session: Session, found: Any, unit_id: int | None, number: str | None) -> Any:
    if unit_id is not None:
        found = found.where(col(Sheet.unit_id).in_(people.unit_and_below(session, unit_id)))
    return found if number is None else found.where(Employee.number == number)
