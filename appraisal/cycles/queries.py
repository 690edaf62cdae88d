"""Reads of cycles and the appraisals in them: whose they are, who sees them, and on which sheets."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session, col, or_, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.policy.model import Policy
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.people import queries as people
from appraisal.people.models import Employee, ReportingLine
from appraisal.policies import queries as policies

# Roles that see every case; whoever provides figures or runs the system does not.
_SEE_ALL = ("hr", "payroll", "approver", "auditor")


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


def day_that_counts(cycle: Cycle, employee: Employee) -> date:
    """The day whose supervisor acts: the last day of the period, or of work where that is sooner; until then today (D-04)."""
    return min(day for day in (clock.today(), cycle.ends_on, employee.left_on) if day is not None)


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


def appraisals_seen_by(session: Session, actor: Actor, cycle: Cycle) -> Sequence[tuple[Appraisal, Employee]]:
    """The appraisals of a cycle that the actor may see, by number: their own, their direct reports', or by role all."""
    found = (
        select(Appraisal, Employee)
        .join(Employee, col(Appraisal.employee_id) == Employee.id)
        .where(Appraisal.cycle_id == cycle.id)
        .order_by(Employee.number)
    )
    if not actor.has(*_SEE_ALL):
        on = min(clock.today(), cycle.ends_on)
        led = (
            select(ReportingLine.employee_id)
            .join(Employee, col(Employee.id) == ReportingLine.supervisor_id)
            .where(ReportingLine.supervisor_id == actor.employee_id, people.holds_on(ReportingLine, on), people.employed_on(on))
        )
        found = found.where(or_(Appraisal.employee_id == actor.employee_id, col(Appraisal.employee_id).in_(led)))
    return session.exec(found).all()


def sheets_of(session: Session, appraisal_ids: Collection[int]) -> dict[int, list[Sheet]]:
    """The sheets of appraisals, by appraisal, in order of date and post."""
    found = select(Sheet).where(col(Sheet.appraisal_id).in_(appraisal_ids)).order_by(Sheet.from_on, Sheet.id)
    sheets: dict[int, list[Sheet]] = {appraisal_id: [] for appraisal_id in appraisal_ids}
    for sheet in session.exec(found):
        sheets[sheet.appraisal_id].append(sheet)
    return sheets
