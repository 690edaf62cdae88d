"""The result pages: what is mine, my team's, everybody's, and one result with the reason for every number."""

import io

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from appraisal import clock, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.reports import queries as reports
from appraisal.reports import service as documents
from appraisal.results.schemas import TableFilter

pages = Blueprint("results", __name__)

# Beyond the largest number a database gives a row there is nothing, and drivers fail rather than say so.
NUMBER = f"<int(max={2**31 - 1}):appraisal_id>"


@pages.get("/results")
@web.signed_in_only
def home() -> ResponseReturnValue:
    """The actor's own results with the latest in full or their team's, and for those who handle results all of a cycle."""
    session, actor = web.session(), web.actor()
    mine = reports.own_results(session, actor)
    latest = next((row for row in mine if row.score is not None), None)
    wanted = web.load(TableFilter(), request.args)
    opened = reports.shown_cycles(session)
    chosen = next((cycle for cycle in opened if cycle.code == wanted["cycle"]), opened[0] if opened else None)
    sees_all = actor.holds(*reports.SEE_ALL)
    team = _team(chosen) if chosen and not sees_all else []
    # Beside a table of others, one's own result is a click away; alone on the page, it is told in full at once.
    told = latest if not team and not sees_all else None
    return render_template(
        "results/home.html",
        mine=mine if actor.employee_id is not None and (mine or not sees_all) else None,
        shown=documents.tell_result(session, actor, told.appraisal_id) if told else None,
        appraisal_id=told.appraisal_id if told else None,
        today=clock.today(),
        cycles=[(cycle.code, reports.cycle_name(cycle)) for cycle in opened],
        cycle=chosen,
        team=team,
        everyone=_everyone(chosen, wanted["unit"]) if chosen and sees_all else None,
    )


@pages.get(f"/results/{NUMBER}")
@web.signed_in_only
def result(appraisal_id: int) -> ResponseReturnValue:
    """One result in full."""
    shown = documents.tell_result(web.session(), web.actor(), appraisal_id)
    return render_template("results/result.html", shown=shown, appraisal_id=appraisal_id, today=clock.today())


@pages.get(f"/results/{NUMBER}/notice.pdf")
@web.signed_in_only
def notice(appraisal_id: int) -> ResponseReturnValue:
    """The notice as it is printed and signed."""
    name, written = documents.notice_pdf(web.session(), web.actor(), appraisal_id)
    return send_file(io.BytesIO(written), mimetype="application/pdf", download_name=name)


def _team(cycle: Cycle) -> list[reports.ResultRow]:
    rows = reports.rows_of_cycle(web.session(), web.actor(), cycle)
    return [row for row in rows if not row.own]


def _everyone(cycle: Cycle, unit_id: int | None) -> dict[str, object]:
    rows = reports.rows_of_cycle(web.session(), web.actor(), cycle)
    units = {place.unit_id: place.unit for row in rows for place in row.places}
    listed = [row for row in rows if unit_id is None or unit_id in {place.unit_id for place in row.places}]
    bands = reports.distribution(cycles.policy_of(web.session(), cycle), listed)
    return {"units": sorted(units.items()), "unit_id": unit_id, "rows": listed, "bands": bands}
