"""What is appraised: one frozen case of agreed items, actuals, ratings, incidents and history. Missing is None, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from appraisal.core.calendar import Period, parse_date
from appraisal.core.errors import ScoringError
from appraisal.core.numbers import ONE, parse_number, parse_total

Kind = Literal["kpi", "gs"]
Direction = Literal["higher", "lower", "target", "zero"]
Reach = Literal["self", "unit", "named", "superior", "post"]
PartKind = Literal["sheet", "quarter", "feedback", "development", "unit", "company"]


@dataclass(frozen=True)
class Judged:
    """What one of several who rate a goal together gave, with their share in points of 100."""

    share: Decimal
    rating: Decimal


@dataclass(frozen=True)
class Item:
    """One agreed item. Numbers are in the indicator's unit; `weight` in points of 100; `rating` on the policy's scale.

    Where several rated it together, `rating` (or each of `factors`) is their mean by shares, and `judged` says of what.

    `name` is for a goal of the person's own that is not in the library.
    """

    id: str
    kind: Kind
    weight: Decimal
    dimension: str | None = None
    name: str | None = None
    target: Decimal | None = None
    challenge: Decimal | None = None
    threshold: Decimal | None = None
    baseline: Decimal | None = None
    actual: Decimal | None = None
    actual2: Decimal | None = None
    last_actual: Decimal | None = None
    rating: Decimal | None = None
    curve: str | None = None
    direction: Direction | None = None
    factors: Mapping[str, Decimal | None] = field(default_factory=dict)
    factor_max: Mapping[str, Decimal] = field(default_factory=dict)
    events: Mapping[str, Decimal] | None = None
    inputs: Mapping[str, Decimal | None] | None = None
    judged: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Incident:
    """A veto event or complaint that reaches this person. Only confirmed ones count (D-20)."""

    event: str
    count: int = 1
    confirmed: bool = True
    reach: Reach = "self"


@dataclass(frozen=True)
class PastGrade:
    """A grade of an earlier period. A `collective` D came from a unit veto and does not count as one of several D."""

    period: Period
    grade: str
    collective: bool = False


@dataclass(frozen=True)
class Part:
    """One of several things a result is made of, with its score from 0 to 100.

    `share` weighs it among the parts of its kind (days, or 1 each); `source` says where it comes from. `computed` is the score
    before incidents where that differs; `coefficient` is what a unit's result makes of its people's bonuses (D-02).
    """

    kind: PartKind
    share: Decimal
    score: Decimal
    source: str = ""
    computed: Decimal | None = None
    vetoed: bool = False
    coefficient: Decimal | None = None

    @property
    def before(self) -> Decimal:
        """The score before incidents."""
        return self.score if self.computed is None else self.computed


@dataclass(frozen=True)
class Case:
    """One post sheet of one person in one period, judged under the policy in force on `on`.

    `history` and `parts` concern the person, not the sheet: of several sheets those of the first one count.
    """

    on: date
    period: Period
    post: str
    items: tuple[Item, ...]
    incidents: tuple[Incident, ...] = ()
    history: tuple[PastGrade, ...] = ()
    policy: str | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One post sheet of an appraisal with its share of the whole: days in the post, or points of 100 (D-04)."""

    case: Case
    share: Decimal = ONE
    label: str = ""


def case_from_json(data: Any) -> Case:
    """The case that parsed JSON writes; JSON numbers must have been read as their text (`parse_float=str`-like).

    Raises ScoringError with the code `bad_case`, `unknown_key`, `bad_number`, `bad_period`, `bad_date` or `bad_value`
    and the path of the value at fault.
    """
    reader = _Reader(data, "")
    reader.only("policy", "on", "period", "post", "items", "incidents", "history", "parts")
    return Case(
        policy=reader.text("policy", optional=True),
        on=reader.date("on"),
        period=reader.period("period"),
        post=reader.text("post") or "",
        items=tuple(_item(entry) for entry in reader.list("items")),
        incidents=tuple(_incident(entry) for entry in reader.list("incidents", optional=True)),
        history=tuple(_past_grade(entry) for entry in reader.list("history", optional=True)),
        parts=tuple(_part(entry) for entry in reader.list("parts", optional=True)),
    )


def _item(reader: "_Reader") -> Item:
    reader.only(*Item.__dataclass_fields__)
    kind = reader.choice("kind", get_args(Kind))
    weight = reader.number("weight")
    if weight is None:
        raise reader.error("bad_value", "weight", "缺少权重", "the weight is missing")
    return Item(
        id=reader.text("id") or "",
        kind=kind,  # type: ignore[arg-type]
        weight=weight,
        dimension=reader.text("dimension", optional=True),
        name=reader.text("name", optional=True),
        curve=reader.text("curve", optional=True),
        direction=reader.choice("direction", get_args(Direction), optional=True),  # type: ignore[arg-type]
        factors=reader.numbers("factors"),
        factor_max={name: value for name, value in reader.numbers("factor_max").items() if value is not None},
        events=None if reader.absent("events") else reader.counts("events"),
        inputs=None if reader.absent("inputs") else reader.numbers("inputs"),
        judged=tuple(_judged(entry) for entry in reader.list("judged", optional=True)),
        **{
            name: reader.number(name)
            for name in ("target", "challenge", "threshold", "baseline", "actual", "actual2", "last_actual", "rating")
        },
    )


def _judged(reader: "_Reader") -> Judged:
    reader.only("share", "rating")
    share, rating = reader.number("share"), reader.number("rating")
    if share is None or rating is None:
        raise reader.error("bad_value", "share" if share is None else "rating", "缺少份额或评分", "share or rating is missing")
    return Judged(share, rating)


def _incident(reader: "_Reader") -> Incident:
    reader.only("event", "count", "confirmed", "reach")
    count = reader.number("count")
    if count is not None and (count != int(count) or count < 0):
        raise reader.error("bad_number", "count", "次数须为不小于 0 的整数", "a count is a whole number, 0 or more")
    return Incident(
        event=reader.text("event") or "",
        count=1 if count is None else int(count),
        confirmed=reader.flag("confirmed", default=True),
        reach=reader.choice("reach", get_args(Reach), optional=True) or "self",  # type: ignore[arg-type]
    )


def _past_grade(reader: "_Reader") -> PastGrade:
    reader.only("period", "grade", "collective")
    return PastGrade(reader.period("period"), reader.text("grade") or "", reader.flag("collective", default=False))


def _part(reader: "_Reader") -> Part:
    reader.only(*Part.__dataclass_fields__)
    share, score, coefficient = reader.number("share"), reader.total("score"), reader.number("coefficient")
    if score is None:
        zh, en = "缺少得分; 没有得分的部分不要写", "the score is missing; leave out a part without one"
        raise reader.error("bad_value", "score", zh, en)
    if coefficient is not None and coefficient < 0:
        raise reader.error("bad_number", "coefficient", "系数不能小于 0", "a coefficient cannot lie below 0")
    return Part(
        kind=reader.choice("kind", get_args(PartKind)[1:]),  # type: ignore[arg-type]
        share=ONE if share is None else share,
        score=score,
        source=reader.text("source", optional=True) or "",
        computed=reader.total("computed"),
        vetoed=reader.flag("vetoed", default=False),
        coefficient=coefficient,
    )


class _Reader:
    """Reads one JSON object strictly, naming the path of whatever is wrong."""

    def __init__(self, data: Any, path: str) -> None:
        self.path = path
        if not isinstance(data, dict):
            raise ScoringError("bad_case", path, "此处应为 JSON 对象", "a JSON object is expected here")
        self.data: dict[str, Any] = data

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def error(self, code: str, key: str, zh: str, en: str) -> ScoringError:
        return ScoringError(code, self.at(key), zh, en)

    def only(self, *known: str) -> None:
        for key in self.data:
            if key not in known:
                listing = ", ".join(known)
                raise self.error("unknown_key", key, f"未知的键; 可用: {listing}", f"unknown key; known are: {listing}")

    def absent(self, key: str) -> bool:
        return self.data.get(key) is None

    def text(self, key: str, optional: bool = False) -> str | None:
        value = self.data.get(key)
        if value is None and optional:
            return None
        if type(value) is not str or not value:
            raise self.error("bad_value", key, "应为非空文本", "a non-empty text is expected")
        return value

    def choice(self, key: str, allowed: tuple[str, ...], optional: bool = False) -> str | None:
        value = self.text(key, optional)
        if value is not None and value not in allowed:
            listing = ", ".join(allowed)
            raise self.error("bad_value", key, f"应为以下之一: {listing}", f"must be one of: {listing}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if type(value) is not bool:
            raise self.error("bad_value", key, "应为 true 或 false", "must be true or false")
        return value

    def number(self, key: str) -> Decimal | None:
        return self._number(key, self.data.get(key))

    def total(self, key: str) -> Decimal | None:
        value = self.data.get(key)
        if value is None:
            return None
        try:
            return parse_total(str(value) if type(value) in (int, str) else "")
        except ValueError:
            zh, en = "得分应为 0 至 100 的数, 至多 16 位小数", "a score is a number from 0 to 100 with at most 16 decimals"
            raise self.error("bad_number", key, zh, en) from None

    def numbers(self, key: str) -> dict[str, Decimal | None]:
        value = self.data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.error("bad_value", key, "应为名称到数值的对象", "an object from names to numbers is expected")
        return {name: self._number(f"{key}.{name}", entry) for name, entry in value.items()}

    def counts(self, key: str) -> dict[str, Decimal]:
        counts: dict[str, Decimal] = {}
        for name, count in self.numbers(key).items():
            if count is None:
                zh, en = "缺少次数; 没有发生写 0", "the count is missing; write 0 where none happened"
                raise self.error("bad_number", f"{key}.{name}", zh, en)
            counts[name] = count
        return counts

    def _number(self, key: str, value: Any) -> Decimal | None:
        if value is None:
            return None
        if type(value) is int:
            value = str(value)
        try:
            if not isinstance(value, str):
                raise ValueError
            return parse_number(value)
        except ValueError:
            shown = str(value)[:40]
            zh = f"{shown!r} 不是可用的数: 写作整数或小数, 如 85 或 85.25 (至多 15 位整数、8 位小数)"
            en = f"{shown!r} is no usable number: write an integer or plain decimal such as 85 or 85.25 (15 digits, 8 decimals)"
            raise self.error("bad_number", key, zh, en) from None

    def list(self, key: str, optional: bool = False) -> "list[_Reader]":
        value = self.data.get(key)
        if value is None and optional:
            return []
        if not isinstance(value, list):
            raise self.error("bad_value", key, "应为列表", "a list is expected")
        return [_Reader(entry, f"{self.at(key)}[{index}]") for index, entry in enumerate(value)]

    def period(self, key: str) -> Period:
        try:
            return Period.parse(self.text(key) or "")
        except ValueError:
            zh = "期间写作 2026、2026-H1、2026-Q1、2026-03 或 2026-W14"
            raise self.error("bad_period", key, zh, "write 2026, 2026-H1, 2026-Q1, 2026-03 or 2026-W14") from None

    def date(self, key: str) -> date:
        value = self.text(key) or ""
        try:
            return parse_date(value)
        except ValueError:
            raise self.error("bad_date", key, "日期写作 2026-03-31", "write the date as 2026-03-31") from None
