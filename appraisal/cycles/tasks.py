"""What waits for whom: at each step of the workflow somebody's act leads on, and until then the appraisal is their task."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, false
from sqlmodel import Session, and_, col, or_, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.policy.model import Step, WorkflowEdition
from appraisal.core.workflow import CLOSING, REOPENING
from appraisal.cycles import queries
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.people import relations
from appraisal.people.models import Employee

# Relations that are to one person each; the others are roles, whose many cases are told as one task.
PERSONAL = ("employee", "supervisor", "unit_head")


@dataclass(frozen=True)
class Awaited:
    """What leads on from a step, and which relations to the case may do it. `stays`: a step of several acts, such as a chain
    of approvals, of which only who stores them knows how far it has come."""

    action: str
    by: frozenset[str]
    stays: bool


@dataclass(frozen=True)
class Task:
    """Something that waits for the actor: `kind` is the move awaited. A role's cases at one step are one task of `count`
    cases, without appraisal and employee, due when the first of them is."""

    kind: str
    appraisal_id: int | None
    employee: Employee | None
    cycle: Cycle
    step: Step
    due_on: date | None
    overdue: bool
    count: int = 1


def awaited_at(workflow: WorkflowEdition) -> dict[str, Awaited]:
    """What each step waits for; a final one waits for nothing and is absent."""
    order = [step.id for step in workflow.steps]
    found: dict[str, Awaited] = {}
    for step in workflow.steps:
        ahead = [
            move
            for move in workflow.moves
            if move.from_ == step.id
            and order.index(move.to) >= order.index(step.id)
            and move.action not in (CLOSING, REOPENING)
            and not step.final
        ]
        if ahead:
            first = ahead[0].action
            by = frozenset(role for move in ahead if move.action == first for role in move.by)
            found[step.id] = Awaited(first, by, ahead[0].to == step.id)
    return found


def tasks_of(session: Session, actor: Actor) -> list[Task]:
    """What waits for the actor in the cycles now running, the soonest due first: their own self-assessment, what they review as
    supervisor or head of the unit, and by role what HR or whoever provides data has to do.

    Approvals are left to the slice that stores them. The number of queries grows with the cycles that run, not their people.
    """
    found = [task for cycle in queries.open_cycles(session) for task in _tasks_in(session, actor, cycle)]
    return sorted(
        found, key=lambda task: (task.due_on or date.max, task.cycle.code, task.employee.number if task.employee else "")
    )


def _tasks_in(session: Session, actor: Actor, cycle: Cycle) -> list[Task]:
    workflow = queries.policy_of(session, cycle).workflow
    waiting = {step: one for step, one in awaited_at(workflow).items() if not one.stays}
    steps = {step.id: step for step in workflow.steps}
    found = _personal(session, actor, cycle, waiting, steps)
    for role in sorted(relations.CASE_ROLES & actor.roles):
        found += _by_role(session, actor, cycle, role, waiting, steps)
    return found


def _personal(
    session: Session, actor: Actor, cycle: Cycle, waiting: Mapping[str, Awaited], steps: Mapping[str, Step]
) -> list[Task]:
    if actor.employee_id is None:
        return []
    on = min(clock.today(), cycle.ends_on)
    heads = relations.towards_others(session, actor, on, ["unit_head"]).get("unit_head", false())
    another: ColumnElement[bool] = Employee.id != actor.employee_id
    conditions = {
        "employee": Employee.id == actor.employee_id,
        "supervisor": queries.supervises(session, actor, on),
        "unit_head": and_(another, heads),
    }
    theirs = or_(*(and_(_at(relation, waiting), conditions[relation]) for relation in PERSONAL))
    statement = (
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), theirs)
    )
    rows = session.exec(statement).all()
    due = queries.due_dates(session, cycle, [appraisal for appraisal, _ in rows])
    return [
        Task(
            waiting[appraisal.step].action,
            appraisal.id,
            employee,
            cycle,
            steps[appraisal.step],
            due[appraisal.id],
            is_overdue(due[appraisal.id]),
        )
        for appraisal, employee in rows
    ]


def _by_role(
    session: Session, actor: Actor, cycle: Cycle, role: str, waiting: Mapping[str, Awaited], steps: Mapping[str, Step]
) -> list[Task]:
    on = min(clock.today(), cycle.ends_on)
    statement = (
        select(Appraisal.id, Appraisal.step, Appraisal.step_since, Appraisal.rated)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), _at(role, waiting))
        .where(relations.towards_others(session, actor, on, [role])[role])
    )
    if actor.employee_id is not None:
        statement = statement.where(Employee.id != actor.employee_id)
    rows = session.exec(statement).all()
    due = queries.due_dates(session, cycle, rows)
    found = []
    for step_id in dict.fromkeys(row.step for row in rows):
        days = [due[row.id] for row in rows if row.step == step_id]
        first = min((day for day in days if day is not None), default=None)
        action = waiting[step_id].action
        found.append(Task(action, None, None, cycle, steps[step_id], first, is_overdue(first), len(days)))
    return found


def is_overdue(due_on: date | None) -> bool:
    """Whether the last day for something has passed."""
    return due_on is not None and due_on < clock.today()


def _at(relation: str, waiting: Mapping[str, Awaited]) -> ColumnElement[bool]:
    """The condition that an appraisal is at a step which waits for that relation."""
    steps: Collection[str] = [step for step, one in waiting.items() if relation in one.by]
    return col(Appraisal.step).in_(steps)
