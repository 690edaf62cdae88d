"""Scoring curves that compile, suit what they are used for, and never give a better figure fewer points."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from appraisal.core.checks.common import repeated, unknown, writing
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction
from appraisal.core.numbers import HUNDRED, ZERO, add, minus, plain, times
from appraisal.core.policy.model import Curve, Indicator, Policy
from appraisal.core.policy.tree import Problem, Where, error, warning
from appraisal.core.scoring.curves import CompiledCurve, Reading, compile_curve

EPSILON: Final = Decimal("0.0001")
HUNDREDTH: Final = Decimal("0.01")
MAX_PROBES: Final = 400


def check_curves(policy: Policy) -> Iterator[Problem]:
    """Each curve once, with a known method and fitting parameters, used by something; the rating scale has a span."""
    curves = policy.scoring.curves
    yield from repeated(("评分曲线", "curve"), ((one.id, one.where.at("id")) for one in curves))
    used = {*policy.scoring.defaults.values(), *(one.curve for one in writing(policy, "curve"))}
    for curve in curves:
        yield from compile_curve(curve)[1]
        if curve.id not in used:
            zh = f"评分曲线 {curve.id} 没有指标或 defaults 使用"
            yield warning(curve.where.at("id"), zh, f"neither an indicator nor defaults uses the curve {curve.id}")
    scale = policy.scoring.rating_scale
    if scale.minimum >= scale.maximum:
        yield error(scale.where.at("maximum"), "评分尺度的 maximum 须大于 minimum", "maximum must be above minimum")


def check_defaults(policy: Policy) -> Iterator[Problem]:
    """Defaults and indicators name known curves that suit their direction; every scored KPI finds a curve."""
    scoring = policy.scoring
    for direction, name in scoring.defaults.items():
        where = scoring.where.at("defaults").at(direction)
        if name not in policy.curves:
            yield unknown(("评分曲线", "curve"), name, policy.curves, where)
        else:
            yield from _suits(policy.curves[name], direction, where)
    for one in writing(policy, "curve", "direction", "target", "best_possible"):
        if one.curve is not None and one.curve not in policy.curves:
            yield unknown(("评分曲线", "curve"), one.curve, policy.curves, one.where.at("curve"))
        elif one.curve is not None and one.direction:
            yield from _suits(policy.curves[one.curve], one.direction, one.where.at("curve"))
        elif one.kind == "kpi" and one.status == "complete" and one.direction and one.direction not in scoring.defaults:
            zh = f"指标 {one.id} 没有曲线, defaults 也没有方向 {one.direction} 的曲线"
            en = f"the indicator {one.id} has no curve, and defaults has none for {one.direction}: add one of the two"
            yield error(one.where.at("direction"), zh, en)
        yield from _perfect_work(policy, one)


def _suits(curve: Curve, direction: Direction, where: Where) -> Iterator[Problem]:
    compiled, _ = compile_curve(curve)
    if compiled and direction not in compiled.directions:
        fitting = ", ".join(sorted(one for one in compiled.directions if one))
        zh = f"曲线 {curve.id} (方法 {curve.method}) 适用于方向 {fitting}, 不适用于 {direction}"
        yield error(where, zh, f"the curve {curve.id} (method {curve.method}) is for {fitting}, not {direction}")


def _perfect_work(policy: Policy, one: Indicator) -> Iterator[Problem]:
    """A target that is the best possible, without a challenge: perfect work would not get full marks (D-12)."""
    name = one.curve or (policy.scoring.defaults.get(one.direction) if one.direction else None)
    if one.target is None or one.target != one.best_possible or one.challenge is not None or name is None:
        return
    compiled, _ = compile_curve(policy.curves[name]) if name in policy.curves else (None, [])
    reading = Reading(actual=one.target, target=one.target, direction=one.direction, places=policy.general.precision)
    score = _score(compiled, reading) if compiled else None
    if score is not None and score < HUNDRED:
        zh = f"目标值已是可能的最好值, 又没有挑战值: 做到最好也只得 {plain(score)} 分; 请写 challenge 或换曲线"
        en = f"the target is the best possible and has no challenge: perfect work scores {plain(score)}; add one"
        yield warning(one.where.at("target"), zh, en)


def check_shapes(policy: Policy) -> Iterator[Problem]:
    """No curve gives a better figure fewer points, in any direction it is used for; tried around every declared value."""
    for curve in policy.scoring.curves:
        compiled, _ = compile_curve(curve)
        if compiled is None:
            continue
        for direction in _directions(policy, curve, compiled):
            found = next(_falls(policy, curve, compiled, direction), None)
            if found is not None:
                yield found
                break


def _directions(policy: Policy, curve: Curve, compiled: CompiledCurve) -> list[Direction]:
    """The directions the curve is used for, or all it suits where nothing uses it."""
    used = [direction for direction, name in policy.scoring.defaults.items() if name == curve.id]
    used += [one.direction for one in writing(policy, "curve", "direction") if one.curve == curve.id and one.direction]
    suited = [direction for direction in dict.fromkeys(used) if direction in compiled.directions]
    return suited or (sorted(one for one in compiled.directions if one) if len(compiled.directions) < 5 else [])


def _falls(policy: Policy, curve: Curve, compiled: CompiledCurve, direction: Direction) -> Iterator[Problem]:
    values = sorted(set(_decimals(compiled.parameters)))
    for reading in _readings(policy, curve, compiled, direction, values):
        for better_last in _runs(reading, direction, values):
            points = [(actual, _score(compiled, reading._replace(actual=actual))) for actual in better_last]
            known = [(actual, score) for actual, score in points if score is not None]
            for (worse, high), (better, low) in pairwise(known):
                if low < high:
                    target = f", 目标值 {plain(reading.target)}" if reading.target is not None else ""
                    zh = (
                        f"曲线 {curve.id} 不单调: 方向 {direction}{target}, 实际 {plain(worse)} 得 {plain(high)} 分, "
                        f"更好的 {plain(better)} 反而得 {plain(low)} 分"
                    )
                    en = f"not monotone: {plain(worse)} scores {plain(high)}, the better {plain(better)} only {plain(low)}"
                    yield error(curve.where.at("parameters"), zh, en)


def _readings(
    policy: Policy, curve: Curve, compiled: CompiledCurve, direction: Direction, values: Sequence[Decimal]
) -> Iterator[Reading]:
    """Situations to try: a round target and the library's own, with and without a challenge, with threshold and baseline."""
    own = [one.target for one in writing(policy, "curve", "target") if one.curve == curve.id and one.target]
    down, up = Decimal("0.8"), Decimal("1.2")
    for target in dict.fromkeys([HUNDRED, *own]):
        low, high = (times(target, down), times(target, up)) if target > 0 else (times(target, up), times(target, down))
        better, worse = (low, high) if direction in ("lower", "zero") else (high, low)
        for challenge in (None, better, target):
            reading = Reading(
                actual=target,
                target=target,
                challenge=challenge,
                threshold=worse,
                baseline=worse,
                direction=direction,
                places=policy.general.precision,
            )
            yield from (reading._replace(actual2=second) for second in (values if _wants_second(compiled, reading) else [None]))


def _wants_second(compiled: CompiledCurve, reading: Reading) -> bool:
    """Whether the curve looks at a second actual."""
    try:
        compiled(reading)
    except ScoringError as refused:
        return refused.code == "actual2_missing"
    return False


def _runs(reading: Reading, direction: Direction, values: Sequence[Decimal]) -> list[list[Decimal]]:
    """Actuals around every edge, in order from worse to better; two runs where the target is best."""
    target = reading.target or ZERO
    edges = {ZERO, target, reading.challenge or ZERO, reading.threshold or ZERO, times(target, Decimal(2))}
    for value in values[:MAX_PROBES]:
        share = times(value, target, HUNDREDTH)
        edges |= {value, share, minus(target, value), add(target, value), minus(target, share), add(target, share)}
    actuals = sorted({add(edge, step) for edge in edges for step in (-EPSILON, ZERO, EPSILON)})
    if direction == "higher":
        return [actuals]
    if direction == "target":
        return [[one for one in actuals if one <= target], [one for one in reversed(actuals) if one >= target]]
    return [list(reversed(actuals))]


def _decimals(value: Any) -> Iterator[Decimal]:
    """Every number among the parameters, however deep."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _decimals(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _decimals(one)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != "where":
                yield from _decimals(getattr(value, field.name))


def _score(compiled: CompiledCurve, reading: Reading) -> Decimal | None:
    """The points, or None where the curve refuses these figures."""
    try:
        return compiled(reading).score
    except ScoringError:
        return None
