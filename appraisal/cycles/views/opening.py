"""Before a cycle opens, and when it is brought up to date: everything found, what to do about it, and where."""

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, later, web
from appraisal.core.errors import Message
from appraisal.cycles import queries, repinning, service
from appraisal.cycles.models import CLOSED, DRAFT, OPEN
from appraisal.cycles.planning import Finding
from appraisal.cycles.preflight import Preflight, stored_for
from appraisal.cycles.preflight import preflight as look_over
from appraisal.cycles.schemas import NothingIn, PolicyMoveIn
from appraisal.cycles.views.blueprint import ONE, address_of, cycle_of_hr, is_changer, known_cycle, pages
from appraisal.errors import Conflict
from appraisal.forms import Form
from appraisal.labels import label
from appraisal.policies import queries as policies
from appraisal.policies import service as policy_service

SHOWN = 200
# Where each kind of finding is mended: the endpoint, and whether it is about this cycle.
_MENDED_AT = {
    "no_policy": ("policies.all_policies", False),
    "no_cycle_rule": ("policies.all_policies", False),
    "no_calendar": ("policies.all_policies", False),
    "trial_pays": ("cycles.edit", True),
    "pays_not_declared": ("cycles.edit", True),
    "pays_twice": ("cycles.edit", True),
    "no_data_deadline": ("cycles.edit", True),
    "goal_without_assessor": ("cycles.rulings", True),
    "goal_without_standard": ("policies.all_policies", False),
    "blank_cadence": ("cycles.rulings", True),
    "blank_source": ("cycles.rulings", True),
    "nobody": ("people.directory", False),
    "no_post": ("people.directory", False),
    "no_supervisor": ("people.directory", False),
    "post_without_profile": ("policies.all_policies", False),
    "external_with_post": ("people.directory", False),
    "external_with_account": ("people.accounts", False),
}


@dataclass(frozen=True)
class Kind:
    """The findings of one kind, with what to do about them and where."""

    code: str
    title: Message
    remedy: Message
    blocking: bool
    findings: list[Finding]
    address: str | None


@pages.get(f"{ONE}/preflight")
@web.signed_in_only
def preflight(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What opening a draft would do, or bringing a running cycle up to date, and what stands in the way."""
    found = known_cycle(cycle_id)
    if found.status == CLOSED:
        service.require_status(found, OPEN)
    seen = look_over(web.session(), found)
    return render_template(
        "cycles/preflight.html", cycle=found, form=form or Form(), **_shown(found, seen), changes=is_changer(found)
    )


@pages.post(f"{ONE}/confirm-assumed")
@web.signed_in_only
@forms.submits(NothingIn, again=preflight)
def confirm_assumed(body: dict[str, Any], cycle_id: int) -> Response:
    """Confirms every value of the policy that its source does not give."""
    found = cycle_of_hr(cycle_id)
    stored = stored_for(web.session(), found)
    if stored is None:
        zh, en = "制度尚未发布", "the policy has not been published"
        raise Conflict("no_policy", zh, en)
    policy_service.confirm_assumed(web.session(), web.actor(), stored)
    return forms.done(url_for("cycles.preflight", cycle_id=cycle_id), "已确认全部假定值", "All assumed values are confirmed")


@pages.post(f"{ONE}/open")
@web.signed_in_only
@forms.submits(NothingIn, again=preflight, versioned=True)
def open_now(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Opens it: the policy is pinned, and everybody appraised gets their sheets."""
    found = cycle_of_hr(cycle_id)
    service.require_status(found, DRAFT)
    service.refuse_unready(seen := look_over(web.session(), found))
    if len(seen.planned) >= later.MANY:
        return _begin("cycles.open", cycle_id, version)
    rated = service.open_cycle(web.session(), web.actor(), found, version=version).rated
    zh, en = f"「{found.name}」已开启, {rated} 人参评", f"{found.name} is open: {rated} are rated"
    return forms.done(url_for("desk.cycle_progress", cycle_id=cycle_id, cycle=found.code), zh, en)


@pages.post(f"{ONE}/refresh")
@web.signed_in_only
@forms.submits(NothingIn, again=preflight, versioned=True)
def refresh_now(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Brings a running cycle up to date with who joined, left or changed post."""
    found = cycle_of_hr(cycle_id)
    if queries.count_appraisals(web.session(), cycle_id) >= later.MANY:
        service.require_status(found, OPEN)
        return _begin("cycles.refresh", cycle_id, version)
    rated = service.refresh_cycle(web.session(), web.actor(), found, version=version).rated
    zh, en = f"参评人员已更新: {rated} 人参评", f"Brought up to date: {rated} are rated"
    return forms.done(url_for("cycles.cycle", cycle_id=cycle_id), zh, en)


def _begin(task: str, cycle_id: int, version: int) -> Response:
    given = {"cycle_id": cycle_id, "version": version}
    return later.begin(web.session(), web.actor(), task, given, about=f"people:{cycle_id}")


@pages.get(f"{ONE}/policy-move")
@web.signed_in_only
def policy_move(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What moving a running cycle to the text now published would do, and what stands in the way."""
    found = known_cycle(cycle_id)
    service.require_status(found, OPEN)
    seen = repinning.repin_preflight(web.session(), found)
    shown = _shown(found, seen) | {"cycle": found, "form": form or Form(), "changes": is_changer(found)}
    return render_template("cycles/policy_move.html", **shown)


@pages.post(f"{ONE}/policy-move")
@web.signed_in_only
@forms.submits(PolicyMoveIn, again=policy_move, versioned=True)
def move_policy(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Moves it."""
    found = cycle_of_hr(cycle_id)
    how = {"digest": body["policy_digest"], "reason": body["reason"], "version": version}
    repinning.repin_cycle(web.session(), web.actor(), found, **how)
    zh, en = (
        "周期已改用现行文本, 此前的结果须重新计算",
        "The cycle has the text in force now; results so far are to be computed anew",
    )
    return forms.done(url_for("cycles.cycle", cycle_id=cycle_id), zh, en)


def _shown(found: Any, seen: Preflight) -> dict[str, Any]:
    session = web.session()
    assumed: list[dict[str, Any]] = []
    if seen.stored and policies.confirmation_of(session, seen.stored.digest) is None:
        assumed = policies.assumed_values(policies.compiled(session, seen.stored.digest))
    ready = not seen.blocking and seen.stored is not None
    rated = seen.rated
    counts = {"rated": rated, "not_rated": len(seen.planned) - rated}
    return {"seen": seen, "kinds": _kinds(found, seen), "assumed": assumed, "ready": ready, "shown": SHOWN} | counts


def _kinds(found: Any, seen: Preflight) -> list[Kind]:
    by_kind: dict[str, list[Finding]] = {}
    for one in seen.findings:
        by_kind.setdefault(one.kind, []).append(one)
    kinds = [
        Kind(code, label("finding", code), label("remedy", code), any(one.blocking for one in ones), ones, _place(found, code))
        for code, ones in by_kind.items()
    ]
    return sorted(kinds, key=lambda one: not one.blocking)


def _place(found: Any, code: str) -> str | None:
    endpoint, of_cycle = _MENDED_AT.get(code, (None, False))
    if endpoint is None or (endpoint == "cycles.edit" and found.status != DRAFT):
        return None
    return address_of(endpoint, **({"cycle_id": found.id} if of_cycle else {}))
