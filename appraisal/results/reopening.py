"""复核: an approved result that turns out to be wrong is looked at again, if an approver grants it (D-19).

The approved layer stands, for pay too, until another one has gone the way of publication, appeal and approval again; what
changes then goes to payroll as a difference. Nothing is taken back and nothing overwritten.
"""

from collections.abc import Sequence

from sqlmodel import Session

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import service as cycle_service
from appraisal.errors import Conflict, NotAllowed
from appraisal.people import auth
from appraisal.results import queries
from appraisal.results.adjusting import rescore
from appraisal.results.guards import note_move, require_impartial, require_name, require_no_appeal
from appraisal.results.models import REVIEWED, Reopening, ReopeningDecision, Result
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import UnderReview, require_move, require_part, touch, under_review

ASKING = ("employee", "supervisor", "hr")


def request_reopening(
    session: Session, actor: Actor, appraisal_id: int, *, reason: str, version: int | None = None
) -> Reopening:
    """The employee, the supervisor or HR asks that an approved result be looked at again; also after the cycle has closed."""
    found = under_review(session, actor, appraisal_id, lock=True)
    if found.relations.isdisjoint(ASKING):
        raise auth.for_others(*ASKING)
    db.expect_version(found.appraisal, version)
    approved = queries.last_approved(session, appraisal_id)
    if approved is None or not found.appraisal.rated:
        raise Conflict("not_approved", "结果尚未批准, 不需复核", "the result has not been approved: it can still be changed")
    if _undecided(session, found) or queries.reopened(session, [found.appraisal]):
        raise Conflict("reopening_open", "已有复核正在进行", "the result is being looked at again already")
    require_text(reason=reason)
    request = Reopening(
        appraisal_id=appraisal_id,
        result_id=approved[0].id,
        reason=reason,
        employee_id=actor.employee_id,
        account_id=actor.account_id,
        requested_at=clock.now(),
    )
    session.add(request)
    touch(session, found.appraisal)
    audit.record(session, actor, "reopening.request", "appraisal", appraisal_id, after={"id": request.id}, reason=reason)
    return request


def decide_reopening(
    session: Session, actor: Actor, appraisal_id: int, *, granted: bool, reason: str, version: int | None = None
) -> ReopeningDecision:
    """A named approver, who did not ask for it, grants the request, and the appraisal is back at publication; or declines."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "reopen", version)
    require_name(actor)
    request = _undecided(session, found)
    if request is None:
        raise Conflict("no_request", "没有待决定的复核申请", "nobody has asked for it, or it has been decided")
    if actor.account_id == request.account_id or actor.employee_id == request.employee_id:
        raise NotAllowed("own_request", "复核由申请人以外的审批人决定", "whoever asks for it does not decide it")
    require_text(reason=reason)
    decision = ReopeningDecision(
        reopening_id=request.id,
        granted=granted,
        reason=reason,
        employee_id=actor.employee_id,
        account_id=actor.account_id,
        decided_at=clock.now(),
    )
    session.add(decision)
    if granted:
        before = found.appraisal.step
        cycle_service.advance_appraisal(session, actor, found.appraisal, "reopen", reason=reason)
        note_move(session, actor, found, "reopen", before, reason)
    else:
        touch(session, found.appraisal)
    after = {"id": request.id, "granted": granted}
    audit.record(session, actor, "reopening.decide", "appraisal", appraisal_id, after=after, reason=reason)
    return decision


def revise_result(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    reason: str,
    ratings: Sequence[GoalRating] = (),
    grade: str | None = None,
    version: int | None = None,
) -> Result:
    """What 复核 comes to: the case with corrected figures, goals rated anew, or another grade, as a new layer.

    By a named person of HR or an approver without a part in it. It is published, can be appealed, and is approved anew.
    """
    found = under_review(session, actor, appraisal_id, lock=True)
    require_part(found, None, "hr", "approver")
    require_impartial(session, actor, found)
    db.expect_version(found.appraisal, version)
    latest = queries.standing(session, appraisal_id)
    if latest is None or appraisal_id not in queries.reopened(session, [found.appraisal]):
        raise Conflict("not_reopened", "未在复核中", "the result is not being looked at again")
    require_no_appeal(session, found)
    made = rescore(session, actor, found, latest, layer=REVIEWED, reason=reason, ratings=ratings, grade=grade)
    touch(session, found.appraisal)
    return made


def _undecided(session: Session, found: UnderReview) -> Reopening | None:
    return next((one for one, decision in queries.reopenings_of(session, found.appraisal.id) if decision is None), None)
