"""The formula language of the rule files: a policy must be able to say how a figure is computed without running code.

Numbers, names (Chinese or English), + − × ÷, comparisons (1 or 0), parentheses and a few functions; nothing else. The
parser is our own so that no host-language syntax can slip in, every refusal names its column, and nothing is unbounded.
Inside, values are exact rationals; the caller rounds once.
"""

import keyword
import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from appraisal.core.errors import CoreError, FormulaError
from appraisal.core.numbers import EXACT, NUMBER

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 15
MAX_PLACES: Final = 8

# Same length on both sides, so that a column of the normalised text is a column of the text as written.
_SIGNS: Final = str.maketrans("×÷−＋－＊／（），＜＞＝　", "*/-+-*/(),<>= ")
_TOKEN: Final = re.compile(
    r"\s+|(?P<number>\.?\d[\w.]*)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|//|<=|>=|==|!=|<>|[-+*/(),<>=≤≥≠])|(?P<other>.)",
    re.DOTALL,
)
_COMPARISONS: Final[Mapping[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "≤": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "≥": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "≠": operator.ne,
}
_INSTEAD: Final = {
    "**": "powers are not part of the language; multiply instead",
    "//": "write one / and, where needed, round(…)",
    "=": "write == to compare",
    "<>": "write != to compare",
}
FUNCTIONS: Final = ("min", "max", "abs", "round", "sum", "mean")

_Values = Mapping[str, Decimal]
_Value = Callable[[_Values], Fraction]


class ZeroDenominator(CoreError):
    """A division by zero; what it means is the indicator's declared rule, never a number made up here."""

    def __init__(self, numerator_is_zero: bool) -> None:
        super().__init__("division by zero")
        self.numerator_is_zero = numerator_is_zero


class NegativeDenominator(CoreError):
    """A division by a negative number (negative equity, negative plan): the ratio would turn its meaning around."""


@dataclass(frozen=True)
class Formula:
    """A formula that has been read. `names` are the figures it uses, in order of first use."""

    text: str
    names: tuple[str, ...]
    _value: _Value = field(compare=False, repr=False)

    def evaluate(self, values: Mapping[str, Decimal]) -> Fraction:
        """The exact value. Raises ZeroDenominator, NegativeDenominator, FormulaError `unknown_name`."""
        return self._value(values)

    def decimal(self, values: Mapping[str, Decimal], places: int) -> Decimal:
        """The value rounded once, half-up on magnitudes. Raises as `evaluate`, and FormulaError `bad_number` past 15 digits."""
        units = _half_up(self._value(values), places)
        if abs(units) >= 10 ** (MAX_DIGITS + places):
            en = f"the result has more than {MAX_DIGITS} digits before the point; use a larger unit"
            raise FormulaError("bad_number", 1, en)
        return Decimal(units).scaleb(-places, EXACT)


def parse_formula(text: str) -> Formula:
    """The formula `text` writes. Raises FormulaError with a code and the column, counted in characters from 1.

    Codes: formula_too_long, formula_too_deep, formula_syntax, formula_not_allowed, unknown_name, bad_number.
    """
    if len(text) > MAX_LENGTH:
        message = f"the formula has {len(text)} characters, the most is {MAX_LENGTH}; split it over several indicators"
        raise FormulaError("formula_too_long", MAX_LENGTH + 1, message)
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Formula:
    parser = _Parser(text)
    value = parser.formula()
    return Formula(text, tuple(parser.names), value)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    """The words of the formula; refuses whatever is no word of the language."""
    for match in _TOKEN.finditer(text.translate(_SIGNS)):
        kind, word, column = match.lastgroup, match.group(), match.start() + 1
        if kind is None:
            continue
        if kind == "number" and not NUMBER.fullmatch(word):
            shown = word[:40]
            message = f"{shown!r} is no number here: write plain digits such as 85 or 0.25 (15 digits, {MAX_PLACES} decimals)"
            raise FormulaError("bad_number", column, message)
        if kind == "name":
            _check_name(word, column)
        if kind == "other":
            message = f"{word!r} is not part of the language: numbers, names, + - * / ( ) , and comparisons are"
            raise FormulaError("formula_not_allowed", column, message)
        if word in _INSTEAD:
            raise FormulaError("formula_not_allowed", column, f"{word!r} is not allowed: {_INSTEAD[word]}")
        yield _Token(kind, word, column)
    yield _Token("end", "", len(text) + 1)


def _check_name(name: str, column: int) -> None:
    """Refuses names that look like another one (full-width or compatibility letters) and words with a meaning in code."""
    plain = unicodedata.normalize("NFKC", name)
    if plain != name or not name.isidentifier():
        raise FormulaError("formula_not_allowed", column, f"the name {name!r} uses look-alike characters; write {plain!r}")
    if keyword.iskeyword(name):
        raise FormulaError("formula_not_allowed", column, f"{name!r} is not part of the language; use min, max or a comparison")


class _Parser:
    """Recursive descent; depth is bounded, so the host's stack is never the limit."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0
        self.depth = 0
        self.names: dict[str, int] = {}

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *signs: str) -> _Token | None:
        """The next token when it is one of `signs`, else None."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return None
        self.position += 1
        return token

    def formula(self) -> _Value:
        value = self.comparison()
        if self.token.kind != "end":
            raise self.unexpected()
        return value

    def comparison(self) -> _Value:
        left = self.sum()
        sign = self.take(*_COMPARISONS)
        if sign is None:
            return left
        right, compare = self.sum(), _COMPARISONS[sign.text]
        if self.token.text in _COMPARISONS:
            message = "only two values can be compared at once; put the first comparison in parentheses"
            raise FormulaError("formula_not_allowed", self.token.column, message)
        return lambda values: Fraction(compare(left(values), right(values)))

    def sum(self) -> _Value:
        terms = [(1, self.product())]
        while sign := self.take("+", "-"):
            terms.append((1 if sign.text == "+" else -1, self.product()))
        if len(terms) == 1:
            return terms[0][1]
        return lambda values: sum((factor * term(values) for factor, term in terms), Fraction(0))

    def product(self) -> _Value:
        first = self.factor()
        rest: list[tuple[str, _Value]] = []
        while sign := self.take("*", "/"):
            rest.append((sign.text, self.factor()))
        return _product(first, rest) if rest else first

    def factor(self) -> _Value:
        token = self.token
        if self.take("-"):
            self.deeper(token)
            value = self.factor()
            self.depth -= 1
            return lambda values: -value(values)
        if self.take("("):
            self.deeper(token)
            inner = self.comparison()
            self.close(token)
            return inner
        if token.kind == "number":
            self.position += 1
            number = Fraction(token.text)
            return lambda values: number
        if token.kind == "name":
            self.position += 1
            return self.call(token) if self.token.text == "(" else self.name(token)
        raise self.unexpected()

    def name(self, token: _Token) -> _Value:
        name, column = token.text, token.column
        if name in FUNCTIONS:
            raise FormulaError("formula_syntax", column, f"{name} is a function: write {name}(…)")
        self.names.setdefault(name, column)

        def value(values: _Values) -> Fraction:
            if name not in values:
                known = ", ".join(values) or "none"
                raise FormulaError("unknown_name", column, f"no value is given for {name!r}; given are: {known}")
            return Fraction(values[name])

        return value

    def call(self, token: _Token) -> _Value:
        function = token.text
        if function not in FUNCTIONS:
            message = f"{function!r} is no function here; the functions are {', '.join(FUNCTIONS)}"
            raise FormulaError("formula_not_allowed", token.column, message)
        opening = self.tokens[self.position]
        self.position += 1
        self.deeper(opening)
        arguments = [self.comparison()]
        places = self.places() if function == "round" and self.take(",") else 0
        while comma := self.take(","):
            if function in ("abs", "round"):
                raise FormulaError("formula_syntax", comma.column, f"{function} takes no further value")
            arguments.append(self.comparison())
        self.close(opening)
        return _applied(function, arguments, places)

    def places(self) -> int:
        token = self.token
        self.position += 1
        if token.kind != "number" or not token.text.isdigit() or int(token.text) > MAX_PLACES:
            message = f"round(value, decimals) takes a whole number of decimals from 0 to {MAX_PLACES}"
            raise FormulaError("formula_syntax", token.column, message)
        return int(token.text)

    def deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError("formula_too_deep", token.column, f"more than {MAX_DEPTH} levels deep; name the parts as inputs")

    def close(self, opening: _Token) -> None:
        if not self.take(")"):
            if self.token.kind == "end":
                raise FormulaError("formula_syntax", opening.column, "this ( is never closed")
            raise self.unexpected()
        self.depth -= 1

    def unexpected(self) -> FormulaError:
        """The token that stands where it cannot: told apart by whether a value or an operator was due."""
        token = self.token
        before = self.tokens[self.position - 1] if self.position else None
        value_stands = before is not None and (before.kind in ("number", "name") or before.text == ")")
        if not value_stands:
            found = f"before {token.text!r}" if token.text else "at the end"
            message = f"a number, a name or ( is missing {found}"
        elif token.text == ")":
            message = "this ) closes nothing"
        elif token.text == ",":
            message = "a comma only separates the values of a function; write 1000 without it"
        else:
            message = f"an operator (+ - * / or a comparison) is missing before {token.text!r}"
        return FormulaError("formula_syntax", token.column, message)


def _product(first: _Value, rest: list[tuple[str, _Value]]) -> _Value:
    """A chain of × and ÷ from left to right, watching each denominator."""

    def value(values: _Values) -> Fraction:
        result = first(values)
        for sign, factor in rest:
            other = factor(values)
            if sign == "*":
                result *= other
            elif other == 0:
                raise ZeroDenominator(result == 0)
            elif other < 0:
                raise NegativeDenominator("division by a negative number")
            else:
                result /= other
        return result

    return value


def _applied(function: str, arguments: list[_Value], places: int) -> _Value:
    """A function over its arguments; round is half-up on magnitudes, like every rounding of the service."""
    first = arguments[0]
    if function == "abs":
        return lambda values: abs(first(values))
    if function == "round":
        return lambda values: Fraction(_half_up(first(values), places), 10**places)
    if function == "min":
        return lambda values: min(argument(values) for argument in arguments)
    if function == "max":
        return lambda values: max(argument(values) for argument in arguments)
    count = len(arguments) if function == "mean" else 1
    return lambda values: sum((argument(values) for argument in arguments), Fraction(0)) / count


def _half_up(value: Fraction, places: int) -> int:
    """value × 10^places as the nearest integer, halves away from zero."""
    units: int = 10**places
    shifted = value * units
    magnitude = (2 * abs(shifted.numerator) + shifted.denominator) // (2 * shifted.denominator)
    return magnitude if value >= 0 else -magnitude
