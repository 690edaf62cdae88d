"""Signatures under the record of an interview: the supervisor's with the record, the employee's on the screen, on paper, or
refused before two witnesses. What nobody has signed when the appeal window ends has lapsed, and the row says so.
"""

import hashlib
import json
from collections.abc import Collection

from sqlmodel import Session, col, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.people import queries as people
from appraisal.people.models import Employee
from appraisal.reviews import queries
from appraisal.reviews.models import INTERVIEW, LAPSED, ON_PAPER, REFUSED, SIGNED, InterviewSignature, ReviewEntry
from appraisal.reviews.scope import UnderReview, require_part, touch, under_review

_SIGNED_FIELDS = (
    *("held_on", "began_at", "place", "strengths", "shortcomings"),
    *("plan", "next_goals", "training", "support", "comment"),
)


def sign_interview(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    disagrees: bool = False,
    comment: str | None = None,
    version: int | None = None,
) -> InterviewSignature:
    """The employee signs that they were heard; `disagrees` is the box for those who see it otherwise."""
    found = under_review(session, actor, appraisal_id)
    require_part(found, version, "employee")
    if comment is not None:
        require_text(comment=comment)
    return _sign(session, actor, found, how=SIGNED, disagrees=disagrees, comment=comment)


def enter_signature(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    how: str,
    disagrees: bool = False,
    comment: str | None = None,
    file_id: int | None = None,
    witness_ids: Collection[int] = (),
    version: int | None = None,
) -> InterviewSignature:
    """HR or the supervisor enters a signature given on paper, with its scan, or a refusal before two witnesses (D-21)."""
    found = under_review(session, actor, appraisal_id)
    require_part(found, version, "hr", "supervisor")
    if comment is not None:
        require_text(comment=comment)
    kept = proof_of(session, actor, found.appraisal.employee_id, how, file_id, witness_ids)
    return _sign(session, actor, found, how=how, disagrees=disagrees, comment=comment, **kept)


def proof_of(
    session: Session, actor: Actor, employee_id: int, how: str, file_id: int | None, witness_ids: Collection[int]
) -> dict[str, int | None]:
    """What proves an act that somebody else enters: the scan of what was signed, or two witnesses of a refusal.

    Witnesses are employed, and neither the person, nor who enters it, nor the same one twice.
    """
    if how not in (ON_PAPER, REFUSED):
        raise Invalid("bad_signature", "只能录入纸质签署或拒签", "only a paper signature or a refusal is entered for somebody")
    if file_id is not None:
        files.own(session, actor, [file_id])
    if how == ON_PAPER:
        if file_id is None or witness_ids:
            zh, en = "纸质签署须附扫描件, 不需要见证人", "a signature on paper comes with its scan, and needs no witness"
            raise Invalid("scan_needed", zh, en, [Fault("file_id", zh, en)])
        return {"file_id": file_id}
    others = set(witness_ids) - {employee_id, actor.employee_id}
    employed = session.exec(select(Employee.id).where(col(Employee.id).in_(others), people.employed_on(clock.today()))).all()
    if len(witness_ids) != 2 or len(employed) != 2:
        zh, en = (
            "拒签须有两名在职见证人, 不得是本人或录入人",
            "a refusal is witnessed by two employees, neither the person nor who enters it",
        )
        raise Invalid("witnesses_needed", zh, en, [Fault("witness_ids", zh, en)])
    first, second = sorted(employed)
    return {"file_id": file_id, "witness_id": first, "second_witness_id": second}


def sign_as_author(session: Session, actor: Actor, entry: ReviewEntry) -> InterviewSignature:
    """The supervisor signs by recording the interview."""
    return _add(session, actor, entry, role="supervisor", how=SIGNED, employee_id=entry.author_id)


def lapse_signature(session: Session, actor: Actor, found: UnderReview) -> None:
    """Notes that the employee has let the time to sign pass, where they have."""
    entry = queries.last_entry(session, found.appraisal.id, INTERVIEW)
    if entry is not None and "employee" not in queries.interview_signatures(session, [entry.id]).get(entry.id, {}):
        _add(session, actor, entry, role="employee", how=LAPSED, employee_id=found.appraisal.employee_id)


def content_hash(entry: ReviewEntry) -> str:
    """ "sha256:" and the SHA-256 of what the record says; signatures carry it."""
    said = {"appraisal_id": entry.appraisal_id, "author_id": entry.author_id}
    said |= {name: str(value) for name in _SIGNED_FIELDS if (value := getattr(entry, name)) is not None}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _sign(session: Session, actor: Actor, found: UnderReview, **values: object) -> InterviewSignature:
    entry = queries.last_entry(session, found.appraisal.id, INTERVIEW)
    if entry is None or not found.is_past("record_interview"):
        raise Conflict("no_interview", "尚无面谈记录", "there is no record of an interview to sign yet")
    if "employee" in queries.interview_signatures(session, [entry.id]).get(entry.id, {}):
        raise Conflict("already_signed", "面谈记录已签署", "the record of the interview has been signed already")
    touch(session, found.appraisal)
    return _add(session, actor, entry, role="employee", employee_id=found.appraisal.employee_id, **values)


def _add(session: Session, actor: Actor, entry: ReviewEntry, **values: object) -> InterviewSignature:
    signature = InterviewSignature(
        entry_id=entry.id, content_hash=content_hash(entry), entered_by=actor.account_id, signed_at=clock.now(), **values
    )
    session.add(signature)
    session.flush()
    after = {"entry_id": entry.id, "content_hash": signature.content_hash, **values}
    audit.record(session, actor, "review.sign_interview", "interview_signature", signature.id, after=after)
    return signature
