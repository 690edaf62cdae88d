"""The policy's own design rules, each with the severity the policy gives it (D-07), on sheets that list their rows."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from appraisal.core.checks.common import repeated, unknown
from appraisal.core.numbers import ZERO, add, plain, times
from appraisal.core.policy.general import COUNTING, DesignRule
from appraisal.core.policy.model import Policy, Post
from appraisal.core.policy.tree import Problem, error, warning

Tell = Callable[..., Problem]
Rule = Callable[[Policy, DesignRule, Tell], Iterator[Problem]]


def check_design_rules(policy: Policy) -> Iterator[Problem]:
    """Each rule once, with a limit where it counts something and without where it does not."""
    rules = policy.general.design_rules
    yield from repeated(("设计规则", "design rule"), ((one.rule, one.where.at("rule")) for one in rules))
    for rule in rules:
        if rule.rule not in COUNTING:
            if rule.limit is not None:
                zh = f"{rule.rule} 没有限值: 请删去 limit"
                yield error(rule.where.at("limit"), zh, f"{rule.rule} has no limit: drop the key")
        elif rule.limit is None:
            yield error(rule.where, f"{rule.rule} 须写 limit", f"{rule.rule} needs its limit")
        elif rule.limit <= ZERO:
            yield error(rule.where.at("limit"), "限值须大于 0", "the limit must be above 0")


def check_design(policy: Policy) -> Iterator[Problem]:
    """What the sheets make of the policy's design rules."""
    for rule in policy.general.design_rules:
        yield from _RULES[rule.rule](policy, rule, error if rule.severity == "error" else warning)


def _at_most(policy: Policy, rule: DesignRule, tell: Tell) -> Iterator[Problem]:
    """原则上不超过: a sheet may offer more rows than an agreement may choose, so this speaks of choosing (R-003-10, -14)."""
    for located in policy.sheets:
        post = located.post
        count = sum(len(group.items) for group in post.groups)
        if rule.limit is not None and count > rule.limit:
            limit = plain(rule.limit)
            zh = f"岗位 {post.id} 列出 {count} 项, 多于 {rule.rule} 的 {limit} 项: 责任书从中至多选 {limit} 项"
            en = f"the post {post.id} lists {count} items, {rule.rule} allows {limit}: an agreement chooses {limit} at most"
            yield tell(post.where.at("groups"), zh, en)


def _least_weight(policy: Policy, rule: DesignRule, tell: Tell) -> Iterator[Problem]:
    if rule.limit is None or rule.limit <= ZERO:
        return
    for located in policy.sheets:
        for group in located.post.groups:
            if group.weight < times(rule.limit, Decimal(len(group.items))):
                shown, most = f"{plain(group.weight)} / {len(group.items)}", int(group.weight // rule.limit)
                zh = f"权重 {shown} 项, 均分后每项不足 {rule.rule} 的 {plain(rule.limit)} 分: 责任书从中至多选 {most} 项"
                en = f"{shown} rows: an even split gives less than {plain(rule.limit)} ({rule.rule}); choose {most} at most"
                yield tell(group.where.at("weight"), zh, en)


def _goals_by_level(policy: Policy, rule: DesignRule, tell: Tell) -> Iterator[Problem]:
    """职位越高, 工作目标越少: a superior's sheet has no larger share of goals than a subordinate's (R-003-11, -12)."""
    for post, above in _pairs(policy):
        own, higher = _goal_share(post), _goal_share(above)
        if higher > own:
            zh = (
                f"岗位 {post.id} 的工作目标占 {plain(own)}, 少于上级 {above.id} 的 {plain(higher)}: "
                f"职位越高, 工作目标的比重应越小 ({rule.rule})"
            )
            en = f"goals are {plain(own)} points of {post.id}, {plain(higher)} of {above.id} above it: the higher, the fewer"
            yield tell(post.where.at("groups"), zh, f"{en} ({rule.rule})")


def _link_upward(policy: Policy, rule: DesignRule, tell: Tell) -> Iterator[Problem]:
    """下级指标与上级指标有因果联系: a row, its indicator or its success factor occurs on the superior's sheet (R-003-13)."""
    for post, above in _pairs(policy):
        serves = any(row.serves for group in post.groups for row in group.items)
        if not serves and _meanings(policy, post).isdisjoint(_meanings(policy, above)):
            zh = (
                f"岗位 {post.id} 没有一项与上级 {above.id} 的考核项相连: 请用同一指标或关键成功因素, "
                f"或写 serves: <上级考核项> ({rule.rule})"
            )
            en = f"no row of {post.id} is tied to its superior {above.id}: share an indicator or factor, or write serves"
            yield tell(post.where.at("groups"), zh, f"{en} ({rule.rule})")


def check_serves(policy: Policy) -> Iterator[Problem]:
    """`serves` names a row of the superior's sheet."""
    for located in policy.sheets:
        above = policy.superior_of(located.post.id)
        known = [row.id for group in (above.post.groups if above else ()) for row in group.items]
        for group in located.post.groups:
            for row in group.items:
                if row.serves is not None and row.serves not in known:
                    yield unknown(("上级考核项", "row of the superior"), row.serves, known, row.where.at("serves"))


def _pairs(policy: Policy) -> Iterator[tuple[Post, Post]]:
    """Sheets that list rows, each with its superior's that lists rows too."""
    for located in policy.sheets:
        above = policy.superior_of(located.post.id)
        if above is not None and located.post.groups and above.post.groups:
            yield located.post, above.post


def _goal_share(post: Post) -> Decimal:
    return add(ZERO, *(group.weight for group in post.groups if group.kind == "gs"))


def _meanings(policy: Policy, post: Post) -> set[str]:
    """What the rows of a sheet are about: indicators of the library, and the success factors these stand under."""
    found: set[str] = set()
    for group in post.groups:
        for row in group.items:
            located = policy.indicators.get(row.id)
            factor = located.indicator.success_factor if located else None
            found |= {f"indicator {row.indicator}"} if row.indicator else set()
            found |= {f"factor {factor}"} if factor else set()
    return found


_RULES: Final[Mapping[str, Rule]] = {
    "max_items": _at_most,
    "starter_items": _at_most,
    "min_item_weight": _least_weight,
    "gs_share_by_level": _goals_by_level,
    "upward_link": _link_upward,
}
