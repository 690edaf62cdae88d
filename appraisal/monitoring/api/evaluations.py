"""Endpoints of evaluations and of what they alert of, as they were made. What starts one lies with what it sets off."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from appraisal import cells, paging, rest
from appraisal.labels import label
from appraisal.monitoring import alerts, evaluations
from appraisal.monitoring.evaluation_schemas import (
    AlertFilter,
    AlertListing,
    AlertOut,
    EvaluationListing,
    EvaluationOut,
    EvaluationRowOut,
)
from appraisal.monitoring.judged_shaping import alert_out, evaluation_out
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from appraisal.monitoring.watched import watching

HEADINGS = ("制度", "部门", "指标", "另一指标", "期间", "类型", "等级", "数值", "目标", "偏离", "状态", "说明")
_NEWEST: list[tuple[Any, str]] = [(KpiEvaluation.id, "desc")]
_LATEST_PERIOD: list[tuple[Any, str]] = [(KpiAlert.ends_on, "desc"), (KpiAlert.id, "desc")]

endpoints = rest.Endpoints("kpi_evaluations", "指标评价与预警 · Evaluations of watched indicators, and what they alert of")


@endpoints.get("/kpi/evaluations", EvaluationListing, out=rest.page_of(EvaluationRowOut))
def list_evaluations(query: dict[str, Any]) -> rest.Page:
    """The evaluations that one may see, newest first."""
    found = evaluations.evaluations_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _NEWEST, query)
    return page.with_items([evaluation_out(*row) for row in page.items])


@endpoints.get("/kpi/evaluations/<int:evaluation_id>", out=EvaluationOut)
def show_evaluation(evaluation_id: int) -> dict[str, Any]:
    """One evaluation with all it says."""
    return evaluation_out(*evaluations.find_evaluation(rest.session(), rest.actor(), evaluation_id), whole=True)


@endpoints.get("/kpi/alerts", AlertListing, out=rest.page_of(AlertOut))
def list_alerts(query: dict[str, Any]) -> rest.Page:
    """The alerts that one may see, latest period first

    Once for each indicator, period and kind. Those `withdrawn` no longer hold: what was read has been corrected.
    """
    found = alerts.alerts_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _LATEST_PERIOD, query)
    return page.with_items(_shown(page.items))


@endpoints.get("/kpi/alerts/<int:alert_id>", out=AlertOut)
def show_alert(alert_id: int) -> dict[str, Any]:
    """One alert."""
    return _shown([alerts.find_alert(rest.session(), rest.actor(), alert_id)])[0]


@endpoints.get("/kpi/alerts/file.csv", AlertFilter, content="text/csv")
def export_alerts(query: dict[str, Any]) -> Response:
    """The same alerts as a table (CSV), at most 50 000 rows."""
    found = alerts.alerts_seen(rest.session(), rest.actor(), query)
    rows = paging.whole(rest.session(), found, _LATEST_PERIOD)
    table = (_cells(one) for one in paging.in_parts(rows, _shown))
    return rest.download("kpi-alerts.csv", "text/csv", cells.as_csv(HEADINGS, table))


def _shown(rows: Sequence[Any]) -> list[dict[str, Any]]:
    known = watching(rest.session())
    return [alert_out(known, *row) for row in rows]


def _cells(one: dict[str, Any]) -> list[object]:
    level = label("kpi_level", one["level"]).zh if one["level"] else None
    return [
        *(one["policy"], one["unit"]["name"] if one["unit"] else "公司", one["name"].zh),
        *(one["other_name"].zh if one["other_name"] else None, one["period"], label("kpi_alert", one["kind"]).zh, level),
        *(one["value"], one["target"], one["deviation"], label("kpi_alert_state", one["state"]).zh),
        "; ".join(line["zh"] for line in one["lines"]),
    ]
