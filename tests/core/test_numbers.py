"""Decimals are exact, and rounding happens half-up on magnitudes at the places asked for."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core import numbers

FIGURES = st.decimals(-(10**15), 10**15, places=8, allow_nan=False)


@pytest.mark.parametrize(
    "text", ["0", "-0", "7", "-7", "0.5", "85.00", "999999999999999", "-999999999999999.99999999", "0.00000001"]
)
def test_a_plain_decimal_is_read_as_it_stands(text: str) -> None:
    assert numbers.parse_number(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", " 1", "1 ", "1\n", "+5", "--5", "5-", ".5", "5.", "010", "00", "-01", "1_000", "1,000", "1e3", "1E400"),
        *("NaN", "Infinity", "-Infinity", "inf", "true", "0x10", "４.５", "４", "−5", "1.5.5", "五", "60:40"),
        *("1000000000000000", "-1000000000000000", "0.000000001", "1.123456789"),
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(ValueError):
        numbers.parse_number(text)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        *(("-0.00", "0"), ("-0", "0"), ("0E-8", "0"), ("85.00", "85"), ("72.400", "72.4"), ("1E+2", "100")),
        *(("100", "100"), ("0.10", "0.1"), ("-1.50", "-1.5"), ("1E-8", "0.00000001")),
    ],
)
def test_the_shortest_plain_form_has_no_exponent_no_trailing_zero_and_no_negative_zero(number: str, shown: str) -> None:
    assert numbers.plain(Decimal(number)) == shown


@pytest.mark.parametrize(
    ("number", "places", "rounded"),
    [
        *(("84.5", 0, "85"), ("-84.5", 0, "-85"), ("84.4999", 0, "84"), ("0.5", 0, "1"), ("1.5", 0, "2"), ("2.5", 0, "3")),
        *(("0.00005", 4, "0.0001"), ("0.00004999", 4, "0"), ("-0.00005", 4, "-0.0001"), ("89.99995", 4, "90")),
        *(("89.99994999", 4, "89.9999"), ("0.125", 2, "0.13"), ("0.135", 2, "0.14")),
    ],
)
def test_a_tie_is_rounded_away_from_zero(number: str, places: int, rounded: str) -> None:
    assert numbers.round_half_up(Decimal(number), places) == Decimal(rounded)


@given(FIGURES, FIGURES.filter(bool), st.integers(0, 8))
def test_a_quotient_is_the_nearest_number_of_its_places(top: Decimal, bottom: Decimal, places: int) -> None:
    found, exact = Fraction(numbers.divide(top, bottom, places)), Fraction(top) / Fraction(bottom)
    half = Fraction(1, 2 * 10**places)
    assert abs(found - exact) <= half
    assert abs(found - exact) < half or abs(found) > abs(exact), "a tie goes away from zero"
    assert (found * 10**places).denominator == 1


@given(FIGURES, FIGURES.filter(bool), st.integers(0, 8))
def test_dividing_up_gives_the_smallest_number_that_is_not_below(top: Decimal, bottom: Decimal, places: int) -> None:
    found, exact = Fraction(numbers.divide_up(top, bottom, places)), Fraction(top) / Fraction(bottom)
    assert 0 <= found - exact < Fraction(1, 10**places)


@given(FIGURES, st.integers(0, 8))
def test_floor_and_ceiling_enclose_the_figure(number: Decimal, places: int) -> None:
    low, high = numbers.scaled_floor(number, places), numbers.scaled_ceil(number, places)
    assert low <= Fraction(number) * 10**places <= high
    assert high - low == (0 if (Fraction(number) * 10**places).denominator == 1 else 1)


@given(st.lists(FIGURES, max_size=20))
def test_sums_and_products_lose_nothing(figures: list[Decimal]) -> None:
    assert Fraction(numbers.add(*figures)) == sum(map(Fraction, figures))
    product = Fraction(1)
    for figure in figures[:6]:
        product *= Fraction(figure)
    assert Fraction(numbers.times(*figures[:6])) == product


def test_three_weights_of_33_33_33_34_are_exactly_100() -> None:
    assert numbers.add(*(Decimal(text) for text in ("33.33", "33.33", "33.34"))) == 100


def test_a_share_of_points_is_exact() -> None:
    assert numbers.percent_of(Decimal("92.1234"), Decimal("33.33")) == Decimal("30.70472922")
    assert numbers.minus(Decimal("95"), Decimal("94.9999999999")) == Decimal("0.0000000001")


def test_a_quotient_by_zero_is_an_error_and_never_a_number() -> None:
    with pytest.raises(ZeroDivisionError):
        numbers.divide(Decimal(0), Decimal(0), 4)
    with pytest.raises(ZeroDivisionError):
        numbers.divide_up(Decimal(1), Decimal(0), 4)


def test_arithmetic_that_would_lose_a_digit_stops() -> None:
    with pytest.raises(Inexact):
        numbers.EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(Inexact):
        numbers.times(*[Decimal("1.00000001")] * 30)


def test_scaling_to_an_integer_refuses_a_figure_with_more_decimals() -> None:
    assert numbers.scaled(Decimal("1.50"), 1) == 15
    with pytest.raises(ValueError):
        numbers.scaled(Decimal("1.51"), 1)


@pytest.mark.parametrize(("number", "places"), [("1.50", 1), ("100", 0), ("1E+2", 0), ("0", 0), ("0.000", 0), ("33.33", 2)])
def test_the_places_a_number_uses_leave_out_trailing_zeros(number: str, places: int) -> None:
    assert numbers.places_of(Decimal(number)) == places
