"""Endpoints of improvement plans."""

from typing import Any

from flask import Response
from sqlmodel import and_, col, or_, select

from appraisal import clock, files, rest
from appraisal.development import queries, schemas
from appraisal.development.api.plans import chosen, person
from appraisal.development.models import ImprovementPlan
from appraisal.development.service import improvement, outcomes
from appraisal.development.service.improvement import READERS, TargetDraft, Terms
from appraisal.errors import NotFound
from appraisal.people import auth
from appraisal.people.models import Employee

endpoints = rest.Endpoints(
    "improvement_plans",
    "绩效改进计划 · Improvement plans: opened, signed, approved, checked, evaluated. Never a verdict on fitness",
)

ONE = "/improvement-plans/<int:plan_id>"


@endpoints.get("/improvement-plans", schemas.ImprovementFilter, out=rest.page_of(schemas.ImprovementRowOut))
def list_improvement_plans(query: dict[str, Any]) -> rest.Page:
    """The improvement plans that one may see, newest first; one's own once it has been offered."""
    seen = auth.seen_employees(rest.session(), rest.actor(), clock.today(), READERS)
    own = col(Employee.id) == rest.actor().employee_id
    found = (
        select(ImprovementPlan, Employee)
        .join(Employee, col(Employee.id) == ImprovementPlan.employee_id)
        .where(and_(seen, or_(~own, col(ImprovementPlan.offered_at).is_not(None))))
    )
    found = chosen(found, ImprovementPlan, query, ("employee_id", "status"))
    return rest.paged(rest.session(), found, [(ImprovementPlan.id, "desc")], query, row=lambda row: _row(*row))


@endpoints.get(ONE, out=schemas.ImprovementOut)
def show_improvement_plan(plan_id: int) -> dict[str, Any]:
    """An improvement plan with targets, checks, signatures and approvals."""
    plan = improvement.find_plan(rest.session(), rest.actor(), plan_id)
    found = queries.improvement_of(rest.session(), plan)
    people = queries.people_in(rest.session(), found)
    kept = ("post_title", "unit_name", "last_grade", "appraisal_id", "facts", "causes", "assistance")
    kept += ("evaluation", "measure", "measures")
    employee = people[plan.employee_id]
    return (
        _row(plan, employee)
        | {name: getattr(plan, name) for name in kept}
        | {
            "joined_on": employee.joined_on,
            "supervisor": person(people[plan.supervisor_id]),
            "manager": person(people[plan.manager_id]) if plan.manager_id is not None else None,
            "targets": found.targets,
            "checks": found.checks,
            "content_hash": outcomes.content_hash(found),
            "signatures": [
                one.model_dump()
                | {
                    "employee": person(people[one.employee_id]),
                    "witnesses": [person(people[id_]) for id_ in (one.witness_id, one.second_witness_id) if id_ is not None],
                }
                for one in found.signatures
            ],
            "approvals": [one.model_dump() | {"approver": person(people[one.approver_id])} for one in found.approvals],
        }
    )


@endpoints.get(f"{ONE}/files/<int:file_id>", content="*/*")
def read_improvement_file(plan_id: int, file_id: int) -> Response:
    """The scan of a signature on paper."""
    plan = improvement.find_plan(rest.session(), rest.actor(), plan_id)
    if all(one.file_id != file_id for one in queries.improvement_of(rest.session(), plan).signatures):
        raise NotFound()
    stored = files.by_id(rest.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post("/improvement-plans", schemas.ImprovementIn, out=schemas.ImprovementOut, creates=True)
def open_improvement_plan(body: dict[str, Any]) -> dict[str, Any]:
    """Draft an improvement plan, by HR, after people have decided on it; no grade opens one by itself."""
    body["targets"] = [TargetDraft(**one) for one in body["targets"]]
    return _shown(improvement.open_improvement_plan(rest.session(), rest.actor(), body.pop("employee_id"), **body))


@endpoints.put(ONE, schemas.ImprovementTermsIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def change_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Make a draft say something else, by HR."""
    given = body | {"targets": tuple(TargetDraft(**one) for one in body["targets"]), "checks": tuple(body["checks"])}
    terms = Terms(**given)
    return _shown(improvement.change_improvement_plan(rest.session(), rest.actor(), plan_id, terms, version=version))


@endpoints.post(f"{ONE}/offer", schemas.DevelopmentActIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def offer_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Show a draft to the person and lay it before both for their signatures, by HR."""
    return _shown(improvement.offer_improvement_plan(rest.session(), rest.actor(), plan_id, version=version))


@endpoints.post(f"{ONE}/signature", schemas.ImprovementSignatureIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def sign_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Sign the plan, or its evaluation, as the employee or the supervisor, with what one has to say."""
    signed, comment = body["content_hash"], body["comment"]
    plan = outcomes.sign_improvement_plan(rest.session(), rest.actor(), plan_id, signed, comment=comment, version=version)
    return _shown(plan)


@endpoints.post(
    f"{ONE}/paper-signature", schemas.ImprovementPaperSignatureIn, out=schemas.ImprovementOut, of=show_improvement_plan
)
def record_improvement_paper_signature(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Record a signature on paper by its scan, by HR."""
    signed = body.pop("content_hash")
    return _shown(outcomes.record_paper_signature(rest.session(), rest.actor(), plan_id, signed, **body, version=version))


@endpoints.post(f"{ONE}/refusal", schemas.ImprovementRefusalIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def record_improvement_refusal(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Record that somebody refused to sign, before two witnesses, by HR. The plan goes on."""
    body["witnesses"] = tuple(body["witnesses"])
    return _shown(outcomes.record_refusal(rest.session(), rest.actor(), plan_id, **body, version=version))


@endpoints.post(f"{ONE}/approval", schemas.ImprovementApprovalIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def approve_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Approve the plan, so that it runs, or its evaluation, so that it ends; by neither of those who sign."""
    return _shown(outcomes.approve_improvement_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


@endpoints.post(f"{ONE}/return", schemas.DevelopmentReasonIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def return_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Send the plan, or its evaluation, back with a reason; its signatures end. By the approver or HR."""
    return _shown(outcomes.return_improvement_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


@endpoints.post(f"{ONE}/checks", schemas.ImprovementCheckIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def record_improvement_check(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """Record what was found on a check date, by the supervisor or HR."""
    due_on = body.pop("due_on")
    return _shown(outcomes.record_check(rest.session(), rest.actor(), plan_id, due_on, **body, version=version))


@endpoints.post(f"{ONE}/evaluation", schemas.ImprovementEvaluationIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def evaluate_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """The supervisor's final word on each expected result, after all checks; to be signed and approved again."""
    return _shown(outcomes.evaluate_improvement_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


@endpoints.post(f"{ONE}/cancellation", schemas.DevelopmentReasonIn, out=schemas.ImprovementOut, of=show_improvement_plan)
def cancel_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> dict[str, Any]:
    """End a plan without an outcome, with a reason, by HR."""
    return _shown(improvement.cancel_improvement_plan(rest.session(), rest.actor(), plan_id, **body, version=version))


def _shown(plan: ImprovementPlan) -> dict[str, Any]:
    rest.session().flush()
    return show_improvement_plan(plan.id)  # type: ignore[arg-type]


def _row(plan: ImprovementPlan, employee: Employee) -> dict[str, Any]:
    kept = ("id", "status", "from_on", "to_on", "outcome", "version")
    return {name: getattr(plan, name) for name in kept} | {"employee": person(employee)}
