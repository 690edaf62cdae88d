"""What waits for somebody's word about agreements: weights that leave the printed ones, and amendments."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col

from appraisal import forms, paging, web
from appraisal.agreements import approvals as words
from appraisal.agreements import lists, shown
from appraisal.agreements.choice_schemas import WeightApprovalIn
from appraisal.agreements.models import ASKED, PROPOSED, SIGNATORIES, Amendment, WeightApproval
from appraisal.agreements.schemas import DecisionIn
from appraisal.agreements.views.agreement import ONE, agreement
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.desk.shell import cycle_in_hand
from appraisal.fields import Listing, OneOf
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee


class ApprovalsAsked(Listing):
    """What of a cycle: what still waits, or everything."""

    show = OneOf("waiting", "all", load_default="waiting")
    more = OneOf("amendments", "weights", load_default=None)


@pages.get("/approvals/agreements")
@web.signed_in_only
def approvals() -> ResponseReturnValue:
    """The amendments and reallotted weights of the cycle in hand that one may see."""
    session, actor, cycle = web.session(), web.actor(), cycle_in_hand()
    asked = forms.asked(ApprovalsAsked)
    if cycle is None:
        return render_template("agreements/approvals.html", cycle=None, asked=asked, amendments=None, weights=None)
    waits = asked["show"] == "waiting"
    page = {"limit": asked["limit"], "cursor": None}
    found = lists.amendments_seen(session, actor, cycle, status=PROPOSED if waits else None)
    changed = lists.approvals_seen(session, actor, cycle, status=ASKED if waits else None)
    more = {name: page | ({"cursor": asked["cursor"]} if asked["more"] == name else {}) for name in ("amendments", "weights")}
    return render_template(
        "agreements/approvals.html",
        cycle=cycle,
        asked=asked,
        amendments=paging.paged(session, found, [(col(Amendment.id), "desc")], more["amendments"], row=shown.amendment_out),
        weights=paging.paged(session, changed, [(col(WeightApproval.id), "desc")], more["weights"], row=shown.approval_out),
    )


@pages.get(f"/weight-approvals/<{ROW}:approval_id>")
@web.signed_in_only
def weight_approval(approval_id: int, form: Form | None = None) -> ResponseReturnValue:
    """Weights that leave the printed ones, side by side with them."""
    form = form or Form()
    session, actor = web.session(), web.actor()
    approval, found, context = words.find_approval(session, actor, approval_id)
    asker = session.get(Employee, approval.asker_id) if approval.asker_id is not None else None
    side = bool(context.relations & SIGNATORIES) or actor.account_id == approval.asked_by or "approver" not in context.relations
    return render_template(
        "agreements/weight_approval.html",
        form=form,
        approval=approval,
        told=shown.whole(session, found, context),
        asker=asker,
        decides=approval.status == ASKED and not side and context.cycle.status == "open",
    )


@pages.post(f"/weight-approvals/<{ROW}:approval_id>/decision")
@web.signed_in_only
@submits(DecisionIn, again=weight_approval, versioned=True)
def decide_weights(body: dict[str, Any], approval_id: int, version: int) -> Response:
    """Approves exactly the weights that were read, or turns them down."""
    words.decide_approval(web.session(), web.actor(), approval_id, **body, version=version)
    way = url_for("agreements.approvals")
    return done(way, "已批准", "Approved") if body["approve"] else done(way, "未批准, 已通知双方", "Turned down; both are told")


@pages.post(f"{ONE}/weights")
@web.signed_in_only
@submits(WeightApprovalIn, again=lambda agreement_id, form: agreement(agreement_id, form, "ask"), creates=True)
def ask_weights(body: dict[str, Any], agreement_id: int) -> Response:
    """Asks for the approval of a draft's weights as they were read."""
    words.ask_approval(web.session(), web.actor(), agreement_id, **body)
    way = url_for("agreements.agreement", agreement_id=agreement_id)
    return done(way, "已报批, 批准后可以签署", "Asked: it can be signed once the weights are approved")
