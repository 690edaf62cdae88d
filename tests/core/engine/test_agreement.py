"""durable_rules, the plain evaluator on integers and the one on exact decimals give one answer, over random rules and cases.

A fourth reader, here, evaluates the random conditions as they were made, without parsing their text: so a condition read
wrongly cannot pass by being wrong three times alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.engine import reference, session
from appraisal.core.engine.conditions import CADENCES
from appraisal.core.engine.ruleset import Ruleset, compile_rules
from tests.core.engine.policies import a_policy, an_incident_rule, an_outcome_rule

Values = Mapping[str, Decimal | int | None]

GRADES = ("不合格", "C", "B-", "A级", "S")
SIGNS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": lambda left, right: left >= right,
    "≥": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "＜": lambda left, right: left < right,
    "==": lambda left, right: left == right,
}
EDGES = [Decimal(text) for text in ("0", "-3.5", "5", "5.00000012", "59.99", "60", "84.9999", "85", "99999999.99999999")]
NUDGES = [Decimal(text) for text in ("0", "0.00000001", "-0.00000001", "0.000000005", "-0.0000000001", "0.5", "-1", "1000")]
NUMBERS = st.builds(lambda edge, nudge: edge + nudge, st.sampled_from(EDGES), st.sampled_from(NUDGES))
"""At, beside and far from the edges, with more decimals than any edge has."""


@dataclass(frozen=True)
class Said:
    """A condition with its own meaning."""

    text: str
    holds: Callable[[Values], bool]


def comparison(written: str, name: str, sign: str, constant: str, number: Decimal) -> Said:
    def holds(values: Values) -> bool:
        value = values[name]
        return value is not None and SIGNS[sign](Decimal(value), number)

    return Said(f"{written} {sign} {constant}", holds)


def figures(*names: tuple[str, str]) -> st.SearchStrategy[Said]:
    """A figure, as written and by name, against one of the edges."""
    return st.builds(
        lambda name, sign, edge: comparison(*name, sign, f"{edge:f}", edge),
        st.sampled_from(names),
        st.sampled_from([*SIGNS]),
        st.sampled_from(EDGES),
    )


def counts(*names: tuple[str, str]) -> st.SearchStrategy[Said]:
    return st.builds(
        lambda name, sign, number: comparison(*name, sign, str(number), Decimal(number)),
        st.sampled_from(names),
        st.sampled_from([*SIGNS]),
        st.integers(0, 4),
    )


def ranks(*names: tuple[str, str]) -> st.SearchStrategy[Said]:
    return st.builds(
        lambda name, sign, rank: comparison(*name, sign, GRADES[rank], Decimal(rank)),
        st.sampled_from(names),
        st.sampled_from([*SIGNS]),
        st.integers(0, 4),
    )


def cadences() -> st.SearchStrategy[Said]:
    return st.sampled_from([comparison("周期", "cadence", "==", name, Decimal(number)) for name, number in CADENCES.items()])


def joined(single: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    """Conditions of conditions, each part in parentheses so that only this file's own reading of them counts."""

    def pair(parts: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
        both = st.builds(
            lambda one, other: Said(f"({one.text}) and ({other.text})", lambda v: one.holds(v) and other.holds(v)), parts, parts
        )
        either = st.builds(
            lambda one, other: Said(f"({one.text})或({other.text})", lambda v: one.holds(v) or other.holds(v)), parts, parts
        )
        return both | either

    return st.recursive(single, pair, max_leaves=5)


INCIDENTS = joined(
    figures(("actual(x-1)", "actual(x-1)"), ("score(y)", "score(y)"), ("评分（z）", "rating(z)"))
    | counts(("incident(late)", "incident(late)"), ("事件(credit-loss)", "incident(credit-loss)"))
)
OUTCOMES = joined(
    figures(("score", "score"), ("最低项得分", "lowest_item_score"))
    | counts(("run(grade >= A级)", "run(grade >= A级)"), ("连续(等级==不合格)", "run(grade == 不合格)"))
    | ranks(("grade", "grade"), ("grade_before(1)", "grade_before(1)"), ("前期等级(12)", "grade_before(12)"))
    | cadences()
    | st.just(Said("否决", lambda values: values["vetoed"] == 1))
)


def values_for(ruleset: Ruleset) -> st.SearchStrategy[Values]:
    """A value for each fact; missing where it may be."""
    return st.fixed_dictionaries(
        {
            fact.name: (st.none() if fact.may_be_missing else st.nothing())
            | (st.integers(0, 1) if fact.kind == "vetoed" else st.integers(0, 5) if fact.is_whole else NUMBERS)
            for fact in ruleset.facts
        }
    )


def assert_agreement(ruleset: Ruleset, cases: list[Values], rules: Mapping[str, list[Said]]) -> None:
    records = [ruleset.fact(values) for values in cases]
    fired = session.fire(ruleset, records)
    assert fired == reference.fire(ruleset, records)
    assert fired == [reference.fire_values(ruleset, values) for values in cases]
    meant = [tuple(rule for rule, said in rules.items() if any(one.holds(values) for one in said)) for values in cases]
    assert fired == meant
    by_signature: dict[int, tuple[str, ...]] = {}
    for record, answer in zip(records, fired, strict=True):
        assert by_signature.setdefault(reference.signature(ruleset, record), answer) == answer


@settings(deadline=None, max_examples=150)
@given(st.data(), st.lists(INCIDENTS, min_size=1, max_size=4))
def test_incident_rules_fire_alike_in_every_reading(data: st.DataObject, said: list[Said]):
    policy = a_policy(incidents=[an_incident_rule(f"r{index}", when=one.text) for index, one in enumerate(said)])
    ruleset = compile_rules(policy).incidents("sales")
    cases = data.draw(st.lists(values_for(ruleset), min_size=1, max_size=12))
    assert_agreement(ruleset, cases, {f"vetoes/r{index}": [one] for index, one in enumerate(said)})


@settings(deadline=None, max_examples=150)
@given(st.data(), st.lists(st.lists(OUTCOMES, min_size=1, max_size=3), min_size=1, max_size=4))
def test_outcome_rules_fire_alike_in_every_reading(data: st.DataObject, said: list[list[Said]]):
    bands = [(grade, str(20 * rank)) for rank, grade in reversed([*enumerate(GRADES)])]
    rules = [an_outcome_rule(f"r{index}", *(one.text for one in when)) for index, when in enumerate(said)]
    ruleset = compile_rules(a_policy(bands=bands, outcomes=rules)).outcomes
    cases = data.draw(st.lists(values_for(ruleset), min_size=1, max_size=12))
    assert_agreement(ruleset, cases, {f"outcomes/r{index}": when for index, when in enumerate(said)})


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sets(st.sampled_from([edge for edge in EDGES if edge >= 0]), min_size=1))
def test_every_score_gets_exactly_the_band_whose_edge_it_reached(data: st.DataObject, edges: set[Decimal]):
    bands = [(f"G{edge:f}", f"{edge:f}") for edge in sorted(edges, reverse=True)]
    ruleset = compile_rules(a_policy(bands=bands)).grade
    scores = data.draw(st.lists(NUMBERS, min_size=1))
    fired = session.fire(ruleset, [ruleset.fact({"score": score}) for score in scores])
    meant = [next(((f"grades/{grade}",) for grade, edge in bands if score >= Decimal(edge)), ()) for score in scores]
    assert fired == meant == [reference.fire_values(ruleset, {"score": score}) for score in scores]
