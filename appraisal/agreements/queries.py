"""Reads of agreements: the one that counts for a sheet, its items and signatures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal.agreements.checks import Finding, ItemDraft, findings
from appraisal.agreements.fields import as_figures
from appraisal.agreements.models import SIGNED, SUPERSEDED, Agreement, AgreementItem, Signature
from appraisal.core.policy.model import Policy
from appraisal.cycles.models import Sheet


@dataclass(frozen=True)
class Agreed:
    """The agreement that counts for a sheet, with its items in order."""

    agreement: Agreement
    items: tuple[AgreementItem, ...]

    @property
    def is_signed(self) -> bool:
        """Whether both have signed exactly this content."""
        return self.agreement.status == SIGNED


def agreed(session: Session, sheet_ids: Collection[int]) -> dict[int, Agreed]:
    """The latest agreement of each sheet, draft or signed; a sheet without one is absent."""
    current = select(Agreement).where(col(Agreement.sheet_id).in_(sheet_ids), Agreement.status != SUPERSEDED)
    by_sheet = {agreement.sheet_id: agreement for agreement in session.exec(current.order_by(Agreement.revision))}
    items = items_of(session, [agreement.id for agreement in by_sheet.values()])
    return {sheet_id: Agreed(agreement, tuple(items[agreement.id])) for sheet_id, agreement in by_sheet.items()}


def items_of(session: Session, agreement_ids: Collection[int]) -> dict[int, list[AgreementItem]]:
    """The items of agreements, by agreement, in their order."""
    items: dict[int, list[AgreementItem]] = {agreement_id: [] for agreement_id in agreement_ids}
    found = select(AgreementItem).where(col(AgreementItem.agreement_id).in_(agreement_ids)).order_by(AgreementItem.position)
    for item in session.exec(found):
        items[item.agreement_id].append(item)
    return items


def signatures_of(session: Session, agreement_id: int) -> Sequence[Signature]:
    """The signatures under an agreement, first one first."""
    found = select(Signature).where(Signature.agreement_id == agreement_id).order_by(Signature.signed_at, Signature.id)
    return session.exec(found).all()


def unsigned_sheets(sheets: Collection[Sheet], by_sheet: Mapping[int, Agreed]) -> list[Sheet]:
    """The sheets that still lack a signed agreement."""
    return [sheet for sheet in sheets if not (sheet.id in by_sheet and by_sheet[sheet.id].is_signed)]


def draft_of(item: AgreementItem) -> ItemDraft:
    """The stored item as the value it was drafted from."""
    return ItemDraft(
        id=item.item,
        kind=item.kind,  # type: ignore[arg-type]
        weight=item.weight,
        dimension=item.dimension,
        target=item.target,
        challenge=item.challenge,
        threshold=item.threshold,
        baseline=item.baseline,
        curve=item.curve,
        direction=item.direction,  # type: ignore[arg-type]
        name_zh=item.name_zh,
        name_en=item.name_en,
        unit=item.unit,
        factor_max=as_figures(item.factor_max),
        assessor_id=item.assessor_id,
    )


def findings_of(policy: Policy, sheet: Sheet, items: Sequence[AgreementItem]) -> list[Finding]:
    """What the pinned policy says of an agreement's items as they stand, errors first."""
    return findings(policy, policy.posts[sheet.policy_post].post, [draft_of(item) for item in items])
