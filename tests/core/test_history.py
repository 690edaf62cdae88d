"""Earlier grades: which may stand there, how long a run is, and what breaks it."""

import pytest

from appraisal.core.calendar import Period
from appraisal.core.inputs import PastGrade
from appraisal.core.judging.history import past_by_period, run_length
from tests.core.cases import code_and_path, trading

NOW = Period.parse("2026-Q1")


def past(*entries: tuple[str, str]) -> list[PastGrade]:
    return [PastGrade(Period.parse(period), grade) for period, grade in entries]


def run(now: bool, *entries: tuple[str, str], period: str = "2026-Q1") -> int:
    """How many periods in a row have the grade D."""
    at = Period.parse(period)
    return run_length(now, at, past_by_period(trading(), at, past(*entries)), lambda grade: grade.grade == "D")


def test_the_lowest_grade_has_rank_0() -> None:
    assert dict(trading().ranks) == {"D": 0, "C": 1, "B": 2, "A": 3, "S": 4}


def test_the_current_period_counts_as_the_first_of_its_run() -> None:
    assert run(True) == 1
    assert run(False) == 0


def test_a_run_goes_back_as_far_as_it_holds() -> None:
    assert run(True, ("2025-Q4", "D"), ("2025-Q3", "D"), ("2025-Q2", "D")) == 4
    assert run(True, ("2025-Q3", "D"), ("2025-Q4", "D")) == 3, "in whatever order the history stands"


def test_a_grade_that_does_not_hold_breaks_the_run() -> None:
    assert run(True, ("2025-Q4", "C"), ("2025-Q3", "D")) == 1
    assert run(False, ("2025-Q4", "D"), ("2025-Q3", "D")) == 0


def test_an_absent_period_breaks_the_run() -> None:
    assert run(True, ("2025-Q3", "D"), ("2025-Q2", "D")) == 1
    assert run(True, ("2025-Q4", "D"), ("2025-Q2", "D")) == 2


@pytest.mark.parametrize("other", ["2025", "2025-H2", "2025-12", "2025-W52"])
def test_periods_of_another_cadence_belong_to_another_run(other: str) -> None:
    assert run(True, (other, "D")) == 1


@pytest.mark.parametrize(
    ("period", "before"), [("2026", "2025"), ("2026-H1", "2025-H2"), ("2026-01", "2025-12"), ("2026-W01", "2025-W52")]
)
def test_runs_cross_the_turn_of_the_year(period: str, before: str) -> None:
    assert run(True, (before, "D"), period=period) == 2


def test_a_grade_the_policy_does_not_know_is_refused() -> None:
    found = code_and_path(past_by_period, trading(), NOW, past(("2025-Q4", "A"), ("2025-Q3", "E")))
    assert found == ("unknown_grade", "history[1].grade")


def test_a_period_said_twice_is_refused() -> None:
    found = code_and_path(past_by_period, trading(), NOW, past(("2025-Q4", "A"), ("2025-Q4", "A")))
    assert found == ("repeated_period", "history[1].period")


@pytest.mark.parametrize("period", ["2026-Q1", "2026-Q2", "2027-Q1"])
def test_a_period_that_is_not_earlier_is_refused(period: str) -> None:
    assert code_and_path(past_by_period, trading(), NOW, past((period, "A"))) == ("not_past", "history[0].period")


def test_the_year_around_the_quarter_may_stand_in_the_history() -> None:
    assert list(past_by_period(trading(), NOW, past(("2026", "A")))) == [Period.parse("2026")]
