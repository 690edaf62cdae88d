"""Why somebody has no result: not rated, or what is still missing, in words for the person as much as for HR.

Only what blocks a score is told: an agreement without both signatures, and figures whose absence the policy does not bridge.
"""

from collections.abc import Sequence

from sqlmodel import Session

from appraisal.agreements import queries as agreements
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.measures import queries as measures
from appraisal.measures.queries import Completeness

NAMED = 3
"""So many items are named; of more, the number is told."""

_STATES = {
    "missing": ("缺少{}的数据", "no figure for {}"),
    "unconfirmed": ("{}的数据待确认", "not confirmed: {}"),
    "no_base": ("{}的分母为 0, 没有实际值", "nothing to divide by: {}"),
}
_NOT_COMPUTED = Text("尚未计算", "Not calculated yet")


def not_rated(appraisal: Appraisal) -> Text:
    """不参评 with its reason."""
    reason = appraisal.not_rated_reason_en
    return Text(f"不参评: {appraisal.not_rated_reason}", f"Not rated: {reason}" if reason else "Not rated")


def not_computed(session: Session, found: Sequence[tuple[Appraisal, Cycle]]) -> dict[int, Text]:
    """For rated appraisals without a result: that there is none yet, and what it lacks, by appraisal."""
    told: dict[int, Text] = {}
    for cycle in {cycle.id: cycle for _, cycle in found}.values():
        ids = [appraisal.id for appraisal, own in found if own.id == cycle.id]
        told |= _lacking_in(session, cycle, ids)
    return told


def _lacking_in(session: Session, cycle: Cycle, appraisal_ids: Sequence[int]) -> dict[int, Text]:
    policy = cycles.policy_of(session, cycle)
    agreed_upon = agreements.has_items(policy, cycle)
    sheets = cycles.sheets_of(session, appraisal_ids)
    by_sheet = agreements.agreed(session, [sheet.id for own in sheets.values() for sheet in own])
    incomplete: dict[int, list[Completeness]] = {}
    for entry in measures.completeness(session, policy, by_sheet):
        if entry.missing_rule == "block":
            incomplete.setdefault(entry.sheet_id, []).append(entry)
    told = {}
    for appraisal_id, own in sheets.items():
        lacking = [_unsigned(policy, sheet) for sheet in agreements.unsigned_sheets(own, by_sheet) if agreed_upon]
        if not lacking:
            lacking = _figures(policy, [entry for sheet in own for entry in incomplete.get(sheet.id, ())])
        zh, en = ("; ".join(getattr(text, lang) for text in lacking) for lang in ("zh", "en"))
        told[appraisal_id] = Text(f"尚未计算: {zh}", f"Not calculated yet: {en}") if lacking else _NOT_COMPUTED
    return told


def _unsigned(policy: Policy, sheet: Sheet) -> Text:
    title = policy.posts[sheet.policy_post].post.title
    return Text(f"{title.zh}的责任书尚未双方签署", f"the agreement ({title.en}) is not signed by both sides")


def _figures(policy: Policy, entries: Sequence[Completeness]) -> list[Text]:
    """The items without a figure that counts, those in the same state together."""
    told = []
    for state, (written_zh, written_en) in _STATES.items():
        names = [_name(policy, entry) for entry in entries if entry.state == state]
        if not names:
            continue
        zh = "".join(f"「{name.zh}」" for name in names[:NAMED])
        en = ", ".join(name.en for name in names[:NAMED])
        if len(names) > NAMED:
            zh, en = f"{zh}等 {len(names)} 项", f"{en} and {len(names) - NAMED} more"
        told.append(Text(written_zh.format(zh), written_en.format(en)))
    return told


def _name(policy: Policy, entry: Completeness) -> Text:
    """What a figure is of, and for which part of the period where it is gathered part by part."""
    item, located = entry.item, policy.indicators.get(entry.item.item)
    zh = item.name_zh or item.item
    name = located.indicator.name if located is not None else Text(zh, item.name_en or zh)
    return Text(f"{name.zh} {entry.period}", f"{name.en} {entry.period}") if entry.is_part else name
