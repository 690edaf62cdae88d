"""Results made of more than sheets: quarters, 360° feedback, plans, links to units, floors; worked out by hand, engine and
plain evaluator alike.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest

from appraisal.core.appraise import appraise_parts
from appraisal.core.bulk import Judgement, Table, appraise_table
from appraisal.core.calendar import Period
from appraisal.core.columns import Column
from appraisal.core.combine import wanted_parts
from appraisal.core.engine import reference
from appraisal.core.inputs import Incident, Part, PartKind, Sheet, case_from_json
from appraisal.core.outcome import Outcome
from appraisal.core.policy.model import Policy
from tests.core.cases import ON, POLICY, a_case, code_and_path, goal, trading

BLOCK = (POLICY, "missing: drop ", "missing: block ")
QUARTERS = (POLICY, "year_kpi: own_targets ", "year_kpi: mean_of_quarters ")
VETO = (Incident("serious_violation"),)


def with_keys(*lines: str) -> Policy:
    """The trading policy with more keys of policy.yaml."""
    text = "".join(f"    {line}\n" for line in lines)
    return trading((POLICY, "    improvement_plan: ", f"{text}    improvement_plan: "))


def part(kind: PartKind, score: str, share: str = "1", **given: str) -> Part:
    extra = {name: Decimal(value) for name, value in given.items()}
    return Part(kind, Decimal(share), Decimal(score), **extra)  # type: ignore[arg-type]


def a_sheet(rating: str | None, post: str = "sales", share: str = "1", period: str = "2026", veto: bool = False) -> Sheet:
    items = [] if rating is None else [goal("g", rating=rating)]
    return Sheet(a_case(*items, post=post, period=period, incidents=VETO if veto else ()), Decimal(share))


def outcome(policy: Policy, sheets: Sequence[Sheet] | Sheet, *parts: Part) -> Outcome:
    """The outcome by the engine, which the plain evaluator must equal."""
    all_sheets = [sheets] if isinstance(sheets, Sheet) else sheets
    found = appraise_parts(policy, all_sheets, parts)
    assert appraise_parts(policy, all_sheets, parts, reference.fire) == found
    return found


def told(found: Outcome, beginning: str) -> str:
    """The one line of the explanation that begins so in English, with its place; both languages show the same figures."""
    [line] = [line for line in found.lines if line.en.startswith(beginning)]
    assert line.path == POLICY and line.line > 1
    figures = re.compile(r"\b\d+(?:\.\d+)?\b", re.ASCII)
    assert figures.findall(line.zh.replace("360度", "360 ")) == figures.findall(line.en)
    return line.en


# What is wanted


@pytest.mark.parametrize(("period", "kinds"), [("2026", {"feedback", "development"}), ("2026-Q1", set()), ("2026-H1", set())])
def test_only_a_year_wants_feedback_and_plan(period: str, kinds: set[str]) -> None:
    assert wanted_parts(trading(), Period.parse(period), ["sales"]) == kinds


def test_a_link_is_wanted_for_its_posts_in_its_cycles() -> None:
    policy = with_keys("unit_links: [{posts: [sales], to: unit, share: 30, cadences: [quarter]}]")
    quarter = Period.parse("2026-Q1")
    assert wanted_parts(policy, quarter, ["sales"]) == {"unit"}
    assert wanted_parts(policy, quarter, ["purchasing"]) == set()
    assert wanted_parts(policy, Period.parse("2026-01"), ["sales"]) == set()


def test_a_part_that_is_wanted_and_not_there_blocks_unless_the_policy_drops_it() -> None:
    sheet = a_sheet("90")
    assert code_and_path(appraise_parts, trading(BLOCK), [sheet], [part("feedback", "80")]) == ("part_missing", "parts")
    linked = with_keys("unit_links: [{all_posts: true, to: company, share: 30}]")
    assert code_and_path(appraise_parts, linked, [sheet], []) == ("part_missing", "parts")


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([part("unit", "80")], ("unexpected_part", "parts[0].kind")),
        ([part("quarter", "80")], ("unexpected_part", "parts[0].kind")),
        ([part("feedback", "80"), part("feedback", "80")], ("repeated_part", "parts[1].kind")),
        ([part("feedback", "80", "0")], ("bad_share", "parts[0].share")),
    ],
)
def test_a_part_that_does_not_belong_is_refused(parts: list[Part], error: tuple[str, str]) -> None:
    assert code_and_path(appraise_parts, trading(), [a_sheet("90")], parts) == error


# The year


def test_a_year_is_its_parts_by_their_shares_and_says_so() -> None:
    found = outcome(trading(), a_sheet("85.5"), part("feedback", "77.3333"), part("development", "60"))
    assert found.score == Decimal("81.3167")  # 59.85 + 15.46666 + 6
    assert told(found, "Year").startswith("Year: (KPI 85.5 × 70 + 360° feedback 77.3333 × 20 + development plan 60 × 10) ÷ 100")


def test_a_dropped_part_is_named_and_the_rest_rounded_once() -> None:
    found = outcome(trading(), a_sheet("85.55"), part("feedback", "70"))
    assert found.score == Decimal("82.0944")  # (85.55 × 70 + 70 × 20) ÷ 90 = 82.09444…
    assert told(found, "Year").endswith("÷ 90 = 82.0944; there is no development plan, so it does not count")


def test_a_year_of_quarters_is_their_mean_whatever_their_decimals() -> None:
    policy = trading(QUARTERS)
    quarters = [part("quarter", score) for score in ("80", "85.123456789012", "90")]
    found = outcome(policy, a_sheet(None), *quarters, part("feedback", "90"), part("development", "90"))
    assert found.score == Decimal("86.5288")  # 85.0412 × 0.7 + 27 = 86.52884
    assert found.items == ()
    assert told(found, "Mean of the quarters").endswith("÷ 3 = 85.0412")


def test_a_vetoed_quarter_voids_the_year_where_a_veto_voids_the_whole() -> None:
    quarters = [Part("quarter", Decimal(1), Decimal(0), "2026-Q1", Decimal(84), True), part("quarter", "86")]
    whole = outcome(trading(QUARTERS), a_sheet(None), *quarters)
    assert (whole.computed_score, whole.score, whole.vetoed, whole.grade) == (Decimal(85), Decimal(0), True, "D")
    assert any(line.en == "Without the veto: score 85, grade A" for line in whole.lines)
    own = outcome(trading(QUARTERS, (POLICY, "share_veto: whole ", "share_veto: own_sheet ")), a_sheet(None), *quarters)
    assert (own.computed_score, own.score, own.vetoed) == (Decimal(85), Decimal(43), False)


def test_a_year_of_quarters_takes_no_items_and_wants_quarters() -> None:
    quarters = [part("quarter", "80")]
    assert code_and_path(appraise_parts, trading(QUARTERS), [a_sheet("90")], quarters) == ("items_and_quarters", "items")
    assert code_and_path(appraise_parts, trading(QUARTERS), [a_sheet(None)], []) == ("part_missing", "parts")
    assert code_and_path(appraise_parts, trading(), [a_sheet(None)], []) == ("no_items", "items")
    assert code_and_path(appraise_parts, trading(QUARTERS), [a_sheet(None, "management")], quarters)[0] == "post_refused"
    assert outcome(trading(QUARTERS), a_sheet("90", period="2026-Q1")).score == Decimal(90)


# Links


def test_a_share_of_the_score_is_the_units() -> None:
    policy = with_keys("unit_links: [{all_posts: true, to: unit, share: 30}, {posts: [sales], to: company, share: 10}]")
    sheet = a_sheet("90", period="2026-Q1")
    found = outcome(policy, sheet, part("unit", "80.5"), part("company", "70"))
    assert found.score == Decimal("85.15")  # 54 + 24.15 + 7
    assert (
        told(found, "Linked")
        == "Linked: (own 90 × 60 + result of the unit 80.5 × 30 + result of the company 70 × 10) ÷ 100 = 85.15"
    )
    purchasing = outcome(policy, a_sheet("90", "purchasing", period="2026-Q1"), part("unit", "80.5"))
    assert purchasing.score == Decimal("87.15")


def test_who_moved_between_units_has_the_mean_of_both_by_days() -> None:
    policy = with_keys("unit_links: [{all_posts: true, to: unit, share: 50}]")
    found = outcome(policy, a_sheet("90", period="2026-Q1"), part("unit", "80", "30"), part("unit", "70", "60"))
    assert found.score == Decimal("81.6667")  # 45 + 73.3333 × 0.5 = 81.66665


def test_a_link_counts_for_the_days_in_the_posts_that_have_it() -> None:
    policy = with_keys("unit_links: [{posts: [sales], to: unit, share: 30}]")
    sheets = [a_sheet("90", "sales", "30", "2026-Q1"), a_sheet("60", "purchasing", "60", "2026-Q1")]
    found = outcome(policy, sheets, part("unit", "80"))
    assert found.score == Decimal("71")  # 70 × 90 % + 80 × 10 %


def test_a_veto_of_ones_own_is_not_softened_by_the_unit_and_the_units_does_not_void_ones_own() -> None:
    policy = with_keys("unit_links: [{all_posts: true, to: unit, share: 30}]")
    own = outcome(policy, a_sheet("90", period="2026-Q1", veto=True), part("unit", "80"))
    assert (own.computed_score, own.score, own.vetoed) == (Decimal(87), Decimal(0), True)
    units = outcome(policy, a_sheet("90", period="2026-Q1"), part("unit", "0"))
    assert (units.score, units.vetoed) == (Decimal(63), False)


def test_a_coefficient_multiplies_the_bonus_and_leaves_the_score() -> None:
    policy = with_keys("unit_links: [{all_posts: true, to: unit, coefficient: true}]")
    found = outcome(policy, a_sheet("90", period="2026-Q1"), part("unit", "80", coefficient="1.15"))
    assert (found.score, found.grade, found.multiplier) == (Decimal(90), "A", Decimal("1.38"))
    assert told(found, "Bonus multiplier") == "Bonus multiplier 1.2 × 1.15 = 1.38"
    sheet = a_sheet("90", period="2026-Q1")
    assert code_and_path(appraise_parts, policy, [sheet], [part("unit", "80")]) == ("part_missing", "parts")


def test_a_coefficient_counts_for_the_days_in_the_posts_that_have_it() -> None:
    policy = with_keys("unit_links: [{posts: [sales], to: unit, coefficient: true}]")
    sheets = [a_sheet("90", "sales", "30", "2026-Q1"), a_sheet("90", "purchasing", "60", "2026-Q1")]
    found = outcome(policy, sheets, part("unit", "80", coefficient="0.7"))
    assert found.multiplier == Decimal("1.08")  # 1.2 × (0.7 × 30 + 1 × 60) ÷ 90


@pytest.mark.parametrize(("coefficient", "multiplier"), [("1.33337", "1.6"), ("1.33338", "1.6001")])
def test_a_multiplier_has_four_decimals_half_up(coefficient: str, multiplier: str) -> None:
    policy = with_keys("unit_links: [{all_posts: true, to: unit, coefficient: true}]")
    found = outcome(policy, a_sheet("90", period="2026-Q1"), part("unit", "80", coefficient=coefficient))
    assert found.multiplier == Decimal(multiplier)


# Floors

FLOORS = "floors: [{dimension: team, below: 60, grade: B}, {dimension: team, below: 40, grade: C}]"


def two(team: str, other: str = "100") -> Sheet:
    items = (goal("t", "20", rating=team, dimension="team"), goal("f", "80", rating=other, dimension="finance"))
    return Sheet(a_case(*items))


@pytest.mark.parametrize(
    ("team", "score", "grade"),
    [("60", "92", "A"), ("59.9999", "91.99998", "B"), ("40", "88", "B"), ("39.9999", "87.99998", "C"), ("0", "80", "C")],
)
def test_below_the_floor_of_a_dimension_the_grade_is_capped(team: str, score: str, grade: str) -> None:
    found = outcome(with_keys(FLOORS), two(team))
    assert (found.score, found.grade) == (Decimal(score), grade)
    assert found.multiplier == {"A": Decimal("1.2"), "B": Decimal(1), "C": Decimal("0.5")}[grade]
    assert ("policy/floor_team" in [rule.rule for rule in found.fired]) == (grade != "A")


def test_a_cap_says_what_the_dimension_scored() -> None:
    found = outcome(with_keys(FLOORS), two("50"))
    assert told(found, "Dimension") == "Dimension Team and personal development 50 < 60: no grade better than B, multiplier 1"
    assert not any("more points" in line.en for line in found.lines)


def test_a_floor_raises_nobody_and_concerns_only_whom_has_the_dimension() -> None:
    assert outcome(with_keys(FLOORS), two("50", "50")).grade == "D"
    assert outcome(with_keys(FLOORS), a_sheet("90", period="2026-Q1")).grade == "A"


def test_outcomes_follow_the_capped_grade() -> None:
    sheet = Sheet(a_case(*two("50").case.items, history=[("2025-Q4", "A")]))
    assert "promotion_preference" in outcome(trading(), sheet).outcomes
    assert "promotion_preference" not in outcome(with_keys(FLOORS), sheet).outcomes


def test_a_floored_dimension_counts_over_all_sheets_by_weight_and_share() -> None:
    sheets = [Sheet(two("90").case, Decimal(30)), Sheet(two("45").case, Decimal(60))]
    assert outcome(with_keys(FLOORS), sheets).grade == "A"  # 60
    sheets = [Sheet(two("90").case, Decimal(30)), Sheet(two("44").case, Decimal(60))]
    assert outcome(with_keys(FLOORS), sheets).grade == "B"


# Columns and JSON


@pytest.mark.parametrize("keys", [FLOORS, "provisional_pay: none"])
@pytest.mark.parametrize("period", ["2026", "2026-Q1"])
def test_columns_give_what_single_cases_give(keys: str, period: str) -> None:
    policy = with_keys(keys)
    items = two("50").case.items
    columns = tuple(Column(item, np.array(ratings), 0) for item, ratings in zip(items, ([50, 90], [95, 70]), strict=True))
    table = Table("sales", ON, Period.parse(period), columns)
    found = appraise_table(policy, table)
    for row in (0, 1):
        assert found.judgement(row) == Judgement.of(outcome(policy, Sheet(table.case(row))))


def test_parts_are_read_from_a_case_with_all_their_decimals() -> None:
    given = {"on": "2026-12-31", "period": "2026", "post": "sales", "items": []}
    case = case_from_json({**given, "parts": [{"kind": "quarter", "score": "85.1234567890123456", "source": "2026-Q1"}]})
    assert case.parts == (Part("quarter", Decimal(1), Decimal("85.1234567890123456"), "2026-Q1"),)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kind": "sheet", "score": "80"}, ("bad_value", "parts[0].kind")),
        ({"kind": "feedback"}, ("bad_value", "parts[0].score")),
        ({"kind": "feedback", "score": "100.01"}, ("bad_number", "parts[0].score")),
        ({"kind": "feedback", "score": "-1"}, ("bad_number", "parts[0].score")),
        ({"kind": "feedback", "score": "1e1"}, ("bad_number", "parts[0].score")),
        ({"kind": "feedback", "score": "80.12345678901234567"}, ("bad_number", "parts[0].score")),
        ({"kind": "feedback", "score": True}, ("bad_number", "parts[0].score")),
        ({"kind": "unit", "score": "80", "coefficient": "-0.1"}, ("bad_number", "parts[0].coefficient")),
        ({"kind": "unit", "score": "80", "weight": "30"}, ("unknown_key", "parts[0].weight")),
    ],
)
def test_a_part_that_cannot_be_read_is_refused_with_its_place(given: dict[str, object], error: tuple[str, str]) -> None:
    case = {"on": "2026-12-31", "period": "2026", "post": "sales", "items": [], "parts": [given]}
    assert code_and_path(case_from_json, case) == error
