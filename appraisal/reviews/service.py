"""Use cases of the review: self-assessment, ratings by other assessors, the supervisor's review, the interview.

Each checks who acts and at which step, adds an entry that is never changed again, and makes the move of the pinned workflow.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.checks import name_of
from appraisal.agreements.fields import as_text, require_figures, require_text
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import score_item
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.reviews import queries
from appraisal.reviews.models import GOAL_RATING, INTERVIEW, SELF_ASSESSMENT, SUPERVISOR_REVIEW, Rating, ReviewEntry
from appraisal.reviews.queries import GoalRating, Key


@dataclass(frozen=True)
class UnderReview:
    """An appraisal with everything a review needs of it, and what the actor is to the person."""

    appraisal: Appraisal
    cycle: Cycle
    policy: Policy
    sheets: tuple[Sheet, ...]
    by_sheet: Mapping[int, Agreed]
    relations: frozenset[str]

    @property
    def goals(self) -> dict[Key, AgreementItem]:
        """The agreed goals that people rate, by sheet and item."""
        return {
            (sheet_id, item.item): item
            for sheet_id, agreed in self.by_sheet.items()
            for item in agreed.items
            if item.kind == "gs"
        }

    def name_of(self, key: Key) -> str:
        """What an item is called in Chinese."""
        goal = self.goals.get(key)
        return name_of(self.policy, key[1], goal.name_zh if goal else None)


def submit_self_assessment(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    *,
    statement: str,
    ratings: Sequence[GoalRating] = (),
    version: int | None = None,
) -> ReviewEntry:
    """The employee's 述职 text and their own rating of every goal (R-002-30). Waits for both signatures (D-16)."""
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "submit_self_assessment")
    if agreements.unsigned_sheets(found.sheets, found.by_sheet):
        zh, en = "责任书尚未双方签署, 不能自评 (D-16)", "the agreement has to be signed by both sides first (D-16)"
        raise Conflict("agreement_unsigned", zh, en)
    require_text(statement=statement)
    _check_ratings(found, ratings, found.goals.keys(), found.goals.keys())
    return _submit(session, actor, found, "submit_self_assessment", SELF_ASSESSMENT, statement, ratings, version)


def rate_goals(
    session: Session, actor: Actor, appraisal_id: int, *, comment: str, ratings: Sequence[GoalRating]
) -> ReviewEntry:
    """The ratings of goals that have an assessor of their own, by that assessor, while the supervisor reviews (D-06)."""
    # The supervisor's review ends this step: whoever comes second of the two finds it as the first has left it.
    appraisal = session.get(Appraisal, appraisal_id, with_for_update=True, populate_existing=True)
    if appraisal is None or actor.employee_id is None:
        raise NotFound()
    found = _gathered(session, actor, appraisal)
    own = {key for key, item in found.goals.items() if item.assessor_id == actor.employee_id}
    if not own:
        raise NotFound()
    cycle_service.require_move(session, found.cycle, appraisal, "submit_review", {"supervisor"})
    require_text(comment=comment)
    _check_ratings(found, ratings, own, ())
    if not ratings:
        raise Invalid("ratings_missing", "没有评分", "there is no rating")
    return _add(session, actor, found, GOAL_RATING, comment, ratings)


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

    Goals that have another assessor must have been rated by them before, and are not rated here.
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "submit_review")
    require_text(comment=comment)
    foreign = {key for key, item in found.goals.items() if item.assessor_id not in (None, actor.employee_id)}
    if waiting := foreign - queries.ratings_that_count(session, [appraisal_id]).keys():
        names = "、".join(sorted(found.name_of(key) for key in waiting))
        ids = ", ".join(sorted(item for _, item in waiting))
        zh, en = f"以下目标尚待其评定人评分: {names}", f"these goals wait for their own assessors: {ids}"
        raise Invalid("ratings_missing", zh, en)
    own = found.goals.keys() - foreign
    _check_ratings(found, ratings, own, own)
    return _submit(session, actor, found, "submit_review", SUPERVISOR_REVIEW, comment, ratings, version)


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
    version: int | None = None,
) -> ReviewEntry:
    """The interview as the supervisor records it: where and when, strengths, shortcomings, the plan for the next period.

    `comment` is what the employee says about it.
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, "record_interview")
    require_text(200, place=place)
    require_text(strengths=strengths, shortcomings=shortcomings, plan=plan)
    if not found.cycle.starts_on <= held_on <= clock.today():
        zh, en = "面谈日期须在本期开始之后、今天或以前", "the interview is held after the period began and not in the future"
        raise Invalid("bad_dates", zh, en, [Fault("held_on", zh, en)])
    fields = {"held_on": held_on, "place": place, "strengths": strengths, "shortcomings": shortcomings, "plan": plan}
    return _submit(session, actor, found, "record_interview", INTERVIEW, comment, (), version, fields)


def under_review(session: Session, actor: Actor, appraisal_id: int, *, lock: bool = False) -> UnderReview:
    """An appraisal for somebody who may know of it, with `lock` for this transaction alone. Raises NotFound for others."""
    appraisal, _, _ = cycle_service.find_appraisal(session, actor, appraisal_id, lock=lock)
    return _gathered(session, actor, appraisal)


def require_move(session: Session, found: UnderReview, action: str) -> None:
    """Refuses before anything is written: a cycle that is not open, somebody not rated, another step, another's action."""
    cycle_service.require_move(session, found.cycle, found.appraisal, action, found.relations)


def _gathered(session: Session, actor: Actor, appraisal: Appraisal) -> UnderReview:
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    sheets = tuple(cycles.sheets_of(session, [appraisal.id])[appraisal.id])
    by_sheet = agreements.agreed(session, [sheet.id for sheet in sheets])
    return UnderReview(appraisal, cycle, cycles.policy_of(session, cycle), sheets, by_sheet, relations)


def _check_ratings(
    found: UnderReview, ratings: Sequence[GoalRating], allowed: Collection[Key], required: Collection[Key]
) -> None:
    """Refuses, all at once, ratings of what is not one's to rate, repeated or missing ones, and values outside the scale."""
    faults = []
    seen: set[Key] = set()
    for index, given in enumerate(ratings):
        path, key = f"ratings[{index}]", (given.sheet_id, given.item)
        require_figures({f"{path}.rating": given.rating} | {f"{path}.factors.{n}": v for n, v in (given.factors or {}).items()})
        if key not in allowed or key in seen:
            zh = f"「{found.name_of(key)}」不在此处评分或重复"
            faults.append(Fault(path, zh, f"{given.item} is not rated here, or twice"))
            continue
        seen.add(key)
        item = agreements.draft_of(found.goals[key]).as_item()
        try:
            scored = score_item(found.policy, replace(item, rating=given.rating, factors=dict(given.factors or {})))
            if scored.missing:
                faults.append(Fault(path, f"「{found.name_of(key)}」没有评分", f"{given.item} has no rating"))
        except ScoringError as refusal:
            placed = refusal.under(path)
            faults.append(Fault(placed.path, placed.message.zh, placed.message.en))
    faults += [
        Fault("ratings", f"目标「{found.name_of(key)}」尚未评分", f"the goal {key[1]} is not rated yet")
        for key in required
        if key not in seen
    ]
    if faults:
        raise Invalid("bad_ratings", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)


def _submit(
    session: Session,
    actor: Actor,
    found: UnderReview,
    action: str,
    kind: str,
    comment: str,
    ratings: Sequence[GoalRating],
    version: int | None,
    fields: Mapping[str, object] | None = None,
) -> ReviewEntry:
    cycle_service.advance_appraisal(session, actor, found.appraisal, action, version=version)
    return _add(session, actor, found, kind, comment, ratings, fields)


def _add(
    session: Session,
    actor: Actor,
    found: UnderReview,
    kind: str,
    comment: str,
    ratings: Sequence[GoalRating],
    fields: Mapping[str, object] | None = None,
) -> ReviewEntry:
    entry = ReviewEntry(
        appraisal_id=found.appraisal.id,
        kind=kind,
        author_id=actor.employee_id,
        comment=comment,
        entered_at=clock.now(),
        **(fields or {}),
    )
    session.add(entry)
    session.flush()
    session.add_all(
        Rating(
            entry_id=entry.id,
            sheet_id=given.sheet_id,
            item=given.item,
            rating=given.rating,
            factors=as_text(given.factors) if given.factors else None,
        )
        for given in ratings
    )
    session.flush()
    said = [{"sheet_id": r.sheet_id, "item": r.item, "rating": r.rating, "factors": dict(r.factors or {})} for r in ratings]
    after = {"appraisal_id": found.appraisal.id, "comment": comment, "ratings": said, **(fields or {})}
    audit.record(session, actor, f"review.{kind}", "review_entry", entry.id, after=after)
    return entry
