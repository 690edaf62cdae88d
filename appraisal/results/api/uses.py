"""Endpoints of the use of results: who is on which list, and what people are to be trained in."""

from typing import Any

from flask import Response

from appraisal import rest
from appraisal.results import uses
from appraisal.results.use_schemas import TrainingNeedsIn, TrainingNeedsOut, UseFilter, UseListing, UseRowOut

endpoints = rest.Endpoints("uses", "结果应用 · Use of results: lists by outcome, training needs; people decide, not lists")


@endpoints.get("/results/lists", UseListing, out=rest.page_of(UseRowOut))
def list_uses(query: dict[str, Any]) -> rest.Page:
    """List the approved results of a cycle that have an outcome, by employee number; pay_raise_priority in the order of scores

    Outcomes are those the policy declares, as they were stored with each result.
    """
    _, _, found = uses.list_of(rest.session(), rest.actor(), query["cycle_id"], query["outcome"])
    page = rest.paged(rest.session(), found, [(found.selected_columns.position, "asc")], query)
    return page.with_items(uses.rows_of(rest.session(), query["outcome"], page.items))


@endpoints.get("/results/lists/file.csv", UseFilter, content="text/csv")
def export_uses(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV)."""
    cycle, _, found = uses.list_of(rest.session(), rest.actor(), query["cycle_id"], query["outcome"])
    rows = rest.session().execute(found.order_by(found.selected_columns.position)).all()
    content = uses.as_csv(uses.rows_of(rest.session(), query["outcome"], rows))
    return rest.download(f"{cycle.code}-{query['outcome']}.csv", "text/csv", content)


@endpoints.post("/results/training-needs", TrainingNeedsIn, out=TrainingNeedsOut, creates=True)
def note_training_needs(body: dict[str, Any]) -> uses.Noted:
    """Note training needs from the weakest items of approved results (HR)

    What has been noted from an item before stays as it is.
    """
    return uses.note_training_needs(rest.session(), rest.actor(), **body)
