"""Reads of reviews: the entries of an appraisal, and the rating that counts for each goal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.agreements.fields import as_figures
from appraisal.reviews.models import GOAL_RATING, SUPERVISOR_REVIEW, Rating, ReviewEntry

# A rating belongs to an item of a sheet.
Key = tuple[int, str]


@dataclass(frozen=True)
class GoalRating:
    """What somebody says of one goal: a rating on the policy's scale, or points per sub-factor."""

    sheet_id: int
    item: str
    rating: Decimal | None = None
    factors: Mapping[str, Decimal] | None = None


def entries_of(session: Session, appraisal_id: int) -> Sequence[ReviewEntry]:
    """Every entry of an appraisal, oldest first."""
    return session.exec(select(ReviewEntry).where(ReviewEntry.appraisal_id == appraisal_id).order_by(ReviewEntry.id)).all()


def ratings_that_count(session: Session, appraisal_ids: Collection[int]) -> dict[Key, GoalRating]:
    """For each goal the latest rating by the supervisor or its own assessor; what employees say of themselves never counts."""
    found = (
        select(Rating)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .where(col(ReviewEntry.appraisal_id).in_(appraisal_ids))
        .where(col(ReviewEntry.kind).in_([SUPERVISOR_REVIEW, GOAL_RATING]))
        .order_by(Rating.id)
    )
    return {(rating.sheet_id, rating.item): _value(rating) for rating in session.exec(found)}


def assessors_of(session: Session, appraisal_id: int) -> frozenset[int]:
    """The employees who have rated or reviewed this appraisal: none of them may approve it."""
    found = select(ReviewEntry.author_id).where(
        ReviewEntry.appraisal_id == appraisal_id, col(ReviewEntry.kind).in_([SUPERVISOR_REVIEW, GOAL_RATING])
    )
    return frozenset(session.exec(found))


def _value(rating: Rating) -> GoalRating:
    factors = None if rating.factors is None else as_figures(rating.factors)
    return GoalRating(rating.sheet_id, rating.item, rating.rating, factors)
