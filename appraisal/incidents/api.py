"""Endpoints of the ledger of incidents: file, hear, confirm, withdraw, each with evidence."""

from typing import Any

from flask import Response

from appraisal import files, rest
from appraisal.errors import NotFound
from appraisal.files import StoredFile
from appraisal.incidents import queries, service
from appraisal.incidents.models import Incident, IncidentFile
from appraisal.incidents.queries import Said, Seen
from appraisal.incidents.schemas import (
    FindingIn,
    HearingIn,
    IncidentFilter,
    IncidentIn,
    IncidentOut,
    IncidentRowOut,
    WithdrawalIn,
)

endpoints = rest.Endpoints("incidents", "事件台账 · Incidents: filed, heard, confirmed by somebody else, withdrawn")


@endpoints.get("/incidents", IncidentFilter, out=rest.page_of(IncidentRowOut))
def list_incidents(query: dict[str, Any]) -> rest.Page:
    """The incidents that one may see, latest day first: one's own, those of one's people, those one has filed or confirms."""
    found = queries.incidents_seen(rest.session(), rest.actor(), query)
    order = [(Incident.happened_on, "desc"), (Incident.id, "desc")]
    page = rest.paged(rest.session(), found, order, query)
    return page.with_items([_row_out(queries.seen(rest.actor(), row)) for row in page.items])


@endpoints.get("/incidents/<int:incident_id>", out=IncidentOut)
def show_incident(incident_id: int) -> dict[str, Any]:
    """An incident with what was said and decided, and its evidence

    The person concerned sees all of it, except who filed it, before they have been heard.
    """
    seen = queries.incident_seen(rest.session(), rest.actor(), incident_id)
    if seen is None:
        raise NotFound()
    return _row_out(seen) | {
        "facts": seen.incident.facts,
        "entries": [_entry_out(said) for said in queries.history_of(rest.session(), incident_id)],
        "files": [_file_out(*one) for one in queries.files_of(rest.session(), incident_id)],
    }


@endpoints.get("/incidents/<int:incident_id>/files/<int:file_id>", content="*/*")
def read_incident_file(incident_id: int, file_id: int) -> Response:
    """A piece of evidence."""
    stored = service.find_file(rest.session(), rest.actor(), incident_id, file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post("/incidents", IncidentIn, out=IncidentOut, creates=True)
def file_incident(body: dict[str, Any]) -> dict[str, Any]:
    """Report an incident, by the supervisor on that day, a data provider or HR

    It moves no result before the person concerned has been heard and somebody else has confirmed it.
    """
    return show_incident(service.file_incident(rest.session(), rest.actor(), **body).id)


@endpoints.post("/incidents/<int:incident_id>/hear", HearingIn, out=IncidentOut, of=show_incident)
def hear_incident(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """State one's side, or record what the person concerned says or that they say nothing."""
    service.hear_incident(rest.session(), rest.actor(), incident_id, **body, version=version)
    return show_incident(incident_id)


@endpoints.post("/incidents/<int:incident_id>/confirm", FindingIn, out=IncidentOut, of=show_incident)
def confirm_incident(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Find that it happened: from now on it counts

    By HR or the unit the policy names; never by the person concerned, nor by who filed it.
    """
    service.confirm_incident(rest.session(), rest.actor(), incident_id, **body, version=version)
    return show_incident(incident_id)


@endpoints.post("/incidents/<int:incident_id>/withdraw", WithdrawalIn, out=IncidentOut, of=show_incident)
def withdraw_incident(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Take an incident back; what it did to results ends. By HR."""
    service.withdraw_incident(rest.session(), rest.actor(), incident_id, **body, version=version)
    return show_incident(incident_id)


def _row_out(seen: Seen) -> dict[str, Any]:
    incident = seen.incident
    kept = ("id", "event", "happened_on", "status", "filed_at", "version")
    person = {"id": incident.employee_id, "number": seen.number, "name": seen.name}
    return {name: getattr(incident, name) for name in kept} | {"employee": person, "filed_by": seen.filed_by}


def _entry_out(said: Said) -> dict[str, Any]:
    kept = ("id", "status", "text", "entered_at")
    return {name: getattr(said.entry, name) for name in kept} | {"entered_by": said.entered_by}


def _file_out(link: IncidentFile, stored: StoredFile) -> dict[str, Any]:
    kept = ("id", "name", "media_type", "size", "sha256")
    return {name: getattr(stored, name) for name in kept} | {"entry_id": link.entry_id}
