"""One item to its score: which curve, which figures, and what a missing one does."""

from decimal import Decimal

import pytest

from appraisal.core.inputs import Item
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import score_item
from tests.core.cases import FILES, FINANCE, POLICY, code_and_path, files_after, goal, kpi, trading, when_missing
from tests.core.policy.mini import policy_with

REVENUE_DROPS = (FINANCE, "      - id: revenue\n", "      - id: revenue\n        missing: drop\n")


def score(item: Item, policy: Policy | None = None) -> Decimal | None:
    return score_item(policy or trading(), item).score


def refused(item: Item, policy: Policy | None = None) -> tuple[str, str]:
    return code_and_path(score_item, policy or trading(), item)


@pytest.mark.parametrize(
    ("actual", "points"),
    [("100", "80"), ("110", "90"), ("120", "100"), ("150", "100"), ("90", "72"), ("0", "0"), ("-10", "0")],
)
def test_targets_of_100_and_120_score_as_the_regulation_says(actual: str, points: str) -> None:
    assert score(kpi("revenue", target="100", challenge="120", actual=actual)) == Decimal(points)


@pytest.mark.parametrize(
    ("actual", "points"),
    [("12.4999", "100"), ("12.5", "100"), ("12.5001", "99.9999"), ("37.5", "99.9999"), ("37.5001", "99.9998")],
)
def test_a_tie_in_the_fifth_place_is_rounded_up(actual: str, points: str) -> None:
    """Lower is better, target 5 000 000, challenge 0: 100 − a ÷ 250 000, so 12.5 is exactly 99.99995."""
    assert score(kpi("x", target="5000000", challenge="0", actual=actual, direction="lower")) == Decimal(points)


@pytest.mark.parametrize(("precision", "points"), [("0", "73"), ("1", "72.7"), ("4", "72.7273"), ("8", "72.72727273")])
def test_the_policy_declares_the_precision(precision: str, points: str) -> None:
    policy = trading((POLICY, "precision: 4", f"precision: {precision}"))
    assert score(kpi("revenue", target="110", actual="100"), policy) == Decimal(points)


def test_the_curve_is_the_items_own_then_the_indicators_then_that_of_its_direction() -> None:
    on_time = policy_with("rules/mini/scoring.yaml")
    assert score(kpi("on_time_rate", actual="90"), on_time) == Decimal("80"), "the indicator's: steps"
    assert score(kpi("on_time_rate", actual="90", target="90", challenge="95", curve="higher"), on_time) == Decimal("80")
    assert score(kpi("on_time_rate", actual="95", target="90", challenge="95", curve="higher"), on_time) == Decimal("100")
    assert score(kpi("revenue", target="100", actual="90"), on_time) == Decimal("72"), "that of the direction"
    assert score(kpi("x", target="100", actual="110", direction="lower")) == Decimal("72"), "stated by the item"


def test_the_librarys_target_and_challenge_hold_where_the_item_states_neither() -> None:
    policy = policy_with("rules/mini/scoring.yaml")
    assert score(kpi("collection_rate", actual="95"), policy) == Decimal("90"), "target 90, challenge 100"
    assert score(kpi("collection_rate", target="95", actual="95"), policy) == Decimal("80")
    assert refused(kpi("collection_rate", challenge="95", actual="95"), policy) == ("target_missing", "target")
    assert score(kpi("collection_rate", target="95", actual="100"), policy) == Decimal("84.2105"), "no challenge agreed"


def test_an_item_outside_the_library_states_its_direction_or_curve() -> None:
    assert refused(kpi("x", target="100", actual="90")) == ("direction_missing", "direction")
    assert score(kpi("x", target="100", actual="90", direction="higher")) == Decimal("72")
    assert refused(kpi("x", target="100", actual="90", curve="higher")) == ("direction_missing", "direction")


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        (kpi("revenue", actual="1", target="1", dimension="nowhere"), "unknown_dimension", "dimension"),
        (goal("revenue", rating="80"), "kind_mismatch", "kind"),
        (kpi("brand_awareness", actual="1"), "kind_mismatch", "kind"),
        (kpi("revenue", actual="1", target="1", direction="lower"), "direction_conflict", "direction"),
        (kpi("revenue", actual="1", target="1", curve="nope"), "unknown_curve", "curve"),
        (kpi("revenue", actual="1", target="1", curve="zero"), "direction_unsuited", "direction"),
        (kpi("revenue", actual="1"), "target_missing", "target"),
        (kpi("revenue", actual="1", target="0"), "target_not_positive", "target"),
        (kpi("revenue", actual="1", target="-5"), "target_not_positive", "target"),
        (kpi("revenue", actual="1", target="100", challenge="99"), "challenge_on_wrong_side", "challenge"),
        (kpi("compliance_violations", actual="-1"), "actual_negative", "actual"),
        (kpi("revenue", target="1", inputs={"a": Decimal(1)}), "inputs_without_formula", "inputs"),
        (goal("plan", rating="100.00000001"), "rating_out_of_scale", "rating"),
        (goal("plan", rating="-0.00000001"), "rating_out_of_scale", "rating"),
        (goal("plan", rating="80", factors={"A": Decimal(1)}), "rating_and_factors", "rating"),
        (goal("plan", factors={"A": Decimal("-1")}), "factor_out_of_range", "factors.A"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_item_that_cannot_be_scored_says_why_and_where(item: Item, code: str, path: str) -> None:
    assert refused(item) == (code, path)


def test_an_indicator_without_formula_in_the_source_cannot_be_scored() -> None:
    incomplete = trading((FINANCE, "      - id: revenue\n", "      - id: revenue\n        status: incomplete\n"))
    assert refused(kpi("revenue", target="1", actual="1"), incomplete) == ("indicator_incomplete", "id")


@pytest.mark.parametrize(("item", "code"), [(kpi("revenue", target="100"), "missing_actual"), (goal("plan"), "missing_rating")])
def test_block_refuses_to_score_a_missing_figure(item: Item, code: str) -> None:
    path = code.removeprefix("missing_")
    assert refused(item) == (code, path)
    assert refused(item, when_missing("carry_last")) == (code, path), "and so does carry_last with nothing to carry"


@pytest.mark.parametrize("item", [kpi("revenue", target="100"), goal("plan")])
def test_zero_scores_a_missing_figure_as_0_and_says_that_it_was_missing(item: Item) -> None:
    found = score_item(when_missing("zero"), item)
    assert (found.score, found.missing) == (Decimal(0), True)
    present = score_item(when_missing("zero"), goal("plan", rating="0"))
    assert (present.score, present.missing) == (Decimal(0), False)


@pytest.mark.parametrize("item", [kpi("revenue", target="100"), goal("plan")])
def test_drop_leaves_a_missing_figure_without_a_score(item: Item) -> None:
    found = score_item(when_missing("drop"), item)
    assert (found.score, found.missing) == (None, True)
    present = score_item(when_missing("drop"), kpi("revenue", target="100", actual="0"))
    assert (present.score, present.missing) == (Decimal(0), False)


def test_carry_last_takes_the_figure_of_the_period_before() -> None:
    carried = score_item(when_missing("carry_last"), kpi("revenue", target="100", last_actual="90"))
    assert (carried.score, carried.missing) == (Decimal(72), True)
    own = score_item(when_missing("carry_last"), kpi("revenue", target="100", actual="0", last_actual="90"))
    assert (own.score, own.missing) == (Decimal(0), False)


def test_a_last_figure_is_no_figure_where_the_policy_does_not_carry() -> None:
    assert refused(kpi("revenue", target="100", last_actual="90")) == ("missing_actual", "actual")


def test_an_indicators_own_rule_for_missing_figures_comes_first() -> None:
    policy = trading(REVENUE_DROPS)
    assert score_item(policy, kpi("revenue", target="100")).missing
    assert refused(kpi("gross_profit", target="100"), policy) == ("missing_actual", "actual")


@pytest.mark.parametrize("change", [REVENUE_DROPS, (POLICY, "missing: block", "missing: drop")])
def test_the_explanation_of_a_missing_figure_names_the_rule_that_applies(change: tuple[str, str, str]) -> None:
    where = score_item(trading(change), kpi("revenue", target="100")).where
    assert where.path == change[0]
    assert "missing: drop" in files_after(change)[where.path].splitlines()[where.line - 1]


def test_figures_computed_from_inputs_are_scored_like_stated_ones() -> None:
    inputs = {"毛利润": Decimal("18"), "销售额": Decimal("100")}
    assert score(kpi("gross_margin", target="15", challenge="18", inputs=inputs)) == Decimal("100")
    assert score(kpi("gross_margin", target="20", inputs=inputs)) == Decimal("72")


def test_an_input_without_a_figure_is_a_missing_actual() -> None:
    item = kpi("gross_margin", target="15", inputs={"毛利润": None, "销售额": Decimal(100)})
    assert refused(item) == ("missing_actual", "actual")
    assert score_item(when_missing("drop"), item).missing


def test_an_items_own_dimension_comes_before_the_librarys() -> None:
    assert score_item(trading(), kpi("revenue", target="1", actual="1")).dimension == "finance"
    assert score_item(trading(), kpi("revenue", target="1", actual="1", dimension="sales_support")).dimension == "sales_support"
    assert score_item(trading(), goal("plan", rating="1")).dimension is None


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (kpi("revenue", target="1", actual="1"), "id: higher"),
        (kpi("logistics_cost_ratio", target="1", actual="1"), "id: lower"),
        (goal("plan", rating="1"), "minimum: 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_explanation_of_a_score_names_the_curve_or_the_scale(item: Item, words: str) -> None:
    where = score_item(trading(), item).where
    assert words in FILES[where.path].splitlines()[where.line - 1]
