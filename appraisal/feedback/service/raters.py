"""Raters of a person: proposed by the person, the supervisor or HR, decided by supervisor or HR, never by who proposed them."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, func, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.feedback import queries
from appraisal.feedback.models import APPROVED, OPEN, PROPOSED, REFUSED, WITHDRAWN, FeedbackBallot, FeedbackRater, FeedbackRound
from appraisal.feedback.service.rounds import require_status, subject_of
from appraisal.people import auth
from appraisal.people import queries as people

SEE_RATERS = ("employee", "supervisor", "unit_head", "hr", "auditor")
MOST_RATERS = 30
LINK_DAYS = 30
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,130}\.[^@\s.]{2,}", re.ASCII)


@dataclass(frozen=True)
class RaterDraft:
    """A proposed rater: an employee by number, or an outsider by name, organisation and mail."""

    group: str
    number: str | None = None
    name: str | None = None
    organisation: str | None = None
    mail: str | None = None


@dataclass(frozen=True)
class Case:
    """The feedback on one person, and what the actor is to them."""

    appraisal: Appraisal
    round: FeedbackRound
    relations: frozenset[str]


@dataclass(frozen=True)
class Link:
    """What opens an outsider's form, shown once."""

    token: str
    expires_at: datetime


def find_case(session: Session, actor: Actor, appraisal_id: int, *allowed: str) -> Case:
    """The feedback on a person for one of these relations. Raises NotFound, also where the cycle has no round."""
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if relations.isdisjoint(allowed):
        raise auth.for_others(*allowed)
    found = queries.round_of(session, appraisal.cycle_id)
    if found is None:
        raise NotFound()
    return Case(appraisal, found, relations)


def find_rater(session: Session, actor: Actor, rater_id: int, *allowed: str, lock: bool = False) -> tuple[FeedbackRater, Case]:
    """A proposed rater for somebody who may see who is proposed for that person. Raises NotFound for others."""
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    rater = session.get(FeedbackRater, rater_id, **how)
    if rater is None:
        raise NotFound()
    cycle_service.find_appraisal(session, actor, rater.appraisal_id, seen_as=SEE_RATERS)
    return rater, find_case(session, actor, rater.appraisal_id, *allowed)


def propose_rater(session: Session, actor: Actor, appraisal_id: int, draft: RaterDraft) -> FeedbackRater:
    """Proposes somebody to rate a person while the round is open. Raises Invalid `bad_rater`, Conflict `already_exists`."""
    case = find_case(session, actor, appraisal_id, "employee", "supervisor", "hr")
    cycle, _ = cycle_service.relations_to(session, actor, case.appraisal)
    cycle_service.require_running(cycle, case.appraisal)
    require_status(case.round, OPEN)
    # Two proposals at once would each count one rater fewer.
    db.one_at_a_time(session, f"raters of {appraisal_id}")
    employee_id = _checked(session, case, draft)
    rater = FeedbackRater(
        round_id=case.round.id,
        appraisal_id=appraisal_id,
        group_code=draft.group,
        employee_id=employee_id,
        name=draft.name.strip() if draft.name and employee_id is None else None,
        organisation=draft.organisation.strip() if draft.organisation and employee_id is None else None,
        mail=draft.mail.strip().lower() if draft.mail and employee_id is None else None,
        proposed_by=actor.account_id,
    )
    session.add(rater)
    session.flush()
    after = {"appraisal_id": appraisal_id, "group": draft.group, "number": draft.number, "name": rater.name, "mail": rater.mail}
    audit.record(session, actor, "feedback.propose_rater", "feedback_rater", rater.id, after=after)
    return rater


def decide_rater(
    session: Session, actor: Actor, rater_id: int, *, approve: bool, reason: str | None = None, version: int | None = None
) -> FeedbackRater:
    """Approves a proposed rater, who is asked at once, or refuses with a reason: supervisor or HR, other than who proposed."""
    rater, case = find_rater(session, actor, rater_id, "supervisor", "hr", lock=True)
    if actor.account_id == rater.proposed_by:
        zh, en = "评价人须由提名人以外的人确认", "a rater is approved by somebody other than who proposed them"
        raise NotAllowed("same_person", zh, en)
    db.expect_version(rater, version)
    require_status(case.round, OPEN)
    if rater.status not in (PROPOSED, REFUSED):
        zh, en = "该评价人已确认或已撤回", "this rater has been approved or withdrawn already"
        raise Conflict("wrong_status", zh, en)
    if not approve:
        require_text(500, reason=reason or "")
    before, rater.status = rater.status, APPROVED if approve else REFUSED
    rater.decided_by, rater.reason = actor.account_id, reason
    if approve:
        session.add(FeedbackBallot(rater_id=rater_id))
    session.flush()
    if approve and rater.employee_id is not None:
        subject, until = subject_of(session, rater.appraisal_id).name, case.round.answers_until
        notify.post(session, rater.employee_id, "feedback_asked", about=("feedback_rater", rater_id), name=subject, until=until)
        session.flush()
    change = {"before": {"status": before}, "after": {"status": rater.status}, "reason": reason}
    audit.record(session, actor, "feedback.decide_rater", "feedback_rater", rater_id, **change)
    return rater


def withdraw_rater(session: Session, actor: Actor, rater_id: int, *, reason: str, version: int | None = None) -> FeedbackRater:
    """Takes somebody out, by HR. Nobody knows their answer from the others, so one that was given before stays."""
    rater, case = find_rater(session, actor, rater_id, "hr", lock=True)
    db.expect_version(rater, version)
    require_status(case.round, OPEN)
    require_text(500, reason=reason)
    if rater.status == WITHDRAWN:
        raise Conflict("wrong_status", "该评价人已撤回", "this rater has been withdrawn already")
    before, rater.status, rater.reason = rater.status, WITHDRAWN, reason
    rater.decided_by = actor.account_id
    if ballot := session.get(FeedbackBallot, rater_id):
        session.delete(ballot)
    session.flush()
    change = {"before": {"status": before}, "after": {"status": WITHDRAWN}, "reason": reason}
    audit.record(session, actor, "feedback.withdraw_rater", "feedback_rater", rater_id, **change)
    return rater


def issue_link(session: Session, actor: Actor, rater_id: int) -> Link:
    """A single-use link for an outsider, by HR; an earlier one ends. Only its hash is kept. Raises Conflict `no_ballot`."""
    rater, case = find_rater(session, actor, rater_id, "hr", lock=True)
    require_status(case.round, OPEN)
    ballot = session.get(FeedbackBallot, rater_id, with_for_update=True, populate_existing=True)
    if rater.employee_id is not None or ballot is None:
        zh = "链接只发给已确认、尚未作答的外部评价人"
        raise Conflict("no_ballot", zh, "a link is for an outsider who is approved and has not answered")
    token = secrets.token_urlsafe(32)
    last = datetime.combine(case.round.answers_until + timedelta(days=1), time(), clock.COMPANY_ZONE)
    ballot.token_hash = token_hash(token)
    ballot.expires_at = min(clock.now() + timedelta(days=LINK_DAYS), last).astimezone(UTC)
    session.flush()
    audit.record(
        session, actor, "feedback.issue_link", "feedback_rater", rater_id, after={"expires_at": str(ballot.expires_at)}
    )
    return Link(token, ballot.expires_at)


def token_hash(token: str) -> str:
    """What is kept of a link; it is random enough for a plain hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checked(session: Session, case: Case, draft: RaterDraft) -> int | None:
    """The employee id of a proposed rater, or None for an outsider. Raises Invalid, Conflict."""
    form = queries.form_of(session, case.round)
    if draft.group not in {group.code for group in form.groups}:
        listed = "、".join(group.code for group in form.groups)
        raise _bad("group", f"没有分组 {draft.group}; 可用: {listed}", f"there is no group {draft.group}: {listed}")
    if session.exec(select(func.count()).where(FeedbackRater.appraisal_id == case.appraisal.id)).one() >= MOST_RATERS:
        zh, en = f"每人至多提名 {MOST_RATERS} 位评价人", f"at most {MOST_RATERS} raters are proposed for a person"
        raise Conflict("too_many_raters", zh, en)
    if draft.number is None:
        return _outsider(session, case, draft)
    employee = people.employee_by_number(session, draft.number)
    if employee is None or not (employee.left_on is None or employee.left_on >= clock.today()):
        raise _bad("number", f"没有在职员工 {draft.number}", f"no employee {draft.number} works here")
    if employee.id == case.appraisal.employee_id:
        raise _bad("number", "不能提名本人", "nobody rates themselves here")
    given = select(FeedbackRater.id).where(
        FeedbackRater.appraisal_id == case.appraisal.id, FeedbackRater.employee_id == employee.id
    )
    return _new(session.exec(given).first(), employee.id)


def _outsider(session: Session, case: Case, draft: RaterDraft) -> None:
    require_text(80, name=draft.name or "")
    require_text(120, organisation=draft.organisation or "")
    mail = (draft.mail or "").strip().lower()
    if not _MAIL.fullmatch(mail):
        raise _bad("mail", "邮箱地址不正确", "this is no mail address")
    given = select(FeedbackRater.id).where(FeedbackRater.appraisal_id == case.appraisal.id, FeedbackRater.mail == mail)
    _new(session.exec(given).first(), None)


def _new(known: int | None, employee_id: int | None) -> int | None:
    if known is not None:
        raise Conflict("already_exists", "此人已被提名", "this rater has been proposed already")
    return employee_id


def _bad(path: str, zh: str, en: str) -> Invalid:
    return Invalid("bad_rater", zh, en, [Fault(path, zh, en)])
