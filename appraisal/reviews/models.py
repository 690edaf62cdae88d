"""Tables of what people write and rate during an appraisal. Entries are only added; the latest of a kind counts.

Only drafts are changed in place: they are nobody's business but their author's until handed in.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

SELF_ASSESSMENT, GOAL_RATING, SUPERVISOR_REVIEW, INTERVIEW = "self_assessment", "goal_rating", "supervisor_review", "interview"
# Ratings given anew by whoever decides an appeal or a review of an approved result.
DECISION = "decision"
# Signed on the screen; on paper, which is kept as a scan; refused before two witnesses; lapsed with the appeal window.
SIGNED, ON_PAPER, REFUSED, LAPSED = "signed", "on_paper", "refused", "lapsed"


class ReviewEntry(db.Row, table=True):
    """One entry. `comment` is the 述职 text, the supervisor's comment, the employee's words at the interview, or the reasons
    of a decision. Of an interview: the day and, as HH:MM, the time of day, what was said, agreed for the next period, and asked
    for."""

    __tablename__ = "review_entry"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('self_assessment', 'goal_rating', 'supervisor_review', 'interview', 'decision')", name="kind"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    kind: str = Field(max_length=20)
    author_id: int = Field(foreign_key="employee.id", index=True)
    comment: str = Field(sa_type=Text)
    entered_at: datetime = Field(sa_type=db.UTC(), index=True)
    held_on: date | None = None
    began_at: str | None = Field(default=None, max_length=5)
    place: str | None = Field(default=None, max_length=200)
    strengths: str | None = Field(default=None, sa_type=Text)
    shortcomings: str | None = Field(default=None, sa_type=Text)
    plan: str | None = Field(default=None, sa_type=Text)
    next_goals: str | None = Field(default=None, sa_type=Text)
    training: str | None = Field(default=None, sa_type=Text)
    support: str | None = Field(default=None, sa_type=Text)


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


class ReviewDraft(db.Versioned, db.Row, table=True):
    """What somebody has written and not handed in yet: text and ratings by field, as the form holds them."""

    __tablename__ = "review_draft"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "kind", "author_id"),
        CheckConstraint("kind IN ('self_assessment', 'supervisor_review')", name="kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    kind: str = Field(max_length=20)
    author_id: int = Field(foreign_key="employee.id", index=True)
    comment: str = Field(sa_type=Text)
    ratings: list[dict[str, Any]] = Field(sa_type=db.Json)
    saved_at: datetime = Field(sa_type=db.UTC())


class FormerOpinion(db.Row, table=True):
    """What a supervisor of earlier days of the period writes before the one of the last day rates, or why HR goes without
    (D-04)."""

    __tablename__ = "former_opinion"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "supervisor_id"),
        CheckConstraint("(opinion IS NULL) <> (waived_because IS NULL)", name="either"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    supervisor_id: int = Field(foreign_key="employee.id", index=True)
    opinion: str | None = Field(default=None, sa_type=Text)
    waived_because: str | None = Field(default=None, sa_type=Text)
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC())


class InterviewSignature(db.Row, table=True):
    """A signature under the record of an interview, with the box for those who disagree with it; `how` it came about."""

    __tablename__ = "interview_signature"
    __table_args__ = (
        UniqueConstraint("entry_id", "role"),
        CheckConstraint("role IN ('employee', 'supervisor')", name="role"),
        CheckConstraint("how IN ('signed', 'on_paper', 'refused', 'lapsed')", name="how"),
        CheckConstraint("how <> 'refused' OR (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)", name="witnesses"),
        CheckConstraint("how <> 'on_paper' OR file_id IS NOT NULL", name="paper"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="review_entry.id", index=True)
    role: str = Field(max_length=12)
    how: str = Field(max_length=10)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    disagrees: bool = False
    comment: str | None = Field(default=None, sa_type=Text)
    content_hash: str = Field(max_length=80)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    witness_id: int | None = Field(default=None, foreign_key="employee.id")
    second_witness_id: int | None = Field(default=None, foreign_key="employee.id")
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    signed_at: datetime = Field(sa_type=db.UTC())
