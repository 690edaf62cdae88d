"""Who assesses the goals of an agreement: several together with their shares (G-53), or whom HR has ruled for the row.

What the sheet prints are offices; the agreement names the persons. Shares that it does not state are those of the sheet in the
order of the persons, else even. Nobody assesses what their own result depends on (R-003-44).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.agreements.declared import Place, places_of
from appraisal.agreements.drafts import Finding, ItemDraft, Joint, name_of
from appraisal.core.numbers import HUNDRED, ZERO, add, plain
from appraisal.core.policy.model import Policy, Post
from appraisal.core.selection import even_split
from appraisal.cycles import queries as cycles
from appraisal.cycles.blanks import NOTHING, Ruled
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.cycles.subjects import dependents_in
from appraisal.errors import Fault, Invalid


def completed(session: Session, contents: Mapping[int, Sequence[ItemDraft]]) -> dict[int, tuple[ItemDraft, ...]]:
    """The items of some sheets with what they leave to the sheet and to HR's rulings: shares, assessor, source.

    A ruled assessor who is appraised by the sheet, or depends on it, leaves the goal to the supervisor.
    """
    found = select(Sheet, Appraisal, Cycle).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
    found = found.join(Cycle, col(Cycle.id) == Appraisal.cycle_id).where(col(Sheet.id).in_(contents))
    rows = session.exec(found).all()
    running = {cycle.id: cycle for _, _, cycle in rows}
    policies = {one: cycles.policy_of(session, cycle) for one, cycle in running.items()}
    ruled = {one: cycles.rulings_of(session, cycle) for one, cycle in running.items()}
    dependents = {one: dependents_in(session, cycle) for one, cycle in running.items()}
    made: dict[int, tuple[ItemDraft, ...]] = {}
    for sheet, appraisal, cycle in rows:
        places = places_of(policies[cycle.id], sheet.policy_post)
        partial = dependents[cycle.id].of(appraisal.id) | {appraisal.employee_id}
        made[sheet.id] = tuple(
            _completed(draft, places.get(draft.id), ruled[cycle.id].get(draft.id, NOTHING), partial)
            for draft in contents[sheet.id]
        )
    return made


def require_independent(session: Session, cycle: Cycle, appraisal: Appraisal, drafts: Sequence[ItemDraft]) -> None:
    """Refuses an assessor whose own result depends on the unit's sheet. Raises Invalid `own_assessor`."""
    partial = dependents_in(session, cycle).of(appraisal.id)
    for index, draft in enumerate(drafts):
        if partial & draft.raters:
            zh = "评定人本人的结果取决于该部门, 不得评定该部门的考核表 (R-003-44)"
            en = "nobody assesses the sheet of a unit on which their own result depends (R-003-44)"
            raise Invalid("own_assessor", zh, en, [Fault(f"items[{index}].assessor_id", zh, en)])


def assessors_stand(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> Iterator[Finding]:
    """Several assessors are two or more persons with shares above 0 that total 100, of a goal, and nobody beside them."""
    places = places_of(policy, post.id) if post.id in policy.posts else {}
    for index, draft in enumerate(drafts):
        name, path = name_of(policy, draft.id, draft.name_zh), f"items[{index}].assessors"
        place = places.get(draft.id)
        for zh, en in _faults(_shared(draft, place)):
            yield Finding("error", "joint_assessors_off", path, f"「{name}」{zh}", f"{draft.id}: {en}")
        if place and len(place.row.assessors) > 1 and not draft.assessors:
            printed = "、".join(f"{one.name} {plain(one.share)}%" for one in place.row.assessors)
            zh = f"「{name}」由 {printed} 共同考核, 尚未指定各人; 不指定则由一人评定"
            en = f"{draft.id} is assessed together by {printed}: name the persons, or one of them rates it alone"
            yield Finding("warning", "joint_assessors_missing", path, zh, en)


def _faults(draft: ItemDraft) -> Iterator[tuple[str, str]]:
    if not draft.assessors:
        return
    if draft.kind != "gs":
        yield "是指标, 不由人评定", "figures are rated by nobody"
    if draft.assessor_id is not None:
        yield "已写共同考核人, 不再写单独的评定人", "several assess it together: leave the single assessor out"
    if len(draft.raters) < len(draft.assessors) or len(draft.assessors) < 2:
        yield "共同考核人须为两人以上且不重复", "several assessors are two or more different persons"
    shares = [one.share for one in draft.assessors if one.share is not None]
    if min(shares, default=ZERO) <= ZERO or add(ZERO, *shares) != HUNDRED:
        total = plain(add(ZERO, *shares))
        yield (
            f"各考核人的份额合计 {total}, 须正好为 100 且各大于 0",
            f"the shares total {total}; they must total 100, each above 0",
        )


def _completed(draft: ItemDraft, place: Place | None, ruled: Ruled, partial: Collection[int]) -> ItemDraft:
    if draft.kind == "kpi":
        return replace(draft, source=ruled.source) if draft.source is None and ruled.source else draft
    if draft.assessors:
        return _shared(draft, place)
    if draft.assessor_id is None and ruled.assessor_id is not None and ruled.assessor_id not in partial:
        return replace(draft, assessor_id=ruled.assessor_id)
    return draft


def _shared(draft: ItemDraft, place: Place | None) -> ItemDraft:
    """The item with a share for each assessor, where it states none at all."""
    if not draft.assessors or any(one.share is not None for one in draft.assessors):
        return draft
    printed = [one.share for one in place.row.assessors] if place else []
    shares: Sequence[Decimal] = printed
    if len(printed) != len(draft.assessors):
        shares = list(even_split(HUNDRED, [str(place) for place in range(len(draft.assessors))]).values())
    named = zip(draft.assessors, shares, strict=True)
    return replace(draft, assessors=tuple(Joint(one.assessor_id, share) for one, share in named))
