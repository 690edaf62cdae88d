"""变更: what is in force changes only by an amendment (R-003-17, R-003-18).

Either side proposes the new content with a reason; HR or somebody above both sides approves exactly that content or turns it
down; both sign; then it supersedes what was in force. Until that moment nothing that is read from the agreement changes.
"""

from collections.abc import Sequence

from sqlmodel import Session

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.content import Terms, shown
from appraisal.agreements.context import Context, find_agreement, require_before_assessment, require_open
from appraisal.agreements.drafts import Finding, ItemDraft, require_sound
from appraisal.agreements.fields import require_text
from appraisal.agreements.models import APPROVED, DROPPED, PROPOSED, SIGNATORIES, SIGNED, TURNED_DOWN, Agreement, Amendment
from appraisal.agreements.service import add_draft, check, move_amendment, set_status
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Employee

LONGEST_REASON = 2000
DECIDERS = frozenset({"hr", "superior", "unit_head"})


def propose_amendment(
    session: Session,
    actor: Actor,
    agreement_id: int,
    drafts: Sequence[ItemDraft],
    *,
    reason: str,
    terms: Terms | None = None,
    version: int | None = None,
) -> tuple[Amendment, tuple[Finding, ...]]:
    """Other items, and other terms where they are given, for an agreement in force: by the employee or the supervisor.

    Returns the warnings too. Raises Conflict `not_in_force`, `amendment_open` (one at a time) or `wrong_step`, Invalid
    `nothing_changed` and what `set_items` raises.
    """
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    if context.relations.isdisjoint(SIGNATORIES) or actor.employee_id is None:
        zh, en = "变更由本人或直接上级提出", "an amendment is proposed by the employee or the supervisor"
        raise NotAllowed("not_allowed", zh, en)
    db.expect_version(agreement, version)
    require_open(context)
    if agreement.status != SIGNED:
        raise Conflict("not_in_force", "责任书尚未生效或已被替代, 不能变更", "only an agreement in force can be amended")
    require_before_assessment(session, context)
    if queries.draft_on(session, agreement.sheet_id) is not None:
        raise Conflict("amendment_open", "已有变更在办理中", "another amendment is under way")
    require_text(LONGEST_REASON, reason=reason)
    found = check(session, context, drafts, terms)
    require_sound(found)
    terms = terms or Terms.of(agreement)
    if shown(drafts) == shown(queries.drafts_of(session, agreement_id)) and terms == Terms.of(agreement):
        raise Invalid("nothing_changed", "变更内容与现行责任书相同", "this is what the agreement says already")
    revision = add_draft(session, actor, agreement.sheet_id, drafts, terms, reason=reason)
    amendment = Amendment(
        agreement_id=revision.id,
        of_id=agreement_id,
        reason=reason,
        proposer_id=actor.employee_id,
        proposed_by=actor.account_id,
        proposed_at=clock.now(),
    )
    session.add(amendment)
    session.flush()
    after = {"agreement_id": revision.id, "of_id": agreement_id, "content_hash": revision.content_hash}
    audit.record(session, actor, "agreement_amendment.propose", "agreement_amendment", amendment.id, after=after, reason=reason)
    _tell_the_superior(session, context, amendment)
    return amendment, tuple(found)


def decide_amendment(
    session: Session,
    actor: Actor,
    amendment_id: int,
    *,
    approve: bool,
    content_hash: str,
    reason: str | None = None,
    version: int | None = None,
) -> Amendment:
    """Approves exactly the content seen, or turns it down with a reason: by HR, the supervisor's superior or the unit's head,
    but never by a side of the agreement.

    Approved, it waits for both signatures; turned down, the agreement stands as it is. Raises Conflict `already_decided`,
    `content_changed`, `stale_version`.
    """
    amendment, revision, context = find_amendment(session, actor, amendment_id, lock=True)
    sides = {context.appraisal.employee_id, amendment.proposer_id}
    if context.relations.isdisjoint(DECIDERS) or context.relations & SIGNATORIES or actor.employee_id in sides:
        zh = "变更由人力资源部、上级的上级或部门负责人审批, 不得由签署双方或提出人审批"
        en = "HR, the supervisor's superior or the unit's head decide, and never a side of the agreement or who proposed it"
        raise NotAllowed("not_allowed", zh, en)
    db.expect_version(amendment, version)
    require_open(context)
    if amendment.status != PROPOSED:
        raise Conflict("already_decided", "该变更已审批或撤回", "this amendment has been decided on or withdrawn")
    if revision.content_hash != content_hash:
        zh, en = "变更内容已变, 请重新阅读后审批", "what is proposed has changed: read it again before deciding"
        raise Conflict("content_changed", zh, en)
    if approve:
        require_before_assessment(session, context)
    if not approve or reason is not None:
        require_text(LONGEST_REASON, reason=reason or "")
    amendment.decided_by, amendment.decided_at, amendment.decision = actor.account_id, clock.now(), reason
    verdict, action = (APPROVED, "approve") if approve else (TURNED_DOWN, "refuse")
    move_amendment(session, actor, amendment, verdict, f"agreement_amendment.{action}", reason)
    if not approve:
        set_status(session, actor, revision, DROPPED, "agreement.drop", reason)
    _tell_the_sides(session, context, amendment)
    return amendment


def find_amendment(
    session: Session, actor: Actor, amendment_id: int, *, lock: bool = False
) -> tuple[Amendment, Agreement, Context]:
    """An amendment with the revision it proposes and what stands around it. Raises NotFound for who may not read it."""
    amendment = session.get(Amendment, amendment_id)
    if amendment is None:
        raise NotFound()
    # The revision is locked first, as by everybody who changes or signs it, and the amendment is read after that.
    revision, context = find_agreement(session, actor, amendment.agreement_id, lock=lock)
    if lock:
        session.refresh(amendment)
    return amendment, revision, context


def _tell_the_superior(session: Session, context: Context, amendment: Amendment) -> None:
    employee = session.get_one(Employee, context.appraisal.employee_id)
    superior = queries.superior_of(session, employee.id, cycles.day_that_counts(context.cycle, employee))
    if superior is not None:
        _tell(session, superior, context, amendment, employee)


def _tell_the_sides(session: Session, context: Context, amendment: Amendment) -> None:
    employee = session.get_one(Employee, context.appraisal.employee_id)
    supervisor = cycles.supervisors_of(session, context.cycle, [context.appraisal.id]).get(context.appraisal.id)
    _tell(session, employee.id, context, amendment, employee)
    if supervisor is not None:
        _tell(session, supervisor.id, context, amendment, employee)


def _tell(session: Session, whom: int, context: Context, amendment: Amendment, employee: Employee) -> None:
    about = ("agreement", amendment.agreement_id)
    notify.post(session, whom, f"amendment_{amendment.status}", about=about, cycle=context.cycle.name, name=employee.name)
