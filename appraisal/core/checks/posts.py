"""Post sheets: weights that total exactly 100, rows that exist, and the policy's own design rules."""

from collections.abc import Iterator
from decimal import Decimal

from appraisal.core.checks.common import check_total, repeated, unknown
from appraisal.core.numbers import ZERO, add, plain, times
from appraisal.core.policy.model import Group, Policy, Post, PostItem
from appraisal.core.policy.tree import Problem, error, warning


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


def check_items(policy: Policy) -> Iterator[Problem]:
    """Rows that are told apart, point at a known indicator of their kind, and can be measured."""
    for located in policy.sheets:
        post = located.post
        rows = [(group, row) for group in post.groups for row in group.items]
        yield from repeated(("考核项", "item"), ((row.id, row.where.at("id")) for _, row in rows))
        for group, row in rows:
            yield from _row(policy, group, row)


def _row(policy: Policy, group: Group, row: PostItem) -> Iterator[Problem]:
    if row.indicator is None:
        if row.name is None:
            zh = f"考核项 {row.id} 须写 indicator (指标库编号) 或 name"
            yield error(row.where, zh, f"the item {row.id} needs an indicator of the library or a name")
        for key, zh_name in (("source", "数据来源"), ("cadence", "周期")):
            if group.kind == "kpi" and getattr(row, key) is None:
                zh, en = f"KPI {row.id} 没有{zh_name} {key}", f"the KPI {row.id} has no {key}"
                if row.uncertain and key in row.where.keys:
                    yield warning(row.where.at(key), f"{zh} (存疑)", f"{en} (marked uncertain)")
                else:
                    zh = f"{zh}: 请补上, 或写 null 并注明 uncertain"
                    en = f"{en}: add it, or null with uncertain"
                    yield error(row.where.at(key), zh, en)
    elif row.indicator not in policy.indicators:
        yield unknown(("指标", "indicator"), row.indicator, policy.indicators, row.where.at("indicator"))
    elif (kind := policy.indicators[row.indicator].indicator.kind) != group.kind:
        zh = f"指标 {row.indicator} 在指标库中是 {kind}, 不能放在 {group.kind} 组"
        en = f"the library has {row.indicator} as {kind}; move it out of this {group.kind} group"
        yield error(row.where.at("indicator"), zh, en)


def check_design(policy: Policy) -> Iterator[Problem]:
    """The policy's design rules, each with the severity the policy gives it (D-07), on sheets that list their rows."""
    for rule in policy.general.design_rules:
        tell = error if rule.severity == "error" else warning
        limit = plain(rule.limit)
        for located in policy.sheets:
            post = located.post
            count = sum(len(group.items) for group in post.groups)
            if rule.rule in ("max_items", "starter_items") and count > rule.limit:
                zh = f"岗位 {post.id} 列出 {count} 项, 多于 {rule.rule} 的 {limit} 项"
                yield tell(post.where.at("groups"), zh, f"the post {post.id} lists {count} items, {rule.rule} allows {limit}")
            if rule.rule == "min_item_weight":
                for group in post.groups:
                    if group.weight < times(rule.limit, Decimal(len(group.items))):
                        shown = f"{plain(group.weight)} / {len(group.items)}"
                        zh = f"权重 {shown} 项, 均分后每项不足 {rule.rule} 的 {limit} 分"
                        en = f"{shown} rows: an even split gives less than {limit} ({rule.rule})"
                        yield tell(group.where.at("weight"), zh, en)
