"""Weights are positive and total exactly 100; a dropped item is replaced by its dimension's mean."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.policy.tree import NOWHERE
from appraisal.core.scoring.items import ScoredItem
from appraisal.core.scoring.weighting import check_weights, total_score
from tests.core.cases import code_and_path, goal

HUNDRED = 100


def scored(dimension: str | None, weight: str, score: str | None) -> ScoredItem:
    points = None if score is None else Decimal(score)
    return ScoredItem(goal("g", weight), dimension, "目标", "goal", points, score is None, "", "", NOWHERE)


def total(*entries: tuple[str | None, str, str | None], places: int = 4) -> Decimal:
    items = [scored(*entry) for entry in entries]
    return total_score(items, [item.score for item in items], places)[0]


@pytest.mark.parametrize(
    "weights", [["100"], ["60", "30", "10"], ["33.33", "33.33", "33.34"], ["99.99999999", "0.00000001"], ["12.5"] * 8]
)
def test_weights_that_total_exactly_100_pass(weights: list[str]) -> None:
    check_weights([Decimal(weight) for weight in weights])


@pytest.mark.parametrize("weights", [["99.99999999"], ["100.00000001"], ["33.33"] * 3, ["60", "30", "9.99"], ["60", "60"]])
def test_weights_off_100_by_however_little_are_refused(weights: list[str]) -> None:
    assert code_and_path(check_weights, [Decimal(weight) for weight in weights]) == ("weights_not_100", "items")


@pytest.mark.parametrize("weight", ["0", "-0", "-10"])
def test_a_weight_of_zero_or_less_is_refused_where_it_stands(weight: str) -> None:
    weights = [Decimal("100"), Decimal(weight)]
    assert code_and_path(check_weights, weights) == ("bad_weight", "items[1].weight")


def test_the_total_is_the_exact_sum_of_score_times_weight() -> None:
    assert total(("a", "60", "92"), ("b", "30", "100"), ("c", "10", "98")) == Decimal("95")
    assert total(("a", "33.33", "84.9999"), ("b", "33.33", "85.0001"), ("c", "33.34", "85")) == Decimal("85")
    assert total(("a", "33.33", "66.6667"), ("b", "66.67", "1.0001"), places=0) == Decimal("22.88677778")


def test_dropped_items_are_replaced_by_the_mean_of_their_dimension() -> None:
    kept = ("customer", "40", "50")
    assert total(("finance", "30", "80"), ("finance", "30", None), kept) == Decimal("68")  # 80 × 60 % + 50 × 40 %


def test_the_mean_is_weighted_and_rounded_once_half_up() -> None:
    entries = [("finance", "20", "80"), ("finance", "10", "81"), ("finance", "70", None)]
    assert total(*entries) == Decimal("80.3333")  # (80 × 20 + 81 × 10) ÷ 30 = 80.33333…
    assert total(*entries, places=0) == Decimal("80")
    tie = [("finance", "20", "80"), ("finance", "20", "81"), ("finance", "60", None)]
    assert total(*tie, places=0) == Decimal("81")  # 80.5


def test_only_the_dimension_of_a_dropped_item_is_rounded() -> None:
    assert total(("a", "33.33", "66.6667"), ("b", "33.33", "70"), ("b", "33.34", None), places=4) == Decimal("68.88901111")


def test_zero_is_a_score_and_not_a_missing_one() -> None:
    assert total(("finance", "50", "0"), ("finance", "50", "90")) == Decimal("45")
    assert total(("finance", "50", None), ("finance", "50", "90")) == Decimal("90")


def test_items_without_a_dimension_stand_in_for_each_other() -> None:
    assert total((None, "50", None), (None, "20", "70"), ("finance", "30", "100")) == Decimal("79")


def test_a_dimension_of_which_nothing_is_left_blocks_the_score() -> None:
    items = [scored("finance", "60", "90"), scored("customer", "40", None)]
    assert code_and_path(total_score, items, [item.score for item in items], 4) == ("nothing_left", "items")


def test_the_reweighted_dimensions_are_named_with_mean_and_weight() -> None:
    items = [scored("a", "20", "80"), scored("a", "40", None), scored("b", "40", "50")]
    (group,) = total_score(items, [item.score for item in items], 4)[1]
    assert (group.dimension, group.mean, group.weight) == ("a", Decimal("80"), Decimal("60"))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1, max_size=8))
def test_without_dropped_items_dimensions_do_not_matter(entries: list[tuple[str, int, int]]) -> None:
    items = [scored(name, str(Decimal(weight).scaleb(-4)), str(Decimal(score).scaleb(-4))) for name, weight, score in entries]
    found, reweighted = total_score(items, [item.score for item in items], 0)
    assert reweighted == ()
    assert Fraction(found) == sum(Fraction(weight * score, HUNDRED * 10**8) for _, weight, score in entries)
