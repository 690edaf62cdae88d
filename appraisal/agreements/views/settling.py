"""What HR enters for a side that does not sign on a screen: signed paper, a refusal before witnesses, an exception (D-16)."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import files, uploads, web
from appraisal.agreements import paper
from appraisal.agreements.context import Context, find_agreement
from appraisal.agreements.models import Agreement
from appraisal.agreements.schemas import SIDES, SignIn, SigningExceptionIn
from appraisal.agreements.views.agreement import ONE, document
from appraisal.agreements.views.blueprint import pages
from appraisal.errors import Fault, Invalid, NotAllowed
from appraisal.fields import Day, File, Line, OneOf, Prose
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee


class PaperForm(SignIn):
    """A scan of what one side has signed."""

    role = OneOf(*SIDES, required=True)
    scan = File(required=True)
    signed_on = Day(required=True)


class RefusalForm(SignIn):
    """That one side refuses, before two witnesses by their numbers."""

    role = OneOf(*SIDES, required=True)
    witness = Line(40, required=True)
    second_witness = Line(40, required=True)
    reason = Prose(2000, required=True)


@pages.get(f"{ONE}/settle")
@web.signed_in_only
def settle(agreement_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """The three ways to settle a side without a signature on a screen."""
    form = form or Form()
    found, context = _handled(agreement_id)
    return render_template("agreements/settle.html", form=form, acting=acting, **document(found, context))


@pages.post(f"{ONE}/settle/paper")
@web.signed_in_only
@uploads.takes_file
@submits(PaperForm, again=lambda agreement_id, form: settle(agreement_id, form, "paper"), versioned=True)
def settle_paper(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Enters what one side has signed on paper, with its scan."""
    session, actor, scan = web.session(), web.actor(), body.pop("scan")
    _handled(agreement_id)
    kept = files.keep(session, actor, name=scan.name, content=scan.content, media_type=scan.media_type)
    paper.enter_paper_signature(session, actor, agreement_id, **body, file_id=kept.id or 0, version=version)
    return done(
        url_for("agreements.agreement", agreement_id=agreement_id), "纸质签署已登记", "The signature on paper is entered"
    )


@pages.post(f"{ONE}/settle/refusal")
@web.signed_in_only
@submits(RefusalForm, again=lambda agreement_id, form: settle(agreement_id, form, "refusal"), versioned=True)
def settle_refusal(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Records that one side refuses to sign."""
    _handled(agreement_id)
    first, second = (_employee(name, body.pop(name)) for name in ("witness", "second_witness"))
    asked = body | {"witnesses": (first, second), "version": version}
    paper.record_refusal(web.session(), web.actor(), agreement_id, **asked)
    return done(url_for("agreements.agreement", agreement_id=agreement_id), "拒签已登记", "The refusal is on record")


@pages.post(f"{ONE}/settle/exception")
@web.signed_in_only
@submits(SigningExceptionIn, again=lambda agreement_id, form: settle(agreement_id, form, "exception"), versioned=True)
def settle_exception(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Puts a draft in force without the signatures it lacks."""
    paper.record_exception(web.session(), web.actor(), agreement_id, **body, version=version)
    way = url_for("agreements.agreement", agreement_id=agreement_id)
    return done(way, "已作为例外生效, 原因留存", "It is in force as an exception; the reason is on record")


def _handled(agreement_id: int) -> tuple[Agreement, Context]:
    """An agreement for HR, but not for the one who signs it as the supervisor. Raises NotFound, NotAllowed."""
    found, context = find_agreement(web.session(), web.actor(), agreement_id)
    if "hr" not in context.relations or "supervisor" in context.relations:
        zh = "纸质签署、拒签和例外由人力资源部办理, 且不得由签署的上级本人办理"
        raise NotAllowed("not_allowed", zh, "HR enters these, and not whoever signs as the supervisor")
    return found, context


def _employee(path: str, number: str) -> int:
    found = web.session().exec(select(Employee.id).where(col(Employee.number) == number)).one_or_none()
    if found is None:
        zh, en = f"没有工号 {number}", f"there is no employee {number}"
        raise Invalid("unknown_employee", zh, en, [Fault(path, zh, en)])
    return found
