"""Endpoints of cycles: prepare, look ahead, open, keep up to date, close."""

from collections import Counter
from dataclasses import replace
from typing import Any

from sqlmodel import select

from appraisal import rest
from appraisal.agreements import queries as agreements
from appraisal.core.policy.model import Text
from appraisal.cycles import drafts, queries, repinning, service
from appraisal.cycles.models import DRAFT, OPEN, Cycle
from appraisal.cycles.planning import Finding
from appraisal.cycles.preflight import Preflight, preflight
from appraisal.cycles.queries import SEE_DRAFTS
from appraisal.cycles.schemas import (
    CycleChange,
    CycleFilter,
    CycleIn,
    CycleOut,
    PolicyMoveIn,
    PreflightFilter,
    PreflightOut,
)
from appraisal.errors import Fault, Invalid
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Unit

SHOWN = 1000

endpoints = rest.Endpoints("cycles", "考核周期 · Appraisal cycles: drafted, looked over, opened under a pinned policy, closed")


@endpoints.get("/cycles", CycleFilter, out=rest.page_of(CycleOut))
def list_cycles(query: dict[str, Any]) -> rest.Page:
    """The cycles, the latest first

    Everybody may know of those that have opened; drafts are for HR, approvers, auditors and administrators.
    """
    found = select(Cycle)
    if not rest.actor().holds(*SEE_DRAFTS):
        found = found.where(Cycle.status != DRAFT)
    for name in ("status", "cadence", "period"):
        if query[name] is not None:
            found = found.where(getattr(Cycle, name) == query[name])
    return rest.paged(rest.session(), found, [(Cycle.starts_on, "desc"), (Cycle.id, "desc")], query, row=_shown)


@endpoints.get("/cycles/<int:cycle_id>", out=CycleOut)
def show_cycle(cycle_id: int) -> dict[str, Any]:
    """One cycle with the digest of its policy."""
    return _shown(_cycle(cycle_id))


@endpoints.post("/cycles", CycleIn, out=CycleOut, creates=True)
def draft_cycle(body: dict[str, Any]) -> dict[str, Any]:
    """Draft a cycle; its period gives cadence and days."""
    if not rest.actor().holds("hr"):
        raise auth.for_others("hr")
    given = {name: body[name] for name in ("code", "name", "period", "pays", "data_due_on")}
    unit = _unit(body["unit_id"])
    return _shown(service.draft_cycle(rest.session(), rest.actor(), policy_name=body["policy"], unit=unit, **given))


@endpoints.put("/cycles/<int:cycle_id>", CycleChange, out=CycleOut, of=show_cycle)
def change_cycle(body: dict[str, Any], cycle_id: int, version: int) -> dict[str, Any]:
    """Change a draft."""
    cycle, unit = _for_hr(cycle_id), _unit(body.pop("unit_id"))
    drafts.change_draft(rest.session(), rest.actor(), cycle, unit=unit, version=version, **body)
    return _shown(cycle)


@endpoints.delete("/cycles/<int:cycle_id>", of=show_cycle)
def drop_cycle(cycle_id: int, version: int) -> None:
    """Take away a draft."""
    drafts.drop_draft(rest.session(), rest.actor(), _cycle(cycle_id), version=version)


@endpoints.get("/cycles/<int:cycle_id>/preflight", PreflightFilter, out=PreflightOut)
def show_preflight(query: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """What opening a draft would do, or bringing a running cycle up to date, and what stands in the way

    Of a running cycle it also names who has no agreement signed by both sides, whose self-assessment waits for it (D-16).
    """
    cycle = _for_preparing(cycle_id)
    found = preflight(rest.session(), cycle)
    if cycle.status == OPEN:
        found = replace(found, findings=(*found.findings, *_unsigned(cycle)))
    return _preflight_out(found, query)


@endpoints.post("/cycles/<int:cycle_id>/open", out=CycleOut, of=show_cycle)
def open_cycle(cycle_id: int, version: int) -> dict[str, Any]:
    """Open a draft: the policy in force is pinned, and everybody appraised gets a sheet for each post held

    Refused with every blocking finding of the pre-flight under `errors`.
    """
    cycle = _cycle(cycle_id)
    service.open_cycle(rest.session(), rest.actor(), cycle, version=version)
    return _shown(cycle)


@endpoints.post("/cycles/<int:cycle_id>/refresh", out=CycleOut, of=show_cycle)
def refresh_cycle(cycle_id: int, version: int) -> dict[str, Any]:
    """Bring a running cycle up to date with who joined, left, was on leave or changed post."""
    cycle = _cycle(cycle_id)
    service.refresh_cycle(rest.session(), rest.actor(), cycle, version=version)
    return _shown(cycle)


@endpoints.post("/cycles/<int:cycle_id>/close", out=CycleOut, of=show_cycle)
def close_cycle(cycle_id: int, version: int) -> dict[str, Any]:
    """Close a cycle in which every appraisal is filed."""
    cycle = _cycle(cycle_id)
    service.close_cycle(rest.session(), rest.actor(), cycle, version=version)
    return _shown(cycle)


@endpoints.get("/cycles/<int:cycle_id>/policy-move", PreflightFilter, out=PreflightOut, conflicts=True)
def show_policy_move(query: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """What moving a running cycle to the policy text now published would do, and what stands in the way."""
    cycle = _for_preparing(cycle_id)
    service.require_status(cycle, OPEN)
    return _preflight_out(repinning.repin_preflight(rest.session(), cycle), query)


@endpoints.post("/cycles/<int:cycle_id>/policy-move", PolicyMoveIn, out=CycleOut, of=show_cycle)
def move_policy(body: dict[str, Any], cycle_id: int, version: int) -> dict[str, Any]:
    """Move a running cycle to the policy text now published

    Results computed before are stale from then on; the trail keeps both digests and the reason.
    """
    cycle = _cycle(cycle_id)
    how = {"digest": body["policy_digest"], "reason": body["reason"], "version": version}
    repinning.repin_cycle(rest.session(), rest.actor(), cycle, **how)
    return _shown(cycle)


def _cycle(cycle_id: int) -> Cycle:
    return service.find_cycle(rest.session(), rest.actor(), cycle_id)


def _for_hr(cycle_id: int) -> Cycle:
    """A cycle for those who may change it: what else they send is looked at afterwards only."""
    cycle = _cycle(cycle_id)
    auth.require_role(rest.actor(), "hr", unit=cycle.unit_id)
    return cycle


def _for_preparing(cycle_id: int) -> Cycle:
    """A cycle for those who may see what the pre-flight says of everybody."""
    cycle = _cycle(cycle_id)
    auth.require_role(rest.actor(), "hr", "approver", "auditor", unit=cycle.unit_id)
    return cycle


def _unsigned(cycle: Cycle) -> list[Finding]:
    policy = queries.policy_of(rest.session(), cycle)
    posts = policy.posts
    found: list[Finding] = []
    if not agreements.has_items(policy, cycle):
        return found
    for employee, sheet in agreements.unsigned_in(rest.session(), cycle):
        title = (
            posts[sheet.policy_post].post.title if sheet.policy_post in posts else Text(sheet.policy_post, sheet.policy_post)
        )
        named = f"{employee.number} {employee.name}"
        zh, en = f"{named}: 责任书未双方签署 ({title.zh})", f"{named}: the agreement is not signed by both sides ({title.en})"
        found.append(Finding("agreement_unsigned", zh, en, employee_id=employee.id, number=employee.number))
    return found


def _unit(unit_id: int | None) -> Unit | None:
    found = None if unit_id is None else rest.session().get(Unit, unit_id)
    if unit_id is not None and found is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    return found


def _shown(cycle: Cycle) -> dict[str, Any]:
    return {"policy": cycle.policy_name} | {name: getattr(cycle, name) for name in CycleOut().fields if name != "policy"}


def _preflight_out(found: Preflight, query: dict[str, Any]) -> dict[str, Any]:
    chosen = [one for one in found.findings if query["kind"] in (None, one.kind) and query["blocking"] in (None, one.blocking)]
    rated = sum(person.not_rated_reason is None for person in found.planned)
    counts = Counter(one.kind for one in found.findings)
    return {
        "ready": not found.blocking and found.stored is not None,
        "policy_digest": found.stored.digest if found.stored else None,
        "effective": found.stored.effective if found.stored else None,
        "rated": rated,
        "not_rated": len(found.planned) - rated,
        "counts": [{"kind": kind, "title": label("finding", kind), "count": count} for kind, count in counts.items()],
        "findings": [_finding_out(one) for one in chosen[:SHOWN]],
    }


def _finding_out(one: Finding) -> dict[str, Any]:
    said = {"title": label("finding", one.kind), "message": {"zh": one.zh, "en": one.en}, "blocking": one.blocking}
    return {"kind": one.kind, "employee_id": one.employee_id, "number": one.number} | said
