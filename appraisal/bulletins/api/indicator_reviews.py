"""Endpoints of the quarterly review of the indicators: what to drop, raise, redefine or pair, and what was decided."""

from typing import Any

from flask import Response

from appraisal import cells, paging, rest
from appraisal.bulletins import indicator_reviews
from appraisal.bulletins.models import KpiIndicatorReview, KpiProposal
from appraisal.bulletins.summary_schemas import (
    IndicatorReviewIn,
    IndicatorReviewListing,
    IndicatorReviewOut,
    IndicatorReviewRowOut,
    ProposalDecisionIn,
    ProposalFilter,
    ProposalListing,
    ProposalOut,
)
from appraisal.bulletins.summary_shaping import PROPOSAL_HEADINGS, proposal_cells, proposal_out, review_row
from appraisal.monitoring import evaluations

_NEWEST_FIRST: list[tuple[Any, str]] = [(KpiIndicatorReview.id, "desc")]
_NEWEST_PROPOSALS: list[tuple[Any, str]] = [(KpiProposal.id, "desc")]

endpoints = rest.Endpoints("kpi_reviews", "指标复核 · Quarterly reviews of the watched indicators themselves")


@endpoints.get("/kpi/indicator-reviews", IndicatorReviewListing, out=rest.page_of(IndicatorReviewRowOut))
def list_indicator_reviews(query: dict[str, Any]) -> rest.Page:
    """The reviews that one may see, newest first."""
    found = indicator_reviews.reviews_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _NEWEST_FIRST, query)
    return page.with_items([review_row(row) for row in page.items])


@endpoints.get("/kpi/indicator-reviews/<int:review_id>", out=IndicatorReviewOut)
def show_indicator_review(review_id: int) -> dict[str, Any]:
    """One review with its proposals."""
    row = indicator_reviews.find_review(rest.session(), rest.actor(), review_id)
    asked = indicator_reviews.proposals_seen(rest.session(), rest.actor(), {"review_id": review_id})
    proposals = rest.session().execute(asked.order_by(KpiProposal.id)).all()
    return review_row(row) | {"items": [proposal_out(one) for one in proposals]}


@endpoints.post("/kpi/indicator-reviews", IndicatorReviewIn, out=IndicatorReviewOut, creates=True)
def make_indicator_review(body: dict[str, Any]) -> dict[str, Any]:
    """Review the indicators at the end of a quarter (KPI manager)

    By the readings on record. Made again with nothing new it is the same review.
    """
    quarter = evaluations.period_of(body.pop("quarter"))
    made = indicator_reviews.make_review(rest.session(), rest.actor(), body["policy"], body["unit_id"], quarter)
    return show_indicator_review(made.row.id)


@endpoints.get("/kpi/indicator-reviews/proposals", ProposalListing, out=rest.page_of(ProposalOut))
def list_proposals(query: dict[str, Any]) -> rest.Page:
    """What reviews propose, newest first, with what was decided."""
    found = indicator_reviews.proposals_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _NEWEST_PROPOSALS, query)
    return page.with_items([proposal_out(row) for row in page.items])


@endpoints.get("/kpi/indicator-reviews/file.csv", ProposalFilter, content="text/csv")
def export_proposals(query: dict[str, Any]) -> Response:
    """The same proposals as a table (CSV)."""
    found = indicator_reviews.proposals_seen(rest.session(), rest.actor(), query)
    rows = paging.whole(rest.session(), found, _NEWEST_PROPOSALS)
    table = (proposal_cells(proposal_out(row)) for row in rows)
    return rest.download("kpi-indicator-reviews.csv", "text/csv", cells.as_csv(PROPOSAL_HEADINGS, table))


@endpoints.get("/kpi/indicator-reviews/proposals/<int:proposal_id>", out=ProposalOut)
def show_proposal(proposal_id: int) -> dict[str, Any]:
    """One proposal."""
    return proposal_out(indicator_reviews.find_proposal(rest.session(), rest.actor(), proposal_id))


@endpoints.post(
    "/kpi/indicator-reviews/proposals/<int:proposal_id>/decision", ProposalDecisionIn, out=ProposalOut, creates=True
)
def decide_proposal(body: dict[str, Any], proposal_id: int) -> dict[str, Any]:
    """Adopt a proposal, decline it, or leave it for later (KPI manager)

    Nothing changes by itself: whoever edits the rule files or sets targets does that.
    """
    indicator_reviews.decide(rest.session(), rest.actor(), proposal_id, **body)
    return show_proposal(proposal_id)
