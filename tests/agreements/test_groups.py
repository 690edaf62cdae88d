"""What stands against items chosen from group weights on the sheets of the coal group, and what would do instead."""

from decimal import Decimal as D

import pytest

from appraisal.agreements.checks import findings
from appraisal.agreements.drafts import Background, Finding, ItemDraft
from tests.agreements.coal import EIGHT, KPI, PROMOTION, drafts, policy, rows_of

THREE = ["marketing_centre-asset_preservation", "marketing_centre-wagon_fulfilment", "marketing_centre-promotion_plan_rate"]


def found(post: str, chosen: tuple[ItemDraft, ...]) -> list[Finding]:
    return findings(policy(), policy().posts[post].post, chosen)


def codes(post: str, weights: dict[str, str]) -> list[tuple[str, str]]:
    kept = ("best_target_without_challenge", "min_item_weight")
    return [(one.severity, one.code) for one in found(post, drafts(weights)) if one.code not in kept]


def evenly(total: int, rows: list[str]) -> dict[str, str]:
    return {row: str(total // len(rows) + (place < total % len(rows))) for place, row in enumerate(rows)}


def test_eight_rows_of_the_marketing_centre_share_90_and_10() -> None:
    """R-003-16: 营销中心, 90 over 12 KPIs and 10 over 2 GS."""
    assert codes("marketing_centre", EIGHT) == []


def test_nine_rows_are_one_too_many_and_the_finding_names_what_to_leave_out() -> None:
    """R-003-14: KPI 与 GS 之和原则上不超过 8 个."""
    nine = evenly(90, [*KPI, THREE[0]]) | {PROMOTION: "10"}
    assert codes("marketing_centre", nine) == [("warning", "too_many_items")]
    (one,) = [one for one in found("marketing_centre", drafts(nine)) if one.code == "too_many_items"]
    assert "最接近的可行选择: (1) 去掉「固定资产保值增值率」" in one.zh and "(3)" in one.zh


def test_nine_rows_share_90_at_ten_each_and_ten_do_not() -> None:
    """R-003-16: 每项不少于 10."""
    ten = evenly(90, [*KPI, *THREE]) | {PROMOTION: "10"}
    assert [code for _, code in codes("marketing_centre", ten)] == ["group_too_many", "too_many_items"]
    nine = evenly(90, [*KPI, *THREE[:2]]) | {PROMOTION: "10"}
    assert [code for _, code in codes("marketing_centre", nine)] == ["too_many_items"]


def test_a_group_that_totals_other_than_its_print_is_an_error_that_names_the_even_split() -> None:
    off = EIGHT | {KPI[0]: "14"}
    assert codes("marketing_centre", off) == [("error", "weights_not_100"), ("error", "group_weight_off")]
    (one,) = [one for one in found("marketing_centre", drafts(off)) if one.code == "group_weight_off"]
    assert "合计 91, 该组权重为 90" in one.zh and "(1) 同样的项, 各组权重由组内各项均分" in one.zh


def test_a_group_nobody_chose_from_is_an_error() -> None:
    assert codes("marketing_centre", evenly(90, KPI))[1:] == [("error", "group_empty")]


def test_weights_that_total_100_otherwise_than_printed_need_approval() -> None:
    """D-09: 权重可以重新分配, 须经批准."""
    moved = evenly(80, KPI) | {PROMOTION: "20"}
    assert codes("marketing_centre", moved) == [("approval", "weights_reallotted")]
    (one,) = [one for one in found("marketing_centre", drafts(moved)) if one.code == "weights_reallotted"]
    assert "90 → 80" in one.zh and "10 → 20" in one.en


def test_table_20_shares_50_and_50_among_five_rows_each_at_exactly_ten() -> None:
    """表 20 办公室: KPI 50 (五项), GS 50 (五项); 十项各 10 分, 但原则上只有 8 项."""
    rows = rows_of("general_office")
    assert codes("general_office", dict.fromkeys(rows, "10")) == [("warning", "too_many_items")]
    eight = evenly(50, rows[:4]) | evenly(50, rows[5:9])
    assert list(eight.values()) == ["13", "13", "12", "12"] * 2
    assert codes("general_office", eight) == []


def test_table_1_cannot_keep_its_ten_cells_and_eight_rows_need_approval() -> None:
    """G-46: 表 1 企划部有 10 个权重格, 各 10 分, 原则上至多 8 项."""
    rows = [row for row in rows_of("planning") if row != "planning-expense_control"]
    all_ten = drafts(dict.fromkeys(rows_of("planning"), "10"))
    (one,) = [one for one in found("planning", all_ten) if one.code == "too_many_items"]
    assert "100 分由 8 项均分并报批" in one.zh
    eight = evenly(100, [row for row in rows if row != "planning-subsidiary_assets"])
    assert sum(map(int, eight.values())) == 100 and len(eight) == 8
    assert codes("planning", eight) == [("approval", "weights_reallotted")]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("6.67", "6.67", "6.66"), []),
        (("6.6667", "6.6667", "6.6666"), []),
        (("6.67", "6.67", "6.67"), ["weights_not_100", "group_weight_off"]),
    ],
)
def test_an_odd_split_totals_its_group_exactly_or_not_at_all(parts: tuple[str, ...], expected: list[str]) -> None:
    """表 6 财务部: 20 分由五项分; 三项各 6.67 合计 20.01."""
    rows = [*rows_of("finance_department")[4:7]]
    single = [row for row in rows_of("finance_department") if row not in rows_of("finance_department")[4:9]]
    weights = dict.fromkeys(single, "10") | dict(zip(rows, parts, strict=True))
    crowded = {"group_too_many", "too_many_items"}
    assert [code for _, code in codes("finance_department", weights) if code not in crowded] == expected


def test_a_goal_of_ones_own_has_no_place_on_a_sheet_of_groups() -> None:
    own = ItemDraft("own-1", "gs", D(10), name_zh="整理客户档案", standard="齐全", dimension="customer")
    chosen = tuple(one for one in drafts(EIGHT) if one.kind == "kpi")
    refused = [one for one in found("marketing_centre", (*chosen, own)) if one.code == "not_of_the_post"]
    assert [(one.severity, one.path) for one in refused] == [("error", "items[7].id")]
    assert "「整理客户档案」不在岗位「营销中心」的考核表中" in refused[0].zh


def test_a_row_of_another_sheet_has_no_place_either() -> None:
    other = ItemDraft("chef-hygiene", "gs", D(10))
    chosen = tuple(one for one in drafts(EIGHT) if one.kind == "kpi")
    assert "not_of_the_post" in [one.code for one in found("marketing_centre", (*chosen, other))]


def test_a_target_easier_than_a_year_ago_is_named_for_a_row_too() -> None:
    """R-003-20: 水涨船高; 没有另写目标的, 比较本表的目标."""
    post = policy().posts["chef"].post
    chosen = drafts({"chef-diner_satisfaction": "50", "chef-service_attitude": "20", "chef-hygiene": "30"})
    assert chosen[0].target is None

    def easier(before: str) -> list[str]:
        around = Background(earlier={"chef-diner_satisfaction": D(before)})
        return [one.code for one in findings(policy(), post, chosen, around) if one.code == "target_easier"]

    assert easier("91") == ["target_easier"] and easier("90") == []
