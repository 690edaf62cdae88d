"""Reads of readings: which one counts, what stands on record for a period, and series as the core takes them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal.agreements.fields import as_figures
from appraisal.core.calendar import Cadence, Period
from appraisal.core.errors import ScoringError
from appraisal.core.judging import readings as core
from appraisal.core.monitoring.points import own_period
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.rolling import Figure
from appraisal.monitoring.models import CADENCES, Reading, ReadingConfirmation
from appraisal.monitoring.spans import Span, belongs_to, parts_of, span_of
from appraisal.monitoring.watched import Watching, watching
from appraisal.people.models import Unit

SHOWN = (
    *("policy", "indicator", "unit_id", "period", "value", "inputs", "origin", "record_type", "source_document"),
    *("late", "back_filled", "corrects_id"),
)

# One series: the policy, the indicator and the unit, none for the company.
Key = tuple[str, str, int | None]


@dataclass(frozen=True)
class Kept:
    """The reading that counts in a period, as the series need it."""

    id: int
    span: Span
    reading: core.Reading


def figure_of(reading: Reading) -> Figure:
    """The stored value or inputs with their decimals."""
    return Figure(reading.value, None if reading.inputs is None else as_figures(reading.inputs))


def shown(reading: Any) -> dict[str, object]:
    """What the trail keeps of a reading."""
    return {name: getattr(reading, name) for name in SHOWN}


def latest(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Reading]]:
    """The last entry of every period of these series, confirmed or not, by series and period; one query a policy."""
    found: dict[Key, dict[str, Reading]] = {key: {} for key in keys}
    for policy in {policy for policy, _, _ in keys}:
        later = aliased(Reading)
        names = {indicator for one, indicator, _ in keys if one == policy}
        units = {unit_id for one, _, unit_id in keys if one == policy}
        company = col(Reading.unit_id).is_(None) if None in units else false()
        rows = (
            select(Reading)
            .where(Reading.policy == policy, col(Reading.indicator).in_(names))
            .where(or_(company, col(Reading.unit_id).in_({unit_id for unit_id in units if unit_id is not None})))
            .where(~exists().where(col(later.corrects_id) == Reading.id))
        )
        for row in session.exec(rows):
            if (series := found.get((policy, row.indicator, row.unit_id))) is not None:
                series[row.period] = row
    return found


def value_by(known: Watching, reading: Reading) -> Decimal | None:
    """What a reading says, by the policy in force on its period's first day; None where there is nothing to divide by, or where
    a part of a longer period gives no value by itself."""
    located = known.indicator_on(reading.policy, reading.indicator, reading.starts_on)
    if located is None or reading.inputs is None:
        return reading.value
    stated: dict[str, Decimal | None] = dict(as_figures(reading.inputs))
    try:
        return core.value_of(located.indicator, core.Reading(_any_period(reading), None, stated))
    except ScoringError:
        return None


def confirmed_of(
    session: Session,
    policy: str,
    unit_id: int | None,
    until: date,
    indicators: Collection[str] | None = None,
    since: date | None = None,
) -> dict[str, list[Kept]]:
    """The readings that count of a unit or the company up to a day, by indicator, in order: each period's last confirmed one.

    One query, of columns only: a dashboard asks for all indicators over years.
    """
    asked = _counting(policy, of_subject(Reading.unit_id, unit_id)).where(Reading.ends_on <= until)
    if indicators is not None:
        asked = asked.where(col(Reading.indicator).in_(indicators))
    if since is not None:
        asked = asked.where(Reading.starts_on >= since)
    return _by_indicator(session, asked)


def last_of(session: Session, policy: str, unit_id: int | None) -> dict[str, Kept]:
    """The reading that counts in the latest period of each indicator of a unit or the company, in one query."""
    subject = of_subject(Reading.unit_id, unit_id)
    newest = (
        select(Reading.indicator.label("indicator"), func.max(Reading.ends_on).label("ends_on"))  # type: ignore[attr-defined]
        .join(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .where(Reading.policy == policy, subject)
        .group_by(Reading.indicator)
        .subquery()
    )
    there = and_(newest.c.indicator == Reading.indicator, newest.c.ends_on == Reading.ends_on)
    found = _by_indicator(session, _counting(policy, subject).join(newest, there))
    return {indicator: kept[-1] for indicator, kept in found.items()}


def of_subject(column: Any, unit_id: int | None) -> ColumnElement[bool]:
    """The condition that a row is the company's; or a unit's, under its names before too: a new name ends no series."""
    if unit_id is None:
        found: ColumnElement[bool] = col(column).is_(None)
        return found
    names = select(Unit.id, Unit.was_id).where(Unit.id == unit_id).cte("names", recursive=True)
    names = names.union(select(Unit.id, Unit.was_id).join(names, col(Unit.id) == names.c.was_id))
    return col(column).in_(select(names.c.id))


def _counting(policy: str, subject: ColumnElement[bool]) -> Any:
    columns = (
        *(Reading.id, Reading.indicator, Reading.period, Reading.value, Reading.inputs),
        *(Reading.origin, Reading.late, Reading.corrects_id),
    )
    return (
        select(*columns)  # type: ignore[call-overload]
        .join(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .where(Reading.policy == policy, subject)
        .order_by(Reading.starts_on, Reading.id)
    )


def _by_indicator(session: Session, asked: Any) -> dict[str, list[Kept]]:
    counted: dict[tuple[str, str], Kept] = {}
    for id_, indicator, period, value, inputs, origin, late, corrects in session.exec(asked):
        span = span_of(period)
        reading = core.Reading(_period_of(span), value, as_figures(inputs), origin, late, corrects is not None)
        counted[indicator, period] = Kept(id_, span, reading)
    found: dict[str, list[Kept]] = {}
    for (indicator, _), kept in counted.items():
        found.setdefault(indicator, []).append(kept)
    return found


def series(
    session: Session, policy: Policy, indicator: str, unit_id: int | None, until: Period, periods: int
) -> list[core.Reading]:
    """The confirmed readings of one indicator in the last `periods` periods up to `until`, oldest first; see `series_of`."""
    return list(series_of(session, policy, unit_id, until, periods, [indicator]).get(indicator, ()))


def series_of(
    session: Session,
    policy: Policy,
    unit_id: int | None,
    until: Period,
    periods: int,
    indicators: Collection[str] | None = None,
) -> dict[str, Sequence[core.Reading]]:
    """Confirmed readings of a unit or (None) the company as the core takes them, by indicator, oldest first.

    Each indicator has them in its own period that ends with `until`, as `core.monitoring.evaluate` judges it; with `indicators`
    in the cadence of `until`. Shorter readings roll up by the declared method: days make a week or month of whatever days have
    readings, once it is over; of weeks and longer periods every part has to be there. A period without is absent. Readings of
    periods that another state of the policy governed carry the value which that state gives them. The number of queries does
    not grow with indicators or periods.
    """
    ends: dict[str, Period] = {}
    for name in policy.watched if indicators is None else indicators:
        if (located := policy.watched.get(name)) is not None:
            own = until if indicators is not None else own_period(located.indicator, until)
            if own is not None:
                ends[name] = own
    if not ends:
        return {}
    asked = {name: _last(end, periods) for name, end in ends.items()}
    since = min(several[0].first_day() for several in asked.values())
    # Days of a week that begins before the first period may count in it.
    counted = confirmed_of(session, policy.id, unit_id, until.last_day(), indicators, _week_before(since))
    known = watching(session)
    found: dict[str, Sequence[core.Reading]] = {}
    for name, several in asked.items():
        if name in counted:
            parts = Parts(policy.watched[name].indicator, governed(known, policy, name, counted[name]))
            found[name] = [reading for period in several if (reading := parts.whole(period)) is not None]
    return found


def _last(end: Period, periods: int) -> list[Period]:
    found = [end]
    while len(found) < periods:
        found.append(found[-1].previous())
    return found[::-1]


def _week_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 6)


def governed(known: Watching, policy: Policy, name: str, kept: Iterable[Kept]) -> list[Kept]:
    """Readings whose inputs another state of the policy computes carry that state's value instead."""
    found = []
    for one in kept:
        own = known.policy_on(policy.id, one.span.starts_on)
        if own is None or own.digest == policy.digest or not one.reading.inputs or name not in own.watched:
            found.append(one)
            continue
        then, now = own.watched[name].indicator, policy.watched[name].indicator
        if (then.formula, then.inputs, then.decimals) == (now.formula, now.inputs, now.decimals):
            found.append(one)
            continue
        try:
            value = core.value_of(then, one.reading)
        except ScoringError:
            continue
        found.append(replace(one, reading=replace(one.reading, value=value, inputs={})))
    return found


class Parts:
    """The readings of one indicator, from which those of longer periods are made."""

    def __init__(self, indicator: Indicator, kept: Sequence[Kept]) -> None:
        self.indicator = indicator
        self.exact = {one.reading.period: one.reading for one in kept if one.span.cadence != "day"}
        self.days = [one for one in kept if one.span.cadence == "day"]
        self.weeks = [one for one in kept if one.span.cadence == "week"]

    def whole(self, period: Period) -> core.Reading | None:
        """The reading of a period: its own, or what its parts make."""
        if period in self.exact:
            return self.exact[period]
        parts = self._parts(period)
        if not parts:
            return None
        try:
            return core.roll_up(self.indicator, period, parts)
        except ScoringError:
            # What does not compute is told with its reason where the inputs are judged; a sum of them still says so.
            return self._refused(period, parts)

    def _parts(self, period: Period) -> list[core.Reading]:
        if period.cadence in ("week", "month"):
            days = [one.reading for one in self.days if belongs_to(one.span, period.cadence) == period]
            if days or period.cadence == "week":
                return days
            return self._weeks(period)
        # Of months, so that a mean is rounded once; of quarters or halves only where these are what was read.
        for cadence in _shorter(period.cadence):
            parts = parts_of(period, cadence)
            readings = [self.whole(part) if cadence == "month" else self.exact.get(part) for part in parts]
            if all(one is not None for one in readings):
                return [one for one in readings if one is not None]
        return []

    def _weeks(self, month: Period) -> list[core.Reading]:
        there = [one for one in self.weeks if belongs_to(one.span, "month") == month]
        if not there:
            return []
        first, last = Span("day", "", month.first_day(), month.first_day()), month.last_day()
        wanted, week = 0, belongs_to(first, "week")
        while week.first_day() <= last:
            span = Span("week", str(week), week.first_day(), week.last_day())
            wanted += belongs_to(span, "month") == month
            week = week.next()
        return [one.reading for one in there] if len(there) == wanted else []

    def _refused(self, period: Period, parts: Sequence[core.Reading]) -> core.Reading | None:
        if self.indicator.roll_up != "weighted":
            return None
        inputs: dict[str, Decimal | None] = {}
        for part in parts:
            for name, figure in part.inputs.items():
                inputs[name] = (inputs.get(name) or Decimal(0)) + (figure or Decimal(0))
        marks = {"late": any(one.late for one in parts), "corrected": any(one.corrected for one in parts)}
        return core.Reading(period, None, inputs, parts[-1].origin, **marks)


def _shorter(cadence: Cadence) -> Sequence[Cadence]:
    order: tuple[Cadence, ...] = ("month", "quarter", "half")
    return order[: CADENCES.index(cadence) - CADENCES.index("month")]


def _period_of(span: Span) -> Period:
    """The period of a span; a day, which the calendar of periods does not have, stands in its month."""
    return belongs_to(span, "month") if span.cadence == "day" else Period.parse(span.text)


def _any_period(reading: Reading) -> Period:
    return _period_of(span_of(reading.period))


def counted_ids(kept: Mapping[str, Sequence[Kept]], indicator: str, period: Period) -> list[int]:
    """The ids of the readings of an indicator that lie in a period, in order: what its rolled-up figure rests on."""
    first, last = period.first_day(), period.last_day()
    return [
        one.id for one in kept.get(indicator, ()) if first <= one.span.starts_on <= last or first <= one.span.ends_on <= last
    ]
