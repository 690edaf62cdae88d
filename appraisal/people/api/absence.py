"""Endpoints of delegation during an absence, and of the clerks who enter for those without account."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import select

from appraisal import rest
from appraisal.errors import NotFound
from appraisal.people import absence, auth, clerks, directory
from appraisal.people.api.organisation import require_any, required
from appraisal.people.models import Clerk, Delegation, Employee, Unit
from appraisal.people.schemas_organisation import (
    ClerkFilter,
    ClerkIn,
    ClerkOut,
    DelegationIn,
    DelegationOut,
    LastDayIn,
)

endpoints = rest.Endpoints("absence", "代理与代录 · Who stands in for whom, and who enters for those without account")


@endpoints.get("/delegations", rest.Listing, out=rest.page_of(DelegationOut))
def list_delegations(query: dict[str, Any]) -> rest.Page:
    """One's own delegations, given and taken; for HR and auditors those of their people. The latest first."""
    found = select(Delegation).where(directory.delegations_seen(rest.session(), rest.actor()))
    page = rest.paged(rest.session(), found, [(Delegation.from_on, "desc"), (Delegation.id, "desc")], query)
    return page.with_items(_delegations_out(page.items))


@endpoints.get("/delegations/<int:delegation_id>", out=DelegationOut)
def show_delegation(delegation_id: int) -> dict[str, Any]:
    """One delegation."""
    return _delegations_out([directory.find_delegation(rest.session(), rest.actor(), delegation_id)])[0]


@endpoints.post("/delegations", DelegationIn, out=DelegationOut, creates=True)
def delegate(body: dict[str, Any]) -> dict[str, Any]:
    """Have somebody act as supervisor during an absence

    For oneself, or as HR for somebody. A direct report cannot stand in, nor can who is away then too.
    """
    actor = rest.actor()
    supervisor_id = body.pop("supervisor_id") or actor.employee_id
    if supervisor_id is None:
        raise auth.for_others("supervisor", "hr")
    supervisor = directory.find_employee(rest.session(), actor, supervisor_id)
    if supervisor.id != actor.employee_id:
        auth.require_hr_of(rest.session(), actor, supervisor)
    stand_in = directory.named_by(rest.session(), body.pop("stand_in_number"), "stand_in_number")
    return _delegations_out([absence.delegate(rest.session(), actor, supervisor, stand_in, **body)])[0]


@endpoints.delete("/delegations/<int:delegation_id>", of=show_delegation)
def end_delegation(delegation_id: int, version: int) -> None:
    """End a delegation; from today on nobody stands in."""
    delegation = directory.find_delegation(rest.session(), rest.actor(), delegation_id)
    absence.end_delegation(rest.session(), rest.actor(), delegation, version=version)


@endpoints.get("/clerks", ClerkFilter, out=rest.page_of(ClerkOut))
def list_clerks(query: dict[str, Any]) -> rest.Page:
    """The clerks, the latest first: for HR, auditors and administrators; anybody sees their own appointments."""
    found = select(Clerk).where(clerks.seen(rest.actor()))
    if query["unit_id"] is not None:
        found = found.where(Clerk.unit_id == query["unit_id"])
    page = rest.paged(rest.session(), found, [(Clerk.from_on, "desc"), (Clerk.id, "desc")], query)
    return page.with_items(_clerks_out(page.items))


@endpoints.get("/clerks/<int:clerk_id>", out=ClerkOut)
def show_clerk(clerk_id: int) -> dict[str, Any]:
    """One clerk."""
    return _clerks_out([_clerk(clerk_id)])[0]


@endpoints.post("/clerks", ClerkIn, out=ClerkOut, creates=True)
def appoint_clerk(body: dict[str, Any]) -> dict[str, Any]:
    """Appoint a clerk for those of a unit and below who have no account

    The clerk then sends `On-Behalf-Of: <employee number>` with a request, and with a write `Scan: <file id>`, the paper that
    was signed, handed in before.
    """
    require_any("hr")
    employee, unit = required(Employee, body.pop("employee_id"), "employee_id"), required(Unit, body.pop("unit_id"), "unit_id")
    return _clerks_out([clerks.appoint_clerk(rest.session(), rest.actor(), employee, unit, **body)])[0]


@endpoints.post("/clerks/<int:clerk_id>/dismissal", LastDayIn, out=ClerkOut, of=show_clerk)
def dismiss_clerk(body: dict[str, Any], clerk_id: int, version: int) -> dict[str, Any]:
    """Note a clerk's last day."""
    return _clerks_out([clerks.dismiss_clerk(rest.session(), rest.actor(), _clerk(clerk_id), version=version, **body)])[0]


def _clerk(clerk_id: int) -> Clerk:
    clerk = rest.session().exec(select(Clerk).where(Clerk.id == clerk_id, clerks.seen(rest.actor()))).one_or_none()
    if clerk is None:
        raise NotFound()
    return clerk


def _delegations_out(found: Sequence[Delegation]) -> list[dict[str, Any]]:
    rest.session().flush()
    people = directory.people_by_id(rest.session(), {who for one in found for who in (one.supervisor_id, one.delegate_id)})
    kept = ("id", "from_on", "to_on", "reason", "version")
    return [
        {name: getattr(one, name) for name in kept}
        | {"supervisor": people[one.supervisor_id], "stand_in": people[one.delegate_id]}
        for one in found
    ]


def _clerks_out(found: Sequence[Clerk]) -> list[dict[str, Any]]:
    rest.session().flush()
    people = directory.people_by_id(rest.session(), {one.employee_id for one in found})
    kept = ("id", "unit_id", "from_on", "to_on", "reason", "version")
    return [{name: getattr(one, name) for name in kept} | {"employee": people[one.employee_id]} for one in found]
