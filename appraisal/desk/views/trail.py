"""The trail of who did what, for auditors: searched, one record in full, and the chain walked."""

import json

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, paging, web
from appraisal.audit import AuditRecord
from appraisal.desk import queries, service
from appraisal.desk.schemas import TrailListing
from appraisal.desk.views.blueprint import pages
from appraisal.errors import NotFound

_ASKED_OF_CSV = ("action", "object_kind", "object_id", "actor", "since", "until")


@pages.get("/admin/audit")
@web.signed_in_only
def trail() -> ResponseReturnValue:
    """The records that are asked for, the newest first."""
    session = web.session()
    service.require_auditor(web.actor())
    wanted = forms.asked(TrailListing)
    page = paging.paged(session, queries.trail(wanted), [(AuditRecord.seq, "desc")], wanted)
    return render_template(
        "desk/trail.html",
        page=page.with_items([(one, _payload(one)) for one in page.items]),
        names=queries.actors_named(session, {one.actor for one in page.items}),
        actions=queries.actions_of_trail(session),
        wanted=wanted,
        csv=url_for("api_desk.export_trail", **{name: wanted[name] for name in _ASKED_OF_CSV if wanted[name]}),
    )


@pages.get(f"/admin/audit/<int(max={2**63 - 1}):seq>")
@web.signed_in_only
def trail_record(seq: int) -> ResponseReturnValue:
    """One record: what changed from what to what, and how it hangs in the chain."""
    session = web.session()
    service.require_auditor(web.actor())
    record = session.get(AuditRecord, seq)
    if record is None:
        raise NotFound()
    names = queries.actors_named(session, {record.actor})
    return render_template("desk/trail_record.html", record=record, payload=_payload(record), names=names)


@pages.get("/admin/audit/verification")
@web.signed_in_only
def trail_verification() -> ResponseReturnValue:
    """Walks the whole chain now, and says whether every record holds."""
    return render_template("desk/trail_verification.html", walked=service.walk_trail(web.session(), web.actor()))


def _payload(record: AuditRecord) -> dict[str, object] | None:
    payload: dict[str, object] | None = None if record.payload is None else json.loads(record.payload)
    return payload
