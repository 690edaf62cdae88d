"""Who stands in for whom during an absence: one's own delegations, and for HR those of their people."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, paging, web
from appraisal.fields import Listing
from appraisal.forms import OPENED, Form
from appraisal.people import absence, auth, directory
from appraisal.people.models import Delegation
from appraisal.people.schemas_organisation import DelegationForm, NothingForm
from appraisal.people.views.blueprint import pages

DELEGATION = f"/delegations/<int(max={2**31 - 1}):delegation_id>"


@pages.get("/delegations")
@web.signed_in_only
def delegations(form: Form = OPENED) -> ResponseReturnValue:
    """Delegations given and taken, the latest first, and the form for another."""
    session, actor = web.session(), web.actor()
    found = select(Delegation).where(directory.delegations_seen(session, actor))
    wanted = forms.asked(Listing)
    page = paging.paged(session, found, [(col(Delegation.from_on), "desc"), (col(Delegation.id), "desc")], wanted)
    people = directory.people_by_id(session, {who for one in page.items for who in (one.supervisor_id, one.delegate_id)})
    rows = [(one, people[one.supervisor_id], people[one.delegate_id]) for one in page.items]
    shown = {"page": page.with_items(rows), "form": form, "today": clock.today(), "hr": actor.holds("hr")}
    return render_template("people/delegations.html", **shown)


@pages.post("/delegations")
@web.signed_in_only
@forms.submits(DelegationForm, delegations, creates=True)
def delegate(body: dict[str, Any]) -> Response:
    """Has somebody act as supervisor during an absence."""
    session, actor, number = web.session(), web.actor(), body.pop("supervisor_number")
    if number is None and actor.employee_id is None:
        raise auth.for_others("supervisor", "hr")
    supervisor = (
        directory.find_employee(session, actor, actor.employee_id or 0)
        if number is None
        else directory.find_employee(session, actor, directory.named_by(session, number, "supervisor_number").id or 0)
    )
    stand_in = directory.named_by(session, body.pop("stand_in_number"), "stand_in_number")
    absence.delegate(session, actor, supervisor, stand_in, **body)
    zh, en = f"{stand_in.name} 将代理 {supervisor.name}", f"{stand_in.name} will stand in for {supervisor.name}"
    return forms.done(url_for("people.delegations"), zh, en)


@pages.post(f"{DELEGATION}/end")
@web.signed_in_only
@forms.submits(NothingForm, lambda form, delegation_id: delegations(form), versioned=True)
def end_delegation(body: dict[str, Any], delegation_id: int, version: int) -> Response:
    """Ends a delegation; from today on nobody stands in."""
    session, actor = web.session(), web.actor()
    absence.end_delegation(session, actor, directory.find_delegation(session, actor, delegation_id), version=version)
    return forms.done(url_for("people.delegations"), "代理已结束", "The delegation has ended")
