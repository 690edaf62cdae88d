"""Who rates a person: proposed, approved, withdrawn; and the report in sum once the round has closed."""

from typing import Any

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, web
from appraisal.cycles.models import Cycle
from appraisal.feedback import queries
from appraisal.feedback.models import CLOSED, OPEN, PROPOSED, REFUSED
from appraisal.feedback.schemas import FeedbackDecisionIn, FeedbackMomentIn, FeedbackRaterIn, FeedbackReasonIn
from appraisal.feedback.service import raters, reports
from appraisal.feedback.service.raters import SEE_RATERS, RaterDraft
from appraisal.feedback.views.blueprint import ROW, pages
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee

CASE = f"/appraisals/<{ROW}:appraisal_id>/feedback"
RATER = f"{CASE}/raters/<{ROW}:rater_id>"


@pages.get(CASE)
@web.signed_in_only
def of_appraisal(appraisal_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """The raters of a person by group, and the report once there is one."""
    session, actor = web.session(), web.actor()
    case = raters.find_case(session, actor, appraisal_id, *{*SEE_RATERS, *reports.READERS})
    sees, handles = bool(case.relations & set(SEE_RATERS)), bool(case.relations & {"supervisor", "hr"})
    told = case.round.status == CLOSED and bool(case.relations & set(reports.READERS))
    return render_template(
        "feedback/case.html",
        form=form or Form(),
        acting=acting,
        case=case,
        cycle=session.get_one(Cycle, case.appraisal.cycle_id),
        employee=session.get_one(Employee, case.appraisal.employee_id),
        questions=queries.form_of(session, case.round),
        raters=queries.raters_of(session, appraisal_id) if sees else None,
        asked=queries.asked_by_group(session, appraisal_id),
        progress=queries.progress_of(session, appraisal_id) if handles else None,
        report=reports.show_report(session, actor, appraisal_id) if told else None,
        own="employee" in case.relations,
        handles=handles and case.round.status == OPEN,
        hr="hr" in case.relations and case.round.status == OPEN,
        proposes=case.round.status == OPEN and bool(case.relations & {"employee", "supervisor", "hr"}),
        undecided=(PROPOSED, REFUSED),
        today=clock.today(),
    )


@pages.post(f"{CASE}/raters")
@web.signed_in_only
@submits(FeedbackRaterIn, again=lambda appraisal_id, form: of_appraisal(appraisal_id, form, "propose"), creates=True)
def propose(body: dict[str, Any], appraisal_id: int) -> Response:
    """Proposes somebody to rate a person."""
    raters.propose_rater(web.session(), web.actor(), appraisal_id, RaterDraft(**body))
    return _back(appraisal_id, "已提名, 待上级或人力资源部确认", "Proposed; supervisor or HR decide")


@pages.post(f"{RATER}/decision")
@web.signed_in_only
@submits(
    FeedbackDecisionIn,
    again=lambda appraisal_id, rater_id, form: of_appraisal(appraisal_id, form, f"decide-{rater_id}"),
    versioned=True,
)
def decide(body: dict[str, Any], appraisal_id: int, rater_id: int, version: int) -> Response:
    """Approves a rater, who is asked at once, or refuses."""
    raters.decide_rater(web.session(), web.actor(), rater_id, **body, version=version)
    return _back(
        appraisal_id,
        "已确认, 已邀请作答" if body["approve"] else "未同意",
        "Approved and asked" if body["approve"] else "Refused",
    )


@pages.post(f"{RATER}/withdrawal")
@web.signed_in_only
@submits(
    FeedbackReasonIn,
    again=lambda appraisal_id, rater_id, form: of_appraisal(appraisal_id, form, f"withdraw-{rater_id}"),
    versioned=True,
)
def withdraw(body: dict[str, Any], appraisal_id: int, rater_id: int, version: int) -> Response:
    """Takes a rater out."""
    raters.withdraw_rater(web.session(), web.actor(), rater_id, **body, version=version)
    return _back(appraisal_id, "已撤回; 已作答的内容仍在内", "Taken out; an answer that was given stays")


@pages.post(f"{RATER}/link")
@web.signed_in_only
@submits(FeedbackMomentIn, again=lambda appraisal_id, rater_id, form: of_appraisal(appraisal_id, form))
def issue_link(body: dict[str, Any], appraisal_id: int, rater_id: int) -> Response:
    """A new link for an outsider, shown on this answer and nowhere else."""
    link = raters.issue_link(web.session(), web.actor(), rater_id)
    row, _ = raters.find_rater(web.session(), web.actor(), rater_id, "hr")
    address = f"{url_for('feedback.outside', _external=True)}#{link.token}"
    shown = {"link": link, "address": address, "rater": queries.named(web.session(), row), "appraisal_id": appraisal_id}
    return make_response(render_template("feedback/link.html", **shown))


def _back(appraisal_id: int, zh: str, en: str) -> Response:
    return done(url_for("feedback.of_appraisal", appraisal_id=appraisal_id), zh, en)
