"""Bulk by classes, bulk with every row, and the single path with either engine give one answer to the last digit.

Policies and tables are random: every curve method, precisions and weights with decimals, bands anywhere, incident and
outcome rules over what they may look at, missing rows, own targets, figures beside the edges and at the ends of 64 bits.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.bulk import CHUNK, Judgement, Table, appraise_table
from appraisal.core.calendar import Period
from appraisal.core.columns import Column, Integers
from appraisal.core.engine import reference, session
from appraisal.core.inputs import Item
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Policy
from tests.core.both_paths import NAME, ON, QUARTER, bulk, rules, single
from tests.core.cases import goal, kpi, trading
from tests.core.policy.mini import FILES

PERIODS = [QUARTER, Period.parse("2026"), Period.parse("2026-01"), Period.parse("2026-W10")]
EDGE_OF_64_BITS = [2**63 - 1, -(2**63), 2**62, -(2**62), 2**60 + 1, 2**55, -(2**53), 9 * 10**18, -9 * 10**18, 10**17]

CURVES = """title: {zh: 评分, en: Scoring}
editions:
  - effective: 2026-01-01
    rating_scale: {minimum: 0, maximum: MAXIMUM}
    defaults: {higher: both, lower: both, target: on_target, zero: zero_tolerance}
    curves:
      - {id: both, name: &, method: target_challenge}
      - {id: capped, name: &, method: target_challenge, parameters: {at_target: 70.5, at_challenge: 95.25}}
      - {id: fine, name: &, method: target_challenge, parameters: {at_target: 79.123456, at_challenge: 99.999999}}
      - {id: flat, name: &, method: target_challenge, parameters: {at_target: 0, at_challenge: 0}}
      - {id: ratio, name: &, method: ratio, parameters: {cap: 100}}
      - id: steps
        name: &
        method: steps
        parameters: {steps: [{above: 120, points: 100}, {from: 100, points: 80}, {above: 5, points: 7.5}], otherwise: 0}
      - id: half_open_steps
        name: &
        method: half_open_steps
        parameters: {of: attainment, steps: [{from: 110, points: 100}, {from: 100, points: 80}], otherwise: 33.3333333}
      - id: interpolate
        name: &
        method: interpolate
        parameters: {levels: [{at: -7, points: 5}, {at: 0, points: 60}, {at: 113, points: 100}], below: 0}
      - id: matrix
        name: &
        method: matrix
        parameters: {rows: [{from: 100, points: [100, 90]}, {from: 50, points: [60, 50.5]}], columns: [3, 1]}
      - {id: deduct, name: &, method: deduct, parameters: {points: 0.7}}
      - {id: zero_tolerance, name: &, method: zero_tolerance, parameters: {deduction: 40}}
      - {id: event_points, name: &, method: event_points, parameters: {start: 80, points: {late: -7.5, praise: 5}}}
      - id: add_deduct
        name: &
        method: add_deduct
        parameters: {base: 80, step: 3, points: 1.5, cap_up: 20, cap_down: 80, whole_steps: true}
      - {id: all_or_nothing, name: &, method: all_or_nothing, parameters: {operator: ">="}}
      - id: threshold
        name: &
        method: threshold_target_challenge
        parameters: {at_threshold: 60, at_target: 80, at_challenge: 100}
      - {id: reduction, name: &, method: reduction}
      - {id: progress, name: &, method: progress}
      - {id: on_target, name: &, method: on_target, parameters: {tolerance: 5, zero_at: 20}}
""".replace("name: &", "name: {zh: 名, en: name}")

METHODS: dict[str, tuple[str | None, ...]] = {
    **dict.fromkeys(("both", "capped", "fine", "flat", "add_deduct", "threshold"), ("higher", "lower")),
    "ratio": ("higher",),
    "reduction": ("lower",),
    "progress": ("higher", "lower", None),
    "on_target": ("target",),
    **dict.fromkeys(("deduct", "zero_tolerance"), ("zero",)),
    **dict.fromkeys(("steps", "half_open_steps", "interpolate", "matrix", "event_points", "all_or_nothing"), ("higher", None)),
}
"""Each curve with the directions it is drawn for; now and then another is drawn, which must fail alike."""
EVENTS = ("accident", "fraud")
EDGES = ["20", "59.99", "60", "79.5", "80", "85", "94.9999", "95"]
FACTS = ["actual({})", "score({})", "rating({})"]
CONSTANTS = ["0", "59.99", "60", "80", "84.9999", "85", "100", "12345.6789", "-3.5", "99.99999999"]
SIGNS = [">=", ">", "<=", "<", "=="]


def conditions(facts: Sequence[str]) -> st.SearchStrategy[str]:
    """One comparison, or two joined."""
    one = st.builds(
        lambda fact, sign, constant: f"{fact} {sign} {constant}",
        st.sampled_from(facts),
        st.sampled_from(SIGNS),
        st.sampled_from(CONSTANTS),
    )
    return one | st.builds(lambda left, joint, right: f"{left} {joint} {right}", one, st.sampled_from(["and", "or"]), one)


OUTCOMES = st.sampled_from(
    [
        *("grade == G0", "grade >= G1", "run(grade >= G1) >= 2", "run(grade == G0) >= 3", "run(grade < G1) == 1", "vetoed"),
        *("grade_before(1) >= G1", "grade_before(2) == G0", "cadence == quarter and run(grade >= G1) >= 2"),
        *("cadence == year", "cadence == week or vetoed"),
    ]
) | conditions(["score", "lowest_item_score"])


@st.composite
def policies(draw: st.DrawFn, items: int) -> Policy:
    """The small policy with random precision, handling of missing figures, bands and rules, and every curve."""
    general = FILES["rules/mini/policy.yaml"]
    general = general.replace("precision: 4", f"precision: {draw(st.sampled_from([0, 1, 2, 4, 6]))}")
    general = general.replace("missing: block", f"missing: {draw(st.sampled_from(['block', 'zero', 'drop', 'carry_last']))}")
    general = general.partition("    floors:")[0]  # with floors every row would take the single path
    edges = ["0", *sorted(draw(st.sets(st.sampled_from(EDGES), min_size=1, max_size=4)), key=Decimal)]
    bands = [f"{{grade: G{rank}, {NAME}, from: {edge}, multiplier: {rank}}}" for rank, edge in enumerate(edges)]
    incidents = []
    for number in range(draw(st.integers(0, 3))):
        of_items = [f"zero_item, item: i{at}" for at in range(items)]
        effect = draw(st.sampled_from(["zero_total", *of_items]))
        trigger = draw(st.sampled_from(["event: accident", "event: fraud", ""]))
        if not trigger or draw(st.booleans()):
            facts = [fact.format(f"i{at}") for fact in FACTS for at in range(items)]
            trigger += (", " if trigger else "") + f'when: "{draw(conditions(facts))}"'
        effects = f"effects: [{{effect: {effect}, subject: self}}], all_posts: true"
        incidents.append(f"{{id: r{number}, {NAME}, {trigger}, {effects}}}")
    events = "".join(f"      - {{id: {event}, {NAME}, confirmed_by: x}}\n" for event in EVENTS)
    outcomes = [f'{{id: o{at}, {NAME}, when: ["{draw(OUTCOMES)}"]}}' for at in range(draw(st.integers(0, 4)))]
    files = {
        **FILES,
        "rules/mini/policy.yaml": general,
        "rules/mini/scoring.yaml": CURVES.replace("MAXIMUM", draw(st.sampled_from(["100", "100", "100", "5"]))),
        "rules/mini/grades.yaml": rules("grades", bands[::-1]).replace("    rules:", "    bands:"),
        "rules/mini/vetoes.yaml": rules("vetoes", incidents, f"    events:\n{events}"),
        "rules/mini/outcomes.yaml": rules("outcomes", outcomes),
    }
    del files["rules/mini/indicators/quality.yaml"], files["rules/mini/indicators/finance.yaml"]
    book, problems = load_book(files, "mini")
    assert book is not None, [str(problem) for problem in problems]
    return book.on(ON)


class Dice:
    """Figures of many rows from one drawn seed, which is faster than to draw each."""

    def __init__(self, seed: int, rows: int) -> None:
        self.random, self.rows = random.Random(seed), rows

    def near(self, *centres: int) -> Integers:
        """At and beside the figures, between them, and rarely at the ends of 64 bits."""

        def one() -> int:
            match self.random.randrange(12):
                case 0 | 1 | 2 | 3 | 4:
                    return self.random.choice(centres) + self.random.randint(-2, 2)
                case 5:
                    return self.random.choice(EDGE_OF_64_BITS)
                case _:
                    return self.random.randint(min(centres) - 10, max(centres) * 2 + 10)

        return np.array([min(max(one(), -(2**63)), 2**63 - 1) for _ in range(self.rows)], dtype=np.int64)

    def between(self, low: int, high: int) -> Integers:
        return np.array([self.random.randint(low, high) for _ in range(self.rows)], dtype=np.int64)


@st.composite
def columns(draw: st.DrawFn, index: int, weight: str, dice: Dice) -> Column:
    places = draw(st.sampled_from([0, 0, 2, 3, 8]))
    unit = 10**places
    known = draw(st.sampled_from([None, dice.between(0, 4) > 0]))
    dimension = draw(st.sampled_from([None, "finance", "quality"]))
    if draw(st.integers(0, 3)) == 0:
        item = goal(f"i{index}", weight, dimension=dimension)
        return Column(item, dice.near(0, 5 * unit, 50 * unit), places, known=known)
    curve = draw(st.sampled_from([*METHODS, "both", "both", "both", "capped"]))
    direction: Any = draw(st.sampled_from(METHODS[curve] * 5 + ("lower",)))
    better = 1 if direction == "higher" else -1
    target, gap = draw(st.sampled_from([100, 7, 3, 5000, 10**12])), draw(st.sampled_from([0, 1, 20, 50]))
    challenge = str(target + better * gap)
    item = kpi(
        f"i{index}",
        weight,
        dimension=dimension,
        curve=curve,
        direction=direction,
        events={"late": Decimal(1), "praise": Decimal(2)} if curve == "event_points" else None,
        target=draw(st.sampled_from([str(target)] * 20 + [None, "0", "-5", "0.00000001", "999999999999999"])),
        challenge=draw(st.sampled_from([None] * 3 + [challenge] * 8 + [str(target - better)])),
        threshold=str(target - better * gap),
        baseline=draw(st.sampled_from([str(target - better * 30)] * 5 + [str(target)])),
        actual2=draw(st.sampled_from(["0", "1", "3", "4"])),
        last_actual=draw(st.sampled_from([None, "90"])),
    )
    targets = challenges = None
    if draw(st.booleans()):
        targets = dice.near(target * unit, target * unit, 1)
        challenges = draw(st.sampled_from([None, targets + better * dice.between(-1, 30) * unit]))
    actuals = dice.near(0, target * unit, (target + better * gap) * unit, 2 * target * unit)
    return Column(item, actuals, places, targets, challenges, known)


WEIGHTS = [
    *(["100"], ["60", "40"], ["33.33", "33.33", "33.34"], ["0.01", "99.99"]),
    *(["60", "30", "9.5", "0.5"], ["12.345678", "87.654322"]),
]


@dataclass(frozen=True)
class Drawn:
    """A policy and a table for it; shown in short, for a whole policy fills a screen."""

    policy: Policy = field(repr=False)
    table: Table


@st.composite
def drawn_tables(draw: st.DrawFn) -> Drawn:
    weights = draw(st.sampled_from(WEIGHTS))
    policy, period = draw(policies(len(weights))), draw(st.sampled_from(PERIODS))
    dice = Dice(draw(st.integers(0, 2**32)), rows=draw(st.integers(1, 12)))
    before = [period.previous(), period.previous().previous(), period.previous().previous().previous()]
    return Drawn(
        policy,
        Table(
            "sales",
            ON,
            period,
            tuple(draw(columns(index, weight, dice)) for index, weight in enumerate(weights)),
            {event: dice.between(0, 3) * dice.between(0, 1) for event in EVENTS if draw(st.booleans())},
            {past: dice.between(-1, len(policy.bands) - 1) for past in before if draw(st.integers(0, 3))},
        ),
    )


@settings(deadline=None, max_examples=250)
@given(drawn_tables())
def test_four_ways_give_one_answer(drawn: Drawn) -> None:
    policy, table = drawn.policy, drawn.table
    expected = [single(policy, table, row, reference.fire) for row in range(len(table))]
    by_classes = bulk(policy, table, every_row=False)
    if all(isinstance(found, tuple) for found in expected) and by_classes != expected:
        # Refused as a whole: every row has a fault, though a row may have a fault of its own that comes first.
        assert len(set(by_classes)) == 1 and isinstance(by_classes[0], tuple)
        return
    assert by_classes == expected
    assert bulk(policy, table, every_row=True) == expected
    assert [single(policy, table, row, session.fire) for row in range(len(table))] == expected


# Many rows at once


@cache
def a_crowd(rows: int) -> Table:
    """Sales people drawn from a fixed seed: own targets, missing figures, incidents, two quarters of history."""
    random = np.random.default_rng(20260331)

    def column(item: Item, target: int, better: int) -> Column:
        targets = random.integers(target // 2, target * 2, rows)
        actuals = targets * random.integers(0, 1500, rows) // 1000
        challenges = targets + better * targets * random.integers(0, 40, rows) // 100
        return Column(item, actuals, 2, targets, challenges, random.random(rows) > 0.002)

    parts = (
        column(kpi("revenue", "33.33"), 10**7, 1),
        column(kpi("collection_rate", "33.33"), 9000, 1),
        column(kpi("order_cycle_time", "13.34"), 4800, -1),
        Column(kpi("compliance_violations", "10"), random.integers(0, 4, rows), 0),
        Column(goal("g", "10"), random.integers(-2, 10003, rows), 2),
    )
    incidents = {event: random.integers(0, 40, rows) // 39 for event in ("serious_violation", "credit_loss")}
    past = [QUARTER.previous(), QUARTER.previous().previous()]
    return Table("sales", ON, QUARTER, parts, incidents, {period: random.integers(-1, 5, rows) for period in past})


def test_twenty_thousand_people_get_one_answer_from_bulk_and_from_the_single_path() -> None:
    table = a_crowd(20_000)
    assert len(table) > CHUNK
    expected = [single(trading(), table, row, reference.fire) for row in range(len(table))]
    assert bulk(trading(), table, every_row=False) == expected
    assert bulk(trading(), table, every_row=True) == expected
    by_judgement = [found for found in expected if isinstance(found, Judgement)]
    assert {found.grade for found in by_judgement} == set("SABCD")
    assert len({found.outcomes for found in by_judgement}) > 3 and any(found.vetoed for found in by_judgement)
    assert 10 < sum(isinstance(found, tuple) for found in expected) < 1000


def test_the_engine_is_asked_once_for_each_class_of_alike_rows() -> None:
    table = a_crowd(20_000)
    by_classes = appraise_table(trading(), table)
    every_row = appraise_table(trading(), table, every_row=True)
    assert every_row.evaluations == 3 * len(table)
    assert by_classes.evaluations < 200
    for name in ("computed", "scores", "ranks", "vetoed"):
        assert np.array_equal(getattr(by_classes, name), getattr(every_row, name))
