"""绩效面谈记录表: what was said at the interview that was held last, and who has signed that they were heard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.errors import NotFound
from appraisal.reports.case_told import About, Case, case_of
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.signed import signature_of
from appraisal.reviews.models import INTERVIEW, ON_PAPER, SIGNED

TITLE = Text("绩效面谈记录表", "Record of the interview")
_SIDES = {"supervisor": Text("面谈人（直接上级）", "Interviewer (supervisor)"), "employee": Text("本人", "Employee")}


@dataclass(frozen=True)
class InterviewRecord:
    """What the record says. `disagrees`: the box of those who see it otherwise, with what they said to it; None before they
    have signed."""

    filing: Filing
    head: Head
    about: About
    interviewer: str
    held_on: date
    began_at: str | None
    place: str
    strengths: str
    shortcomings: str
    plan: str
    next_goals: str | None
    training: str | None
    support: str | None
    comment: str
    disagrees: bool | None
    opinion: str | None
    content_hash: str
    signatures: tuple[Signature, ...]


def tell_interview(session: Session, actor: Actor, appraisal_id: int) -> InterviewRecord:
    """The record of a case. Raises NotFound where no interview has been held, and for who may not see the case whole."""
    case = case_of(session, actor, appraisal_id)
    entry = next((one for one in reversed(case.told["entries"]) if one["kind"] == INTERVIEW), None)
    if entry is None:
        raise NotFound()
    talk = entry["interview"]
    by_role = {one["role"]: one for one in talk["signatures"]}
    # Who has refused, or let the time pass, has said neither.
    own = next((one for one in talk["signatures"] if one["role"] == "employee" and one["how"] in (SIGNED, ON_PAPER)), None)
    said = ("held_on", "began_at", "place", "strengths", "shortcomings", "plan", "next_goals", "training", "support")
    return InterviewRecord(
        filing=case.filing(),
        head=case.head(TITLE, max([entry["entered_at"], *(one["signed_at"] for one in by_role.values())])),
        about=case.about,
        interviewer=entry["author"]["name"],
        **{name: talk[name] for name in said},
        comment=entry["comment"],
        disagrees=own["disagrees"] if own else None,
        opinion=own["comment"] if own else None,
        content_hash=talk["content_hash"],
        signatures=tuple(_signature(session, case, role, by_role.get(role), entry) for role in _SIDES),
    )


FORM = Form("interview_record", TITLE, "appraisal", tell_interview, kept="appraisal")


def _signature(
    session: Session, case: Case, role: str, signed: Mapping[str, Any] | None, entry: Mapping[str, Any]
) -> Signature:
    name = entry["author"]["name"] if role == "supervisor" else case.about.employee_name
    if signed is None:
        return Signature(_SIDES[role], name)
    kept = {"at": signed["signed_at"], "content_hash": entry["interview"]["content_hash"], "file_id": signed["file_id"]}
    seen = [one["name"] for one in signed["witnesses"]]
    return signature_of(session, _SIDES[role], name, signed["how"], witnesses=seen, **kept)
