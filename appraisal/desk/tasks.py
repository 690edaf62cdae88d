"""What waits for somebody, whatever slice it comes from: agreements to sign, steps of appraisals, goals to rate, approvals,
appeals, answers."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import true
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import lists as agreements
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.cycles import tasks as steps
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.feedback import queries as feedback
from appraisal.labels import codes, label
from appraisal.people import relations
from appraisal.people.models import Employee
from appraisal.results import courses
from appraisal.results import queries as results
from appraisal.reviews import queries as reviews


@dataclass(frozen=True)
class Waiting:
    """One thing to do; `count` cases where it is a role's and not about one person."""

    kind: str
    cycle: Cycle | None
    appraisal_id: int | None
    employee: Employee | None
    due_on: date | None
    overdue: bool
    count: int = 1

    @property
    def name(self) -> Message:
        """What it is called."""
        return label("action" if self.kind in codes("action") else "task", self.kind)


def waiting_for(session: Session, actor: Actor) -> list[Waiting]:
    """Everything that waits for the actor, the soonest due first."""
    found = [
        Waiting(task.kind, task.cycle, task.appraisal_id, task.employee, task.due_on, task.overdue, task.count)
        for task in steps.tasks_of(session, actor)
    ]
    found += _goals(session, actor)
    for cycle in cycles.open_cycles(session):
        found += [
            Waiting("sign_agreement", cycle, appraisal.id, employee, None, False, count)
            for appraisal, employee, count in agreements.to_sign(session, actor, cycle)
        ]
        if count := agreements.to_approve(session, actor, cycle):
            found.append(Waiting("approve_weights", cycle, None, None, None, False, count))
        found += _decisions(session, actor, cycle)
    if actor.employee_id is not None:
        for asked in feedback.asked_of(session, actor.employee_id):
            until = asked.round.answers_until
            found.append(Waiting("answer_feedback", None, asked.rater.appraisal_id, None, until, steps.is_overdue(until)))
    return sorted(found, key=lambda one: (one.due_on or date.max, one.kind, one.appraisal_id or 0))


def _goals(session: Session, actor: Actor) -> list[Waiting]:
    """The goals of others that the actor has been named to rate, one task a person."""
    if actor.employee_id is None:
        return []
    ids = Counter(appraisal.id for appraisal, _, _ in reviews.goals_to_rate(session, actor.employee_id))
    found = session.exec(
        select(Appraisal, Employee, Cycle)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Appraisal.id).in_(ids))
    ).all()
    due: dict[int, date | None] = {}
    for cycle in {cycle.id: cycle for _, _, cycle in found}.values():
        due |= cycles.due_dates(session, cycle, [appraisal for appraisal, _, one in found if one.id == cycle.id])
    return [
        Waiting("rate_goals", cycle, one.id, employee, due[one.id], steps.is_overdue(due[one.id]), ids[one.id])
        for one, employee, cycle in found
    ]


def _decisions(session: Session, actor: Actor, cycle: Cycle) -> list[Waiting]:
    """Of a running cycle, how many published results wait for the actor's approval, and how many appeals for HR."""
    policy = cycles.policy_of(session, cycle)
    approving = {move.from_ for move in policy.workflow.moves if move.action == "approve"}
    on = min(clock.today(), cycle.ends_on)
    found = []
    for role, kind in (("approver", "approve"), ("hr", "decide_appeal")):
        theirs = relations.towards_others(session, actor, on, [role]).get(role)
        if theirs is None:
            continue
        ids = session.exec(
            select(Appraisal.id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), theirs)
            .where(Appraisal.employee_id != (actor.employee_id or 0))
            .where(col(Appraisal.step).in_(approving) if kind == "approve" else true())
        ).all()
        due_on = None
        if kind == "approve":
            count = sum(one.approval is None for one in results.standings(session, ids).values())
        elif count := len(courses.under_appeal(session, ids)):
            due_on = courses.next_due(session, policy, ids)
        if count:
            found.append(Waiting(kind, cycle, None, None, due_on, steps.is_overdue(due_on), count))
    return found
