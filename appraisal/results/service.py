"""Use cases of results: compute, publish, close the appeal window, approve, archive; and grades from before the system."""

from dataclasses import dataclass

from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.calendar import Period
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Cycle
from appraisal.errors import AppraisalError, Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.results import computing, queries
from appraisal.results.computing import Answer, shown
from appraisal.results.models import Approval, PastGradeImport, Publication, Result
from appraisal.results.queries import Standing
from appraisal.reviews import queries as reviews
from appraisal.reviews.scope import UnderReview, require_move, under_review

# Who has results computed; nothing is decided by that.
_COMPUTING = ("hr", "approver")

# Moves that carry something with them: each is made by the use case that stores it.
_OWN_USE_CASES = frozenset(
    {
        *("confirm_data", "submit_self_assessment", "submit_review", "record_interview"),
        *("close_appeals", "approve", "archive"),
    }
)


@dataclass(frozen=True)
class Computed:
    """What came of one appraisal in a cycle: its latest result, or why there is none."""

    appraisal_id: int
    employee_number: str
    result: Result | None
    error: AppraisalError | None


def compute_result(session: Session, actor: Actor, appraisal_id: int) -> Result:
    """Scores today's case under the pinned policy and stores it as a new layer; an unchanged case adds none.

    By HR or an approver. Raises Invalid with the core's own code and path for a case that cannot be scored, Conflict
    `not_reviewed` before the supervisor's review and `already_approved` after approval, which only approval can reopen.
    """
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id, lock=True)
    if relations.isdisjoint(_COMPUTING):
        raise auth.for_others(*_COMPUTING)
    answer = computing.compute(session, actor, cycle, [appraisal])[appraisal_id]
    if answer.error is not None:
        raise answer.error
    return answer.result


def compute_cycle(session: Session, actor: Actor, cycle_id: int) -> list[Computed]:
    """Computes everybody who is rated in a cycle, by employee number. One who cannot be scored does not stop the others."""
    auth.require_role(actor, *_COMPUTING)
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    everybody = [(one, who) for one, who in cycles.appraisals_of(session, cycle, lock=True) if one.rated]
    theirs = [one for one, who in everybody if actor.employee_id is None or who.id != actor.employee_id]
    answers = computing.compute(session, actor, cycle, theirs)
    # One's own case is a colleague's to compute (D-23).
    own = Answer(None, auth.for_others(*_COMPUTING))
    listed = [(one, who, answers.get(one.id, own)) for one, who in everybody]
    return [Computed(one.id, who.number, got.result, None if got.result else got.error) for one, who, got in listed]


def publish_result(session: Session, actor: Actor, appraisal_id: int) -> Publication:
    """Lets the employee see the latest result; the appeal window begins. By HR, once the interview is recorded."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "close_appeals")
    latest = _fresh(session, found)
    if latest.publication:
        raise Conflict("already_published", "该结果已公布", "this result has been published already")
    publication = Publication(result_id=latest.result.id, published_by=actor.account_id, published_at=clock.now())
    session.add(publication)
    session.flush()
    until = queries.appeal_until(found.policy, publication.published_at)
    after = shown(latest.result) | {"appeal_until": until}
    audit.record(session, actor, "result.publish", "result", latest.result.id, after=after)
    return publication


def close_appeals(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Moves a published result on to approval once its appeal window is over (D-19); the new step."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "close_appeals")
    publication = _published(_fresh(session, found), "请先公布", "publish it first")
    until = queries.appeal_until(found.policy, publication.published_at)
    if clock.today() <= until:
        raise Conflict("appeals_open", f"申诉期至 {until} 止", f"appeals are open until {until}")
    return cycle_service.advance_appraisal(session, actor, found.appraisal, "close_appeals", version=version)


def approve_result(
    session: Session, actor: Actor, appraisal_id: int, *, note: str | None = None, version: int | None = None
) -> Approval:
    """A named approver approves the latest result: never their own, and never one they rated or reviewed (D-05)."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "approve")
    if actor.employee_id is None or actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的审批人批准", "a result is approved by a named person")
    if actor.employee_id in reviews.assessors_of(session, appraisal_id):
        raise NotAllowed("own_assessment", "评定人不得审批自己评定的结果", "nobody approves a result they rated or reviewed")
    latest = _fresh(session, found)
    back = ("请退回上级评估, 面谈后重新公布", "send it back to the review, and publish it after the interview")
    _published(latest, *back)
    if latest.approval:
        raise Conflict("already_approved", "该结果已批准", "this result has been approved already")
    if note is not None:
        require_text(note=note)
    approval = Approval(
        result_id=latest.result.id,
        approver_id=actor.employee_id,
        account_id=actor.account_id,
        approved_at=clock.now(),
        note=note,
    )
    session.add(approval)
    cycle_service.advance_appraisal(session, actor, found.appraisal, "approve", version=version)
    audit.record(session, actor, "result.approve", "result", latest.result.id, after=shown(latest.result), reason=note)
    return approval


def archive_appraisal(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Files an approved appraisal; its last step. Raises Conflict `not_approved` for any other."""
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, "archive")
    latest = queries.standing(session, appraisal_id)
    if latest is None or latest.approval is None:
        raise Conflict("not_approved", "结果尚未批准, 不能归档", "only an approved result is archived")
    return cycle_service.advance_appraisal(session, actor, found.appraisal, "archive", version=version)


def move_appraisal(
    session: Session, actor: Actor, appraisal_id: int, action: str, *, version: int | None = None, reason: str | None = None
) -> str:
    """A move that rests on nothing but somebody's word: sending back, or a step that a policy has added; the new step.

    Raises Conflict `own_use_case` for moves that carry something with them, and `already_approved` once the result has been
    approved: from then on the appraisal can only be archived.
    """
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, action)
    if action in _OWN_USE_CASES:
        words = label("action", action)
        zh, en = f"“{words.zh}”须连同其内容提交, 不能单独流转", f"to {words.en} takes what belongs to it"
        raise Conflict("own_use_case", zh, en)
    latest = queries.standing(session, appraisal_id)
    if latest and latest.approval:
        zh, en = "结果已批准, 不能退回; 只能归档", "the result has been approved: it is not sent back any more, only archived"
        raise Conflict("already_approved", zh, en)
    return cycle_service.advance_appraisal(session, actor, found.appraisal, action, version=version, reason=reason)


def import_past_grade(
    session: Session,
    actor: Actor,
    employee_id: int,
    *,
    period: str,
    grade: str,
    source_document: str,
    collective: bool = False,
) -> PastGradeImport:
    """A grade from before the system, by HR: imported, not computed. It counts in runs of grades, never scored anew (D-22)."""
    if session.get(Employee, employee_id) is None:
        raise NotFound()
    auth.require_relation(session, actor, employee_id, clock.today(), "hr")
    require_text(200, source_document=source_document)
    require_text(10, grade=grade)
    try:
        parsed = Period.parse(period)
    except ValueError:
        raise Invalid("bad_period", f"{period} 不是考核期", f"{period!r} is no period: write 2025-Q4 or the like") from None
    if parsed.last_day() >= clock.today():
        raise Invalid("bad_period", f"{period} 尚未结束", f"the period {period} is not over yet")
    _require_known_grade(session, grade)
    known = select(PastGradeImport).where(PastGradeImport.employee_id == employee_id, PastGradeImport.period == str(parsed))
    if session.exec(known).one_or_none() is not None:
        raise Conflict("already_exists", f"{period} 的等级已导入", f"the grade of {period} has been imported already")
    row = PastGradeImport(
        employee_id=employee_id,
        period=str(parsed),
        grade=grade,
        collective=collective,
        source_document=source_document,
        imported_by=actor.account_id,
        imported_at=clock.now(),
    )
    session.add(row)
    session.flush()
    after = {"employee_id": employee_id, "period": row.period, "grade": grade, "collective": collective}
    audit.record(session, actor, "past_grade.import", "past_grade", row.id, after=after | {"source": source_document})
    return row


def _require_known_grade(session: Session, grade: str) -> None:
    """Refuses a grade that no published policy has: imports are never changed, and it would block every later result."""
    names = policies.published_names(session)
    stored = [found for name in names if (found := policies.policy_in_force(session, name, clock.today())) is not None]
    known = dict.fromkeys(band.grade for one in stored for band in policies.compiled(session, one.digest).bands)
    if grade not in known:
        shown = "、".join(known) or "-"
        zh, en = f"没有等级 {grade}; 可用: {shown}", f"there is no grade {grade}; the policies have: {', '.join(known) or '-'}"
        raise Invalid("unknown_grade", zh, en, [Fault("grade", zh, en)])


def _fresh(session: Session, found: UnderReview) -> Standing:
    """The latest layer, refused where there is none or the case has moved since."""
    latest = queries.standing(session, found.appraisal.id)
    if latest is None:
        zh, en = "尚无计算结果, 请人力资源部先计算", "there is no computed result yet: have HR compute it"
        raise Conflict("no_result", zh, en)
    if queries.is_stale(session, found.appraisal, latest.result):
        zh, en = "计算之后数据有变, 请重新计算", "something has changed since the result was computed: compute it again"
        raise Conflict("stale_result", zh, en)
    return latest


def _published(latest: Standing, zh: str, en: str) -> Publication:
    """The publication of the latest layer, or what to do about there being none."""
    if latest.publication is None:
        raise Conflict("not_published", f"最新结果尚未公布: {zh}", f"the latest result has not been published: {en}")
    return latest.publication
