"""A result is told: HR publishes it, the employee answers, and when the window has lapsed the appeals are closed.

Publication follows the interview (D-18) and approval follows the appeal window (D-19). An answer is no waiver: who agrees may
still appeal within the window, and who does not answer is deemed to have received it.
"""

from collections.abc import Collection

from sqlmodel import Session

from appraisal import audit, clock, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.workflow import find_step
from appraisal.cycles import service as cycle_service
from appraisal.errors import Conflict, Invalid
from appraisal.results import courses, queries
from appraisal.results.computing import shown
from appraisal.results.guards import fresh, note_move, require_no_appeal, require_published
from appraisal.results.models import AGREED, DEEMED, DISAGREED, REFUSED, UPHELD, Acknowledgement, Publication, Result
from appraisal.reviews import signing
from appraisal.reviews.models import ON_PAPER
from appraisal.reviews.scope import UnderReview, require_move, require_part, touch, under_review


def publish_result(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> Publication:
    """Lets the employee see the latest result; the appeal window begins. By HR, once the interview is recorded."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "close_appeals", version)
    require_no_appeal(session, found)
    latest = fresh(session, found)
    if latest.publication:
        raise Conflict("already_published", "该结果已公布", "this result has been published already")
    return tell(session, actor, found, latest.result)


def tell(session: Session, actor: Actor, found: UnderReview, result: Result) -> Publication:
    """Publishes a layer, which whoever calls has checked, and lets the employee know."""
    publication = Publication(result_id=result.id, published_by=actor.account_id, published_at=clock.now())
    until = queries.appeal_until(session, found.policy, publication.published_at)
    session.add(publication)
    touch(session, found.appraisal)
    audit.record(session, actor, "result.publish", "result", result.id, after=shown(result) | {"appeal_until": until})
    about = ("appraisal", found.appraisal.id)
    notify.post(session, found.appraisal.employee_id, "result_published", about=about, cycle=found.cycle.name, until=until)
    return publication


def acknowledge_result(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    agrees: bool,
    comment: str | None = None,
    version: int | None = None,
) -> Acknowledgement:
    """The employee has received the published result, and agrees with it or does not."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_part(found, version, "employee")
    return _acknowledge(session, actor, found, answer=AGREED if agrees else DISAGREED, comment=comment)


def enter_acknowledgement(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    answer: str,
    comment: str | None = None,
    file_id: int | None = None,
    witness_ids: Collection[int] = (),
    version: int | None = None,
) -> Acknowledgement:
    """HR or the supervisor enters an answer given on paper, with its scan, or a refusal before two witnesses (D-21)."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_part(found, version, "hr", "supervisor")
    if answer not in (AGREED, DISAGREED, REFUSED):
        raise Invalid("bad_answer", "没有这种答复", "there is no such answer")
    how = signing.REFUSED if answer == REFUSED else ON_PAPER
    kept = signing.proof_of(session, actor, found.appraisal.employee_id, how, file_id, witness_ids)
    return _acknowledge(session, actor, found, answer=answer, comment=comment, **kept)


def close_appeals(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Moves a published result on to approval once its appeal window is over (D-19); the new step.

    A result that an appeal has brought about cannot be appealed again, so nothing is waited for. Who has not answered by now
    is deemed to have received it, where the workflow says so (D-17).
    """
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "close_appeals", version)
    require_no_appeal(session, found)
    latest = fresh(session, found)
    publication = require_published(latest, "请先公布", "publish it first")
    until = queries.appeal_until(session, found.policy, publication.published_at)
    if clock.today() <= until and not _is_decided(session, found, latest.result):
        raise Conflict("appeals_open", f"申诉期至 {until} 止", f"appeals are open until {until}")
    _deem_received(session, actor, found, latest.result)
    before = found.appraisal.step
    reached = cycle_service.advance_appraisal(session, actor, found.appraisal, "close_appeals")
    note_move(session, actor, found, "close_appeals", before)
    return reached


def _is_decided(session: Session, found: UnderReview, result: Result) -> bool:
    course = courses.course_of(session, found.policy, found.appraisal.id)
    return bool(course and course.ended and course.ended.kind == UPHELD and course.ended.result_id == result.id)


def _deem_received(session: Session, actor: Actor, found: UnderReview, result: Result) -> None:
    answered = session.get(Acknowledgement, result.id) is not None
    if not answered and find_step(found.policy.workflow, found.appraisal.step).on_deadline != "deemed_received":
        zh, en = "员工尚未确认结果", "the employee has not acknowledged the result, and the workflow does not go on without"
        raise Conflict("not_acknowledged", zh, en)
    signing.lapse_signature(session, actor, found)
    if not answered:
        _add(session, actor, Acknowledgement(result_id=result.id, answer=DEEMED))


def _acknowledge(session: Session, actor: Actor, found: UnderReview, **values: object) -> Acknowledgement:
    published = queries.last_published(session, found.appraisal.id)
    if published is None:
        raise Conflict("not_published", "结果尚未公布", "the result has not been published")
    if session.get(Acknowledgement, published[0].id) is not None:
        raise Conflict("already_acknowledged", "该结果已确认", "this result has been acknowledged already")
    comment = values.get("comment")
    if isinstance(comment, str):
        require_text(comment=comment)
    touch(session, found.appraisal)
    return _add(session, actor, Acknowledgement(result_id=published[0].id, **values))


def _add(session: Session, actor: Actor, row: Acknowledgement) -> Acknowledgement:
    row.entered_by, row.acknowledged_at = actor.account_id, clock.now()
    session.add(row)
    session.flush()
    witnesses = [one for one in (row.witness_id, row.second_witness_id) if one is not None]
    after = {"answer": row.answer, "comment": row.comment, "file_id": row.file_id, "witnesses": witnesses}
    audit.record(session, actor, "result.acknowledge", "result", row.result_id, after=after)
    return row
