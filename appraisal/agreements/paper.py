"""How a side of an agreement is settled that does not sign on a screen (D-16, D-21): a scan of signed paper, a refusal before
two witnesses, or HR's recorded exception. Each stands for a signature under exactly the content whose hash was named.

An amendment takes real signatures of both sides: what one side does not want leaves the agreement as it is.
"""

from datetime import date

from sqlmodel import Session, col, select

from appraisal import clock, db, files
from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.context import Context, find_agreement
from appraisal.agreements.fields import require_text
from appraisal.agreements.models import EXCEPTED, PAPER, REFUSED, SIGNATORIES, Agreement, Signature
from appraisal.agreements.service import add_signatures, require_signable
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed
from appraisal.people.models import Employee

LONGEST_REASON = 2000


def enter_paper_signature(
    session: Session,
    actor: Actor,
    agreement_id: int,
    *,
    role: str,
    content_hash: str,
    file_id: int,
    signed_on: date,
    version: int | None = None,
) -> Agreement:
    """The scan of what one side has signed on paper, handed in by HR or by the clerk who enters for the employee."""
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    clerk = actor.on_behalf_of is not None and "employee" in context.relations and role == "employee"
    if not clerk:
        _require_hr(context)
    db.expect_version(agreement, version)
    require_signable(session, agreement, context, content_hash)
    if signed_on > clock.today():
        zh, en = "签署日期不能晚于今天", "what has been signed was signed today or before"
        raise Invalid("bad_dates", zh, en, [Fault("signed_on", zh, en)])
    (scan,) = files.own(session, actor, [file_id])
    signature = Signature(
        role=role, kind=PAPER, employee_id=_side(session, context, role), file_id=scan.id, signed_on=signed_on
    )
    add_signatures(session, actor, agreement, context, [signature], "agreement.sign_on_paper")
    return agreement


def record_refusal(
    session: Session,
    actor: Actor,
    agreement_id: int,
    *,
    role: str,
    content_hash: str,
    witnesses: tuple[int, int],
    reason: str,
    file_id: int | None = None,
    version: int | None = None,
) -> Agreement:
    """One side has refused to sign before two witnesses, who are nobody's side: by HR, with what was said.

    It stands for the missing signature, so that a refusal alone keeps nobody from being appraised (D-16).
    """
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    _require_hr(context)
    db.expect_version(agreement, version)
    _require_first(session, agreement)
    require_signable(session, agreement, context, content_hash)
    require_text(LONGEST_REASON, reason=reason)
    _require_witnesses(session, actor, context, witnesses)
    scans = files.own(session, actor, [file_id]) if file_id is not None else []
    signature = Signature(
        role=role,
        kind=REFUSED,
        employee_id=_side(session, context, role),
        reason=reason,
        file_id=scans[0].id if scans else None,
        witness_1_id=witnesses[0],
        witness_2_id=witnesses[1],
    )
    add_signatures(session, actor, agreement, context, [signature], "agreement.refuse", reason=reason)
    return agreement


def record_exception(
    session: Session, actor: Actor, agreement_id: int, *, content_hash: str, reason: str, version: int | None = None
) -> Agreement:
    """HR puts a draft in force without the signatures it lacks, and says why (D-16); each missing side is on record as such."""
    agreement, context = find_agreement(session, actor, agreement_id, lock=True)
    _require_hr(context)
    db.expect_version(agreement, version)
    _require_first(session, agreement)
    require_signable(session, agreement, context, content_hash)
    require_text(LONGEST_REASON, reason=reason)
    settled = {signature.role for signature in queries.signatures_of(session, agreement_id)}
    sides = {"employee": context.appraisal.employee_id, "supervisor": _supervisor(session, context)}
    missing = [
        Signature(role=role, kind=EXCEPTED, employee_id=sides[role], reason=reason) for role in sorted(SIGNATORIES - settled)
    ]
    add_signatures(session, actor, agreement, context, missing, "agreement.except", reason=reason)
    return agreement


def _require_hr(context: Context) -> None:
    """HR enters what others have signed, but not for an agreement that they sign themselves."""
    if "hr" not in context.relations or "supervisor" in context.relations:
        zh = "纸质签署、拒签和例外由人力资源部办理, 且不得由签署的上级本人办理"
        en = "signatures on paper, refusals and exceptions are entered by HR, and not by who supervises the person"
        raise NotAllowed("not_allowed", zh, en)


def _require_first(session: Session, agreement: Agreement) -> None:
    if queries.amendment_of(session, agreement.id) is not None:
        zh = "变更须双方签署; 一方不同意时请撤回变更, 原责任书继续有效"
        en = "an amendment takes both signatures: withdraw it where one side does not agree, and the agreement stands as it is"
        raise Conflict("amendment_needs_both", zh, en)


def _require_witnesses(session: Session, actor: Actor, context: Context, witnesses: tuple[int, int]) -> None:
    known = set(session.exec(select(Employee.id).where(col(Employee.id).in_(witnesses))))
    parties = {context.appraisal.employee_id, _supervisor(session, context), actor.employee_id}
    if len(set(witnesses)) != 2 or known != set(witnesses) or parties & set(witnesses):
        zh = "拒签须由两名不同的见证人在场, 且不得为签署双方或经办人"
        en = "two different witnesses are needed, neither of them a side of the agreement nor who enters this"
        raise Invalid("bad_witnesses", zh, en, [Fault("witnesses", zh, en)])


def _side(session: Session, context: Context, role: str) -> int:
    """Whose side it is. Raises Invalid for a supervisor where there is none."""
    found = context.appraisal.employee_id if role == "employee" else _supervisor(session, context)
    if found is None:
        zh, en = "此人没有直接上级", "this person has no supervisor"
        raise Invalid("no_supervisor", zh, en, [Fault("role", zh, en)])
    return found


def _supervisor(session: Session, context: Context) -> int | None:
    found = cycles.supervisors_of(session, context.cycle, [context.appraisal.id]).get(context.appraisal.id)
    return found.id if found else None
