"""The board of exceptions: those that are open in columns by how far they have come, the ended ones as a list."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, forms, paging, web
from appraisal.exceptions import queries
from appraisal.exceptions.models import ENDED, STATES, KpiException
from appraisal.exceptions.schemas import ExceptionListing
from appraisal.exceptions.shaping import row_out
from appraisal.exceptions.views.blueprint import pages
from appraisal.labels import codes, label
from appraisal.monitoring import reach
from appraisal.monitoring.choices import titles, unit_choices
from appraisal.monitoring.watched import watching

MOST_SHOWN = 200
NEWEST: list[tuple[Any, str]] = [(KpiException.id, "desc")]
_ASKED_OF_CSV = ("policy", "unit_id", "indicator", "level", "record", "state")


@pages.get("/kpi/exceptions")
@web.signed_in_only
def board() -> ResponseReturnValue:
    """The exceptions that one may see: the open ones by state, those past their day in front; or one state as a list."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ExceptionListing)
    known = watching(session)
    listed = asked["state"] in ENDED
    wanted = asked if listed else asked | {"open": True, "limit": MOST_SHOWN, "cursor": None}
    page = paging.paged(session, queries.exceptions_seen(session, actor, wanted), NEWEST, wanted)
    rows = [row_out(known, *row) for row in page.items]
    columns = {state: [] for state in STATES if state not in ENDED}  # type: dict[str, list[dict[str, Any]]]
    for one in sorted(rows, key=lambda one: (not one["overdue"], one["deadline"])):
        columns.setdefault(one["state"], []).append(one)
    kept = {name: asked[name] for name in _ASKED_OF_CSV} | {flag: "true" for flag in ("open", "overdue") if asked[flag]}
    return render_template(
        "exceptions/board.html",
        page=page,
        rows=rows,
        columns=columns,
        listed=listed,
        asked=asked,
        titles=titles(known),
        units=unit_choices(),
        records=[(one, web.said(label("kpi_record", one))) for one in codes("kpi_record")],
        levels=[(one, web.said(label("kpi_level", one))) for one in codes("kpi_level") if one != "normal"],
        ended=ENDED,
        label=label,
        today=clock.today(),
        export=url_for("api_kpi_exceptions.export_exceptions", **kept),
        manages=actor.holds(*reach.MANAGING),
    )
