"""Pages of the regulation: as a document one can read, one post, what changed, what it would change, how it was made known."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col

from appraisal import clock, forms, paging, web
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT
from appraisal.errors import NotFound
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.policies import drawings, made_known, queries, reading, service, wording
from appraisal.policies.models import PolicyPublication, StoredPolicy
from appraisal.policies.schemas import (
    AcknowledgementFilter,
    DigestIn,
    ImpactAsked,
    MeasureIn,
    PageFilter,
    PaperListIn,
    SignoffIn,
    StatesAsked,
)
from appraisal.reports import archive
from appraisal.results import impact as impacts

pages = Blueprint("policies", __name__)
pages.add_app_template_global(label, "label")
pages.add_app_template_filter(wording.formula, "formula")


@pages.get("/policies")
@web.signed_in_only
def all_policies() -> ResponseReturnValue:
    """The policies there are, each as it applies today."""
    session, actor, today = web.session(), web.actor(), clock.today()
    order = [(PolicyPublication.name, "asc")]
    found = queries.listed(session, paging.whole(session, queries.publications_that_count(), order), today)
    known = {one.name: queries.acknowledgement_of(session, one.stored, actor.employee_id) for one in found}
    shown = [(one, queries.compiled_state(one.stored)) for one in found]
    return render_template("policies/all.html", shown=shown, known=known, today=today)


@pages.get("/policies/<name>")
@web.signed_in_only
def policy(name: str) -> ResponseReturnValue:
    """One state of a policy as a document."""
    wanted = forms.asked(PageFilter)
    stored = _state(name, wanted["digest"], wanted["on"])
    shown = queries.compiled_state(stored)
    directions = {code: web.said(label("direction", code)) for code in codes("direction")}
    return render_template(
        "policies/policy.html",
        **_around(stored, shown, wanted["on"]),
        curves=drawings.drawn(shown, directions),
        found=reading.find(shown, wanted["q"]) if wanted["q"] else None,
        wanted=wanted["q"] or "",
        told=lambda text: wording.condition(text, reading.names(shown)),
        booklet=archive.is_kept(web.session(), "policy_booklet", stored.id or 0),
    )


@pages.get("/policies/<name>/posts/<post_id>")
@web.signed_in_only
def post(name: str, post_id: str) -> ResponseReturnValue:
    """The sheet of one post, as printed and as it is read."""
    wanted = forms.asked(PageFilter)
    stored = _state(name, wanted["digest"], wanted["on"])
    shown = queries.compiled_state(stored)
    located = shown.posts.get(post_id)
    if located is None:
        raise NotFound()
    return render_template(
        "policies/post.html",
        **_around(stored, shown, wanted["on"]),
        located=located,
        rules=[rule for rule in shown.vetoes.rules if rule.all_posts or post_id in rule.posts],
        reaching=[rule for rule in shown.rules_for(post_id) if not (rule.all_posts or post_id in rule.posts)],
        beside=[one for one in shown.sheets if one.unit == located.unit],
        chosen=reading.library_for(shown, located),
        told=lambda text: wording.condition(text, reading.names(shown)),
    )


@pages.get("/policies/<name>/diff")
@web.signed_in_only
def diff(name: str) -> ResponseReturnValue:
    """What changed between two states: in words, then in the rule files."""
    wanted = forms.asked(StatesAsked)
    states = reading.all_states(web.session(), name)
    if not states:
        raise NotFound()
    after = _one_of(states, wanted["after"]) or states[-1]
    earlier = [one for one in states if one.id != after.id]
    before = _one_of(states, wanted["before"]) or (earlier[-1] if earlier else None)
    told, files = (reading.compared(before, after)) if before else ([], {})
    return render_template("policies/diff.html", name=name, states=states, before=before, after=after, told=told, files=files)


@pages.get("/policies/<name>/impact")
@web.signed_in_only
def impact(name: str) -> ResponseReturnValue:
    """What a state would make of a cycle that has been judged, for HR."""
    wanted, session, actor = forms.asked(ImpactAsked), web.session(), web.actor()
    auth.require_role(actor, "hr")
    states = reading.all_states(session, name)
    if not states:
        raise NotFound()
    chosen = _one_of(states, wanted["digest"]) or states[-1]
    judged = [one for one in cycles.cycles(session) if one.status != DRAFT]
    told = impacts.impact_of(session, actor, wanted["cycle_id"], queries.compiled_state(chosen)) if wanted["cycle_id"] else None
    return render_template(
        "policies/impact.html", name=name, states=states, chosen=chosen, cycles=judged, told=told, asked=wanted["cycle_id"]
    )


@pages.get("/policies/<name>/known")
@web.signed_in_only
def known(name: str, form: Form = OPENED) -> ResponseReturnValue:
    """How a state was made known, and who has taken note of it as far as one may know of them."""
    session, actor = web.session(), web.actor()
    wanted = forms.asked(AcknowledgementFilter)
    stored = _state(name, wanted["digest"], None)
    found = queries.who_knows(session, actor, stored, lacking=wanted["lacking"])
    return render_template(
        "policies/known.html",
        **_around(stored, queries.compiled_state(stored), None),
        form=form,
        page=paging.paged(session, found, [(col(Employee.number), "asc")], wanted),
        lacking=wanted["lacking"],
        kinds=[(code, web.said(label("policy_measure", code))) for code in codes("policy_measure")],
    )


@pages.post("/policies/<name>/acknowledgement")
@web.signed_in_only
@forms.submits(DigestIn, policy)
def acknowledge(body: dict[str, Any], name: str) -> Response:
    """Takes note of this very text."""
    made_known.acknowledge(web.session(), web.actor(), _asked(name, body))
    return forms.done(url_for("policies.policy", name=name), "已记下: 您已阅读本制度", "Noted: you have read this policy")


@pages.post("/policies/<name>/assumed")
@web.signed_in_only
@forms.submits(DigestIn, known)
def confirm_assumed(body: dict[str, Any], name: str) -> Response:
    """Confirms every value that the source does not give."""
    service.confirm_assumed(web.session(), web.actor(), _asked(name, body))
    return forms.done(url_for("policies.known", name=name), "假定值已确认", "The assumed values are confirmed")


@pages.post("/policies/<name>/measures")
@web.signed_in_only
@forms.submits(MeasureIn, known, creates=True)
def record_measure(body: dict[str, Any], name: str) -> Response:
    """Records a discussion, a publication or a training."""
    made_known.record_measure(web.session(), web.actor(), _asked(name, body), **_without_digest(body))
    return forms.done(url_for("policies.known", name=name), "已记录", "It is on record")


@pages.post("/policies/<name>/signoffs")
@web.signed_in_only
@forms.submits(SignoffIn, known, creates=True)
def record_signoff(body: dict[str, Any], name: str) -> Response:
    """Records a signature under the policy."""
    made_known.record_signoff(web.session(), web.actor(), _asked(name, body), **_without_digest(body))
    return forms.done(url_for("policies.known", name=name), "签署已记录", "The signature is on record")


@pages.post("/policies/<name>/paper")
@web.signed_in_only
@forms.submits(PaperListIn, known, creates=True)
def acknowledge_on_paper(body: dict[str, Any], name: str) -> Response:
    """Hands in a list that was signed on paper."""
    session, stored = web.session(), _asked(name, body)
    ids = made_known.employees_named(session, body["numbers"])
    added = made_known.acknowledge_on_paper(session, web.actor(), stored, employee_ids=ids, file_id=body["file_ids"][0])
    return forms.done(
        url_for("policies.known", name=name), f"已补记 {added} 人", f"{added} people added, the others had been noted before"
    )


def _state(name: str, digest: str | None, on: date | None) -> StoredPolicy:
    session = web.session()
    if digest is not None:
        return made_known.find_state(session, name, digest)
    stored = queries.policy_in_force(session, name, on or clock.today()) or (
        reading.first_to_come(session, name) if on is None else None
    )
    if stored is None:
        raise NotFound()
    return stored


def _asked(name: str, body: Mapping[str, Any]) -> StoredPolicy:
    return made_known.find_state(web.session(), name, body["digest"])


def _without_digest(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "digest"}


def _one_of(states: Sequence[StoredPolicy], digest: str | None) -> StoredPolicy | None:
    found = next((one for one in states if one.digest == digest), None)
    if digest is not None and found is None:
        raise NotFound()
    return found


def _around(stored: StoredPolicy, shown: Policy, on: date | None) -> dict[str, Any]:
    """What every page of one state has."""
    session, actor = web.session(), web.actor()
    today = clock.today()
    in_force = queries.policy_in_force(session, stored.name, today)
    return {
        "name": stored.name,
        "policy": shown,
        "stored": stored,
        "on": on,
        "today": today,
        "is_in_force": in_force is not None and in_force.id == stored.id,
        "states": reading.all_states(session, stored.name),
        "confirmation": queries.confirmation_of(session, stored.digest),
        "acknowledgement": queries.acknowledgement_of(session, stored, actor.employee_id),
        "measures": queries.measures_of(session, stored),
        "signoffs": queries.signoffs_of(session, stored),
        "assumed": queries.assumed_values(shown),
        "remarks": reading.remarks(shown),
        "names": reading.names(shown),
        "is_hr": actor.has("hr"),
        "hr_of_some": actor.holds("hr"),
    }
