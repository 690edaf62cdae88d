"""申诉: an employee appeals a published result, HR takes it up, and somebody without a part in it decides (R-002-33, G-36).

Filing is never turned away: neither for want of evidence nor for being late. What came late says so, and HR decides whether to
take it up. Each published result can be appealed once; while an appeal is open nothing else happens to the result.
"""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session

from appraisal import audit, clock, files, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.results import appeal_deadlines, courses, queries
from appraisal.results.adjusting import rescore
from appraisal.results.courses import Course
from appraisal.results.guards import require_impartial
from appraisal.results.models import (
    ACCEPTED,
    APPEALED,
    DISMISSED,
    FILED,
    REJECTED,
    STATED,
    UPHELD,
    WITHDRAWN,
    Appeal,
    AppealAct,
    AppealFile,
    Result,
)
from appraisal.results.publishing import tell
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import UnderReview, require_part, touch, under_review

LATE, OUT_OF_SCOPE = "late", "out_of_scope"
GROUNDS_TO_TURN_DOWN = (LATE, OUT_OF_SCOPE)


def file_appeal(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    grounds: str,
    wanted: str | None = None,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> Appeal:
    """The employee appeals the result they were shown, in their own words; evidence may come with it, or later, or not at all.

    Raises Conflict `not_published`, `appeal_open`, `appealed_before`, and `already_approved`: from then on the way is 复核.
    """
    found = under_review(session, actor, appraisal_id, lock=True)
    require_part(found, version, "employee")
    published = queries.last_published(session, appraisal_id)
    if published is None:
        raise Conflict(
            "not_published", "结果尚未公布, 无可申诉", "no result has been published yet: there is nothing to appeal"
        )
    result, publication = published
    _require_open_to_appeal(session, found, result)
    require_text(grounds=grounds)
    if wanted is not None:
        require_text(wanted=wanted)
    late = clock.today() > queries.appeal_until(session, found.policy, publication.published_at)
    appeal = Appeal(appraisal_id=appraisal_id, result_id=result.id, late=late, filed_at=clock.now())
    session.add(appeal)
    session.flush()
    _act(session, actor, found, appeal, FILED, grounds, wanted=wanted, file_ids=file_ids)
    (course,) = courses.open_courses(session, found.policy, [appraisal_id])
    appeal_deadlines.announce(session, found.cycle, found.appraisal, course)
    return appeal


def accept_appeal(session: Session, actor: Actor, appraisal_id: int, *, note: str, version: int | None = None) -> AppealAct:
    """HR takes an appeal up, also a late one; the days to decide begin."""
    found, course = _open(session, actor, appraisal_id, version, "hr")
    if course.accepted:
        raise Conflict("already_accepted", "申诉已受理", "the appeal has been taken up already")
    require_text(note=note)
    return _act(session, actor, found, course.appeal, ACCEPTED, note)


def turn_down_appeal(
    session: Session, actor: Actor, appraisal_id: int, *, ground: str, reason: str, version: int | None = None
) -> AppealAct:
    """HR does not take an appeal up, because it came late or is about something else; a lack of evidence is no ground.

    Raises Conflict `counts_as_accepted` when it was in time and the days to answer have passed.
    """
    found, course = _open(session, actor, appraisal_id, version, "hr")
    if not course.may_be_turned_down:
        zh = f"申诉已受理 (答复期限 {course.accept_by}), 只能作出决定"
        raise Conflict("counts_as_accepted", zh, f"it counts as accepted (to be answered by {course.accept_by}): decide it")
    if ground not in GROUNDS_TO_TURN_DOWN or (ground == LATE and not course.appeal.late):
        zh, en = (
            "不予受理只能因逾期或不属申诉范围; 本申诉未逾期",
            "an appeal is turned down for being late, which this one is not, or out of scope",
        )
        raise Invalid("bad_ground", zh, en, [Fault("ground", zh, en)])
    require_text(reason=reason)
    return _act(session, actor, found, course.appeal, REJECTED, reason, ground=ground)


def state_on_appeal(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    text: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> AppealAct:
    """What somebody has to say to an open appeal: evidence, the assessor's opinion, what was found out, a mediation."""
    found, course = _open(session, actor, appraisal_id, version, "employee", "supervisor", "hr", "approver")
    require_text(text=text)
    return _act(session, actor, found, course.appeal, STATED, text, file_ids=file_ids)


def withdraw_appeal(session: Session, actor: Actor, appraisal_id: int, *, reason: str, version: int | None = None) -> AppealAct:
    """The employee takes the appeal back. The result cannot be appealed again."""
    found, course = _open(session, actor, appraisal_id, version, "employee")
    require_text(reason=reason)
    return _act(session, actor, found, course.appeal, WITHDRAWN, reason)


def decide_appeal(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    upheld: bool,
    reasons: str,
    ratings: Sequence[GoalRating] = (),
    grade: str | None = None,
    delayed_because: str | None = None,
    version: int | None = None,
) -> AppealAct:
    """The decision, by a named person of HR or an approver who neither assessed nor approved it (D-19).

    Upheld, the case is scored anew with whatever figures have been corrected since, goals rated by the decider, and where they
    name one another grade; the new layer is published with the decision. A decision after its last day says why.
    """
    found, course = _open(session, actor, appraisal_id, version, "hr", "approver")
    require_impartial(session, actor, found)
    if course.decide_by is None:
        zh, en = "申诉尚未受理, 请人力资源部先答复是否受理", "the appeal has not been taken up yet: HR answers that first"
        raise Conflict("not_accepted", zh, en)
    require_text(reasons=reasons)
    _require_delay_told(course.decide_by, delayed_because)
    if not upheld:
        if ratings or grade is not None:
            zh, en = "驳回申诉时不能改变评分或等级", "an appeal that is dismissed changes no rating and no grade"
            raise Invalid("nothing_to_change", zh, en)
        return _act(session, actor, found, course.appeal, DISMISSED, reasons, delayed_because=delayed_because)
    latest = queries.standing(session, appraisal_id)
    assert latest is not None  # an appeal names a published result
    made = rescore(session, actor, found, latest, layer=APPEALED, reason=reasons, ratings=ratings, grade=grade)
    tell(session, actor, found, made)
    return _act(session, actor, found, course.appeal, UPHELD, reasons, delayed_because=delayed_because, result_id=made.id)


def _open(session: Session, actor: Actor, appraisal_id: int, version: int | None, *allowed: str) -> tuple[UnderReview, Course]:
    found = under_review(session, actor, appraisal_id, lock=True)
    require_part(found, version, *allowed)
    course = courses.course_of(session, found.policy, appraisal_id)
    if course is None or course.ended:
        raise Conflict("no_appeal", "没有待处理的申诉", "there is no open appeal")
    return found, course


def _require_open_to_appeal(session: Session, found: UnderReview, result: Result) -> None:
    course = courses.course_of(session, found.policy, found.appraisal.id)
    if course and course.ended is None:
        raise Conflict("appeal_open", "申诉已提交, 正在处理", "there is an open appeal already")
    latest = queries.standing(session, found.appraisal.id)
    if latest and latest.approval and found.appraisal.id not in queries.reopened(session, [found.appraisal]):
        zh, en = "结果已批准; 如有差错请申请复核", "the result has been approved: ask for it to be reopened if it is wrong"
        raise Conflict("already_approved", zh, en)
    published_until = [move.from_ for move in found.policy.workflow.moves if move.action in ("close_appeals", "approve")]
    if found.appraisal.step not in published_until:
        zh, en = (
            "考核已退回, 待重新公布后再申诉",
            "the appraisal has been sent back: appeal the result that is published after that",
        )
        raise Conflict("wrong_step", zh, en)
    if course is None:
        return
    settled = {course.appeal.result_id, *(act.result_id for act in course.acts)}
    if result.id in settled:
        zh, en = (
            "对该结果的申诉已经处理; 如有差错请申请复核",
            "this result has been appealed: ask for it to be reopened if it is wrong",
        )
        raise Conflict("appealed_before", zh, en)


def _require_delay_told(decide_by: date, delayed_because: str | None) -> None:
    if delayed_because is not None:
        require_text(delayed_because=delayed_because)
    elif clock.today() > decide_by:
        zh, en = (
            f"决定期限已于 {decide_by} 届满, 须说明延迟原因",
            f"the decision was due on {decide_by}: say why it comes later",
        )
        raise Invalid("delay_unexplained", zh, en, [Fault("delayed_because", zh, en)])


def _act(
    session: Session,
    actor: Actor,
    found: UnderReview,
    appeal: Appeal,
    kind: str,
    text: str,
    *,
    file_ids: Collection[int] = (),
    **values: str | int | None,
) -> AppealAct:
    kept = files.own(session, actor, list(dict.fromkeys(file_ids))) if file_ids else []
    act = AppealAct(
        appeal_id=appeal.id,
        kind=kind,
        text=text,
        employee_id=actor.employee_id,
        account_id=actor.account_id,
        acted_at=clock.now(),
        **values,
    )
    session.add(act)
    session.flush()
    session.add_all(AppealFile(act_id=act.id, file_id=one.id) for one in kept)
    touch(session, found.appraisal)
    after = {"appraisal_id": appeal.appraisal_id, "result_id": appeal.result_id, "late": appeal.late, "text": text, **values}
    audit.record(session, actor, f"appeal.{kind}", "appeal", appeal.id, after=after | {"files": [one.sha256 for one in kept]})
    if kind in (ACCEPTED, REJECTED, UPHELD, DISMISSED):
        about = ("appraisal", appeal.appraisal_id)
        notify.post(session, found.appraisal.employee_id, f"appeal_{kind}", about=about, cycle=found.cycle.name)
    return act
