"""Incident rules that can act: events of the ledger, effects on somebody and something, and posts they are for."""

from collections.abc import Iterator
from typing import Final

from appraisal.core.checks.common import all_posts, can_have, check_post_names, reached, repeated, unknown
from appraisal.core.checks.triggers import facts_of
from appraisal.core.policy.model import Effect, IncidentRule, Policy
from appraisal.core.policy.tree import Problem, error, warning

SUBJECTS: Final = ("self", "unit", "named", "superior")


def check_events(policy: Policy) -> Iterator[Problem]:
    """Each event once, known where a rule names it, and used by some rule."""
    events = [event.id for event in policy.vetoes.events]
    yield from repeated(("事件", "event"), ((one.id, one.where.at("id")) for one in policy.vetoes.events))
    used = {rule.event for rule in policy.vetoes.rules}
    for rule in policy.vetoes.rules:
        used |= {fact.argument for fact in facts_of(policy, rule) if fact.kind == "incident"}
        if rule.event is not None and rule.event not in events:
            yield unknown(("事件", "event"), rule.event, events, rule.where.at("event"))
    for event in policy.vetoes.events:
        if event.id not in used:
            zh = f"事件 {event.id} 没有规则使用: 发生了也没有后果"
            yield warning(event.where.at("id"), zh, f"no rule uses the event {event.id}: it has no consequence")


def check_triggers(policy: Policy) -> Iterator[Problem]:
    """Each rule once, set off by an event or by figures (or by both together), for posts that exist."""
    rules = policy.vetoes.rules
    yield from repeated(("规则", "rule"), ((rule.id, rule.where.at("id")) for rule in rules))
    for rule in rules:
        if rule.event is None and rule.when is None:
            zh = f"规则 {rule.id} 没有触发条件: 请写 event 或 when"
            yield error(rule.where, zh, f"nothing sets off the rule {rule.id}: write event or when")
        if rule.all_posts and rule.posts:
            yield error(rule.where.at("posts"), "posts 与 all_posts 只写其一", "write either posts or all_posts")
        yield from check_post_names(policy, rule.posts, rule.where.at("posts"))
        known = [post for post in rule.posts if post in all_posts(policy)]
        if not rule.all_posts and not rule.posts:
            zh = f"规则 {rule.id} 永远不会触发: 不适用于任何岗位, 请写 posts 或 all_posts: true"
            yield error(rule.where, zh, f"the rule {rule.id} can never fire: it is for no post; write posts or all_posts: true")
        elif known and not reached(policy, rule.posts, rule.all_posts):
            zh = f"规则 {rule.id} 永远不会触发: 它的岗位都没有权重, 不参加考核"
            yield error(rule.where.at("posts"), zh, f"the rule {rule.id} can never fire: none of its posts has a profile")


def check_effects(policy: Policy) -> Iterator[Problem]:
    """Each effect falls on somebody known and, where it zeroes an item, on an item that somebody can have."""
    for rule in policy.vetoes.rules:
        if not rule.effects:
            zh = f"规则 {rule.id} 没有后果: 请写 effects"
            yield error(rule.where.at("effects"), zh, f"the rule {rule.id} does nothing: fill in effects")
        for effect in rule.effects:
            yield from _subject(policy, rule, effect)
            yield from _item(policy, rule, effect)


def _subject(policy: Policy, rule: IncidentRule, effect: Effect) -> Iterator[Problem]:
    where = effect.where.at("subject")
    if effect.subject.startswith("post:"):
        post = effect.subject.removeprefix("post:")
        if post not in policy.posts:
            yield unknown(("岗位", "post"), post, policy.posts, where)
    elif effect.subject not in SUBJECTS:
        zh, en = ", ".join(SUBJECTS), f'"{effect.subject}" is no scope'
        yield error(where, f'作用范围 "{effect.subject}" 不明: 写 {zh} 或 post:<岗位>', f"{en}: write {zh} or post:<id>")
    if rule.event is None and rule.when is not None and effect.subject != "self":
        zh = "由数据 (when) 触发的规则只作用于本人: subject 写 self, 或改用 event"
        yield error(where, zh, "a rule set off by figures (when) falls on self only: write self, or use an event")


def _item(policy: Policy, rule: IncidentRule, effect: Effect) -> Iterator[Problem]:
    if effect.effect == "zero_total":
        if effect.item is not None:
            zh, en = "zero_total 使总分归零, 不写 item", "zero_total zeroes the total: drop item, or write zero_item"
            yield error(effect.where.at("item"), zh, en)
        return
    if effect.item is None:
        yield error(effect.where, "zero_item 须写 item: 哪一项归零", "zero_item needs its item: which one becomes 0")
        return
    where = effect.where.at("item")
    rows = {row.id for one in policy.sheets for group in one.post.groups for row in group.items}
    if effect.item not in policy.indicators and effect.item not in rows:
        yield unknown(("指标", "indicator"), effect.item, sorted({*policy.indicators, *rows}), where)
        return
    everybody = rule.all_posts or effect.subject in ("unit", "named", "superior")
    posts = {effect.subject.removeprefix("post:")} if effect.subject.startswith("post:") else set(rule.posts)
    holders = reached(policy, posts, everybody)
    if holders and not any(can_have(policy, post, effect.item) for post in holders):
        zh = f"规则 {rule.id} 的这一后果永远不会发生: 它的岗位都没有 {effect.item} 这一项"
        yield error(where, zh, f"this effect of {rule.id} can never happen: none of its posts can have the item {effect.item}")
