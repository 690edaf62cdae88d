"""The periods that readings are of: days beside the periods of the calendar, which an indicator takes, and when one is due."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from appraisal.core.calendar import YEARS, Cadence, Period, parse_date
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.monitoring.models import CADENCES

_OFTENEST: Final = {"event": "day", "hour": "day"}
_MONTHS: Final[dict[str, int]] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Span:
    """A period as a reading has it: a day (2026-03-05) or a period of the calendar."""

    cadence: str
    text: str
    starts_on: date
    ends_on: date


@lru_cache(maxsize=4096)
def span_of(text: str) -> Span:
    """The period that `text` writes. Raises ValueError for what is none."""
    if len(text) == 10:
        day = parse_date(text)
        if day.year not in YEARS:
            raise ValueError(text)
        return Span("day", text, day, day)
    period = Period.parse(text)
    return Span(period.cadence, text, period.first_day(), period.last_day())


def taken_by(indicator: Indicator) -> tuple[str, ...]:
    """The cadences in which readings of an indicator are entered: from how often it is gathered to the shortest period in which
    it is watched. Longer periods are made of these."""
    shortest = min(indicator.cadence or ("month",), key=CADENCES.index)
    gathered = indicator.collected or shortest
    oftenest = min(_OFTENEST.get(gathered, gathered), shortest, key=CADENCES.index)
    return CADENCES[CADENCES.index(oftenest) : CADENCES.index(shortest) + 1]


def belongs_to(span: Span, cadence: Cadence) -> Period:
    """The longer period that a day, week or period counts in; a week counts where its Thursday lies, as ISO 8601 has it."""
    day = span.starts_on + timedelta(days=3) if span.cadence == "week" else span.starts_on
    return period_on(cadence, day)


def period_on(cadence: Cadence, day: date) -> Period:
    """The period of the calendar that a day lies in."""
    if cadence == "week":
        year, week, _ = day.isocalendar()
        return Period("week", year, week)
    return Period(cadence, day.year, (day.month - 1) // _MONTHS[cadence] + 1)


def parts_of(period: Period, cadence: Cadence) -> tuple[Period, ...]:
    """The periods of a shorter cadence, of months at least, that a period is made of."""
    first, last = period.first_day(), period.last_day()
    found = [period_on(cadence, first)]
    while found[-1].last_day() < last:
        found.append(found[-1].next())
    return tuple(found)


def due_on(policy: Policy, span: Span) -> date:
    """The last day on which a reading of the period is in time, in the month that follows.

    It is the day before the monthly report that the policy sets for a day of the month (G-3); where it sets none, the end of
    that month (R-000-43).
    """
    after = period_on("month", span.ends_on).next()
    meetings = policy.general.meetings if isinstance(policy.general, MonitoringPolicyEdition) else ()
    days = [one.day for one in meetings if one.cadence == "month" and one.falls_on == "day" and one.day is not None]
    return after.first_day() + timedelta(days=min(days) - 2) if days else after.last_day()
