"""Endpoints of weekly summaries, of what they suggest and how people decide on it, and of the KPIs about the KPIs."""

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response

from appraisal import cells, clock, paging, rest
from appraisal.bulletins import about_kpis, suggestions, summaries
from appraisal.bulletins.models import KpiSuggestion, KpiSummary
from appraisal.bulletins.report_reach import reads
from appraisal.bulletins.summary_schemas import (
    AboutKpisIn,
    AboutKpisOut,
    AdoptionFilter,
    AdoptionOut,
    SuggestionDecisionIn,
    SuggestionFilter,
    SuggestionListing,
    SuggestionOut,
    SuggestionWholeOut,
    SummariesIn,
    SummariesMadeOut,
    SummaryFilter,
    SummaryListing,
    SummaryOut,
    SummaryRowOut,
)
from appraisal.bulletins.summary_shaping import (
    SUGGESTION_HEADINGS,
    SUMMARY_HEADINGS,
    decision_out,
    suggestion_cells,
    suggestion_out,
    summary_cells,
    summary_out,
    summary_row,
)
from appraisal.errors import NotFound
from appraisal.monitoring import evaluations
from appraisal.monitoring.watched import watching

_LATEST_WEEK: list[tuple[Any, str]] = [(KpiSummary.starts_on, "desc"), (KpiSummary.id, "desc")]
_NEWEST_FIRST: list[tuple[Any, str]] = [(KpiSuggestion.id, "desc")]

endpoints = rest.Endpoints("kpi_summaries", "每周摘要与建议 · Weekly summaries of watched indicators, and what they suggest")


@endpoints.get("/kpi/summaries", SummaryListing, out=rest.page_of(SummaryRowOut))
def list_summaries(query: dict[str, Any]) -> rest.Page:
    """The weekly summaries that one may see, latest week first."""
    found = summaries.summaries_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _LATEST_WEEK, query)
    known = watching(rest.session())
    return page.with_items([summary_row(known, *row) for row in page.items])


@endpoints.get("/kpi/summaries/file.csv", SummaryFilter, content="text/csv")
def export_summaries(query: dict[str, Any]) -> Response:
    """What the same summaries say as a table (CSV), a sentence a row."""
    found = summaries.summaries_seen(rest.session(), rest.actor(), query)
    known = watching(rest.session())
    rows = paging.whole(rest.session(), found, _LATEST_WEEK)
    table = (line for row in rows for line in summary_cells(known, row))
    return rest.download("kpi-summaries.csv", "text/csv", cells.as_csv(SUMMARY_HEADINGS, table))


@endpoints.get("/kpi/summaries/<int:summary_id>", out=SummaryOut)
def show_summary(summary_id: int) -> dict[str, Any]:
    """A summary whole

    Each sentence with the readings and the line of the rule files it rests on. Where a language model has reworded it, its
    words stand beside the original, which is what counts.
    """
    row = summaries.find_summary(rest.session(), rest.actor(), summary_id)
    suggested = []
    if reads(rest.session(), rest.actor(), row[0].unit_id):
        found = suggestions.of_ids(rest.session(), row[0].content["suggestions"])
        suggested = [suggestion_out(found[one]) for one in row[0].content["suggestions"] if one in found]
    return summary_out(watching(rest.session()), row, suggested)


@endpoints.post("/kpi/summaries", SummariesIn, out=SummariesMadeOut, creates=True)
def make_summaries(body: dict[str, Any]) -> dict[str, Any]:
    """Write the summaries of a week (KPI manager)

    One for each area that the policy names, of the latest evaluation there was by the end of the week. Written again, only
    what has changed gives a new edition.
    """
    week = summaries.week_of(body.pop("week"))
    made = summaries.make_summaries(rest.session(), rest.actor(), **body, week=week)
    asked = {"policy": body["policy"], "week": str(week), "history": False}
    asked |= {"company": True} if body["unit_id"] is None else {"unit_id": body["unit_id"]}
    known = watching(rest.session())
    found = rest.session().execute(summaries.summaries_seen(rest.session(), rest.actor(), asked).order_by(KpiSummary.id)).all()
    return {"made": len(made.new), "items": [summary_row(known, *row) for row in found]}


@endpoints.get("/kpi/suggestions", SuggestionListing, out=rest.page_of(SuggestionOut))
def list_suggestions(query: dict[str, Any]) -> rest.Page:
    """What the summaries suggest, newest first, with what was decided."""
    found = suggestions.suggestions_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _NEWEST_FIRST, query)
    return page.with_items([suggestion_out(row) for row in page.items])


@endpoints.get("/kpi/suggestions/file.csv", SuggestionFilter, content="text/csv")
def export_suggestions(query: dict[str, Any]) -> Response:
    """The same suggestions as a table (CSV)."""
    found = suggestions.suggestions_seen(rest.session(), rest.actor(), query)
    rows = paging.whole(rest.session(), found, _NEWEST_FIRST)
    table = (suggestion_cells(suggestion_out(row)) for row in rows)
    return rest.download("kpi-suggestions.csv", "text/csv", cells.as_csv(SUGGESTION_HEADINGS, table))


@endpoints.get("/kpi/suggestions/adoption", AdoptionFilter, out=AdoptionOut)
def show_adoption(query: dict[str, Any]) -> dict[str, Any]:
    """How many suggestions were adopted of those decided on."""
    if not reads(rest.session(), rest.actor(), query["unit_id"]):
        raise NotFound(hidden=True)
    begins = _midnight(query["from_on"]) if query["from_on"] else None
    ends = _midnight(query["to_on"] + timedelta(days=1)) if query["to_on"] else None
    found = suggestions.adoption(rest.session(), query["policy"], query["unit_id"], begins, ends)
    return {name: getattr(found, name) for name in ("adopted", "decided", "undecided", "rate")}


@endpoints.get("/kpi/suggestions/<int:suggestion_id>", out=SuggestionWholeOut)
def show_suggestion(suggestion_id: int) -> dict[str, Any]:
    """One suggestion with all decisions on it."""
    row = suggestions.find_suggestion(rest.session(), rest.actor(), suggestion_id)
    decisions = suggestions.decisions_of(rest.session(), suggestion_id)
    return suggestion_out(row) | {"decisions": [decision_out(*one) for one in decisions]}


@endpoints.post("/kpi/suggestions/<int:suggestion_id>/decision", SuggestionDecisionIn, out=SuggestionWholeOut, creates=True)
def decide_suggestion(body: dict[str, Any], suggestion_id: int) -> dict[str, Any]:
    """Adopt a suggestion or not (KPI manager, or head of the unit)

    It may name the exception or task it led to. A later decision takes the place of an earlier one, which stays on record.
    """
    suggestions.decide(rest.session(), rest.actor(), suggestion_id, **body)
    return show_suggestion(suggestion_id)


@endpoints.post("/kpi/about-kpis", AboutKpisIn, out=AboutKpisOut, creates=True)
def count_about_kpis(body: dict[str, Any]) -> dict[str, Any]:
    """Count the four KPIs about the KPIs for a month and enter them as readings (KPI manager)

    By the system, of what is on record; they count once a data provider or HR confirms them. Counted again, only what differs
    is corrected.
    """
    month = evaluations.period_of(body.pop("period"))
    found = about_kpis.enter(rest.session(), rest.actor(), body["policy"], body["unit_id"], month)
    not_yet = [{"indicator": one.indicator, "because": one.source} for one in found.not_yet]
    return {name: getattr(found, name) for name in ("recorded", "corrected", "unchanged")} | {"not_yet": not_yet}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.COMPANY_ZONE)
