"""What several use cases of results check before they act: the latest layer, and that who decides has no part in it."""

from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles.subjects import require_independent
from appraisal.errors import Conflict, NotAllowed
from appraisal.results import courses, queries
from appraisal.results.models import CALIBRATED, ApprovalLink, Publication, Result, StepMove
from appraisal.results.queries import Standing
from appraisal.reviews import queries as reviews
from appraisal.reviews.scope import UnderReview


def fresh(session: Session, found: UnderReview) -> Standing:
    """The latest layer, refused where there is none or the case has moved since."""
    latest = queries.standing(session, found.appraisal.id)
    if latest is None:
        zh, en = "尚无计算结果, 请人力资源部先计算", "there is no computed result yet: have HR compute it"
        raise Conflict("no_result", zh, en)
    if queries.is_stale(session, found.appraisal, latest.result):
        zh, en = "计算之后数据有变, 请重新计算", "something has changed since the result was computed: compute it again"
        raise Conflict("stale_result", zh, en)
    return latest


def require_published(latest: Standing, zh: str, en: str) -> Publication:
    """The publication of the latest layer, or what to do about there being none."""
    if latest.publication is None:
        raise Conflict("not_published", f"最新结果尚未公布: {zh}", f"the latest result has not been published: {en}")
    return latest.publication


def require_no_appeal(session: Session, found: UnderReview) -> None:
    """Nothing goes on beside an open appeal but the appeal."""
    if courses.under_appeal(session, [found.appraisal.id]):
        raise Conflict("appeal_open", "申诉尚未处理完毕", "an appeal is open: it has to be decided first")


def require_name(actor: Actor) -> None:
    """Decisions about people are made by named persons, not by accounts of a function (PIPL 24)."""
    if actor.employee_id is None or actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的人办理", "this is decided by a named person")


def require_impartial(session: Session, actor: Actor, found: UnderReview) -> None:
    """Refuses to let somebody decide about a result they rated, reviewed, calibrated or approved, about a report, or about a
    unit on which their own result depends (D-05, D-19)."""
    require_name(actor)
    require_independent(session, actor, found.cycle, found.appraisal.id)
    appraisal_id = found.appraisal.id
    approvers = select(ApprovalLink.approver_id).join(Result).where(Result.appraisal_id == appraisal_id)  # type: ignore[arg-type]
    calibrated = select(Result.id).where(
        Result.appraisal_id == appraisal_id, Result.layer == CALIBRATED, Result.computed_by == actor.account_id
    )
    part = (
        "supervisor" in found.relations
        or actor.employee_id in reviews.assessors_of(session, appraisal_id)
        or actor.employee_id in set(session.exec(approvers))
        or session.exec(calibrated).first() is not None
    )
    if part:
        zh, en = (
            "评定人、校准人和审批人不得作此决定 (D-19)",
            "nobody decides this who assessed, calibrated or approved it (D-19)",
        )
        raise NotAllowed("own_assessment", zh, en)


def note_move(session: Session, actor: Actor, found: UnderReview, action: str, before: str, reason: str | None = None) -> None:
    """Keeps a move that leaves no other row, so that the history of a case tells of it."""
    session.add(
        StepMove(
            appraisal_id=found.appraisal.id,
            action=action,
            from_step=before,
            to_step=found.appraisal.step,
            reason=reason,
            account_id=actor.account_id,
            moved_at=clock.now(),
        )
    )
    session.flush()
