"""What is mine and my team's, and one result with the reason for every number."""

import io
from collections.abc import Sequence

from flask import redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from appraisal import charts, clock, web
from appraisal.charts import LineChart
from appraisal.cycles.models import Cycle
from appraisal.desk import shell
from appraisal.reports import queries as reports
from appraisal.reports import service as documents
from appraisal.reports.result_notice import tell_result
from appraisal.results import past_grades
from appraisal.results.models import PastGradeImport
from appraisal.results.schemas import TableFilter
from appraisal.results.views.blueprint import RESULT, pages


@pages.get("/results")
@web.signed_in_only
def home() -> ResponseReturnValue:
    """The actor's own results with the latest in full, or their team's; who handles results finds all of a cycle elsewhere."""
    session, actor = web.session(), web.actor()
    mine = reports.own_results(session, actor)
    sees_all = actor.holds(*reports.SEE_ALL)
    if sees_all and not mine:
        return redirect(url_for("results.all_results"))
    latest = next((row for row in mine if row.score is not None), None)
    wanted = web.load(TableFilter(), request.args)
    opened = reports.shown_cycles(session)
    chosen = next((cycle for cycle in opened if cycle.code == wanted["cycle"]), opened[0] if opened else None)
    team = _team(chosen) if chosen and not sees_all else []
    # Beside a table of others, one's own result is a click away; alone on the page, it is told in full at once.
    told = latest if not team else None
    before = past_grades.of_employee(session, actor.employee_id) if actor.employee_id is not None else ()
    return render_template(
        "results/home.html",
        mine=mine if actor.employee_id is not None else None,
        before=before,
        chart=_history(mine, before),
        shown=tell_result(session, actor, told.appraisal_id) if told else None,
        appraisal_id=told.appraisal_id if told else None,
        today=clock.today(),
        cycles=[(cycle.code, reports.cycle_name(cycle)) for cycle in opened],
        cycle=chosen,
        team=team,
        sees_all=sees_all,
    )


@pages.get(RESULT)
@web.signed_in_only
def result(appraisal_id: int) -> ResponseReturnValue:
    """One result in full."""
    shown = tell_result(web.session(), web.actor(), appraisal_id)
    if shown.filing.employee_id != web.actor().employee_id:
        shell.stand_under("results.all_results")
    return render_template("results/result.html", shown=shown, appraisal_id=appraisal_id, today=clock.today())


@pages.get(f"{RESULT}/notice.pdf")
@web.signed_in_only
def notice(appraisal_id: int) -> ResponseReturnValue:
    """The notice as it is printed and signed."""
    name, written = documents.document_pdf(web.session(), web.actor(), "result_notice", appraisal_id)
    return send_file(io.BytesIO(written), mimetype="application/pdf", download_name=name)


def _team(cycle: Cycle) -> list[reports.ResultRow]:
    rows = reports.rows_of_cycle(web.session(), web.actor(), cycle)
    return [row for row in rows if not row.own]


def _history(mine: Sequence[reports.ResultRow], before: Sequence[PastGradeImport]) -> LineChart | None:
    """The scores of the actor over periods, where there are two at least to compare; imported ones come first."""
    past = [(f"{one.period.replace('-', ' ')} · {one.grade}", one.score) for one in reversed(before) if one.score is not None]
    own = [(f"{row.cycle.en} · {row.grade}", row.score) for row in reversed(mine) if row.score is not None]
    points = past + own
    if len(points) < 2:
        return None
    labels = [label for label, _ in points]
    return charts.line_chart(labels, [(web.in_both("得分", "Score"), "this", [score for _, score in points])], height=200)
