"""The scoring curves: every way a policy may turn an actual into points, one function each.

A curve is pure arithmetic over one Reading. Its keyword-only arguments are what a rule file writes under `parameters`;
its docstring is the formula (a actual, T target, C challenge, M threshold, all in the indicator's unit; points of 100).
A new curve is one more function here, registered by `@curve`. Every curve also raises `<figure>_missing` for a figure it
needs and does not get.
"""

import operator as comparison
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.errors import ScoringError
from appraisal.core.numbers import EXACT, HUNDRED, ONE, ZERO, add, minus, plain, times
from appraisal.core.policy.model import Operator
from appraisal.core.scoring.methods import (
    ANY_DIRECTION,
    METHODS,
    CompiledCurve,
    Percent,
    Points,
    Reading,
    above_zero,
    compile_curve,
    curve,
    fixed,
    given,
    in_order_of,
    not_below_zero,
    not_negative,
    positive_target,
    scored,
    within_100,
)
from appraisal.core.scoring.tables import (
    EDGES,
    Compare,
    Level,
    LowerStep,
    MatrixRow,
    Measure,
    Step,
    band,
    check_levels,
    check_lower_steps,
    check_matrix,
    check_steps,
    measured,
)

__all__ = ["METHODS", "CompiledCurve", "Points", "Reading", "compile_curve"]

Scale = Literal["percent", "units"]

EIGHTY: Final = Decimal(80)
_OPERATORS: Final[Mapping[Operator, tuple[str, Compare]]] = {
    ">=": EDGES["from_"],
    ">": EDGES["above"],
    "<=": EDGES["upto"],
    "<": EDGES["below"],
    "=": ("=", comparison.eq),
}


@curve("higher", "lower", checks=(within_100("at_target", "at_challenge"), in_order_of("at_target", "at_challenge")))
def target_challenge(reading: Reading, *, at_target: Decimal = EIGHTY, at_challenge: Decimal = HUNDRED) -> Points:
    """目标—挑战 (R-002-20 to R-002-24, G-31 to G-33, D-12). P = at_target, Q = at_challenge.

    Higher is better: a ≥ C → Q; T ≤ a < C → P + (Q − P)(a − T)/(C − T); a < T → P·a/T, at least 0.
    Lower is better:  a ≤ C → Q; C < a ≤ T → P + (Q − P)(T − a)/(T − C); a > T → P·(2 − a/T), at least 0.
    The challenge is tested first, so C = T gives Q. Without a challenge the last form holds on both sides, at most Q.
    Raises `target_not_positive`, `challenge_on_wrong_side` (higher needs C ≥ T, lower 0 ≤ C ≤ T).
    """
    actual, target, challenge = given(reading.actual, "actual"), positive_target(reading), reading.challenge
    higher = reading.direction != "lower"
    lead = EXACT.subtract(actual, target) if higher else EXACT.subtract(target, actual)
    if challenge is not None:
        span = _challenge_span(target, challenge, higher)
        if lead >= span:
            return fixed(reading, at_challenge, "达到挑战值, 得 {}", "challenge reached, {}", at_challenge)
        if lead >= 0:
            extra = EXACT.subtract(at_challenge, at_target)
            points = EXACT.add(EXACT.multiply(at_target, span), EXACT.multiply(extra, lead))
            zh, en = "介于目标值与挑战值之间, {} + {} × {} ÷ {}", "between target and challenge, {} + {} × {} ÷ {}"
            return scored(reading, points, span, zh, en, at_target, extra, lead, span)
    if higher:
        zh, en = "完成率 {}%, {} × {} ÷ {}", "attainment {}%, {} × {} ÷ {}"
        share = actual
    else:
        zh, en = "为目标值的 {}%, {} × (2 − {} ÷ {})", "{}% of target, {} × (2 − {} ÷ {})"
        share = EXACT.add(target, lead)
    if lead < 0:
        zh, en = f"未达目标值, {zh}", f"target missed, {en}"
    shown = (Percent(actual, target), at_target, actual, target)
    return scored(reading, EXACT.multiply(at_target, share), target, zh, en, *shown, high=at_challenge)


@curve("higher", None, checks=(within_100("cap", "floor"), in_order_of("floor", "cap")))
def ratio(reading: Reading, *, cap: Decimal, floor: Decimal = ZERO) -> Points:
    """比率法: a/T × 100, at most `cap`, at least `floor`. For higher-is-better. Raises `target_not_positive`."""
    actual, target = given(reading.actual, "actual"), positive_target(reading)
    zh, en = "完成率 {}%, {} ÷ {} × 100", "attainment {}%, {} ÷ {} × 100"
    shown = (Percent(actual, target), actual, target)
    return scored(reading, times(actual, HUNDRED), target, zh, en, *shown, low=floor, high=cap)


@curve(*ANY_DIRECTION, checks=(within_100("otherwise"), check_steps))
def steps(reading: Reading, *, steps: tuple[Step, ...], otherwise: Decimal, of: Measure = "actual") -> Points:
    """层差法: the points of the first step whose edge holds, `otherwise` when none does.

    Edges are open (above, below) or closed (from, upto). `of` is the actual, the attainment a/T in % or the deviation
    |a − T|/T in %, compared exactly by multiplying out. Raises `target_not_positive` for the last two.
    """
    numerator, denominator, zh, en, shown = measured(reading, of)
    for step in steps:
        name, edge = step.edges[0]
        sign, holds = EDGES[name]
        if holds(numerator, EXACT.multiply(edge, denominator)):
            return fixed(reading, step.points, zh + " {} {}, 得 {}", en + " {} {}, {}", shown, sign, edge, step.points)
    return fixed(reading, otherwise, zh + ", 不在各档之内, 得 {}", en + ", outside the steps, {}", shown, otherwise)


@curve(*ANY_DIRECTION, checks=(within_100("otherwise"), check_lower_steps))
def half_open_steps(
    reading: Reading, *, steps: tuple[LowerStep, ...], otherwise: Decimal = ZERO, of: Measure = "actual"
) -> Points:
    """左闭右开分档: the points of the highest step whose lower bound is reached, `otherwise` below the last.

    `of` as in `steps`. Raises `target_not_positive` for attainment and deviation.
    """
    numerator, denominator, zh, en, shown = measured(reading, of)
    index = band(numerator, denominator, [step.from_ for step in steps])
    if index is None:
        return fixed(reading, otherwise, zh + ", 低于最低一档, 得 {}", en + ", below the lowest step, {}", shown, otherwise)
    step = steps[index]
    return fixed(reading, step.points, zh + " ≥ {}, 得 {}", en + " ≥ {}, {}", shown, step.from_, step.points)


@curve(*ANY_DIRECTION, checks=(within_100("below"), check_levels))
def interpolate(reading: Reading, *, levels: tuple[Level, ...], below: Decimal, of: Measure = "actual") -> Points:
    """线性插值 (功效系数法): p₀ + (a − x₀)(p₁ − p₀)/(x₁ − x₀) between two levels; `below` under the first, the last above it.

    `of` as in `steps`. Raises `target_not_positive` for attainment and deviation.
    """
    numerator, denominator, zh, en, shown = measured(reading, of)
    index = band(numerator, denominator, [level.at for level in reversed(levels)])
    if index is None:
        return fixed(reading, below, zh + ", 低于最低水平, 得 {}", en + ", below the lowest level, {}", shown, below)
    own = levels[len(levels) - 1 - index]
    if index == 0:
        return fixed(reading, own.points, zh + ", 达到最高水平, 得 {}", en + ", highest level, {}", shown, own.points)
    following = levels[len(levels) - index]
    gap, rise = minus(following.at, own.at), minus(following.points, own.points)
    whole = times(gap, denominator)
    points = add(times(own.points, whole), times(minus(numerator, times(own.at, denominator)), rise))
    zh, en = zh + ", 在 {} ({} 分) 与 {} ({} 分) 之间插值", en + ", between {} ({} points) and {} ({} points)"
    return scored(reading, points, whole, zh, en, shown, own.at, own.points, following.at, following.points)


@curve(*ANY_DIRECTION, checks=(within_100("below"), check_matrix))
def matrix(
    reading: Reading,
    *,
    rows: tuple[MatrixRow, ...],
    columns: tuple[Decimal, ...],
    below: Decimal = ZERO,
    of: Measure = "actual",
) -> Points:
    """双因素矩阵: rows by the first factor (`of` as in `steps`), columns by the second actual, each by lower bound (≥).

    Below the lowest row or column → `below`. Raises `target_not_positive` for attainment and deviation.
    """
    numerator, denominator, zh, en, shown = measured(reading, of)
    second = given(reading.actual2, "actual2")
    row = band(numerator, denominator, [row.from_ for row in rows])
    column = band(second, ONE, columns)
    zh, en = zh + ", 第二因素 {}", en + ", second factor {}"
    if row is None or column is None:
        return fixed(reading, below, zh + ", 低于最低一档, 得 {}", en + ", below the lowest band, {}", shown, second, below)
    points = rows[row].points[column]
    zh, en = zh + ": 查表 (≥ {}, ≥ {}) 得 {}", en + ": table (≥ {}, ≥ {}) gives {}"
    return fixed(reading, points, zh, en, shown, second, rows[row].from_, columns[column], points)


# Deductions and events


@curve("lower", "zero", None, checks=(within_100("start", "floor"), in_order_of("floor", "start"), above_zero("points")))
def deduct(reading: Reading, *, points: Decimal, start: Decimal = HUNDRED, floor: Decimal = ZERO) -> Points:
    """减分法: start − points × a, at least `floor`; nothing abnormal (a = 0) keeps the full start. Raises `actual_negative`."""
    actual = not_negative(reading)
    phrase = "{} − {} × {}"
    return scored(reading, minus(start, times(points, actual)), ONE, phrase, phrase, start, points, actual, low=floor)


@curve("zero", "lower", None, checks=(above_zero("deduction"),))
def zero_tolerance(reading: Reading, *, deduction: Decimal | None = None) -> Points:
    """零容忍: a = 0 → 100; otherwise 100 − deduction × a, at least 0, and 0 outright when no deduction is declared (R-000-29).

    Raises `actual_negative`.
    """
    actual = not_negative(reading)
    if actual == 0:
        return fixed(reading, HUNDRED, "没有发生, 得 100", "none happened, 100")
    if deduction is None:
        return fixed(reading, ZERO, "发生 {} 次, 得 0", "{} happened, 0", actual)
    zh, en = "发生 {} 次, 100 − {} × {}", "{} happened, 100 − {} × {}"
    return scored(reading, minus(HUNDRED, times(deduction, actual)), ONE, zh, en, actual, deduction, actual)


@curve(*ANY_DIRECTION, checks=(within_100("start", "floor", "cap"), in_order_of("floor", "start", "cap")))
def event_points(
    reading: Reading,
    *,
    points: Mapping[str, Decimal],
    start: Decimal = HUNDRED,
    floor: Decimal = ZERO,
    cap: Decimal = HUNDRED,
) -> Points:
    """关键事件: start + Σ points × count over the confirmed events, within `floor` and `cap`; points may be negative.

    Raises `events_missing`, `unknown_event`, `bad_event_count` (a count is a whole number, 0 or more).
    """
    if reading.events is None:
        zh, en = "缺少事件记录; 没有发生请写空表 {}", "the events are missing; write {} where none happened"
        raise ScoringError("events_missing", "events", zh, en)
    total, terms = start, ""
    for event, count in reading.events.items():
        if event not in points:
            known = ", ".join(points)
            zh, en = f"曲线未规定事件 {event} 的分值; 可用: {known}", f"the curve has no points for {event}; known: {known}"
            raise ScoringError("unknown_event", f"events.{event}", zh, en)
        if count < 0 or count != count.to_integral_value():
            zh, en = f"次数 {plain(count)} 应为不小于 0 的整数", f"the count {plain(count)} must be a whole number, 0 or more"
            raise ScoringError("bad_event_count", f"events.{event}", zh, en)
        total = add(total, times(points[event], count))
        terms += f" + {event} ({plain(points[event])} × {plain(count)})"
    return scored(reading, total, ONE, "{}{}", "{}{}", start, terms, low=floor, high=cap)


@curve(
    "higher",
    "lower",
    checks=(within_100("base"), above_zero("step", "points"), not_below_zero("cap_up", "cap_down")),
)
def add_deduct(
    reading: Reading,
    *,
    base: Decimal,
    step: Decimal,
    points: Decimal,
    cap_up: Decimal,
    cap_down: Decimal,
    whole_steps: bool,
    of: Scale = "percent",
) -> Points:
    """加减分法: base ± points for each `step` better or worse than T, at most + cap_up and − cap_down, within 0–100.

    A step is in % of the target (`of: percent`) or in its unit; counted whole, or pro rata. With cap_up 0 and cap_down =
    base it is 减至零分: over-achievement keeps the base. Raises `target_not_positive` for percent.
    """
    actual = given(reading.actual, "actual")
    target = positive_target(reading) if of == "percent" else given(reading.target, "target")
    lead = minus(actual, target) if reading.direction != "lower" else minus(target, actual)
    numerator, denominator = (times(lead, HUNDRED), times(step, target)) if of == "percent" else (lead, step)
    if whole_steps:
        numerator, denominator = EXACT.divide_int(numerator, denominator), ONE
    low, high = max(ZERO, minus(base, cap_down)), min(HUNDRED, add(base, cap_up))
    total = add(times(base, denominator), times(points, numerator))
    count = plain(numerator) if whole_steps else f"{plain(numerator)} ÷ {plain(denominator)}"
    zh, en = "{} + {} × {} 步", "{} + {} × {} steps"
    return scored(reading, total, denominator, zh, en, base, points, count, low=low, high=high)


# Lines between declared points


@curve(*ANY_DIRECTION, checks=(within_100("points"),))
def all_or_nothing(reading: Reading, *, operator: Operator, points: Decimal = HUNDRED) -> Points:
    """非此即彼: `points` when a stands in the stated relation to T, else 0 (R-000-38 keeps < apart from ≤)."""
    actual, target = given(reading.actual, "actual"), given(reading.target, "target")
    sign, holds = _OPERATORS[operator]
    if holds(actual, target):
        return fixed(reading, points, "{} {} {}, 达成", "{} {} {}, done", actual, sign, target)
    zh, en = "要求 {} {}, 实际 {}, 未达成, 得 0", "{} {} required, actual {}, not done, 0"
    return fixed(reading, ZERO, zh, en, sign, target, actual)


@curve(
    "higher",
    "lower",
    checks=(
        within_100("at_threshold", "at_target", "at_challenge"),
        in_order_of("at_threshold", "at_target", "at_challenge"),
    ),
)
def threshold_target_challenge(reading: Reading, *, at_threshold: Decimal, at_target: Decimal, at_challenge: Decimal) -> Points:
    """底线—目标—挑战 (G-32, D-12): worse than M → 0, linear from M to T and from T to C, at_challenge from C on.

    Any sign of target; both directions. Raises `threshold_on_wrong_side`, `challenge_on_wrong_side`.
    """
    actual, target = given(reading.actual, "actual"), given(reading.target, "target")
    threshold, challenge = given(reading.threshold, "threshold"), given(reading.challenge, "challenge")
    higher = reading.direction != "lower"
    lead = minus(actual, target) if higher else minus(target, actual)
    span = minus(challenge, target) if higher else minus(target, challenge)
    drop = minus(target, threshold) if higher else minus(threshold, target)
    if span < 0:
        raise _wrong_side("challenge", challenge, target, "≥" if higher else "≤")
    if drop < 0:
        raise _wrong_side("threshold", threshold, target, "≤" if higher else "≥")
    if lead >= span:
        return fixed(reading, at_challenge, "达到挑战值, 得 {}", "challenge reached, {}", at_challenge)
    if lead < drop.copy_negate():
        return fixed(reading, ZERO, "未达底线值 {}, 得 0", "threshold {} missed, 0", threshold)
    if lead >= 0:
        base, rise, part, whole = at_target, minus(at_challenge, at_target), lead, span
        zh, en = "介于目标值与挑战值之间, {} + {} × {} ÷ {}", "between target and challenge, {} + {} × {} ÷ {}"
    else:
        base, rise, part, whole = at_threshold, minus(at_target, at_threshold), add(lead, drop), drop
        zh, en = "介于底线值与目标值之间, {} + {} × {} ÷ {}", "between threshold and target, {} + {} × {} ÷ {}"
    return scored(reading, add(times(base, whole), times(rise, part)), whole, zh, en, base, rise, part, whole)


@curve("lower", None, checks=(within_100("cap", "floor"), in_order_of("floor", "cap")))
def reduction(reading: Reading, *, cap: Decimal = HUNDRED, floor: Decimal = ZERO) -> Points:
    """越低越好: 100 − (a − T)/T × 100, at most `cap`, at least `floor`. Raises `target_not_positive`."""
    actual, target = given(reading.actual, "actual"), positive_target(reading)
    over = minus(actual, target)
    phrase = "100 − {} ÷ {} × 100"
    return scored(reading, times(minus(target, over), HUNDRED), target, phrase, phrase, over, target, low=floor, high=cap)


@curve("higher", "lower", None, checks=(within_100("cap", "floor"), in_order_of("floor", "cap")))
def progress(reading: Reading, *, cap: Decimal = HUNDRED, floor: Decimal = ZERO) -> Points:
    """基准到目标的进度: (start − a)/(start − T) × 100 from the baseline `start`, in either direction, any sign of target.

    Raises `baseline_equals_target`, `baseline_on_wrong_side` (a direction that the way to the target contradicts).
    """
    actual, target = given(reading.actual, "actual"), given(reading.target, "target")
    start = given(reading.baseline, "baseline")
    if start == target:
        shown = plain(start)
        zh, en = f"基准值与目标值同为 {shown}, 没有进度可算", f"baseline and target are both {shown}: there is no way to go"
        raise ScoringError("baseline_equals_target", "baseline", zh, en)
    if reading.direction is not None and (start > target) != (reading.direction == "lower"):
        raise _wrong_side("baseline", start, target, ">" if reading.direction == "lower" else "<")
    gone, way = minus(actual, start), minus(target, start)
    zh, en = "完成进度 {}%, {} ÷ {} × 100", "progress {}%, {} ÷ {} × 100"
    return scored(reading, times(gone, HUNDRED), way, zh, en, Percent(gone, way), gone, way, low=floor, high=cap)


@curve("target", None, checks=(not_below_zero("tolerance"), in_order_of("tolerance", "zero_at", strictly=True)))
def on_target(reading: Reading, *, tolerance: Decimal, zero_at: Decimal, of: Scale = "percent") -> Points:
    """越接近目标越好: |a − T| ≤ tolerance → 100, then linear to 0 at zero_at (G-32).

    Both in % of the target (`of: percent`) or in its unit. Raises `target_not_positive` for percent.
    """
    actual = given(reading.actual, "actual")
    target = positive_target(reading) if of == "percent" else given(reading.target, "target")
    off = minus(actual, target).copy_abs()
    numerator, denominator = (times(off, HUNDRED), target) if of == "percent" else (off, ONE)
    shown: Percent | Decimal = Percent(off, target) if of == "percent" else off
    unit = "%" if of == "percent" else ""
    if numerator <= times(tolerance, denominator):
        zh, en = "偏离 {}{}, 在允许的 {}{} 之内, 得 100", "{}{} off, within {}{}, 100"
        return fixed(reading, HUNDRED, zh, en, shown, unit, tolerance, unit)
    left = minus(times(zero_at, denominator), numerator)
    zh, en = "偏离 {}{}, 由 {} 处 100 分至 {} 处 0 分按线性", "{}{} off, linear from 100 at {} to 0 at {}"
    whole = times(minus(zero_at, tolerance), denominator)
    return scored(reading, times(left, HUNDRED), whole, zh, en, shown, unit, tolerance, zero_at)


def _challenge_span(target: Decimal, challenge: Decimal, higher: bool) -> Decimal:
    """How much better than the target the challenge is, 0 or more. Raises ScoringError `challenge_on_wrong_side`."""
    span = EXACT.subtract(challenge, target) if higher else EXACT.subtract(target, challenge)
    if span < 0:
        raise _wrong_side("challenge", challenge, target, "≥" if higher else "≤")
    if challenge < 0:
        shown = plain(challenge)
        zh, en = f"挑战值 {shown} 小于 0, 应在 0 与目标值之间", f"the challenge {shown} must lie between 0 and the target"
        raise ScoringError("challenge_on_wrong_side", "challenge", zh, en)
    return span


def _wrong_side(name: str, figure: Decimal, target: Decimal, sign: str) -> ScoringError:
    zh = {"challenge": "挑战值", "threshold": "底线值", "baseline": "基准值"}[name]
    shown = f"{plain(figure)}, {plain(target)}"
    return ScoringError(
        f"{name}_on_wrong_side",
        name,
        f"按此方向, {zh}须 {sign} 目标值, 现为 {shown}; 请核对",
        f"in this direction the {name} must be {sign} the target, but they are {shown}; check both",
    )
