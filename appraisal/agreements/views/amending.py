"""Amendments: proposed with a reason, seen side by side with what is in force, decided on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import web
from appraisal.agreements import amendments, shown
from appraisal.agreements.acts import may_decide, open_acts
from appraisal.agreements.context import find_agreement
from appraisal.agreements.models import Agreement
from appraisal.agreements.schemas import DecisionIn
from appraisal.agreements.views.agreement import ONE
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.agreements.views.editing import ItemsForm, Shown, content, proposed_in, sheet_form
from appraisal.core.errors import Message
from appraisal.errors import Conflict
from appraisal.fields import Prose
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee

COMPARED = {
    "weight": Message("权重", "weight"),
    "target": Message("目标", "target"),
    "challenge": Message("挑战", "challenge"),
    "threshold": Message("门槛", "threshold"),
    "baseline": Message("基准", "baseline"),
    "standard": Message("评分标准", "standard"),
    "sources": Message("数据来源", "source of figures"),
    "curve": Message("计分方法", "curve"),
    "assessor_id": Message("评定人", "rated by"),
    "assessors": Message("评定人", "rated by"),
    "goal": Message("上级目标", "goal it serves"),
    "name": Message("名称", "name"),
}


class AmendForm(ItemsForm):
    reason = Prose(2000, required=True)


@pages.get(f"{ONE}/amendment")
@web.signed_in_only
def amend(agreement_id: int, form: Form | None = None, take: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The form in which other items or terms are proposed for an agreement in force."""
    form = form or Form()
    session, actor = web.session(), web.actor()
    found, context = find_agreement(session, actor, agreement_id)
    if "amend" not in open_acts(session, actor, found, context) and not form.refused:
        zh = "现在不能提出变更: 只有已生效、尚未自评、没有其他变更在办的责任书可由签署双方提出变更"
        en = "it cannot be amended now: either side may, while it is in force, before the self-assessment, one change at a time"
        raise Conflict("not_in_force", zh, en)
    return render_template("agreements/edit.html", form=form, amending=True, **sheet_form(found, context, form, take))


@pages.post(f"{ONE}/amendment")
@web.signed_in_only
@submits(AmendForm, again=amend, versioned=True, creates=True)
def propose(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Proposes them; nothing changes until it is approved and both have signed."""
    drafts, terms = content(body)
    asked = {"reason": body["reason"], "terms": terms, "version": version}
    made, _ = amendments.propose_amendment(web.session(), web.actor(), agreement_id, drafts, **asked)
    way = url_for("agreements.amendment", amendment_id=made.id)
    return done(way, "变更已提出, 批准并经双方签署后生效", "Proposed: it takes effect once it is approved and both have signed")


@pages.post(f"{ONE}/amendment/shown")
@web.signed_in_only
def show_amendment_items(agreement_id: int) -> ResponseReturnValue:
    """The same form with a choice that was proposed, or with weights shared evenly: nothing is saved yet."""
    return amend(agreement_id, Shown(request.form), proposed_in(request.form))


@pages.get(f"/amendments/<{ROW}:amendment_id>")
@web.signed_in_only
def amendment(amendment_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What an amendment changes, and why; the decision where it is the reader's."""
    form = form or Form()
    session, actor = web.session(), web.actor()
    found, revision, context = amendments.find_amendment(session, actor, amendment_id)
    before, after = (shown.whole(session, one, context) for one in (session.get_one(Agreement, found.of_id), revision))
    return render_template(
        "agreements/amendment.html",
        form=form,
        amendment=found,
        before=before,
        after=after,
        changes=list(_changes(before["items"], after["items"])),
        terms=[name for name in after["terms"] if after["terms"][name] != before["terms"][name]],
        proposer=session.get_one(Employee, found.proposer_id),
        decides=may_decide(actor, found, context),
        cycle=context.cycle,
        signable="sign" in open_acts(session, actor, revision, context),
    )


@pages.post(f"/amendments/<{ROW}:amendment_id>/decision")
@web.signed_in_only
@submits(DecisionIn, again=amendment, versioned=True)
def decide(body: dict[str, Any], amendment_id: int, version: int) -> Response:
    """Approves exactly what was read, or turns it down."""
    amendments.decide_amendment(web.session(), web.actor(), amendment_id, **body, version=version)
    way = url_for("agreements.amendment", amendment_id=amendment_id)
    if body["approve"]:
        return done(way, "已批准, 待双方签署后生效", "Approved: it takes effect once both have signed")
    return done(way, "未批准, 原责任书继续有效", "Turned down: the agreement stands as it is")


def _changes(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is left out, added and changed, item by item."""
    old, new = {one["id"]: one for one in before}, {one["id"]: one for one in after}
    for item in before:
        if item["id"] not in new:
            yield {"kind": "dropped", "item": item, "fields": []}
    for item in after:
        if item["id"] not in old:
            yield {"kind": "added", "item": item, "fields": []}
            continue
        was = old[item["id"]]
        fields = [(words, was[name], item[name]) for name, words in COMPARED.items() if was[name] != item[name]]
        if fields:
            yield {"kind": "changed", "item": item, "fields": fields}
