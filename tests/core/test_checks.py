"""Both sides of what the checks allow; each mistake by itself has a file under tests/bad_rules."""

import pytest

from appraisal.core.checks import check_book
from appraisal.core.policy.tree import Problem
from tests.core.policy.mini import FILES, GRADES, book_of, files_with, findings_with

POLICY, SCORING = "rules/mini/policy.yaml", "rules/mini/scoring.yaml"
FINANCE, QUALITY = "rules/mini/indicators/finance.yaml", "rules/mini/indicators/quality.yaml"
VETOES, OUTCOMES = "rules/mini/vetoes.yaml", "rules/mini/outcomes.yaml"
GOAL = "levels: order, assessor: 班长, cadence: quarter"
SALES, WORKSHOP = "weights/mini/sales.yaml", "weights/mini/workshop.yaml"


def said(found: list[Problem]) -> list[str]:
    return [f"{problem.severity}: {problem.message}" for problem in found]


@pytest.mark.parametrize(
    ("weights", "sound"),
    [
        ("{finance: 60, quality: 30, support: 10}", True),
        ("{finance: 33.33, quality: 33.33, support: 33.34}", True),
        ("{finance: 33.33, quality: 33.33, support: 33.33}", False),
        ("{finance: 0.1, quality: 0.2, support: 99.7}", True),
        ("{finance: 60, quality: 30, support: 10.00000001}", False),
    ],
)
def test_weights_total_exactly_100(weights: str, sound: bool) -> None:
    found = findings_with(SALES, ("{finance: 60, quality: 30, support: 10}", weights))
    assert (found == []) is sound


@pytest.mark.parametrize(("rule", "expected"), [("4, severity: error", []), ("3, severity: error", ["error"])])
def test_a_design_rule_has_the_severity_the_policy_gives_it(rule: str, expected: list[str]) -> None:
    rule = f"{{rule: max_items, limit: {rule}}}"
    found = findings_with(POLICY, ("{rule: max_items, limit: 4, severity: warning}", rule))
    assert [problem.severity for problem in found] == expected


def test_a_policy_without_design_rules_has_none() -> None:
    changes = (
        ("      - {rule: max_items, limit: 4, severity: warning}\n", ""),
        ("      - {rule: min_item_weight, limit: 10, severity: error}\n", ""),
        ("      - {rule: gs_share_by_level, severity: warning}\n", ""),
        ("      - {rule: upward_link, severity: warning}\n", ""),
        ("    design_rules:\n", ""),
    )
    rows = "".join(
        f"              - {{id: r{n}, name: {{zh: 行, en: Row}}, definition: {{zh: 行, en: Row}}, {GOAL}}}\n" for n in range(20)
    )
    files = files_with(POLICY, *changes)
    assert f"{GOAL}}}\n" in files[WORKSHOP]
    files[WORKSHOP] = files[WORKSHOP].replace(f"{GOAL}}}\n", f"{GOAL}}}\n" + rows, 1)
    assert said(check_book(book_of(files))) == []


@pytest.mark.parametrize(("places", "sound"), [("0", True), ("8", True), ("9", False), ("-1", False)])
def test_precision_has_bounds(places: str, sound: bool) -> None:
    assert (findings_with(POLICY, ("precision: 4", f"precision: {places}")) == []) is sound


def test_equal_multipliers_are_monotone() -> None:
    assert findings_with(GRADES, ("multiplier: 1.2", "multiplier: 1")) == []


def test_a_challenge_equal_to_its_target_is_on_the_right_side() -> None:
    assert findings_with(FINANCE, ("challenge: 100", "challenge: 90")) == []


@pytest.mark.parametrize(("challenge", "sound"), [("4", True), ("5", True), ("6", False)])
def test_where_lower_is_better_the_challenge_lies_below_the_target(challenge: str, sound: bool) -> None:
    stated = f"        direction: lower\n        target: 5\n        challenge: {challenge}\n        sources: [质检记录]"
    found = findings_with(QUALITY, ("        direction: lower\n        sources: [质检记录]", stated))
    assert (found == []) is sound


def test_a_best_possible_target_with_a_challenge_at_it_does_not_warn() -> None:
    assert findings_with(FINANCE, ("target: 90", "target: 100")) == []


@pytest.mark.parametrize("status", ["incomplete", "monitor_only"])
def test_a_kpi_that_is_not_scored_needs_no_direction(status: str) -> None:
    assert findings_with(FINANCE, ("        direction: lower\n", f"        status: {status}\n")) == []


def test_an_input_is_named_where_it_stands_in_the_formula() -> None:
    (problem, unused) = findings_with(FINANCE, ("formula: 实际回款 / 应收账款", "formula: 实际回款 / 应收帐款"))
    line = FILES[FINANCE].splitlines()[problem.where.line - 1]
    assert line[: problem.where.column - 1].endswith("formula: 实际回款 / ")
    assert "应收账款" in unused.message


def test_a_quoted_formula_has_the_same_columns_inside_the_quotes() -> None:
    change = ("formula: 实际回款 / 应收账款 * 100", 'formula: "实际回款 / 应收账款 * 100 +"')
    (problem,) = findings_with(FINANCE, change)
    assert problem.where.column == len('        formula: "实际回款 / 应收账款 * 100 +') + 1


@pytest.mark.parametrize(("formula", "warns"), [("实际回款 / (应收账款 + 1)", False), ("实际回款 / (应收账款 - 1)", True)])
def test_zero_denominators_are_found_by_trying(formula: str, warns: bool) -> None:
    changes = (("formula: 实际回款 / 应收账款 * 100", f"formula: {formula}"), ("        zero_denominator: no_base\n", ""))
    assert [problem.severity for problem in findings_with(FINANCE, *changes)] == ["warning"] * warns


@pytest.mark.parametrize(
    ("steps", "sound"),
    [
        ("[{from: 98, points: 100}, {from: 90, points: 80}]", True),
        ("[{from: 98, points: 80}, {from: 90, points: 80}]", True),
        ("[{from: 98, points: 79.99}, {from: 90, points: 80}]", False),
        ("[{above: 98, points: 100}, {from: 98, points: 90}]", True),
        ("[{above: 98, points: 90}, {from: 98, points: 100}]", False),
        ("[{upto: 90, points: 0}, {upto: 98, points: 80}]", False),
    ],
)
def test_a_curve_never_gives_a_better_figure_fewer_points(steps: str, sound: bool) -> None:
    written = "            - {from: 98, points: 100}\n            - {from: 90, points: 80}\n"
    found = findings_with(SCORING, ("          steps:\n" + written, f"          steps: {steps}\n"))
    assert (found == []) is sound, said(found)


def test_a_curve_used_in_both_directions_must_suit_both() -> None:
    sources = "        sources: [质检记录]"
    change = (sources, "        curve: punctual\n" + sources)
    assert any("不单调: 方向 lower" in problem.message for problem in findings_with(QUALITY, change))


@pytest.mark.parametrize(
    ("condition", "severities"),
    [
        ("actual(on_time_rate) < 80 and actual(on_time_rate) > 79", []),
        ("actual(on_time_rate) < 80 and actual(on_time_rate) > 80", ["error"]),
        ("actual(on_time_rate) <= 80 and actual(on_time_rate) >= 80", []),
        ("actual(on_time_rate) < 80 and actual(on_time_rate) >= 80", ["error"]),
        ("score(on_time_rate) > 100", ["error"]),
        ("score(on_time_rate) >= 100", []),
        ("incident(accident) < 0", ["error"]),
        ("incident(accident) > 0 and incident(accident) < 2", []),
        ("incident(accident) > 0 and incident(accident) < 1", ["error"]),
        ("incident(accident) >= 0", ["warning"]),
        ("actual(on_time_rate) < 80 or score(on_time_rate) > 100", ["warning"]),
    ],
)
def test_a_condition_must_be_able_to_hold_and_to_fail(condition: str, severities: list[str]) -> None:
    found = findings_with(VETOES, ("actual(on_time_rate) < 80", condition))
    assert [problem.severity for problem in found] == severities, said(found)


def test_a_rule_may_ask_for_an_event_and_for_figures_together() -> None:
    change = ("        event: fraud\n", "        event: fraud\n        when: incident(fraud) >= 2\n")
    assert findings_with(VETOES, change) == []
    contradicting = ("        event: fraud\n", "        event: fraud\n        when: incident(fraud) < 1\n")
    assert [problem.severity for problem in findings_with(VETOES, contradicting)] == ["error"]


def test_an_indicator_outside_the_audience_is_still_one_the_post_can_have() -> None:
    assert findings_with(VETOES, ("when: actual(on_time_rate) < 80", "when: actual(collection_rate) < 80")) == []


def test_a_post_whose_dimension_has_no_indicator_meant_for_it_warns() -> None:
    (problem,) = findings_with(FINANCE, ("applies_to: [全体员工]", "applies_to: [销售部]"))
    assert (problem.severity, problem.where.path) == ("warning", WORKSHOP)
    assert "岗位 foreman 的维度 finance 没有适用的指标" in problem.message


def test_every_state_of_the_policy_is_checked_and_a_finding_is_said_once() -> None:
    later = FILES[GRADES].replace("editions:\n", "").split("\n", 1)[1].replace("2026-01-01", "2027-01-01")
    files = files_with(GRADES, ("editions:\n", "editions:\n" + later.replace("from: 0,", "from: 1,")))
    files[SALES] = FILES[SALES].replace("support: 10", "support: 9")
    assert [problem.where.path for problem in check_book(book_of(files))] == [GRADES, SALES]


def test_an_assumed_value_is_reported_in_its_own_words_at_its_reason() -> None:
    (problem,) = findings_with(GRADES, ("multiplier: 1.2}", "multiplier: 1.2, assumed: {multiplier: 制度未写 (G-37)}}"))
    assert str(problem).startswith(f"{GRADES}:5:")
    assert str(problem).endswith(": assumed: multiplier: 制度未写 (G-37)")
