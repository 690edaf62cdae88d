"""Endpoints of deadlines: who is late, and what HR does about it for many at once."""

from typing import Any

from sqlmodel import and_, col, or_, select

from appraisal import clock, rest
from appraisal.core.workflow import find_step
from appraisal.cycles import deadlines, extending, queries, reassigning, service, tasks
from appraisal.cycles.bulk import Done
from appraisal.cycles.models import DRAFT, OPEN, Appraisal, Cycle, CycleException, Extension, Reassignment
from appraisal.cycles.schemas import (
    BulkOut,
    CycleExceptionIn,
    CycleExceptionOut,
    DeadlineFilter,
    DeadlineOut,
    ExtensionIn,
    ExtensionOut,
    ReassignmentIn,
    ReassignmentOut,
    ReminderIn,
)
from appraisal.people.models import Employee

SHOWN = 1000
# Why an appraisal was given to somebody else is not for the person appraised.
HANDLING = [role for role in queries.SEEN_AS if role != "employee"]

endpoints = rest.Endpoints("deadlines", "期限 · Deadlines: who is late, reminders, extensions, reassignments, exceptions")


@endpoints.get("/cycles/<int:cycle_id>/deadlines", DeadlineFilter, out=rest.page_of(DeadlineOut), conflicts=True)
def list_deadlines(query: dict[str, Any], cycle_id: int) -> rest.Page:
    """Until when the appraisals one may see are to be at their step, by employee number; `overdue`: who is late."""
    cycle = _running(cycle_id)
    found = _seen(cycle, queries.SEEN_AS).where(col(Appraisal.rated).is_(True))
    if query["step"] is not None:
        found = found.where(Appraisal.step == query["step"])
    if query["overdue"] is not None:
        late = col(Appraisal.id).in_(deadlines.overdue_in(rest.session(), cycle))
        found = found.where(late if query["overdue"] else ~late)
    page = rest.paged(rest.session(), found, [(Employee.number, "asc"), (Appraisal.id, "asc")], query)
    due = queries.due_dates(rest.session(), cycle, [appraisal for appraisal, _ in page.items])
    workflow = queries.policy_of(rest.session(), cycle).workflow
    return page.with_items(
        [
            {
                "appraisal_id": appraisal.id,
                "employee_id": employee.id,
                "number": employee.number,
                "name": employee.name,
                "step": appraisal.step,
                "step_name": find_step(workflow, appraisal.step).name,
                "since": appraisal.step_since,
                "due_on": due[appraisal.id],
                "overdue": tasks.is_overdue(due[appraisal.id]),
            }
            for appraisal, employee in page.items
        ]
    )


@endpoints.post("/cycles/<int:cycle_id>/reminders", ReminderIn, out=BulkOut, plain=True)
def remind(body: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """Remind whoever these appraisals wait for, once a day at most

    HR reminds everybody, a supervisor those whose appraisals they review.
    """
    return _bulk(deadlines.remind(rest.session(), rest.actor(), _cycle(cycle_id), **body))


@endpoints.get("/cycles/<int:cycle_id>/extensions", rest.Listing, out=rest.page_of(ExtensionOut))
def list_extensions(query: dict[str, Any], cycle_id: int) -> rest.Page:
    """The extensions that were granted, the latest first; those of one person to whoever may see that appraisal."""
    cycle = _running(cycle_id)
    seen = _seen(cycle, queries.SEEN_AS).with_only_columns(col(Appraisal.id))
    found = select(Extension).where(
        Extension.cycle_id == cycle.id,
        or_(col(Extension.appraisal_id).is_(None), col(Extension.appraisal_id).in_(seen)),
    )
    return rest.paged(rest.session(), found, [(Extension.id, "desc")], query)


@endpoints.post("/cycles/<int:cycle_id>/extensions", ExtensionIn, out=BulkOut, creates=True)
def extend(body: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """Let a step take longer: for all, for a unit and all below, or for single appraisals."""
    return _bulk(extending.extend_deadline(rest.session(), rest.actor(), _cycle(cycle_id), **body))


@endpoints.get("/cycles/<int:cycle_id>/reassignments", rest.Listing, out=rest.page_of(ReassignmentOut))
def list_reassignments(query: dict[str, Any], cycle_id: int) -> rest.Page:
    """Appraisals given to another supervisor, the latest first."""
    seen = _seen(_running(cycle_id), HANDLING).with_only_columns(col(Appraisal.id))
    found = select(Reassignment, Employee.name).join(Employee, col(Employee.id) == Reassignment.supervisor_id)
    found = found.where(col(Reassignment.appraisal_id).in_(seen))
    page = rest.paged(rest.session(), found, [(Reassignment.id, "desc")], query)
    names = [name for name in ReassignmentOut().fields if name != "supervisor_name"]
    return page.with_items(
        [{name: getattr(row, name) for name in names} | {"supervisor_name": called} for row, called in page.items]
    )


@endpoints.post("/cycles/<int:cycle_id>/reassignments", ReassignmentIn, out=BulkOut, creates=True)
def reassign(body: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """Give appraisals to another supervisor, with everything entered so far."""
    return _bulk(reassigning.reassign(rest.session(), rest.actor(), _cycle(cycle_id), **body))


@endpoints.get("/cycles/<int:cycle_id>/exceptions", rest.Listing, out=rest.page_of(CycleExceptionOut))
def list_exceptions(query: dict[str, Any], cycle_id: int) -> rest.Page:
    """What HR has let appraisals go on without, the latest first."""
    seen = _seen(_running(cycle_id), queries.SEEN_AS).with_only_columns(col(Appraisal.id))
    found = select(CycleException).where(col(CycleException.appraisal_id).in_(seen))
    return rest.paged(rest.session(), found, [(CycleException.id, "desc")], query)


@endpoints.post("/appraisals/<int:appraisal_id>/exceptions", CycleExceptionIn, out=CycleExceptionOut, creates=True)
def record_exception(body: dict[str, Any], appraisal_id: int) -> Any:
    """Let an appraisal go on without what it would wait for, by HR and with the reason."""
    return service.record_exception(rest.session(), rest.actor(), appraisal_id, **body)


def _cycle(cycle_id: int) -> Cycle:
    return service.find_cycle(rest.session(), rest.actor(), cycle_id)


def _running(cycle_id: int) -> Cycle:
    """A cycle that has appraisals: refused before it has opened."""
    cycle = _cycle(cycle_id)
    if cycle.status == DRAFT:
        service.require_status(cycle, OPEN)
    return cycle


def _seen(cycle: Cycle, roles: list[str] | tuple[str, ...]) -> Any:
    on = min(clock.today(), cycle.ends_on)
    return (
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(and_(Appraisal.cycle_id == cycle.id, queries.seen_by(rest.session(), rest.actor(), on, roles)))
    )


def _bulk(answers: tuple[Done, ...]) -> dict[str, Any]:
    done = sum(one.done for one in answers)
    return {"done": done, "left": len(answers) - done, "rows": answers[:SHOWN]}
