"""What is wrong or odd about drafted items, judged against the pinned policy before anybody signs.

Each check returns every finding it has. Whether an item can be scored at all is asked of the core itself, by scoring it at
its own target, so that the agreement and the later score cannot disagree about what is a valid target or challenge.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Direction, Item, Kind
from appraisal.core.numbers import HUNDRED, ONE, ZERO, add, plain
from appraisal.core.policy.model import DesignRule, Policy, Post, Severity
from appraisal.core.scoring.items import score_item


@dataclass(frozen=True)
class ItemDraft:
    """One item as proposed. An id from the library names that indicator; any other id is the sheet's own and needs a name."""

    id: str
    kind: Kind
    weight: Decimal
    dimension: str | None = None
    target: Decimal | None = None
    challenge: Decimal | None = None
    threshold: Decimal | None = None
    baseline: Decimal | None = None
    curve: str | None = None
    direction: Direction | None = None
    name_zh: str | None = None
    name_en: str | None = None
    unit: str | None = None
    factor_max: Mapping[str, Decimal] = field(default_factory=dict)
    assessor_id: int | None = None

    def as_item(self) -> Item:
        """The item as the core takes it, without figures."""
        return Item(
            id=self.id,
            kind=self.kind,
            weight=self.weight,
            dimension=self.dimension,
            name=self.name_zh,
            target=self.target,
            challenge=self.challenge,
            threshold=self.threshold,
            baseline=self.baseline,
            curve=self.curve,
            direction=self.direction,
            factor_max=dict(self.factor_max),
        )


@dataclass(frozen=True)
class Finding:
    """One finding: errors refuse the agreement, warnings are shown to those who sign."""

    severity: Severity
    code: str
    path: str
    zh: str
    en: str


def findings(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> list[Finding]:
    """Every finding about these items on a sheet of this post, errors first."""
    found = [finding for check in CHECKS for finding in check(policy, post, drafts)]
    return sorted(found, key=lambda finding: finding.severity != "error")


def dimension_of(policy: Policy, draft: ItemDraft) -> str | None:
    """The dimension the item counts in: its own, else the library's."""
    located = policy.indicators.get(draft.id)
    return draft.dimension or (located.dimension if located else None)


def name_of(policy: Policy, item: str, own_name: str | None = None) -> str:
    """What an item is called in Chinese: by the library, else by the sheet itself."""
    located = policy.indicators.get(item)
    return located.indicator.name.zh if located else own_name or item


def dimension_name(policy: Policy, dimension: str | None) -> str:
    """What a dimension is called in Chinese; one the policy does not know goes by its id."""
    return next((entry.name.zh for entry in policy.general.dimensions if entry.id == dimension), str(dimension or "-"))


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
            name = name_of(policy, draft.id, draft.name_zh)
            zh, en = f"「{name}」出现 {times} 次; 合并为一项", f"{draft.id} stands here {times} times; make it one item"
            yield Finding("error", "repeated_item", f"items[{index}].id", zh, en)


def _own_items_have_names(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        if draft.id not in policy.indicators and not (draft.name_zh or "").strip():
            zh, en = f"{draft.id} 不在指标库中, 须写明名称", f"{draft.id} is not in the library: give it a name"
            yield Finding("error", "name_missing", f"items[{index}].name_zh", zh, en)


def _dimensions_follow_the_profile(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    if not post.dimensions:
        return
    totals = dict.fromkeys(post.dimensions, ZERO)
    for index, draft in enumerate(drafts):
        dimension = dimension_of(policy, draft)
        if dimension not in totals:
            known = "、".join(dimension_name(policy, one) for one in post.dimensions)
            zh = f"维度「{dimension_name(policy, dimension)}」不在岗位「{post.title.zh}」的权重表中; 可用: {known}"
            en = f"the profile of {post.title.en} has no dimension {dimension}; it has: {', '.join(post.dimensions)}"
            yield Finding("error", "dimension_not_in_profile", f"items[{index}].dimension", zh, en)
            continue
        totals[dimension] = add(totals[dimension], draft.weight)
        yield from _dimension_suits_the_indicator(policy, dimension, draft, index)
    for dimension, expected in post.dimensions.items():
        if totals[dimension] != expected:
            named = dimension_name(policy, dimension)
            zh = f"维度「{named}」合计 {plain(totals[dimension])}, 岗位「{post.title.zh}」规定为 {plain(expected)}"
            en = f"{dimension} totals {plain(totals[dimension])}; the profile of {post.title.en} says {plain(expected)}"
            yield Finding("error", "dimension_weight_off_profile", "items", zh, en)


def _dimension_suits_the_indicator(policy: Policy, dimension: str, draft: ItemDraft, index: int) -> Iterator[Finding]:
    located = policy.indicators.get(draft.id)
    drawn = {entry.id: entry.draws_on for entry in policy.general.dimensions}.get(dimension, ())
    if located and located.dimension != dimension and located.dimension not in drawn:
        own, other = dimension_name(policy, located.dimension), dimension_name(policy, dimension)
        zh = f"「{located.indicator.name.zh}」属于维度「{own}」, 不能计入「{other}」"
        en = f"{draft.id} belongs to {located.dimension} and cannot count in {dimension}"
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
        if draft.factor_max:
            return replace(item, factors=dict(draft.factor_max))
        return replace(item, rating=policy.scoring.rating_scale.maximum)
    return replace(item, actual=draft.target if draft.target is not None else ONE)


def _design_rules_hold(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for rule in policy.general.design_rules:
        yield from _DESIGN_RULES[rule.rule](policy, rule, drafts)


def _at_most(policy: Policy, rule: DesignRule, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    if len(drafts) > rule.limit:
        zh = f"共 {len(drafts)} 项, 制度建议不超过 {plain(rule.limit)} 项"
        en = f"{len(drafts)} items; the regulation asks for {plain(rule.limit)} at most"
        yield Finding(rule.severity, rule.rule, "items", zh, en)


def _item_weight_at_least(policy: Policy, rule: DesignRule, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    for index, draft in enumerate(drafts):
        if draft.weight < rule.limit:
            name = name_of(policy, draft.id, draft.name_zh)
            zh = f"「{name}」权重 {plain(draft.weight)}, 制度要求单项不低于 {plain(rule.limit)}"
            en = f"{draft.id} weighs {plain(draft.weight)}; the regulation asks for {plain(rule.limit)} or more"
            yield Finding(rule.severity, rule.rule, f"items[{index}].weight", zh, en)


_DESIGN_RULES: Mapping[str, Callable[[Policy, DesignRule, Sequence[ItemDraft]], Iterator[Finding]]] = {
    "max_items": _at_most,
    "starter_items": _at_most,
    "min_item_weight": _item_weight_at_least,
}

CHECKS: tuple[Callable[[Policy, Post, Sequence[ItemDraft]], Iterator[Finding]], ...] = (
    _total_is_100,
    _weights_are_positive,
    _ids_are_single,
    _own_items_have_names,
    _dimensions_follow_the_profile,
    _indicators_are_for_the_post,
    _perfect_targets_have_a_challenge,
    _items_can_be_scored,
    _design_rules_hold,
)
