"""Goals (GS) that a person judges: a rating on the policy's scale, or points by sub-factors; each becomes points of 100."""

from dataclasses import replace
from decimal import Decimal

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, divide, minus, plain, times
from appraisal.core.policy.model import Indicator, RatingScale
from appraisal.core.scoring.methods import Points


def with_factors(item: Item, indicator: Indicator | None) -> Item:
    """The item with the sub-factors that its row or its indicator declares, where the agreement states none of its own.

    Raises ScoringError `factor_out_of_range` for points of a factor that is not among them.
    """
    if indicator is None or not indicator.factors or item.factor_max:
        return item
    declared = {factor.id: factor.points for factor in indicator.factors}
    for name in item.factors:
        if name not in declared:
            known = ", ".join(declared)
            zh, en = f"没有分项「{name}」; 可用: {known}", f"there is no factor {name}; known: {known}"
            raise ScoringError("factor_out_of_range", f"factors.{name}", zh, en)
    return replace(item, factor_max=declared)


def rate(item: Item, scale: RatingScale, places: int) -> Points | None:
    """The goal's points, rounded once at `places`; None where the rating or a factor is missing.

    Raises ScoringError `rating_and_factors`, `rating_out_of_scale`, `factor_out_of_range`.
    """
    if not item.factors and not item.factor_max:
        return None if item.rating is None else _together(item, _by_rating(item.rating, scale, places))
    if item.rating is not None:
        zh, en = "评分与分项得分只能给一种", "state the rating or the factors, not both"
        raise ScoringError("rating_and_factors", "rating", zh, en)
    points = _by_factors(item, places)
    return None if points is None else _together(item, points)


def _together(item: Item, points: Points) -> Points:
    """The same points, told with what each of several gave and with which share; their mean was never rounded before."""
    if not item.judged:
        return points
    terms = " + ".join(f"{plain(one.rating)} × {plain(one.share)}%" for one in item.judged)
    zh, en = (
        f"{points.template_zh}, {len(item.judged)} 人共同评定: {{}}",
        f"{points.template_en}, {len(item.judged)} together: {{}}",
    )
    return Points(points.score, zh, en, (*points.values, terms))


def _by_rating(rating: Decimal, scale: RatingScale, places: int) -> Points:
    """(r − min)/(max − min) × 100: on the scale 0–100 the rating itself."""
    low, high = scale.minimum, scale.maximum
    if not low <= rating <= high:
        shown = f"{plain(low)}–{plain(high)}"
        zh, en = f"评分 {plain(rating)} 不在 {shown} 之内", f"the rating {plain(rating)} is outside the scale {shown}"
        raise ScoringError("rating_out_of_scale", "rating", zh, en)
    score = divide(times(minus(rating, low), HUNDRED), minus(high, low), places)
    if (low, high) == (ZERO, HUNDRED):
        return Points(score, "评分 {}", "rating {}", (rating,))
    return Points(score, "评分 {}, 由 {}–{} 换算为百分制", "rating {}, converted from {}–{} to 0–100", (rating, low, high))


def _by_factors(item: Item, places: int) -> Points | None:
    """Y = A + B + C: each factor 0 or more and at most its own maximum where one is agreed, the sum at most 100."""
    for name, limit in item.factor_max.items():
        if limit <= 0:
            shown = plain(limit)
            zh, en = f"分项「{name}」的满分 {shown} 须大于 0", f"the maximum {shown} of factor {name} must be above 0"
            raise ScoringError("factor_out_of_range", f"factor_max.{name}", zh, en)
    points: list[Decimal] = []
    for name, value in item.factors.items():
        if value is None:
            continue
        limit = item.factor_max.get(name, HUNDRED)
        if not ZERO <= value <= limit:
            shown = f"0–{plain(limit)}"
            zh, en = f"分项「{name}」{plain(value)} 不在 {shown} 之内", f"factor {name} is {plain(value)}, outside {shown}"
            raise ScoringError("factor_out_of_range", f"factors.{name}", zh, en)
        points.append(value)
    if len(points) < len({*item.factors, *item.factor_max}):
        return None
    total = add(*points)
    if total > HUNDRED:
        zh, en = f"分项合计 {plain(total)}, 超过 100", f"the factors total {plain(total)}, more than 100"
        raise ScoringError("factor_out_of_range", "factors", zh, en)
    terms = " + ".join(f"{name} {plain(value)}" for name, value in item.factors.items() if value is not None)
    return Points(divide(total, ONE, places), "分项 {}", "factors {}", (terms,))
