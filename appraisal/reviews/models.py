"""Tables of what people write and rate during an appraisal. Rows are only added; the latest entry of a kind counts."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

SELF_ASSESSMENT, GOAL_RATING, SUPERVISOR_REVIEW, INTERVIEW = "self_assessment", "goal_rating", "supervisor_review", "interview"


class ReviewEntry(db.Row, table=True):
    """One entry. `comment` is the 述职 text, the supervisor's comment, or the employee's words at the interview."""

    __tablename__ = "review_entry"
    __table_args__ = (
        CheckConstraint("kind IN ('self_assessment', 'goal_rating', 'supervisor_review', 'interview')", name="kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    kind: str = Field(max_length=20)
    author_id: int = Field(foreign_key="employee.id", index=True)
    comment: str = Field(sa_type=Text)
    entered_at: datetime = Field(sa_type=db.UTC(), index=True)
    held_on: date | None = None
    place: str | None = Field(default=None, max_length=200)
    strengths: str | None = Field(default=None, sa_type=Text)
    shortcomings: str | None = Field(default=None, sa_type=Text)
    plan: str | None = Field(default=None, sa_type=Text)


class Rating(db.Row, table=True):
    """What somebody says of one goal: a rating on the policy's scale, or points per sub-factor (decimals as text)."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("entry_id", "sheet_id", "item"),
        CheckConstraint("rating IS NOT NULL OR factors IS NOT NULL", name="value"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="review_entry.id", index=True)
    sheet_id: int = Field(foreign_key="appraisal_sheet.id", index=True)
    item: str = Field(max_length=80)
    rating: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    factors: dict[str, str] | None = Field(default=None, sa_type=db.Json)
