"""My team in the cycle in hand: where everybody stands, what they and I give, and how it was the last time."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE

from appraisal import clock, paging, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.desk import shell
from appraisal.fields import Line, Query, Whole
from appraisal.reports.queries import cycle_name
from appraisal.results import gathering, table
from appraisal.reviews import scoring
from appraisal.reviews.views.blueprint import pages

ON_A_PAGE = 50


class TeamFilter(Query):
    """Narrows the table; everything else of the address is none of its business."""

    class Meta:
        unknown = EXCLUDE

    step = Line(40, load_default=None)
    grade = Line(10, load_default=None)
    search = Line(80, load_default=None)
    cursor = Line(500, load_default=None)
    limit = Whole(1, 200, load_default=ON_A_PAGE)


@pages.get("/team")
@web.signed_in_only
def team() -> ResponseReturnValue:
    """My team as a table."""
    cycle = shell.cycle_in_hand()
    asked = web.load(TeamFilter(), request.args)
    title = cycle_name(cycle) if cycle is not None else None
    told = {"cycle": cycle, "title": title, "asked": asked, "today": clock.today()}
    return render_template("reviews/team.html", **told, **_table(cycle, asked))


def _table(cycle: Cycle | None, asked: dict[str, Any]) -> dict[str, Any]:
    session, actor = web.session(), web.actor()
    if cycle is None or actor.employee_id is None:
        return {"rows": [], "page": None, "policy": None, "export": None}
    narrowed = asked | {"cycle_id": cycle.id, "unit_id": None, "whose": "team", "rated": None}
    policy = cycles.policy_of(session, cycle)
    page = paging.paged(session, table.appraisals(session, actor, narrowed), table.order(narrowed), asked)
    rows = table.appraisal_rows(session, actor, page.items)
    points = scoring.points_by_side(session, actor, [one["id"] for one in rows])
    before = gathering.gather_histories(session, [one["employee"]["id"] for one in rows], cycle)
    shown = {name: asked[name] for name in ("step", "grade", "search") if asked[name] is not None}
    return {
        "rows": [(one, *points[one["id"]], next(reversed(before[one["employee"]["id"]]), None)) for one in rows],
        "page": page,
        "policy": policy,
        "owed": {step.id for step in policy.workflow.steps if "supervisor" in step.actors},
        "export": url_for("api_appraisals.export_appraisals", cycle_id=cycle.id, whose="team", **shown),
    }
