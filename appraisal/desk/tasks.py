"""What waits for somebody, whatever slice it comes from: steps of appraisals, agreements to sign, goals to rate, decisions in
cycles, plans and incidents, answers."""

from collections import Counter
from datetime import date

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.agreements import lists as agreements
from appraisal.bulletins import follow_up
from appraisal.cycles import queries as cycles
from appraisal.cycles import tasks as steps
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.desk import decisions, kpi_matters, matters
from appraisal.desk.waiting import Waiting, summed
from appraisal.feedback import queries as feedback
from appraisal.people.models import Employee
from appraisal.reviews import queries as reviews


def waiting_for(session: Session, actor: Actor) -> list[Waiting]:
    """Everything that waits for the actor, the soonest due first.

    The number of queries grows neither with the cycles that run, nor with their people, nor with what waits.
    """
    found = [
        Waiting(task.kind, task.cycle, task.appraisal_id, task.employee, task.due_on, task.count)
        for task in steps.tasks_of(session, actor)
    ]
    running = {cycle.id: cycle for cycle in cycles.open_cycles(session)}
    found += _goals(session, actor)
    found += [
        Waiting("sign_agreement", running[appraisal.cycle_id], appraisal.id, employee, count=count)
        for appraisal, employee, count in agreements.to_sign(session, actor, running.values())
    ]
    for cycle_id, count in agreements.to_approve(session, actor, running.values()).items():
        found += summed("approve_weights", running[cycle_id], count)
    found += decisions.waiting_in(session, actor, list(running.values()))
    found += decisions.reopenings(session, actor)
    found += matters.improvement_plans(session, actor)
    found += matters.incident_acts(session, actor)
    found += kpi_matters.exceptions(session, actor)
    found += kpi_matters.department_tasks(session, actor)
    found += [
        Waiting("do_kpi_action", due_on=one.due_on, about=("kpi_action", one.id or 0))
        for one in follow_up.owed_by(session, actor)
    ]
    if actor.employee_id is not None:
        for asked in feedback.asked_of(session, actor.employee_id):
            until, about = asked.round.answers_until, ("feedback_rater", asked.rater.id)
            found.append(Waiting("answer_feedback", None, asked.rater.appraisal_id, due_on=until, about=about))
    return sorted(found, key=lambda one: (one.due_on or date.max, one.kind, one.appraisal_id or 0, one.about or ("", 0)))


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
    running = {cycle.id: cycle for _, _, cycle in found}
    due = cycles.due_dates_in(session, running.values(), [appraisal for appraisal, _, _ in found])
    return [Waiting("rate_goals", cycle, one.id, employee, due[one.id], ids[one.id]) for one, employee, cycle in found]
