"""Figures gathered by the month become one of the quarter, exactly."""

from dataclasses import replace
from decimal import Decimal as D
from functools import cache

import pytest

from appraisal.config import PROJECT_ROOT
from appraisal.core.calendar import Period, parse_date
from appraisal.core.policy.entry import Text
from appraisal.core.policy.library import Indicator
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy
from appraisal.core.policy.sheets import Input
from appraisal.core.scoring.rolling import Figure, parts_of, rolled_up

OUTPUT = Indicator(
    id="output",
    name=Text("产量", "Output"),
    kind="kpi",
    definition=Text("产量", "Output"),
    unit="吨",
    sources=None,
    cadence=None,
)
VARIANCE = replace(
    OUTPUT,
    id="variance",
    formula="(实际 - 预算) / 预算 * 100",
    inputs=(Input(name="实际", en="Actual"), Input(name="预算", en="Budget")),
    zero_denominator="no_base",
    roll_up="weighted",
)


@cache
def policy() -> Policy:
    """The coal group's, of which two rows are 月度统计、季度考核 (R-003-46)."""
    own = {path: text for path, text in read_files(PROJECT_ROOT).items() if path.split("/")[1:2] == ["coal_group"]}
    book, problems = load_book(own, "coal_group")
    assert book is not None, problems
    return book.on(parse_date("2026-01-01"))


def months(*actuals: str) -> list[Figure]:
    return [Figure(D(actual), None) for actual in actuals]


def rates(*pairs: tuple[str, str]) -> list[Figure]:
    return [Figure(None, {"实际": D(actual), "预算": D(budget)}) for actual, budget in pairs]


@pytest.mark.parametrize(
    ("how", "expected"),
    [("sum", "31"), ("mean", "10.3333"), ("last", "11")],
)
def test_stated_actuals_are_added_averaged_or_the_last_one_counts(how: str, expected: str) -> None:
    found = rolled_up(replace(OUTPUT, roll_up=how), "output", months("10", "10", "11"))
    assert found == Figure(D(expected), None)


def test_a_mean_is_rounded_once_at_the_decimals_of_the_item() -> None:
    """0.005 is rounded away from zero, 0.0049 is not."""
    two = replace(OUTPUT, roll_up="mean", decimals=2)
    assert rolled_up(two, "output", months("0.01", "0")).actual == D("0.01")
    assert rolled_up(two, "output", months("0.0098", "0")).actual == D("0")


def test_a_weighted_rate_is_the_formula_over_the_sums_and_not_the_mean_of_rates() -> None:
    """1 月 110/100, 2 月 0/0, 3 月 900/900: 合计 1010/1000, 差异 1%."""
    found = rolled_up(VARIANCE, "variance", rates(("110", "100"), ("0", "0"), ("900", "900")))
    assert found == Figure(None, {"实际": D(1010), "预算": D(1000)})
    mean = rolled_up(replace(VARIANCE, roll_up="mean"), "variance", rates(("110", "100"), ("900", "900")))
    assert mean.actual == D(5)


def test_a_month_with_nothing_to_divide_by_leaves_a_mean_without_a_figure() -> None:
    found = rolled_up(replace(VARIANCE, roll_up="mean"), "variance", rates(("110", "100"), ("0", "0")))
    assert found == Figure(None, None)


def test_a_month_that_lacks_an_input_leaves_the_whole_without_a_figure() -> None:
    short = [*rates(("110", "100")), Figure(None, {"实际": D(1)})]
    assert rolled_up(VARIANCE, "variance", short) == Figure(None, None)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2026-Q2", ["2026-04", "2026-05", "2026-06"]),
        ("2026-H2", [f"2026-{month:02}" for month in range(7, 13)]),
        ("2026-05", ["2026-05"]),
        ("2026-W14", ["2026-W14"]),
    ],
)
def test_a_row_collected_by_the_month_has_the_months_of_the_period(period: str, expected: list[str]) -> None:
    found = parts_of(policy(), "finance_department-budget_variance", Period.parse(period))
    assert [str(part) for part in found] == expected


def test_a_row_that_says_nothing_of_it_has_the_period_itself() -> None:
    assert parts_of(policy(), "chef-diner_satisfaction", Period.parse("2026-Q2")) == (Period.parse("2026-Q2"),)
