"""Post sheets: each post once, weights that total exactly 100, groups of known dimensions, and whom a post reports to."""

from collections.abc import Iterator

from appraisal.core.checks.common import check_total, repeated, unknown
from appraisal.core.numbers import ZERO, add, plain
from appraisal.core.policy.model import Policy, Post
from appraisal.core.policy.tree import Problem, error


def check_posts(policy: Policy) -> Iterator[Problem]:
    """Each post once, whether it has a profile or is refused; one with a profile has weights."""
    named = [(one.post.id, one.post.where.at("id")) for one in policy.sheets]
    named += [(post.id, post.where.at("id")) for post in policy.refused]
    yield from repeated(("岗位", "post"), named)
    for located in policy.sheets:
        post = located.post
        if not post.dimensions and not post.groups:
            zh = f"岗位 {post.id} 没有权重: 请写 dimensions 或 groups; 没有权重的岗位列入 refused 并说明理由"
            en = f"the post {post.id} has no weights: write dimensions or groups, or list it under refused with the reason"
            yield error(post.where, zh, en)


def check_weights(policy: Policy) -> Iterator[Problem]:
    """Dimension weights and group weights each total exactly 100, no weight is 0 or below, and the two agree."""
    for located in policy.sheets:
        post = located.post
        places = [(weight, post.where.at("dimensions").at(name)) for name, weight in post.dimensions.items()]
        places += [(group.weight, group.where.at("weight")) for group in post.groups]
        for weight, where in places:
            if weight <= ZERO:
                zh = f"权重 {plain(weight)} 须大于 0, 不用则删去"
                en = f"the weight {plain(weight)} must be above 0, or drop it"
                yield error(where, zh, en)
        kind = (f"岗位 {post.id} 的权重", f"the weights of {post.id}")
        if post.dimensions:
            yield from check_total(kind, post.dimensions.values(), post.where.at("dimensions"))
        if post.groups:
            yield from check_total(kind, (group.weight for group in post.groups), post.where.at("groups"))
        if post.dimensions and post.groups and all(group.dimension for group in post.groups):
            yield from _agreement(post)


def _agreement(post: Post) -> Iterator[Problem]:
    for name, weight in post.dimensions.items():
        total = add(*(group.weight for group in post.groups if group.dimension == name))
        if total != weight:
            zh = f"维度 {name} 的权重 {plain(weight)} 与其各组合计 {plain(total)} 不符"
            en = f"the dimension {name} weighs {plain(weight)}, its groups {plain(total)}: make them equal"
            yield error(post.where.at("dimensions").at(name), zh, en)


def check_groups(policy: Policy) -> Iterator[Problem]:
    """Dimensions that are defined, and groups with rows."""
    for located in policy.sheets:
        post = located.post
        for name in post.dimensions:
            if name not in policy.dimensions:
                yield unknown(("维度", "dimension"), name, policy.dimensions, post.where.at("dimensions").at(name))
        for group in post.groups:
            if group.dimension and group.dimension not in policy.dimensions:
                yield unknown(("维度", "dimension"), group.dimension, policy.dimensions, group.where.at("dimension"))
            elif group.dimension and post.dimensions and group.dimension not in post.dimensions:
                zh = f"岗位 {post.id} 的 dimensions 没有 {group.dimension} 的权重"
                en = f"the post {post.id} gives the dimension {group.dimension} no weight"
                yield error(group.where.at("dimension"), zh, en)
            if not group.items:
                zh, en = "一个权重之下至少有一行: 请写 items", "a weight needs at least one row: fill in items"
                yield error(group.where.at("items"), zh, en)


def check_superiors(policy: Policy) -> Iterator[Problem]:
    """`reports_to` names another post with a profile, and leads to a top."""
    for located in policy.sheets:
        post, where = located.post, located.post.where.at("reports_to")
        if post.reports_to is None:
            continue
        if post.reports_to not in policy.posts:
            yield unknown(("岗位", "post"), post.reports_to, policy.posts, where)
            continue
        chain, above = [post.id], policy.superior_of(post.id)
        while above is not None and above.post.id not in chain:
            chain.append(above.post.id)
            above = policy.superior_of(above.post.id)
        if above is not None and above.post.id == post.id:
            shown = " → ".join([*chain, post.id])
            yield error(where, f"上下级关系成环: {shown}", f"the posts report to each other in a circle: {shown}")
