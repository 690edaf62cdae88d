"""Periods of five cadences: how they are written, their days, and which comes before and after."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.calendar import YEARS, Cadence, Period, parse_date

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
