"""The nearest change is true: made, the grade moves; one unit of the last place less, and it does not."""

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from appraisal.core.appraise import appraise, appraise_sheets
from appraisal.core.engine import reference
from appraisal.core.inputs import Case, Incident, Item, Sheet
from appraisal.core.outcome import Line, Outcome
from appraisal.core.policy.model import Policy
from tests.core.cases import POLICY, a_case, goal, kpi, trading, when_missing, with_actual

UP = re.compile(r"(?P<gap>[\d.]+) more points would be grade (?P<grade>\w+)")
ITEM = re.compile(r"for example (?P<item>.+?) from (?P<now>[\d.]+) to (?P<needed>[\d.]+)")
ACTUAL = re.compile(r"an actual of (?P<actual>-?[\d.]+)")
DOWN = re.compile(r"(?P<margin>[\d.]+) above the lower edge of (?P<own>\w+); below (?P<edge>[\d.]+) it would be (?P<grade>\w+)")
SPARED = re.compile(r"(?i)Without the veto: score (?P<score>[\d.]+), grade (?P<grade>\w+)")
TINY = Decimal("0.0000000001")
POLICIES = [trading((POLICY, "precision: 4", f"precision: {places}")) for places in (0, 2, 4)]

SPLITS = [["100"], ["60", "40"], ["33.33", "33.33", "33.34"], ["0.5", "99.5"], ["60", "30", "10"], ["12.5"] * 8]
"""Weights, with and without decimals."""

FIGURES = st.integers(0, 20000).map(lambda number: Decimal(number).scaleb(-2))


def grade_at(policy: Policy, score: Decimal) -> str:
    """The grade by the table of bands, not by the engine."""
    return next(band.grade for band in policy.bands if score >= band.from_)


@st.composite
def items(draw: st.DrawFn, index: int, weight: str) -> Item:
    if draw(st.booleans()):
        return goal(f"i{index}", weight, rating=draw(FIGURES.filter(lambda rating: rating <= 100)))
    direction = draw(st.sampled_from(["higher", "lower"]))
    target, part = draw(st.integers(1, 10**7)), draw(st.integers(0, 100))
    challenge = Decimal(target * (100 + part if direction == "higher" else 100 - part)) / 100
    challenge_text = None if draw(st.booleans()) else challenge
    actual = Decimal(target * draw(st.integers(0, 1600))) / 1000
    figures = {"target": Decimal(target) / 100, "challenge": challenge_text and challenge_text / 100, "actual": actual / 100}
    return kpi(f"i{index}", weight, direction=direction, **figures)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    weights = draw(st.sampled_from(SPLITS))
    return a_case(*(draw(items(index, weight)) for index, weight in enumerate(weights)))


def found(outcome: Outcome, form: re.Pattern[str]) -> re.Match[str] | None:
    return next((match for line in outcome.lines if (match := form.search(line.en))), None)


def spared(outcome: Outcome) -> tuple[str, ...]:
    """Score and grade that the explanation of a veto says there would have been."""
    claim = found(outcome, SPARED)
    assert claim is not None
    return claim.groups()


def place_of(outcome: Outcome, form: re.Pattern[str]) -> Line:
    return next(line for line in outcome.lines if form.search(line.en))


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(POLICIES), cases())
def test_that_many_more_points_are_the_next_grade_and_no_fewer(policy: Policy, case: Case) -> None:
    outcome = appraise(policy, case, reference.fire)
    grades = [band.grade for band in policy.bands]
    claim = found(outcome, UP)
    assert (claim is None) == (outcome.grade == grades[0])
    if claim:
        assert claim["grade"] == grades[grades.index(outcome.grade) - 1]
        reached = outcome.score + Decimal(claim["gap"])
        assert grade_at(policy, reached) == claim["grade"]
        assert grade_at(policy, reached - TINY) == outcome.grade


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(POLICIES), cases())
def test_below_the_lower_edge_stands_the_grade_that_is_named(policy: Policy, case: Case) -> None:
    outcome = appraise(policy, case, reference.fire)
    claim = found(outcome, DOWN)
    assert (claim is None) == (outcome.grade == policy.bands[-1].grade)
    if claim:
        edge = outcome.score - Decimal(claim["margin"])
        assert edge == Decimal(claim["edge"])
        assert (grade_at(policy, edge), grade_at(policy, edge - TINY)) == (outcome.grade, claim["grade"])


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(POLICIES), cases())
def test_the_item_raised_to_the_score_named_moves_the_grade_and_one_step_less_does_not(policy: Policy, case: Case) -> None:
    outcome = appraise(policy, case, reference.fire)
    claim = found(outcome, ITEM)
    assume(claim is not None)
    assert claim is not None
    index = next(index for index, item in enumerate(case.items) if item.id == claim["item"])
    now, needed, step = Decimal(claim["now"]), Decimal(claim["needed"]), Decimal(1).scaleb(-policy.general.precision)
    assert now == outcome.items[index].score
    assert needed <= 100

    def total(score: Decimal) -> Decimal:
        return outcome.score + (score - now) * case.items[index].weight / 100

    above = policy.bands[[band.grade for band in policy.bands].index(outcome.grade) - 1].grade
    assert grade_at(policy, total(needed)) == above
    assert grade_at(policy, total(needed - step)) == outcome.grade


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(POLICIES), cases())
def test_the_actual_named_moves_the_grade(policy: Policy, case: Case) -> None:
    outcome = appraise(policy, case, reference.fire)
    claim, actual = found(outcome, ITEM), found(outcome, ACTUAL)
    assume(actual is not None)
    assert claim is not None and actual is not None
    index = next(index for index, item in enumerate(case.items) if item.id == claim["item"])
    raised = appraise(policy, with_actual(case, index, actual["actual"]), reference.fire)
    grades = [band.grade for band in policy.bands]
    assert grades.index(raised.grade) < grades.index(outcome.grade)


@settings(deadline=None, max_examples=200)
@given(cases())
def test_no_other_item_needs_a_smaller_rise(case: Case) -> None:
    policy = trading()
    outcome = appraise(policy, case, reference.fire)
    up, claim = found(outcome, UP), found(outcome, ITEM)
    if up is None:
        return
    gap = Decimal(up["gap"])
    possible = [
        gap * 100 / item.weight
        for item, done in zip(case.items, outcome.items, strict=True)
        if done.score is not None and (done.score + gap * 100 / item.weight).quantize(Decimal("0.0001"), "ROUND_CEILING") <= 100
    ]
    assert (claim is None) == (not possible)
    if claim:
        rise = Decimal(claim["needed"]) - Decimal(claim["now"])
        assert abs(rise - min(possible)) < Decimal("0.0001")


def test_both_neighbours_are_named_with_the_place_of_their_band() -> None:
    outcome = appraise(trading(), a_case(goal("g", rating="84.5")))
    up, down = place_of(outcome, UP), place_of(outcome, DOWN)
    assert up.zh.startswith("再多 0.5 分即为 A; 例如「g」由 84.5 分提高到 85 分")
    assert down.zh == "高出 B 下限 9.5 分, 低于 75 即为 C"
    bands = {band.grade: band.where for band in trading().bands}
    assert (up.path, up.line) == (bands["A"].path, bands["A"].line)
    assert (down.path, down.line) == (bands["B"].path, bands["B"].line)


def test_an_actual_is_named_where_the_curve_can_be_turned_round() -> None:
    outcome = appraise(trading(), a_case(kpi("revenue", target="100", challenge="120", actual="100")))
    assert "Sales revenue from 80 to 85 (an actual of 105)" in place_of(outcome, UP).en
    lower = appraise(trading(), a_case(kpi("logistics_cost_ratio", target="10", challenge="8", actual="11")))
    assert "from 72 to 75 (an actual of 10.625)" in place_of(lower, UP).en


def test_the_actual_named_is_rounded_towards_the_better_side() -> None:
    higher = appraise(trading(), a_case(kpi("x", target="1.0001", actual="1", direction="higher")))
    assert "from 79.992 to 85 (an actual of 1.0627)" in place_of(higher, UP).en, "exactly 1.06260625"
    lower = appraise(trading(), a_case(kpi("x", target="1.0001", actual="1.0001", direction="lower")))
    assert "from 80 to 85 (an actual of 0.9375)" in place_of(lower, UP).en, "exactly 0.93759375"


def test_the_best_grade_has_nothing_above_it_and_the_lowest_nothing_below() -> None:
    best, worst = (appraise(trading(), a_case(goal("g", rating=rating))) for rating in ("95", "59.99"))
    assert found(best, UP) is None and found(best, DOWN) is not None
    assert found(worst, DOWN) is None and found(worst, UP) is not None


def test_no_item_is_named_where_none_can_close_the_gap_alone() -> None:
    outcome = appraise(trading(), a_case(goal("a", "50", rating="50"), goal("b", "50", rating="50")))
    assert found(outcome, ITEM) is not None, "60 is 20 points of one of them away"
    outcome = appraise(trading(), a_case(*(goal(f"i{index}", "12.5", rating="10") for index in range(8))))
    assert found(outcome, UP) is not None and found(outcome, ITEM) is None


def test_a_zeroed_item_is_not_proposed() -> None:
    revenue = kpi("revenue", "50", target="100", challenge="120", actual="100")
    collection = kpi("collection_rate", "50", target="90", actual="0")
    free = appraise(trading(), a_case(revenue, collection))
    assert "collection" in place_of(free, ITEM).en.lower()
    struck = appraise(trading(), a_case(revenue, collection, incidents=[Incident("credit_loss")]))
    assert struck.score == free.score == Decimal(40), "it had no points to lose, but now it cannot gain any either"
    assert "collection" not in place_of(struck, UP).en.lower()


def test_dropped_items_leave_no_item_to_propose() -> None:
    dropped = kpi("revenue", "50", target="100", challenge="120")
    outcome = appraise(when_missing("drop"), a_case(dropped, kpi("gross_profit", "50", target="100", actual="100")))
    assert found(outcome, UP) is not None and found(outcome, ITEM) is None


def test_of_several_sheets_only_the_distance_is_named() -> None:
    sheets = [Sheet(a_case(goal("g", rating=rating)), Decimal(share)) for rating, share in (("80", "30"), ("86", "60"))]
    outcome = appraise_sheets(trading(), sheets)
    assert outcome.score == Decimal(84)
    assert found(outcome, UP) is not None and found(outcome, ITEM) is None


def test_under_a_veto_the_score_and_grade_without_it_are_named() -> None:
    revenue = kpi("revenue", "60", target="100", challenge="120", actual="120")
    collection = kpi("collection_rate", "40", target="90", actual="90")
    veto, loss = Incident("serious_violation"), Incident("credit_loss")
    alone = appraise(trading(), a_case(revenue, collection, incidents=[veto]))
    assert spared(alone) == ("92", "A")
    both = appraise(trading(), a_case(revenue, collection, incidents=[veto, loss]))
    without = appraise(trading(), a_case(revenue, collection, incidents=[loss]))
    assert spared(both) == ("60", "C"), "the item stays zeroed"
    assert (without.score, without.grade) == (Decimal(60), "C")


def test_under_a_veto_on_one_of_two_sheets_the_whole_without_it_is_named() -> None:
    first = Sheet(a_case(goal("g", rating="90"), incidents=[Incident("serious_violation")]), Decimal(30))
    second = Sheet(a_case(goal("g", rating="84")), Decimal(60))
    assert spared(appraise_sheets(trading(), [first, second])) == ("86", "A")


def with_curve(at_target: str, at_challenge: str) -> Policy:
    """The policy with other points for target and challenge where higher is better."""
    old = "at_target: 80, at_challenge: 100"
    return trading(("rules/trading/scoring.yaml", old, f"at_target: {at_target}, at_challenge: {at_challenge}"))


@pytest.mark.parametrize(("at_target", "at_challenge"), [("0", "0"), ("0", "100"), ("80", "80")])
def test_a_curve_that_cannot_be_turned_round_names_no_actual(at_target: str, at_challenge: str) -> None:
    item = kpi("revenue", target="100", challenge="120", actual="110")
    outcome = appraise(with_curve(at_target, at_challenge), a_case(item))
    assert found(outcome, UP) is not None and found(outcome, ACTUAL) is None


def test_an_item_is_not_raised_beyond_what_its_curve_can_give() -> None:
    items = (kpi("revenue", "60", target="100", challenge="120", actual="120"), goal("g", "40", rating="60"))
    outcome = appraise(with_curve("70", "79"), a_case(*items))
    assert outcome.score == Decimal("71.4"), "6 points of revenue would do, but it is at its best"
    claim = found(outcome, ITEM)
    assert claim is not None and claim["item"] == "g"
