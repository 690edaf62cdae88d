"""Use cases of results that stand for themselves: compute one or a whole cycle, and moves that carry nothing with them.

Publishing, appeals, calibration, approval, 复核 and grades from before the system have files of their own beside this one.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal import clock, notify
from appraisal.actor import Actor
from appraisal.core.workflow import CLOSING, find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError, Conflict, Invalid, NotFound
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.results import computing, populations, queries
from appraisal.results.computing import Answer
from appraisal.results.guards import note_move, require_no_appeal
from appraisal.results.models import Result
from appraisal.reviews import queries as reviews
from appraisal.reviews.models import GOAL_RATING, SELF_ASSESSMENT, SUPERVISOR_REVIEW
from appraisal.reviews.scope import UnderReview, require_move, under_review

# Who has results computed; nothing is decided by that.
_COMPUTING = ("hr", "approver")

# Moves that carry something with them: each is made by the use case that stores it.
_OWN_USE_CASES = frozenset(
    {
        *("confirm_data", "submit_self_assessment", "submit_review", "record_interview"),
        *("close_calibration", "close_appeals", "approve", "archive", "reopen"),
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
    found = under_review(session, actor, appraisal_id, lock=True)
    if found.relations.isdisjoint(_COMPUTING):
        raise auth.for_others(*_COMPUTING)
    answer = computing.compute(session, actor, found.cycle, [found.appraisal])[appraisal_id]
    if answer.error is not None:
        raise answer.error
    return answer.result


def compute_cycle(session: Session, actor: Actor, cycle_id: int) -> list[Computed]:
    """Computes everybody who is rated in a cycle and whose case is the actor's to handle, by employee number. One who cannot be
    scored does not stop the others."""
    if not actor.holds(*_COMPUTING):
        raise auth.for_others(*_COMPUTING)
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    handled = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), _COMPUTING)
    ids = select(Appraisal.id).join(Employee, col(Employee.id) == Appraisal.employee_id)
    theirs = set(session.exec(ids.where(Appraisal.cycle_id == cycle.id, handled)))
    rated = [(one, who) for one, who in cycles.appraisals_of(session, cycle, lock=True) if one.rated]
    answers = computing.compute(session, actor, cycle, [one for one, _ in rated if one.id in theirs])
    # One's own case is a colleague's to compute (D-23).
    own = Answer(None, auth.for_others(*_COMPUTING))
    listed = [(one, who, answers.get(one.id, own)) for one, who in rated if one.id in theirs or who.id == actor.employee_id]
    return [Computed(one.id, who.number, got.result, None if got.result else got.error) for one, who, got in listed]


def move_appraisal(
    session: Session, actor: Actor, appraisal_id: int, action: str, *, version: int | None = None, reason: str | None = None
) -> str:
    """A move that rests on nothing but somebody's word: sending back, taking back what one handed in, closing a step that
    nobody handed in by its deadline, or a step that a policy has added; the new step.

    Raises Conflict `own_use_case` for moves that carry something with them, `already_approved` once the result has been
    approved (from then on it is archived or reopened), `appeal_open`, `acted_upon` and `not_due`; Invalid without the reason
    that sending back and closing need.
    """
    found = under_review(session, actor, appraisal_id, lock=True)
    require_move(session, found, action, version)
    if action in _OWN_USE_CASES:
        words = label("action", action)
        zh, en = f"“{words.zh}”须连同其内容提交, 不能单独流转", f"to {words.en} takes what belongs to it"
        raise Conflict("own_use_case", zh, en)
    latest = queries.standing(session, appraisal_id)
    if latest and latest.approval and appraisal_id not in queries.reopened(session, [found.appraisal]):
        zh, en = (
            "结果已批准, 不能退回; 只能归档或复核",
            "the result has been approved: it is archived or reopened, not sent back",
        )
        raise Conflict("already_approved", zh, en)
    require_no_appeal(session, found)
    _require_own_guard(session, found, action, reason)
    before = found.appraisal.step
    reached = cycle_service.advance_appraisal(session, actor, found.appraisal, action, reason=reason)
    note_move(session, actor, found, action, before, reason)
    if action.startswith("return_to"):
        to = find_step(found.policy.workflow, reached).name
        about = ("appraisal", appraisal_id)
        notify.post(session, found.appraisal.employee_id, "sent_back", about=about, cycle=found.cycle.name, step=to)
    return reached


def _require_own_guard(session: Session, found: UnderReview, action: str, reason: str | None) -> None:
    """What the particular move waits for, beyond step and role."""
    if action == CLOSING:
        _require_overdue(session, found, reason)
    elif action == "withdraw_self_assessment":
        _require_untouched(session, found, SELF_ASSESSMENT)
    elif action == "withdraw_review":
        _require_untouched(session, found, SUPERVISOR_REVIEW)


def _require_overdue(session: Session, found: UnderReview, reason: str | None) -> None:
    if not (reason and reason.strip()):
        raise Invalid("reason_needed", "按未提交关闭须写明原因", "to close it as not handed in needs a reason")
    due = cycles.due_on(session, found.policy, found.appraisal)
    if due is None or clock.today() <= due:
        zh, en = (
            f"期限 {due or '未定'} 尚未届满, 不能按未提交关闭",
            f"there is time until {due or 'an open day'}: it is not closed yet",
        )
        raise Conflict("not_due", zh, en)


def _require_untouched(session: Session, found: UnderReview, kind: str) -> None:
    """Nothing is taken back once the next step has acted on it (3.1)."""
    appraisal = found.appraisal
    since = [one for one in reviews.entries_of(session, appraisal.id) if one.entered_at >= appraisal.step_since]
    handed_in = any(one.kind == kind for one in since)
    if not handed_in or any(one.kind == GOAL_RATING for one in since) or populations.is_proposed_for(session, appraisal):
        zh, en = (
            "下一步已有人办理, 不能撤回; 可请上级或人力资源部退回",
            "the next step has begun: ask for it to be sent back instead",
        )
        raise Conflict("acted_upon", zh, en)
