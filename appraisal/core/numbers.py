"""Exact decimals, and the one place where anything is rounded (四舍五入)."""

import decimal
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)

NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?", re.ASCII)

# Sums and products of accepted numbers need far fewer than 200 digits; anything inexact is a bug and raises.
EXACT: Final = decimal.Context(prec=200, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.DivisionByZero])


TOTAL: Final = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,16})?", re.ASCII)


def parse_number(text: str) -> Decimal:
    """The decimal that `text` writes in plain ASCII digits: at most 15 before the point and 8 after.

    Raises ValueError for anything else: exponents, signs other than a leading minus, NaN, full-width digits.
    """
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def parse_total(text: str) -> Decimal:
    """A score from 0 to 100 that was computed before: exact totals have more decimals than a figure may. Raises ValueError."""
    if not TOTAL.fullmatch(text) or Decimal(text) > HUNDRED:
        raise ValueError(text)
    return Decimal(text)


@lru_cache(maxsize=16_384)
def plain(number: Decimal) -> str:
    """The shortest plain form: no exponent, no trailing zeros, no negative zero."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def add(*terms: Decimal) -> Decimal:
    """The exact sum."""
    total = ZERO
    for term in terms:
        total = EXACT.add(total, term)
    return total


def times(*factors: Decimal) -> Decimal:
    """The exact product."""
    product = ONE
    for factor in factors:
        product = EXACT.multiply(product, factor)
    return product


def minus(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(left, right)


def percent_of(points: Decimal, weight: Decimal) -> Decimal:
    """points × weight ÷ 100, exact because dividing by a hundred only moves the point."""
    return EXACT.scaleb(EXACT.multiply(points, weight), -2)


def divide(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """The quotient rounded once, half-up on magnitudes (away from zero), at `places` decimals.

    Raises ZeroDivisionError.
    """
    top, bottom = _integers(numerator, denominator)
    if bottom == 0:
        raise ZeroDivisionError
    if bottom < 0:
        top, bottom = -top, -bottom
    magnitude = (2 * abs(top) * 10**places + bottom) // (2 * bottom)
    return Decimal(magnitude if top >= 0 else -magnitude).scaleb(-places, EXACT)


def divide_up(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """The smallest number of `places` decimals that is not below the quotient. Raises ZeroDivisionError."""
    top, bottom = _integers(numerator, denominator)
    return Decimal(-((-top * 10**places) // bottom)).scaleb(-places, EXACT)


def round_half_up(number: Decimal, places: int) -> Decimal:
    """`number` at `places` decimals, half-up on magnitudes: 84.5 → 85, −84.5 → −85."""
    return divide(number, ONE, places)


def scaled_floor(number: Decimal, places: int) -> int:
    """floor(number × 10^places)."""
    return int(EXACT.scaleb(number, places).to_integral_value(decimal.ROUND_FLOOR))


def scaled_ceil(number: Decimal, places: int) -> int:
    """ceil(number × 10^places)."""
    return int(EXACT.scaleb(number, places).to_integral_value(decimal.ROUND_CEILING))


def scaled(number: Decimal, places: int) -> int:
    """number × 10^places as an integer. Raises ValueError when that is not whole."""
    whole = EXACT.scaleb(number, places)
    if whole != whole.to_integral_value():
        raise ValueError(f"{number} has more than {places} decimals")
    return int(whole)


def places_of(number: Decimal) -> int:
    """How many decimals `number` really uses: 2 for 1.50 is 1."""
    exponent = number.normalize(EXACT).as_tuple().exponent
    return max(0, -int(exponent))


def _integers(left: Decimal, right: Decimal) -> tuple[int, int]:
    """Two integers in the same ratio as the two decimals."""
    left_top, left_bottom = left.as_integer_ratio()
    right_top, right_bottom = right.as_integer_ratio()
    return left_top * right_bottom, right_top * left_bottom
