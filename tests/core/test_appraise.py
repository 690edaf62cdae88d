"""The whole method: the published example, edges of the bands, sheets of a transfer, an explanation that can be followed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.appraise import appraise, appraise_sheets
from appraisal.core.assess import dimension_warnings
from appraisal.core.engine import reference
from appraisal.core.inputs import Case, Incident, Item, PastGrade, Sheet, case_from_json
from appraisal.core.outcome import Outcome
from appraisal.core.policy.model import Policy
from tests.core.cases import FILES, POLICY, a_case, code_and_path, goal, kpi, refusal, trading, when_missing

EXAMPLE = {
    "policy": "trading",
    "on": "2026-03-31",
    "period": "2026-Q1",
    "post": "sales",
    "items": [
        {
            "id": "revenue",
            "kind": "kpi",
            "dimension": "finance",
            "weight": "60",
            "target": "100",
            "challenge": "120",
            "actual": "110",
            "curve": None,
        },
        {"id": "plan", "kind": "gs", "weight": "10", "rating": "85"},
        {"id": "funding-plan", "kind": "gs", "weight": "30", "factors": {"A": "18", "B": "15"}},
    ],
    "incidents": [],
    "history": [{"period": "2025-Q4", "grade": "A"}],
}
OWN_SHEET = (POLICY, "share_veto: whole ", "share_veto: own_sheet ")
UNTOUCHED = {"missing": False, "zeroed_by": None}
VETO = Incident("serious_violation")


def of_score(score: str, policy: Policy | None = None) -> Outcome:
    """The outcome of one goal with this rating."""
    return appraise(policy or trading(), a_case(goal("g", rating=score)))


def test_the_published_example_comes_out_to_the_digit() -> None:
    found = appraise(trading(), case_from_json(EXAMPLE)).as_json()
    lines = found.pop("lines")
    place = next(number for number, line in enumerate(FILES["rules/trading/grades.yaml"].splitlines(), 1) if "grade: C" in line)
    assert found == {
        "policy": "trading",
        "digest": trading().digest,
        "computed_score": "72.4",
        "score": "72.4",
        "vetoed": False,
        "grade": "C",
        "multiplier": "0.5",
        "outcomes": [],
        "items": [
            {"id": item, "computed": score, "score": score, "weight": weight, "weighted": weighted} | UNTOUCHED
            for item, score, weight, weighted in (
                ("revenue", "90", "60", "54"),
                ("plan", "85", "10", "8.5"),
                ("funding-plan", "33", "30", "9.9"),
            )
        ],
        "fired": [{"rule": "grades/C", "path": "rules/trading/grades.yaml", "line": place}],
    }
    assert len(lines) >= 5 and all(set(line) == {"zh", "en", "path", "line"} for line in lines)


def test_92_100_and_98_at_60_30_and_10_are_exactly_95_and_s() -> None:
    ratings = (("92", "60"), ("100", "30"), ("98", "10"))
    outcome = appraise(trading(), a_case(*(goal(f"g{weight}", weight, rating=rating) for rating, weight in ratings)))
    assert (outcome.score, outcome.grade, outcome.multiplier) == (Decimal(95), "S", Decimal("1.5"))


@pytest.mark.parametrize(
    ("score", "grade", "multiplier"),
    [
        *(("100", "S", "1.5"), ("95", "S", "1.5"), ("94.999", "A", "1.2"), ("94.9999", "A", "1.2")),
        *(("85", "A", "1.2"), ("84.9999", "B", "1"), ("84.5", "B", "1"), ("75", "B", "1"), ("74.99", "C", "0.5")),
        *(("60", "C", "0.5"), ("59.99", "D", "0"), ("0", "D", "0")),
    ],
)
def test_a_band_holds_its_lower_edge_and_nothing_below(score: str, grade: str, multiplier: str) -> None:
    outcome = of_score(score)
    assert (outcome.score, outcome.grade, outcome.multiplier) == (Decimal(score), grade, Decimal(multiplier))


def test_the_total_is_graded_unrounded() -> None:
    """94.9999 × 99.99 % + 95 × 0.01 % = 94.99990001, which four places would make 94.9999 and two places 95."""
    outcome = appraise(trading(), a_case(goal("a", "99.99", rating="94.9999"), goal("b", "0.01", rating="95")))
    assert (outcome.score, outcome.grade) == (Decimal("94.99990001"), "A")
    thirds = a_case(*(goal(name, weight, rating="85") for name, weight in (("a", "33.33"), ("b", "33.33"), ("c", "33.34"))))
    assert appraise(trading(), thirds).grade == "A"


def test_an_item_score_is_rounded_before_the_total() -> None:
    """94.99995 rounds to 95 at four places, so the total is 95; at five places and more it is not."""
    assert of_score("94.99995").grade == "S"
    assert of_score("94.99994999").grade == "A"
    assert of_score("94.99995", trading((POLICY, "precision: 4", "precision: 5"))).grade == "A"
    assert of_score("94.5", trading((POLICY, "precision: 4", "precision: 0"))).grade == "S"


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**4)), min_size=1, max_size=8))
def test_the_total_is_the_sum_of_the_weighted_items(parts: list[tuple[int, int]]) -> None:
    whole = sum(weight for _, weight in parts)
    weights = [Decimal(weight * 10**6 // whole).scaleb(-4) for _, weight in parts[1:]]
    if not all(weights) or (first := 100 - sum(weights)) <= 0:
        return
    scores = [Decimal(score).scaleb(-4) for score, _ in parts]
    pairs = zip([first, *weights], scores, strict=True)
    items = [goal(f"g{at}", str(weight), rating=score) for at, (weight, score) in enumerate(pairs)]
    outcome = appraise(trading(), a_case(*items), reference.fire)
    assert outcome.score == outcome.computed_score == sum(item.weighted for item in outcome.items if item.weighted is not None)


# Cases that cannot be appraised


@pytest.mark.parametrize(
    ("case", "code", "path"),
    [
        (a_case(goal("g", rating="80"), post="astronaut"), "unknown_post", "post"),
        (a_case(goal("g", rating="80"), post="management"), "post_refused", "post"),
        (a_case(), "no_items", "items"),
        (a_case(goal("g", "50", rating="80"), goal("g", "50", rating="80")), "repeated_item", "items[1].id"),
        (a_case(goal("g", "99.99", rating="80")), "weights_not_100", "items"),
        (a_case(goal("g", "100.01", rating="80")), "weights_not_100", "items"),
        (a_case(goal("a", "110", rating="80"), goal("b", "-10", rating="80")), "bad_weight", "items[1].weight"),
        (a_case(goal("a", "50", rating="80"), kpi("revenue", "50", target="1")), "missing_actual", "items[1].actual"),
        (a_case(goal("a", "50", rating="80"), goal("b", "50", rating="101")), "rating_out_of_scale", "items[1].rating"),
        (a_case(goal("g", rating="80"), incidents=[VETO, Incident("flood")]), "unknown_event", "incidents[1].event"),
        (a_case(goal("g", rating="80"), incidents=[Incident("flood", confirmed=False)]), "unknown_event", "incidents[0].event"),
        (a_case(goal("g", rating="80"), history=[("2025-Q4", "E")]), "unknown_grade", "history[0].grade"),
        (a_case(goal("g", rating="80"), history=[("2026-Q1", "A")]), "not_past", "history[0].period"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_case_that_cannot_be_appraised_says_why_and_where(case: Case, code: str, path: str) -> None:
    assert code_and_path(appraise, trading(), case) == (code, path)


def test_a_refused_post_gives_the_reason_of_the_rule_file() -> None:
    error = refusal(appraise, trading(), a_case(goal("g", rating="80"), post="management"))
    (management,) = (post for post in trading().refused if post.id == "management")
    assert (error.message.zh, error.message.en) == (management.reason.zh, management.reason.en)


# Missing figures


def missing_case(**others: str | None) -> Case:
    """Two items of finance and one of customer; revenue has no actual."""
    return a_case(
        kpi("revenue", "40", target="100", challenge="120", **others),
        kpi("gross_profit", "20", target="100", challenge="120", actual="110"),
        kpi("new_customers", "40", target="10", challenge="20", actual="10"),
    )


def test_missing_figures_block_zero_drop_or_carry() -> None:
    assert code_and_path(appraise, trading(), missing_case()) == ("missing_actual", "items[0].actual")
    zero = appraise(when_missing("zero"), missing_case())
    assert (zero.score, zero.items[0].score, zero.items[0].missing) == (Decimal(50), Decimal(0), True)
    drop = appraise(when_missing("drop"), missing_case())
    assert drop.score == Decimal(86), "90 × 60 % + 80 × 40 %"
    assert (drop.items[0].score, drop.items[0].weighted, drop.items[0].missing) == (None, None, True)
    carried = appraise(when_missing("carry_last"), missing_case(last_actual="120"))
    assert (carried.score, carried.items[0].missing) == (Decimal(90), True)


@pytest.mark.parametrize("rule", ["block", "zero", "drop", "carry_last"])
def test_an_actual_of_zero_is_scored_under_every_rule(rule: str) -> None:
    outcome = appraise(when_missing(rule), missing_case(actual="0"))
    assert (outcome.score, outcome.items[0].missing) == (Decimal(50), False)


def test_a_dimension_with_nothing_left_blocks() -> None:
    case = a_case(kpi("revenue", "60", target="100"), kpi("new_customers", "40", target="10", actual="10"))
    assert code_and_path(appraise, when_missing("drop"), case) == ("nothing_left", "items")


def test_the_lowest_item_score_leaves_dropped_items_out() -> None:
    case = replace(missing_case(), period=a_case(period="2026").period)
    assert "training" not in appraise(when_missing("drop"), case).outcomes
    assert "training" in appraise(when_missing("zero"), case).outcomes


# Outcomes


def test_a_run_needs_each_period_and_collective_ones_do_not_count_as_low() -> None:
    def consequences(*history: PastGrade | tuple[str, str]) -> tuple[str, ...]:
        return appraise(trading(), a_case(goal("g", rating="50"), history=history)).outcomes

    assert consequences(("2025-Q4", "D")) == ("training", "consecutive_low_grade")
    assert consequences(("2025-Q3", "D")) == ("training",)
    collective = PastGrade(a_case(period="2025-Q4").period, "D", collective=True)
    assert consequences(collective) == ("training",)


def test_a_collective_grade_still_counts_among_high_ones() -> None:
    collective = PastGrade(a_case(period="2025-Q4").period, "A", collective=True)
    outcome = appraise(trading(), a_case(goal("g", rating="90"), history=[collective]))
    assert outcome.outcomes == ("promotion_preference",)


# Several sheets


def a_sheet(share: str, rating: str, *incidents: Incident, post: str = "sales", label: str = "") -> Sheet:
    return Sheet(a_case(goal("g", rating=rating), incidents=incidents, post=post), Decimal(share), label)


def test_one_sheet_stays_exact_whatever_its_share() -> None:
    case = a_case(goal("a", "33.33", rating="66.6667"), goal("b", "66.67", rating="1"))
    assert appraise_sheets(trading(), [Sheet(case, Decimal("31"))]) == appraise(trading(), case)
    assert appraise(trading(), case).score == Decimal("22.88671111")


def test_sheets_count_by_their_shares_and_are_graded_once() -> None:
    outcome = appraise_sheets(trading(), [a_sheet("30", "90"), a_sheet("60", "84", post="purchasing")])
    assert (outcome.score, outcome.grade) == (Decimal(86), "A")
    assert [(item.id, item.score) for item in outcome.items] == [("g", Decimal(90)), ("g", Decimal(84))]
    assert [rule.rule for rule in outcome.fired] == ["grades/A"]


def test_a_veto_on_one_sheet_voids_the_whole_or_that_sheet_as_declared() -> None:
    sheets = [a_sheet("30", "90", VETO), a_sheet("60", "84")]
    whole = appraise_sheets(trading(), sheets)
    assert (whole.computed_score, whole.score, whole.vetoed, whole.grade) == (Decimal(86), Decimal(0), True, "D")
    own = appraise_sheets(trading(OWN_SHEET), sheets)
    assert (own.computed_score, own.score, own.vetoed, own.grade) == (Decimal(86), Decimal(56), False, "D")


def test_the_arithmetic_shown_for_several_sheets_adds_up() -> None:
    for policy in (trading(), trading(OWN_SHEET)):
        outcome = appraise_sheets(policy, [a_sheet("30", "90", VETO), a_sheet("60", "84")])
        line = next(line for line in outcome.lines if line.en.startswith("Combined by shares"))
        assert line.en.startswith("Combined by shares (90 × 30 + 84 × 60) ÷ 90 = 86; ")
        assert line.en.endswith(f"; {outcome.score} after incidents".replace(".0000", ""))


def test_rules_that_fired_on_several_sheets_stand_once_in_the_order_of_the_file() -> None:
    loss = Incident("credit_loss")
    outcome = appraise_sheets(trading(), [a_sheet("30", "90", loss, post="purchasing"), a_sheet("60", "84", VETO, loss)])
    fired = [rule.rule for rule in outcome.fired]
    assert fired == [
        *("vetoes/serious_violation", "vetoes/credit_loss", "vetoes/credit_loss_purchasing"),
        *("grades/D", "outcomes/training"),
    ]


def test_a_fault_on_any_sheet_refuses_the_whole() -> None:
    sheets = [a_sheet("30", "90"), Sheet(a_case(kpi("revenue", target="1")), Decimal(60))]
    assert code_and_path(appraise_sheets, trading(), sheets) == ("missing_actual", "items[0].actual")
    assert code_and_path(appraise_sheets, trading(), [a_sheet("30", "90"), a_sheet("0", "84")]) == ("bad_share", "sheets")
    assert code_and_path(appraise_sheets, trading(), []) == ("bad_share", "sheets")


# The explanation

SHEET = (
    kpi("revenue", "30", target="100", challenge="120", actual="110"),
    kpi("gross_profit", "30", target="100", challenge="120"),
    kpi("collection_rate", "20", target="90", challenge="98", actual="95"),
    goal("brand_awareness", "20", rating="70"),
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["zero", "drop"]),
    st.lists(st.sampled_from([VETO, Incident("credit_loss"), Incident("credit_loss", reach="unit")]), max_size=2),
    st.sampled_from(["2026-Q1", "2026"]),
    st.lists(st.sampled_from(["S", "A", "D"]), max_size=2),
    st.booleans(),
)
def test_every_line_is_in_both_languages_and_names_a_line_that_exists(
    rule: str, incidents: list[Incident], period: str, grades: list[str], several: bool
) -> None:
    case = a_case(*SHEET, incidents=incidents, period=period)
    periods = [case.period.previous(), case.period.previous().previous()]
    case = replace(case, history=tuple(map(PastGrade, periods, grades)))
    policy = when_missing(rule)
    sheets = [Sheet(case, Decimal(30), "前任"), Sheet(case, Decimal(60), "现任")] if several else [Sheet(case)]
    outcome = appraise_sheets(policy, sheets, reference.fire)
    assert len(outcome.lines) >= len(outcome.items) + 2
    for line in outcome.lines:
        assert any("一" <= letter <= "鿿" for letter in line.zh) and line.en
        text = FILES[line.path].splitlines()
        assert 1 <= line.line <= len(text) and text[line.line - 1].strip()
    for fired in outcome.fired:
        name = fired.rule.partition("/")[2]
        assert name in FILES[fired.path].splitlines()[fired.line - 1]
        assert fired.rule.partition("/")[0] == fired.path.rpartition("/")[2].removesuffix(".yaml")


def test_each_item_is_explained_by_actual_curve_score_weight_and_product() -> None:
    figure = kpi("revenue", "60", target="100", challenge="120", actual="110")
    outcome = appraise(trading(), a_case(figure, goal("g", "40", rating="85")))
    revenue, plan = outcome.lines[:2]
    how = "实际 110, 目标 100, 挑战 120; 曲线“越高越好”: 介于目标值与挑战值之间, 80 + 20 × 10 ÷ 20"
    assert revenue.zh == f"销售额: {how}; 得分 90 × 60% = 54"
    assert plan.en == "g: rating 85; score 85 × 40% = 34"
    total, grade = outcome.lines[2:4]
    assert (total.en, grade.en) == ("Computed total 88", "Score 88 ≥ 85: grade A (Excellent), multiplier 1.2")


def test_a_rule_that_fired_is_explained_where_it_stands() -> None:
    outcome = appraise(trading(), a_case(goal("g", rating="90"), incidents=[VETO]))
    (rule,) = (line for line in outcome.lines if "veto" in line.path)
    assert rule.en == "Veto after a serious violation: the total becomes 0 (the computed score is kept)"
    assert rule.line == outcome.fired[0].line


def test_warnings_name_each_dimension_off_the_posts_profile() -> None:
    exact = a_case(
        *(kpi(name, weight, target="1", actual="1") for name, weight in (("revenue", "60"), ("new_customers", "30"))),
        kpi("order_cycle_time", "10", target="1", actual="1"),
    )
    assert list(dimension_warnings(trading(), exact)) == []
    found = list(dimension_warnings(trading(), case_from_json(EXAMPLE)))
    assert found == [
        "dimension customer of post sales has 0 points, its profile says 30",
        "dimension operations of post sales has 0 points, its profile says 10",
    ]
    assert list(dimension_warnings(trading(), a_case(post="astronaut"))) == []


def test_an_item_of_another_name_in_the_library_is_shown_by_that_name() -> None:
    own: Item = goal("g", rating="90", name="牵头新系统上线")
    assert appraise(trading(), a_case(own)).lines[0].zh.startswith("牵头新系统上线: ")
