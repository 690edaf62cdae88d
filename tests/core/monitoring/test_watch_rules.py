"""The rules of monitoring.yaml: durable_rules, the evaluator on integers, the one on exact values and plain Python agree."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.engine import reference, session
from appraisal.core.engine.ruleset import Value
from appraisal.core.engine.watching import compile_watching, watching_problems
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import LevelBand
from tests.core.monitoring.watched import D, policy

EDGES = [Fraction(0), Fraction(5), Fraction(10), Fraction(25), Fraction(30), Fraction(10**9)]
NUDGES = [Fraction(0), Fraction(1, 10**9), Fraction(-1, 10**9), Fraction(1, 3), Fraction(-1, 3)]
NUMBERS = st.builds(lambda edge, nudge: edge + nudge, st.sampled_from(EDGES), st.sampled_from(NUDGES))
"""At and beside the edges, closer than any decimal place of theirs."""
READINGS = st.fixed_dictionaries(
    {
        "deviation": st.none() | NUMBERS,
        "zero_missed": st.integers(0, 1),
        "worsenings": st.integers(0, 5),
        "met_running": st.integers(0, 5),
        "beyond_alert": st.integers(0, 1),
        "can_rise": st.integers(0, 1),
        "jump": st.none() | NUMBERS,
    }
)


def by_hand(values: Mapping[str, Value]) -> tuple[str, ...]:
    """The rules of the small policy as its file says them."""
    off, jump = values["deviation"], values["jump"]
    told = {
        "normal": off is not None and off <= 5,
        "attention": off is not None and 5 < off <= 10,
        "abnormal": off is not None and 10 < off <= 25,
        "severe": (off is not None and off > 25) or values["zero_missed"] == 1,
        "trend": values["worsenings"] in (3, 4, 5),
        "alert": values["beyond_alert"] == 1,
        "raise_target": values["met_running"] in (3, 4, 5) and values["can_rise"] == 1,
        "unrealistic_jump": jump is not None and jump > 30,
    }
    return tuple(f"monitoring/{rule}" for rule, holds in told.items() if holds)


@settings(max_examples=150, deadline=None)
@given(st.lists(READINGS, min_size=1, max_size=20))
def test_four_readers_give_one_answer(readings: list[Mapping[str, Value]]) -> None:
    ruleset = compile_watching(policy()).readings
    records = [ruleset.fact(values) for values in readings]
    expected = [by_hand(values) for values in readings]
    assert session.fire(ruleset, records) == expected
    assert reference.fire(ruleset, records) == expected
    assert [reference.fire_values(ruleset, values) for values in readings] == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_pairs_are_flagged_where_one_improves_while_its_guard_worsens_or_both_worsen(
    pairs: list[tuple[bool, bool, bool]],
) -> None:
    ruleset = compile_watching(policy()).pairs
    names = ("improves", "guard_worsens", "both_worsen")
    records = [ruleset.fact({name: int(one) for name, one in zip(names, pair, strict=True)}) for pair in pairs]
    expected = [
        (*(("monitoring/guard",) if improves and worsens else ()), *(("monitoring/related",) if both else ()))
        for improves, worsens, both in pairs
    ]
    assert session.fire(ruleset, records) == reference.fire(ruleset, records) == expected


@pytest.mark.parametrize(
    ("exact", "level"),
    [
        (0, "normal"),
        (5, "normal"),
        (Fraction("5.000000125"), "attention"),
        (10, "attention"),
        (Fraction("10.00000001"), "abnormal"),
        (25, "abnormal"),
        (Fraction(25) + Fraction(1, 3 * 10**12), "severe"),
        (10**9, "severe"),
    ],
)
def test_each_edge_belongs_to_the_milder_level(exact: Value, level: str) -> None:
    ruleset = compile_watching(policy()).readings
    values: dict[str, Value] = {"deviation": exact, **dict.fromkeys(("zero_missed", "worsenings", "met_running"), 0)}
    values |= {"beyond_alert": 0, "can_rise": 0, "jump": None}
    assert session.fire(ruleset, [ruleset.fact(values)]) == [(f"monitoring/{level}",)]


def test_a_policy_without_the_optional_rules_asks_less_of_a_reading() -> None:
    bare = policy(("monitoring.yaml", "    raise_target: {months: 3}\n    unrealistic_jump: {percent: 30}\n", ""))
    asked = {fact.name for fact in compile_watching(bare).readings.facts}
    assert asked == {"deviation", "zero_missed", "worsenings", "beyond_alert"}


def test_rules_are_compiled_once_per_policy() -> None:
    assert compile_watching(policy()) is compile_watching(policy())


def test_a_policy_that_only_appraises_has_no_rules_of_monitoring(monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(policy(), monitoring=None)
    with pytest.raises(ValueError, match="has no monitoring.yaml"):
        compile_watching(without)
    assert list(watching_problems(without)) == []


def test_an_edge_beyond_the_engines_integers_is_a_problem_with_its_place() -> None:
    found = list(watching_problems(_with_edge("999999999999999.99999999")))
    assert found and "太大" in found[0].message or "过大" in found[0].message
    assert list(watching_problems(_with_edge("24.99999999"))) == []


def _with_edge(edge: str) -> Policy:
    rules = policy().monitoring
    assert rules is not None
    levels = (*rules.levels[:2], replace(rules.levels[2], up_to=D(edge)), LevelBand(level="severe"))
    return replace(policy(), monitoring=replace(rules, levels=levels))
