"""Every period of every indicator at once, for back-testing a rule and for charts: the same judgements as one by one.

Histories are walked forwards once. What rules can see of a reading is the truth of their comparisons, so readings with the
same truths are alike: one of each goes through the engine and its answer is spread; `every_row` sends them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from appraisal.core.calendar import Period
from appraisal.core.engine.reference import signature
from appraisal.core.engine.ruleset import Record, Ruleset
from appraisal.core.engine.session import Fire
from appraisal.core.engine.session import fire as durable
from appraisal.core.engine.watching import GUARD, compile_watching
from appraisal.core.judging.deviation import TargetAt, change, deviation
from appraisal.core.judging.readings import Readings, Values, values_of
from appraisal.core.monitoring.pairs import PairCorrelation, correlations
from appraisal.core.monitoring.points import Point, beyond_alert, declared_targets, jump_of, may_rise
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
    points = {name: list(_walk(policy, values, targets, name, periods)) for name in names}
    records = [rules.readings.fact(point.facts()) for name in names for point in points[name]]
    answers, evaluations = _fire(rules.readings, records, fire, every_row)
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
            yield from correlations(values.by_indicator, names, period, rule)


def _walk(policy: Policy, values: Values, targets: TargetAt, name: str, periods: Sequence[Period]) -> Iterator[Point]:
    """The points of one indicator, its runs counted on the way; they begin with its first reading, however early."""
    indicator = policy.watched[name].indicator
    series = values.by_indicator.get(name, {})
    rising = policy.monitoring is not None and policy.monitoring.raise_target is not None
    worse, met = 0, 0
    at = min((one for one in series if one.cadence == periods[0].cadence), key=Period.first_day, default=periods[0])
    at = min(at, periods[0], key=Period.first_day)
    before = series.get(at.previous())
    wanted_before = targets(name, at.previous())
    while at.first_day() <= periods[-1].first_day():
        value, wanted = series.get(at), targets(name, at)
        moved = None if value is None or before is None else change(indicator, before, value, (wanted_before, wanted))
        off = None if value is None or wanted is None else deviation(indicator, wanted, value)
        worse = worse + 1 if moved == -1 else 0
        met = met + 1 if rising and off is not None and off.met else 0
        if at.first_day() >= periods[0].first_day():
            jump = jump_of(indicator, wanted_before, wanted, before)
            risable = rising and may_rise(policy, indicator, wanted, value)
            yield Point(indicator, at, value, wanted, off, moved, worse, met, jump, beyond_alert(indicator, value), risable)
        before, wanted_before, at = value, wanted, at.next()


def _fire(ruleset: Ruleset, records: Sequence[Record], fire: Fire, every_row: bool) -> tuple[list[tuple[str, ...]], int]:
    """The rules of each record: of one of each class, or of all."""
    if every_row:
        return fire(ruleset, records), len(records)
    seen = [signature(ruleset, record) for record in records]
    first = {sign: place for place, sign in reversed(list(enumerate(seen)))}
    answers = dict(zip(first, fire(ruleset, [records[place] for place in first.values()]), strict=True))
    return [answers[sign] for sign in seen], len(first)
