"""What an agreement says: its terms and items as stored, as the trail keeps them, and as the hash that a signature binds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal import audit
from appraisal.agreements.drafts import ItemDraft
from appraisal.agreements.fields import as_text, require_figures, require_text
from appraisal.agreements.models import Agreement, AgreementItem, JointAssessor
from appraisal.core.numbers import plain
from appraisal.errors import Fault, Invalid
from appraisal.people.models import Employee

FIGURES = ("weight", "target", "challenge", "threshold", "baseline")
LONGEST = {"name_zh": 200, "name_en": 200, "unit": 40, "source": 200, "standard": 2000}
LONGEST_TERM = 4000


@dataclass(frozen=True)
class Terms:
    """What a 责任书 says beside its items: rights and duties, rewards and penalties, how it is amended and ended."""

    duties: str | None = None
    rewards: str | None = None
    ending: str | None = None

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """The terms of a stored agreement."""
        return cls(agreement.duties, agreement.rewards, agreement.ending)

    def said(self) -> dict[str, str]:
        """The terms that say anything."""
        return {name: text for name, text in vars(self).items() if text is not None}


@dataclass(frozen=True)
class Content:
    """What the agreement of a sheet is to say."""

    sheet_id: int
    drafts: tuple[ItemDraft, ...]
    terms: Terms = Terms()


def write_contents(session: Session, contents: Sequence[tuple[Agreement, Sequence[ItemDraft], Terms]]) -> None:
    """Makes these the items and terms of agreements that have no items stored, and hashes them."""
    for agreement, drafts, terms in contents:
        agreement.duties, agreement.rewards, agreement.ending = terms.duties, terms.rewards, terms.ending
        agreement.content_hash = content_hash(agreement, drafts)
        session.add(agreement)
    session.flush()
    session.add_all(
        _row(agreement, position, draft) for agreement, drafts, _ in contents for position, draft in enumerate(drafts, start=1)
    )
    session.flush()


def content_hash(agreement: Agreement, drafts: Sequence[ItemDraft]) -> str:
    """What a signature binds: the sheet, the revision, the terms and every item, in order."""
    content: dict[str, object] = {"sheet_id": agreement.sheet_id, "revision": agreement.revision, "items": shown(drafts)}
    if terms := Terms.of(agreement).said():
        content["terms"] = terms
    return "sha256:" + hashlib.sha256(audit.canonical(content).encode()).hexdigest()


def shown(drafts: Sequence[ItemDraft]) -> list[dict[str, object]]:
    """What items say, for the hash and the trail: what is empty is left out."""
    return [_said(draft) for draft in drafts]


def _said(draft: ItemDraft) -> dict[str, object]:
    said: dict[str, object] = {"id": draft.id, "kind": draft.kind, "weight": plain(draft.weight)}
    words = ("dimension", "curve", "direction", "name_zh", "name_en", "unit", "standard", "source", "assessor_id", "goal_id")
    said |= {name: value for name in words if (value := getattr(draft, name)) is not None}
    said |= {name: plain(figure) for name in FIGURES[1:] if (figure := getattr(draft, name)) is not None}
    if draft.assessors:
        said["assessors"] = [
            {"assessor_id": one.assessor_id, "share": plain(one.share) if one.share is not None else None}
            for one in draft.assessors
        ]
    if draft.factor_max:
        said["factor_max"] = as_text(draft.factor_max)
    return said


def require_storable(
    session: Session, appraised: Mapping[int, str], drafts: Sequence[ItemDraft], terms: Terms | None = None
) -> None:
    """Refuses figures and texts no column can hold, and assessors who do not exist or would judge themselves (D-05).

    `appraised` are those whom the items are for, by id.
    """
    require_figures(
        {f"items[{index}].{name}": getattr(draft, name) for index, draft in enumerate(drafts) for name in FIGURES}
        | {f"items[{i}].factor_max.{name}": value for i, draft in enumerate(drafts) for name, value in draft.factor_max.items()}
    )
    for index, draft in enumerate(drafts):
        require_text(80, **{f"items[{index}].id": draft.id})
        for name, most in LONGEST.items():
            if (text := getattr(draft, name)) is not None:
                require_text(most, **{f"items[{index}].{name}": text})
    if terms is not None:
        require_text(LONGEST_TERM, **terms.said())
    require_figures(
        {
            f"items[{i}].assessors[{place}].share": one.share
            for i, draft in enumerate(drafts)
            for place, one in enumerate(draft.assessors)
        }
    )
    asked = frozenset().union(*(draft.raters for draft in drafts))
    known = set(session.exec(select(Employee.id).where(col(Employee.id).in_(asked)))) if asked else set()
    for index, draft in enumerate(drafts):
        path = f"items[{index}].{'assessors' if draft.assessors else 'assessor_id'}"
        if own := sorted(draft.raters & appraised.keys()):
            named = appraised[own[0]]
            zh, en = f"{named} 不得评定自己的项目 (D-05)", f"{named} cannot assess an item of their own (D-05)"
            raise Invalid("own_assessor", zh, en, [Fault(path, zh, en)])
        if not draft.raters <= known:
            zh, en = "没有这名评定人", "there is no such assessor"
            raise Invalid("unknown_assessor", zh, en, [Fault(path, zh, en)])


def _row(agreement: Agreement, position: int, draft: ItemDraft) -> AgreementItem:
    return AgreementItem(
        agreement_id=agreement.id,
        position=position,
        item=draft.id,
        kind=draft.kind,
        dimension=draft.dimension,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        unit=draft.unit,
        weight=draft.weight,
        target=draft.target,
        challenge=draft.challenge,
        threshold=draft.threshold,
        baseline=draft.baseline,
        curve=draft.curve,
        direction=draft.direction,
        factor_max=as_text(draft.factor_max) or None,
        standard=draft.standard,
        source=draft.source,
        assessor_id=draft.assessor_id,
        goal_id=draft.goal_id,
        joint=[
            JointAssessor(assessor_id=one.assessor_id, position=place, share=one.share)
            for place, one in enumerate(draft.assessors, start=1)
        ],
    )
