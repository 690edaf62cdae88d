"""What rules look at, for whole columns: facts as integers, comparisons as masks, and the classes of alike rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from appraisal.core.calendar import Period
from appraisal.core.columns import Integers, Mask
from appraisal.core.engine.conditions import CADENCES, Comparison, Fact
from appraisal.core.engine.reference import compare
from appraisal.core.engine.ruleset import BOUND, Property, Record, Ruleset
from appraisal.core.engine.session import Fire

Answer = tuple[str, ...]

# A signature is one 64-bit integer; rulesets with more comparisons send every row.
MOST_TESTS = 62


@dataclass(frozen=True)
class FactColumn:
    """A fact for every row: values × 10^`places`, and where they are known (None: everywhere)."""

    values: Integers
    places: int = 0
    known: Mask | None = None

    def beyond(self, places: int) -> Mask:
        """The rows whose value at `places` decimals an engine integer cannot hold."""
        bound = BOUND // 10 ** max(places - self.places, 0)
        beyond: Mask = (self.values > bound) | (self.values < -bound)
        return beyond

    def read(self, entry: Property) -> Integers:
        """The property's integers, as `Property.read` gives them one by one."""
        if entry.kind == "known":
            return np.ones(len(self.values), dtype=np.int64) if self.known is None else self.known.astype(np.int64)
        values = self.values if self.known is None else np.where(self.known, self.values, 0)
        shift = entry.places - self.places
        if shift >= 0:
            return values * np.int64(10**shift)
        unit = np.int64(10**-shift)
        return values // unit if entry.kind == "floor" else -(-values // unit)


@dataclass
class Classes:
    """The classes of alike rows seen so far in one ruleset, and the engine's answer for each.

    `answers[code]` holds the ids of the rules that fire; `codes` of different classes may stand for equal answers.
    """

    ruleset: Ruleset
    fire: Fire
    every_row: bool
    answers: list[Answer] = field(default_factory=list)
    evaluations: int = 0
    _signatures: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _codes: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _by_answer: dict[Answer, int] = field(default_factory=dict)

    def judge(self, facts: Mapping[str, FactColumn], rows: int) -> Integers:
        """For each row the code of its answer."""
        columns = {entry.key: facts[entry.fact.name].read(entry) for entry in self.ruleset.properties}
        if self.every_row or len(self.ruleset.tests) > MOST_TESTS:
            return self._codes_of(self._ask(columns, slice(None), rows))
        signatures = np.zeros(rows, dtype=np.int64)
        for test in self.ruleset.tests:
            signatures <<= 1
            signatures |= _holds(test.operator, columns[test.key], test.constant)
        places = self._places(signatures)
        if len(new := np.flatnonzero(places < 0)):
            _, first = np.unique(signatures[new], return_index=True)
            self._learn(signatures[new[first]], self._codes_of(self._ask(columns, new[first], len(first))))
            places = self._places(signatures)
        return self._codes[places]

    def _places(self, signatures: Integers) -> NDArray[np.intp]:
        """Where each signature stands among the known ones, −1 for a new one."""
        if not len(self._signatures):
            return np.full(len(signatures), -1, dtype=np.intp)
        places = np.minimum(np.searchsorted(self._signatures, signatures), len(self._signatures) - 1)
        return np.where(self._signatures[places] == signatures, places, -1)

    def _learn(self, signatures: Integers, codes: Integers) -> None:
        known = np.concatenate([self._signatures, signatures])
        order = np.argsort(known)
        self._signatures, self._codes = known[order], np.concatenate([self._codes, codes])[order]

    def _ask(self, columns: Mapping[str, Integers], rows: "Integers | NDArray[np.intp] | slice", count: int) -> list[Answer]:
        """Real rows through the engine."""
        self.evaluations += count
        keys = ("stage", *columns)
        values = [
            np.broadcast_to(np.int64(self.ruleset.stage), count).tolist(),
            *(column[rows].tolist() for column in columns.values()),
        ]
        records: list[Record] = [dict(zip(keys, row, strict=True)) for row in zip(*values, strict=True)]
        return self.fire(self.ruleset, records)

    def _codes_of(self, answers: Sequence[Answer]) -> Integers:
        codes = np.empty(len(answers), dtype=np.int64)
        for row, answer in enumerate(answers):
            code = self._by_answer.get(answer)
            if code is None:
                code = self._by_answer[answer] = len(self.answers)
                self.answers.append(answer)
            codes[row] = code
        return codes


def outcome_facts(
    ruleset: Ruleset,
    period: Period,
    ranks: Integers,
    history: Mapping[Period, Integers],
    score: FactColumn,
    vetoed: Mask,
    lowest: FactColumn,
) -> dict[str, FactColumn]:
    """The facts of outcome rules, as `judging.outcomes` gives them one by one; an absent past grade is −1."""
    rows = len(ranks)
    facts: dict[str, FactColumn] = {}
    for fact in ruleset.facts:
        match fact.kind:
            case "grade":
                column = FactColumn(ranks)
            case "cadence":
                column = FactColumn(np.full(rows, CADENCES[period.cadence], dtype=np.int64))
            case "score":
                column = score
            case "vetoed":
                column = FactColumn(vetoed.astype(np.int64))
            case "lowest_item_score":
                column = lowest
            case "grade_before":
                column = _grade_before(int(fact.argument or 0), period, history, rows)
            case _:
                column = FactColumn(_runs(_satisfies(fact), period, ranks, history))
        facts[fact.name] = column
    return facts


def _grade_before(back: int, period: Period, history: Mapping[Period, Integers], rows: int) -> FactColumn:
    for _ in range(back):
        period = period.previous()
    past = history.get(period, np.full(rows, -1, dtype=np.int64))
    return FactColumn(past, known=past >= 0)


def _runs(holds: Callable[[Integers], Mask], period: Period, ranks: Integers, history: Mapping[Period, Integers]) -> Integers:
    alive = holds(ranks)
    runs = alive.astype(np.int64)
    period = period.previous()
    while period in history:
        alive = alive & (history[period] >= 0) & holds(history[period])
        runs += alive
        period = period.previous()
    return runs


def _satisfies(fact: Fact) -> Callable[[Integers], Mask]:
    operator, rank = fact.operator, fact.rank
    assert operator is not None and rank is not None
    return lambda ranks: _holds(operator, ranks, rank)


def _holds(operator: Comparison, column: Integers, constant: int) -> Mask:
    held: Mask = compare(operator, column, constant)  # type: ignore[arg-type,assignment]
    return held
