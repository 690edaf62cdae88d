"""The formula language: what it computes, exactly, and that everything else is refused, with a column and at once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisal.core.errors import FormulaError
from appraisal.core.formula import Formula, NegativeDenominator, ZeroDenominator, parse_formula

FIGURES = {"a": Decimal(7), "b": Decimal("2.5"), "收入": Decimal(300), "成本": Decimal(120)}


def value_of(text: str) -> Fraction:
    return parse_formula(text).evaluate(FIGURES)


def refusal(text: str) -> tuple[str, int]:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    return caught.value.code, caught.value.column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 × 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("24 / 4 / 3", 2),
        ("24 ÷ 4 × 3", 18),
        ("7 / 3", Fraction(7, 3)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("-a", -7),
        ("--a", 7),
        ("2 - -3", 5),
        ("-2 * 3", -6),
        ("（收入－成本）÷收入×100", 60),
        ("(收入 − 成本) / 收入", Fraction(3, 5)),
        ("max(a, b， 3)", 7),
        ("min(a, b)", Fraction(5, 2)),
        ("abs(b - a)", Fraction(9, 2)),
        ("sum(1, 2, 3)", 6),
        ("mean(1, 2, 4)", Fraction(7, 3)),
        ("mean(5)", 5),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.49)", 2),
        ("round(1.005, 2)", Fraction(101, 100)),
        ("round(2 / 3, 0)", 1),
        ("round(1 / 3, 8)", Fraction("0.33333333")),
        ("a > b", 1),
        ("a < b", 0),
        ("a >= 7", 1),
        ("a ≤ 6.99999999", 0),
        ("a == 7", 1),
        ("a != 7", 0),
        ("a ≠ 8", 1),
        ("a ≥ 7.00000001", 0),
        ("a <= 7", 1),
        ("100 * (a > b) + 1", 101),
        ("(a > b) == (b < a)", 1),
        ("max(0, min(100, 收入))", 100),
        ("\n a\n + 1 ", 8),
        ("999999999999999.99999999", Fraction("999999999999999.99999999")),
    ],
)
def test_a_formula_means_what_arithmetic_means(text: str, expected: Fraction | int) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "formula_syntax", 1),
        ("   ", "formula_syntax", 4),
        ("a b", "formula_syntax", 3),
        ("a (b)", "formula_not_allowed", 1),
        ("2 (b)", "formula_syntax", 3),
        ("(a)(b)", "formula_syntax", 4),
        ("a +", "formula_syntax", 4),
        ("a + * b", "formula_syntax", 5),
        ("+a", "formula_syntax", 1),
        ("(a", "formula_syntax", 1),
        ("a)", "formula_syntax", 2),
        ("(a, b)", "formula_syntax", 3),
        ("1,200", "formula_syntax", 2),
        ("max()", "formula_syntax", 5),
        ("max(a,)", "formula_syntax", 7),
        ("max(a", "formula_syntax", 4),
        ("abs(a, b)", "formula_syntax", 6),
        ("round(a, 2, 3)", "formula_syntax", 11),
        ("round(a, b)", "formula_syntax", 10),
        ("round(a, 2+1)", "formula_syntax", 11),
        ("round(a, 9)", "formula_syntax", 10),
        ("round(a, 1.5)", "formula_syntax", 10),
        ("round(a,", "formula_syntax", 9),
        ("max + 1", "formula_syntax", 1),
        ("收入 = 3", "formula_not_allowed", 4),
        ("收入 ＝ 3", "formula_not_allowed", 4),
        ("a <> 3", "formula_not_allowed", 3),
        ("1 < a < 3", "formula_not_allowed", 7),
        ("a ** 2", "formula_not_allowed", 3),
        ("a ×× 2", "formula_not_allowed", 3),
        ("9**9**9", "formula_not_allowed", 2),
        ("a // 2", "formula_not_allowed", 3),
        ("a % 2", "formula_not_allowed", 3),
        ("a.b", "formula_not_allowed", 2),
        ("a[0]", "formula_not_allowed", 2),
        ("{a}", "formula_not_allowed", 1),
        ("'a'", "formula_not_allowed", 1),
        ('f"a"', "formula_not_allowed", 2),
        ("a # b", "formula_not_allowed", 3),
        ("a; b", "formula_not_allowed", 2),
        ("a := 3", "formula_not_allowed", 3),
        ("a if b else 3", "formula_not_allowed", 3),
        ("a and b", "formula_not_allowed", 3),
        ("not a", "formula_not_allowed", 1),
        ("lambda: 3", "formula_not_allowed", 1),
        ("True", "formula_not_allowed", 1),
        ("__import__('os')", "formula_not_allowed", 12),
        ("eval(a)", "formula_not_allowed", 1),
        ("pow(a, 2)", "formula_not_allowed", 1),
        ("收入 + open(a)", "formula_not_allowed", 6),
        ("ａ + 1", "formula_not_allowed", 1),
        ("1 + ﬁne", "formula_not_allowed", 5),
        ("x² + 1", "formula_not_allowed", 1),
        ("a\u200b + 1", "formula_not_allowed", 2),
        ("1e3", "bad_number", 1),
        ("1e400", "bad_number", 1),
        ("a + 0x10", "bad_number", 5),
        ("1_0", "bad_number", 1),
        ("1j", "bad_number", 1),
        ("010", "bad_number", 1),
        (".5", "bad_number", 1),
        ("5.", "bad_number", 1),
        ("1.2.3", "bad_number", 1),
        ("5个", "bad_number", 1),
        ("４.５", "bad_number", 1),
        ("a + 1４", "bad_number", 5),
        ("٣", "bad_number", 1),
        ("1234567890123456", "bad_number", 1),
        ("0.123456789", "bad_number", 1),
    ],
)
def test_anything_else_is_refused_with_its_column(text: str, code: str, column: int) -> None:
    assert refusal(text) == (code, column)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a + * b", r"a number, a name or \( is missing before '\*'"),
        ("a +", "is missing at the end"),
        ("a b", "an operator .* is missing before 'b'"),
        ("a)", r"this \) closes nothing"),
        ("1,200", "write 1000 without it"),
        ("(a", "never closed"),
        ("a = 1", "write == to compare"),
        ("power(a)", "the functions are min, max"),
        ("max", r"write max\("),
        ("ａ", "write 'a'"),
    ],
)
def test_a_refusal_says_how_to_mend_the_formula(text: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1" * 1_000_000, "formula_too_long"),
        ("(" * 1_000_000, "formula_too_long"),
        ("(" * 1000 + "1" + ")" * 999, "formula_too_deep"),
        ("-" * 1999 + "1", "formula_too_deep"),
        ("max(" * 300 + "1" + ")" * 300, "formula_too_deep"),
        ("9" * 2000, "bad_number"),
        ("9**" * 600 + "9", "formula_not_allowed"),
        ("().__class__.__bases__[0]", "formula_not_allowed"),
        ("1<" * 999 + "1", "formula_not_allowed"),
        ("\x00" * 2000, "formula_not_allowed"),
        ("收" * 2001, "formula_too_long"),
    ],
)
def test_a_hostile_formula_is_refused(text: str, code: str) -> None:
    assert refusal(text)[0] == code


def test_length_and_depth_are_allowed_up_to_their_limit() -> None:
    assert value_of("1" + " " * 1999) == 1
    assert refusal("1" + " " * 2000) == ("formula_too_long", 2001)
    assert value_of("(" * 32 + "1" + ")" * 32) == 1
    assert refusal("(" * 33 + "1" + ")" * 33) == ("formula_too_deep", 33)
    assert value_of("-" * 32 + "1") == 1
    assert refusal("-" * 33 + "1") == ("formula_too_deep", 33)
    assert value_of("abs(" * 32 + "1" + ")" * 32) == 1
    assert refusal("abs(" * 33 + "1" + ")" * 33)[0] == "formula_too_deep"


def test_what_stands_before_gives_no_room_for_more_depth() -> None:
    for before in ("(1)+", "abs(1)+", "-1+"):
        assert value_of(before * 40 + "(" * 32 + "1" + ")" * 32)
        assert refusal(before * 40 + "(" * 33 + "1" + ")" * 33)[0] == "formula_too_deep"


def test_a_long_sum_is_not_a_deep_one() -> None:
    assert value_of("+".join(["1"] * 1000)) == 1000
    assert value_of("*".join(["1"] * 1000)) == 1
    assert value_of("+".join(["(-(1))"] * 280)) == -280


def test_an_allowed_but_long_product_is_caught_when_rounded() -> None:
    formula = parse_formula("*".join(["999999999999999"] * 125))
    with pytest.raises(FormulaError) as caught:
        formula.decimal({}, 4)
    assert caught.value.code == "bad_number"


def test_a_result_of_fifteen_digits_passes_and_of_sixteen_is_refused() -> None:
    assert parse_formula("999999999999999.9999").decimal({}, 4) == Decimal("999999999999999.9999")
    assert parse_formula("999999999999999.4").decimal({}, 0) == Decimal("999999999999999")
    with pytest.raises(FormulaError) as caught:
        parse_formula("999999999999999.5").decimal({}, 0)
    assert caught.value.code == "bad_number"


def test_names_come_in_order_of_first_use_and_once() -> None:
    assert parse_formula("(b - 收入) / 收入 * max(a, b)").names == ("b", "收入", "a")
    assert parse_formula("1 + 2").names == ()


def test_the_text_is_kept_as_written_and_reading_twice_gives_the_same_formula() -> None:
    text = "（收入 − 成本）÷ 收入"
    assert parse_formula(text).text == text
    assert parse_formula(text) is parse_formula(text)


def test_a_name_without_value_is_named_with_its_column() -> None:
    with pytest.raises(FormulaError, match="成本") as caught:
        parse_formula("收入 - 成本").evaluate({"收入": Decimal(1)})
    assert (caught.value.code, caught.value.column) == ("unknown_name", 6)


def test_a_zero_denominator_says_whether_the_numerator_was_zero_too() -> None:
    for text, numerator_is_zero in (("1/0", False), ("0/0", True), ("(a-7)/(收入-300)", True), ("a/(收入-300)", False)):
        with pytest.raises(ZeroDenominator) as caught:
            value_of(text)
        assert caught.value.numerator_is_zero is numerator_is_zero


def test_a_negative_denominator_is_refused_and_a_tiny_positive_one_is_not() -> None:
    with pytest.raises(NegativeDenominator):
        value_of("a / (成本 - 收入)")
    with pytest.raises(NegativeDenominator):
        value_of("1 / -0.00000001")
    assert value_of("1 / 0.00000001") == 100_000_000
    assert value_of("-a / b") == Fraction(-14, 5)


def test_rounding_is_half_up_on_magnitudes_and_happens_once() -> None:
    assert parse_formula("0.00005").decimal({}, 4) == Decimal("0.0001")
    assert parse_formula("-0.00005").decimal({}, 4) == Decimal("-0.0001")
    assert parse_formula("0.00004999").decimal({}, 4) == Decimal("0")
    assert parse_formula("2 / 3 * 3").decimal({}, 4) == Decimal("2.0000")
    assert str(parse_formula("2 / 3").decimal({}, 4)) == "0.6667"


DIGITS = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(10**14), places=8).map(lambda d: f"{d:f}")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 0) -> tuple[str, Fraction]:
    """A formula text with the value plain rational arithmetic gives it."""
    kind = draw(st.sampled_from(["number", "number", "sum", "product", "quotient", "negative", "min", "mean", "compare"]))
    if depth > 4 or kind == "number":
        text = draw(DIGITS)
        return text, Fraction(text)
    left_text, left = draw(expressions(depth + 1))
    if kind == "negative":
        return f"-({left_text})", -left
    right_text, right = draw(expressions(depth + 1))
    if kind == "sum":
        sign = draw(st.sampled_from("+-"))
        return f"({left_text}) {sign} ({right_text})", left + right if sign == "+" else left - right
    if kind == "product":
        return f"({left_text})×({right_text})", left * right
    if kind == "quotient":
        return f"({left_text}) ÷ (abs({right_text}) + 1)", left / (abs(right) + 1)
    if kind == "min":
        return f"min({left_text}, {right_text})", min(left, right)
    if kind == "mean":
        return f"mean({left_text}, {right_text})", (left + right) / 2
    return f"({left_text}) >= ({right_text})", Fraction(int(left >= right))


@given(expressions())
def test_every_value_equals_plain_rational_arithmetic(expression: tuple[str, Fraction]) -> None:
    text, expected = expression
    if len(text) <= 2000:
        assert parse_formula(text).evaluate({}) == expected


@given(st.text(max_size=60) | st.text(alphabet="ab1.0+-*/()<>=,×÷ max收入", max_size=60))
def test_any_text_is_either_a_formula_or_refused_with_a_column_inside_it(text: str) -> None:
    try:
        formula = parse_formula(text)
    except FormulaError as refused:
        assert 1 <= refused.column <= len(text) + 1
        assert refused.message
    else:
        assert isinstance(formula, Formula)
        assert all(name in text for name in formula.names)
