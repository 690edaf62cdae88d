"""Two indicators side by side: improving at another's cost (guards), worsening together (related pairs, correlations)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from appraisal.core.calendar import Period
from appraisal.core.engine.ruleset import Value
from appraisal.core.engine.session import Fire
from appraisal.core.engine.watching import BOTH_WORSEN, GUARD, GUARD_WORSENS, IMPROVES, RELATED, WatchRules
from appraisal.core.judging.correlation import Correlation, correlation_at
from appraisal.core.judging.deviation import TargetAt
from appraisal.core.judging.readings import Values, made_of
from appraisal.core.judging.trend import change_at
from appraisal.core.monitoring.evaluation import GuardFinding, RelatedFinding
from appraisal.core.monitoring.points import own_period
from appraisal.core.monitoring.words import guard_line, related_line
from appraisal.core.outcome import Fired
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import CorrelationRule, RelatedPair

Changes = Mapping[str, int | None]

SIGNS: Final[Mapping[str, int]] = {"higher": -1, "lower": 1, "zero": 1}
"""Whether more is worse (1) or less is (−1); of what should hit a target nobody can tell."""


def guard_findings(policy: Policy, rules: WatchRules, changes: Changes, fire: Fire) -> tuple[GuardFinding, ...]:
    """The guard pairs of which one side improves at the other's cost; `changes` since the period before, by indicator."""
    assert policy.monitoring is not None
    pairs = policy.monitoring.guards
    answers = ask_pairs(rules, [(changes.get(one.indicator) == 1, changes.get(one.guard) == -1, False) for one in pairs], fire)
    return tuple(
        GuardFinding(pair, pair.indicator, pair.guard, Fired(GUARD, pair.where.path, pair.where.line), guard_line(policy, pair))
        for pair, fired in zip(pairs, answers, strict=True)
        if GUARD in fired
    )


def related_findings(
    policy: Policy, rules: WatchRules, values: Values, targets: TargetAt, period: Period, fire: Fire
) -> tuple[RelatedFinding, ...]:
    """Pairs that worsen together: those the policy declares, and those of a class that correlate strongly enough."""
    monitoring = policy.monitoring
    assert monitoring is not None
    worse = _Worse(policy, values, targets)
    asked: list[tuple[str, str, int, Correlation | None, RelatedPair | None]] = []
    for pair in monitoring.pairs:
        found = None
        if monitoring.correlation is not None and (own := worse.own(pair.second, period)) is not None:
            one, other = (values.by_indicator.get(name, {}).get for name in (pair.first, pair.second))
            rule = monitoring.correlation
            found = correlation_at(one, other, own, rule.periods, pair.lag, rule.minimum)
        asked.append((pair.first, pair.second, pair.lag, found, pair))
    declared = {frozenset((pair.first, pair.second)) for pair in monitoring.pairs}
    if monitoring.correlation is not None:
        for first, second, found in _correlated(policy, values, period, monitoring.correlation, worse):
            if frozenset((first, second)) not in declared:
                asked.append((first, second, found.lag, found, None))
    answers = ask_pairs(
        rules, [(False, False, worse.both(first, second, lag, period)) for first, second, lag, *_ in asked], fire
    )
    return tuple(_finding(policy, *one) for one, fired in zip(asked, answers, strict=True) if RELATED in fired)


def _finding(
    policy: Policy, first: str, second: str, lag: int, found: Correlation | None, declared: RelatedPair | None
) -> RelatedFinding:
    assert policy.monitoring is not None
    line = related_line(policy, (first, second), lag, found, declared)
    return RelatedFinding(first, second, lag, found, declared, Fired(RELATED, line.path, line.line), line)


class _Worse:
    """Which indicators became worse in a period, looked up once each."""

    def __init__(self, policy: Policy, values: Values, targets: TargetAt) -> None:
        self.policy, self.values, self.targets = policy, values, targets
        self.known: dict[tuple[str, Period], bool] = {}

    def own(self, name: str, period: Period) -> Period | None:
        return own_period(self.policy.watched[name].indicator, period)

    def both(self, first: str, second: str, lag: int, period: Period) -> bool:
        later = self.own(second, period)
        earlier = self.own(first, period)
        for _ in range(lag):
            earlier = earlier.previous() if earlier else None
        return self.at(second, later) and self.at(first, earlier)

    def at(self, name: str, period: Period | None) -> bool:
        if period is None:
            return False
        if (name, period) not in self.known:
            indicator, series = self.policy.watched[name].indicator, self.values.by_indicator.get(name, {})
            found = change_at(indicator, period, series.get, lambda at: self.targets(name, at))
            self.known[name, period] = found == -1
        return self.known[name, period]


def _correlated(
    policy: Policy, values: Values, period: Period, rule: CorrelationRule, worse: _Worse
) -> Iterator[tuple[str, str, Correlation]]:
    """Pairs of one class that just became worse together, and whose correlation says that they often do."""
    import numpy as np  # for whole classes only: a policy without correlations never loads it

    from appraisal.core.monitoring.pairs import Worse, correlations

    for names in classes_of(policy, period):
        ago, at = [], period
        for _ in range(rule.lags + 1):
            ago.append(np.array([worse.at(name, at) for name in names], dtype=bool))
            at = at.previous()
        if ago[0].any():
            signs = np.array([SIGNS.get(policy.watched[name].indicator.direction or "", 0) for name in names])
            for found in correlations(values.by_indicator, names, period, rule, Worse(ago, signs), made_of(policy)):
                yield found.first, found.second, found.correlation


def classes_of(policy: Policy, period: Period) -> Sequence[Sequence[str]]:
    """The indicators of each class, department or process that are read in periods of this cadence."""
    found: dict[str | None, list[str]] = {}
    for name, located in policy.watched.items():
        if own_period(located.indicator, period) == period and located.indicator.direction is not None:
            found.setdefault(located.dimension, []).append(name)
    return [names for names in found.values() if len(names) > 1]


def ask_pairs(rules: WatchRules, asked: Sequence[tuple[bool, bool, bool]], fire: Fire) -> list[tuple[str, ...]]:
    """What the engine says of each pair: whether one improves, its guard worsens, both worsen."""
    if not asked:
        return []
    records = []
    for improves, guard_worsens, both in asked:
        values: dict[str, Value] = {
            IMPROVES.name: int(improves),
            GUARD_WORSENS.name: int(guard_worsens),
            BOTH_WORSEN.name: int(both),
        }
        records.append(rules.pairs.fact(values))
    return fire(rules.pairs, records)
