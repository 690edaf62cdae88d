"""rules/calendar/cn.yaml: the announced holidays and the weekend days worked instead, read as strictly as any rule file.

It stands beside the policies, because the State Council announces it once a year for all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from appraisal.core.calendar import WorkingDays
from appraisal.core.policy.binding import UNBOUND, bind_value
from appraisal.core.policy.loader import read_document
from appraisal.core.policy.model import Entry, Text
from appraisal.core.policy.tree import NOWHERE, Problem, Where, error, in_order

CALENDAR: Final = "calendar"
PATH: Final = f"rules/{CALENDAR}/cn.yaml"


@dataclass(frozen=True, kw_only=True)
class Holiday(Entry):
    """Days off on end, weekend days among them."""

    name: Text
    from_: date
    to: date

    def days(self) -> Iterator[date]:
        """Every day from the first to the last."""
        return (self.from_ + timedelta(days=count) for count in range((self.to - self.from_).days + 1))


@dataclass(frozen=True, kw_only=True)
class CalendarYear(Entry):
    """One year as announced: its holidays, and the weekend days worked instead."""

    year: int
    source: str | None = None
    holidays: tuple[Holiday, ...]
    working: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    title: Text
    years: tuple[CalendarYear, ...]
    where: Where = field(default=NOWHERE, compare=False)

    def working_days(self) -> WorkingDays:
        """The days as they are counted."""
        return WorkingDays(
            years=frozenset(one.year for one in self.years),
            holidays=frozenset(day for one in self.years for holiday in one.holidays for day in holiday.days()),
            made_up=frozenset(day for one in self.years for day in one.working),
        )


def load_calendar(files: Mapping[str, str]) -> tuple[CalendarFile | None, list[Problem]]:
    """The calendar file among `files`, or None with every problem found, sorted by place."""
    problems = [
        error(
            Where(path, 1, 1),
            f"工作日历只有一个文件 {PATH}, 请并入其中",
            f"the working calendar is one file, {PATH}: move it there",
        )
        for path in files
        if path.startswith(f"rules/{CALENDAR}/") and path != PATH
    ]
    if PATH not in files:
        return None, [*problems, error(Where(PATH, 1, 1), f"缺少工作日历, 请新建 {PATH}", f"no working calendar: write {PATH}")]
    node, found = read_document(files[PATH], PATH)
    problems += found
    bound = UNBOUND if node is None else bind_value(node, CalendarFile, problems)
    return (bound if isinstance(bound, CalendarFile) and not problems else None), in_order(problems)
