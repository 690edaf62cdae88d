"""The quarterly review of the indicators themselves: what is proposed, and deciding on it."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, forms, paging, web
from appraisal.bulletins import indicator_reviews as reviews
from appraisal.bulletins.models import KpiIndicatorReview, KpiProposal
from appraisal.bulletins.summary_schemas import IndicatorReviewIn, IndicatorReviewListing, ProposalDecisionIn
from appraisal.bulletins.summary_shaping import proposal_out, review_row
from appraisal.bulletins.views.blueprint import MOST, managed, pages
from appraisal.core.calendar import Period
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.monitoring import evaluations, reach
from appraisal.monitoring.choices import titles
from appraisal.monitoring.watched import watching

ALL = "/kpi/indicator-reviews"
ONE = f"{ALL}/<int(max={MOST}):review_id>"
PROPOSAL = f"{ALL}/proposals/<int(max={MOST}):proposal_id>"
_NEWEST: list[tuple[Any, str]] = [(KpiIndicatorReview.id, "desc")]


@pages.get(ALL, endpoint="indicator_reviews")
@web.signed_in_only
def all_reviews(form: Form = OPENED) -> ResponseReturnValue:
    """The reviews that one may see, newest first; a KPI manager makes them here."""
    session, actor, asked = web.session(), web.actor(), forms.asked(IndicatorReviewListing)
    page = paging.paged(session, reviews.reviews_seen(session, actor, asked), _NEWEST, asked)
    today = clock.today()
    last = Period("quarter", today.year, (today.month - 1) // 3 + 1).previous()
    shown = {"page": page, "rows": [review_row(row) for row in page.items], "form": form, "last_quarter": str(last)}
    return render_template("bulletins/indicator_reviews.html", **shown, subjects=managed(), titles=titles(watching(session)))


@pages.post(ALL)
@web.signed_in_only
@forms.submits(IndicatorReviewIn, again=all_reviews, creates=True)
def make_review(body: dict[str, Any]) -> Response:
    """Reviews the indicators at the end of a quarter."""
    quarter = evaluations.period_of(body["quarter"])
    made = reviews.make_review(web.session(), web.actor(), body["policy"], body["unit_id"], quarter)
    to = url_for("bulletins.indicator_review", review_id=made.row.id)
    if not made.is_new:
        return forms.done(to, "没有新的发现, 仍为现有复核", "Nothing new: this is the review there is")
    return forms.done(to, f"{quarter} 已复核", f"{quarter} is reviewed")


@pages.get(ONE, endpoint="indicator_review")
@web.signed_in_only
def one_review(review_id: int, form: Form = OPENED, failed: int | None = None) -> ResponseReturnValue:
    """One review with its proposals, those not decided in front."""
    session, actor, known = web.session(), web.actor(), watching(web.session())
    row = reviews.find_review(session, actor, review_id)
    asked = reviews.proposals_seen(session, actor, {"review_id": review_id})
    proposals = [proposal_out(one) for one in session.execute(asked.order_by(KpiProposal.id)).all()]
    rules = known.policy_on(row[0].policy, Period.parse(row[0].quarter).first_day())
    return render_template(
        "bulletins/indicator_review.html",
        form=form,
        failed=failed,
        one=review_row(row),
        proposals=sorted(proposals, key=lambda one: one["state"] != "open"),
        names={name: located.indicator.name for name, located in rules.watched.items()} if rules else {},
        manages=reach.may(actor, reach.MANAGING, row[0].unit_id),
        choices=[(one, web.said(label("kpi_choice", one))) for one in codes("kpi_choice") if one != "open"],
        titles=titles(known),
        label=label,
    )


def _again(proposal_id: int, form: Form) -> ResponseReturnValue:
    found = reviews.find_proposal(web.session(), web.actor(), proposal_id)
    return one_review(found[1].id, form=form, failed=proposal_id)


@pages.post(f"{PROPOSAL}/decision")
@web.signed_in_only
@forms.submits(ProposalDecisionIn, again=_again, creates=True)
def decide_proposal(body: dict[str, Any], proposal_id: int) -> Response:
    """Adopts a proposal, declines it, or leaves it for later."""
    found = reviews.find_proposal(web.session(), web.actor(), proposal_id)
    reviews.decide(web.session(), web.actor(), proposal_id, **body)
    to = url_for("bulletins.indicator_review", review_id=found[1].id, _anchor=f"p-{proposal_id}")
    return forms.done(to, "决定已记录", "The decision is on record")
