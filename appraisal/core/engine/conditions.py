"""The condition language of the rule files: which facts HR may compare with which constants, and nothing else.

A condition is read into alternatives (joined by `or`), each a conjunction of comparisons of one fact with one constant: the
only shape the rule engine is trusted with. Facts against facts, arithmetic, `!=` and `not` are refused where they stand,
because a figure that is missing must never make a condition true. The reader is our own, like that of formulas.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.errors import FormulaError
from appraisal.core.numbers import ONE, parse_number
from appraisal.core.policy.tree import did_you_mean

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 32
MAX_ALTERNATIVES: Final = 60

Stage = Literal["incidents", "outcomes"]
Comparison = Literal[">=", "<=", ">", "<", "=="]

CADENCES: Final[Mapping[str, int]] = {"week": 0, "month": 1, "quarter": 2, "half": 3, "year": 4}
_FLAGS: Final[Mapping[str, int]] = {"false": 0, "true": 1, "0": 0, "1": 1}


@dataclass(frozen=True)
class Kind:
    """A fact of a stage: what stands in its parentheses, what it is compared with, whether a case may lack it."""

    argument: Literal["", "event", "item", "periods", "grades"]
    constant: Literal["number", "count", "grade", "cadence", "flag"]
    may_be_missing: bool = False


KINDS: Final[Mapping[Stage, Mapping[str, Kind]]] = {
    "incidents": {
        "incident": Kind("event", "count"),
        "actual": Kind("item", "number", may_be_missing=True),
        "score": Kind("item", "number", may_be_missing=True),
        "rating": Kind("item", "number", may_be_missing=True),
    },
    "outcomes": {
        "grade": Kind("", "grade"),
        "run": Kind("grades", "count"),
        "grade_before": Kind("periods", "grade", may_be_missing=True),
        "cadence": Kind("", "cadence"),
        "score": Kind("", "number", may_be_missing=True),
        "lowest_item_score": Kind("", "number", may_be_missing=True),
        "vetoed": Kind("", "flag"),
    },
}
WHOLE: Final = frozenset(name for kinds in KINDS.values() for name, kind in kinds.items() if kind.constant != "number")
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
_COMPARISONS: Final[Mapping[str, Comparison]] = {
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
_NOT_EQUAL: Final = ("没有“不等于”, 用 or 连接 < 与 >", "there is no 'not equal', join < and > with or")
_INSTEAD: Final = {
    "=": ("比较相等写 ==", "write == to compare"),
    "!=": _NOT_EQUAL,
    "<>": _NOT_EQUAL,
    "≠": _NOT_EQUAL,
    "&&": ("写 and", "write and"),
    "||": ("写 or", "write or"),
}
_RANGE: Final = ("一次只比较两个值, 区间写作 score >= 60 and score < 85", "a range is score >= 60 and score < 85")


@dataclass(frozen=True)
class Fact:
    """Something a condition compares: `argument` is its event, item or number of periods back.

    The fact `run` counts periods whose grade stands in `operator` to the grade of `rank` (the lowest grade is 0).
    """

    kind: str
    argument: str | None = None
    operator: Comparison | None = None
    rank: int | None = None
    may_be_missing: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """Its one spelling, under which its value is given."""
        return self.kind if self.argument is None else f"{self.kind}({self.argument})"

    @property
    def is_whole(self) -> bool:
        """Whether its values are integers by nature: counts, grades, cadences, flags."""
        return self.kind in WHOLE


@dataclass(frozen=True)
class Atom:
    """One fact against one constant; grades, cadences and flags are integers by now."""

    fact: Fact
    operator: Comparison
    constant: Decimal


Alternatives = tuple[tuple[Atom, ...], ...]


def parse_condition(text: str, stage: Stage, grades: Sequence[str]) -> Alternatives:
    """The alternatives that `text` writes, each said once; `grades` from the lowest up.

    Raises FormulaError with a bilingual message and the column. Codes: condition_too_long, condition_too_deep,
    condition_syntax, condition_not_allowed, too_many_alternatives, unknown_fact, unknown_grade, unknown_value, bad_number.
    """
    if len(text) > MAX_LENGTH:
        zh = f"条件有 {len(text)} 个字符, 至多 {MAX_LENGTH}, 请分成几条"
        en = f"the condition has {len(text)} characters, the most is {MAX_LENGTH}; split it"
        raise _refusal("condition_too_long", MAX_LENGTH + 1, zh, en)
    return _Parser(text, stage, grades).condition()


def _refusal(code: str, column: int, zh: str, en: str) -> FormulaError:
    return FormulaError(code, column, f"{zh} | {en}")


@dataclass(frozen=True)
class _Token:
    """A word of the condition: `text` in English, `written` as it stands."""

    kind: str
    text: str
    written: str
    column: int


def _tokens(text: str, grades: Sequence[str]) -> Iterator[_Token]:
    """The words of the condition, split at 且 and 或 even without spaces; refuses whatever is no word of the language."""
    for match in _TOKEN.finditer(text.translate(_SIGNS)):
        kind, word, column = match.lastgroup, match.group(), match.start() + 1
        if kind is None:
            continue
        if kind == "other":
            zh = f"{word!r} 不属于条件语言: 只有事实、比较符、值、and、or 和括号, 要计算请先定义为指标"
            en = f"{word!r} is no part of a condition: only facts, comparisons, values, and, or, ( ); compute in an indicator"
            raise _refusal("condition_not_allowed", column, zh, en)
        if word in _INSTEAD:
            zh, en = _INSTEAD[word]
            raise _refusal("condition_not_allowed", column, f"{word!r} 不可用: {zh}", f"{word!r} is not allowed: {en}")
        if kind == "word" and word not in grades:
            for part in _JOINED.finditer(word):
                yield _Token("word", _ALIASES.get(part.group(), part.group()), part.group(), column + part.start())
        else:
            yield _Token(kind, word, word, column)
    yield _Token("end", "", "", len(text) + 1)


class _Parser:
    """Recursive descent over `or`, `and`, comparisons and parentheses; depth and alternatives are bounded."""

    def __init__(self, text: str, stage: Stage, grades: Sequence[str]) -> None:
        self.grades = {grade: rank for rank, grade in enumerate(grades)}
        self.kinds = KINDS[stage]
        self.tokens = list(_tokens(text, grades))
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> _Token | None:
        """The next token when it is one of `texts`, else None."""
        token = self.token
        if token.kind == "end" or token.text not in texts:
            return None
        self.position += 1
        return token

    def condition(self) -> Alternatives:
        alternatives = self.either()
        if self.token.kind != "end":
            raise self.unexpected("此处应为 and、or 或结尾", "and, or, or the end is expected here")
        return alternatives

    def either(self) -> Alternatives:
        alternatives = self.both()
        while joint := self.take("or"):
            alternatives = self.distinct(joint, (*alternatives, *self.both()))
        return alternatives

    def both(self) -> Alternatives:
        alternatives = self.operand()
        while joint := self.take("and"):
            right = self.operand()
            alternatives = self.distinct(joint, [(*one, *other) for one in alternatives for other in right])
        return alternatives

    def distinct(self, joint: _Token, alternatives: Sequence[tuple[Atom, ...]]) -> Alternatives:
        found = tuple(dict.fromkeys(tuple(dict.fromkeys(alternative)) for alternative in alternatives))
        if len(found) > MAX_ALTERNATIVES:
            zh, en = f"展开后超过 {MAX_ALTERNATIVES} 种情形", f"written out this has more than {MAX_ALTERNATIVES} alternatives"
            raise _refusal("too_many_alternatives", joint.column, f"{zh}, 请拆成几条规则", f"{en}; split it into several rules")
        return found

    def operand(self) -> Alternatives:
        opening = self.take("(")
        if opening is None:
            return ((self.comparison(),),)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            zh, en = f"括号超过 {MAX_DEPTH} 层, 请拆成几条", f"more than {MAX_DEPTH} levels deep; split the condition"
            raise _refusal("condition_too_deep", opening.column, zh, en)
        inner = self.either()
        self.close(opening)
        self.depth -= 1
        return inner

    def comparison(self) -> Atom:
        fact, kind = self.fact()
        if kind.constant == "flag" and self.token.text not in _COMPARISONS:
            return Atom(fact, "==", ONE)
        column, operator = self.token.column, self.operator()
        if kind.constant in ("cadence", "flag") and operator != "==":
            zh, en = f"{fact.name} 只能用 == 比较", f"{fact.name} can only be compared with =="
            raise _refusal("condition_not_allowed", column, zh, en)
        return Atom(fact, operator, self.constant(fact, kind))

    def operator(self) -> Comparison:
        sign = self.take(*_COMPARISONS)
        if sign is None:
            raise self.unexpected("此处应为 >= <= > < 或 ==", "one of >= <= > < == is expected here")
        return _COMPARISONS[sign.text]

    def fact(self) -> tuple[Fact, Kind]:
        token = self.token
        if token.text == "not":
            zh, en = "没有 not, 请改用相反的比较符", "there is no not, use the opposite comparison"
            raise _refusal("condition_not_allowed", token.column, zh, en)
        if token.kind == "number":
            zh, en = f"事实写在左边, 如 score >= {token.text}", f"write the fact first, as in score >= {token.text}"
            raise _refusal("condition_syntax", token.column, f"{zh}; {_RANGE[0]}", f"{en}; {_RANGE[1]}")
        if token.kind != "word" or token.text in ("and", "or"):
            raise self.unexpected("此处缺少事实", "a fact is missing here")
        kind = self.kinds.get(token.text)
        if kind is None:
            zh, en = did_you_mean(token.text, self.kinds)
            zh, en = f"没有事实 {token.written!r}, {zh}", f"there is no fact {token.written!r} here, {en}"
            raise _refusal("unknown_fact", token.column, zh, en)
        self.position += 1
        fact = Fact(token.text, may_be_missing=kind.may_be_missing)
        opening = self.take("(")
        if (opening is None) != (kind.argument == ""):
            usage = f"{token.text}({kind.argument})" if kind.argument else token.text
            raise _refusal("condition_syntax", (opening or token).column, f"写作 {usage}", f"write {usage}")
        if opening is not None:
            fact = self.argument(fact, kind)
            self.close(opening)
        return fact, kind

    def argument(self, fact: Fact, kind: Kind) -> Fact:
        """The fact with what stands in its parentheses."""
        token = self.token
        operator: Comparison | None = None
        rank: int | None = None
        if kind.argument == "grades":
            if not self.take("grade"):
                raise _refusal("condition_not_allowed", token.column, "写作 run(grade >= A)", "write run(grade >= A)")
            operator, word = self.operator(), self.token
            rank = int(self.constant(fact, Kind("", "grade")))
            argument = f"grade {operator} {word.written}"
        else:
            wanted = token.kind == "word" if kind.argument != "periods" else bool(re.fullmatch("[1-9][0-9]?", token.text))
            if not wanted:
                zh = "期数, 1 至 99" if kind.argument == "periods" else "代号"
                en = "a number of periods, 1 to 99" if kind.argument == "periods" else f"the id of an {kind.argument}"
                raise self.unexpected(f"此处应为{zh}", f"{en} is expected here")
            self.position += 1
            argument = token.written
        return Fact(fact.kind, argument, operator, rank, fact.may_be_missing)

    def constant(self, fact: Fact, kind: Kind) -> Decimal:
        """The constant a fact is compared with, as a number."""
        token = self.token
        self.position += 1
        if kind.constant in ("number", "count"):
            return self.figure(fact, token)
        names = {"grade": self.grades, "cadence": CADENCES, "flag": _FLAGS}[kind.constant]
        for spelling in (token.written, token.text):
            if spelling in names:
                return Decimal(names[spelling])
        zh, en = did_you_mean(token.written, names)
        zh, en = f"{token.written!r} 不是 {kind.constant} 的值, {zh}", f"{token.written!r} is no {kind.constant}, {en}"
        raise _refusal("unknown_grade" if kind.constant == "grade" else "unknown_value", token.column, zh, en)

    def figure(self, fact: Fact, token: _Token) -> Decimal:
        if token.kind == "word" and token.text in self.kinds:
            zh = "事实只能与固定的值比较, 不能与另一个事实比较, 请先定义为指标"
            en = "a fact is compared with a constant, not with another fact; define an indicator"
            raise _refusal("condition_not_allowed", token.column, zh, en)
        try:
            number = parse_number(token.text)
        except ValueError:
            zh = f"{token.written[:40]!r} 不是可用的数, 写作 85 或 84.5 (至多 15 位整数、8 位小数)"
            en = f"{token.written[:40]!r} is no usable number: write 85 or 84.5 (at most 15 digits, 8 decimals)"
            raise _refusal("bad_number", token.column, zh, en) from None
        if fact.is_whole and number != number.to_integral_value():
            zh, en = f"{fact.name} 是次数, 须与整数比较", f"{fact.name} counts: compare it with a whole number"
            raise _refusal("bad_number", token.column, zh, en)
        return number

    def close(self, opening: _Token) -> None:
        if not self.take(")"):
            if self.token.kind == "end":
                raise _refusal("condition_syntax", opening.column, "这个括号没有闭合", "this ( is never closed")
            raise self.unexpected("此处应为 )", ") is expected here")

    def unexpected(self, zh: str, en: str) -> FormulaError:
        """The token that stands where it cannot; a second comparison is told how to write a range."""
        if self.token.text in _COMPARISONS:
            zh, en = f"{zh}; {_RANGE[0]}", f"{en}; {_RANGE[1]}"
        return _refusal("condition_syntax", self.token.column, zh, en)
