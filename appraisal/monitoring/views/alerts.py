"""The alerts of evaluations as a list: what was out of order when, whether or not anybody had to answer for it."""

from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, paging, web
from appraisal.labels import codes, label
from appraisal.monitoring import alerts
from appraisal.monitoring.choices import policy_choices, titles, unit_choices
from appraisal.monitoring.evaluation_schemas import AlertListing
from appraisal.monitoring.judged_shaping import alert_out
from appraisal.monitoring.models import KpiAlert
from appraisal.monitoring.views.blueprint import pages
from appraisal.monitoring.watched import watching

_LATEST_PERIOD: list[tuple[Any, str]] = [(KpiAlert.ends_on, "desc"), (KpiAlert.id, "desc")]


@pages.get("/kpi/alerts", endpoint="alerts")
@web.signed_in_only
def all_alerts() -> ResponseReturnValue:
    """The alerts that one may see, the latest period first."""
    session, asked = web.session(), forms.asked(AlertListing)
    known = watching(session)
    page = paging.paged(session, alerts.alerts_seen(session, web.actor(), asked), _LATEST_PERIOD, asked)
    choices = {
        name: [(code, web.said(label(kind, code))) for code in codes(kind)]
        for name, kind in (("kinds", "kpi_alert"), ("levels", "kpi_level"), ("states", "kpi_alert_state"))
    }
    filters = {name: value for name, value in request.args.items() if value and name not in ("cursor", "limit", "lang")}
    return render_template(
        "monitoring/alerts.html",
        page=page,
        rows=[_figures(alert_out(known, *row)) for row in page.items],
        asked=asked,
        policies=policy_choices(known),
        titles=titles(known),
        units=unit_choices(),
        csv=url_for("api_kpi_evaluations.export_alerts", **filters),
        **choices,
    )


def _figures(told: dict[str, Any]) -> dict[str, Any]:
    """An alert with its figures as numbers: evaluations keep them as text."""
    operator, _, aim = (told["target"] or "").partition(" ")
    value = Decimal(told["value"]) if told["value"] is not None else None
    return told | {"value": value, "target": {"operator": operator, "value": Decimal(aim)} if aim else None}
