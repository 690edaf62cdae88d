"""Endpoints of retention: what is due, purges, legal holds, and one person's data as an archive."""

from typing import Any

from flask import Response

from appraisal import rest
from appraisal.records import holds, service, taking_out
from appraisal.records.due import Due
from appraisal.records.models import LegalHold, Purge
from appraisal.records.schemas import (
    HoldFilter,
    HoldIn,
    HoldOut,
    LiftIn,
    PreviewFilter,
    PreviewOut,
    PurgeIn,
    PurgeOut,
    TakeOutIn,
)

endpoints = rest.Endpoints("records", "保存期限 · Retention: what is due, purges, legal holds, a person's data to take away")


@endpoints.get("/purge-preview", PreviewFilter, out=PreviewOut)
def preview_purge(query: dict[str, Any]) -> dict[str, Any]:
    """What a purge on a day, by default today, would take, and what is kept back and why: ids and numbers, no names."""
    found = service.preview(rest.session(), rest.actor(), query["on"])
    ready, blocked = ([_due_out(one) for one in some] for some in (found.ready, found.blocked))
    return {"on": found.on, "ready": ready, "blocked": blocked, "kept_cases": found.kept_cases}


@endpoints.get("/purges", rest.Listing, out=rest.page_of(PurgeOut))
def list_purges(query: dict[str, Any]) -> rest.Page:
    """The purges there have been, the latest first."""
    page = rest.paged(rest.session(), service.purges(rest.actor()), [(Purge.id, "desc")], query)
    return page.with_items([_purge_out(*one) for one in page.items])


@endpoints.get("/purges/<int:purge_id>", out=PurgeOut)
def show_purge(purge_id: int) -> dict[str, Any]:
    """One purge: when it was, and how much it took."""
    return _purge_out(*service.find_purge(rest.session(), rest.actor(), purge_id))


@endpoints.post("/purges", PurgeIn, out=PurgeOut, creates=True)
def start_purge(body: dict[str, Any]) -> dict[str, Any]:
    """Delete for good what is due today, in the background, by an administrator

    Refused where what is due is not what the caller has seen.
    """
    return show_purge(service.ask_for_purge(rest.session(), rest.actor(), **body).id)


@endpoints.get("/legal-holds", HoldFilter, out=rest.page_of(HoldOut))
def list_holds(query: dict[str, Any]) -> rest.Page:
    """Legal holds, the latest first, by HR, administrators and auditors."""
    found = holds.holds_seen(rest.actor(), standing=query["standing"])
    page = rest.paged(rest.session(), found, [(LegalHold.id, "desc")], query)
    return page.with_items([_hold_out(*one) for one in page.items])


@endpoints.get("/legal-holds/<int:hold_id>", out=HoldOut)
def show_hold(hold_id: int) -> dict[str, Any]:
    """One legal hold."""
    return _hold_out(*holds.find_hold(rest.session(), rest.actor(), hold_id))


@endpoints.post("/legal-holds", HoldIn, out=HoldOut, creates=True)
def set_hold(body: dict[str, Any]) -> dict[str, Any]:
    """Hold a person's records: nothing of them is purged until somebody lifts it."""
    return show_hold(holds.set_hold(rest.session(), rest.actor(), **body).id)


@endpoints.post("/legal-holds/<int:hold_id>/lift", LiftIn, out=HoldOut, of=show_hold)
def lift_hold(body: dict[str, Any], hold_id: int, version: int) -> dict[str, Any]:
    """Lift a hold, with the reason."""
    holds.lift_hold(rest.session(), rest.actor(), hold_id, **body, version=version)
    return show_hold(hold_id)


@endpoints.get("/my-data/file.zip", content="application/zip")
def take_out_own_data() -> Response:
    """Everything of one's own in one archive: an index to read, JSON, tables, documents and one's own files."""
    name, content = taking_out.own(rest.session(), rest.actor())
    return rest.download(name, "application/zip", content)


@endpoints.post("/employees/<int:employee_id>/take-out", TakeOutIn, content="application/zip", plain=True)
def take_out_for(body: dict[str, Any], employee_id: int) -> Response:
    """The same for somebody who asked HR for it, with the reason, on the audit trail."""
    name, content = taking_out.on_request(rest.session(), rest.actor(), employee_id, **body)
    return rest.download(name, "application/zip", content)


def _due_out(one: Due) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("kind", "id", "since", "number", "what", "blocks")}


def _purge_out(purge: Purge, asked_by: str | None) -> dict[str, Any]:
    when = {"began_at": purge.began_at, "ended_at": purge.ended_at}
    took = {name: purge.counts.get(name, {}) for name in ("taken", "rows")}
    return {"id": purge.id, "on": purge.on_day, "asked_by": asked_by, **when, **took}


def _hold_out(hold: LegalHold, employee: Any, set_by: str | None) -> dict[str, Any]:
    told = ("id", "reason", "set_at", "lifted_at", "lifted_because", "version")
    return {**{name: getattr(hold, name) for name in told}, "employee": employee, "set_by": set_by}
