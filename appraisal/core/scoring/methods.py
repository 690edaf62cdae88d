"""What every scoring curve shares: what it reads, what it yields, how its parameters are bound, checked and remembered.

Apart from curves.py so that adding a curve is one function there and nothing here.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_type_hints

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.numbers import HUNDRED, ZERO, divide, plain, round_half_up, times
from appraisal.core.policy.binding import UNBOUND, Key, bind_keys
from appraisal.core.policy.model import Curve
from appraisal.core.policy.tree import Node, Problem, Where, did_you_mean, error

ANY_DIRECTION: Final[tuple[Direction | None, ...]] = ("higher", "lower", "target", "zero", None)

_FIGURES: Final = {
    "actual": ("实际值", "actual"),
    "actual2": ("第二实际值", "second actual"),
    "target": ("目标值", "target"),
    "challenge": ("挑战值", "challenge"),
    "threshold": ("底线值", "threshold"),
    "baseline": ("基准值", "baseline"),
}


class Reading(NamedTuple):
    """The figures one item puts before its curve, in the indicator's unit; None is missing, never 0."""

    places: int
    actual: Decimal | None = None
    target: Decimal | None = None
    challenge: Decimal | None = None
    threshold: Decimal | None = None
    baseline: Decimal | None = None
    actual2: Decimal | None = None
    events: Mapping[str, Decimal] | None = None
    direction: Direction | None = None


class Percent(NamedTuple):
    """A share shown in percent at two places; the score never rests on this rounding."""

    part: Decimal
    whole: Decimal

    def __str__(self) -> str:
        return plain(divide(times(self.part, HUNDRED), self.whole, 2))


class Points(NamedTuple):
    """A score of 0–100 and how it came about; the two phrases are put together only when somebody reads them."""

    score: Decimal
    template_zh: str
    template_en: str
    values: "tuple[Decimal | Percent | str, ...]" = ()

    @property
    def zh(self) -> str:
        return self.told()[0]

    @property
    def en(self) -> str:
        return self.told()[1]

    def told(self) -> tuple[str, str]:
        """Both phrases, zh and en."""
        shown = [_shown(value) for value in self.values]
        return self.template_zh.format(*shown), self.template_en.format(*shown)


Function = Callable[..., Points]
Check = Callable[[Mapping[str, Any], Where], Iterable[Problem]]


@dataclass(frozen=True)
class Method:
    """A way of scoring: its function, the parameters a rule file gives it, and the directions it makes sense for."""

    name: str
    function: Function
    directions: frozenset[Direction | None]
    checks: tuple[Check, ...]
    keys: Mapping[str, Key]
    defaults: Mapping[str, Any]

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.function) or ""


METHODS: Final[dict[str, Method]] = {}


def curve(*directions: Direction | None, checks: tuple[Check, ...] = ()) -> Callable[[Function], Function]:
    """Registers a scoring method under its function's name; its keyword-only arguments are what the rule file may write."""

    def register(function: Function) -> Function:
        hints = get_type_hints(function)
        given = [one for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
        METHODS[function.__name__] = Method(
            name=function.__name__,
            function=function,
            directions=frozenset(directions),
            checks=checks,
            keys={one.name.rstrip("_"): Key(one.name, hints[one.name], one.default is one.empty) for one in given},
            defaults={one.name: one.default for one in given if one.default is not one.empty},
        )
        return function

    return register


@dataclass(frozen=True)
class CompiledCurve:
    """A curve of the policy, ready to score. `parameters` are complete: defaults included."""

    id: str
    method: str
    parameters: Mapping[str, Any]
    directions: frozenset[Direction | None]
    function: Function = field(compare=False, repr=False)

    def __call__(self, reading: Reading) -> Points:
        """The item's points. Raises ScoringError with the path of the figure at fault inside the item."""
        if reading.direction not in self.directions:
            raise self._unsuited(reading.direction)
        return self.function(reading, **self.parameters)

    def _unsuited(self, direction: Direction | None) -> ScoringError:
        fitting = ", ".join(sorted(one for one in self.directions if one))
        if direction is None:
            zh, en = f"曲线 {self.id} 须知道指标方向 ({fitting})", f"curve {self.id} needs the direction ({fitting})"
            return ScoringError("direction_missing", "direction", zh, en)
        zh = f"曲线 {self.id} (方法 {self.method}) 适用于方向 {fitting}, 不适用于 {direction}; 请换一条曲线"
        en = f"curve {self.id} (method {self.method}) is for the direction {fitting}, not {direction}; choose another curve"
        return ScoringError("direction_unsuited", "direction", zh, en)


def compile_curve(curve: Curve) -> tuple[CompiledCurve | None, list[Problem]]:
    """The curve ready to score, or None and every problem of its method and parameters, each with its place."""
    method = METHODS.get(curve.method)
    if method is None:
        zh, en = did_you_mean(curve.method, METHODS)
        where = curve.where.at("method")
        return None, [error(where, f'未知的评分方法 "{curve.method}", {zh}', f'unknown method "{curve.method}", {en}')]
    node = curve.parameters or Node({}, curve.where)
    problems: list[Problem] = []
    bound = bind_keys(node, method.keys, problems)
    if bound is UNBOUND:
        return None, problems
    parameters = {**method.defaults, **bound}
    problems.extend(problem for check in method.checks for problem in check(parameters, node.where))
    if problems:
        return None, problems
    return CompiledCurve(curve.id, method.name, parameters, method.directions, method.function), []


# What curves use to read figures and to yield points.


def given(figure: Decimal | None, name: str) -> Decimal:
    """The figure. Raises ScoringError `<name>_missing`."""
    if figure is None:
        zh, en = _FIGURES[name]
        raise ScoringError(f"{name}_missing", name, f"缺少{zh}, 此曲线须用到它; 请填写", f"this curve needs the {en}; state it")
    return figure


def positive_target(reading: Reading) -> Decimal:
    """The target, above 0. Raises ScoringError `target_missing` or `target_not_positive` (G-32, D-12)."""
    target = given(reading.target, "target")
    if target <= 0:
        shown = plain(target)
        zh = f"目标值 {shown} 不大于 0, 不能按比率计分; 请改用层差、底线—目标—挑战或基准—目标进度曲线"
        en = f"with the target {shown} a ratio has no meaning; use a step table, threshold points or progress from a baseline"
        raise ScoringError("target_not_positive", "target", zh, en)
    return target


def not_negative(reading: Reading) -> Decimal:
    """The actual, a count or an amount that cannot lie below 0. Raises ScoringError `actual_missing` or `actual_negative`."""
    actual = given(reading.actual, "actual")
    if actual < 0:
        zh = f"实际值 {plain(actual)} 小于 0; 此曲线按次数或数量扣分, 请核对数据"
        en = f"the actual {plain(actual)} lies below 0, yet this curve deducts by count; check the figure"
        raise ScoringError("actual_negative", "actual", zh, en)
    return actual


def scored(
    reading: Reading,
    numerator: Decimal,
    denominator: Decimal,
    zh: str,
    en: str,
    *values: Decimal | Percent | str,
    low: Decimal = ZERO,
    high: Decimal = HUNDRED,
) -> Points:
    """numerator ÷ denominator, rounded once at the declared precision (D-11), no lower than `low`, no higher than `high`."""
    score = divide(numerator, denominator, reading.places)
    if score > high:
        return fixed(reading, high, zh + ", 封顶 {}", en + ", at most {}", *values, high)
    if score < low:
        return fixed(reading, low, zh + ", 最低 {}", en + ", at least {}", *values, low)
    return Points(score, zh, en, values)


def fixed(reading: Reading, points: Decimal, zh: str, en: str, *values: Decimal | Percent | str) -> Points:
    """Points that a rule file states outright, at the declared precision."""
    return Points(round_half_up(points, reading.places), zh, en, values)


# Checks of parameters that several curves share.


def within_100(*names: str) -> Check:
    """Each named parameter is a score: 0 to 100."""

    def check(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
        for name in names:
            yield from score_problems(parameters[name], where.at(name), name)

    return check


def score_problems(points: Decimal, where: Where, name: str = "points") -> Iterable[Problem]:
    """The problem of a score outside 0–100, if it is one."""
    if not ZERO <= points <= HUNDRED:
        shown = plain(points)
        yield error(where, f"{name} 为 {shown}, 应在 0 至 100 之间", f"{name} is {shown}, it must lie between 0 and 100")


def in_order_of(*names: str, strictly: bool = False) -> Check:
    """The named parameters do not fall from left to right, or rise when `strictly`."""

    def check(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
        for left, right in zip(names, names[1:], strict=False):
            low, high = parameters[left], parameters[right]
            if low > high or (strictly and low == high):
                most = ("小于", "below") if strictly else ("不大于", "at most")
                shown_zh = f"{left} ({plain(low)}) 须{most[0]} {right} ({plain(high)})"
                yield error(where.at(right), shown_zh, f"{left} ({plain(low)}) must be {most[1]} {right} ({plain(high)})")

    return check


def above_zero(*names: str) -> Check:
    """Each named parameter, where given, is above 0."""

    def check(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
        for name in names:
            value = parameters[name]
            if value is not None and value <= 0:
                shown = plain(value)
                yield error(where.at(name), f"{name} 为 {shown}, 须大于 0", f"{name} is {shown}, it must be above 0")

    return check


def not_below_zero(*names: str) -> Check:
    """Each named parameter is 0 or more."""

    def check(parameters: Mapping[str, Any], where: Where) -> Iterable[Problem]:
        for name in names:
            if parameters[name] < 0:
                shown = plain(parameters[name])
                yield error(where.at(name), f"{name} 为 {shown}, 不能小于 0", f"{name} is {shown}, it cannot lie below 0")

    return check


def _shown(value: Decimal | Percent | str) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
