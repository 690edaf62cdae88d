"""Use cases of the review: self-assessment, ratings by other assessors, the supervisor's review, the interview.

Each checks who acts and at which step, adds an entry that is never changed again, and makes the move of the pinned workflow.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.fields import require_text
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal
from appraisal.cycles.subjects import require_independent
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.reviews import opinions, queries
from appraisal.reviews.drafts import drop_draft
from appraisal.reviews.models import DECISION, GOAL_RATING, INTERVIEW, SELF_ASSESSMENT, SUPERVISOR_REVIEW, ReviewEntry
from appraisal.reviews.queries import GoalRating, Key
from appraisal.reviews.ratings import add_entry, check_ratings
from appraisal.reviews.scope import UnderReview, gathered, refuse_part, require_move, under_review
from appraisal.reviews.signing import sign_as_author


def submit_self_assessment(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    statement: str,
    ratings: Sequence[GoalRating] = (),
    version: int | None = None,
) -> ReviewEntry:
    """The employee's 述职 text and their own rating of every goal (R-002-30).

    Waits for both signatures under the agreement, or for HR's recorded exception (D-16).
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "submit_self_assessment", version)
    unsigned = agreements.has_items(found.policy, found.cycle) and agreements.unsigned_sheets(found.sheets, found.by_sheet)
    if unsigned and not queries.going_unsigned(session, [appraisal_id]):
        zh, en = "责任书尚未双方签署, 不能自评 (D-16)", "the agreement has to be signed by both sides first (D-16)"
        raise Conflict("agreement_unsigned", zh, en)
    require_text(statement=statement)
    check_ratings(found, ratings, found.goals.keys(), found.goals.keys())
    return _submit(session, actor, found, "submit_self_assessment", SELF_ASSESSMENT, statement, ratings)


def rate_goals(
    session: Session, actor: Actor, appraisal_id: int, *, comment: str, ratings: Sequence[GoalRating]
) -> ReviewEntry:
    """The ratings of goals that have an assessor of their own, by that assessor, while the supervisor reviews (D-06).

    It takes no version: each assessor rates an item of their own, and none is in another's way.
    """
    # The supervisor's review ends this step: whoever comes second of the two finds it as the first has left it.
    appraisal = session.get(Appraisal, appraisal_id, with_for_update=True, populate_existing=True)
    if appraisal is None:
        raise NotFound()
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    found = gathered(session, appraisal, cycle, relations)
    own = {key for key, item in found.goals.items() if actor.employee_id in item.raters}
    if not own or actor.employee_id == appraisal.employee_id:
        refuse_part(session, actor, appraisal_id, "此操作由目标的评定人办理", "this is for whoever rates one of its goals")
    cycle_service.require_move(session, found.cycle, appraisal, "submit_review", {"supervisor"})
    require_independent(session, actor, cycle, appraisal_id)
    require_text(comment=comment)
    check_ratings(found, ratings, own, ())
    if not ratings:
        raise Invalid("ratings_missing", "没有评分", "there is no rating")
    return add_entry(session, actor, found, GOAL_RATING, comment, ratings)


def submit_supervisor_review(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    comment: str,
    ratings: Sequence[GoalRating] = (),
    version: int | None = None,
) -> ReviewEntry:
    """The review by whoever supervises on the last day of the period (D-04): a comment and a rating of every goal.

    Goals that have another assessor must have been rated by them before, and are not rated here; supervisors of earlier days
    of the period have written their opinion, or HR goes without it.
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "submit_review", version)
    require_independent(session, actor, found.cycle, appraisal_id)
    require_text(comment=comment)
    opinions.require_opinions(session, found)
    own = {key for key, item in found.goals.items() if not item.raters or actor.employee_id in item.raters}
    if waiting := _unrated_by_others(session, actor, found):
        names = "、".join(sorted(found.name_of(key) for key in waiting))
        ids = ", ".join(sorted(item for _, item in waiting))
        zh, en = f"以下目标尚待其评定人评分: {names}", f"these goals wait for their own assessors: {ids}"
        raise Invalid("ratings_missing", zh, en)
    check_ratings(found, ratings, own, own)
    return _submit(session, actor, found, "submit_review", SUPERVISOR_REVIEW, comment, ratings)


def _unrated_by_others(session: Session, actor: Actor, found: UnderReview) -> set[Key]:
    """The goals that wait for somebody else's rating: of several who rate one together, for each of the others."""
    rated = queries.ratings_that_count(session, [found.appraisal.id]).keys()
    parts = queries.joint_parts(session, [found.appraisal.id])
    waiting = set()
    for key, item in found.goals.items():
        if key in parts and key not in rated:
            missing = {part.assessor_id for part in parts[key] if part.given is None}
        else:
            missing = set() if key in rated else set(item.raters)
        if missing - {actor.employee_id}:
            waiting.add(key)
    return waiting


def record_interview(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    held_on: date,
    place: str,
    strengths: str,
    shortcomings: str,
    plan: str,
    comment: str = "",
    began_at: str | None = None,
    next_goals: str | None = None,
    training: str | None = None,
    support: str | None = None,
    version: int | None = None,
) -> ReviewEntry:
    """The interview as the supervisor records and signs it: where and when, strengths, shortcomings, the plan for the next
    period (R-002-32). The employee signs it afterwards.

    `comment` is what the employee says about it, `support` the help they asked for.
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "record_interview", version)
    require_text(200, place=place)
    require_text(strengths=strengths, shortcomings=shortcomings, plan=plan)
    optional = {"began_at": began_at, "next_goals": next_goals, "training": training, "support": support}
    require_text(**{name: text for name, text in optional.items() if text is not None})
    if comment:
        require_text(comment=comment)
    if not found.cycle.starts_on <= held_on <= clock.today():
        zh, en = "面谈日期须在本期开始之后、今天或以前", "the interview is held after the period began and not in the future"
        raise Invalid("bad_dates", zh, en, [Fault("held_on", zh, en)])
    fields = {"held_on": held_on, "place": place, "strengths": strengths, "shortcomings": shortcomings, "plan": plan}
    entry = _submit(session, actor, found, "record_interview", INTERVIEW, comment, (), fields | optional)
    sign_as_author(session, actor, entry)
    return entry


def record_decision(
    session: Session, actor: Actor, found: UnderReview, *, reasons: str, ratings: Sequence[GoalRating]
) -> ReviewEntry:
    """Goals rated anew by whoever decides an appeal or a review of an approved result. Who may is the decision's to check."""
    if actor.employee_id is None:
        raise NotAllowed("no_name", "须由具名的人评分", "a rating is given by a named person")
    check_ratings(found, ratings, found.goals.keys(), ())
    return add_entry(session, actor, found, DECISION, reasons, ratings)


def _submit(
    session: Session,
    actor: Actor,
    found: UnderReview,
    action: str,
    kind: str,
    comment: str,
    ratings: Sequence[GoalRating],
    fields: Mapping[str, object] | None = None,
) -> ReviewEntry:
    cycle_service.advance_appraisal(session, actor, found.appraisal, action)
    drop_draft(session, actor, found.appraisal.id, kind)
    return add_entry(session, actor, found, kind, comment, ratings, fields)
