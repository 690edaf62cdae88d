"""What is done about an improvement plan once it is offered: signed, approved, checked, evaluated."""

from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue
from marshmallow import pre_load

from appraisal import files, uploads, web
from appraisal.development.schemas import (
    DevelopmentReasonIn,
    ImprovementApprovalIn,
    ImprovementCheckIn,
    ImprovementEvaluationIn,
    ImprovementRefusalIn,
    ImprovementSignatureIn,
)
from appraisal.development.service import improvement
from appraisal.development.service import outcomes as service
from appraisal.development.views.blueprint import pages
from appraisal.development.views.improvement import ONE, improvement_plan
from appraisal.fields import File, In, Line, OneOf
from appraisal.forms import Form, done, submits


class PaperForm(In):
    """A scan of what one side has signed."""

    content_hash = Line(80, required=True)
    role = OneOf("employee", "supervisor", required=True)
    scan = File(required=True)


class EvaluationForm(ImprovementEvaluationIn):
    """The supervisor's final word; no measure follows from a plan whose results were met."""

    @pre_load
    def nothing_follows(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without a choice of measure there is none."""
        return {"measure": "none"} | data


def _again(plan_id: int, form: Form, acting: str) -> ResponseReturnValue:
    return improvement_plan(plan_id, form, acting)


def _back(plan_id: int, zh: str, en: str) -> Response:
    return done(url_for("development.improvement_plan", plan_id=plan_id), zh, en)


@pages.post(f"{ONE}/signature")
@web.signed_in_only
@submits(ImprovementSignatureIn, again=lambda plan_id, form: _again(plan_id, form, "sign"), versioned=True)
def sign_improvement(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Signs exactly what was read."""
    signed, comment = body["content_hash"], body["comment"]
    service.sign_improvement_plan(web.session(), web.actor(), plan_id, signed, comment=comment, version=version)
    return _back(plan_id, "已签署", "Signed")


@pages.post(f"{ONE}/paper-signature")
@web.signed_in_only
@uploads.takes_file
@submits(PaperForm, again=lambda plan_id, form: _again(plan_id, form, "paper"), versioned=True)
def enter_improvement_paper(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Enters what one side has signed on paper."""
    session, actor, scan, signed = web.session(), web.actor(), body.pop("scan"), body.pop("content_hash")
    improvement.find_plan(session, actor, plan_id, "hr")
    kept = files.keep(session, actor, name=scan.name, content=scan.content, media_type=scan.media_type)
    service.record_paper_signature(session, actor, plan_id, signed, **body, file_id=kept.id or 0, version=version)
    return _back(plan_id, "纸质签署已登记", "The signature on paper is entered")


@pages.post(f"{ONE}/refusal")
@web.signed_in_only
@submits(ImprovementRefusalIn, again=lambda plan_id, form: _again(plan_id, form, "refusal"), versioned=True)
def record_improvement_refusal(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Records that one side refuses to sign; the plan goes on."""
    body["witnesses"] = tuple(body["witnesses"])
    service.record_refusal(web.session(), web.actor(), plan_id, **body, version=version)
    return _back(plan_id, "拒签已登记", "The refusal is on record")


@pages.post(f"{ONE}/approval")
@web.signed_in_only
@submits(ImprovementApprovalIn, again=lambda plan_id, form: _again(plan_id, form, "approve"), versioned=True)
def approve_improvement(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Approves the plan, or its evaluation."""
    service.approve_improvement_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return _back(plan_id, "已批准", "Approved")


@pages.post(f"{ONE}/return")
@web.signed_in_only
@submits(DevelopmentReasonIn, again=lambda plan_id, form: _again(plan_id, form, "return"), versioned=True)
def return_improvement(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Sends it back; its signatures end."""
    service.return_improvement_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return _back(plan_id, "已退回", "Sent back")


@pages.post(f"{ONE}/checks")
@web.signed_in_only
@submits(ImprovementCheckIn, again=lambda plan_id, form: _again(plan_id, form, "check"), versioned=True)
def record_improvement_check(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """Records what was found on a check date."""
    due_on = body.pop("due_on")
    service.record_check(web.session(), web.actor(), plan_id, due_on, **body, version=version)
    return _back(plan_id, "检查已记录", "The check is recorded")


@pages.post(f"{ONE}/evaluation")
@web.signed_in_only
@submits(EvaluationForm, again=lambda plan_id, form: _again(plan_id, form, "evaluate"), versioned=True)
def evaluate_improvement(body: dict[str, Any], plan_id: int, version: int) -> Response:
    """The supervisor's final word, to be signed and approved again."""
    service.evaluate_improvement_plan(web.session(), web.actor(), plan_id, **body, version=version)
    return _back(plan_id, "评价已提交, 待双方签署与批准", "Evaluated: to be signed and approved again")
