"""The calendar of a monitoring policy: first Mondays, the 5th, quarter ends, December; days off; figures that come too late."""

from datetime import date, timedelta

import pytest

from appraisal.core.calendar import Period, WorkingDays
from appraisal.core.monitoring.meetings import Due, calendar_of, due_for, moved, regular_day
from appraisal.core.policy.entry import Text
from appraisal.core.policy.monitoring import Meeting
from tests.rules.kpi_sop.test_kpi_sop import kpi_sop

WEEKDAYS = WorkingDays(years=frozenset({2026, 2027}))
FIRST_MONDAY = Meeting(id="quality", name=Text("品质会议", "Quality"), cadence="month", falls_on="first_monday")


def dues(name: str, year: int = 2026, working: WorkingDays = WEEKDAYS) -> list[Due]:
    return [due for due in calendar_of(kpi_sop(), year, working) if due.meeting.id == name]


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("2026-06", date(2026, 6, 1)),  # its first day is a Monday
        ("2026-09", date(2026, 9, 7)),  # its first day is a Tuesday: the latest a first Monday can be
        ("2026-11", date(2026, 11, 2)),  # its first day is a Sunday
        ("2024-02", date(2024, 2, 5)),
    ],
)
def test_the_quality_meeting_is_on_the_first_monday_of_the_month(month: str, day: date) -> None:
    assert regular_day(FIRST_MONDAY, Period.parse(month)) == day


def test_every_first_monday_of_many_years_is_a_monday_within_the_first_seven_days() -> None:
    for year in range(2020, 2050):
        for month in range(1, 13):
            found = regular_day(FIRST_MONDAY, Period("month", year, month))
            assert found.weekday() == 0 and found.day <= 7 and found.month == month


def test_the_monthly_report_is_due_on_the_fifth_and_looks_back_on_the_month_before() -> None:
    march = dues("finance_meeting")[2]
    assert (march.due_on, str(march.about)) == (date(2026, 3, 5), "2026-02")
    assert str(dues("finance_meeting")[0].about) == "2025-12"


def test_a_fifth_that_is_not_worked_moves_to_the_working_day_before_and_a_worked_one_stays() -> None:
    by_month = {due.regular.month: due.due_on for due in dues("finance_meeting")}
    assert by_month[4] == date(2026, 4, 3)  # the 5th of April 2026 is a Sunday
    assert by_month[9] == date(2026, 9, 4)  # a Saturday
    assert by_month[6] == date(2026, 6, 5)  # a Friday


def test_a_weekend_day_that_is_worked_instead_keeps_its_meeting() -> None:
    worked = WorkingDays(years=frozenset({2026}), made_up=frozenset({date(2026, 9, 5)}))
    assert moved(date(2026, 9, 5), "before", worked) == date(2026, 9, 5)


def test_a_first_monday_in_a_holiday_moves_to_the_first_working_day_after_it() -> None:
    golden_week = frozenset(date(2026, 10, 1) + timedelta(days=count) for count in range(7))
    holiday = WorkingDays(years=frozenset({2026}), holidays=golden_week)
    october = dues("quality_meeting", working=holiday)[9]
    assert (october.regular, october.due_on) == (date(2026, 10, 5), date(2026, 10, 8))


def test_a_day_that_stays_stays_on_a_day_off() -> None:
    assert moved(date(2026, 9, 5), "stays", WEEKDAYS) == date(2026, 9, 5)


def test_a_year_that_the_working_calendar_does_not_have_keeps_its_days_and_says_so() -> None:
    unknown = dues("finance_meeting", working=WorkingDays(years=frozenset()))[3]
    assert (unknown.due_on, unknown.unsure) == (date(2026, 4, 5), True)


def test_dashboards_are_due_at_the_end_of_each_quarter_and_the_annual_report_in_december() -> None:
    assert [(due.due_on, str(due.about)) for due in dues("quarterly_dashboard")] == [
        (date(2026, 3, 31), "2026-Q1"),
        (date(2026, 6, 30), "2026-Q2"),
        (date(2026, 9, 30), "2026-Q3"),
        (date(2026, 12, 31), "2026-Q4"),
    ]
    (annual,) = dues("annual_report")
    assert (annual.due_on, str(annual.about), annual.early) == (date(2026, 12, 31), "2026", True)


def test_a_first_monday_before_the_day_of_the_report_says_that_figures_may_be_missing() -> None:
    by_month = {due.regular.month: due for due in dues("quality_meeting")}
    assert by_month[2].due_on == date(2026, 2, 2) and by_month[2].early
    assert by_month[9].due_on == date(2026, 9, 7) and not by_month[9].early
    assert by_month[9].figures_due_on == date(2026, 9, 4)


def test_a_first_monday_that_is_the_day_of_the_report_is_not_early() -> None:
    (january,) = (due for due in dues("quality_meeting", 2026) if due.regular.month == 1)
    assert january.due_on == january.figures_due_on == date(2026, 1, 5)
    assert not january.early


def test_a_year_of_weeks_has_every_week_that_ends_in_it_once() -> None:
    weeks = [str(due.about) for due in dues("weekly_summary")]
    assert (weeks[0], weeks[-1], len(weeks)) == ("2026-W01", "2026-W52", 52)
    assert len(set(weeks)) == len(weeks)


def test_the_report_on_a_period_has_its_day() -> None:
    quarter = due_for(kpi_sop(), Period.parse("2026-Q1"), WEEKDAYS)
    month = due_for(kpi_sop(), Period.parse("2026-12"), WEEKDAYS)
    assert quarter is not None and quarter.due_on == date(2026, 3, 31)
    assert month is not None and month.due_on == date(2027, 1, 5)
    assert due_for(kpi_sop(), Period.parse("2026-H1"), WEEKDAYS) is None
