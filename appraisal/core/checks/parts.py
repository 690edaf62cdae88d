"""What a result is made of beside its sheets: the parts of a year, 360° feedback, links to units, floors, improvement plans."""

from collections.abc import Iterator
from typing import get_args

from appraisal.core.calendar import Cadence
from appraisal.core.checks.common import check_post_names, check_total, repeated, unknown
from appraisal.core.numbers import HUNDRED, ZERO, add, plain
from appraisal.core.policy.general import Feedback, UnitLink
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import Problem, Where, error

FEWEST_RATERS = 3
"""Fewer answers would tell who gave them."""
LONGEST_PLAN = 12


def check_annual(policy: Policy) -> Iterator[Problem]:
    """Shares of a year that total 100 and can be had; a year to use them in."""
    general = policy.general
    yearly = any(cycle.cadence == "year" for cycle in general.cycles)
    if general.year_kpi == "mean_of_quarters":
        if not any(cycle.cadence == "quarter" for cycle in general.cycles):
            zh = "year_kpi 取季度均分, 但没有 quarter 周期: 请加周期或改为 own_targets"
            en = "year_kpi means the quarters, but there is no quarter cycle: add one, or write own_targets"
            yield error(general.where.at("year_kpi"), zh, en)
        if not yearly:
            yield _unused(general.where.at("year_kpi"), "year_kpi")
    if general.annual is None:
        return
    annual, where = general.annual, general.annual.where
    if not yearly:
        yield _unused(where, "annual")
    if annual.kpi <= ZERO:
        yield error(where.at("kpi"), "kpi 的份额须大于 0", "the share of kpi must be above 0")
    for name, share in (("feedback", annual.feedback), ("development", annual.development)):
        if share < ZERO:
            yield error(where.at(name), f"{name} 的份额不能小于 0", f"the share of {name} cannot lie below 0")
    yield from check_total(("annual 的份额", "the shares of annual"), (annual.kpi, annual.feedback, annual.development), where)
    if annual.feedback > ZERO and general.feedback is None:
        zh, en = (
            "feedback 有份额, 但总则没有写 feedback (评价人分组)",
            "feedback has a share: write the key feedback with its groups",
        )
        yield error(where.at("feedback"), zh, en)


def check_feedback(policy: Policy) -> Iterator[Problem]:
    """Groups told apart whose shares total 100, enough raters that nobody is recognised, a scale with a span."""
    feedback = policy.general.feedback
    if feedback is None:
        return
    if feedback.minimum_raters < FEWEST_RATERS:
        zh = f"minimum_raters 至少为 {FEWEST_RATERS}, 否则看得出是谁的评价"
        en = f"minimum_raters must be at least {FEWEST_RATERS}, or one can tell who answered"
        yield error(feedback.where.at("minimum_raters"), zh, en)
    if feedback.scale.minimum >= feedback.scale.maximum:
        yield error(feedback.scale.where.at("maximum"), "评分尺度的 maximum 须大于 minimum", "maximum must be above minimum")
    yield from _groups(feedback)


def _groups(feedback: Feedback) -> Iterator[Problem]:
    yield from repeated(("评价人分组", "group of raters"), ((group.id, group.where.at("id")) for group in feedback.groups))
    for group in feedback.groups:
        if group.share <= ZERO:
            yield error(group.where.at("share"), "份额须大于 0, 不用则删去", "the share must be above 0, or drop the group")
        if group.minimum < 0:
            yield error(group.where.at("minimum"), "人数不能小于 0", "a number of people cannot lie below 0")
    shares = (group.share for group in feedback.groups)
    yield from check_total(("评价人分组的份额", "the shares of the groups"), shares, feedback.where.at("groups"))


def check_unit_links(policy: Policy) -> Iterator[Problem]:
    """Links of known posts, by a share or a coefficient, said once; in no cycle do their shares leave nothing of one's own."""
    links = policy.general.unit_links
    for link in links:
        yield from check_post_names(policy, link.posts, link.where.at("posts"))
        if link.all_posts and link.posts:
            yield error(link.where.at("posts"), "posts 与 all_posts 只写其一", "write either posts or all_posts")
        if not link.all_posts and not link.posts:
            yield error(link.where, "没有岗位: 请写 posts 或 all_posts: true", "no post: write posts or all_posts: true")
        if (link.share is None) == (not link.coefficient):
            yield error(
                link.where, "share 与 coefficient: true 必写其一, 且只写其一", "write either share or coefficient: true"
            )
        if link.share is not None and not ZERO < link.share < HUNDRED:
            zh, en = f"份额 {plain(link.share)} 应在 0 与 100 之间", f"the share {plain(link.share)} must lie between 0 and 100"
            yield error(link.where.at("share"), zh, en)
    for place, link in enumerate(links):
        if any(_alike(link, earlier) for earlier in links[:place]):
            zh = "同一岗位、同一周期与同一对象的挂钩重复: 只留一处"
            yield error(link.where, zh, "the same posts are linked to the same result twice in a cycle: keep one")
    for located in policy.sheets:
        for cadence in get_args(Cadence):
            shares = [(link, link.share) for link in policy.links_for(located.post.id, cadence) if link.share is not None]
            if shares and add(*(share for _, share in shares)) >= HUNDRED and all(share < HUNDRED for _, share in shares):
                zh = f"岗位 {located.post.id} 的挂钩份额合计达到 100, 没有留给本人的部分"
                en = f"the links of {located.post.id} total 100 or more: nothing is left of one's own"
                yield error(shares[-1][0].where.at("share"), zh, en)


def _alike(link: UnitLink, other: UnitLink) -> bool:
    posts = link.all_posts or other.all_posts or not set(link.posts).isdisjoint(other.posts)
    cycles = not link.cadences or not other.cadences or not set(link.cadences).isdisjoint(other.cadences)
    return posts and cycles and (link.to, link.coefficient) == (other.to, other.coefficient)


def check_floors(policy: Policy) -> Iterator[Problem]:
    """Floors of known dimensions that can be missed, down to a grade that is not the best anyway."""
    floors = policy.general.floors
    named = ((f"{floor.dimension} {plain(floor.below)}", floor.where.at("below")) for floor in floors)
    yield from repeated(("维度底线", "floor"), named)
    for floor in floors:
        if floor.dimension not in policy.dimensions:
            yield unknown(("维度", "dimension"), floor.dimension, policy.dimensions, floor.where.at("dimension"))
        if floor.grade not in policy.ranks:
            yield unknown(("等级", "grade"), floor.grade, policy.ranks, floor.where.at("grade"))
        elif policy.bands[0].grade == floor.grade:
            zh, en = f"{floor.grade} 是最高等级, 封顶不起作用", f"{floor.grade} is the best grade, so nothing would be capped"
            yield error(floor.where.at("grade"), zh, en)
        if not ZERO < floor.below <= HUNDRED:
            zh, en = (
                f"底线 {plain(floor.below)} 应大于 0、不超过 100",
                f"the floor {plain(floor.below)} must be above 0 and up to 100",
            )
            yield error(floor.where.at("below"), zh, en)


def check_improvement_plan(policy: Policy) -> Iterator[Problem]:
    """A length that a plan can have."""
    plan = policy.general.improvement_plan
    if plan is not None and not 1 <= plan.minimum_months <= plan.maximum_months <= LONGEST_PLAN:
        zh = f"改进计划的月数应为 1 ≤ minimum_months ≤ maximum_months ≤ {LONGEST_PLAN}"
        en = f"an improvement plan takes 1 ≤ minimum_months ≤ maximum_months ≤ {LONGEST_PLAN}"
        yield error(plan.where, zh, en)


def _unused(where: Where, name: str) -> Problem:
    zh = f"写了 {name}, 但没有 year 周期: 请加周期或删去"
    return error(where, zh, f"{name} is written, but there is no year cycle: add one, or drop it")
