"""Choosing rows from a sheet whose printed weights are shared: what is feasible, what is not, and what comes nearest."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.inputs import Kind
from appraisal.core.numbers import HUNDRED, add
from appraisal.core.policy.entry import Text
from appraisal.core.policy.general import DesignRule, Severity
from appraisal.core.policy.sheets import Group, Post, PostItem
from appraisal.core.selection import Chosen, even_split, feasible, judge, nearest


def rules(severity: Severity = "warning") -> tuple[DesignRule, ...]:
    """≤ 8 rows, ≥ 10 points each (R-003-14, -16)."""
    return (
        DesignRule(rule="max_items", limit=Decimal(8), severity=severity),
        DesignRule(rule="min_item_weight", limit=Decimal(10), severity=severity),
    )


RULES = rules()


def post_of(*groups: tuple[Kind, str, int]) -> Post:
    """A sheet of groups, each a kind, a printed weight and a number of rows; rows are k1, k2 … and g1, g2 … in order."""
    made, count = [], {"kpi": 0, "gs": 0}
    for kind, weight, rows in groups:
        items = []
        for _ in range(rows):
            count[kind] += 1
            name = f"{kind[0]}{count[kind]}"
            items.append(PostItem(id=name, name=Text(name, name)))
        made.append(Group(kind=kind, weight=Decimal(weight), items=tuple(items)))
    return Post(id="post", title=Text("岗位", "Post"), groups=tuple(made))


def choose(*rows: str, **weights: str) -> list[Chosen]:
    return [*(Chosen(row) for row in rows), *(Chosen(row, Decimal(weight)) for row, weight in weights.items())]


def rows_named(kind: str, numbers: Sequence[int]) -> list[str]:
    return [f"{kind}{number}" for number in numbers]


MARKETING = post_of(("kpi", "90", 12), ("gs", "10", 2))
"""003 表 52 营销中心: 90 over 12 KPI, 10 over 2 GS."""
PLANNING = post_of(*[("kpi", "10", 1)] * 7, *[("gs", "10", 1)] * 3)
"""003 表 1 企划部: ten cells of 10."""
FINANCE = post_of(*[("kpi", "10", 1)] * 4, ("kpi", "20", 5), ("kpi", "10", 1), *[("gs", "10", 1)] * 3)
"""003 表 6 财务部: 20 over rows 5 to 9."""
CHEF = post_of(("kpi", "50", 1), ("gs", "20", 1), ("gs", "30", 1))
"""003 表 27 厨师."""


# what is feasible


def test_ninety_points_over_twelve_rows_feed_nine_of_them() -> None:
    room = feasible(MARKETING, RULES)
    assert [(one.least, one.most) for one in room.rooms] == [(1, 9), (1, 1)]
    assert (room.most, room.keeps_printed) == (8, True)


@pytest.mark.parametrize(("sheet", "most"), [(PLANNING, 8), (FINANCE, 8)])
def test_more_cells_than_rows_allowed_cannot_all_keep_their_weight(sheet: Post, most: int) -> None:
    room = feasible(sheet, RULES)
    assert (room.keeps_printed, room.most) == (False, most)


def test_a_sheet_with_one_row_a_weight_is_chosen_whole() -> None:
    room = feasible(CHEF, RULES)
    assert ([(one.least, one.most) for one in room.rooms], room.most, room.keeps_printed) == ([(1, 1)] * 3, 3, True)


@pytest.mark.parametrize(("weight", "most"), [("19.9", 1), ("20", 2), ("29", 2), ("30", 3)])
def test_a_weight_feeds_as_many_rows_as_the_least_weight_goes_into_it(weight: str, most: int) -> None:
    rest = str(100 - Decimal(weight))
    assert feasible(post_of(("kpi", weight, 5), ("gs", rest, 1)), RULES).rooms[0].most == most


@pytest.mark.parametrize(("weight", "keeps"), [("9.99", False), ("10", True)])
def test_a_weight_below_the_least_feeds_nobody(weight: str, keeps: bool) -> None:
    sheet = post_of(("kpi", weight, 2), ("gs", str(100 - Decimal(weight)), 1))
    assert feasible(sheet, RULES).keeps_printed is keeps


def test_a_policy_without_design_rules_bounds_nothing() -> None:
    room = feasible(MARKETING, ())
    assert ([one.most for one in room.rooms], room.most, room.keeps_printed) == ([12, 2], 14, True)


# even splits


@pytest.mark.parametrize(
    ("weight", "rows", "parts"),
    [
        ("20", 3, ["7", "7", "6"]),
        ("90", 8, ["12", "12", "11", "11", "11", "11", "11", "11"]),
        ("50", 6, ["9", "9", "8", "8", "8", "8"]),
        ("50", 5, ["10"] * 5),
        ("12.5", 2, ["6.5", "6"]),
        ("12.25", 5, ["3", "3", "2.25", "2", "2"]),
        ("2", 4, ["0.5", "0.5", "0.5", "0.5"]),
        ("1", 3, ["0.4", "0.3", "0.3"]),
        ("40", 1, ["40"]),
        ("40", 0, []),
    ],
)
def test_an_even_split_is_in_whole_points_and_exact(weight: str, rows: int, parts: list[str]) -> None:
    split = even_split(Decimal(weight), rows_named("k", range(rows)))
    assert list(split.values()) == [Decimal(part) for part in parts]
    assert add(*split.values()) == (Decimal(weight) if rows else 0)


# judging


def test_a_choice_within_the_bounds_is_feasible_and_its_split_a_preview() -> None:
    chosen = judge(MARKETING, RULES, choose(*rows_named("k", range(1, 8)), "g1"))
    assert (chosen.findings, chosen.is_feasible, chosen.preview) == ((), True, True)
    assert add(*chosen.weights.values()) == HUNDRED
    assert chosen.weights["k1"] == 13 and chosen.weights["k7"] == 12 and chosen.weights["g1"] == 10


def test_weights_of_the_choosers_own_are_no_preview() -> None:
    chosen = judge(MARKETING, RULES, choose(k1="30", k2="60", g2="10"))
    assert (chosen.findings, chosen.preview) == ((), False)


def test_rows_without_a_weight_share_what_the_others_leave() -> None:
    chosen = judge(MARKETING, RULES, choose("k2", "k3", "g1", k1="55"))
    assert [chosen.weights[row] for row in ("k1", "k2", "k3")] == [Decimal(55), Decimal(18), Decimal(17)]


@pytest.mark.parametrize(("count", "codes"), [(7, []), (8, ["too_many_items"]), (10, ["group_too_many", "too_many_items"])])
def test_too_many_rows_are_told_by_group_and_by_sheet(count: int, codes: list[str]) -> None:
    chosen = judge(MARKETING, RULES, choose(*rows_named("k", range(1, count + 1)), "g1"))
    assert [found.code for found in chosen.findings] == codes
    assert chosen.can_stand


def test_a_design_rule_has_the_severity_the_policy_gives_it() -> None:
    chosen = judge(MARKETING, rules("error"), choose(*rows_named("k", range(1, 9)), "g1"))
    assert [(found.severity, chosen.can_stand) for found in chosen.findings] == [("error", False)]


def test_a_group_without_a_row_leaves_its_weight_unspent() -> None:
    (found,) = judge(MARKETING, RULES, choose("k1")).findings
    assert (found.severity, found.code, found.group) == ("error", "group_empty", 1)


@pytest.mark.parametrize(("weight", "codes"), [("89.99", ["group_weight_off"]), ("90", []), ("90.01", ["group_weight_off"])])
def test_a_group_keeps_its_printed_weight_exactly(weight: str, codes: list[str]) -> None:
    chosen = judge(MARKETING, RULES, choose(k1=weight, g1="10"))
    assert [found.code for found in chosen.findings] == codes


def test_weights_that_total_100_may_leave_the_printed_ones_by_approval() -> None:
    chosen = judge(MARKETING, RULES, choose(k1="80", g1="10", g2="10"))
    (found,) = chosen.findings
    assert (found.severity, found.code) == ("approval", "weights_reallotted")
    assert "90 → 80" in found.zh and "10 → 20" in found.en
    assert (chosen.is_feasible, chosen.needs_approval) == (True, True)
    assert [(share.printed, share.agreed, share.rows) for share in chosen.shares] == [
        (Decimal(90), Decimal(80), ("k1",)),
        (Decimal(10), Decimal(20), ("g1", "g2")),
    ]


def test_a_group_may_be_left_out_where_its_points_go_elsewhere_by_approval() -> None:
    assert [found.code for found in judge(MARKETING, RULES, choose(k1="100")).findings] == ["weights_reallotted"]


def test_a_row_of_another_sheet_is_refused() -> None:
    found = judge(CHEF, RULES, choose("k1", "g1", "g2", "driver-service_attitude")).findings
    assert [(one.code, one.item) for one in found] == [("not_of_the_post", "driver-service_attitude")]


# what comes nearest


def test_what_is_feasible_is_its_own_nearest() -> None:
    first, *_ = nearest(MARKETING, RULES, choose("k3", "k5", "g2"))
    assert list(first.weights) == ["k3", "k5", "g2"]


def test_of_too_many_rows_the_first_in_print_are_kept() -> None:
    found = nearest(MARKETING, RULES, choose(*rows_named("k", range(1, 13)), "g1", "g2"))
    assert len(found) == 3
    assert [list(one.weights) for one in found][0] == [*rows_named("k", range(1, 8)), "g1"]
    assert len({tuple(one.weights) for one in found}) == 3
    for one in found:
        assert one.is_feasible and not one.needs_approval and one.preview
        assert add(*one.weights.values()) == HUNDRED
        assert min(one.weights.values()) >= 10


def test_an_empty_group_gets_the_first_row_in_print() -> None:
    assert [list(one.weights) for one in nearest(MARKETING, RULES, choose("k1", "k2"))][:2] == [
        ["k1", "k2", "g1"],
        ["k1", "k2", "g2"],
    ]


def test_where_printed_weights_cannot_be_kept_all_is_allotted_anew_by_approval() -> None:
    found = nearest(PLANNING, RULES, choose(*rows_named("k", range(1, 8)), "g1", "g2", "g3"))
    assert len(found) == 3
    assert list(found[0].weights) == [*rows_named("k", range(1, 8)), "g1"]
    for one in found:
        assert one.is_feasible and one.needs_approval
        assert sorted(one.weights.values()) == [Decimal(12)] * 4 + [Decimal(13)] * 4


def test_five_rows_under_twenty_points_give_way_before_rows_with_a_weight_of_their_own() -> None:
    every = [*rows_named("k", range(1, 11)), *rows_named("g", range(1, 4))]
    assert all(len(one.weights) == 8 for one in nearest(FINANCE, RULES, choose(*every)))


def test_a_sheet_without_groups_has_nothing_to_choose() -> None:
    bare = Post(id="sales", title=Text("销售", "Sales"), dimensions={"finance": HUNDRED})
    assert (judge(bare, RULES, []).findings, nearest(bare, RULES, [])) == ((), ())


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Post, list[Chosen]]:
    """A small sheet whose weights total 100, and rows somebody chose from it."""
    count = draw(st.integers(1, 3))
    cuts = sorted(draw(st.sets(st.integers(1, 99), min_size=count - 1, max_size=count - 1)))
    weights = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    sheet = post_of(*(("kpi", str(weight), draw(st.integers(1, 3))) for weight in weights))
    names = [row.id for group in sheet.groups for row in group.items]
    return sheet, [Chosen(name) for name in names if draw(st.booleans())]


@settings(deadline=None)
@given(sheets(), st.integers(1, 6), st.integers(1, 40))
def test_no_feasible_choice_is_nearer_than_the_nearest(drawn: tuple[Post, list[Chosen]], most: int, least: int) -> None:
    """Against every subset of the rows: the first proposal changes as few rows as any choice that can be made."""
    sheet, chosen = drawn
    limits = (
        DesignRule(rule="max_items", limit=Decimal(most), severity="error"),
        DesignRule(rule="min_item_weight", limit=Decimal(least), severity="error"),
    )
    names = [row.id for group in sheet.groups for row in group.items]
    wanted = {one.id for one in chosen}
    room = feasible(sheet, limits)

    def changes(rows: Sequence[str]) -> int:
        return len(wanted.symmetric_difference(rows))

    every = [rows for count in range(1, len(names) + 1) for rows in combinations(names, count)]
    if room.keeps_printed:
        can_be = [rows for rows in every if judge(sheet, limits, choose(*rows)).is_feasible]
    else:
        can_be = [rows for rows in every if len(rows) <= room.most]
        assert not any(judge(sheet, limits, choose(*rows)).is_feasible for rows in every)
    found = nearest(sheet, limits, chosen)
    assert bool(found) == bool(can_be)
    if found:
        assert changes(list(found[0].weights)) == min(map(changes, can_be))
    costs = [changes(list(one.weights)) for one in found]
    assert costs == sorted(costs) and len({tuple(one.weights) for one in found}) == len(found)
    assert all(one.is_feasible and add(*one.weights.values()) == HUNDRED for one in found)


def test_a_large_sheet_is_answered_without_trying_every_choice() -> None:
    sheet = post_of(*[("kpi", "10", 20)] * 10)
    found = nearest(sheet, (RULES[1],), choose(*rows_named("k", range(1, 201))))
    assert [len(one.weights) for one in found] == [10, 10, 10]
