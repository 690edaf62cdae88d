"""From a policy to rules the engine may be given: ids, integers, and what is refused with file and line."""

from decimal import Decimal

import pytest

from appraisal.core.engine.reference import fire, fire_values, signature
from appraisal.core.engine.ruleset import BOUND, RuleProblems, Ruleset, compile_rules, rule_problems
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy
from tests.core.engine.policies import a_policy, an_incident_rule, an_outcome_rule


def grade_at(policy: Policy, score: str) -> tuple[str, ...]:
    ruleset = compile_rules(policy).grade
    return fire(ruleset, [ruleset.fact({"score": Decimal(score)})])[0]


def problems(policy: Policy) -> list[str]:
    return [str(problem) for problem in rule_problems(policy)]


def outcome(*when: str) -> Ruleset:
    return compile_rules(a_policy(outcomes=[an_outcome_rule("it", *when)])).outcomes


def test_a_score_belongs_to_the_band_whose_lower_edge_it_reaches():
    scores = ["100", "95", "94.999", "85", "84.5", "75", "74.99", "60", "59.99", "0"]
    assert [grade_at(a_policy(), score)[0][-1] for score in scores] == list("SSAABBCCDD")
    assert grade_at(a_policy(), "95") == ("grades/S",)


def test_the_last_digit_of_a_score_decides_although_the_edges_are_whole():
    assert grade_at(a_policy(), "84.99999999") == ("grades/B",)
    assert grade_at(a_policy(), "85.00000000") == ("grades/A",)


def test_edges_may_have_decimals_of_their_own():
    policy = a_policy(bands=[("A", "84.9999"), ("B", "0")])
    assert grade_at(policy, "84.9999") == ("grades/A",)
    assert grade_at(policy, "84.99989999") == ("grades/B",)


def test_above_and_at_most_round_the_figure_up_so_no_digit_is_lost():
    ruleset = outcome("score <= 5", "score > 94.5")
    assert fire(ruleset, [ruleset.fact({"score": Decimal("5")})]) == [("outcomes/it",)]
    assert fire(ruleset, [ruleset.fact({"score": Decimal("5.000000125")})]) == [()]
    assert fire(ruleset, [ruleset.fact({"score": Decimal("94.500000001")})]) == [("outcomes/it",)]


def test_a_figure_compared_both_ways_enters_rounded_down_and_rounded_up():
    ruleset = outcome("score >= 5 and score <= 5.5")
    assert ruleset.fact({"score": Decimal("5.26")}) == {"stage": 3, "f0k": 1, "f0f": 52, "f0c": 53}
    assert ruleset.fact({"score": Decimal("-5.26")}) == {"stage": 3, "f0k": 1, "f0f": -53, "f0c": -52}


def test_equality_of_a_figure_holds_for_that_very_figure_only():
    ruleset = outcome("score == 60")
    answers = [fire(ruleset, [ruleset.fact({"score": Decimal(score)})])[0] for score in ("60", "60.00000001", "59.99999999")]
    assert answers == [("outcomes/it",), (), ()]


def test_a_count_needs_one_integer_whatever_it_is_compared_with():
    ruleset = outcome("run(grade == D) == 2", "run(grade == D) > 4")
    assert ruleset.fact({"run(grade == D)": 2}) == {"stage": 3, "f0f": 2}


def test_a_missing_figure_makes_no_comparison_true():
    ruleset = outcome("lowest_item_score < 60", "lowest_item_score >= 60", "lowest_item_score == 0")
    assert fire(ruleset, [ruleset.fact({"lowest_item_score": None})]) == [()]
    assert fire(ruleset, [ruleset.fact({"lowest_item_score": Decimal(0)})]) == [("outcomes/it",)]
    assert fire_values(ruleset, {"lowest_item_score": None}) == ()


def test_a_figure_that_is_not_given_at_all_is_an_error():
    with pytest.raises(KeyError):
        outcome("score < 60").fact({})


def test_a_binary_float_is_no_figure():
    with pytest.raises(TypeError):
        outcome("score < 60").fact({"score": 59.9})  # type: ignore[dict-item]


@pytest.mark.parametrize("score", ["1e18", "1e400", "Infinity", "-Infinity", "NaN"])
def test_a_figure_beyond_the_engines_integers_is_refused_by_name(score: str):
    with pytest.raises(ScoringError) as caught:
        outcome("score < 60.5").fact({"score": Decimal(score)})
    assert (caught.value.code, caught.value.path) == ("number_out_of_bounds", "score")


def test_the_bound_itself_is_still_a_figure():
    ruleset = outcome("score < 60")
    assert ruleset.fact({"score": Decimal(BOUND)})["f0f"] == BOUND
    with pytest.raises(ScoringError):
        ruleset.fact({"score": Decimal(BOUND + 1)})


def test_rules_that_share_their_truths_share_a_signature():
    ruleset = outcome("score >= 60 and grade == D", "score >= 85")
    values = [("61", 0), ("84", 0), ("85", 0), ("61", 1)]
    signatures = [signature(ruleset, ruleset.fact({"score": Decimal(score), "grade": grade})) for score, grade in values]
    assert signatures[0] == signatures[1]
    assert len(set(signatures)) == 3


def test_each_post_gets_the_rules_that_can_touch_it():
    policy = a_policy(
        posts=["sales", "purchasing"],
        incidents=[
            an_incident_rule("all", event="serious_violation"),
            an_incident_rule("mine", when="actual(revenue) < 0", posts=["sales"]),
        ],
    )
    rules = compile_rules(policy)
    assert [rule.id for rule in rules.incidents("sales").rules] == ["vetoes/all", "vetoes/mine"]
    assert [rule.id for rule in rules.incidents("purchasing").rules] == ["vetoes/all"]


def test_an_event_and_a_figure_must_both_hold():
    rule = an_incident_rule("both", event="late", when="actual(x) < 90 or rating(y) < 60")
    ruleset = compile_rules(a_policy(incidents=[rule])).incidents("sales")

    def fires(late: int, actual: str, rating: str) -> bool:
        values = {"incident(late)": late, "actual(x)": Decimal(actual), "rating(y)": Decimal(rating)}
        return fire(ruleset, [ruleset.fact(values)]) == [("vetoes/both",)]

    assert fires(1, "89", "60") and fires(2, "90", "59") and fires(1, "89", "59")
    assert not fires(0, "89", "59")
    assert not fires(1, "90", "60")


def test_a_policy_is_compiled_once():
    policy = a_policy(incidents=[an_incident_rule("all", event="serious_violation")])
    assert compile_rules(policy) is compile_rules(policy)
    assert compile_rules(policy).incidents("sales") is compile_rules(policy).incidents("sales")


def test_posts_whose_rules_ask_the_same_share_one_fingerprint():
    rules = [
        an_incident_rule("of_sales", when="actual(x) < 60", posts=["sales"]),
        an_incident_rule("of_purchasing", when="actual(x) < 60", posts=["purchasing"]),
        an_incident_rule("of_marketing", when="actual(x) < 61", posts=["marketing"]),
    ]
    book = compile_rules(a_policy(posts=["sales", "purchasing", "marketing"], incidents=rules))
    sales, purchasing, marketing = (book.incidents(post).fingerprint for post in ("sales", "purchasing", "marketing"))
    assert sales == purchasing != marketing


def test_sound_rules_have_no_problems():
    incidents, outcomes = [an_incident_rule("all", event="e")], [an_outcome_rule("it", "grade == D")]
    assert problems(a_policy(incidents=incidents, outcomes=outcomes)) == []


def test_a_condition_that_cannot_be_read_is_named_by_file_line_and_column():
    policy = a_policy(
        incidents=[an_incident_rule("bad", when="actual(x) != 5", line=40)],
        outcomes=[an_outcome_rule("worse", "grade >= A", "cadence == quarter and grade >= E", line=50)],
    )
    assert [found[: found.index(": error")] for found in problems(policy)] == [
        "rules/test/outcomes.yaml:53:43",
        "rules/test/vetoes.yaml:42:25",
    ]
    with pytest.raises(RuleProblems) as caught:
        compile_rules(policy)
    assert [problem.where.line for problem in caught.value.problems] == [53]
    with pytest.raises(RuleProblems, match=r"rules/test/vetoes\.yaml:42:25"):
        compile_rules(a_policy(incidents=policy.vetoes.rules)).incidents("sales")


def test_a_rule_without_condition_would_always_fire_and_is_refused():
    policy = a_policy(incidents=[an_incident_rule("bare", line=40)], outcomes=[an_outcome_rule("empty", line=50)])
    places = [found.partition(": error")[0] for found in problems(policy)]
    assert places == ["rules/test/outcomes.yaml:50:9", "rules/test/vetoes.yaml:40:9"]
    with pytest.raises(RuleProblems):
        compile_rules(a_policy(incidents=policy.vetoes.rules)).incidents("sales")


def test_a_constant_that_leaves_the_integers_at_the_finest_edge_is_refused():
    fine = "score >= 0.00000001 and score < "
    assert problems(a_policy(outcomes=[an_outcome_rule("fits", fine + "90000000000")])) == []
    (found,) = problems(a_policy(outcomes=[an_outcome_rule("too_large", fine + "90000000000.1")]))
    assert found.startswith("rules/test/outcomes.yaml:31:9: error:") and "8 decimals" in found


def test_more_alternatives_than_the_engines_stack_holds_are_refused_at_the_rule_that_is_one_too_many():
    def rules(number: int) -> Policy:
        return a_policy(incidents=[an_incident_rule(f"r{line}", event=f"e{line}", line=line) for line in range(number)])

    assert problems(rules(60)) == []
    (found,) = problems(rules(61))
    assert found.startswith("rules/test/vetoes.yaml:60:9: error:") and "by post" in found


def test_bands_count_too_because_a_high_score_opens_all_of_them():
    edges = [(f"G{number}", str(number)) for number in reversed(range(61))]
    assert problems(a_policy(bands=edges[1:])) == []
    assert len(problems(a_policy(bands=edges))) == 1


def test_posts_with_different_rules_do_not_add_up():
    posts = [f"p{number}" for number in range(100)]
    rules = [an_incident_rule(f"r{post}", event="e", when=f"actual(x{post}) < 5", posts=[post]) for post in posts]
    assert problems(a_policy(posts=posts, incidents=rules)) == []


def test_more_figures_than_a_record_may_hold_are_refused():
    def wide(number: int) -> Policy:
        when = [" and ".join(f"actual(x{row}-{column}) < 5" for column in range(50)) for row in range(number)]
        return a_policy(incidents=[an_incident_rule(f"r{row}", when=text, line=row + 1) for row, text in enumerate(when)])

    assert problems(wide(2)) == []
    (found,) = problems(wide(3))
    assert found.startswith("rules/test/vetoes.yaml:3:9: error:") and "300 figures of 200" in found
