"""Periods of five cadences: how they are written, their days, and which comes before and after; working days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.calendar import YEARS, Cadence, Period, WorkingDays, parse_date
from appraisal.core.errors import CalendarError
from appraisal.core.policy.loader import read_files
from appraisal.core.policy.working_calendar import load_calendar
from tests.core.cases import ROOT

MOST: dict[Cadence, int] = {"year": 1, "half": 2, "quarter": 4, "month": 12, "week": 52}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    cadence = draw(st.sampled_from(list(MOST)))
    return Period(cadence, draw(st.integers(YEARS[0], YEARS[-1])), draw(st.integers(1, MOST[cadence])))


@pytest.mark.parametrize(
    ("text", "first", "last", "following"),
    [
        ("2026", "2026-01-01", "2026-12-31", "2027"),
        ("2026-H1", "2026-01-01", "2026-06-30", "2026-H2"),
        ("2026-H2", "2026-07-01", "2026-12-31", "2027-H1"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2026-Q2"),
        ("2025-Q4", "2025-10-01", "2025-12-31", "2026-Q1"),
        ("2026-02", "2026-02-01", "2026-02-28", "2026-03"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-03"),
        ("2025-12", "2025-12-01", "2025-12-31", "2026-01"),
        ("2026-W14", "2026-03-30", "2026-04-05", "2026-W15"),
        ("2026-W53", "2026-12-28", "2027-01-03", "2027-W01"),
        ("2025-W52", "2025-12-22", "2025-12-28", "2026-W01"),
    ],
)
def test_a_period_has_its_days_and_is_followed_by_the_next(text: str, first: str, last: str, following: str) -> None:
    period = Period.parse(text)
    assert str(period) == text
    assert (period.first_day().isoformat(), period.last_day().isoformat()) == (first, last)
    assert str(period.next()) == following
    assert str(Period.parse(following).previous()) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-Q0", "2026-Q5", "2026-H0", "2026-H3", "2026-00", "2026-13", "2026-1", "2026-W00", "2026-W54", "2026-W1"),
        *("26", "02026", "2026 ", "2026\n", "2026-q1", "2026Q1", "2026-Q1-1", "2026-03-31", "２０２６", "2026-Q１", "null"),
        *("2025-W53", "0000", "0001-W01", "1899", "3000", "9999-12"),
    ],
)
def test_what_is_no_period_of_our_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Period.parse(text)


@pytest.mark.parametrize("text", ["1900", "2999", "1900-W01", "2999-W52"])
def test_the_first_and_last_year_have_neighbours_on_both_sides(text: str) -> None:
    period = Period.parse(text)
    assert period.previous().first_day() < period.first_day() <= period.last_day() < period.next().first_day()


@given(periods())
def test_a_period_is_read_as_it_is_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(periods())
def test_periods_follow_each_other_without_gap_or_overlap(period: Period) -> None:
    assert period.next().previous() == period == period.previous().next()
    assert period.last_day() + timedelta(days=1) == period.next().first_day()


@pytest.mark.parametrize(("text", "day"), [("2026-03-31", date(2026, 3, 31)), ("2024-02-29", date(2024, 2, 29))])
def test_a_day_is_written_with_year_month_and_day(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-02-29", "2026-2-01", "2026-00-01", "20260331", "2026-W14-1"),
        *("2026-03-31T00:00", "2026-03-31\n", "２０２６-03-31"),
    ],
)
def test_any_other_way_to_write_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


# Working days


def shipped() -> WorkingDays:
    calendar, problems = load_calendar(read_files(ROOT))
    assert calendar is not None, problems
    return calendar.working_days()


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        *(("2026-02-13", True), ("2026-02-14", True), ("2026-02-15", False), ("2026-02-23", False), ("2026-02-24", True)),
        *(("2026-02-28", True), ("2026-03-01", False), ("2026-10-07", False), ("2026-10-08", True), ("2026-10-10", True)),
        *(("2025-01-26", True), ("2025-01-27", True), ("2025-01-28", False), ("2025-12-31", True), ("2026-01-01", False)),
    ],
)
def test_holidays_are_off_and_the_weekend_days_made_up_for_are_worked(day: str, worked: bool) -> None:
    assert shipped().is_working(date.fromisoformat(day)) is worked


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_has_its_52_weekends_and_13_holidays_off_however_they_are_moved(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=count) for count in range(365)]
    weekends = sum(day.isoweekday() > 5 for day in days)
    assert sum(map(shipped().is_working, days)) == 365 - weekends - 13


@pytest.mark.parametrize(
    ("day", "count", "reached"),
    [
        *(("2026-03-02", 0, "2026-03-02"), ("2026-03-02", 1, "2026-03-03"), ("2026-03-06", 1, "2026-03-09")),
        *(("2026-03-07", 0, "2026-03-07"), ("2026-03-07", 5, "2026-03-13"), ("2026-02-13", 5, "2026-02-27")),
        ("2025-12-31", 2, "2026-01-05"),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: str, count: int, reached: str) -> None:
    assert shipped().after(date.fromisoformat(day), count) == date.fromisoformat(reached)


def test_counting_into_a_year_nobody_has_announced_is_refused() -> None:
    until_2026 = WorkingDays(frozenset({2025, 2026}))
    assert until_2026.after(date(2026, 12, 30), 1) == date(2026, 12, 31)
    with pytest.raises(CalendarError, match="no year 2027") as refused:
        until_2026.after(date(2026, 12, 31), 1)
    assert "2027" in refused.value.message.zh
    with pytest.raises(CalendarError):
        until_2026.is_working(date(2024, 12, 31))


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(1, 30))
def test_between_a_day_and_its_nth_working_day_lie_n_working_days(day: date, count: int) -> None:
    days = shipped()
    reached = days.after(day, count)
    between = [day + timedelta(days=offset) for offset in range(1, (reached - day).days + 1)]
    assert sum(map(days.is_working, between)) == count and days.is_working(reached)
