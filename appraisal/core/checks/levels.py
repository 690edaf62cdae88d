"""Described rating levels: sets that are known and used, levels from the top of the scale to its bottom."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from appraisal.core.checks.common import repeated, rows_of
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, Where, error, warning


def check_level_sets(policy: Policy) -> Iterator[Problem]:
    """Each set once and used by some row; its levels lie on the scale, stand highest first and leave no rating undescribed."""
    sets = policy.scoring.level_sets
    yield from repeated(("等级说明", "level set"), ((one.id, one.where.at("id")) for one in sets))
    used = {row.levels for _, _, row in rows_of(policy)}
    lowest = policy.scoring.rating_scale.minimum
    for one in sets:
        yield from in_order_on_the_scale(policy, [(level.rating, level.where.at("rating")) for level in one.levels])
        if not one.levels or one.levels[-1].rating != lowest:
            zh = f"等级说明 {one.id} 的最低一级须从尺度的最低分 {plain(lowest)} 起, 否则更低的评分没有说明"
            en = f"the lowest level of {one.id} must begin at {plain(lowest)}, or lower ratings are not described"
            yield error(one.where.at("levels"), zh, en)
        if one.id not in used:
            zh = f"等级说明 {one.id} 没有考核项使用"
            yield warning(one.where.at("id"), zh, f"no row uses the level set {one.id}")


def in_order_on_the_scale(policy: Policy, levels: Sequence[tuple[Decimal, Where]]) -> Iterator[Problem]:
    """Problems of levels that leave the rating scale, or do not stand highest first."""
    scale = policy.scoring.rating_scale
    for (rating, where), before in zip(levels, (None, *(rating for rating, _ in levels)), strict=False):
        if not scale.minimum <= rating <= scale.maximum:
            bounds = f"{plain(scale.minimum)}–{plain(scale.maximum)}"
            yield error(where, f"评分 {plain(rating)} 不在尺度 {bounds} 之内", f"{plain(rating)} lies outside {bounds}")
        if before is not None and before <= rating:
            yield error(where, "评分等级须由高到低排列, 每个只写一次", "levels stand highest first, each rating once")
