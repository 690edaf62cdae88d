"""monitoring.yaml compiled for the rule engine: levels of deviation, trend, warning lines, targets, guards, related pairs.

One flat record for a reading, its history as integers (worsenings in a row, periods met in a row), and one for two indicators
side by side. What compares an indicator with its own figures is settled before, as a flag.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from appraisal.core.engine.conditions import Atom, Fact
from appraisal.core.engine.ruleset import Draft, Ruleset, draft_problems, make_ruleset
from appraisal.core.numbers import ONE
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import LevelName, MonitoringEdition
from appraisal.core.policy.tree import Problem, Where

READINGS, PAIRS = 4, 5

DEVIATION: Final = Fact("deviation", may_be_missing=True)
ZERO_MISSED: Final = Fact("zero_missed")
WORSENINGS: Final = Fact("worsenings")
BEYOND_ALERT: Final = Fact("beyond_alert")
MET_RUNNING: Final = Fact("met_running")
CAN_RISE: Final = Fact("can_rise")
JUMP: Final = Fact("jump", may_be_missing=True)
IMPROVES: Final = Fact("improves")
GUARD_WORSENS: Final = Fact("guard_worsens")
BOTH_WORSEN: Final = Fact("both_worsen")

TREND: Final = "monitoring/trend"
ALERT: Final = "monitoring/alert"
RAISE_TARGET: Final = "monitoring/raise_target"
UNREALISTIC_JUMP: Final = "monitoring/unrealistic_jump"
GUARD: Final = "monitoring/guard"
RELATED: Final = "monitoring/related"


def level_rule(level: LevelName) -> str:
    """The id of the rule that gives a level."""
    return f"monitoring/{level}"


@dataclass(frozen=True)
class WatchRules:
    """The two rulesets of a policy's monitoring."""

    readings: Ruleset
    pairs: Ruleset


def compile_watching(policy: Policy) -> WatchRules:
    """The rulesets of monitoring.yaml, made once per policy. Raises RuleProblems; ValueError for a policy without it."""
    made = policy.derived.get("watching")
    if not isinstance(made, WatchRules):
        if policy.monitoring is None:
            raise ValueError(f"the policy {policy.id} has no monitoring.yaml")
        readings = make_ruleset(f"{policy.id} readings", READINGS, list(_reading_drafts(policy.monitoring)))
        pairs = make_ruleset(f"{policy.id} pairs", PAIRS, list(_pair_drafts(policy.monitoring)))
        made = policy.derived.setdefault("watching", WatchRules(readings, pairs))
    return made


def watching_problems(policy: Policy) -> Iterator[Problem]:
    """Everything in monitoring.yaml that the engine must not be given."""
    if policy.monitoring is not None:
        yield from draft_problems(list(_reading_drafts(policy.monitoring)))
        yield from draft_problems(list(_pair_drafts(policy.monitoring)))


def _reading_drafts(rules: MonitoringEdition) -> Iterator[Draft]:
    above: Decimal | None = None
    for band in rules.levels:
        atoms = [] if above is None else [Atom(DEVIATION, ">", above)]
        if band.up_to is not None:
            atoms.append(Atom(DEVIATION, "<=", band.up_to))
        cases = (tuple(atoms), (_is(ZERO_MISSED),)) if band.level == "severe" else (tuple(atoms),)
        yield Draft(level_rule(band.level), cases, band.where)
        above = band.up_to
    yield _draft(TREND, rules.trend.where, _least(WORSENINGS, rules.trend.worsenings))
    yield _draft(ALERT, rules.where, _is(BEYOND_ALERT))
    if rules.raise_target is not None:
        yield _draft(RAISE_TARGET, rules.raise_target.where, _least(MET_RUNNING, rules.raise_target.months), _is(CAN_RISE))
    if rules.unrealistic_jump is not None:
        yield _draft(UNREALISTIC_JUMP, rules.unrealistic_jump.where, Atom(JUMP, ">", rules.unrealistic_jump.percent))


def _pair_drafts(rules: MonitoringEdition) -> Iterator[Draft]:
    yield _draft(GUARD, rules.where.at("guards"), _is(IMPROVES), _is(GUARD_WORSENS))
    yield _draft(RELATED, rules.where.at("pairs"), _is(BOTH_WORSEN))


def _draft(rule: str, where: Where, *atoms: Atom) -> Draft:
    return Draft(rule, (atoms,), where)


def _least(fact: Fact, count: int) -> Atom:
    return Atom(fact, ">=", Decimal(count))


def _is(fact: Fact) -> Atom:
    return Atom(fact, ">=", ONE)
