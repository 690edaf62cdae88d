"""绩效改进计划: one plan from its draft to its outcome, and the form in which HR writes it."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, files, forms, rest, web
from appraisal.actor import Actor
from appraisal.development import queries
from appraisal.development.models import CANCELLED, CLOSED, DRAFT, RUNNING, ImprovementPlan
from appraisal.development.queries import Improvement
from appraisal.development.schemas import DevelopmentReasonIn, ImprovementTermsIn
from appraisal.development.service import improvement, outcomes
from appraisal.development.service.improvement import MOST_ROWS, TargetDraft, Terms
from appraisal.development.service.outcomes import PART, ROLES
from appraisal.development.views.blueprint import ROW, NothingIn, pages
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.fields import Id, Line, Query
from appraisal.forms import Form, done, submits
from appraisal.labels import codes, label
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Employee

ONE = f"/improvement-plans/<{ROW}:plan_id>"
SPARE = 2


class NewAsked(Query):
    """Whom a plan is for, where another page leads here."""

    number = Line(40, load_default="")
    appraisal = Id(load_default=None)
    grade = Line(20, load_default="")


class OpenForm(ImprovementTermsIn):
    """A plan with its person by number."""

    number = Line(40, required=True)
    manager = Line(40, allow_none=True, load_default=None)
    appraisal_id = Id(allow_none=True, load_default=None)
    last_grade = Line(20, allow_none=True, load_default=None)


@pages.get(ONE)
@web.signed_in_only
def improvement_plan(plan_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """One improvement plan: what it says, its checks, signatures, approvals and outcome, and what there is to do."""
    session, actor = web.session(), web.actor()
    plan = improvement.find_plan(session, actor, plan_id)
    found = queries.improvement_of(session, plan)
    return render_template(
        "development/improvement.html",
        form=form or Form(),
        acting=acting,
        plan=plan,
        found=found,
        people=queries.people_in(session, found),
        hash=outcomes.content_hash(found),
        part=PART.get(plan.status),
        acts=_acts(actor, plan, found),
        own=plan.employee_id == actor.employee_id,
        measures=[(code, web.said(label("improvement_measure", code))) for code in codes("improvement_measure")],
        today=clock.today(),
    )


@pages.get(f"{ONE}/files/<{ROW}:file_id>")
@web.signed_in_only
def improvement_file(plan_id: int, file_id: int) -> ResponseReturnValue:
    """The scan of a signature on paper."""
    plan = improvement.find_plan(web.session(), web.actor(), plan_id)
    if all(one.file_id != file_id for one in queries.improvement_of(web.session(), plan).signatures):
        raise NotFound()
    stored = files.by_id(web.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(web.session(), stored))


@pages.get("/hr/improvement-plans/new")
@web.signed_in_only
def new_improvement_plan(form: Form | None = None) -> ResponseReturnValue:
    """The form in which HR drafts a plan, once people have decided on one."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    return _form_page(form, None, forms.asked(NewAsked))


@pages.post("/hr/improvement-plans/new")
@web.signed_in_only
@submits(OpenForm, again=new_improvement_plan, creates=True)
def open_improvement_plan(body: dict[str, Any]) -> Response:
    """Drafts it."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    who, manager = _employee("number", body.pop("number")), body.pop("manager")
    body["targets"] = [TargetDraft(**one) for one in body["targets"]]
    body["manager_id"] = _employee("manager", manager).id if manager is not None else None
    made = improvement.open_improvement_plan(web.session(), web.actor(), who.id or 0, **body)
    way = url_for("development.improvement_plan", plan_id=made.id)
    return done(way, "草稿已保存, 提交双方前本人看不到", "The draft is saved; the person does not see it before it is offered")


@pages.get(f"{ONE}/terms")
@web.signed_in_only
def edit_improvement_plan(plan_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The form in which a draft is changed."""
    plan = improvement.find_plan(web.session(), web.actor(), plan_id, "hr")
    return _form_page(form, queries.improvement_of(web.session(), plan), {})


@pages.post(f"{ONE}/terms")
@web.signed_in_only
@submits(ImprovementTermsIn, again=edit_improvement_plan, versioned=True)
def change_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Makes a draft say something else."""
    targets = tuple(TargetDraft(**one) for one in body["targets"])
    terms = Terms(**body | {"targets": targets, "checks": tuple(body["checks"])})
    improvement.change_improvement_plan(web.session(), web.actor(), plan_id, terms, version=version)
    return done(url_for("development.improvement_plan", plan_id=plan_id), "已保存", "Saved")


@pages.post(f"{ONE}/offer")
@web.signed_in_only
@submits(NothingIn, again=improvement_plan, versioned=True)
def offer_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Shows it to the person and lays it before both."""
    improvement.offer_improvement_plan(web.session(), web.actor(), plan_id, version=version)
    return done(url_for("development.improvement_plan", plan_id=plan_id), "已提交双方签署", "Both can read and sign it now")


@pages.post(f"{ONE}/cancellation")
@web.signed_in_only
@submits(DevelopmentReasonIn, again=lambda plan_id, form: improvement_plan(plan_id, form, "cancel"), versioned=True)
def cancel_improvement_plan(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Ends it without an outcome."""
    improvement.cancel_improvement_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return done(url_for("development.improvement_plan", plan_id=plan_id), "已取消", "Cancelled")


def _acts(actor: Actor, plan: ImprovementPlan, found: Improvement) -> frozenset[str]:
    """What the actor can do about a plan as it stands."""
    relations = auth.relations_to(web.session(), actor, plan.employee_id, clock.today())
    part = PART.get(plan.status)
    signed = found.signed(part) if part else {}
    role = "employee" if actor.employee_id == plan.employee_id else "supervisor"
    signs = bool(relations & set(ROLES)) and actor.on_behalf_of is None
    others = actor.employee_id not in (None, plan.employee_id, plan.supervisor_id)
    acts = {
        "edit": "hr" in relations and plan.status == DRAFT,
        "offer": "hr" in relations and plan.status == DRAFT,
        "sign": part is not None and signs and role not in signed,
        "settle": part is not None and "hr" in relations and len(signed) < len(ROLES),
        "approve": part is not None and "approver" in relations and others and len(signed) == len(ROLES),
        "return": part is not None and bool(relations & {"approver", "hr"}),
        "check": plan.status == RUNNING and bool(relations & {"supervisor", "hr"}),
        "evaluate": plan.status == RUNNING and "supervisor" in relations and all(one.held_on for one in found.checks),
        "cancel": "hr" in relations and plan.status not in (CLOSED, CANCELLED),
    }
    return frozenset(name for name, there in acts.items() if there)


def _form_page(form: Form | None, found: Improvement | None, asked: dict[str, Any]) -> ResponseReturnValue:
    form = (form or Form()).closed_up("targets").closed_up("checks")
    counts = {"targets": len(found.targets) if found else 0, "checks": len(found.checks) if found else 0}
    lines = {name: (form.lines(name) if form.refused else count) + SPARE for name, count in counts.items()}
    return render_template(
        "development/terms.html",
        form=form,
        found=found,
        plan=found.plan if found else None,
        asked=asked,
        lines={name: min(count, MOST_ROWS) for name, count in lines.items()},
        employee=web.session().get_one(Employee, found.plan.employee_id) if found else None,
    )


def _employee(path: str, number: str) -> Employee:
    found = people.employee_by_number(web.session(), number)
    if found is None:
        zh, en = f"没有工号 {number}", f"there is no employee {number}"
        raise Invalid("unknown_employee", zh, en, [Fault(path, zh, en)])
    return found
