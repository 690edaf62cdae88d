"""Use cases of agreements: draft, fill with items, sign. What has been signed is not changed here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.checks import Finding, ItemDraft, findings
from appraisal.agreements.fields import as_text, require_figures, require_text
from appraisal.agreements.models import DRAFT, SIGNATORIES, SIGNED, SUPERSEDED, Agreement, AgreementItem, Signature
from appraisal.core.numbers import plain
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Context:
    """A sheet with the appraisal and cycle it belongs to, and what the actor is to the person."""

    sheet: Sheet
    appraisal: Appraisal
    cycle: Cycle
    relations: frozenset[str]


def find_sheet(session: Session, actor: Actor, sheet_id: int) -> Context:
    """A sheet and what stands around it. Raises NotFound for who is nothing to the person appraised."""
    sheet = session.get(Sheet, sheet_id)
    if sheet is None:
        raise NotFound()
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, sheet.appraisal_id)
    return Context(sheet, appraisal, cycle, relations)


def require_open(context: Context) -> None:
    """Refuses work on an appraisal whose cycle is not running or whose person is not rated."""
    cycle_service.require_running(context.cycle, context.appraisal)


def draft_agreement(session: Session, actor: Actor, sheet_id: int) -> Agreement:
    """A new agreement for a sheet, by the employee, the supervisor or HR.

    Over a draft that one side has signed already, a new revision with the same items is begun. Raises Conflict `already_exists`
    over an unsigned draft and `agreement_signed` over a signed agreement.
    """
    context = find_sheet(session, actor, sheet_id)
    _require_drafter(context)
    db.one_at_a_time(session, f"agreement of sheet {sheet_id}")
    before = queries.agreed(session, [sheet_id]).get(sheet_id)
    if before is not None:
        if before.is_signed:
            raise _signed()
        if not queries.signatures_of(session, before.agreement.id):
            raise Conflict("already_exists", "该考核表已有责任书草稿", "the sheet has a draft already")
        before.agreement.status = SUPERSEDED
    drafts = [queries.draft_of(item) for item in before.items] if before else []
    agreement = Agreement(
        sheet_id=sheet_id,
        revision=before.agreement.revision + 1 if before else 1,
        content_hash="",
        drafted_by=actor.account_id,
        drafted_at=clock.now(),
    )
    agreement.content_hash = _content_hash(agreement, drafts)
    session.add(agreement)
    session.flush()
    _store(session, agreement, drafts)
    after = {"sheet_id": sheet_id, "revision": agreement.revision, "items": [_shown(draft) for draft in drafts]}
    audit.record(session, actor, "agreement.draft", "agreement", agreement.id, after=after)
    return agreement


def set_items(
    session: Session, actor: Actor, agreement_id: int, drafts: Sequence[ItemDraft], *, version: int | None = None
) -> tuple[Finding, ...]:
    """Makes these the items of a draft; the warnings that remain.

    Raises Invalid `agreement_errors` with every finding that the pinned policy forbids, Conflict once anybody has signed.
    """
    agreement, context = _find(session, actor, agreement_id)
    _require_drafter(context)
    # Whoever signs at the same moment signs what stands here before or after, never half of each.
    session.refresh(agreement, with_for_update=True)
    db.expect_version(agreement, version)
    if agreement.status != DRAFT or queries.signatures_of(session, agreement_id):
        raise _signed()
    _require_storable(session, context, drafts)
    policy = cycles.policy_of(session, context.cycle)
    found = findings(policy, policy.posts[context.sheet.policy_post].post, drafts)
    if errors := [finding for finding in found if finding.severity == "error"]:
        faults = [Fault(finding.path, finding.zh, finding.en) for finding in errors]
        zh, en = "; ".join(finding.zh for finding in errors), "; ".join(finding.en for finding in errors)
        raise Invalid("agreement_errors", f"责任书有误: {zh}", f"the agreement cannot stand: {en}", faults)
    existing = queries.items_of(session, [agreement_id])[agreement_id]
    before = [_shown(queries.draft_of(item)) for item in existing]
    for item in existing:
        session.delete(item)
    agreement.content_hash = _content_hash(agreement, drafts)
    session.flush()
    _store(session, agreement, drafts)
    after = {"items": [_shown(draft) for draft in drafts], "content_hash": agreement.content_hash}
    audit.record(session, actor, "agreement.set_items", "agreement", agreement.id, before={"items": before}, after=after)
    return tuple(found)


def sign_agreement(session: Session, actor: Actor, agreement_id: int, content_hash: str) -> Agreement:
    """Signs as the employee or as the supervisor, in any order; with both signatures the agreement is in force.

    `content_hash` is that of the content the signer has seen. Raises NotAllowed for everybody else (nobody signs for another),
    Conflict `content_changed`, `already_signed` or `agreement_signed`, Invalid `no_items`.
    """
    agreement, context = _find(session, actor, agreement_id)
    roles = context.relations & SIGNATORIES
    if not roles or actor.employee_id is None:
        raise NotAllowed(
            "not_allowed", "责任书只能由本人和直接上级签署", "only the employee and the supervisor sign, each for themselves"
        )
    require_open(context)
    # Two who sign at once would each miss the other's signature.
    session.refresh(agreement, with_for_update=True)
    if agreement.status != DRAFT:
        raise _signed()
    if agreement.content_hash != content_hash:
        zh, en = "责任书内容已变, 请重新阅读后签署", "the content has changed: read it again before signing"
        raise Conflict("content_changed", zh, en)
    if not queries.items_of(session, [agreement_id])[agreement_id]:
        raise Invalid("no_items", "责任书没有考核项目", "the agreement has no items yet")
    (role,) = roles
    signed = {signature.role for signature in queries.signatures_of(session, agreement_id)}
    if role in signed:
        raise Conflict("already_signed", "已经签署过", "this side has signed already")
    session.add(
        Signature(
            agreement_id=agreement.id,
            role=role,
            employee_id=actor.employee_id,
            account_id=actor.account_id,
            signed_at=clock.now(),
            content_hash=content_hash,
        )
    )
    before = agreement.status
    if signed | {role} == SIGNATORIES:
        agreement.status = SIGNED
    session.flush()
    change = {"before": {"status": before}, "after": {"status": agreement.status, "role": role, "content_hash": content_hash}}
    audit.record(session, actor, "agreement.sign", "agreement", agreement.id, **change)
    return agreement


def _find(session: Session, actor: Actor, agreement_id: int) -> tuple[Agreement, Context]:
    agreement = session.exec(select(Agreement).where(Agreement.id == agreement_id)).one_or_none()
    if agreement is None:
        raise NotFound()
    return agreement, find_sheet(session, actor, agreement.sheet_id)


def _require_drafter(context: Context) -> None:
    if context.relations.isdisjoint({"employee", "supervisor", "hr"}):
        zh, en = "责任书由本人、直接上级或人力资源部起草", "the employee, the supervisor or HR draft an agreement"
        raise NotAllowed("not_allowed", zh, en)
    require_open(context)


def _signed() -> Conflict:
    return Conflict("agreement_signed", "责任书已签署, 不能再改", "the agreement has been signed and is not changed any more")


def _require_storable(session: Session, context: Context, drafts: Sequence[ItemDraft]) -> None:
    """Refuses figures and texts no column can hold, and assessors who do not exist or would judge themselves (D-05)."""
    figures = ("weight", "target", "challenge", "threshold", "baseline")
    require_figures(
        {f"items[{index}].{name}": getattr(draft, name) for index, draft in enumerate(drafts) for name in figures}
        | {f"items[{i}].factor_max.{name}": value for i, draft in enumerate(drafts) for name, value in draft.factor_max.items()}
    )
    for index, draft in enumerate(drafts):
        require_text(80, **{f"items[{index}].id": draft.id})
        texts = {"name_zh": draft.name_zh, "name_en": draft.name_en, "unit": draft.unit}
        for name, text in texts.items():
            if text is not None:
                require_text(40 if name == "unit" else 200, **{f"items[{index}].{name}": text})
        if draft.assessor_id is None:
            continue
        if draft.assessor_id == context.appraisal.employee_id:
            zh, en = "不得由本人评定自己的项目 (D-05)", "nobody assesses their own item (D-05)"
            raise Invalid("own_assessor", zh, en, [Fault(f"items[{index}].assessor_id", zh, en)])
        if session.get(Employee, draft.assessor_id) is None:
            zh, en = "没有这名评定人", "there is no such assessor"
            raise Invalid("unknown_assessor", zh, en, [Fault(f"items[{index}].assessor_id", zh, en)])


def _store(session: Session, agreement: Agreement, drafts: Sequence[ItemDraft]) -> None:
    session.add_all(
        AgreementItem(
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
            assessor_id=draft.assessor_id,
        )
        for position, draft in enumerate(drafts, start=1)
    )
    session.flush()


def _shown(draft: ItemDraft) -> dict[str, object]:
    """What an item says, for the hash and the trail: what is empty is left out."""
    said: dict[str, object] = {"id": draft.id, "kind": draft.kind, "weight": plain(draft.weight)}
    for name in ("dimension", "curve", "direction", "name_zh", "name_en", "unit", "assessor_id"):
        if (value := getattr(draft, name)) is not None:
            said[name] = value
    for name in ("target", "challenge", "threshold", "baseline"):
        if (figure := getattr(draft, name)) is not None:
            said[name] = plain(figure)
    if draft.factor_max:
        said["factor_max"] = as_text(draft.factor_max)
    return said


def _content_hash(agreement: Agreement, drafts: Sequence[ItemDraft]) -> str:
    """What a signature binds: the sheet, the revision and every item, in order."""
    content = {"sheet_id": agreement.sheet_id, "revision": agreement.revision, "items": [_shown(draft) for draft in drafts]}
    return "sha256:" + hashlib.sha256(audit.canonical(content).encode()).hexdigest()
