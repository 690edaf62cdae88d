"""Appraisal periods (2026, 2026-H1, 2026-Q1, 2026-03, 2026-W14) with their days and order; and which days are worked."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from appraisal.core.errors import CalendarError

Cadence = Literal["year", "half", "quarter", "month", "week"]

YEARS: Final = range(1900, 3000)
"""Far from the calendar's ends, so that every period has a previous and a next one."""

_FORMS: tuple[tuple[Cadence, re.Pattern[str]], ...] = (
    ("year", re.compile(r"(\d{4})")),
    ("half", re.compile(r"(\d{4})-H([12])")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("month", re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    ("week", re.compile(r"(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])")),
)
_WRITTEN = {
    "year": "{year:04}",
    "half": "{year:04}-H{number}",
    "quarter": "{year:04}-Q{number}",
    "month": "{year:04}-{number:02}",
    "week": "{year:04}-W{number:02}",
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PER_YEAR = {"year": 1, "half": 2, "quarter": 4, "month": 12}
_MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}


def parse_date(text: str) -> date:
    """The day that `text` writes as 2026-03-31. Raises ValueError for any other form, ISO weeks among them."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


@dataclass(frozen=True)
class Period:
    """A period of one cadence; `number` counts from 1 within the year."""

    cadence: Cadence
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period that `text` writes. Raises ValueError for what is no period of the calendar, or far from our time."""
        for cadence, form in _FORMS:
            if (found := form.fullmatch(text)) and text.isascii():
                numbers = [int(group) for group in found.groups()]
                period = cls(cadence, numbers[0], numbers[1] if len(numbers) > 1 else 1)
                period.first_day()
                if period.year in YEARS:
                    return period
        raise ValueError(f"{text!r} is no period: write 2026, 2026-H1, 2026-Q1, 2026-03 or 2026-W14")

    def __str__(self) -> str:
        return _WRITTEN[self.cadence].format(year=self.year, number=self.number)

    def first_day(self) -> date:
        """The first day of the period."""
        if self.cadence == "week":
            return date.fromisocalendar(self.year, self.number, 1)
        return date(self.year, (self.number - 1) * _MONTHS[self.cadence] + 1, 1)

    def last_day(self) -> date:
        """The last day of the period."""
        return self.next().first_day() - timedelta(days=1)

    def next(self) -> "Period":
        """The period that follows at the same cadence."""
        return self._at(1)

    def previous(self) -> "Period":
        """The period before at the same cadence."""
        return self._at(-1)

    def _at(self, step: int) -> "Period":
        if self.cadence == "week":
            year, week, _ = (self.first_day() + timedelta(weeks=step)).isocalendar()
            return Period("week", year, week)
        per_year = _PER_YEAR[self.cadence]
        index = self.year * per_year + self.number - 1 + step
        return Period(self.cadence, index // per_year, index % per_year + 1)


@dataclass(frozen=True)
class WorkingDays:
    """Which days of the covered `years` are worked: weekdays but holidays, and the weekend days worked instead (调休)."""

    years: frozenset[int]
    holidays: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether people work that day. Raises CalendarError for a year that the calendar does not cover."""
        if day.year not in self.years:
            covered = f"{min(self.years)}-{max(self.years)}" if self.years else "-"
            zh = f"工作日历没有 {day.year} 年 (现有 {covered}): 请在 rules/calendar 补上并发布"
            raise CalendarError(zh, f"the working calendar has no year {day.year} (it covers {covered}): add and publish it")
        return day in self.made_up or (day.isoweekday() <= 5 and day not in self.holidays)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; for 0 the day itself, worked or not. Raises CalendarError."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day
