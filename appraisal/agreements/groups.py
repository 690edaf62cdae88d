"""Items chosen from a sheet whose weights are printed by group (R-003-10, R-003-22): what stands against a choice, in words.

What is feasible at all is the core's to say. Weights that leave the printed ones are no mistake but need approval (D-09).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from appraisal.agreements.drafts import Finding, ItemDraft
from appraisal.core.policy.model import Policy, Post, Text
from appraisal.core.selection import Chosen, Selection, judge, nearest


def chosen_of(drafts: Sequence[ItemDraft]) -> list[Chosen]:
    """The rows that drafted items choose, with their weights."""
    return [Chosen(draft.id, draft.weight) for draft in drafts]


def printed_weights(post: Post) -> dict[str, tuple[int, Decimal]]:
    """By row, the place of its group from 1 and the weight printed for that group."""
    return {row.id: (place, group.weight) for place, group in enumerate(post.groups, start=1) for row in group.items}


def groups_hold(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    """Every item is a row of the sheet, and each group's rows total what is printed for it, or 100 was allotted anew.

    The first finding that stands in the way names the nearest choices that would not.
    """
    if not post.groups:
        return
    rules = policy.general.design_rules
    selection = judge(post, rules, chosen_of(drafts))
    paths = {draft.id: f"items[{index}].id" for index, draft in enumerate(drafts)}
    zh_more, en_more = "", ""
    if not selection.is_feasible:
        zh_more, en_more = _nearest_said(policy, post, drafts, nearest(post, rules, chosen_of(drafts)))
    for found in selection.findings:
        zh, en = found.zh, found.en
        if found.code == "not_of_the_post":
            named = next((draft.name_zh for draft in drafts if draft.id == found.item and draft.name_zh), found.item)
            zh = f"「{named}」不在岗位「{post.title.zh}」的考核表中: 权重按表分配, 不能另加项目, 请从表中选择"
            en = f"{named} is no row of the sheet of {post.title.en}, whose rows have all the weight: choose one of them"
        if found.severity != "approval":
            zh, en = f"{zh}{zh_more}", f"{en}{en_more}"
            zh_more, en_more = "", ""
        yield Finding(found.severity, found.code, paths.get(found.item or "", "items"), zh, en)


def _nearest_said(policy: Policy, post: Post, drafts: Sequence[ItemDraft], proposed: Sequence[Selection]) -> tuple[str, str]:
    if not proposed:
        return "", ""
    said = [_change(policy, drafts, one) for one in proposed]
    zh = "; ".join(f"({place}) {words}" for place, (words, _) in enumerate(said, start=1))
    en = "; ".join(f"({place}) {words}" for place, (_, words) in enumerate(said, start=1))
    return f"。最接近的可行选择: {zh}", f". Nearest that would do: {en}"


def _change(policy: Policy, drafts: Sequence[ItemDraft], proposed: Selection) -> tuple[str, str]:
    """What a proposed selection leaves out and adds, and how its weights come about."""
    own = {draft.id: draft.name_zh for draft in drafts}
    without = [_named(policy, row, own_name) for row, own_name in own.items() if row not in proposed.weights]
    added = [_named(policy, row) for row in proposed.weights if row not in own]
    zh, en = [], []
    for rows, zh_verb, en_verb in ((without, "去掉", "without"), (added, "加上", "with")):
        if rows:
            zh.append(zh_verb + "".join(f"「{name.zh}」" for name in rows))
            en.append(f"{en_verb} {'; '.join(name.en for name in rows)}")
    if proposed.needs_approval:
        count = len(proposed.weights)
        zh.append(f"100 分由 {count} 项均分并报批")
        en.append(f"100 shared evenly among {count} rows, for approval")
    elif not zh:
        zh, en = ["同样的项, 各组权重由组内各项均分"], ["the same rows, each group's weight shared evenly"]
    return ", ".join(zh), ", ".join(en)


def _named(policy: Policy, row: str, own_name: str | None = None) -> Text:
    located = policy.indicators.get(row)
    return located.indicator.name if located else Text(own_name or row, own_name or row)
