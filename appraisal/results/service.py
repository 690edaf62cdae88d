"""Use cases of results: compute, publish, close the appeal window, approve, archive; and grades from before the system."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.appraise import appraise_sheets
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.workflow import find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import OPEN, Cycle
from appraisal.errors import AppraisalError, Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.results import queries
from appraisal.results.cases import digest_of, sheets_json
from appraisal.results.gathering import gather_sheets
from appraisal.results.models import COMPUTED, Approval, PastGradeImport, Publication, Result
from appraisal.results.queries import Standing
from appraisal.reviews import queries as reviews
from appraisal.reviews.service import UnderReview, require_move, under_review

# A transaction that had begun before the computation may commit after it: results look back this far when asked for freshness.
LOOK_BACK = timedelta(minutes=1)


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
    found = under_review(session, actor, appraisal_id)
    _require_any(found, "hr", "approver")
    _require_running(found)
    before = queries.standing(session, appraisal_id)
    if before and before.approval:
        zh, en = "结果已批准, 不能重新计算", "the result has been approved and is not computed again"
        raise Conflict("already_approved", zh, en)
    try:
        sheets = gather_sheets(session, found.appraisal, found.cycle, found.policy)
        outcome = appraise_sheets(found.policy, sheets)
    except ScoringError as refusal:
        fault = Fault(refusal.path, refusal.message.zh, refusal.message.en)
        raise Invalid(refusal.code, refusal.message.zh, refusal.message.en, [fault]) from refusal
    _require_reviewed(session, found)
    stored = sheets_json(sheets)
    digests = (found.policy.digest, digest_of(stored))
    if before and (before.result.policy_digest, before.result.case_digest) == digests:
        return before.result
    now = clock.now()
    result = Result(
        appraisal_id=appraisal_id,
        seq=before.result.seq + 1 if before else 1,
        layer=COMPUTED,
        computed_score=outcome.computed_score,
        score=outcome.score,
        grade=outcome.grade,
        multiplier=outcome.multiplier,
        vetoed=outcome.vetoed,
        outcome=outcome.as_json(),
        sheets=stored,
        policy_digest=digests[0],
        case_digest=digests[1],
        computed_by=actor.account_id,
        computed_at=now,
        read_from=now - LOOK_BACK,
    )
    session.add(result)
    session.flush()
    change = {"before": _shown(before.result) if before else None, "after": _shown(result)}
    audit.record(session, actor, "result.compute", "result", result.id, **change)
    return result


def compute_cycle(session: Session, actor: Actor, cycle_id: int) -> list[Computed]:
    """Computes everybody who is rated in a cycle, by employee number. One who cannot be scored does not stop the others."""
    auth.require_role(actor, "hr", "approver")
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    computed = []
    for appraisal, employee in cycles.appraisals_of(session, cycle):
        if not appraisal.rated:
            continue
        try:
            computed.append(Computed(appraisal.id, employee.number, compute_result(session, actor, appraisal.id), None))
        except AppraisalError as error:
            latest = queries.standing(session, appraisal.id)
            approved = latest.result if latest and latest.approval else None
            computed.append(Computed(appraisal.id, employee.number, approved, None if approved else error))
    return computed


def publish_result(session: Session, actor: Actor, appraisal_id: int) -> Publication:
    """Lets the employee see the latest result; the appeal window begins. By HR, once the interview is recorded."""
    found = under_review(session, actor, appraisal_id)
    require_move(found, "close_appeals")
    latest = _fresh(session, found)
    if latest.publication:
        raise Conflict("already_published", "该结果已公布", "this result has been published already")
    publication = Publication(result_id=latest.result.id, published_by=actor.account_id, published_at=clock.now())
    session.add(publication)
    session.flush()
    until = queries.appeal_until(found.policy, publication.published_at)
    after = _shown(latest.result) | {"appeal_until": until}
    audit.record(session, actor, "result.publish", "result", latest.result.id, after=after)
    return publication


def close_appeals(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Moves a published result on to approval once its appeal window is over (D-19); the new step."""
    found = under_review(session, actor, appraisal_id)
    require_move(found, "close_appeals")
    publication = _fresh(session, found).publication
    if publication is None:
        raise Conflict("not_published", "结果尚未公布", "the result has not been published yet")
    until = queries.appeal_until(found.policy, publication.published_at)
    if clock.today() <= until:
        raise Conflict("appeals_open", f"申诉期至 {until} 止", f"appeals are open until {until}")
    return cycle_service.advance_appraisal(session, actor, found.appraisal, "close_appeals", version=version)


def approve_result(
    session: Session, actor: Actor, appraisal_id: int, *, note: str | None = None, version: int | None = None
) -> Approval:
    """A named approver approves the latest result: never their own, and never one they rated or reviewed (D-05)."""
    found = under_review(session, actor, appraisal_id)
    require_move(found, "approve")
    if actor.employee_id is None or actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的审批人批准", "a result is approved by a named person")
    if actor.employee_id in reviews.assessors_of(session, appraisal_id):
        raise NotAllowed("own_assessment", "评定人不得审批自己评定的结果", "nobody approves a result they rated or reviewed")
    latest = _fresh(session, found)
    if latest.publication is None:
        raise Conflict("not_published", "结果尚未公布", "the result has not been published yet")
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
    audit.record(session, actor, "result.approve", "result", latest.result.id, after=_shown(latest.result), reason=note)
    return approval


def archive_appraisal(session: Session, actor: Actor, appraisal_id: int, *, version: int | None = None) -> str:
    """Files an approved appraisal; its last step. Raises Conflict `not_approved` for any other."""
    found = under_review(session, actor, appraisal_id)
    require_move(found, "archive")
    latest = queries.standing(session, appraisal_id)
    if latest is None or latest.approval is None:
        raise Conflict("not_approved", "结果尚未批准, 不能归档", "only an approved result is archived")
    return cycle_service.advance_appraisal(session, actor, found.appraisal, "archive", version=version)


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


def _fresh(session: Session, found: UnderReview) -> Standing:
    """The latest layer, refused where there is none or the case has moved since."""
    latest = queries.standing(session, found.appraisal.id)
    if latest is None:
        raise Conflict("no_result", "尚无计算结果", "there is no computed result yet")
    if queries.is_stale(session, found.appraisal, latest.result):
        zh, en = "计算之后数据有变, 请重新计算", "something has changed since the result was computed: compute it again"
        raise Conflict("stale_result", zh, en)
    return latest


def _require_any(found: UnderReview, *relations: str) -> None:
    if found.relations.isdisjoint(relations):
        listing = ", ".join(relations)
        raise NotAllowed("not_allowed", f"此操作仅限: {listing}", f"this is for {listing} only")


def _require_running(found: UnderReview) -> None:
    if not found.appraisal.rated:
        raise Conflict("not_rated", "不参评的人员没有考核结果", "somebody who is not rated has no result")
    code = found.cycle.code
    if found.cycle.status != OPEN:
        raise Conflict("cycle_not_open", f"周期 {code} 不在进行中", f"the cycle {code} is not open")


def _require_reviewed(session: Session, found: UnderReview) -> None:
    """Refuses to store a result before the step in which the supervisor reviews is behind."""
    steps = [step.id for step in found.policy.workflow.steps]
    reviewing = next(move.from_ for move in found.policy.workflow.moves if move.action == "submit_review")
    if steps.index(found.appraisal.step) <= steps.index(reviewing):
        here = find_step(found.policy.workflow, found.appraisal.step).name
        zh, en = f"上级评估尚未完成, 当前步骤: {here.zh}", f"the supervisor's review is not done; the step is {here.en}"
        raise Conflict("not_reviewed", zh, en)


def _shown(result: Result) -> dict[str, object]:
    return {
        "appraisal_id": result.appraisal_id,
        "seq": result.seq,
        "computed_score": result.computed_score,
        "score": result.score,
        "grade": result.grade,
        "multiplier": result.multiplier,
        "vetoed": result.vetoed,
        "policy_digest": result.policy_digest,
        "case_digest": result.case_digest,
    }
