"""前任上级的书面意见: where the supervisor changed in the period, the one of the last day rates after the former ones have
written what they saw (D-04). Whoever has left the company is not waited for, and HR may go without an opinion with a reason.
"""

from collections.abc import Sequence

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal
from appraisal.errors import Conflict, Invalid, NotFound
from appraisal.people.models import Employee
from appraisal.reviews import queries
from appraisal.reviews.models import FormerOpinion
from appraisal.reviews.scope import UnderReview, gathered, refuse_part, require_part, touch, under_review


def write_opinion(session: Session, actor: Actor, appraisal_id: int, *, opinion: str) -> FormerOpinion:
    """What a former supervisor of the period writes, once, before the review. Raises NotAllowed for who only knows of it."""
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None:
        raise NotFound()
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    if actor.employee_id not in {former.id for former in queries.former_supervisors(session, appraisal, cycle)}:
        refuse_part(
            session,
            actor,
            appraisal_id,
            "前任意见由本期的前任上级填写",
            "this is for supervisors of earlier days of the period",
        )
    found = gathered(session, appraisal, cycle, relations)
    _require_before_review(found)
    require_text(opinion=opinion)
    return _add(session, actor, found, FormerOpinion(supervisor_id=actor.employee_id, opinion=opinion))


def waive_opinion(
    session: Session, actor: Actor, appraisal_id: int, supervisor_id: int, *, reason: str, version: int | None = None
) -> FormerOpinion:
    """HR goes on without a former supervisor's opinion and says why."""
    found = under_review(session, actor, appraisal_id)
    require_part(found, version, "hr")
    _require_before_review(found)
    require_text(reason=reason)
    if supervisor_id not in {former.id for former in missing_opinions(session, found)}:
        zh, en = "此人没有待写的前任意见", "no opinion of this person is waited for"
        raise Invalid("no_opinion_due", zh, en)
    touch(session, found.appraisal)
    return _add(session, actor, found, FormerOpinion(supervisor_id=supervisor_id, waived_because=reason))


def require_opinions(session: Session, found: UnderReview) -> None:
    """Refuses a review as long as a former supervisor's opinion is missing."""
    if missing := missing_opinions(session, found):
        zh = f"尚待前任上级书面意见: {'、'.join(one.name for one in missing)}; 或由人力资源部注明原因后略去"
        en = f"a former supervisor has not written an opinion yet: {', '.join(one.number for one in missing)}; or HR waives it"
        raise Conflict("opinion_missing", zh, en)


def missing_opinions(session: Session, found: UnderReview) -> Sequence[Employee]:
    """The former supervisors who are still waited for, by number."""
    formers = queries.former_supervisors(session, found.appraisal, found.cycle)
    given = {one.supervisor_id for one in queries.opinions_of(session, found.appraisal.id)} if formers else set()
    return [one for one in formers if one.id not in given and (one.left_on is None or one.left_on >= clock.today())]


def _require_before_review(found: UnderReview) -> None:
    cycle_service.require_running(found.cycle, found.appraisal)
    if found.is_past("submit_review"):
        zh, en = "上级评估已提交, 不再收前任意见", "the supervisor's review has been handed in: an opinion comes too late"
        raise Conflict("wrong_step", zh, en)


def _add(session: Session, actor: Actor, found: UnderReview, opinion: FormerOpinion) -> FormerOpinion:
    if any(one.supervisor_id == opinion.supervisor_id for one in queries.opinions_of(session, found.appraisal.id)):
        raise Conflict("already_exists", "前任意见已有", "there is an opinion of this supervisor already")
    opinion.appraisal_id, opinion.entered_by, opinion.entered_at = found.appraisal.id, actor.account_id, clock.now()
    session.add(opinion)
    session.flush()
    after = {"appraisal_id": opinion.appraisal_id, "supervisor_id": opinion.supervisor_id, "opinion": opinion.opinion}
    audit.record(
        session, actor, "review.former_opinion", "former_opinion", opinion.id, after=after, reason=opinion.waived_because
    )
    return opinion
