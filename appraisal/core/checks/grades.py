"""Bands that grade every score once, and multipliers that never pay a better grade less."""

from collections.abc import Iterator
from itertools import pairwise

from appraisal.core.checks.common import repeated
from appraisal.core.numbers import HUNDRED, ZERO, plain
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, error


def check_bands(policy: Policy) -> Iterator[Problem]:
    """Highest first, each grade once, the lowest from 0, none above 100."""
    bands = policy.bands
    if not bands:
        yield error(policy.grades.where.at("bands"), "至少写一个等级", "write at least one band")
        return
    yield from repeated(("等级", "grade"), ((band.grade, band.where.at("grade")) for band in bands))
    for above, band in pairwise(bands):
        if band.from_ >= above.from_:
            edges = f"{band.grade} {plain(band.from_)}, {above.grade} {plain(above.from_)}"
            zh = f"等级须由高到低排列, 下限递减: {edges}"
            yield error(band.where.at("from"), zh, f"bands stand highest first, each from lower than the one above: {edges}")
        elif above.from_ <= ZERO:
            zh = f"得分不低于 0, 等级 {band.grade} 无法达到: 删去它"
            yield error(band.where.at("from"), zh, f"no score lies below 0, so {band.grade} cannot be reached: drop it")
    lowest = bands[-1]
    if lowest.from_ > ZERO:
        shown = plain(lowest.from_)
        zh = f"最低一档 {lowest.grade} 的 from 是 {shown}, 应为 0: 每个可能的得分都要有等级"
        en = f"the lowest band {lowest.grade} starts at {shown}; write 0, so that every score has a grade"
        yield error(lowest.where.at("from"), zh, en)
    for band in bands:
        if band.from_ > HUNDRED:
            zh = f"等级 {band.grade} 从 {plain(band.from_)} 分起, 得分最高 100, 无法达到"
            en = f"grade {band.grade} starts at {plain(band.from_)}, yet no score exceeds 100"
            yield error(band.where.at("from"), zh, en)


def check_multipliers(policy: Policy) -> Iterator[Problem]:
    """Not below 0, and never smaller for a higher grade."""
    for band in policy.bands:
        if band.multiplier < ZERO:
            zh = f"等级 {band.grade} 的奖金系数 {plain(band.multiplier)} 不能小于 0"
            en = f"the multiplier {plain(band.multiplier)} of {band.grade} cannot lie below 0"
            yield error(band.where.at("multiplier"), zh, en)
    for above, band in pairwise(policy.bands):
        if band.multiplier > above.multiplier:
            pair = f"{band.grade} {plain(band.multiplier)} > {above.grade} {plain(above.multiplier)}"
            zh = f"奖金系数须随等级升高而不减: {pair}"
            yield error(band.where.at("multiplier"), zh, f"a higher grade cannot have the smaller multiplier: {pair}")
