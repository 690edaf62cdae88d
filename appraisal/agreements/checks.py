"""What is wrong or odd about drafted items, judged against the pinned policy before anybody signs.

Each check returns every finding it has. Whether an item can be scored at all is asked of the core itself, by scoring it at
its own target, so that the agreement and the later score cannot disagree about what is a valid target or challenge.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from appraisal.agreements.drafts import (
    ALONE,
    Background,
    Finding,
    ItemDraft,
    called,
    dimension_name,
    dimension_of,
    target_of,
)
from appraisal.agreements.groups import groups_hold
from appraisal.agreements.joint import assessors_stand
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, plain
from appraisal.core.policy.model import DesignRule, Policy, Post
from appraisal.core.scoring.items import score_item
from appraisal.core.scoring.ratings import with_factors


def findings(policy: Policy, post: Post, drafts: Sequence[ItemDraft], around: Background = ALONE) -> list[Finding]:
    """Every finding about these items on a sheet of this post, errors first."""
    found = [finding for check in CHECKS for finding in check(policy, post, drafts)]
    found += [*_targets_rise(policy, drafts, around), *_items_link_upward(policy, drafts, around)]
    return sorted(found, key=lambda finding: ("error", "approval", "warning").index(finding.severity))


def _total_is_100(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    total = add(*(draft.weight for draft in drafts))
    if total != HUNDRED:
        zh = f"权重合计为 {plain(total)}, 须正好为 100"
        yield Finding("error", "weights_not_100", "items", zh, f"the weights total {plain(total)}; they must total exactly 100")


def _weights_are_positive(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        if draft.weight <= ZERO:
            zh, en = "权重须大于 0; 不考核的项请删去", "a weight must be above 0; leave out what is not appraised"
            yield Finding("error", "weight_not_positive", f"items[{index}].weight", zh, en)


def _ids_are_single(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    counts = Counter(draft.id for draft in drafts)
    for index, draft in enumerate(drafts):
        if counts[draft.id] > 1:
            times = counts[draft.id]
            name = called(policy, draft)
            zh, en = f"「{name.zh}」出现 {times} 次; 合并为一项", f"{name.en} stands here {times} times; make it one item"
            yield Finding("error", "repeated_item", f"items[{index}].id", zh, en)


def _own_items_have_names(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate([] if post.groups else drafts):
        if draft.id not in policy.indicators and not (draft.name_zh or "").strip():
            zh, en = f"{draft.id} 不在指标库中, 须写明名称", f"{draft.id} is not in the library: give it a name"
            yield Finding("error", "name_missing", f"items[{index}].name_zh", zh, en)


def _own_items_say_how_they_are_judged(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate([] if post.groups else drafts):
        if draft.id in policy.indicators:
            continue
        name = called(policy, draft)
        if draft.kind == "kpi" and not draft.source:
            zh, en = f"「{name.zh}」须写明数据来源 (R-002-2)", f"{name.en} needs a source for its figures (R-002-2)"
            yield Finding("error", "source_missing", f"items[{index}].source", zh, en)
        if draft.kind == "gs" and not draft.standard:
            zh = f"「{name.zh}」没有评分标准, 请写明如何评定 (R-003-15)"
            en = f"{name.en} does not say how it is rated (R-003-15)"
            yield Finding("warning", "standard_missing", f"items[{index}].standard", zh, en)


def _dimensions_follow_the_profile(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    if not post.dimensions:
        return
    totals = dict.fromkeys(post.dimensions, ZERO)
    for index, draft in enumerate(drafts):
        dimension = dimension_of(policy, draft)
        if dimension not in totals:
            known, named = [dimension_name(policy, one) for one in post.dimensions], dimension_name(policy, dimension)
            zh = f"维度「{named.zh}」不在岗位「{post.title.zh}」的权重表中; 可用: {'、'.join(one.zh for one in known)}"
            there = ", ".join(one.en for one in known)
            en = f"the profile of {post.title.en} has no dimension “{named.en}”; it has: {there}"
            yield Finding("error", "dimension_not_in_profile", f"items[{index}].dimension", zh, en)
            continue
        totals[dimension] = add(totals[dimension], draft.weight)
        yield from _dimension_suits_the_indicator(policy, dimension, draft, index)
    for dimension, expected in post.dimensions.items():
        if totals[dimension] != expected:
            named = dimension_name(policy, dimension)
            zh = f"维度「{named.zh}」合计 {plain(totals[dimension])}, 岗位「{post.title.zh}」规定为 {plain(expected)}"
            en = f"{named.en} totals {plain(totals[dimension])}; the profile of {post.title.en} says {plain(expected)}"
            yield Finding("error", "dimension_weight_off_profile", "items", zh, en)


def _dimension_suits_the_indicator(policy: Policy, dimension: str, draft: ItemDraft, index: int) -> Iterator[Finding]:
    located = policy.indicators.get(draft.id)
    drawn = {entry.id: entry.draws_on for entry in policy.general.dimensions}.get(dimension, ())
    if located and located.dimension != dimension and located.dimension not in drawn:
        own, other = dimension_name(policy, located.dimension), dimension_name(policy, dimension)
        zh = f"「{located.indicator.name.zh}」属于维度「{own.zh}」, 不能计入「{other.zh}」"
        en = f"{located.indicator.name.en} belongs to {own.en} and cannot count in {other.en}"
        yield Finding("error", "dimension_of_another_indicator", f"items[{index}].dimension", zh, en)


def _indicators_are_for_the_post(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    audiences = {audience.name: audience for audience in policy.general.audiences}
    for index, draft in enumerate(drafts):
        located = policy.indicators.get(draft.id)
        if located is None or not located.indicator.applies_to:
            continue
        named = [audiences[name] for name in located.indicator.applies_to if name in audiences]
        if not any(audience.all_posts or post.id in audience.posts for audience in named):
            meant = "、".join(located.indicator.applies_to)
            zh = f"「{located.indicator.name.zh}」适用于 {meant}, 不含岗位「{post.title.zh}」(R-002-6)"
            en = f"{located.indicator.name.en} is meant for {meant}, not for {post.title.en} (R-002-6)"
            yield Finding("warning", "audience_mismatch", f"items[{index}].id", zh, en)


def _perfect_targets_have_a_challenge(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        located = policy.indicators.get(draft.id)
        best = located.indicator.best_possible if located else None
        if best is not None and draft.target == best and draft.challenge is None and draft.curve is None:
            zh = f"目标 {plain(best)} 已是最好值而没有挑战值: 全做到也可能只得达标分; 可令挑战值等于目标值 (D-12)"
            en = f"{plain(best)} is the best possible and has no challenge, so perfect work may score as on target only (D-12)"
            yield Finding("warning", "best_target_without_challenge", f"items[{index}].challenge", zh, en)


def _items_can_be_scored(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        try:
            score_item(policy, _at_its_target(policy, draft))
        except ScoringError as refusal:
            placed = refusal.under(f"items[{index}]")
            yield Finding("error", placed.code, placed.path, placed.message.zh, placed.message.en)


def _at_its_target(policy: Policy, draft: ItemDraft) -> Item:
    """The item with a trial figure: its target where it has one, the top of the scale for a goal."""
    item = draft.as_item()
    if draft.kind == "gs":
        located = policy.indicators.get(draft.id)
        if wanted := with_factors(item, located.indicator if located else None).factor_max:
            return replace(item, factors=dict(wanted))
        return replace(item, rating=policy.scoring.rating_scale.maximum)
    target = target_of(policy, draft)
    return replace(item, actual=target if target is not None else ONE)


def _targets_rise(policy: Policy, drafts: Sequence[ItemDraft], around: Background) -> Iterator[Finding]:
    """Targets that are easier than those of a year ago (R-003-20). One to be hit, not passed, is neither easier nor harder."""
    for index, draft in enumerate(drafts):
        located = policy.indicators.get(draft.id)
        direction = draft.direction or (located.indicator.direction if located else None)
        target, before = target_of(policy, draft), around.earlier.get(draft.id)
        if target is None or before is None:
            continue
        if (direction == "higher" and target < before) or (direction == "lower" and target > before):
            name = called(policy, draft)
            zh = f"「{name.zh}」目标 {plain(target)} 比去年同期的 {plain(before)} 更容易 (R-003-20)"
            en = f"the target {plain(target)} of {name.en} is easier than last year's {plain(before)} (R-003-20)"
            yield Finding("warning", "target_easier", f"items[{index}].target", zh, en)


def _items_link_upward(policy: Policy, drafts: Sequence[ItemDraft], around: Background) -> Iterator[Finding]:
    """Every item serves a goal of the company or the unit, where there are any (R-002-18)."""
    for index, draft in enumerate(drafts):
        name, path = called(policy, draft), f"items[{index}].goal_id"
        if draft.goal_id is not None and draft.goal_id not in around.goals:
            zh = f"「{name.zh}」所连目标 {draft.goal_id} 不是公司或本部门及其上级部门本期的目标"
            en = f"the goal {draft.goal_id} of {name.en} is none of the company's or the unit's for this period"
            yield Finding("error", "unknown_goal", path, zh, en)
        elif draft.goal_id is None and around.goals:
            zh = f"「{name.zh}」没有连到上级目标 (R-002-18)"
            yield Finding("warning", "goal_link_missing", path, zh, f"{name.en} serves no goal above it (R-002-18)")


def _design_rules_hold(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for rule in policy.general.design_rules:
        if post.groups and rule.rule == "max_items":
            continue  # `groups_hold` says so, with what would do instead
        if (judge := _DESIGN_RULES.get(rule.rule)) and rule.limit is not None:
            yield from judge(policy, rule, rule.limit, drafts)


def _at_most(policy: Policy, rule: DesignRule, limit: Decimal, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    if len(drafts) > limit:
        zh = f"共 {len(drafts)} 项, 制度建议不超过 {plain(limit)} 项"
        en = f"{len(drafts)} items; the regulation asks for {plain(limit)} at most"
        yield Finding(rule.severity, rule.rule, "items", zh, en)


def _item_weight_at_least(policy: Policy, rule: DesignRule, limit: Decimal, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        if draft.weight < limit:
            name = called(policy, draft)
            zh = f"「{name.zh}」权重 {plain(draft.weight)}, 制度要求单项不低于 {plain(limit)}"
            en = f"{name.en} weighs {plain(draft.weight)}; the regulation asks for {plain(limit)} or more"
            yield Finding(rule.severity, rule.rule, f"items[{index}].weight", zh, en)


_DESIGN_RULES: Mapping[str, Callable[[Policy, DesignRule, Decimal, Sequence[ItemDraft]], Iterator[Finding]]] = {
    "max_items": _at_most,
    "starter_items": _at_most,
    "min_item_weight": _item_weight_at_least,
}

CHECKS: tuple[Callable[[Policy, Post, Sequence[ItemDraft]], Iterator[Finding]], ...] = (
    _total_is_100,
    _weights_are_positive,
    _ids_are_single,
    _own_items_have_names,
    _own_items_say_how_they_are_judged,
    _dimensions_follow_the_profile,
    groups_hold,
    assessors_stand,
    _indicators_are_for_the_post,
    _perfect_targets_have_a_challenge,
    _items_can_be_scored,
    _design_rules_hold,
)
