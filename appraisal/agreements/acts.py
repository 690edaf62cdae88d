"""What somebody can do about an agreement as it stands: what its pages offer. Each act asks again when it is done."""

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements import approvals, queries
from appraisal.agreements.amendments import DECIDERS
from appraisal.agreements.context import DRAFTERS, Context, require_before_assessment
from appraisal.agreements.models import APPROVED, DRAFT, PROPOSED, REALLOTTED, SIGNATORIES, SIGNED, Agreement, Amendment
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN
from appraisal.errors import Conflict


def open_acts(
    session: Session, actor: Actor, agreement: Agreement, context: Context, *, flawed: bool = False, empty: bool = False
) -> frozenset[str]:
    """The acts that are open to the actor: `edit`, `renew`, `sign`, `enter` what somebody without an account has signed, `ask`,
    `withdraw`, `paper`, `stand_in`, `amend`.

    `flawed`: the pinned policy forbids what it says; `empty`: it says nothing yet.
    """
    if context.cycle.status != OPEN or not context.appraisal.rated:
        return frozenset()
    amendment = queries.amendment_of(session, agreement.id)
    if agreement.status == SIGNED:
        return _of_one_in_force(session, actor, agreement, context)
    if agreement.status != DRAFT:
        return frozenset()
    settled = {one.role for one in queries.signatures_of(session, agreement.id)}
    mine = amendment is None or amendment.proposer_id == actor.employee_id
    found = set[str]()
    if context.relations & DRAFTERS:
        if not settled and mine and (amendment is None or amendment.status == PROPOSED):
            found.add("edit")
        if settled and amendment is None:
            found.add("renew")
        if mine or "hr" in context.relations:
            found.add("withdraw")
    state = _weights(session, agreement, context)
    if state == approvals.NEEDED and context.relations & DRAFTERS and not empty:
        found.add("ask")
    signable = not flawed and not empty and state in (approvals.NOT_NEEDED, REALLOTTED)
    if signable and (amendment is None or amendment.status == APPROVED):
        found |= _settling(actor, context, settled, first=amendment is None)
    return frozenset(found)


def may_decide(actor: Actor, amendment: Amendment, context: Context) -> bool:
    """Whether an amendment waits for this actor's word."""
    sides = {context.appraisal.employee_id, amendment.proposer_id}
    if amendment.status != PROPOSED or context.cycle.status != OPEN or not context.appraisal.rated:
        return False
    return bool(context.relations & DECIDERS) and not context.relations & SIGNATORIES and actor.employee_id not in sides


def _of_one_in_force(session: Session, actor: Actor, agreement: Agreement, context: Context) -> frozenset[str]:
    if not context.relations & SIGNATORIES or actor.employee_id is None:
        return frozenset()
    if queries.draft_on(session, agreement.sheet_id) is not None:
        return frozenset()
    try:
        require_before_assessment(session, context)
    except Conflict:
        return frozenset()
    return frozenset({"amend"})


def _settling(actor: Actor, context: Context, settled: set[str], *, first: bool) -> set[str]:
    found = set[str]()
    roles = context.relations & SIGNATORIES
    if roles - settled and actor.employee_id is not None:
        found.add("sign" if actor.on_behalf_of is None else "enter")
    if "hr" in context.relations and "supervisor" not in context.relations:
        found |= {"paper", "stand_in"} if first else {"paper"}
    return found


def _weights(session: Session, agreement: Agreement, context: Context) -> str:
    policy = cycles.policy_of(session, context.cycle)
    post = policy.posts[context.sheet.policy_post].post
    return approvals.standing(session, policy, post, agreement, queries.drafts_of(session, agreement.id)).state
