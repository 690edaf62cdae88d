"""What waits for whom: at each step of the workflow somebody's act leads on, and until then the appraisal is their task."""

from collections.abc import Callable, Sequence
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

    Approvals are left to the slice that stores them. The number of queries grows neither with the cycles nor with their people.
    """
    running = Running(session, queries.open_cycles(session))
    found = _personal(session, actor, running)
    for role in sorted(relations.CASE_ROLES & actor.roles):
        found += _by_role(session, actor, running, role)
    return sorted(
        found, key=lambda task: (task.due_on or date.max, task.cycle.code, task.employee.number if task.employee else "")
    )


class Running:
    """The cycles now running, and what each step of their workflows waits for."""

    def __init__(self, session: Session, cycles: Sequence[Cycle]) -> None:
        self.cycles = {cycle.id: cycle for cycle in cycles}
        workflows = {cycle.policy_digest: queries.policy_of(session, cycle).workflow for cycle in cycles}
        self._steps = {digest: {step.id: step for step in workflow.steps} for digest, workflow in workflows.items()}
        self._awaited = {
            digest: {step: one for step, one in awaited_at(workflow).items() if not one.stays}
            for digest, workflow in workflows.items()
        }

    def at(self, relation: str) -> ColumnElement[bool]:
        """The condition that an appraisal is at a step of its cycle which waits for that relation."""

        def waits(digest: str | None) -> ColumnElement[bool]:
            return col(Appraisal.step).in_([step for step, one in self._awaited[digest].items() if relation in one.by])

        return queries.where_each(self.cycles.values(), lambda cycle: cycle.policy_digest, waits)

    def on_their_days(self, condition: Callable[[date], ColumnElement[bool]]) -> ColumnElement[bool]:
        """The condition that one of the day that counts in the appraisal's cycle holds."""
        return queries.where_each(self.cycles.values(), queries.last_day, condition)

    def task(
        self, cycle_id: int, step: str, due_on: date | None, appraisal: Appraisal | None, who: Employee | None, count: int = 1
    ) -> Task:
        """What that step of that cycle waits for."""
        cycle, appraisal_id = self.cycles[cycle_id], appraisal.id if appraisal else None
        at, kind = self._steps[cycle.policy_digest][step], self._awaited[cycle.policy_digest][step].action
        return Task(kind, appraisal_id, who, cycle, at, due_on, is_overdue(due_on), count)


def _personal(session: Session, actor: Actor, running: Running) -> list[Task]:
    if actor.employee_id is None:
        return []

    def heads(on: date) -> ColumnElement[bool]:
        return relations.towards_others(session, actor, on, ["unit_head"]).get("unit_head", false())

    another: ColumnElement[bool] = Employee.id != actor.employee_id
    conditions = {
        "employee": Employee.id == actor.employee_id,
        "supervisor": running.on_their_days(lambda on: queries.supervises(session, actor, on)),
        "unit_head": and_(another, running.on_their_days(heads)),
    }
    statement = (
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True))
        .where(or_(*(and_(running.at(relation), conditions[relation]) for relation in PERSONAL)))
    )
    rows = session.exec(statement).all()
    due = queries.due_dates_in(session, running.cycles.values(), [appraisal for appraisal, _ in rows])
    return [running.task(one.cycle_id, one.step, due[one.id], one, employee) for one, employee in rows]


def _by_role(session: Session, actor: Actor, running: Running, role: str) -> list[Task]:
    theirs = running.on_their_days(lambda on: relations.towards_others(session, actor, on, [role])[role])
    statement = (
        select(Appraisal.id, Appraisal.cycle_id, Appraisal.step, Appraisal.step_since, Appraisal.rated)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), running.at(role), theirs)
    )
    if actor.employee_id is not None:
        statement = statement.where(Employee.id != actor.employee_id)
    rows = session.exec(statement).all()
    due = queries.due_dates_in(session, running.cycles.values(), rows)
    days: dict[tuple[int, str], list[date | None]] = {}
    for row in rows:
        days.setdefault((row.cycle_id, row.step), []).append(due[row.id])
    return [
        running.task(*place, min((day for day in found if day is not None), default=None), None, None, len(found))
        for place, found in days.items()
    ]


def is_overdue(due_on: date | None) -> bool:
    """Whether the last day for something has passed."""
    return due_on is not None and due_on < clock.today()
