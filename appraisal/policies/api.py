"""Endpoints of the regulation: what is in force, what it assumes, how it was made known, who has taken note of it."""

from typing import Any

from flask import Response
from sqlmodel import col

from appraisal import clock, files, rest
from appraisal.core.policy.diff import Change, changes
from appraisal.core.policy.show import show
from appraisal.errors import NotFound
from appraisal.people.models import Employee
from appraisal.policies import made_known, queries, service
from appraisal.policies.models import PolicyPublication, StoredPolicy
from appraisal.policies.queries import Listed
from appraisal.policies.schemas import (
    AcknowledgementFilter,
    AcknowledgementOut,
    AddedOut,
    DiffFilter,
    DiffOut,
    DigestIn,
    MeasureIn,
    PaperIn,
    PolicyFilter,
    PolicyOut,
    PolicyRowOut,
    SignoffIn,
)

endpoints = rest.Endpoints("policies", "考核制度 · Policies: what is in force, what it assumes, how it was made known")


@endpoints.get("/policies", rest.Listing, out=rest.page_of(PolicyRowOut))
def list_policies(query: dict[str, Any]) -> rest.Page:
    """The published policies by name, each with the state in force today."""
    order = [(PolicyPublication.name, "asc")]
    page = rest.paged(rest.session(), queries.publications_that_count(), order, query)
    return page.with_items([_row_out(one) for one in queries.listed(rest.session(), page.items, clock.today())])


@endpoints.get("/policies/<name>", PolicyFilter, out=PolicyOut)
def show_policy(query: dict[str, Any], name: str) -> dict[str, Any]:
    """One state of a policy, how it was made known, and all its rules

    Everybody may read the rules they are appraised by (R-002-3).
    """
    return _shown(_state(name, query["digest"], query["on"]))


@endpoints.get("/policies/<name>/files/<int:file_id>", PolicyFilter, content="*/*")
def read_policy_file(query: dict[str, Any], name: str, file_id: int) -> Response:
    """Minutes, notice or signature page of a policy."""
    stored = queries.evidence_of(rest.session(), _state(name, query["digest"], query["on"]), file_id)
    if stored is None:
        raise NotFound()
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.get("/policies/<name>/diff", DiffFilter, out=DiffOut)
def compare_policy(query: dict[str, Any], name: str) -> dict[str, Any]:
    """What changed from one state of a policy to another, value by value."""
    before, after = (
        queries.compiled_state(made_known.find_state(rest.session(), name, query[key])) for key in ("before", "after")
    )
    return {"changes": [_change_out(one) for one in changes(before, after)]}


@endpoints.post("/policies/<name>/confirm-assumed", DigestIn, out=PolicyOut, plain=True)
def confirm_assumed(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Confirm every value that the source does not give, by HR; again it changes nothing."""
    stored = _asked(name, body)
    service.confirm_assumed(rest.session(), rest.actor(), stored)
    return _shown(stored)


@endpoints.post("/policies/<name>/measures", MeasureIn, out=PolicyOut, creates=True)
def record_policy_measure(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Record a discussion with the staff, a publication or a training, by HR."""
    stored = _asked(name, body)
    made_known.record_measure(rest.session(), rest.actor(), stored, **_without_digest(body))
    return _shown(stored)


@endpoints.post("/policies/<name>/signoffs", SignoffIn, out=PolicyOut, creates=True)
def record_policy_signoff(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Record a signature under the policy, by HR."""
    stored = _asked(name, body)
    made_known.record_signoff(rest.session(), rest.actor(), stored, **_without_digest(body))
    return _shown(stored)


@endpoints.get("/policies/<name>/acknowledgements", AcknowledgementFilter, out=rest.page_of(AcknowledgementOut))
def list_acknowledgements(query: dict[str, Any], name: str) -> rest.Page:
    """Today's employees, as far as one may know of them, with their acknowledgement; `lacking=true`: who has none yet."""
    stored = _state(name, query["digest"], None)
    found = queries.who_knows(rest.session(), rest.actor(), stored, lacking=query["lacking"])
    return rest.paged(rest.session(), found, [(col(Employee.number), "asc")], query, row=_acknowledgement_out)


@endpoints.post("/policies/<name>/acknowledgements", DigestIn, out=PolicyOut, plain=True)
def acknowledge_policy(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Take note of this very text; again it changes nothing."""
    stored = _asked(name, body)
    made_known.acknowledge(rest.session(), rest.actor(), stored)
    return _shown(stored)


@endpoints.post("/policies/<name>/acknowledgements/paper", PaperIn, out=AddedOut, creates=True)
def acknowledge_policy_on_paper(body: dict[str, Any], name: str) -> dict[str, int]:
    """Hand in a list signed on paper, by HR: who has not acknowledged yet is added."""
    stored = _asked(name, body)
    return {"added": made_known.acknowledge_on_paper(rest.session(), rest.actor(), stored, **_without_digest(body))}


def _state(name: str, digest: str | None, on: Any) -> StoredPolicy:
    """The state that is asked for. Raises NotFound."""
    if digest is not None:
        return made_known.find_state(rest.session(), name, digest)
    stored = queries.policy_in_force(rest.session(), name, on or clock.today())
    if stored is None:
        raise NotFound()
    return stored


def _asked(name: str, body: dict[str, Any]) -> StoredPolicy:
    return made_known.find_state(rest.session(), name, body["digest"])


def _without_digest(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "digest"}


def _row_out(listed: Listed) -> dict[str, Any]:
    stored, policy = listed.stored, queries.compiled_state(listed.stored)
    return {
        "name": listed.name,
        "title": policy.title,
        "digest": stored.digest,
        "effective": stored.effective,
        "status": stored.status,
        "published_at": listed.published_at,
        "assumed": len(queries.assumed_values(policy)),
        "confirmed": listed.confirmed,
    }


def _shown(stored: StoredPolicy) -> dict[str, Any]:
    session, actor = rest.session(), rest.actor()
    policy = queries.compiled_state(stored)
    publication = queries.latest_publication(session, stored.name)
    confirmation = queries.confirmation_of(session, stored.digest)
    acknowledgement = queries.acknowledgement_of(session, stored, actor.employee_id)
    return {
        "name": stored.name,
        "title": policy.title,
        "digest": stored.digest,
        "effective": stored.effective,
        "status": stored.status,
        "states": queries.states_of(session, publication) if publication else [],
        "confirmed_at": confirmation.confirmed_at if confirmation else None,
        "measures": [measure.model_dump() | {"files": evidence} for measure, evidence in queries.measures_of(session, stored)],
        "signoffs": queries.signoffs_of(session, stored),
        "acknowledged_at": acknowledgement.acknowledged_at if acknowledgement else None,
        "policy": show(policy),
    }


def _change_out(change: Change) -> dict[str, Any]:
    where = {"path": change.where.path, "line": change.where.line}
    return {"key": change.key, "before": change.before, "after": change.after} | where


def _acknowledgement_out(row: Any) -> dict[str, Any]:
    employee, known = row[0], row[1]
    return {
        "employee_id": employee.id,
        "number": employee.number,
        "name": employee.name,
        "way": known.way if known else None,
        "acknowledged_at": known.acknowledged_at if known else None,
    }
