"""The condition language of the rule files: which facts HR may compare with which constants, and nothing else.

A condition is read into alternatives (joined by `or`), each a conjunction of comparisons of one fact with one constant: the
only shape the rule engine is trusted with. Facts against facts, arithmetic, `!=` and `not` are refused where they stand,
because a figure that is missing must never make a condition true.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, NoReturn

from appraisal.core.errors import FormulaError
from appraisal.core.numbers import ONE, ZERO, parse_number
from appraisal.core.policy.tree import did_you_mean

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 32
MAX_ALTERNATIVES: Final = 60

Stage = Literal["incidents", "grade", "outcomes"]
Values = Literal["number", "count", "grade", "cadence", "flag"]
Argument = Literal["none", "event", "item", "periods", "test"]
Operator = Literal[">=", "<=", ">", "<", "=="]

OPERATORS: Final[Mapping[Operator, Callable[[Decimal, Decimal], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
CADENCES: Final = ("week", "month", "quarter", "half", "year")
FLAGS: Final = ("false", "true")


@dataclass(frozen=True)
class Kind:
    """A fact of a stage: what stands in its parentheses, what its values are, whether a case may lack it."""

    argument: Argument
    values: Values
    may_be_missing: bool = False


FACTS: Final[Mapping[Stage, Mapping[str, Kind]]] = {
    "incidents": {
        "incident": Kind("event", "count"),
        "actual": Kind("item", "number", may_be_missing=True),
        "score": Kind("item", "number", may_be_missing=True),
        "rating": Kind("item", "number", may_be_missing=True),
    },
    "grade": {"score": Kind("none", "number")},
    "outcomes": {
        "grade": Kind("none", "grade"),
        "run": Kind("test", "count"),
        "grade_before": Kind("periods", "grade", may_be_missing=True),
        "cadence": Kind("none", "cadence"),
        "score": Kind("none", "number", may_be_missing=True),
        "lowest_item_score": Kind("none", "number", may_be_missing=True),
        "vetoed": Kind("none", "flag", may_be_missing=True),
    },
}
_ALIASES: Final = {
    "且": "and",
    "并且": "and",
    "或": "or",
    "或者": "or",
    "等级": "grade",
    "得分": "score",
    "连续": "run",
    "周期": "cadence",
    "否决": "vetoed",
    "前期等级": "grade_before",
    "最低项得分": "lowest_item_score",
    "事件": "incident",
    "实际值": "actual",
    "评分": "rating",
    "年度": "year",
    "半年": "half",
    "季度": "quarter",
    "月度": "month",
    "每周": "week",
    "是": "true",
    "否": "false",
}
_OPERATORS: Final[Mapping[str, Operator]] = {
    ">=": ">=",
    "≥": ">=",
    "<=": "<=",
    "≤": "<=",
    ">": ">",
    "<": "<",
    "==": "==",
}

# Same length on both sides, so that a column of the normalised text is a column of the text as written.
_SIGNS: Final = str.maketrans("（）＜＞＝！－−　", "()<>=!-- ")
_TOKEN: Final = re.compile(
    r"\s+|(?P<number>-?\.?\d[A-Za-z0-9_.]*)|(?P<word>[^\W\d][\w-]*\+?)"
    r"|(?P<sign><=|>=|==|!=|<>|&&|\|\||[<>=≤≥≠()])|(?P<other>.)",
    re.DOTALL,
)
_JOINED: Final = re.compile("并且|或者|且|或|(?:(?!并且)[^且或])+")
_NOT_EQUAL = ("没有“不等于”; 用 or 连接 < 与 >", "there is no 'not equal': join < and > with or")
_INSTEAD: Final = {
    "=": ("比较相等写 ==", "write == to compare"),
    "!=": _NOT_EQUAL,
    "<>": _NOT_EQUAL,
    "≠": _NOT_EQUAL,
    "&&": ("写 and", "write and"),
    "||": ("写 or", "write or"),
}


class ConditionError(FormulaError):
    """A condition that is refused: code, column from 1, and the reason in both languages (`message` is the English one)."""

    def __init__(self, code: str, column: int, zh: str, en: str) -> None:
        super().__init__(code, column, en)
        self.zh = zh


@dataclass(frozen=True)
class GradeTest:
    """The condition inside run(…), on the rank of one period's grade."""

    operator: Operator
    rank: int

    def holds(self, rank: int) -> bool:
        """Whether a grade of this rank satisfies it."""
        return OPERATORS[self.operator](Decimal(rank), Decimal(self.rank))


@dataclass(frozen=True)
class Fact:
    """Something a condition compares. `name` is its one spelling, as in `run(grade >= A)`; `names` are its values' names.

    Grades and cadences stand for their place in `names`: a grade's rank, the lowest 0.
    """

    name: str
    kind: str
    values: Values = "number"
    argument: str | None = None
    test: GradeTest | None = None
    may_be_missing: bool = False
    names: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its values are integers by nature, so that one key serves every operator."""
        return self.values != "number"

    @cached_property
    def domain(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the greatest value it can have, where there is one."""
        if self.names:
            return ZERO, Decimal(len(self.names) - 1)
        return (ZERO if self.is_whole else None), None

    def number(self, value: "Decimal | int | str | None") -> "Decimal | int | None":
        """The number behind a value; names become places. Raises ValueError for an unknown name."""
        return self.names.index(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Comparison:
    """One fact against one constant; `column` is where it stands in its condition."""

    fact: Fact
    operator: Operator
    constant: Decimal
    column: int = field(default=1, compare=False)

    def holds(self, value: "Decimal | int | None") -> bool:
        """Whether the value satisfies it; a missing one never does."""
        return value is not None and OPERATORS[self.operator](Decimal(value), self.constant)


Alternative = tuple[Comparison, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What the policy declares that conditions may name; `grades` from the lowest up."""

    grades: tuple[str, ...]
    events: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()


def score_fact() -> Fact:
    """The total that bands are compared with."""
    return Fact("score", "score")


def incident_fact(event: str) -> Fact:
    """How often an event is confirmed."""
    return Fact(f"incident({event})", "incident", "count", event)


def parse_condition(text: str, stage: Stage, vocabulary: Vocabulary) -> tuple[Alternative, ...]:
    """The alternatives that `text` writes, each said once. Raises ConditionError with its column.

    Codes: condition_too_long, condition_too_deep, condition_syntax, condition_not_allowed, too_many_alternatives,
    unknown_fact, unknown_name, unknown_grade, bad_number.
    """
    if len(text) > MAX_LENGTH:
        zh = f"条件有 {len(text)} 个字符, 至多 {MAX_LENGTH}; 请分成几条"
        en = f"the condition has {len(text)} characters, the most is {MAX_LENGTH}; split it into several"
        raise ConditionError("condition_too_long", MAX_LENGTH + 1, zh, en)
    return _Parser(text, stage, vocabulary).condition()


def is_impossible(alternative: Alternative) -> bool:
    """Whether no value of some fact can satisfy all its comparisons."""
    return any(_is_empty(fact, comparisons) for fact, comparisons in _by_fact(alternative))


def is_certain(alternative: Alternative) -> bool:
    """Whether every value a fact can have satisfies it, so that it tells no case from another."""
    return all(_is_certain(fact, comparisons) for fact, comparisons in _by_fact(alternative))


def _by_fact(alternative: Alternative) -> Iterator[tuple[Fact, list[Comparison]]]:
    for fact in dict.fromkeys(comparison.fact for comparison in alternative):
        yield fact, [comparison for comparison in alternative if comparison.fact == fact]


def _is_empty(fact: Fact, comparisons: Sequence[Comparison]) -> bool:
    """Tries the only values that could do: the edges, and whatever lies beside and between them."""
    edges = sorted({comparison.constant for comparison in comparisons})
    step = ONE if fact.is_whole else (edges[-1] - edges[0] + 1) / 4
    gap = min((above - below for below, above in zip(edges, edges[1:], strict=False)), default=ONE)
    beside = step if fact.is_whole else min(step, gap / 2)
    candidates = [edge + offset for edge in edges for offset in (-beside, ZERO, beside)]
    least, most = fact.domain
    return not any(
        all(comparison.holds(value) for comparison in comparisons)
        for value in candidates
        if (least is None or value >= least) and (most is None or value <= most)
    )


def _is_certain(fact: Fact, comparisons: Sequence[Comparison]) -> bool:
    least, most = fact.domain
    if fact.may_be_missing or least is None:
        return False
    last = most if most is not None else max([least, *(comparison.constant + 1 for comparison in comparisons)])
    open_end = most is None and any(comparison.operator in ("<", "<=", "==") for comparison in comparisons)
    return not open_end and all(comparison.holds(value) for comparison in comparisons for value in (least, last))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    written: str
    column: int


def _tokens(text: str, grades: Sequence[str]) -> Iterator[_Token]:
    """The words of the condition, Chinese words by their English name; refuses whatever is no word of the language."""
    for match in _TOKEN.finditer(text.translate(_SIGNS)):
        kind, word, column = match.lastgroup, match.group(), match.start() + 1
        if kind is None:
            continue
        if kind == "other":
            zh = f"{word!r} 不属于条件语言: 可用事实、比较符、值、and、or 和括号; 要计算请先定义为指标"
            en = f"{word!r} is not part of a condition: facts, comparisons, values, and, or, parentheses are; compute in an indicator"
            raise ConditionError("condition_not_allowed", column, zh, en)
        if word in _INSTEAD:
            zh, en = _INSTEAD[word]
            raise ConditionError("condition_not_allowed", column, f"{word!r} 不可用: {zh}", f"{word!r} is not allowed: {en}")
        if kind == "word" and word not in grades:
            for part in _JOINED.finditer(word):
                yield _Token("word", _ALIASES.get(part.group(), part.group()), part.group(), column + part.start())
        else:
            yield _Token(kind, word, word, column)
    yield _Token("end", "", "", len(text) + 1)


class _Parser:
    """Recursive descent over `or`, `and`, comparisons and parentheses; depth and alternatives are bounded."""

    def __init__(self, text: str, stage: Stage, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.stage: Stage = stage
        self.tokens = list(_tokens(text, vocabulary.grades))
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> _Token | None:
        token = self.token
        if token.kind == "end" or token.text not in texts:
            return None
        self.position += 1
        return token

    def condition(self) -> tuple[Alternative, ...]:
        alternatives = self.either()
        if self.token.kind != "end":
            self.refuse_syntax("此处应为 and、or 或结尾", "and, or, or the end is expected here")
        return alternatives

    def either(self) -> tuple[Alternative, ...]:
        alternatives = self.both()
        while joint := self.take("or"):
            alternatives = self.distinct(joint, (*alternatives, *self.both()))
        return alternatives

    def both(self) -> tuple[Alternative, ...]:
        alternatives = self.comparison()
        while joint := self.take("and"):
            right = self.comparison()
            pairs = [tuple(dict.fromkeys((*one, *other))) for one in alternatives for other in right]
            alternatives = self.distinct(joint, pairs)
        return alternatives

    def distinct(self, joint: _Token, alternatives: Sequence[Alternative]) -> tuple[Alternative, ...]:
        found = tuple(dict.fromkeys(alternatives))
        if len(found) > MAX_ALTERNATIVES:
            zh = f"展开后超过 {MAX_ALTERNATIVES} 种情形; 请拆成几条规则"
            en = f"written out this has more than {MAX_ALTERNATIVES} alternatives; split it into several rules"
            raise ConditionError("too_many_alternatives", joint.column, zh, en)
        return found

    def comparison(self) -> tuple[Alternative, ...]:
        opening = self.take("(")
        if opening is None:
            return ((self.single(),),)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            zh, en = f"括号超过 {MAX_DEPTH} 层; 请拆成几条", f"more than {MAX_DEPTH} levels deep; split the condition"
            raise ConditionError("condition_too_deep", opening.column, zh, en)
        inner = self.either()
        self.close(opening)
        self.depth -= 1
        return inner

    def single(self) -> Comparison:
        column = self.token.column
        fact = self.fact()
        if fact.values == "flag" and self.token.text not in _OPERATORS:
            return Comparison(fact, "==", ONE, column)
        symbol = self.comparator()
        return Comparison(fact, symbol, self.constant(fact, symbol), column)

    def comparator(self) -> Operator:
        sign = self.take(*_OPERATORS)
        if sign is None:
            self.refuse_syntax("此处应为 >= <= > < 或 ==", "one of >= <= > < == is expected here")
        return _OPERATORS[sign.text]

    def fact(self) -> Fact:
        token, facts = self.token, FACTS[self.stage]
        if token.kind == "number":
            zh = f"事实写在左边, 如 score >= {token.text}; 区间写作 score >= 60 and score < 85"
            en = f"write the fact first, as in score >= {token.text}; a range is score >= 60 and score < 85"
            raise ConditionError("condition_syntax", token.column, zh, en)
        if token.kind != "word" or token.text in ("and", "or"):
            self.refuse_syntax("此处缺少事实", "a fact is missing here")
        kind = facts.get(token.text)
        if kind is None:
            zh, en = did_you_mean(token.text, facts)
            zh, en = f"没有事实 {token.written!r}, {zh}", f"there is no fact {token.written!r} here, {en}"
            raise ConditionError("unknown_fact", token.column, zh, en)
        self.position += 1
        names = {"grade": self.vocabulary.grades, "cadence": CADENCES, "flag": FLAGS}.get(kind.values, ())
        argument, test = self.argument(token, kind)
        name = token.text if argument is None else f"{token.text}({argument})"
        return Fact(name, token.text, kind.values, argument, test, kind.may_be_missing, names)

    def argument(self, named: _Token, kind: Kind) -> tuple[str | None, GradeTest | None]:
        """What stands in the parentheses after a fact."""
        opening = self.take("(")
        if kind.argument == "none":
            if opening:
                zh, en = f"{named.written} 后面不写括号", f"{named.text} takes no parentheses"
                raise ConditionError("condition_syntax", opening.column, zh, en)
            return None, None
        if opening is None:
            usage = {"event": "事件", "item": "项目", "periods": "1", "test": "grade >= A"}[kind.argument]
            zh, en = f"写作 {named.written}({usage})", f"write {named.text}(…) and name its {kind.argument}"
            raise ConditionError("condition_syntax", named.column, zh, en)
        test, token = None, self.token
        if kind.argument == "test":
            argument, test = self.grade_test()
        else:
            argument = self.periods(token) if kind.argument == "periods" else self.known(token, kind.argument)
            self.position += 1
        self.close(opening)
        return argument, test

    def grade_test(self) -> tuple[str, GradeTest]:
        word = self.token
        if not self.take("grade"):
            zh, en = "连续的条件写作 run(grade >= A)", "a run is of grades: write run(grade >= A)"
            raise ConditionError("condition_not_allowed", word.column, zh, en)
        fact = Fact("grade", "grade", "grade", names=self.vocabulary.grades)
        symbol = self.comparator()
        rank = int(self.constant(fact, symbol))
        return f"grade {symbol} {self.vocabulary.grades[rank]}", GradeTest(symbol, rank)

    def periods(self, token: _Token) -> str:
        if token.kind != "number" or not re.fullmatch("[1-9][0-9]?", token.text):
            zh, en = "此处为往前数的期数, 1 至 99", "a whole number of periods back, 1 to 99, is expected here"
            raise ConditionError("bad_number", token.column, zh, en)
        return token.text

    def known(self, token: _Token, what: Argument) -> str:
        known = self.vocabulary.events if what == "event" else self.vocabulary.items
        if token.kind != "word" or token.written not in known:
            label = "事件" if what == "event" else "项目"
            zh, en = did_you_mean(token.written, sorted(known))
            zh, en = f"没有{label} {token.written!r}, {zh}", f"there is no {what} {token.written!r}, {en}"
            raise ConditionError("unknown_name", token.column, zh, en)
        return token.written

    def constant(self, fact: Fact, symbol: Operator) -> Decimal:
        """The constant a fact is compared with, as a number."""
        token = self.token
        self.position += 1
        if fact.values in ("cadence", "flag") and symbol != "==":
            zh, en = f"{fact.name} 只能用 == 比较", f"{fact.name} can only be compared with =="
            raise ConditionError("condition_not_allowed", self.tokens[self.position - 2].column, zh, en)
        if fact.names:
            spelling = token.text if token.text in fact.names else token.written
            if spelling in fact.names:
                return Decimal(fact.names.index(spelling))
            code = "unknown_grade" if fact.values == "grade" else "unknown_name"
            zh, en = did_you_mean(token.written, fact.names)
            shown = repr(token.written) if token.written else "结尾 | the end"
            raise ConditionError(code, token.column, f"{shown} 不是 {fact.kind} 的值, {zh}", f"{shown} is no {fact.kind}, {en}")
        return self.figure(fact, token)

    def figure(self, fact: Fact, token: _Token) -> Decimal:
        if token.kind == "word" and token.text in FACTS[self.stage]:
            zh = "事实只能与固定的值比较, 不能与另一个事实比较; 请先定义为指标"
            raise ConditionError("condition_not_allowed", token.column, zh, "a fact is compared with a constant, not with another fact")
        try:
            number = parse_number(token.text)
        except ValueError:
            shown = token.written[:40]
            zh = f"{shown!r} 不是可用的数: 写作 85 或 84.5 (至多 15 位整数、8 位小数)"
            en = f"{shown!r} is no usable number: write 85 or 84.5 (at most 15 digits, 8 decimals)"
            raise ConditionError("bad_number", token.column, zh, en) from None
        if fact.is_whole and number != number.to_integral_value():
            zh, en = f"{fact.name} 是次数, 须与整数比较", f"{fact.name} counts: compare it with a whole number"
            raise ConditionError("bad_number", token.column, zh, en)
        return number

    def close(self, opening: _Token) -> None:
        if not self.take(")"):
            if self.token.kind == "end":
                raise ConditionError("condition_syntax", opening.column, "这个括号没有闭合", "this ( is never closed")
            self.refuse_syntax("此处应为 )", ") is expected here")

    def refuse_syntax(self, zh: str, en: str) -> NoReturn:
        token = self.token
        if token.text in _OPERATORS:
            zh += "; 一次只比较两个值, 区间写作 score >= 60 and score < 85"
            en += "; only two values are compared at once, a range is score >= 60 and score < 85"
        if token.text == "not":
            zh, en = "没有 not: 请改用相反的比较符", "there is no not: use the opposite comparison"
        raise ConditionError("condition_syntax", token.column, zh, en)
