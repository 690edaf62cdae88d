"""When the regular meetings and reports of a monitoring policy are due, and whether the figures they are about can be there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from appraisal.core.calendar import Period, WorkingDays
from appraisal.core.errors import CalendarError
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import Meeting, MonitoringPolicyEdition

_DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Due:
    """One occurrence. `about` is the period whose figures it is for, and `regular` the day before days off were looked at.

    `figures_due_on` is when the policy's monthly report has the last of those figures; `unsure`: nobody has said yet which
    days of that year are worked, so the day has not moved.
    """

    meeting: Meeting
    about: Period
    regular: date
    due_on: date
    figures_due_on: date | None
    unsure: bool

    @property
    def early(self) -> bool:
        """Whether it comes before the figures it is about have to be there (G-3, G-5)."""
        return self.figures_due_on is not None and self.due_on < self.figures_due_on


def meetings_of(policy: Policy) -> tuple[Meeting, ...]:
    """What a policy declares as regularly due; nothing for one that grades."""
    return policy.general.meetings if isinstance(policy.general, MonitoringPolicyEdition) else ()


def calendar_of(policy: Policy, year: int, working: WorkingDays) -> tuple[Due, ...]:
    """Everything due in a year under a policy, in order; what a day off moves out of the year stays in its calendar."""
    found = [due for meeting in meetings_of(policy) for due in _dues(policy, meeting, year, working)]
    return tuple(sorted(found, key=lambda due: (due.due_on, due.meeting.id)))


def due_for(policy: Policy, about: Period, working: WorkingDays) -> Due | None:
    """When the policy's report on a period is due; None where it declares none for periods of that length."""
    meeting = next((one for one in meetings_of(policy) if one.form and one.cadence == about.cadence), None)
    return None if meeting is None else _due(policy, meeting, about if _ends(meeting) else about.next(), working)


def regular_day(meeting: Meeting, period: Period) -> date:
    """The day of a meeting in a period, days off apart (R-000-46, R-000-47)."""
    first = period.first_day()
    if meeting.falls_on == "first_monday":
        return first + timedelta(days=-first.weekday() % _DAYS_OF_WEEK)
    if meeting.falls_on == "day":
        return first.replace(day=meeting.day or 1)
    return period.last_day()


def moved(day: date, day_off: Literal["stays", "before", "after"], working: WorkingDays) -> date:
    """The day itself where it is worked or stays, else the nearest worked one on that side. Raises CalendarError."""
    step = timedelta(days=-1 if day_off == "before" else 1)
    while day_off != "stays" and not working.is_working(day):
        day += step
    return day


def _dues(policy: Policy, meeting: Meeting, year: int, working: WorkingDays) -> Iterator[Due]:
    period = Period.parse(f"{year:04}") if meeting.cadence == "year" else _first(meeting, year)
    while period.last_day().year <= year:
        if period.last_day().year == year:
            yield _due(policy, meeting, period, working)
        period = period.next()


def _first(meeting: Meeting, year: int) -> Period:
    """The first period of the meeting's cadence that ends in a year."""
    if meeting.cadence == "week":
        iso = date(year, 1, 1).isocalendar()
        return Period("week", iso.year, iso.week)
    return Period(meeting.cadence, year, 1)


def _due(policy: Policy, meeting: Meeting, period: Period, working: WorkingDays) -> Due:
    about = period if _ends(meeting) else period.previous()
    regular, unsure = regular_day(meeting, period), False
    try:
        due_on = moved(regular, meeting.day_off, working)
    except CalendarError:
        due_on, unsure = regular, True
    return Due(meeting, about, regular, due_on, _figures_due_on(policy, about, working), unsure)


def _ends(meeting: Meeting) -> bool:
    """Whether it closes the period it is about; what is due within a month or year looks back on the one before."""
    return meeting.falls_on == "last_day"


def _figures_due_on(policy: Policy, about: Period, working: WorkingDays) -> date | None:
    monthly = next((one for one in meetings_of(policy) if one.form and one.cadence == "month"), None)
    if monthly is None or about.cadence == "week":
        return None
    last = about.last_day()
    month = Period("month", last.year, last.month)
    day = regular_day(monthly, month if _ends(monthly) else month.next())
    try:
        return moved(day, monthly.day_off, working)
    except CalendarError:
        return day
