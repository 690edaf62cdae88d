"""Pages of retention: what is due and what is kept back, purges, legal holds; and a person's data to take away."""

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from appraisal import clock, forms, jobs, paging, rest, web
from appraisal.core.policy.general import DEFAULT_TERMS
from appraisal.core.policy.model import Text
from appraisal.fields import Listing
from appraisal.forms import OPENED, Form
from appraisal.people import directory
from appraisal.policies import queries as policies
from appraisal.records import holds, service, taking_out
from appraisal.records.models import LegalHold, Purge
from appraisal.records.schemas import HoldByNumberIn, LiftIn, PurgeIn, TakeOutIn
from appraisal.records.terms import Term, Terms

pages = Blueprint("records", __name__)

MOST_SHOWN = 200
HOLD = f"/admin/retention/holds/<int(max={2**31 - 1}):hold_id>"


@pages.get("/admin/retention")
@web.signed_in_only
def retention(form: Form = OPENED) -> ResponseReturnValue:
    """What is due today and what is kept back, the purges there have been, and the holds that stand."""
    session, actor = web.session(), web.actor()
    found = service.preview(session, actor)
    past = paging.paged(session, service.purges(actor), [(Purge.id, "desc")], forms.asked(Listing))
    standing = session.execute(holds.holds_seen(actor, standing=True).order_by(LegalHold.id)).all()
    latest = past.items[0][0] if past.items else None
    shown = {
        "found": found,
        "counts": {kind: sum(one.kind == kind for one in found.ready) for kind in ("case", "person", "document", "release")},
        "shown": MOST_SHOWN,
        "page": past,
        "standing": standing,
        "job": jobs.latest(session, f"purge:{latest.id}", service.PURGE) if latest and latest.ended_at is None else None,
        "terms": _terms(session),
        "purges": actor.has("admin"),
        "holds_back": actor.has(*holds.MANAGING),
    }
    return render_template("records/retention.html", **shown, form=form)


def _terms(session: Session) -> list[tuple[Text, dict[str, Term]]]:
    """How long each policy in force keeps what there is under it; one that only monitors has no records of people."""
    terms, told = Terms(session, clock.today()), []
    for name in policies.published_names(session):
        stored = policies.policy_in_force(session, name, clock.today())
        if stored is None:
            continue
        policy = policies.compiled_state(stored)
        kinds = ("kpi_form",) if policy.general.purpose == "monitoring" else tuple(DEFAULT_TERMS)
        told.append((policy.title, {kind: terms.of(kind, name) for kind in kinds}))
    return told


@pages.post("/admin/retention/purge")
@web.signed_in_only
@forms.submits(PurgeIn, again=retention, creates=True)
def purge(body: dict[str, Any]) -> Response:
    """Has what was shown as due deleted, in the background."""
    service.ask_for_purge(web.session(), web.actor(), **body)
    return forms.done(
        url_for("records.retention"), "清除已开始, 完成后在此页列出结果", "The purge has begun; its result will stand here"
    )


@pages.post("/admin/retention/holds")
@web.signed_in_only
@forms.submits(HoldByNumberIn, again=retention, creates=True)
def set_hold(body: dict[str, Any]) -> Response:
    """Holds a person's records."""
    employee_id = directory.id_of(web.session(), body["number"], "number")
    holds.set_hold(web.session(), web.actor(), employee_id, reason=body["reason"])
    return forms.done(url_for("records.retention"), "已保全, 此人的记录不会被清除", "On hold: nothing of this person is purged")


@pages.get(HOLD)
@web.signed_in_only
def hold(hold_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One hold, and the way to lift it."""
    one, employee, set_by = holds.find_hold(web.session(), web.actor(), hold_id)
    shown = {"one": one, "employee": employee, "set_by": set_by, "lifts": web.actor().has(*holds.MANAGING)}
    return render_template("records/hold.html", **shown, form=form)


@pages.post(HOLD)
@web.signed_in_only
@forms.submits(LiftIn, again=hold, versioned=True)
def lift_hold(body: dict[str, Any], hold_id: int, version: int) -> Response:
    """Lifts it, with the reason."""
    holds.lift_hold(web.session(), web.actor(), hold_id, **body, version=version)
    return forms.done(url_for("records.retention"), "保全已解除", "The hold is lifted")


@pages.get("/my/data/file.zip")
@web.signed_in_only
def own_archive() -> Response:
    """Everything of one's own in one archive."""
    name, content = taking_out.own(web.session(), web.actor())
    return rest.download(name, "application/zip", content)


@pages.get(f"/people/<int(max={2**31 - 1}):employee_id>/take-out")
@web.signed_in_only
def take_out(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form by which HR gives a person's data out at their request."""
    employee = taking_out.find_person(web.session(), web.actor(), employee_id)
    return render_template("records/take_out_for.html", employee=employee, form=form)


@pages.post(f"/people/<int(max={2**31 - 1}):employee_id>/take-out")
@web.signed_in_only
@forms.submits(TakeOutIn, again=take_out)
def take_out_now(body: dict[str, Any], employee_id: int) -> Response:
    """The archive, put on record with the reason."""
    name, content = taking_out.on_request(web.session(), web.actor(), employee_id, **body)
    return rest.download(name, "application/zip", content)
