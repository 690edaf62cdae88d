"""A working calendar that can be counted by: years without gap, holidays within theirs, weekend days that are really worked."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from appraisal.core.calendar import YEARS
from appraisal.core.checks.remarks import assumed_values, restored_values, uncertain_values
from appraisal.core.policy.tree import Problem, Where, error, in_order
from appraisal.core.policy.working_calendar import CalendarFile, CalendarYear, Holiday, load_calendar


def find_calendar_problems(files: Mapping[str, str]) -> list[Problem]:
    """Every finding about the working calendar among rule files."""
    calendar, problems = load_calendar(files)
    return problems if calendar is None else check_calendar(calendar)


def check_calendar(file: CalendarFile) -> list[Problem]:
    """Every finding about the calendar, sorted by place."""
    return in_order([*_check_years(file), *assumed_values(file), *restored_values(file), *uncertain_values(file)])


def _check_years(file: CalendarFile) -> Iterator[Problem]:
    if not file.years:
        yield error(file.where.at("years"), "至少写一年", "write at least one year")
    for one in file.years:
        if one.year not in YEARS:
            yield error(one.where.at("year"), f"{one.year} 不是可用的年份", f"{one.year} is no year of ours")
    for earlier, later in pairwise(file.years):
        if later.year != earlier.year + 1:
            zh = f"年份须逐年相连、由早到晚: {earlier.year} 之后应为 {earlier.year + 1}"
            en = f"years follow each other without gap: after {earlier.year} comes {earlier.year + 1}, not {later.year}"
            yield error(later.where.at("year"), zh, en)
    for one in file.years:
        yield from _check_year(one)


def _check_year(one: CalendarYear) -> Iterator[Problem]:
    off: dict[date, Holiday] = {}
    for holiday in one.holidays:
        if holiday.to < holiday.from_:
            yield error(holiday.where.at("to"), "to 不能早于 from", "to cannot lie before from")
        yield from _outside(one, [(holiday.from_, holiday.where.at("from")), (holiday.to, holiday.where.at("to"))])
        if not off.keys().isdisjoint(holiday.days()):
            zh, en = f"{holiday.name.zh} 与另一个假期重叠", f"{holiday.name.en} overlaps another holiday: keep each day once"
            yield error(holiday.where.at("from"), zh, en)
        off |= dict.fromkeys(holiday.days(), holiday)
    places = [(day, one.where.at("working").at(index)) for index, day in enumerate(one.working)]
    yield from _outside(one, places)
    seen: set[date] = set()
    for day, where in places:
        if day in off:
            zh = f"{day} 在假期 {off[day].name.zh} 之内, 不能又上班"
            yield error(where, zh, f"{day} lies within the holiday {off[day].name.en}: it cannot be worked")
        elif day.isoweekday() <= 5:
            zh = f"{day} 不是周六或周日, 本来就上班: 请核对日期"
            yield error(where, zh, f"{day} is no weekend day and worked anyway: check the date")
        if day in seen:
            yield error(where, f"{day} 重复: 只留一处", f"{day} is repeated: keep one")
        seen.add(day)


def _outside(one: CalendarYear, places: Iterable[tuple[date, Where]]) -> Iterator[Problem]:
    for day, where in places:
        if day.year != one.year:
            yield error(
                where, f"{day} 不在 {one.year} 年: 写到那一年之下", f"{day} is not in {one.year}: put it under its own year"
            )
