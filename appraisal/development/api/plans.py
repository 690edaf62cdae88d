"""Endpoints of development plans, check-ins and training needs."""

from collections.abc import Collection
from typing import Any

from sqlmodel import col, select

from appraisal import clock, rest
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development import queries, schemas
from appraisal.development.models import CheckIn, DevelopmentPlan, TrainingNeed
from appraisal.development.service import notes, plans
from appraisal.development.service.plans import READERS, GoalDraft
from appraisal.errors import NotFound
from appraisal.people import auth
from appraisal.people.models import Employee

endpoints = rest.Endpoints("development", "发展 · Development: personal plans, check-ins, training needs")


# Development plans


@endpoints.get("/development-plans", schemas.DevelopmentPlanFilter, out=rest.page_of(schemas.DevelopmentPlanRowOut))
def list_development_plans(query: dict[str, Any]) -> rest.Page:
    """The development plans of a cycle that one may see, by employee number."""
    cycle = rest.session().get(Cycle, query["cycle_id"])
    if cycle is None:
        raise NotFound()
    seen = cycles.seen_by(rest.session(), rest.actor(), min(clock.today(), cycle.ends_on), READERS)
    found = (
        select(DevelopmentPlan, Employee)
        .join(Appraisal, col(Appraisal.id) == DevelopmentPlan.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, seen)
    )
    if query["status"] is not None:
        found = found.where(DevelopmentPlan.status == query["status"])
    return rest.paged(rest.session(), found, [(Employee.number, "asc")], query, row=lambda row: _plan_row(*row))


@endpoints.get("/development-plans/<int:plan_id>", out=schemas.DevelopmentPlanOut)
def show_development_plan(plan_id: int) -> dict[str, Any]:
    """A development plan with its goals."""
    found = plans.find_plan(rest.session(), rest.actor(), plan_id)
    employee = rest.session().get_one(Employee, found.appraisal.employee_id)
    goals = queries.goals_of(rest.session(), [plan_id])[plan_id]
    return _plan_row(found.plan, employee) | {"comment": found.plan.comment, "goals": goals}


@endpoints.post("/development-plans", schemas.DevelopmentPlanIn, out=schemas.DevelopmentPlanOut, creates=True)
def draft_development_plan(body: dict[str, Any]) -> dict[str, Any]:
    """Draft the plan of an annual appraisal, by the employee or the supervisor."""
    return _shown(plans.draft_plan(rest.session(), rest.actor(), body["appraisal_id"], _goals(body)))


@endpoints.put(
    "/development-plans/<int:plan_id>",
    schemas.DevelopmentGoalsIn,
    out=schemas.DevelopmentPlanOut,
    of=show_development_plan,
)
def set_development_goals(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Make these the goals; the plan is a draft again, to be proposed and agreed anew."""
    return _shown(plans.set_goals(rest.session(), rest.actor(), plan_id, _goals(body), version=version))


@endpoints.post(
    "/development-plans/<int:plan_id>/proposal",
    schemas.DevelopmentActIn,
    out=schemas.DevelopmentPlanOut,
    of=show_development_plan,
)
def propose_development_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Give the plan to the supervisor, by the employee."""
    return _shown(plans.propose_plan(rest.session(), rest.actor(), plan_id, version=version))


@endpoints.post(
    "/development-plans/<int:plan_id>/agreement",
    schemas.DevelopmentActIn,
    out=schemas.DevelopmentPlanOut,
    of=show_development_plan,
)
def agree_development_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Agree to the plan, by the supervisor."""
    return _shown(plans.agree_plan(rest.session(), rest.actor(), plan_id, version=version))


@endpoints.post(
    "/development-plans/<int:plan_id>/return",
    schemas.DevelopmentReasonIn,
    out=schemas.DevelopmentPlanOut,
    of=show_development_plan,
)
def return_development_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Give the plan back with a reason, by the supervisor."""
    return _shown(plans.return_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


@endpoints.post(
    "/development-plans/<int:plan_id>/rating",
    schemas.DevelopmentRatingIn,
    out=schemas.DevelopmentPlanOut,
    of=show_development_plan,
)
def rate_development_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Say how far each goal was reached, 0 to 100, by the supervisor; their mean is the plan's rating."""
    return _shown(plans.rate_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


# Check-ins


@endpoints.get("/check-ins", schemas.CheckInFilter, out=rest.page_of(schemas.CheckInOut))
def list_check_ins(query: dict[str, Any]) -> rest.Page:
    """The check-ins of an appraisal, oldest first."""
    plans.find_case(rest.session(), rest.actor(), query["appraisal_id"], *notes.CHECK_IN_READERS)
    found = (
        select(CheckIn, Employee)
        .join(Employee, col(Employee.id) == CheckIn.author_id)
        .where(CheckIn.appraisal_id == query["appraisal_id"])
    )
    order = [(CheckIn.held_on, "asc"), (CheckIn.id, "asc")]
    return rest.paged(rest.session(), found, order, query, row=lambda row: _check_in(*row))


@endpoints.post("/check-ins", schemas.CheckInIn, out=schemas.CheckInOut, creates=True)
def note_check_in(body: dict[str, Any]) -> dict[str, Any]:
    """Note a check-in, by the employee or the supervisor; both read it."""
    note = notes.note_check_in(rest.session(), rest.actor(), body.pop("appraisal_id"), **body)
    return _check_in(note, rest.session().get_one(Employee, note.author_id))


# Training needs


@endpoints.get("/training-needs", schemas.TrainingNeedFilter, out=rest.page_of(schemas.TrainingNeedOut))
def list_training_needs(query: dict[str, Any]) -> rest.Page:
    """The training needs that one may see, newest first."""
    seen = auth.seen_employees(rest.session(), rest.actor(), clock.today(), notes.TRAINING_READERS)
    found = select(TrainingNeed, Employee).join(Employee, col(Employee.id) == TrainingNeed.employee_id).where(seen)
    found = chosen(found, TrainingNeed, query, ("employee_id", "appraisal_id", "status"))
    return rest.paged(rest.session(), found, [(TrainingNeed.id, "desc")], query, row=lambda row: _training_need(*row))


@endpoints.get("/training-needs/<int:need_id>", out=schemas.TrainingNeedOut)
def show_training_need(need_id: int) -> dict[str, Any]:
    """A training need."""
    found = notes.find_training_need(rest.session(), rest.actor(), need_id)
    return _training_need(found, rest.session().get_one(Employee, found.employee_id))


@endpoints.post("/training-needs", schemas.TrainingNeedIn, out=schemas.TrainingNeedOut, creates=True)
def note_training_need(body: dict[str, Any]) -> dict[str, Any]:
    """Note a training need, by the supervisor, HR or an approver; the same item of an appraisal is noted once."""
    return show_training_need(_id(notes.note_training_need(rest.session(), rest.actor(), body.pop("employee_id"), **body)))


@endpoints.post(
    "/training-needs/<int:need_id>/settlement",
    schemas.TrainingNeedSettlementIn,
    out=schemas.TrainingNeedOut,
    of=show_training_need,
)
def settle_training_need(body: dict[str, Any], need_id: int, version: int) -> dict[str, Any]:
    """Plan a training with its day, or end the need with what came of it: HR or the supervisor."""
    notes.settle_training_need(rest.session(), rest.actor(), need_id, **body, version=version)
    return show_training_need(need_id)


def chosen(found: Any, table: Any, query: dict[str, Any], names: Collection[str]) -> Any:
    """A select narrowed to the values that were asked for."""
    for name in names:
        if query[name] is not None:
            found = found.where(getattr(table, name) == query[name])
    return found


def person(employee: Employee) -> dict[str, Any]:
    """Somebody as they are named in answers."""
    return {"id": employee.id, "number": employee.number, "name": employee.name}


def _id(row: Any) -> int:
    found: int = row.id
    return found


def _shown(plan: DevelopmentPlan) -> dict[str, Any]:
    return show_development_plan(_id(plan))


def _goals(body: dict[str, Any]) -> list[GoalDraft]:
    return [GoalDraft(**one) for one in body["goals"]]


def _plan_row(plan: DevelopmentPlan, employee: Employee) -> dict[str, Any]:
    kept = ("id", "appraisal_id", "status", "rating", "version")
    return {name: getattr(plan, name) for name in kept} | {"employee": person(employee)}


def _check_in(note: CheckIn, author: Employee) -> dict[str, Any]:
    return note.model_dump(exclude={"author_id"}) | {"author": person(author)}


def _training_need(found: TrainingNeed, employee: Employee) -> dict[str, Any]:
    return found.model_dump(exclude={"employee_id", "noted_by", "noted_at"}) | {"employee": person(employee)}
