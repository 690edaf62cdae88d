"""What somebody is still writing: kept for its author alone, as often as they like, until it is handed in.

A draft is read by nobody else, not even by HR; the trail knows that it was saved, and not what it says.
"""

from collections.abc import Sequence

from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import LONGEST_TEXT, as_text, require_figures
from appraisal.core.numbers import plain
from appraisal.errors import Fault, Invalid
from appraisal.reviews.models import SELF_ASSESSMENT, SUPERVISOR_REVIEW, ReviewDraft
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import require_move, require_mover, under_review

# What is drafted, and the move by which it is handed in.
HANDED_IN_BY = {SELF_ASSESSMENT: "submit_self_assessment", SUPERVISOR_REVIEW: "submit_review"}


def save_draft(
    session: Session,
    actor: Actor,
    appraisal_id: int,
    kind: str,
    *,
    comment: str,
    ratings: Sequence[GoalRating] = (),
    version: int | None = None,
) -> ReviewDraft:
    """Keeps what is written so far; `version` is that of the draft, 0 where there is none yet.

    Ratings are checked when they are handed in; here they only have to be figures of goals of this appraisal.
    """
    found = under_review(session, actor, appraisal_id)
    require_move(session, found, HANDED_IN_BY[kind])
    draft = own_draft(session, actor, appraisal_id, kind)
    if version is not None and version != (draft.version if draft else 0):
        raise db.stale()
    if len(comment) > LONGEST_TEXT or "\x00" in comment:
        raise Invalid(
            "bad_text", f"至多 {LONGEST_TEXT} 字", f"at most {LONGEST_TEXT} characters", [Fault("comment", "过长", "too long")]
        )
    for index, given in enumerate(ratings):
        if (given.sheet_id, given.item) not in found.goals:
            zh, en = f"{given.item} 不是本表的目标", f"{given.item} is no goal of this appraisal"
            raise Invalid("bad_ratings", zh, en, [Fault(f"ratings[{index}]", zh, en)])
        figures = {"rating": given.rating} | dict(given.factors or {})
        require_figures({f"ratings[{index}].{name}": value for name, value in figures.items()})
    if draft is None:
        draft = ReviewDraft(
            appraisal_id=appraisal_id, kind=kind, author_id=actor.employee_id, comment="", ratings=[], saved_at=clock.now()
        )
        session.add(draft)
    draft.comment, draft.ratings, draft.saved_at = comment, [_written(given) for given in ratings], clock.now()
    session.flush()
    audit.record(
        session, actor, "review.save_draft", "review_draft", draft.id, after={"appraisal_id": appraisal_id, "kind": kind}
    )
    return draft


def show_draft(session: Session, actor: Actor, appraisal_id: int, kind: str) -> ReviewDraft | None:
    """What the actor has written so far of what is theirs to hand in. Raises NotFound, NotAllowed for others."""
    require_mover(under_review(session, actor, appraisal_id), HANDED_IN_BY[kind])
    return own_draft(session, actor, appraisal_id, kind)


def own_draft(session: Session, actor: Actor, appraisal_id: int, kind: str) -> ReviewDraft | None:
    """What the actor has written so far, wherever that is."""
    found = select(ReviewDraft).where(
        ReviewDraft.appraisal_id == appraisal_id, ReviewDraft.kind == kind, ReviewDraft.author_id == actor.employee_id
    )
    return session.exec(found).one_or_none()


def drop_draft(session: Session, actor: Actor, appraisal_id: int, kind: str) -> None:
    """What has been handed in is no draft any more."""
    if draft := own_draft(session, actor, appraisal_id, kind):
        session.delete(draft)
        session.flush()


def _written(given: GoalRating) -> dict[str, object]:
    return {
        "sheet_id": given.sheet_id,
        "item": given.item,
        "rating": None if given.rating is None else plain(given.rating),
        "factors": as_text(given.factors) if given.factors else None,
    }
