"""Endpoints that evaluate a period and set off what follows, and that show the last evaluation as a page needs it."""

from typing import Any

from appraisal import rest
from appraisal.errors import Fault, Invalid
from appraisal.exceptions import dashboard, responding
from appraisal.exceptions.schemas import DashboardFilter, DashboardOut, EvaluateIn, RespondedListOut
from appraisal.exceptions.shaping import responded_out
from appraisal.monitoring import evaluations, reach
from appraisal.monitoring.watched import watching

endpoints = rest.Endpoints("kpi_dashboard", "指标评价与看板 · Evaluating a period, and the dashboard of the last evaluation")


@endpoints.post("/kpi/evaluations", EvaluateIn, out=RespondedListOut, creates=True)
def evaluate_period(body: dict[str, Any]) -> dict[str, Any]:
    """Evaluate the confirmed readings of a period that is over (KPI manager)

    Alerts, exceptions, tasks and notices follow. Evaluated again nothing is doubled; what a corrected reading no longer asks
    for is withdrawn. With neither `unit_id` nor `company` everything of yours that has readings of the period is evaluated.
    """
    session, actor = rest.session(), rest.actor()
    reach.require_any(actor, reach.MANAGING)
    period = evaluations.period_of(body["period"])
    if body["unit_id"] is not None or body["company"]:
        if body["policy"] is None or (body["unit_id"] is not None and body["company"]):
            zh, en = "请给出 policy, 以及 unit_id 或 company 之一", "give the policy, and either unit_id or company"
            raise Invalid("one_of_two", zh, en, [Fault("policy", zh, en)])
        chosen = [(body["policy"], body["unit_id"])]
    else:
        chosen = evaluations.subjects(session, actor, period, body["policy"])
    done = [responding.evaluate_and_respond(session, actor, *one, period) for one in chosen]
    known = watching(session)
    return {"period": str(period), "evaluations": [responded_out(session, known, one) for one in done]}


@endpoints.get("/kpi/dashboard", DashboardFilter, out=DashboardOut)
def show_dashboard(query: dict[str, Any]) -> dict[str, Any]:
    """The last evaluation of a unit or the company, with names, targets, levels, the last 13 values and open exceptions."""
    return dashboard.dashboard(rest.session(), rest.actor(), query["policy"], query["unit_id"], query["period"])
