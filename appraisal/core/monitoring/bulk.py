"""Every period of every indicator at once, for back-testing a rule and for charts: the same judgements as one by one.

Histories are walked forwards once. What rules can see of a reading is the truth of their comparisons, so readings with the
same truths are alike: one of each goes through the engine and its answer is spread; `every_row` sends them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from appraisal.core.calendar import Period
from appraisal.core.engine.reference import signature
from appraisal.core.engine.ruleset import Ruleset, Value
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.engine.watching import GUARD, compile_watching
from appraisal.core.judging.deviation import TargetAt, change, deviation
from appraisal.core.judging.readings import Readings, Values, made_of, values_of
from appraisal.core.monitoring.pairs import PairCorrelation, correlations
from appraisal.core.monitoring.points import Point, beyond_alert, declared_targets, jump_of, may_rise, named
from appraisal.core.monitoring.relations import ask_pairs, classes_of
from appraisal.core.policy.model import Policy


@dataclass(frozen=True)
class History:
    """`fired` holds for each indicator and period the rules of readings; `guards` the pairs flagged in each period.

    `correlations` are those over the periods up to the last. `evaluations` counts the records that the engine decided.
    """

    periods: tuple[Period, ...]
    fired: Mapping[str, tuple[tuple[str, ...], ...]]
    guards: Mapping[Period, tuple[tuple[str, str], ...]]
    correlations: tuple[PairCorrelation, ...]
    evaluations: int


def evaluate_history(
    policy: Policy,
    readings: Readings,
    periods: Sequence[Period],
    targets: TargetAt | None = None,
    fire: Fire = durable,
    every_row: bool = False,
) -> History:
    """The rules that fire for every indicator in each of these successive periods of one cadence, and what pairs show.

    Raises as `evaluate`; ValueError for periods that do not follow each other.
    """
    if any(earlier.next() != later for earlier, later in zip(periods, periods[1:], strict=False)):
        raise ValueError("the periods must follow each other")
    rules = compile_watching(policy)
    values = values_of(policy, readings)
    targets = targets or declared_targets(policy)
    names = [
        name
        for name, located in policy.watched.items()
        if located.indicator.status != "incomplete" and periods and periods[0].cadence in (located.indicator.cadence or ())
    ]
    span = _span(values, periods) if periods else ()
    points = {name: list(_walk(policy, values, targets, name, span, periods)) for name in names}
    figures = [point.figures() for name in names for point in points[name]]
    answers, evaluations = _fire(rules.readings, figures, fire, every_row)
    guards = policy.monitoring.guards if policy.monitoring else ()
    pairs = [(pair.indicator, pair.guard) for pair in guards if pair.indicator in points and pair.guard in points]
    asked = [
        (points[one][place].change == 1, points[other][place].change == -1, False)
        for place in range(len(periods))
        for one, other in pairs
    ]
    flagged = [GUARD in found for found in ask_pairs(rules, asked, fire)]
    return History(
        periods=tuple(periods),
        fired={name: tuple(answers[place * len(periods) :][: len(periods)]) for place, name in enumerate(names)},
        guards={
            period: tuple(pair for index, pair in enumerate(pairs) if flagged[place * len(pairs) + index])
            for place, period in enumerate(periods)
        },
        correlations=tuple(_correlations(policy, values, periods[-1])) if periods else (),
        evaluations=evaluations + len(asked),
    )


def _correlations(policy: Policy, values: Values, period: Period) -> Iterator[PairCorrelation]:
    rule = policy.monitoring.correlation if policy.monitoring else None
    if rule is not None:
        for names in classes_of(policy, period):
            yield from correlations(values.by_indicator, names, period, rule, apart=made_of(policy))


def _span(values: Values, periods: Sequence[Period]) -> Sequence[Period]:
    """The periods and those before them back to the first reading there is, from which runs are counted."""
    cadence, earliest = periods[0].cadence, periods[0]
    for series in values.by_indicator.values():
        for period in series:
            if period.cadence == cadence and (period.year, period.number) < (earliest.year, earliest.number):
                earliest = period
    before: list[Period] = []
    while earliest != periods[0]:
        before.append(earliest)
        earliest = earliest.next()
    return (*before, *periods)


def _walk(
    policy: Policy, values: Values, targets: TargetAt, name: str, span: Sequence[Period], periods: Sequence[Period]
) -> Iterator[Point]:
    """The points of one indicator in the periods, its runs counted on the way through the whole span."""
    indicator = policy.watched[name].indicator
    series = values.by_indicator.get(name, {})
    rising = policy.monitoring is not None and policy.monitoring.raise_target is not None
    worse, met = 0, 0
    before, wanted_before = None, targets(name, span[0].previous())
    for place, at in enumerate(span, start=len(periods) - len(span)):
        value, wanted = series.get(at), targets(name, at)
        moved = None if value is None or before is None else change(indicator, before, value, (wanted_before, wanted))
        off = None if value is None or wanted is None else deviation(indicator, wanted, value)
        worse = worse + 1 if moved == -1 else 0
        met = met + 1 if rising and off is not None and off.met else 0
        if place >= 0:
            jump = jump_of(indicator, wanted_before, wanted, before)
            risable = met > 0 and may_rise(policy, indicator, wanted, value)
            yield Point(indicator, at, value, wanted, off, moved, worse, met, jump, beyond_alert(indicator, value), risable)
        before, wanted_before = value, wanted


def _fire(
    ruleset: Ruleset, readings: Sequence[tuple[Value, ...]], fire: Fire, every_row: bool
) -> tuple[list[tuple[str, ...]], int]:
    """The rules of each reading, by its figures: of one of each class, or of all."""
    if every_row:
        return fire(ruleset, [ruleset.fact(named(figures)) for figures in readings]), len(readings)
    records = {figures: ruleset.fact(named(figures)) for figures in dict.fromkeys(readings)}
    classes = {figures: signature(ruleset, record) for figures, record in records.items()}
    chosen = {classes[figures]: record for figures, record in records.items()}
    answers = dict(zip(chosen, fire(ruleset, list(chosen.values())), strict=True))
    return [answers[classes[figures]] for figures in readings], len(chosen)
