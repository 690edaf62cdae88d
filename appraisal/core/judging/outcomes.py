"""Grades to consequences: promotion, consecutive D, training. Callable alone, for a calibrated or appealed grade too."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.calendar import Period
from appraisal.core.engine.conditions import CADENCES, Fact
from appraisal.core.engine.reference import compare
from appraisal.core.engine.ruleset import compile_rules
from appraisal.core.engine.session import Fire
from appraisal.core.inputs import PastGrade
from appraisal.core.judging.history import past_by_period, run_length
from appraisal.core.outcome import Fired, Line
from appraisal.core.policy.model import Policy


@dataclass(frozen=True)
class Consequences:
    """The outcomes of one grade, in rule order."""

    ids: tuple[str, ...]
    fired: tuple[Fired, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Judged:
    """What outcome rules may look at: the grade, the period, earlier grades, the score and the item scores.

    `collective`: the total is void for what befell a whole group, and nothing of the person's own (D-10).
    """

    grade: str
    period: Period
    history: tuple[PastGrade, ...] = ()
    score: Decimal | None = None
    vetoed: bool = False
    item_scores: tuple[Decimal | None, ...] = ()
    collective: bool = False


def outcomes_of(policy: Policy, judged: Judged, fire: Fire) -> Consequences:
    """The outcome rules that fire for what was judged. Raises ScoringError for a history that cannot be."""
    ruleset = compile_rules(policy).outcomes
    past = past_by_period(policy, judged.period, judged.history)
    rank = policy.ranks
    values: dict[str, Decimal | int | None] = {}
    for fact in ruleset.facts:
        values[fact.name] = _value(fact, judged, past, rank)
    (rule_ids,) = fire(ruleset, [ruleset.fact(values)])
    fired = [(policy.outcome_rules[rule_id.rpartition("/")[2]], rule_id) for rule_id in rule_ids]
    return Consequences(
        ids=tuple(rule.id for rule, _ in fired),
        fired=tuple(Fired(rule_id, rule.where.path, rule.where.line) for rule, rule_id in fired),
        lines=tuple(
            Line(f"结果应用: {rule.name.zh}", f"Consequence: {rule.name.en}", rule.where.path, rule.where.line)
            for rule, _ in fired
        ),
    )


def _value(fact: Fact, judged: Judged, past: Mapping[Period, PastGrade], rank: Mapping[str, int]) -> Decimal | int | None:
    match fact.kind:
        case "grade":
            return rank[judged.grade]
        case "cadence":
            return CADENCES[judged.period.cadence]
        case "score":
            return judged.score
        case "vetoed":
            return int(judged.vetoed)
        case "lowest_item_score":
            return min((score for score in judged.item_scores if score is not None), default=None)
        case "grade_before":
            period = judged.period
            for _ in range(int(fact.argument or 0)):
                period = period.previous()
            return rank[past[period].grade] if period in past else None
        case "run":
            now = PastGrade(judged.period, judged.grade, judged.collective)
            return run_length(_counts(fact, now, rank), judged.period, past, lambda grade: _counts(fact, grade, rank))
    raise AssertionError(fact)


def _counts(fact: Fact, past: PastGrade, rank: Mapping[str, int]) -> bool:
    """A low grade that came from a unit's veto does not count as one of several low grades of one's own (D-10)."""
    collective_low = past.collective and fact.operator in ("<", "<=", "==")
    return _satisfies(fact, rank[past.grade]) and not collective_low


def _satisfies(fact: Fact, rank: int) -> bool:
    assert fact.operator is not None and fact.rank is not None
    return compare(fact.operator, rank, fact.rank)
