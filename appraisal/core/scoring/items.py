"""One agreed item to its score: which actual, which curve, and what a missing figure does."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction, Item
from appraisal.core.numbers import ZERO, plain
from appraisal.core.policy.model import Indicator, MissingRule, Policy
from appraisal.core.policy.tree import Where
from appraisal.core.scoring.curves import CompiledCurve, Reading, compile_curve
from appraisal.core.scoring.formulas import actual_of
from appraisal.core.scoring.ratings import rate, with_factors


class ScoredItem(NamedTuple):
    """An item with its score (None: dropped as missing), the dimension it counts in and how the score came about."""

    item: Item
    dimension: str | None
    name_zh: str
    name_en: str
    score: Decimal | None
    missing: bool
    how_zh: str
    how_en: str
    where: Where
    reading: Reading | None = None
    curve: CompiledCurve | None = None


# A scored item that knows already whose it is: takes score, missing, how_zh, how_en, where, reading and curve.
Named = Callable[..., ScoredItem]


def score_item(policy: Policy, item: Item) -> ScoredItem:
    """The item's score, 0–100, rounded once at the policy's precision (D-11).

    Raises ScoringError with the path of the value at fault inside the item.
    """
    check_item(policy, item)
    located = policy.indicators.get(item.id)
    indicator = located.indicator if located else None
    dimension = item.dimension or (located.dimension if located else None)
    named = partial(ScoredItem, item, dimension, *_names(item, indicator))
    return _score_goal(policy, item, indicator, named) if item.kind == "gs" else _score_kpi(policy, item, indicator, named)


def check_item(policy: Policy, item: Item) -> None:
    """Raises ScoringError for what no figure can mend: an unknown dimension, the wrong kind, an indicator without formula."""
    located = policy.indicators.get(item.id)
    indicator = located.indicator if located else None
    if item.dimension and item.dimension not in policy.dimensions:
        known = ", ".join(policy.dimensions)
        zh, en = f"未知维度 {item.dimension}; 可用: {known}", f"unknown dimension {item.dimension}; known: {known}"
        raise ScoringError("unknown_dimension", "dimension", zh, en)
    if indicator and indicator.kind != item.kind:
        zh = f"指标库中 {item.id} 为 {indicator.kind}, 此处写作 {item.kind}"
        en = f"the library has {item.id} as {indicator.kind}, not {item.kind}"
        raise ScoringError("kind_mismatch", "kind", zh, en)
    if indicator and indicator.kind == "kpi" and indicator.status == "incomplete":
        zh = f"指标「{indicator.name.zh}」在制度中没有公式, 不能计分"
        en = f"{indicator.name.en} has no formula in the regulation and cannot be scored"
        raise ScoringError("indicator_incomplete", "id", zh, en)


def goals_of(item: Item, indicator: Indicator | None) -> tuple[Decimal | None, Decimal | None]:
    """Target and challenge: the item's own, or the library's where the item states neither."""
    if indicator and item.target is None and item.challenge is None:
        return indicator.target, indicator.challenge
    return item.target, item.challenge


def curve_of(policy: Policy, item: Item) -> CompiledCurve:
    """The curve a KPI item is scored by: its own, its indicator's, or the default of its direction. Raises ScoringError."""
    located = policy.indicators.get(item.id)
    name, _ = _curve_name(policy, item, located.indicator if located else None)
    return curve_named(policy, name)


def curve_named(policy: Policy, name: str) -> CompiledCurve:
    """The policy's curve of that name, compiled once per policy. Raises ScoringError `unknown_curve`."""
    compiled: dict[str, CompiledCurve] = policy.derived.setdefault("curves", {})
    if name not in compiled:
        if name not in policy.curves:
            known = ", ".join(policy.curves)
            zh, en = f"未知评分曲线 {name}; 可用: {known}", f"unknown curve {name}; known: {known}"
            raise ScoringError("unknown_curve", "curve", zh, en)
        curve, problems = compile_curve(policy.curves[name])
        if curve is None:
            raise ScoringError("unusable_curve", "curve", str(problems[0]), str(problems[0]))
        compiled[name] = curve
    return compiled[name]


def _score_goal(policy: Policy, item: Item, indicator: Indicator | None, named: Named) -> ScoredItem:
    scale = policy.scoring.rating_scale
    points = rate(with_factors(item, indicator), scale, policy.general.precision)
    if points is None:
        return _missing(policy, item, indicator, named, "rating")
    return named(points.score, False, *points.told(), scale.where)


def _score_kpi(policy: Policy, item: Item, indicator: Indicator | None, named: Named) -> ScoredItem:
    name, where = _curve_name(policy, item, indicator)
    curve = curve_named(policy, name)
    actual = actual_of(indicator, item)
    carried = False
    if actual is None and item.events is None:
        if _missing_rule(policy, indicator) != "carry_last" or item.last_actual is None:
            return _missing(policy, item, indicator, named, "actual")
        actual, carried = item.last_actual, True
    target, challenge = goals_of(item, indicator)
    reading = Reading(
        actual=actual,
        target=target,
        challenge=challenge,
        threshold=item.threshold,
        baseline=item.baseline,
        actual2=item.actual2,
        events=item.events,
        direction=_direction(item, indicator),
        places=policy.general.precision,
    )
    points = curve(reading)
    figures_zh, figures_en = _figures(reading, carried)
    zh, en = points.told()
    called = policy.curves[name].name
    how_zh, how_en = f"{figures_zh}曲线“{called.zh}”: {zh}", f"{figures_en}curve “{called.en}”: {en}"
    return named(points.score, carried, how_zh, how_en, where, reading, curve)


def _figures(reading: Reading, carried: bool) -> tuple[str, str]:
    if reading.actual is None:
        return "", ""
    zh, en = f"实际 {plain(reading.actual)}", f"actual {plain(reading.actual)}"
    if carried:
        zh, en = f"{zh}(沿用上期)", f"{en} (carried from the last period)"
    if reading.target is not None:
        zh, en = f"{zh}, 目标 {plain(reading.target)}", f"{en}, target {plain(reading.target)}"
    if reading.challenge is not None:
        zh, en = f"{zh}, 挑战 {plain(reading.challenge)}", f"{en}, challenge {plain(reading.challenge)}"
    return f"{zh}; ", f"{en}; "


def _missing_rule(policy: Policy, indicator: Indicator | None) -> MissingRule:
    return indicator.missing if indicator and indicator.missing else policy.general.missing


def _missing(policy: Policy, item: Item, indicator: Indicator | None, named: Named, what: str) -> ScoredItem:
    """What the policy does with a missing figure: zero, drop, or refuse to score (block, or nothing to carry)."""
    rule = _missing_rule(policy, indicator)
    where = indicator.where if indicator and indicator.missing else policy.general.where
    if rule == "zero":
        zh, en = "缺数, 制度规定计 0 分", "missing, which the policy scores as 0"
        return named(ZERO, True, zh, en, where.at("missing"))
    if rule == "drop":
        zh, en = "缺数, 本期不计, 由同维度其他指标的均分代替", "missing, left out: its dimension's other items stand in"
        return named(None, True, zh, en, where.at("missing"))
    name_zh, name_en = _names(item, indicator)
    zh = f"「{name_zh}」缺少{'评分' if what == 'rating' else '实际值'}; 补录后再计分(缺数不等于 0)"
    en = f"{name_en} has no {what}; record it and score again (missing is not 0)"
    raise ScoringError(f"missing_{what}", what, zh, en)


def _names(item: Item, indicator: Indicator | None) -> tuple[str, str]:
    if indicator:
        return indicator.name.zh, indicator.name.en
    return item.name or item.id, item.name or item.id


def _direction(item: Item, indicator: Indicator | None) -> Direction | None:
    own = indicator.direction if indicator else None
    if own and item.direction and own != item.direction:
        zh, en = f"指标库中方向为 {own}, 此处写作 {item.direction}", f"the library says {own}, the item {item.direction}"
        raise ScoringError("direction_conflict", "direction", zh, en)
    return own or item.direction


def _curve_name(policy: Policy, item: Item, indicator: Indicator | None) -> tuple[str, Where]:
    """The curve the item names, else the indicator's, else the default of its direction; with the place that says so."""
    direction = _direction(item, indicator)
    by_direction = policy.scoring.defaults.get(direction) if direction else None
    name = item.curve or (indicator.curve if indicator else None) or by_direction
    if name is None:
        zh = f"「{item.id}」不在指标库中, 须写明 direction 或 curve"
        en = f"{item.id} is not in the library: state its direction or curve"
        raise ScoringError("direction_missing", "direction", zh, en)
    return name, policy.curves[name].where if name in policy.curves else policy.scoring.where
