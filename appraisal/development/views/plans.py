"""Development plans, check-ins and training needs: one's own, and those of somebody one leads."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, or_, select

from appraisal import clock, web
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import OPEN, Appraisal, Cycle
from appraisal.development import queries
from appraisal.development.models import AGREED, DRAFT, PROPOSED, RATED, ImprovementPlan, TrainingNeed
from appraisal.development.schemas import (
    DevelopmentGoalsIn,
    DevelopmentRatingIn,
    DevelopmentReasonIn,
    TrainingNeedSettlementIn,
)
from appraisal.development.service import notes, plans
from appraisal.development.service.plans import GoalDraft
from appraisal.development.views.blueprint import ROW, NothingIn, pages
from appraisal.fields import Day, In, Line, Prose
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee

ONE = f"/development-plans/<{ROW}:plan_id>"
CASE = f"/appraisals/<{ROW}:appraisal_id>"
SPARE = 2


class CheckInForm(In):
    """What was talked about."""

    held_on = Day(required=True)
    text = Prose(4000, required=True)


class NeedForm(In):
    """What somebody is to be trained in."""

    topic = Line(200, required=True)
    need = Prose(4000, required=True)


@pages.get("/my/development")
@web.signed_in_only
def mine() -> ResponseReturnValue:
    """My development plan, check-ins and training needs in the cycles that run, and improvement plans offered to me."""
    session, me = web.session(), web.actor().employee_id
    found = select(Appraisal, Cycle).join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
    found = found.where(Appraisal.employee_id == me, Cycle.status == OPEN, col(Appraisal.rated).is_(True))
    rows = session.exec(found.order_by(col(Cycle.starts_on).desc(), col(Cycle.id).desc())).all() if me is not None else []
    offered = select(ImprovementPlan).where(ImprovementPlan.employee_id == me, col(ImprovementPlan.offered_at).is_not(None))
    needs = select(TrainingNeed).where(TrainingNeed.employee_id == me).order_by(col(TrainingNeed.id).desc()).limit(50)
    return render_template(
        "development/mine.html",
        form=Form(),
        cases=[(cycle, _case(appraisal, cycle)) for appraisal, cycle in rows],
        improvements=session.exec(offered.order_by(col(ImprovementPlan.id).desc())).all() if me is not None else [],
        needs=session.exec(needs).all() if me is not None else [],
        today=clock.today(),
    )


@pages.get(f"{CASE}/development")
@web.signed_in_only
def of_appraisal(appraisal_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """What belongs to an appraisal beside its result: the development plan, check-ins, training needs."""
    session, actor = web.session(), web.actor()
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id, seen_as=plans.READERS)
    needs = select(TrainingNeed).where(or_(TrainingNeed.appraisal_id == appraisal_id, _open_of(appraisal.employee_id)))
    return render_template(
        "development/case.html",
        form=form or Form(),
        acting=acting,
        case=_case(appraisal, cycle, read="unit_head" not in relations or len(relations) > 1),
        cycle=cycle,
        employee=session.get_one(Employee, appraisal.employee_id),
        needs=session.exec(needs.order_by(col(TrainingNeed.id).desc()).limit(50)).all(),
        own="employee" in relations,
        handles=not relations.isdisjoint(("supervisor", "hr")),
        may_note=not relations.isdisjoint(("supervisor", "hr", "approver")),
        today=clock.today(),
    )


@pages.post(f"{CASE}/check-ins")
@web.signed_in_only
@submits(CheckInForm, again=lambda appraisal_id, form: of_appraisal(appraisal_id, form, "check_in"), creates=True)
def note_check_in(body: dict[str, Any], appraisal_id: int) -> Response:
    """Notes a check-in; both read it."""
    noted = notes.note_check_in(web.session(), web.actor(), appraisal_id, **body)
    own = web.session().get_one(Appraisal, appraisal_id).employee_id == web.actor().employee_id
    way = url_for("development.mine") if own else url_for("development.of_appraisal", appraisal_id=appraisal_id)
    return done(f"{way}#check-in-{noted.id}", "已记录, 双方都能看到", "Noted; both of you can read it")


@pages.post(f"{CASE}/training-needs")
@web.signed_in_only
@submits(NeedForm, again=lambda appraisal_id, form: of_appraisal(appraisal_id, form, "need"), creates=True)
def note_need(body: dict[str, Any], appraisal_id: int) -> Response:
    """Notes a training need."""
    appraisal, _, _ = cycle_service.find_appraisal(web.session(), web.actor(), appraisal_id)
    notes.note_training_need(web.session(), web.actor(), appraisal.employee_id, appraisal_id=appraisal_id, **body)
    return done(url_for("development.of_appraisal", appraisal_id=appraisal_id), "培训需求已登记", "The training need is noted")


@pages.post(f"{CASE}/training-needs/<{ROW}:need_id>")
@web.signed_in_only
@submits(
    TrainingNeedSettlementIn,
    again=lambda appraisal_id, need_id, form: of_appraisal(appraisal_id, form, f"need-{need_id}"),
    versioned=True,
)
def settle_need(body: dict[str, Any], appraisal_id: int, need_id: int, version: int) -> Response:
    """Plans the training, or ends the need."""
    notes.settle_training_need(web.session(), web.actor(), need_id, **body, version=version)
    return done(url_for("development.of_appraisal", appraisal_id=appraisal_id), "已更新", "Updated")


@pages.get(f"{CASE}/development-plan")
@web.signed_in_only
def new_plan(appraisal_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The form in which the plan of an annual appraisal is begun."""
    appraisal, cycle = plans.find_case(web.session(), web.actor(), appraisal_id, "employee", "supervisor")
    return _form_page(form, appraisal, cycle, None, [])


@pages.post(f"{CASE}/development-plan")
@web.signed_in_only
@submits(DevelopmentGoalsIn, again=new_plan, creates=True)
def draft_plan(body: dict[str, Any], appraisal_id: int) -> Response:
    """Begins it."""
    made = plans.draft_plan(web.session(), web.actor(), appraisal_id, [GoalDraft(**one) for one in body["goals"]])
    return done(url_for("development.plan", plan_id=made.id), "草稿已保存", "The draft is saved")


@pages.get(ONE)
@web.signed_in_only
def plan(plan_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """One development plan, and what can be done about it."""
    session, actor = web.session(), web.actor()
    found = plans.find_plan(session, actor, plan_id)
    _, relations = cycle_service.relations_to(session, actor, found.appraisal)
    running = found.cycle.status == OPEN and found.appraisal.rated
    return render_template(
        "development/plan.html",
        form=form or Form(),
        acting=acting,
        plan=found.plan,
        cycle=found.cycle,
        appraisal=found.appraisal,
        employee=session.get_one(Employee, found.appraisal.employee_id),
        goals=queries.goals_of(session, [plan_id])[plan_id],
        own="employee" in relations,
        acts=_acts(found.plan.status, relations) if running else frozenset(),
        today=clock.today(),
    )


@pages.get(f"{ONE}/goals")
@web.signed_in_only
def edit_plan(plan_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The form in which its goals are written."""
    found = plans.find_plan(web.session(), web.actor(), plan_id, "employee", "supervisor")
    return _form_page(form, found.appraisal, found.cycle, found.plan, queries.goals_of(web.session(), [plan_id])[plan_id])


@pages.post(f"{ONE}/goals")
@web.signed_in_only
@submits(DevelopmentGoalsIn, again=edit_plan, versioned=True)
def set_goals(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Writes them; what was agreed has to be agreed anew."""
    plans.set_goals(web.session(), web.actor(), plan_id, [GoalDraft(**one) for one in body["goals"]], version=version)
    return done(url_for("development.plan", plan_id=plan_id), "已保存为草稿", "Saved as a draft")


@pages.post(f"{ONE}/proposal")
@web.signed_in_only
@submits(NothingIn, again=plan, versioned=True)
def propose(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Gives it to the supervisor."""
    plans.propose_plan(web.session(), web.actor(), plan_id, version=version)
    return done(url_for("development.plan", plan_id=plan_id), "已提交上级", "Your supervisor has it now")


@pages.post(f"{ONE}/agreement")
@web.signed_in_only
@submits(NothingIn, again=plan, versioned=True)
def agree(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Agrees to it."""
    plans.agree_plan(web.session(), web.actor(), plan_id, version=version)
    return done(url_for("development.plan", plan_id=plan_id), "已同意", "Agreed")


@pages.post(f"{ONE}/return")
@web.signed_in_only
@submits(DevelopmentReasonIn, again=lambda plan_id, form: plan(plan_id, form, "return"), versioned=True)
def give_back(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Gives it back with a reason."""
    plans.return_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return done(url_for("development.plan", plan_id=plan_id), "已退回修改", "Given back")


@pages.post(f"{ONE}/rating")
@web.signed_in_only
@submits(DevelopmentRatingIn, again=lambda plan_id, form: plan(plan_id, form, "rate"), versioned=True)
def rate(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Says how far each goal was reached."""
    plans.rate_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return done(url_for("development.plan", plan_id=plan_id), "已评定", "Rated")


def _acts(status: str, relations: frozenset[str]) -> frozenset[str]:
    """What can be done about a plan as it stands."""
    own, leads = "employee" in relations, "supervisor" in relations
    found = {
        "edit": (own or leads) and status in (DRAFT, PROPOSED, AGREED),
        "propose": own and status == DRAFT,
        "agree": leads and status == PROPOSED,
        "rate": leads and status in (AGREED, RATED),
    }
    return frozenset(name for name, there in found.items() if there)


def _case(appraisal: Appraisal, cycle: Cycle, *, read: bool = True) -> Mapping[str, Any]:
    """What belongs to one appraisal: its plan with how many goals it has, and the check-ins, where they are the reader's."""
    session = web.session()
    found = queries.plan_of(session, appraisal.id or 0) if cycle.cadence == "year" else None
    return {
        "appraisal": appraisal,
        "annual": cycle.cadence == "year",
        "running": cycle.status == OPEN and appraisal.rated,
        "plan": found,
        "goals": queries.goals_of(session, [found.id or 0])[found.id or 0] if found else [],
        "check_ins": queries.check_ins_of(session, appraisal.id or 0) if read else None,
    }


def _form_page(form: Form | None, appraisal: Appraisal, cycle: Cycle, found: object, goals: list[Any]) -> ResponseReturnValue:
    form = (form or Form()).closed_up("goals")
    filled = form.lines("goals") if form.refused else len(goals)
    return render_template(
        "development/goals.html",
        form=form,
        appraisal=appraisal,
        cycle=cycle,
        plan=found,
        goals=goals,
        lines=min(filled + SPARE if filled else 3, plans.MOST_GOALS),
        employee=web.session().get_one(Employee, appraisal.employee_id),
    )


def _open_of(employee_id: int) -> Any:
    return (TrainingNeed.employee_id == employee_id) & col(TrainingNeed.status).in_(("open", "planned"))
