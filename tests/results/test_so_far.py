"""What a case scores so far: the same as its result will say of each item, and nothing of what is not the reader's to see."""

from decimal import Decimal as D

from sqlmodel import Session

from appraisal import clock
from appraisal.agreements import queries as agreements
from appraisal.results import service as results
from appraisal.results.so_far import SoFar, items_so_far
from tests.agreements.samples import REVIEW_DAY, Quarter, a_quarter, record, reviewed, sign


def so_far(quarter: Quarter, *hidden: str) -> dict[str, SoFar]:
    by_sheet = agreements.agreed(quarter.session, [quarter.sheet.id])
    unseen = {(quarter.sheet.id, item) for item in hidden}
    found = items_so_far(quarter.session, quarter.appraisal, quarter.cycle, by_sheet, hidden=unseen)
    return {item: one for (_, item), one in found.items()}


def test_each_item_scores_as_the_result_then_says(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        found = so_far(quarter)
        result = results.compute_result(session, quarter.hr, quarter.appraisal.id)
    told = {one["id"]: (D(one["score"]), D(one["weighted"])) for one in result.outcome["items"]}
    assert {item: (one.score, one.weighted) for item, one in found.items()} == told
    assert found["revenue"].actual == D(110) and found["revenue"].where.startswith("rules/trading/scoring.yaml:")


def test_what_is_missing_has_no_score_and_never_zero(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        sign(quarter)
        record(quarter, {"revenue": "110"})
        found = so_far(quarter)
        assert found["revenue"].score == D(90)
        assert found["new_customers"] == SoFar(None) and found["plan"] == SoFar(None)


def test_a_rating_that_is_not_the_readers_to_see_is_not_scored(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        assert so_far(quarter, "plan")["plan"] == SoFar(None)
        assert so_far(quarter)["plan"].score == D(85)
