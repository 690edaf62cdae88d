"""One period on one screen: readings → values → facts → the engine's judgement of each → what pairs show, explained."""

from collections.abc import Iterator, Sequence

from appraisal.core.calendar import Period
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.engine.watching import WatchRules, compile_watching
from appraisal.core.judging.deviation import TargetAt
from appraisal.core.judging.readings import Readings, Values, values_of
from appraisal.core.monitoring.evaluation import Evaluation, GuardFinding, JudgedReading
from appraisal.core.monitoring.points import Point, declared_targets, own_period, point_at
from appraisal.core.monitoring.relations import guard_findings, related_findings
from appraisal.core.monitoring.words import level_line, place_of, rule_line
from appraisal.core.outcome import Fired, Line
from appraisal.core.policy.model import MonitoringEdition, Policy
from appraisal.core.policy.monitoring import LEVELS, LevelName, TaskRule


def evaluate(
    policy: Policy, readings: Readings, period: Period, targets: TargetAt | None = None, fire: Fire = durable
) -> Evaluation:
    """The period's readings judged under the policy; `targets` where targets are kept elsewhere than in the rule files.

    Indicators of longer periods take part when theirs ends with this one. Raises ScoringError for readings of indicators
    that the policy does not watch or given twice, ValueError for a policy without monitoring.yaml.
    """
    rules = compile_watching(policy)
    values = values_of(policy, readings)
    targets = targets or declared_targets(policy)
    points = [point_at(policy, values, targets, *due) for due in due_in(policy, period)]
    answers = fire(rules.readings, [rules.readings.fact(point.facts()) for point in points])
    judged = tuple(judge(policy, values, point, fired) for point, fired in zip(points, answers, strict=True))
    return Evaluation(
        policy=policy.id,
        digest=policy.digest,
        period=period,
        judged=judged,
        guards=_guards(policy, rules, points, fire),
        related=related_findings(policy, rules, values, targets, period, fire),
    )


def due_in(policy: Policy, period: Period) -> Iterator[tuple[str, Period]]:
    """The indicators of which a period ends with this one, each with its own period; those without formula are none."""
    for name, located in policy.watched.items():
        own = own_period(located.indicator, period)
        if own is not None and located.indicator.status != "incomplete":
            yield name, own


def judge(policy: Policy, values: Values, point: Point, rules: Sequence[str]) -> JudgedReading:
    """What the fired rules say about one reading, and what follows from it."""
    monitoring = policy.monitoring
    assert monitoring is not None
    name, off = point.indicator.id, point.deviation
    level = level_of(rules)
    tasks = tuple(task for task in monitoring.tasks if task.indicator == name and _is_due(task, level, rules))
    return JudgedReading(
        indicator=name,
        dimension=policy.watched[name].dimension,
        period=point.period,
        reading=values.readings.get(name, {}).get(point.period),
        value=point.value,
        problem=values.problems.get((name, point.period)),
        target=point.target,
        met=None if off is None else off.met,
        deviation=None if off is None else off.rounded(policy.general.precision),
        points=off is not None and off.points,
        level=level,
        change=point.change,
        worsenings=point.worsenings,
        met_running=point.met_running,
        fired=tuple(_fired(monitoring, rule) for rule in rules),
        record=next((one for one in monitoring.records if one.level == level), None),
        notify=tuple(one.role for one in monitoring.notify if one.level == level),
        tasks=tasks,
        lines=tuple(_lines(policy, point, level, rules)),
    )


def level_of(rules: Sequence[str]) -> LevelName | None:
    """The level among fired rules; the worst where bands of a policy overlap."""
    found = [level for level in LEVELS if f"monitoring/{level}" in rules]
    return found[-1] if found else None


def _is_due(task: TaskRule, level: LevelName | None, rules: Sequence[str]) -> bool:
    if task.level is None:
        return "monitoring/alert" in rules
    return level is not None and LEVELS.index(level) >= LEVELS.index(task.level)


def _fired(rules: MonitoringEdition, rule: str) -> Fired:
    where = place_of(rules, rule)
    return Fired(rule, where.path, where.line)


def _lines(policy: Policy, point: Point, level: LevelName | None, rules: Sequence[str]) -> Iterator[Line]:
    if level is not None:
        yield level_line(policy, point, level)
    for rule in rules:
        if rule.partition("/")[2] not in LEVELS:
            yield rule_line(policy, point, rule)


def _guards(policy: Policy, rules: WatchRules, points: Sequence[Point], fire: Fire) -> tuple[GuardFinding, ...]:
    return guard_findings(policy, rules, {point.indicator.id: point.change for point in points}, fire)
