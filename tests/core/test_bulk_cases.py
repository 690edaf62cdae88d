"""Cases of bulk that random ones once found, or might not: each row has the answer of the single path, worked out by hand."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from appraisal.core.bulk import CHUNK, Judgement, Table, appraise_table
from appraisal.core.columns import Column, Integers
from appraisal.core.engine import session
from appraisal.core.inputs import Item
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Policy
from tests.core.both_paths import NAME, ON, QUARTER, Answer, answer, bulk, rules, single
from tests.core.cases import POLICY, code_and_path, goal, kpi, refusal, trading, when_missing
from tests.core.policy.mini import FILES, GRADES, policy_with


def of(*texts: str) -> Integers:
    return np.array([int(text) for text in texts], dtype=np.int64)


def a_table(*parts: Column, **rest: Any) -> Table:
    return Table("sales", ON, QUARTER, parts, **rest)


def one_row(item: Item, **rest: Any) -> Table:
    return a_table(Column(item, of("80"), 0), **rest)


def agreed(policy: Policy, table: Table) -> list[Answer]:
    """The answers of both bulk modes, after they are held to the single path's."""
    expected = [single(policy, table, row, session.fire) for row in range(len(table))]
    assert bulk(policy, table, every_row=False) == expected
    assert bulk(policy, table, every_row=True) == expected
    return expected


def scores(policy: Policy, table: Table) -> list[str]:
    return [f"{found.score.normalize():f}" if isinstance(found, Judgement) else found[0] for found in agreed(policy, table)]


def test_a_missing_row_does_not_answer_for_one_that_holds_the_same_figure() -> None:
    column = Column(kpi("compliance_violations"), of("0", "0", "1"), 0, known=np.array([False, True, True]))
    assert scores(trading(), a_table(column)) == ["missing_actual", "100", "60"]
    rating = Column(goal("g"), of("0", "0"), 0, known=np.array([False, True]))
    assert scores(when_missing("zero"), a_table(rating)) == ["0", "0"]


@pytest.mark.parametrize(("item", "best"), [("revenue", "100"), ("logistics_cost_ratio", "0")])
def test_the_ends_of_64_bits_go_the_single_way(item: str, best: str) -> None:
    figures = of(str(2**63 - 1), str(-(2**63)), str(-(2**63) + 1), str(2**62), str(-(2**62)))
    targets = np.full(5, 100, dtype=np.int64)
    found = scores(trading(), a_table(Column(kpi(item), figures, 0, targets, targets)))
    assert found == [best, "100" if best == "0" else "0", "100" if best == "0" else "0", best, "100" if best == "0" else "0"]


@pytest.mark.parametrize("target", ["100000000000000", "999999999999999"])
def test_a_target_beyond_64_bits_at_the_places_of_the_column_goes_the_single_way(target: str) -> None:
    column = Column(kpi("revenue", target=target), of("0", str(5 * 10**17)), 8)
    assert scores(trading(), a_table(column))[0] == "0"


def test_a_challenge_beyond_the_bound_goes_the_single_way() -> None:
    huge = np.full(2, 2**63 - 1, dtype=np.int64)
    column = Column(kpi("revenue"), of("100", "50"), 0, np.full(2, 100, dtype=np.int64), huge)
    assert scores(trading(), a_table(column)) == ["80", "40"]


def test_own_targets_of_zero_or_less_are_refused_row_by_row() -> None:
    column = Column(kpi("revenue"), of("80", "80", "80"), 0, of("0", "-5", "100"))
    assert scores(trading(), a_table(column)) == ["target_not_positive", "target_not_positive", "64"]


def test_a_challenge_on_the_wrong_side_is_refused_row_by_row() -> None:
    higher = Column(kpi("revenue"), of("100", "100"), 0, of("100", "100"), of("99", "101"))
    assert scores(trading(), a_table(higher)) == ["challenge_on_wrong_side", "80"]
    lower = Column(kpi("logistics_cost_ratio"), of("10", "10", "10"), 0, of("10", "10", "10"), of("11", "9", "-1"))
    assert scores(trading(), a_table(lower)) == ["challenge_on_wrong_side", "80", "challenge_on_wrong_side"]


def test_a_challenge_that_is_the_target_gives_full_points_at_once() -> None:
    column = Column(kpi("revenue", target="100", challenge="100"), of("99", "100", "101"), 0)
    assert scores(trading(), a_table(column)) == ["79.2", "100", "100"]


def test_without_a_challenge_the_best_score_is_that_of_the_challenge() -> None:
    capped = trading(("rules/trading/scoring.yaml", "at_target: 80, at_challenge: 100", "at_target: 80, at_challenge: 95"))
    assert scores(capped, a_table(Column(kpi("revenue", target="100"), of("118", "119", "500"), 0))) == ["94.4", "95", "95"]


def test_scores_on_the_edges_of_bands_are_graded_alike() -> None:
    ratings = of("9500000000", "9499995000", "9499994999", "8500000000", "8449999999", "6000000000", "5999900000", "0")
    table = a_table(Column(goal("g"), ratings, 8))
    grades = [found.grade for found in agreed(trading(), table) if isinstance(found, Judgement)]
    assert grades == ["S", "S", "A", "A", "B", "C", "D", "D"]


def test_a_total_is_graded_unrounded_in_columns_too() -> None:
    table = a_table(Column(goal("a", "99.99"), of("949999"), 4), Column(goal("b", "0.01"), of("950000"), 4))
    assert scores(trading(), table) == ["94.99990001"]


@pytest.mark.parametrize(
    ("sign", "struck"), [("<", [True, False, False]), ("<=", [True, True, False]), (">", [False, False, True])]
)
def test_a_rule_compares_the_figure_with_all_its_decimals(sign: str, struck: list[bool]) -> None:
    policy = policy_with("rules/mini/vetoes.yaml", ("actual(on_time_rate) < 80", f"actual(on_time_rate) {sign} 80"))
    table = replace(a_table(Column(kpi("on_time_rate"), of("79999", "80000", "80001"), 3)), post="workshop")
    found = agreed(policy, table)
    assert [isinstance(one, Judgement) and "vetoes/late" in one.fired for one in found] == struck


def test_a_figure_too_large_for_the_engine_is_refused_in_its_row() -> None:
    table = replace(a_table(Column(kpi("on_time_rate"), of(str(-(2**63)), str(9 * 10**18), "98"), 0)), post="workshop")
    assert scores(policy_with("rules/mini/vetoes.yaml"), table) == ["number_out_of_bounds", "100", "100"]


def test_an_absent_period_breaks_a_run_of_low_grades_too() -> None:
    policy = policy_with("rules/mini/outcomes.yaml", ("- grade == C", "- run(grade < A) >= 2"))
    history = {QUARTER.previous(): of("-1", "0", "1", "2"), QUARTER.previous().previous(): of("0", "-1", "0", "0")}
    found = agreed(policy, a_table(Column(goal("g"), of("70", "70", "70", "70"), 0), history=history))
    assert [one.outcomes for one in found if isinstance(one, Judgement)] == [(), ("training",), ("training",), ()]


def test_what_is_new_in_a_later_part_of_the_table_is_learnt_there() -> None:
    """The last of the rows, alone in the second part, has a veto and a grade that no row before it had."""
    rows = CHUNK + 2
    ratings, events = np.full(rows, 90, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    ratings[-2:], events[-1] = 96, 1
    table = a_table(Column(goal("g"), ratings, 0), incidents={"serious_violation": events})
    outcome = appraise_table(trading(), table)
    assert [answer(outcome, row) for row in (0, CHUNK, CHUNK + 1)] == [
        single(trading(), table, row, session.fire) for row in (0, CHUNK, CHUNK + 1)
    ]
    assert [outcome.grade(row) for row in (0, CHUNK - 1, CHUNK, CHUNK + 1)] == ["A", "A", "S", "D"]


def test_figures_of_an_item_with_inputs_are_held_to_them() -> None:
    inputs = {"毛利润": Decimal(15), "销售额": Decimal(100)}
    column = Column(kpi("gross_margin", target="15", inputs=inputs), of("15", "16"), 0)
    assert scores(trading(), a_table(column)) == ["80", "actual_and_inputs"]


def test_an_item_without_own_figures_is_scored_by_the_librarys() -> None:
    column = Column(kpi("collection_rate"), of("90", "95", "100"), 0)
    assert scores(policy_with(GRADES), a_table(column)) == ["80", "90", "100"]


@pytest.mark.parametrize(
    ("table", "code", "path"),
    [
        (a_table(), "no_items", "items"),
        (one_row(goal("g", "99")), "weights_not_100", "items"),
        (one_row(kpi("revenue", target="1", dimension="nowhere")), "unknown_dimension", "items[0].dimension"),
        (one_row(goal("revenue")), "kind_mismatch", "items[0].kind"),
        (one_row(kpi("x", target="1")), "direction_missing", "items[0].direction"),
        (one_row(kpi("revenue", target="1", curve="nope")), "unknown_curve", "items[0].curve"),
        (one_row(goal("g"), incidents={"flood": of("0")}), "unknown_event", "incidents[0].event"),
        (one_row(goal("g"), history={QUARTER: of("1")}), "not_past", "history[0].period"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_all_rows_alike_is_refused_at_once(table: Table, code: str, path: str) -> None:
    assert code_and_path(appraise_table, trading(), table) == (code, path)


def test_a_table_without_rows_has_no_results() -> None:
    empty = a_table(Column(kpi("revenue", "60", target="1"), of(), 0), Column(goal("g", "40"), of(), 0))
    outcome = appraise_table(trading(), empty)
    assert (len(outcome.scores), outcome.singles, outcome.evaluations) == (0, {}, 0)


def test_decimals_that_64_bits_cannot_hold_are_refused_and_not_rounded() -> None:
    eight = trading((POLICY, "precision: 4", "precision: 8"))

    def table(first: str, second: str) -> Table:
        return a_table(Column(goal("a", first), of("100"), 0), Column(goal("b", second), of("100"), 0))

    assert scores(eight, table("99.999999", "0.000001")) == ["100"]
    error = refusal(appraise_table, eight, table("99.9999999", "0.0000001"))
    assert (error.code, error.path) == ("number_out_of_bounds", "items")


def test_more_comparisons_than_a_signature_has_bits_send_every_row() -> None:
    outcomes = [f"{{id: o{at}, {NAME}, when: [score >= {at} and score < {at + 1}.5]}}" for at in range(35)]
    book, problems = load_book({**FILES, "rules/mini/outcomes.yaml": rules("outcomes", outcomes)}, "mini")
    assert book is not None, problems
    table = a_table(Column(goal("g"), np.arange(0, 4000, 25, dtype=np.int64), 2))
    agreed(book.on(ON), table)
    outcome = appraise_table(book.on(ON), table)
    assert outcome.evaluations > len(table), "one each for the outcomes, and some classes of incidents and grades"
