"""Endpoints of the ledger of incidents: file, hear, name the people related, confirm, withdraw, and whom it reaches."""

from typing import Any

from flask import Response

from appraisal import files, rest
from appraisal.errors import NotFound
from appraisal.files import StoredFile
from appraisal.incidents import naming, queries, reaching, service
from appraisal.incidents.models import Incident, IncidentFile
from appraisal.incidents.queries import Reached, Said, Seen
from appraisal.incidents.reaching import Affected
from appraisal.incidents.schemas import (
    DecidedIncidentOut,
    FindingIn,
    HearingIn,
    IncidentFilter,
    IncidentIn,
    IncidentOut,
    IncidentRowOut,
    NamingIn,
    ReachOut,
    WithdrawalIn,
)
from appraisal.labels import label
from appraisal.people.models import Employee
from appraisal.results import queries as results

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
    """An incident with what was said and decided, its evidence, and whom it reaches

    The person concerned sees all of it, except who filed it, before they have been heard. Whom else it reaches sees what it
    does to them.
    """
    seen = queries.incident_seen(rest.session(), rest.actor(), incident_id)
    if seen is None:
        raise NotFound()
    session, full = rest.session(), seen.in_full
    people = naming.people_shown(session, rest.actor(), seen.incident)
    found = reaching.affected(session, seen.incident, people)
    return _row_out(seen) | {
        "facts": seen.incident.facts if full else None,
        "people": [_reached_out(one, found) for one in people],
        "entries": [_entry_out(said) for said in queries.history_of(session, incident_id)] if full else [],
        "files": [_file_out(*one) for one in queries.files_of(session, incident_id)] if full else [],
    }


@endpoints.get("/incidents/<int:incident_id>/reach", out=ReachOut)
def show_reach(incident_id: int) -> dict[str, Any]:
    """Whom an incident reaches, or would if it were confirmed now, and what that does to the appraisals of each

    For HR and whoever confirms the event, unless it reaches them too.
    """
    incident, people, found = naming.preview_reach(rest.session(), rest.actor(), incident_id)
    return {
        "asks_for_names": reaching.asks_for_names(reaching.policies_over(rest.session(), incident), incident.event),
        "people": [_reached_out(one, found) for one in people],
        "affected": _affected_out(found),
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


@endpoints.post("/incidents/<int:incident_id>/people", NamingIn, out=IncidentOut, of=show_incident)
def name_person(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Choose somebody related whom the incident will reach too, before it is confirmed

    By HR or whoever confirms the event, where a rule of it is for named people; nobody names themselves.
    """
    naming.name_person(rest.session(), rest.actor(), incident_id, **body, version=version)
    return show_incident(incident_id)


@endpoints.post("/incidents/<int:incident_id>/people/removal", NamingIn, out=IncidentOut, of=show_incident)
def unname_person(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Take somebody out again who has been named, before the incident is confirmed."""
    naming.unname_person(rest.session(), rest.actor(), incident_id, **body, version=version)
    return show_incident(incident_id)


@endpoints.post("/incidents/<int:incident_id>/confirm", FindingIn, out=DecidedIncidentOut, of=show_incident)
def confirm_incident(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Find that it happened: from now on it counts, and it is told whose results that moves

    By HR or whom the policy names; never by the person concerned, anybody it reaches, or who filed it. Where a rule of the
    event is for named people they have to be named before, or `nobody_named` says why there are none.
    """
    service.confirm_incident(rest.session(), rest.actor(), incident_id, **body, version=version)
    return _decided_out(incident_id)


@endpoints.post("/incidents/<int:incident_id>/withdraw", WithdrawalIn, out=DecidedIncidentOut, of=show_incident)
def withdraw_incident(body: dict[str, Any], incident_id: int, version: int) -> dict[str, Any]:
    """Take an incident back; what it did to results ends, and it is told whose. By HR."""
    service.withdraw_incident(rest.session(), rest.actor(), incident_id, **body, version=version)
    return _decided_out(incident_id)


def _decided_out(incident_id: int) -> dict[str, Any]:
    incident = rest.session().get_one(Incident, incident_id)
    return show_incident(incident_id) | {"affected": _affected_out(naming.affected_by(rest.session(), incident))}


def _row_out(seen: Seen) -> dict[str, Any]:
    incident = seen.incident
    kept = ("id", "event", "happened_on", "status", "filed_at", "version")
    person = {"id": incident.employee_id, "number": seen.number, "name": seen.name}
    return {name: getattr(incident, name) for name in kept} | {"employee": person, "filed_by": seen.filed_by}


def _entry_out(said: Said) -> dict[str, Any]:
    kept = ("id", "status", "text", "nobody_named", "entered_at")
    return {name: getattr(said.entry, name) for name in kept} | {"entered_by": said.entered_by}


def _file_out(link: IncidentFile, stored: StoredFile) -> dict[str, Any]:
    kept = ("id", "name", "media_type", "size", "sha256")
    return {name: getattr(stored, name) for name in kept} | {"entry_id": link.entry_id}


def _reached_out(one: Reached, found: list[Affected]) -> dict[str, Any]:
    effect = reaching.effect_on(one.employee.id, found)
    return {"employee": _employee_out(one.employee), "reach": one.ways, "reason": one.reason, "effect": effect}


def _affected_out(found: list[Affected]) -> list[dict[str, Any]]:
    standings = results.standings(rest.session(), [one.appraisal.id for one in found])

    def shown(one: Affected) -> dict[str, Any]:
        come_to = _come_to(standings.get(one.appraisal.id))
        return {
            "appraisal_id": one.appraisal.id,
            "employee": _employee_out(one.employee),
            "cycle": one.cycle.code,
            "step": one.appraisal.step,
            "result": come_to,
            "says": label("affected", come_to),
            "effects": one.effects,
        }

    return [shown(one) for one in found]


def _come_to(standing: results.Standing | None) -> str:
    if standing is None:
        return "none"
    return "approved" if standing.approval else "published" if standing.publication else "computed"


def _employee_out(employee: Employee) -> dict[str, Any]:
    return {"id": employee.id, "number": employee.number, "name": employee.name}
