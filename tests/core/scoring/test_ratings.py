"""Goals that a person judges: on the policy's scale or by sub-factors, bounded on both sides."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import plain
from appraisal.core.policy.model import RatingScale
from appraisal.core.scoring.ratings import rate

HUNDRED_POINTS = RatingScale(minimum=Decimal(0), maximum=Decimal(100))
ONE_TO_FIVE = RatingScale(minimum=Decimal(1), maximum=Decimal(5))


def a_goal(
    rating: str | None = None, factors: Mapping[str, str | None] | None = None, limits: Mapping[str, str] | None = None
) -> Item:
    return Item(
        id="plan",
        kind="gs",
        weight=Decimal(10),
        rating=None if rating is None else Decimal(rating),
        factors={name: None if text is None else Decimal(text) for name, text in (factors or {}).items()},
        factor_max={name: Decimal(text) for name, text in (limits or {}).items()},
    )


def score(item: Item, scale: RatingScale = HUNDRED_POINTS, places: int = 4) -> str | None:
    points = rate(item, scale, places)
    return None if points is None else plain(points.score)


def refusal(item: Item, scale: RatingScale = HUNDRED_POINTS) -> tuple[str, str]:
    with pytest.raises(ScoringError) as caught:
        rate(item, scale, 4)
    assert caught.value.message.zh
    return caught.value.code, caught.value.path


def test_on_the_scale_of_a_hundred_the_rating_is_the_score() -> None:
    assert [score(a_goal(rating)) for rating in ("0", "85", "92.5", "100")] == ["0", "85", "92.5", "100"]
    assert score(a_goal("84.99995")) == "85"
    points = rate(a_goal("85"), HUNDRED_POINTS, 4)
    assert points is not None
    assert (points.zh, points.en) == ("评分 85", "rating 85")
    assert score(a_goal("84.99994")) == "84.9999"


def test_another_scale_is_converted_linearly() -> None:
    assert [score(a_goal(rating), ONE_TO_FIVE) for rating in ("1", "2", "4.2", "5")] == ["0", "25", "80", "100"]
    thirds = RatingScale(minimum=Decimal(0), maximum=Decimal(3))
    assert score(a_goal("2"), thirds) == "66.6667"
    points = rate(a_goal("4.2"), ONE_TO_FIVE, 4)
    assert points is not None
    assert "1–5" in points.zh and "1–5" in points.en


def test_a_rating_outside_the_scale_is_refused() -> None:
    for rating in ("-0.01", "100.01"):
        assert refusal(a_goal(rating)) == ("rating_out_of_scale", "rating")
    for rating in ("0.99", "5.01"):
        assert refusal(a_goal(rating), ONE_TO_FIVE) == ("rating_out_of_scale", "rating")


def test_a_missing_rating_or_factor_makes_the_goal_missing() -> None:
    assert score(a_goal()) is None
    assert score(a_goal(factors={"A": "18", "B": None})) is None
    assert score(a_goal(factors={"A": "18"}, limits={"A": "20", "B": "20"})) is None
    assert score(a_goal(limits={"A": "20"})) is None


def test_factors_add_up_whatever_the_scale_of_ratings() -> None:
    assert score(a_goal(factors={"A": "18", "B": "15"})) == "33"
    assert score(a_goal(factors={"A": "18", "B": "15"}), ONE_TO_FIVE) == "33"
    assert score(a_goal(factors={"A": "0"})) == "0"
    assert score(a_goal(factors={"A": "0.00005"})) == "0.0001"
    points = rate(a_goal(factors={"A": "18", "B": "15.50"}), HUNDRED_POINTS, 4)
    assert points is not None
    assert points.zh == "分项 A 18 + B 15.5"


def test_each_factor_stays_within_its_own_maximum() -> None:
    limits = {"A": "20", "B": "30"}
    assert score(a_goal(factors={"A": "20", "B": "30"}, limits=limits)) == "50"
    assert refusal(a_goal(factors={"A": "20.01", "B": "1"}, limits=limits)) == ("factor_out_of_range", "factors.A")
    assert refusal(a_goal(factors={"A": "1", "B": "-0.01"}, limits=limits)) == ("factor_out_of_range", "factors.B")
    assert score(a_goal(factors={"A": "0.01"}, limits={"A": "0.01"})) == "0.01"
    assert refusal(a_goal(factors={"A": "0"}, limits={"A": "0"})) == ("factor_out_of_range", "factor_max.A")
    assert refusal(a_goal(factors={"A": None, "B": "31"}, limits=limits)) == ("factor_out_of_range", "factors.B")


def test_the_factors_together_stay_within_a_hundred() -> None:
    assert score(a_goal(factors={"A": "60", "B": "40"})) == "100"
    assert refusal(a_goal(factors={"A": "60", "B": "40.01"})) == ("factor_out_of_range", "factors")
    assert refusal(a_goal(factors={"A": "100.01"})) == ("factor_out_of_range", "factors.A")


def test_a_goal_is_rated_or_factored_not_both() -> None:
    assert refusal(a_goal("85", factors={"A": "18"})) == ("rating_and_factors", "rating")


@given(st.decimals(min_value=1, max_value=5, places=8), st.decimals(min_value=1, max_value=5, places=8))
def test_a_better_rating_never_scores_less_and_stays_within_the_hundred(left: Decimal, right: Decimal) -> None:
    worse, better = (rate(Item("plan", "gs", Decimal(1), rating=one), ONE_TO_FIVE, 4) for one in sorted((left, right)))
    assert worse is not None and better is not None
    assert 0 <= worse.score <= better.score <= 100
