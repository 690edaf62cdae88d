"""Use cases of agreements: draft, fill with items, sign, withdraw. What has been signed is not changed here.

Beside it: `paper` for those who do not sign on a screen, `amendments` of what is in force, `issuing` and `importing` for many
at once, `goals` and `past_targets` for what an agreement is measured against.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements import approvals, joint, queries
from appraisal.agreements.checks import findings
from appraisal.agreements.content import Content, Terms, require_storable, shown, write_contents
from appraisal.agreements.context import (
    Context,
    already_signed,
    find_agreement,
    find_sheet,
    require_before_assessment,
    require_drafter,
    require_open,
)
from appraisal.agreements.drafts import Finding, ItemDraft, require_sound
from appraisal.agreements.fields import require_text
from appraisal.agreements.models import (
    APPROVED,
    DRAFT,
    DROPPED,
    IN_FORCE,
    OWN,
    PROPOSED,
    SIGNATORIES,
    SIGNED,
    SUPERSEDED,
    WITHDRAWN,
    Agreement,
    Amendment,
    Signature,
)
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people.models import Employee


def draft_agreement(session: Session, actor: Actor, sheet_id: int) -> Agreement:
    """A new agreement for a sheet, by the employee, the supervisor or HR.

    Over a draft that one side has signed already, a new revision with the same items is begun. Raises Conflict `already_exists`
    over an unsigned draft, `agreement_signed` over a signed agreement, and `no_items` in a year that is made of its quarters.
    """
    context = find_sheet(session, actor, sheet_id)
    require_drafter(context)
    if not queries.has_items(cycles.policy_of(session, context.cycle), context.cycle):
        zh, en = "年度取各季度的均分, 没有责任书 (D-24)", "this year is the mean of its quarters: nothing is agreed upon (D-24)"
        raise Conflict("no_items", zh, en)
    db.one_at_a_time(session, f"agreement of sheet {sheet_id}")
    before = queries.agreed(session, [sheet_id]).get(sheet_id)
    terms, drafts = Terms(), list[ItemDraft]()
    if before is not None:
        if before.is_signed:
            raise already_signed()
        if not queries.signatures_of(session, before.agreement.id):
            raise Conflict("already_exists", "该考核表已有责任书草稿", "the sheet has a draft already")
        terms, drafts = Terms.of(before.agreement), [queries.draft_of(item) for item in before.items]
        set_status(session, actor, before.agreement, SUPERSEDED, "agreement.supersede")
    return add_draft(session, actor, sheet_id, drafts, terms)


def add_draft(
    session: Session, actor: Actor, sheet_id: int, drafts: Sequence[ItemDraft], terms: Terms, *, reason: str | None = None
) -> Agreement:
    """The next revision of a sheet's agreement with these items, for whoever has checked that it may be begun."""
    (agreement,) = add_drafts(session, actor, [Content(sheet_id, tuple(drafts), terms)], reason=reason)
    return agreement


def add_drafts(session: Session, actor: Actor, contents: Sequence[Content], *, reason: str | None = None) -> list[Agreement]:
    """The same for many sheets, each once, in a number of queries that does not grow with them."""
    whole = joint.completed(session, {content.sheet_id: content.drafts for content in contents})
    contents = [replace(content, drafts=whole[content.sheet_id]) for content in contents]
    last = queries.last_revisions(session, [content.sheet_id for content in contents])
    now = clock.now()
    made = [
        Agreement(
            sheet_id=content.sheet_id,
            revision=last.get(content.sheet_id, 0) + 1,
            content_hash="",
            drafted_by=actor.account_id,
            drafted_at=now,
        )
        for content in contents
    ]
    write_contents(session, [(one, content.drafts, content.terms) for one, content in zip(made, contents, strict=True)])
    for one, content in zip(made, contents, strict=True):
        after = {"sheet_id": one.sheet_id, "revision": one.revision, "items": shown(content.drafts)}
        after |= {"terms": content.terms.said()}
        audit.record(session, actor, "agreement.draft", "agreement", one.id, after=after, reason=reason)
    return made


def set_items(
    session: Session,
    actor: Actor,
    agreement_id: int,
    drafts: Sequence[ItemDraft],
    *,
    terms: Terms | None = None,
    version: int | None = None,
) -> tuple[Finding, ...]:
    """Makes these the items of a draft, and these its terms where they are given; the warnings that remain.

    What proposes an amendment is changed by who proposed it, until it is decided. Raises Invalid `agreement_errors` with every
    finding that the pinned policy forbids, Conflict once anybody has signed.
    """
    # Whoever signs at the same moment signs what stands here before or after, never half of each.
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    require_drafter(context)
    amendment = queries.amendment_of(session, agreement_id)
    if amendment is not None and amendment.proposer_id != actor.employee_id:
        zh, en = "变更内容由提出人修改", "what an amendment says is changed by who proposed it"
        raise NotAllowed("not_allowed", zh, en)
    db.expect_version(agreement, version)
    if agreement.status != DRAFT or queries.signatures_of(session, agreement_id):
        raise already_signed()
    if amendment is not None and amendment.status != PROPOSED:
        raise Conflict("already_decided", "变更已审批, 内容不能再改", "the amendment has been decided on and is not changed")
    drafts = joint.completed(session, {context.sheet.id: drafts})[context.sheet.id]
    joint.require_independent(session, context.cycle, context.appraisal, drafts)
    found = check(session, context, drafts, terms)
    require_sound(found)
    existing = queries.items_of(session, [agreement_id])[agreement_id]
    before = {"items": shown([queries.draft_of(item) for item in existing]), "terms": Terms.of(agreement).said()}
    for item in existing:
        session.delete(item)
    session.flush()
    write_contents(session, [(agreement, drafts, terms or Terms.of(agreement))])
    approvals.overtake(session, actor, agreement)
    after = {"items": shown(drafts), "terms": Terms.of(agreement).said(), "content_hash": agreement.content_hash}
    audit.record(session, actor, "agreement.set_items", "agreement", agreement.id, before=before, after=after)
    return tuple(found)


def check(session: Session, context: Context, drafts: Sequence[ItemDraft], terms: Terms | None = None) -> list[Finding]:
    """Every finding about items on a sheet. Raises Invalid for what could not even be stored."""
    employee = session.get_one(Employee, context.appraisal.employee_id)
    require_storable(session, {employee.id: f"{employee.number} {employee.name}"}, drafts, terms)
    around = queries.backgrounds(session, context.cycle, [context.sheet])[context.sheet.id]
    policy = cycles.policy_of(session, context.cycle)
    return findings(policy, policy.posts[context.sheet.policy_post].post, drafts, around)


def sign_agreement(
    session: Session, actor: Actor, agreement_id: int, content_hash: str, *, version: int | None = None
) -> Agreement:
    """Signs as the employee or as the supervisor, in any order; with both signatures the agreement is in force.

    `content_hash` is that of the content the signer has seen. Raises NotAllowed for everybody else (nobody signs for another),
    Conflict `content_changed`, `already_signed` or `agreement_signed`, Invalid `no_items`.
    """
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    roles = context.relations & SIGNATORIES
    if not roles or actor.employee_id is None:
        zh, en = "责任书只能由本人和直接上级签署", "only the employee and the supervisor sign, each for themselves"
        raise NotAllowed("not_allowed", zh, en)
    if actor.on_behalf_of is not None:
        zh = "代办人不能代为签署, 请上传本人签字的扫描件"
        raise NotAllowed("not_allowed", zh, "nobody signs for another: hand in a scan of what they have signed")
    db.expect_version(agreement, version)
    require_signable(session, agreement, context, content_hash)
    (role,) = roles
    signature = Signature(role=role, kind=OWN, employee_id=actor.employee_id)
    add_signatures(session, actor, agreement, context, [signature], "agreement.sign")
    return agreement


def require_signable(session: Session, agreement: Agreement, context: Context, seen: str) -> None:
    """Refuses to have this signed: not a draft, not what was seen, empty, unsound by now, an amendment not approved, or weights
    that leave the printed ones and that nobody has approved."""
    require_open(context)
    if agreement.status != DRAFT:
        raise already_signed()
    if agreement.content_hash != seen:
        zh, en = "责任书内容已变, 请重新阅读后签署", "the content has changed: read it again before signing"
        raise Conflict("content_changed", zh, en)
    amendment = queries.amendment_of(session, agreement.id)
    if amendment is not None:
        require_before_assessment(session, context)
        if amendment.status != APPROVED:
            zh, en = "变更尚未批准, 不能签署", "the amendment is not approved yet and cannot be signed"
            raise Conflict("not_approved", zh, en)
    drafts = queries.drafts_of(session, agreement.id)
    if not drafts:
        raise Invalid("no_items", "责任书没有考核项目", "the agreement has no items yet")
    approvals.require_approved(session, context, agreement, drafts)
    # A draft may come from a copy that did not fit, and goals may have gone since it was written.
    require_sound(check(session, context, drafts))


def add_signatures(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    context: Context,
    signatures: Sequence[Signature],
    action: str,
    *,
    reason: str | None = None,
) -> None:
    """Puts signatures, or what stands for them, under a draft; once both sides are settled it is in force, and what it amends
    no longer. Raises Conflict `already_signed`."""
    settled = {signature.role for signature in queries.signatures_of(session, agreement.id)}
    if settled & {signature.role for signature in signatures}:
        raise Conflict("already_signed", "已经签署过", "this side has signed already")
    for signature in signatures:
        signature.agreement_id, signature.content_hash = agreement.id, agreement.content_hash
        signature.account_id, signature.signed_at = actor.account_id, clock.now()
        session.add(signature)
    before = agreement.status
    if settled | {signature.role for signature in signatures} == SIGNATORIES:
        _take_the_place(session, actor, agreement)
        agreement.status = SIGNED
    session.flush()
    for signature in signatures:
        after = {"status": agreement.status, "role": signature.role, "content_hash": signature.content_hash}
        if signature.kind != OWN:
            kept = ("kind", "employee_id", "file_id", "signed_on", "witness_1_id", "witness_2_id")
            after |= {name: value for name in kept if (value := getattr(signature, name)) is not None}
        audit.record(session, actor, action, "agreement", agreement.id, before={"status": before}, after=after, reason=reason)


def withdraw_draft(session: Session, actor: Actor, agreement_id: int, reason: str, *, version: int | None = None) -> Agreement:
    """Takes back a draft that is not in force, by whoever may draft; one that proposes an amendment by its proposer or HR.

    It stays on record with the signatures it has. Raises Conflict `agreement_signed`.
    """
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    require_drafter(context)
    amendment = queries.amendment_of(session, agreement_id)
    if amendment is not None and amendment.proposer_id != actor.employee_id and "hr" not in context.relations:
        zh, en = "变更由提出人或人力资源部撤回", "an amendment is withdrawn by who proposed it or by HR"
        raise NotAllowed("not_allowed", zh, en)
    db.expect_version(agreement, version)
    require_text(500, reason=reason)
    if agreement.status != DRAFT:
        raise already_signed()
    set_status(session, actor, agreement, DROPPED, "agreement.withdraw", reason)
    if amendment is not None:
        move_amendment(session, actor, amendment, WITHDRAWN, "agreement_amendment.withdraw", reason)
    return agreement


def set_status(
    session: Session, actor: Actor, agreement: Agreement, status: str, action: str, reason: str | None = None
) -> None:
    """Moves an agreement to another status, on record."""
    change = {"before": {"status": agreement.status}, "after": {"status": status}}
    agreement.status = status
    approvals.overtake(session, actor, agreement)
    session.flush()
    audit.record(session, actor, action, "agreement", agreement.id, **change, reason=reason)


def move_amendment(
    session: Session, actor: Actor, amendment: Amendment, status: str, action: str, reason: str | None = None
) -> None:
    """Moves an amendment to another status, on record."""
    change = {"before": {"status": amendment.status}, "after": {"status": status}}
    amendment.status = status
    session.flush()
    audit.record(session, actor, action, "agreement_amendment", amendment.id, **change, reason=reason)


def _take_the_place(session: Session, actor: Actor, agreement: Agreement) -> None:
    """What was in force before is superseded, and stays on record."""
    amendment = queries.amendment_of(session, agreement.id)
    if amendment is None:
        return
    before = session.get_one(Agreement, amendment.of_id, with_for_update=True, populate_existing=True)
    set_status(session, actor, before, SUPERSEDED, "agreement.supersede", amendment.reason)
    move_amendment(session, actor, amendment, IN_FORCE, "agreement_amendment.take_effect")
