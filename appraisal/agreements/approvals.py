"""Weights that leave the printed ones (D-09, R-003-17): agreed on only once an approver has approved exactly that content.

Who drafts asks, with a reason; an approver who is no side of the agreement decides; a draft that changes needs another word.
An amendment that leaves the weights as they are in force needs none: they have been approved.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.context import Context, find_agreement, require_drafter, require_open
from appraisal.agreements.drafts import ItemDraft
from appraisal.agreements.fields import require_text
from appraisal.agreements.groups import chosen_of
from appraisal.agreements.models import (
    ASKED,
    DRAFT,
    NOT_REALLOTTED,
    OVERTAKEN,
    REALLOTTED,
    SIGNATORIES,
    Agreement,
    WeightApproval,
)
from appraisal.agreements.queries import Agreed
from appraisal.core.policy.model import Policy, Post
from appraisal.core.selection import judge
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Sheet
from appraisal.cycles.telling import Readers
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.people.models import Employee

LONGEST_REASON = 2000
NOT_NEEDED, NEEDED = "not_needed", "needed"
STATES = (NOT_NEEDED, NEEDED, ASKED, REALLOTTED, NOT_REALLOTTED)


@dataclass(frozen=True)
class Standing:
    """How an agreement stands to the printed weights: one of STATES, and the word that counts for exactly this content."""

    state: str
    approval: WeightApproval | None = None


def standing(session: Session, policy: Policy, post: Post, agreement: Agreement, drafts: Sequence[ItemDraft]) -> Standing:
    """Whether an agreement's weights need approval, and whether they have it."""
    if not leaves_print(policy, post, drafts) or _as_in_force(session, agreement, drafts):
        return Standing(NOT_NEEDED)
    words = [one for one in queries.approvals_of(session, agreement.id) if one.content_hash == agreement.content_hash]
    counts = next((one for one in reversed(words) if one.status != OVERTAKEN), None)
    return Standing(counts.status, counts) if counts else Standing(NEEDED)


def leaves_print(policy: Policy, post: Post, drafts: Sequence[ItemDraft]) -> bool:
    """Whether these weights total 100 but are not those printed for the groups of the sheet."""
    return bool(post.groups) and judge(post, policy.general.design_rules, chosen_of(drafts)).needs_approval


def require_approved(session: Session, context: Context, agreement: Agreement, drafts: Sequence[ItemDraft]) -> None:
    """Refuses a signature under weights that leave the printed ones and that nobody has approved. Raises Conflict."""
    _refuse_unless_approved(session, cycles.policy_of(session, context.cycle), context.sheet, agreement, drafts)


def require_unsigned_sound(session: Session, policy: Policy, sheet: Sheet, agreed: Agreed) -> None:
    """The same for a draft that counts without signatures, by HR's exception: that spares the signatures, not the approval."""
    drafts = [queries.draft_of(item) for item in agreed.items]
    _refuse_unless_approved(session, policy, sheet, agreed.agreement, drafts)


def _refuse_unless_approved(
    session: Session, policy: Policy, sheet: Sheet, agreement: Agreement, drafts: Sequence[ItemDraft]
) -> None:
    found = standing(session, policy, policy.posts[sheet.policy_post].post, agreement, drafts)
    if found.state in (NOT_NEEDED, REALLOTTED):
        return
    said = {
        NEEDED: ("须先报批", "ask for approval first"),
        ASKED: ("正在报批", "the approval has been asked for"),
        NOT_REALLOTTED: ("未获批准, 请修改权重", "it was turned down: change the weights"),
    }
    zh, en = said[found.state]
    zh, en = (
        f"权重与制度印的不同, {zh}, 不能签署 (D-09)",
        f"these weights leave the printed ones and cannot be signed: {en} (D-09)",
    )
    raise Conflict("weights_not_approved", zh, en)


def ask_approval(session: Session, actor: Actor, agreement_id: int, content_hash: str, reason: str) -> WeightApproval:
    """Asks for the approval of a draft's weights as they were read: by whoever may draft it.

    Raises Conflict `agreement_signed`, `content_changed`, `nothing_to_approve` (the printed weights are kept), `already_asked`
    or `already_decided` (for exactly this content).
    """
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    require_drafter(context)
    require_text(LONGEST_REASON, reason=reason)
    _require_as_read(agreement, content_hash)
    policy = cycles.policy_of(session, context.cycle)
    drafts = queries.drafts_of(session, agreement_id)
    found = standing(session, policy, policy.posts[context.sheet.policy_post].post, agreement, drafts)
    if found.state == NOT_NEEDED:
        zh, en = "权重与制度印的一致, 无须报批", "these are the printed weights: nothing needs approval"
        raise Conflict("nothing_to_approve", zh, en)
    if found.state == ASKED:
        raise Conflict("already_asked", "该内容已在报批", "approval of this content has been asked for already")
    if found.state != NEEDED:
        raise Conflict("already_decided", "该内容已审批, 请修改权重后再报批", "this content has been decided on already")
    approval = WeightApproval(
        agreement_id=agreement_id,
        content_hash=agreement.content_hash,
        reason=reason,
        asker_id=actor.employee_id,
        asked_by=actor.account_id,
        asked_at=clock.now(),
    )
    session.add(approval)
    session.flush()
    after = {"agreement_id": agreement_id, "content_hash": approval.content_hash}
    audit.record(session, actor, "agreement_weights.ask", "agreement_weight_approval", approval.id, after=after, reason=reason)
    employee = session.get_one(Employee, context.appraisal.employee_id)
    approvers = Readers(session, context.cycle).holding("approver", (context.appraisal, employee))
    _tell(session, set(approvers) - _sides(session, context, approval), context, approval)
    return approval


def decide_approval(
    session: Session,
    actor: Actor,
    approval_id: int,
    *,
    approve: bool,
    content_hash: str,
    reason: str | None = None,
    version: int | None = None,
) -> WeightApproval:
    """Approves exactly the weights that were read, or turns them down with a reason: by an approver who is no side of the
    agreement and did not ask. Raises Conflict `already_decided`, `content_changed`, `stale_version`."""
    approval, agreement, context = find_approval(session, actor, approval_id, lock=True)
    asked = actor.account_id is not None and actor.account_id == approval.asked_by
    if (
        "approver" not in context.relations
        or asked
        or context.relations & SIGNATORIES
        or _is_side(session, actor, context, approval)
    ):
        zh, en = (
            "重新分配的权重由审批人审批, 不得由签署双方或报批人审批",
            "an approver decides who is no side of it and did not ask",
        )
        raise NotAllowed("not_allowed", zh, en)
    db.expect_version(approval, version)
    require_open(context)
    if approval.status != ASKED:
        raise Conflict(
            "already_decided", "该报批已审批, 或内容已变", "this has been decided on, or the content has changed since"
        )
    if approval.content_hash != content_hash:
        raise _changed()
    _require_as_read(agreement, content_hash)
    if not approve or reason is not None:
        require_text(LONGEST_REASON, reason=reason or "")
    approval.decided_by, approval.decided_at, approval.decision = actor.account_id, clock.now(), reason
    verdict, action = (REALLOTTED, "approve") if approve else (NOT_REALLOTTED, "refuse")
    _move(session, actor, approval, verdict, f"agreement_weights.{action}", reason)
    _tell(session, _sides(session, context, approval), context, approval)
    return approval


def find_approval(
    session: Session, actor: Actor, approval_id: int, *, lock: bool = False
) -> tuple[WeightApproval, Agreement, Context]:
    """An approval with the agreement it concerns and what stands around it. Raises NotFound for who may not read it."""
    approval = session.get(WeightApproval, approval_id)
    if approval is None:
        raise NotFound()
    # The agreement is locked first, as by everybody who changes or signs it, and the approval is read after that.
    agreement, context = find_agreement(session, actor, approval.agreement_id, lock=lock)
    if lock:
        session.refresh(approval)
    return approval, agreement, context


def overtake(session: Session, actor: Actor, agreement: Agreement) -> None:
    """What was asked for content that stands no longer is asked no more."""
    for approval in queries.approvals_of(session, agreement.id):
        if approval.status == ASKED and (approval.content_hash != agreement.content_hash or agreement.status != DRAFT):
            _move(session, actor, approval, OVERTAKEN, "agreement_weights.overtake")


def _move(
    session: Session, actor: Actor, approval: WeightApproval, status: str, action: str, reason: str | None = None
) -> None:
    change = {"before": {"status": approval.status}, "after": {"status": status, "content_hash": approval.content_hash}}
    approval.status = status
    session.flush()
    audit.record(session, actor, action, "agreement_weight_approval", approval.id, **change, reason=reason)


def _as_in_force(session: Session, agreement: Agreement, drafts: Sequence[ItemDraft]) -> bool:
    """Whether it amends an agreement in force and leaves every weight as it is there."""
    amendment = queries.amendment_of(session, agreement.id)
    if amendment is None:
        return False
    before = queries.drafts_of(session, amendment.of_id)
    return {one.id: one.weight for one in before} == {one.id: one.weight for one in drafts}


def _require_as_read(agreement: Agreement, content_hash: str) -> None:
    if agreement.status != DRAFT:
        raise Conflict("agreement_signed", "责任书已签署或已撤回", "the agreement has been signed or withdrawn")
    if agreement.content_hash != content_hash:
        raise _changed()


def _changed() -> Conflict:
    return Conflict("content_changed", "责任书内容已变, 请重新阅读", "the content has changed: read it again")


def _is_side(session: Session, actor: Actor, context: Context, approval: WeightApproval) -> bool:
    return actor.employee_id is not None and actor.employee_id in _sides(session, context, approval)


def _sides(session: Session, context: Context, approval: WeightApproval) -> set[int]:
    """Who signs the agreement, and who has asked."""
    supervisor = cycles.supervisors_of(session, context.cycle, [context.appraisal.id]).get(context.appraisal.id)
    named = (context.appraisal.employee_id, supervisor.id if supervisor else None, approval.asker_id)
    return {one for one in named if one is not None}


def _tell(session: Session, readers: Collection[int], context: Context, approval: WeightApproval) -> None:
    employee = session.get_one(Employee, context.appraisal.employee_id)
    about = ("agreement", approval.agreement_id)
    for reader in sorted(readers):
        notify.post(session, reader, f"weights_{approval.status}", about=about, cycle=context.cycle.name, name=employee.name)
