"""What the evaluation of one period yields: a judgement of each indicator, and what pairs of them show, with the reasons."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from appraisal.core.calendar import Period
from appraisal.core.engine.watching import ALERT, RAISE_TARGET, TREND, UNREALISTIC_JUMP
from appraisal.core.errors import Message, ScoringError
from appraisal.core.judging.correlation import Correlation
from appraisal.core.judging.deviation import Target
from appraisal.core.judging.readings import Reading
from appraisal.core.numbers import plain
from appraisal.core.outcome import Fired, Line
from appraisal.core.policy.monitoring import GuardPair, LevelName, RecordRule, RelatedPair, TaskRule


@dataclass(frozen=True)
class JudgedReading:
    """One indicator in its own period. `deviation` is rounded to be shown; the level was decided on the exact one.

    `level` is None where there is no value or no target. `change`: 1 better than the period before, −1 worse.
    """

    indicator: str
    dimension: str | None
    period: Period
    reading: Reading | None
    value: Decimal | None
    problem: ScoringError | None
    target: Target | None
    met: bool | None
    deviation: Decimal | None
    points: bool
    level: LevelName | None
    change: int | None
    worsenings: int
    met_running: int
    fired: tuple[Fired, ...]
    record: RecordRule | None
    notify: tuple[str, ...]
    tasks: tuple[TaskRule, ...]
    lines: tuple[Line, ...] = field(compare=False)

    def has(self, rule: str) -> bool:
        """Whether a rule fired for it, by id."""
        return any(one.rule == rule for one in self.fired)

    @property
    def trend(self) -> bool:
        """Whether it became worse too often in a row."""
        return self.has(TREND)

    @property
    def beyond_alert(self) -> bool:
        return self.has(ALERT)

    @property
    def raise_target(self) -> bool:
        """Whether a higher target is proposed."""
        return self.has(RAISE_TARGET)

    @property
    def unrealistic(self) -> bool:
        """Whether its new target lies too far from what was read before."""
        return self.has(UNREALISTIC_JUMP)

    @property
    def alerts(self) -> bool:
        """Whether somebody is to look at it: out of tolerance, worsening, or beyond its warning line."""
        return self.level not in (None, "normal") or self.trend or self.beyond_alert


@dataclass(frozen=True)
class GuardFinding:
    """An indicator that improves while its guard worsens."""

    pair: GuardPair
    indicator: str
    guard: str
    fired: Fired
    line: Line = field(compare=False)


@dataclass(frozen=True)
class RelatedFinding:
    """Two indicators that worsen together, `first` `lag` periods earlier; `declared` is the related pair of the policy."""

    first: str
    second: str
    lag: int
    correlation: Correlation | None
    declared: RelatedPair | None
    fired: Fired
    line: Line = field(compare=False)


@dataclass(frozen=True)
class Evaluation:
    """One period under one policy. Readings that could not be used are in `judged` with their problem."""

    policy: str
    digest: str
    period: Period
    judged: tuple[JudgedReading, ...]
    guards: tuple[GuardFinding, ...]
    related: tuple[RelatedFinding, ...]

    def of(self, indicator: str) -> JudgedReading:
        """The judgement of one indicator. Raises KeyError."""
        for one in self.judged:
            if one.indicator == indicator:
                return one
        raise KeyError(indicator)

    @property
    def alerts(self) -> Iterator[JudgedReading]:
        """What somebody is to look at."""
        return (one for one in self.judged if one.alerts)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; decimals as strings."""
        return {
            "policy": self.policy,
            "digest": self.digest,
            "period": str(self.period),
            "indicators": [_judged(one) for one in self.judged],
            "guards": [
                {"indicator": one.indicator, "guard": one.guard, "rule": one.fired.rule, "line": one.line._asdict()}
                for one in self.guards
            ],
            "related": [_related(one) for one in self.related],
        }


def _judged(one: JudgedReading) -> dict[str, Any]:
    reading = one.reading
    return {
        "id": one.indicator,
        "dimension": one.dimension,
        "period": str(one.period),
        "value": _number(one.value),
        "origin": reading.origin if reading else None,
        "late": bool(reading and reading.late),
        "corrected": bool(reading and reading.corrected),
        "problem": {"code": one.problem.code, "path": one.problem.path, "message": _message(one.problem.message)}
        if one.problem
        else None,
        "target": _target(one.target) if one.target else None,
        "met": one.met,
        "deviation": _number(one.deviation),
        "points": one.points,
        "level": one.level,
        "change": one.change,
        "worsenings": one.worsenings,
        "fired": [rule.rule for rule in one.fired],
        "record": one.record.record if one.record else None,
        "notify": list(one.notify),
        "tasks": [task.department for task in one.tasks],
        "lines": [line._asdict() for line in one.lines],
    }


def _target(target: Target) -> dict[str, Any]:
    phase = {"zh": target.phase.zh, "en": target.phase.en} if target.phase else None
    return {"operator": target.operator, "value": plain(target.value), "phase": phase}


def _related(one: RelatedFinding) -> dict[str, Any]:
    found = one.correlation
    return {
        "first": one.first,
        "second": one.second,
        "lag": one.lag,
        "rho": _number(found.rho) if found else None,
        "readings": found.readings if found else None,
        "declared": one.declared is not None,
        "rule": one.fired.rule,
        "line": one.line._asdict(),
    }


def _message(message: Message) -> dict[str, str]:
    return {"zh": message.zh, "en": message.en}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
