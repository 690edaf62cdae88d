"""Upper limits of grades that can be kept: known grades, highest first, each leaving as much room as the one above."""

from collections.abc import Iterator
from itertools import pairwise

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.numbers import HUNDRED, ZERO, plain
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, error


def check_distribution(policy: Policy) -> Iterator[Problem]:
    """Nothing where the policy has no limits."""
    limited = policy.distribution
    if limited is None:
        return
    if limited.minimum_population < 1:
        zh, en = "minimum_population 至少为 1", "minimum_population must be at least 1"
        yield error(limited.where.at("minimum_population"), zh, en)
    if not limited.limits:
        zh, en = "至少写一个上限, 没有上限则删去此文件", "write at least one limit, or drop this file"
        yield error(limited.where.at("limits"), zh, en)
    yield from repeated(("等级上限", "limit of grade"), ((one.grade, one.where.at("grade")) for one in limited.limits))
    for one in limited.limits:
        if one.grade not in policy.ranks:
            yield unknown(("等级", "grade"), one.grade, policy.ranks, one.where.at("grade"))
        elif policy.ranks[one.grade] == 0:
            zh = f"{one.grade} 是最低等级, 人人都在其上, 不能设上限: 删去此行"
            yield error(
                one.where.at("grade"), zh, f"{one.grade} is the lowest grade: everybody has it or better; drop this limit"
            )
        if not ZERO <= one.percent < HUNDRED:
            zh = f"上限 {plain(one.percent)}% 应在 0 与 100 之间 (不含 100): 不限则删去此行"
            en = f"the limit {plain(one.percent)} % must be from 0 to below 100; drop it where nothing is limited"
            yield error(one.where.at("percent"), zh, en)
    for above, one in pairwise(limited.limits):
        if policy.ranks.get(one.grade, 0) > policy.ranks.get(above.grade, 0):
            zh, en = (
                f"等级由高到低排列: {one.grade} 应在 {above.grade} 之前",
                f"highest grade first: {one.grade} belongs above {above.grade}",
            )
            yield error(one.where.at("grade"), zh, en)
        elif one.percent < above.percent:
            pair = f"{one.grade} {plain(one.percent)} < {above.grade} {plain(above.percent)}"
            zh, en = f"上限是累计的, 不能递减: {pair}", f"limits are cumulative and cannot fall: {pair}"
            yield error(one.where.at("percent"), zh, en)
