"""The same answer for columns of cases: numpy does the sums, the rule engine decides once per class of alike cases.

What rules can see of a case is the truth of their comparisons. Cases with the same truths are alike, so one real case of
each class goes through the engine and its answer is spread; `every_row` sends them all. Rows that lack a figure, fail, or
outgrow 64 bits go through `appraise` one by one, as do all where the policy counts more than the items. Scores, grade,
multiplier, veto, outcomes and fired rules equal the single path's to the last digit; explanation lines come only from
`appraise`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from appraisal.core.appraise import appraise
from appraisal.core.assess import check_case
from appraisal.core.calendar import Period
from appraisal.core.columns import Column, Integers, Mask, score_column
from appraisal.core.combine import wanted_parts
from appraisal.core.engine.ruleset import RuleBook, compile_rules, grades_upwards
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.errors import ScoringError
from appraisal.core.fact_columns import Classes, FactColumn, outcome_facts
from appraisal.core.inputs import Case, Incident, PastGrade
from appraisal.core.judging.history import past_by_period
from appraisal.core.judging.vetoes import Struck, confirmed_counts, strike
from appraisal.core.numbers import places_of, scaled
from appraisal.core.outcome import Outcome
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import check_item, curve_of

CHUNK = 16_384

MOST_PLACES = 16
"""A total of 100 points with more decimals does not fit into 64 bits."""


@dataclass(frozen=True)
class Table:
    """Cases that share post, date, period and items.

    `incidents` are confirmed counts per event that reach the person themselves; `history` holds grades by rank (lowest 0,
    none −1) per earlier period, none of them collective.
    """

    post: str
    on: date
    period: Period
    columns: tuple[Column, ...]
    incidents: Mapping[str, Integers] = field(default_factory=dict)
    history: Mapping[Period, Integers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns[0].values)

    def case(self, row: int, grades: tuple[str, ...] = ()) -> Case:
        """One row as the single path takes it; `grades` upwards, needed where the row has a history."""
        return Case(
            on=self.on,
            period=self.period,
            post=self.post,
            items=tuple(column.row(row) for column in self.columns),
            incidents=tuple(Incident(event, int(counts[row])) for event, counts in self.incidents.items() if counts[row]),
            history=tuple(PastGrade(period, grades[ranks[row]]) for period, ranks in self.history.items() if ranks[row] >= 0),
        )

    def slice(self, rows: slice) -> "Table":
        """The same table for some of its rows."""
        return Table(
            self.post,
            self.on,
            self.period,
            tuple(column.slice(rows) for column in self.columns),
            {event: counts[rows] for event, counts in self.incidents.items()},
            {period: ranks[rows] for period, ranks in self.history.items()},
        )


@dataclass(frozen=True)
class Judgement:
    """What one row came to; equal to the single path's outcome in everything it holds."""

    computed_score: Decimal
    score: Decimal
    vetoed: bool
    grade: str
    multiplier: Decimal
    outcomes: tuple[str, ...]
    fired: tuple[str, ...]

    @classmethod
    def of(cls, outcome: Outcome) -> "Judgement":
        """The same part of an outcome of the single path."""
        fired = tuple(rule.rule for rule in outcome.fired)
        return cls(
            outcome.computed_score, outcome.score, outcome.vetoed, outcome.grade, outcome.multiplier, outcome.outcomes, fired
        )


@dataclass(frozen=True)
class BulkOutcome:
    """Columns of results. Scores are × 10^`places`; `ranks` are grades (lowest 0).

    Rows of the single path stand in `singles`, as an outcome or as the error that kept them from being scored; the arrays
    hold their scores too, and −1 for a row in error. `evaluations` counts the records the engine was asked about.
    """

    policy: Policy
    places: int
    computed: Integers
    scores: Integers
    vetoed: Mask
    ranks: Integers
    codes: tuple[Integers, Integers, Integers]
    answers: tuple[list[tuple[str, ...]], ...]
    singles: Mapping[int, "Outcome | ScoringError"]
    evaluations: int

    def grade(self, row: int) -> str | None:
        """The row's grade; None for a row in error."""
        rank = int(self.ranks[row])
        return None if rank < 0 else grades_upwards(self.policy)[rank]

    def judgement(self, row: int) -> Judgement:
        """Everything about one row. Raises the ScoringError of a row that could not be scored."""
        if (single := self.singles.get(row)) is not None:
            if isinstance(single, ScoringError):
                raise single
            return Judgement.of(single)
        fired = tuple(
            rule for answers, codes in zip(self.answers, self.codes, strict=True) for rule in answers[int(codes[row])]
        )
        band = self.policy.bands[len(self.policy.bands) - 1 - int(self.ranks[row])]
        return Judgement(
            computed_score=Decimal(int(self.computed[row])).scaleb(-self.places),
            score=Decimal(int(self.scores[row])).scaleb(-self.places),
            vetoed=bool(self.vetoed[row]),
            grade=band.grade,
            multiplier=band.multiplier,
            outcomes=tuple(rule.rpartition("/")[2] for rule in self.answers[2][int(self.codes[2][row])]),
            fired=fired,
        )


def appraise_table(policy: Policy, table: Table, fire: Fire = durable, *, every_row: bool = False) -> BulkOutcome:
    """Every row's result.

    Raises ScoringError for what is wrong with all rows alike: post, items, weights, events, earlier periods; and
    `number_out_of_bounds` where precision and weights together have more decimals than a column holds.
    """
    grades = grades_upwards(policy)
    _check_shared(policy, table, grades)
    run = _Run(policy, table, fire, every_row)
    parts = [run.judge(table.slice(slice(start, start + CHUNK))) for start in range(0, max(len(table), 1), CHUNK)]
    columns = [np.concatenate([part[index] for part in parts]) for index in range(len(parts[0]))]
    computed, scores, vetoed, ranks, incident_codes, grade_codes, outcome_codes, single = columns
    singles: dict[int, Outcome | ScoringError] = {}
    for row in np.flatnonzero(single).tolist():
        try:
            outcome = singles[row] = appraise(policy, table.case(row, grades), fire)
        except ScoringError as error:
            singles[row] = error
            computed[row] = scores[row] = ranks[row] = -1
            vetoed[row] = False
            continue
        computed[row], scores[row] = scaled(outcome.computed_score, run.places), scaled(outcome.score, run.places)
        vetoed[row], ranks[row] = outcome.vetoed, grades.index(outcome.grade)
    return BulkOutcome(
        policy=policy,
        places=run.places,
        computed=computed,
        scores=scores,
        vetoed=vetoed,
        ranks=ranks,
        codes=(incident_codes, grade_codes, outcome_codes),
        answers=tuple(stage.answers for stage in run.stages),
        singles=singles,
        evaluations=sum(stage.evaluations for stage in run.stages),
    )


def _check_shared(policy: Policy, table: Table, grades: tuple[str, ...]) -> None:
    """What the single path would refuse in every row."""
    shared = Case(
        on=table.on,
        period=table.period,
        post=table.post,
        items=tuple(column.item for column in table.columns),
        incidents=tuple(Incident(event) for event in table.incidents),
        history=tuple(PastGrade(period, grades[0]) for period in table.history),
    )
    check_case(policy, shared)
    for index, item in enumerate(shared.items):
        try:
            check_item(policy, item)
            if item.kind == "kpi":
                curve_of(policy, item)
        except ScoringError as error:
            raise error.under(f"items[{index}]") from None
    confirmed_counts(policy, shared)
    past_by_period(policy, table.period, shared.history)


class _Run:
    """One pass over a table: the classes of each stage, learnt as the chunks come."""

    def __init__(self, policy: Policy, table: Table, fire: Fire, every_row: bool) -> None:
        self.policy, self.post = policy, table.post
        rules: RuleBook = compile_rules(policy)
        self.incidents, self.grade, self.outcomes = self.stages = tuple(
            Classes(ruleset, fire, every_row) for ruleset in (rules.incidents(table.post), rules.grade, rules.outcomes)
        )
        weight_places = max(places_of(column.item.weight) for column in table.columns)
        self.weights = [np.int64(scaled(column.item.weight, weight_places)) for column in table.columns]
        self.places = policy.general.precision + weight_places + 2
        if self.places > MOST_PLACES:
            zh = f"得分精度与权重共 {self.places - 2} 位小数, 成批计算至多 {MOST_PLACES - 2} 位"
            en = f"precision and weights have {self.places - 2} decimals together; columns hold {MOST_PLACES - 2}"
            raise ScoringError("number_out_of_bounds", "items", zh, en)
        self.one_by_one = bool(policy.general.floors or wanted_parts(policy, table.period, [table.post]))
        self.struck: list[Struck] = []
        self.rank_of_code: list[int] = []

    def judge(self, table: Table) -> tuple[NDArray[np.generic], ...]:
        """Computed score, score, veto, rank, the three answer codes, and which rows need the single path."""
        rows = len(table)
        scored = [score_column(self.policy, column) for column in table.columns]
        points = [part.values for part in scored]
        single = np.logical_or.reduce([part.single for part in scored]) | self.one_by_one
        points = [np.where(single, 0, part.values) for part in scored] if single.any() else points
        facts = self._incident_facts(table, points)
        for fact in facts.values():
            single |= fact.beyond(max((entry.places for entry in self.incidents.ruleset.properties), default=0))
        incident_codes = self.incidents.judge(_bounded(facts, single), rows)
        vetoed, zeroed = self._strike(table, incident_codes)
        computed = self._total(points)
        points = [np.where(hit, 0, values) if hit is not None else values for hit, values in zip(zeroed, points, strict=True)]
        scores = np.where(vetoed, 0, self._total(points))
        total = FactColumn(scores, self.places)
        grade_codes = self.grade.judge({"score": total}, rows)
        ranks = self._ranks(grade_codes)
        lowest = FactColumn(np.minimum.reduce(points), self.policy.general.precision)
        judged = outcome_facts(self.outcomes.ruleset, table.period, ranks, table.history, total, vetoed, lowest)
        outcome_codes = self.outcomes.judge(judged, rows)
        return computed, scores, vetoed, ranks, incident_codes, grade_codes, outcome_codes, single

    def _total(self, points: list[Integers]) -> Integers:
        total = points[0] * self.weights[0]
        for values, weight in zip(points[1:], self.weights[1:], strict=True):
            total += values * weight
        return total

    def _incident_facts(self, table: Table, points: list[Integers]) -> dict[str, FactColumn]:
        columns = {column.item.id: (column, values) for column, values in zip(table.columns, points, strict=True)}
        nothing = np.zeros(len(table), dtype=np.int64)
        absent = FactColumn(nothing, known=nothing > 0)
        facts = {}
        for fact in self.incidents.ruleset.facts:
            column, values = columns.get(fact.argument or "", (None, nothing))
            if fact.kind == "incident":
                facts[fact.name] = FactColumn(table.incidents.get(fact.argument or "", nothing))
            elif column is None or (fact.kind == "rating") != (column.item.kind == "gs") and fact.kind != "score":
                facts[fact.name] = absent
            elif fact.kind == "score":
                facts[fact.name] = FactColumn(values, self.policy.general.precision)
            else:
                facts[fact.name] = FactColumn(column.values, column.places, column.known)
        return facts

    def _strike(self, table: Table, codes: Integers) -> tuple[Mask, list[Mask | None]]:
        """Who is vetoed, and per column whose item is zeroed (None: nobody's)."""
        everybody = {event.id: ("self",) for event in self.policy.vetoes.events}
        for answer in self.incidents.answers[len(self.struck) :]:
            self.struck.append(strike(self.policy, self.post, answer, everybody))
        vetoed = np.array([struck.vetoed for struck in self.struck], dtype=np.bool_)[codes]
        zeroed: list[Mask | None] = []
        for column in table.columns:
            hit = np.array([column.item.id in struck.zeroed for struck in self.struck], dtype=np.bool_)
            zeroed.append(hit[codes] if hit.any() else None)
        return vetoed, zeroed

    def _ranks(self, codes: Integers) -> Integers:
        grades = grades_upwards(self.policy)
        for (rule,) in self.grade.answers[len(self.rank_of_code) :]:
            self.rank_of_code.append(grades.index(rule.partition("/")[2]))
        return np.array(self.rank_of_code, dtype=np.int64)[codes]


def _bounded(facts: Mapping[str, FactColumn], single: Mask) -> dict[str, FactColumn]:
    """The facts with the rows of the single path blanked, so that no integer overflows on the way to an unused answer."""
    if not single.any():
        return dict(facts)
    return {name: FactColumn(np.where(single, 0, fact.values), fact.places, fact.known) for name, fact in facts.items()}
