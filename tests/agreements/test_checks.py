"""What the regulation forbids in an agreement, and what it only warns of."""

from dataclasses import replace
from decimal import Decimal as D
from functools import cache

import pytest

from appraisal.agreements.checks import findings
from appraisal.agreements.drafts import ALONE, Background, Finding, ItemDraft
from appraisal.core.policy.model import Policy
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, SALES
from tests.factories import checked

VISITS = ItemDraft(
    *("visits", "kpi", D(10)),
    dimension="operations",
    name_zh="拜访客户",
    direction="higher",
    target=D(5),
    source="拜访记录",
)


@cache
def trading() -> Policy:
    from appraisal.core.policy.loader import load_book

    published = checked()
    book, _ = load_book(dict(published.files), "trading")
    assert book is not None
    return book.on(book.dates[-1])


def found(*drafts: ItemDraft, post: str = "sales", around: Background = ALONE) -> list[Finding]:
    return findings(trading(), trading().posts[post].post, drafts, around)


def codes(*drafts: ItemDraft, post: str = "sales", around: Background = ALONE) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.code, finding.path) for finding in found(*drafts, post=post, around=around)]


def test_a_sound_agreement_has_no_findings():
    assert found(*SALES) == []


@pytest.mark.parametrize("weight", ["59.9999", "60.0001"])
def test_weights_total_exactly_100_and_follow_the_profile(weight: str):
    assert codes(replace(REVENUE, weight=D(weight)), NEW_CUSTOMERS, PLAN) == [
        ("error", "weights_not_100", "items"),
        ("error", "dimension_weight_off_profile", "items"),
    ]


def test_a_total_of_100_off_the_profile_is_refused():
    assert codes(replace(REVENUE, weight=D(50)), replace(NEW_CUSTOMERS, weight=D(40)), PLAN) == [
        ("error", "dimension_weight_off_profile", "items"),
        ("error", "dimension_weight_off_profile", "items"),
    ]


def test_what_is_found_names_items_and_dimensions_in_both_languages():
    said = [(one.zh, one.en) for one in found(REVENUE, REVENUE)]
    assert ("「销售额」出现 2 次; 合并为一项", "Sales revenue stands here 2 times; make it one item") in said
    assert "Finance and results totals 120; the profile of Sales says 60" in [en for _, en in said]


def test_a_dimension_outside_the_profile_is_refused():
    violations = ItemDraft("compliance_violations", "kpi", D(10))
    assert ("error", "dimension_not_in_profile", "items[2].dimension") in codes(REVENUE, NEW_CUSTOMERS, violations)


def test_a_library_indicator_keeps_its_dimension():
    moved = replace(NEW_CUSTOMERS, dimension="finance", weight=D(60))
    own = replace(VISITS, weight=D(30), dimension="customer")
    assert ("error", "dimension_of_another_indicator", "items[0].dimension") in codes(moved, own, PLAN)


def test_a_dimension_may_draw_on_others():
    drafts = (
        ItemDraft("market_share", "kpi", D(50), target=D(5)),
        replace(REVENUE, dimension="sales_support", weight=D(30)),
        ItemDraft("cross_department_collaboration", "gs", D(20)),
    )
    assert codes(*drafts, post="marketing") == [("warning", "audience_mismatch", "items[1].id")]


@pytest.mark.parametrize(("challenge", "codes_expected"), [("99.9", ["challenge_on_wrong_side"]), ("100", []), ("120", [])])
def test_the_challenge_lies_on_the_far_side_of_the_target(challenge: str, codes_expected: list[str]):
    assert [finding.code for finding in found(replace(REVENUE, challenge=D(challenge)), NEW_CUSTOMERS, PLAN)] == codes_expected


@pytest.mark.parametrize(("challenge", "codes_expected"), [("5.1", ["challenge_on_wrong_side"]), ("5", []), ("4", [])])
def test_where_less_is_better_the_challenge_lies_below(challenge: str, codes_expected: list[str]):
    days = ItemDraft("order_cycle_time", "kpi", D(10), target=D(5), challenge=D(challenge))
    assert [finding.code for finding in found(REVENUE, NEW_CUSTOMERS, days)] == codes_expected


def test_a_scored_kpi_needs_a_target():
    assert [finding.code for finding in found(replace(REVENUE, target=None, challenge=None), NEW_CUSTOMERS, PLAN)] == [
        "target_missing"
    ]


def test_an_item_of_ones_own_needs_a_name_and_a_direction():
    own = ItemDraft("visits", "kpi", D(10), dimension="operations", target=D(20))
    assert codes(REVENUE, NEW_CUSTOMERS, own) == [
        ("error", "name_missing", "items[2].name_zh"),
        ("error", "source_missing", "items[2].source"),
        ("error", "direction_missing", "items[2].direction"),
    ]


def test_an_item_stands_once():
    half = replace(REVENUE, weight=D(30))
    assert [code for _, code, _ in codes(half, half, NEW_CUSTOMERS, PLAN)] == ["repeated_item", "repeated_item"]


def test_more_than_five_items_are_only_warned_of():
    six = (
        replace(REVENUE, weight=D(40)),
        ItemDraft("gross_profit", "kpi", D(20), target=D(50), challenge=D(60)),
        replace(NEW_CUSTOMERS, weight=D(20)),
        ItemDraft("customer_churn", "kpi", D(10), target=D(5), challenge=D(2)),
        replace(PLAN, weight=D(5)),
        replace(PLAN, id="plan_2", weight=D(5)),
    )
    assert codes(*six) == [("warning", "starter_items", "items")]


def test_a_best_possible_target_without_challenge_is_warned_of():
    collected = ItemDraft("collection_rate", "kpi", D(60), target=D(100))
    assert codes(collected, NEW_CUSTOMERS, PLAN) == [("warning", "best_target_without_challenge", "items[0].challenge")]
    assert codes(replace(collected, challenge=D(100)), NEW_CUSTOMERS, PLAN) == []


def test_an_indicator_meant_for_others_is_warned_of():
    cost = ItemDraft("inventory_turnover", "kpi", D(60), target=D(4), challenge=D(6))
    assert codes(cost, NEW_CUSTOMERS, PLAN) == [("warning", "audience_mismatch", "items[0].id")]


def test_an_own_kpi_without_a_source_is_refused():
    assert codes(REVENUE, NEW_CUSTOMERS, VISITS) == []
    assert codes(REVENUE, NEW_CUSTOMERS, replace(VISITS, source=None)) == [("error", "source_missing", "items[2].source")]


def test_an_own_goal_without_a_standard_is_warned_of():
    assert codes(REVENUE, NEW_CUSTOMERS, replace(PLAN, standard=None)) == [("warning", "standard_missing", "items[2].standard")]


@pytest.mark.parametrize(("target", "easier"), [("99.9999", True), ("100", False), ("100.0001", False)])
def test_a_target_below_last_years_is_warned_of(target: str, easier: bool):
    around = Background(earlier={"revenue": D(100)})
    seen = codes(replace(REVENUE, target=D(target)), NEW_CUSTOMERS, PLAN, around=around)
    assert seen == ([("warning", "target_easier", "items[0].target")] if easier else [])


@pytest.mark.parametrize(("target", "easier"), [("5.0001", True), ("5", False), ("4.9999", False)])
def test_where_less_is_better_a_higher_target_is_the_easier_one(target: str, easier: bool):
    days = ItemDraft("order_cycle_time", "kpi", D(10), target=D(target), challenge=D(4))
    seen = codes(REVENUE, NEW_CUSTOMERS, days, around=Background(earlier={"order_cycle_time": D(5)}))
    assert seen == ([("warning", "target_easier", "items[2].target")] if easier else [])


def test_items_are_asked_for_their_goal_only_where_there_are_goals():
    linked = tuple(replace(draft, goal_id=7) for draft in SALES)
    goals = Background(goals={7: "销售额增长 20%"})
    assert codes(*linked, around=goals) == []
    assert codes(*linked[:2], PLAN, around=goals) == [("warning", "goal_link_missing", "items[2].goal_id")]
    assert codes(*linked[:2], replace(PLAN, goal_id=8), around=goals) == [("error", "unknown_goal", "items[2].goal_id")]
