"""Spearman's ρ against a reader of its own, in fractions; all pairs at once against one by one; what is too little to tell."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appraisal.core.calendar import Period
from appraisal.core.judging.correlation import centred_ranks, correlation_at, rounded_rho, spearman
from appraisal.core.monitoring.pairs import correlations, every_correlation
from appraisal.core.policy.monitoring import CorrelationRule
from tests.core.monitoring.watched import MARCH, D, series

SMALL = st.integers(-3, 3).map(Decimal)
COLUMNS = st.integers(2, 24).flatmap(lambda n: st.tuples(*[st.lists(SMALL, min_size=n, max_size=n)] * 2))


def mean_ranks(values: Sequence[Decimal]) -> list[Fraction]:
    """As the textbook has it: equal values share the mean of the places that they take."""
    order = sorted(values)
    return [Fraction(sum(place for place, one in enumerate(order, 1) if one == value), order.count(value)) for value in values]


def textbook(first: Sequence[Decimal], second: Sequence[Decimal]) -> tuple[Fraction, Fraction] | None:
    """Pearson's coefficient of the ranks: the covariance and the product of both variances, or None."""
    left, right = mean_ranks(first), mean_ranks(second)
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    covariance = sum(((a - mean_left) * (b - mean_right) for a, b in zip(left, right, strict=True)), Fraction(0))
    spread = sum((a - mean_left) ** 2 for a in left) * sum((b - mean_right) ** 2 for b in right)
    return (covariance, spread) if spread else None


@given(COLUMNS)
def test_it_is_the_textbooks_to_the_last_digit(columns: tuple[list[Decimal], list[Decimal]]) -> None:
    found, expected = spearman(*columns), textbook(*columns)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        covariance, spread = expected
        exact = covariance**2 / spread * 10**40
        root = isqrt(exact.numerator // exact.denominator)
        digits = (Decimal(root).scaleb(-20) + Decimal("0.00005")).quantize(Decimal("0.0001"), rounding="ROUND_DOWN")
        assert abs(found) == digits
        assert found * int(covariance > 0) >= 0


def test_known_examples() -> None:
    rising = [D(one) for one in range(10)]
    assert spearman(rising, [one * one for one in rising]) == 1
    assert spearman(rising, rising[::-1]) == -1
    iq = [D(one) for one in (106, 100, 86, 101, 99, 103, 97, 113, 112, 110)]
    hours = [D(one) for one in (7, 27, 2, 50, 28, 29, 20, 12, 6, 17)]
    assert spearman(iq, hours) == D("-0.1758")


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert centred_ranks([D(10), D(20), D(20), D(30)]) == [-3, 0, 0, 3]
    assert centred_ranks([D(5), D("5.0"), D("5.00")]) == [0, 0, 0]


def test_what_never_changes_correlates_with_nothing() -> None:
    assert spearman([D(1), D(1), D(1)], [D(1), D(2), D(3)]) is None


@pytest.mark.parametrize(
    ("together", "spread", "rho"),
    [(1, 4, "0.5"), (-1, 4, "-0.5"), (1, 2, "0.7071"), (0, 5, "0"), (12345, 10**10, "0.1235"), (123449, 10**12, "0.1234")],
)
def test_it_is_rounded_once_half_up(together: int, spread: int, rho: str) -> None:
    assert rounded_rho(together, spread) == D(rho)


def test_a_lag_reads_the_first_of_the_two_earlier() -> None:
    first = {one.period: one.value for one in series("1", "3", "2", "5", "4", "0")}
    second = {period: first[period.previous()] for period in first if period.previous() in first}
    found = correlation_at(first.get, second.get, MARCH, 5, 1, 4)
    assert found is not None and (found.lag, found.readings, found.rho) == (1, 5, 1)
    unlagged = correlation_at(first.get, second.get, MARCH, 5, 0, 4)
    assert unlagged is not None and unlagged.rho != 1


def test_too_few_common_readings_say_nothing() -> None:
    first = {one.period: one.value for one in series("1", "2", "3", "4")}
    second = {one.period: one.value for one in series("1", None, "3", "4")}
    assert correlation_at(first.get, second.get, MARCH, 24, 0, 4) is None
    assert correlation_at(first.get, second.get, MARCH, 24, 0, 3) is not None


TABLE = st.lists(st.lists(st.none() | SMALL, min_size=16, max_size=16), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(TABLE, st.integers(0, 3), st.integers(2, 6))
def test_all_pairs_at_once_are_those_one_by_one(table: list[list[Decimal | None]], lags: int, minimum: int) -> None:
    names = [f"k{number}" for number in range(len(table))]
    periods = [MARCH]
    while len(periods) < 16:
        periods.append(periods[-1].previous())
    known = {
        name: {period: value for period, value in zip(periods, row, strict=True) if value is not None}
        for name, row in zip(names, table, strict=True)
    }
    rule = CorrelationRule(periods=12, lags=lags, minimum=minimum)
    one_by_one = {
        (first, second, lag): found
        for lag in range(lags + 1)
        for i, first in enumerate(names)
        for j, second in enumerate(names)
        if (i < j or (lag and i != j))
        and (found := correlation_at(known[first].get, known[second].get, MARCH, 12, lag, minimum)) is not None
    }
    assert every_correlation(known, names, MARCH, rule) == one_by_one
    strongest = correlations(known, names, MARCH, rule)
    for pair in strongest:
        both = {pair.first, pair.second}
        rivals = [found for (one, other, _), found in one_by_one.items() if {one, other} == both]
        assert abs(pair.correlation.rho) == max(abs(one.rho) for one in rivals)
        assert pair.correlation.lag == min(one.lag for one in rivals if abs(one.rho) == abs(pair.correlation.rho))
    strong = CorrelationRule(periods=12, lags=lags, minimum=minimum, strength=D("0.5"))
    assert correlations(known, names, MARCH, strong) == [one for one in strongest if abs(one.correlation.rho) >= D("0.5")]


def test_sixty_periods_still_fit() -> None:
    periods = [Period("month", 2026, 3)]
    while len(periods) < 60:
        periods.append(periods[-1].previous())
    rising = {period: D(place) for place, period in enumerate(periods)}
    falling = {period: D(-place) for place, period in enumerate(periods)}
    rule = CorrelationRule(periods=60, lags=0, minimum=60)
    (pair,) = correlations({"a": rising, "b": falling}, ["a", "b"], MARCH, rule)
    assert (pair.correlation.rho, pair.correlation.readings) == (-1, 60)
