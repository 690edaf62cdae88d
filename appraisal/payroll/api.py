"""Endpoints of payroll releases."""

from decimal import Decimal
from typing import Any

from flask import Response, request

from appraisal import rest
from appraisal.errors import Fault, Invalid
from appraisal.payroll import content, queries, service, settlements
from appraisal.payroll.models import CORRECTION, Release
from appraisal.payroll.schemas import (
    BasesIn,
    DiscardIn,
    DueOut,
    FullReleaseOut,
    ReleaseFilter,
    ReleaseIn,
    ReleaseOut,
    SettlementFilter,
    SettlementsOut,
)

endpoints = rest.Endpoints("payroll", "薪酬发放单 · Payroll releases: frozen, numbered, totalled")


@endpoints.get("/payroll/releases", ReleaseFilter, out=rest.page_of(ReleaseOut))
def list_releases(query: dict[str, Any]) -> rest.Page:
    """Releases, newest first."""
    service.require_reader(rest.actor())
    found = queries.releases(query["cycle_id"], query["status"]).where(service.readable(rest.actor()))
    return rest.paged(rest.session(), found, [(Release.id, "desc")], query)


@endpoints.get("/payroll/due/<int:cycle_id>", out=DueOut)
def show_due(cycle_id: int) -> dict[str, Any]:
    """What the next release of a cycle would hold."""
    cycle = service.find_cycle(rest.session(), rest.actor(), cycle_id)
    due = queries.due(rest.session(), cycle)
    corrections = sum(line.kind == CORRECTION for line in due)
    return {"due": len(due), "corrections": corrections, "waiting": queries.waiting(rest.session(), cycle)}


@endpoints.get("/payroll/releases/<int:release_id>/summary", out=ReleaseOut)
def show_release(release_id: int) -> Release:
    """How a release stands, with its version."""
    release, _ = service.find_release(rest.session(), rest.actor(), release_id)
    return release


@endpoints.get("/payroll/releases/<int:release_id>", out=FullReleaseOut)
def pull_release(release_id: int) -> Response:
    """A release with its lines

    Once released it is the same bytes at every pull. Amounts are in it for payroll alone, where bases were given.
    """
    text = content.as_json(service.pull(rest.session(), rest.actor(), release_id))
    response = Response(text, mimetype="application/json")
    response.add_etag()
    return response.make_conditional(request)


@endpoints.get("/payroll/releases/<int:release_id>/file.csv", content="text/csv")
def pull_table(release_id: int) -> Response:
    """A release as a table (CSV)."""
    said = service.pull(rest.session(), rest.actor(), release_id)
    return rest.download(f"{said['release']}.csv", "text/csv", content.as_csv(said))


@endpoints.get("/payroll/settlements", SettlementFilter, out=SettlementsOut)
def list_settlements(query: dict[str, Any]) -> dict[str, Any]:
    """What the contractors of a cycle have come to; they are in no release."""
    cycle = service.find_cycle(rest.session(), rest.actor(), query["cycle_id"])
    return settlements.as_json(cycle, settlements.settlements(rest.session(), cycle))


@endpoints.get("/payroll/settlements/file.csv", SettlementFilter, content="text/csv")
def pull_settlements(query: dict[str, Any]) -> Response:
    """The same as a table (CSV)."""
    cycle = service.find_cycle(rest.session(), rest.actor(), query["cycle_id"])
    lines = settlements.settlements(rest.session(), cycle)
    return rest.download(f"{cycle.code}-settlements.csv", "text/csv", settlements.as_csv(cycle, lines))


@endpoints.post("/payroll/releases", ReleaseIn, out=ReleaseOut, creates=True)
def prepare_release(body: dict[str, Any]) -> Release:
    """Prepare a release of what has been approved in a cycle and not released yet (HR)."""
    return service.prepare_release(rest.session(), rest.actor(), body["cycle_id"])


@endpoints.put("/payroll/releases/<int:release_id>/bases", BasesIn, out=ReleaseOut, of=show_release)
def set_bases(body: dict[str, Any], release_id: int, version: int) -> Release:
    """Give the base amounts of a prepared release (payroll)."""
    bases: dict[str, tuple[Decimal, str]] = {}
    for index, given in enumerate(body["bases"]):
        if given["employee_no"] in bases:
            zh, en = "工号重复", "this employee is given twice"
            raise Invalid("bad_bases", zh, en, [Fault(f"bases[{index}].employee_no", zh, en)])
        bases[given["employee_no"]] = (given["base"], given["currency"])
    return service.set_bases(rest.session(), rest.actor(), release_id, bases, version=version)


@endpoints.post("/payroll/releases/<int:release_id>/release", out=ReleaseOut, of=show_release)
def release_pay(release_id: int, version: int) -> Release:
    """Freeze and number a prepared release (payroll, never who prepared it)."""
    return service.release_pay(rest.session(), rest.actor(), release_id, version=version)


@endpoints.post("/payroll/releases/<int:release_id>/discard", DiscardIn, out=ReleaseOut, of=show_release)
def discard_release(body: dict[str, Any], release_id: int, version: int) -> Release:
    """Give up a prepared release (HR or payroll)."""
    return service.discard_release(rest.session(), rest.actor(), release_id, reason=body["reason"], version=version)
