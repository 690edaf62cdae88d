"""One indicator over time: its value and target of each period, the indicators it is made of, and those it is read beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlmodel import Session

from appraisal.core.calendar import Period
from appraisal.core.judging.correlation import Correlation, correlation_at
from appraisal.core.judging.deviation import Target, TargetAt, deviation
from appraisal.core.judging.readings import Values, values_of
from appraisal.core.monitoring.points import own_period
from appraisal.core.policy.model import Indicator, LocatedIndicator, Policy, Text
from appraisal.monitoring import queries, targets

SHOWN = 13
"""A year of months and the month it is compared with, as the dashboard has it."""
_A_YEAR = {"month": 12, "quarter": 4, "half": 2, "year": 1, "week": 52}
_WITHOUT_RULE = 24


@dataclass(frozen=True)
class Beside:
    """Another indicator that the policy reads beside this one: its guard, or one it is related to, the first `lag` periods
    earlier. `correlation` is Spearman's ρ with the periods it rests on, None where these are too few; it is no cause."""

    kind: Literal["guard", "related"]
    first: str
    second: str
    lag: int
    follow_up: Text | None
    correlation: Correlation | None


@dataclass(frozen=True)
class Figure:
    """One period of an indicator. `off`: the target was missed."""

    period: Period
    value: Decimal | None
    target: Target | None
    off: bool
    last_year: Decimal | None


@dataclass(frozen=True)
class History:
    """The periods shown, oldest first, the last of them `period`."""

    indicator: Indicator
    period: Period
    figures: tuple[Figure, ...]
    beside: tuple[Beside, ...]
    parts: tuple[tuple[LocatedIndicator, Decimal | None, Target | None], ...]


def history(session: Session, policy: Policy, name: str, unit_id: int | None, period: Period) -> History:
    """The history of an indicator of the policy up to its own period that ends last with or before this one; two queries."""
    indicator = policy.watched[name].indicator
    own = _own(indicator, period)
    pairs = list(_pairs(policy, name))
    parts = [one.indicator for one in indicator.inputs if one.indicator is not None]
    asked = {name, *_made_of(policy, name), *(each for pair in pairs for each in pair[1:3])}
    asked |= {below for each in asked for below in _made_of(policy, each)}
    rule = policy.monitoring.correlation if policy.monitoring else None
    reach = max(
        SHOWN + _A_YEAR.get(own.cadence, 1), (rule.periods if rule else _WITHOUT_RULE) + max((p[3] for p in pairs), default=0)
    )
    readings = queries.series_of(session, policy, unit_id, own, reach, sorted(asked))
    values, wanted = values_of(policy, readings), targets.targets_of(session, policy, unit_id)
    periods = [own]
    while len(periods) < SHOWN:
        periods.append(periods[-1].previous())
    figures = tuple(_figure(indicator, values, wanted, one) for one in reversed(periods))
    beside = tuple(
        Beside(kind, first, second, lag, follow, _correlation(policy, values, own, first, second, lag))
        for kind, first, second, lag, follow in pairs
    )
    made = tuple((policy.watched[one], values.at(one, own), wanted(one, own)) for one in parts)
    return History(indicator, own, figures, beside, made)


def _own(indicator: Indicator, period: Period) -> Period:
    """The indicator's own period that ends last, up to a period of another length."""
    at = period
    for _ in range(12):
        if (found := own_period(indicator, at)) is not None:
            return found
        at = at.previous()
    return period


def _figure(indicator: Indicator, values: Values, wanted: TargetAt, period: Period) -> Figure:
    value, target = values.at(indicator.id, period), wanted(indicator.id, period)
    off = value is not None and target is not None and not deviation(indicator, target, value).met
    before = Period(period.cadence, period.year - 1, min(period.number, 52) if period.cadence == "week" else period.number)
    return Figure(period, value, target, off, values.at(indicator.id, before))


def _made_of(policy: Policy, name: str) -> Iterator[str]:
    """The indicators whose values an indicator is computed of, theirs included."""
    for one in policy.watched[name].indicator.inputs:
        if one.indicator is not None:
            yield one.indicator
            yield from _made_of(policy, one.indicator)


def _pairs(policy: Policy, name: str) -> Iterator[tuple[Literal["guard", "related"], str, str, int, Text | None]]:
    rules = policy.monitoring
    for guard in rules.guards if rules else ():
        if name in (guard.indicator, guard.guard):
            yield "guard", guard.indicator, guard.guard, 0, guard.follow_up
    for pair in rules.pairs if rules else ():
        if name in (pair.first, pair.second):
            yield "related", pair.first, pair.second, pair.lag, pair.follow_up


def _correlation(policy: Policy, values: Values, at: Period, first: str, second: str, lag: int) -> Correlation | None:
    rule = policy.monitoring.correlation if policy.monitoring else None
    if rule is None:
        return None
    one, other = values.by_indicator.get(first, {}).get, values.by_indicator.get(second, {}).get
    return correlation_at(one, other, at, rule.periods, lag, rule.minimum)
