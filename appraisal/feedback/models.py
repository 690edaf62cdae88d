"""Tables of 360° feedback. Nothing here leads from an answer to its rater: see the words at the head of the slice."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from appraisal import db

DRAFT, OPEN, CLOSED = "draft", "open", "closed"
PROPOSED, APPROVED, REFUSED, WITHDRAWN = "proposed", "approved", "refused", "withdrawn"
RATING, TEXT = "rating", "text"


class FeedbackRound(db.Versioned, db.Row, table=True):
    """The 360° round of an annual cycle: how few answers are shown, on which scale, to how many decimals, until when."""

    __tablename__ = "feedback_round"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'open', 'closed')", name="status"),
        CheckConstraint("minimum >= 3", name="minimum"),
        CheckConstraint("scale_from < scale_to", name="scale"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", unique=True)
    status: str = Field(default=DRAFT, max_length=10)
    minimum: int
    scale_from: Decimal = Field(sa_type=db.Exact(4))
    scale_to: Decimal = Field(sa_type=db.Exact(4))
    places: int
    answers_until: date
    opened_at: datetime | None = Field(default=None, sa_type=db.UTC())
    closed_at: datetime | None = Field(default=None, sa_type=db.UTC())


class FeedbackGroup(db.Row, table=True):
    """A group of raters as the policy has it: peers, subordinates, other departments, outsiders.

    `share` in points, `minimum`: how many are to be asked at least.
    """

    __tablename__ = "feedback_group"
    __table_args__ = (CheckConstraint("share > 0", name="share"),)

    round_id: int = Field(foreign_key="feedback_round.id", primary_key=True)
    code: str = Field(max_length=40, primary_key=True)
    position: int
    name_zh: str = Field(max_length=80)
    name_en: str = Field(max_length=80)
    share: Decimal = Field(sa_type=db.Exact(4))
    minimum: int


class FeedbackQuestion(db.Row, table=True):
    """A question of the form: rated on the scale, or answered in words."""

    __tablename__ = "feedback_question"
    __table_args__ = (CheckConstraint("kind IN ('rating', 'text')", name="kind"),)

    round_id: int = Field(foreign_key="feedback_round.id", primary_key=True)
    code: str = Field(max_length=40, primary_key=True)
    position: int
    kind: str = Field(max_length=6)
    text_zh: str = Field(max_length=500)
    text_en: str = Field(max_length=500)


class FeedbackRater(db.Versioned, db.Row, table=True):
    """Somebody proposed as a rater of a person: an employee, or an outsider by name. Says nothing of having answered."""

    __tablename__ = "feedback_rater"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "employee_id"),
        Index(
            "uq_feedback_rater_outsider",
            "appraisal_id",
            "mail",
            unique=True,
            sqlite_where=text("mail IS NOT NULL"),
            postgresql_where=text("mail IS NOT NULL"),
        ),
        CheckConstraint("status IN ('proposed', 'approved', 'refused', 'withdrawn')", name="status"),
        CheckConstraint("(employee_id IS NULL) = (mail IS NOT NULL AND name IS NOT NULL)", name="who"),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="feedback_round.id", index=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    group_code: str = Field(max_length=40)
    employee_id: int | None = Field(default=None, foreign_key="employee.id", index=True)
    name: str | None = Field(default=None, max_length=80)
    organisation: str | None = Field(default=None, max_length=120)
    mail: str | None = Field(default=None, max_length=200)
    status: str = Field(default=PROPOSED, max_length=10)
    proposed_by: int | None = Field(default=None, foreign_key="account.id")
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    reason: str | None = Field(default=None, max_length=500)


class FeedbackBallot(db.Row, table=True):
    """选票: leave to answer once, torn up by answering. An outsider's is opened by a token of which only the hash is kept."""

    __tablename__ = "feedback_ballot"

    rater_id: int = Field(foreign_key="feedback_rater.id", primary_key=True)
    token_hash: str | None = Field(default=None, max_length=64, unique=True)
    expires_at: datetime | None = Field(default=None, sa_type=db.UTC())


class FeedbackBox(db.Row, table=True):
    """The sealed answers of one group about one person while the round is open; gone when it closes."""

    __tablename__ = "feedback_box"

    appraisal_id: int = Field(foreign_key="appraisal.id", primary_key=True)
    group_code: str = Field(max_length=40, primary_key=True)
    round_id: int = Field(foreign_key="feedback_round.id", index=True)
    answers: int
    sealed: bytes = Field(sa_type=LargeBinary)


class FeedbackResult(db.Row, table=True):
    """What a closed round says of one person: 0 to 100, or nothing where too few have answered. Never changed."""

    __tablename__ = "feedback_result"

    appraisal_id: int = Field(foreign_key="appraisal.id", primary_key=True)
    round_id: int = Field(foreign_key="feedback_round.id", index=True)
    score: Decimal | None = Field(default=None, sa_type=db.Exact(8))
    answers: int
    withheld: int


class FeedbackGroupResult(db.Row, table=True):
    """One group that is shown, or several merged. `sums`: by question, the exact sum of all ratings, as text."""

    __tablename__ = "feedback_group_result"

    id: str = Field(max_length=32, primary_key=True)
    appraisal_id: int = Field(foreign_key="feedback_result.appraisal_id", index=True)
    groups: list[str] = Field(sa_type=db.Json)
    share: Decimal = Field(sa_type=db.Exact(4))
    answers: int
    sums: dict[str, str] = Field(sa_type=db.Json)


class FeedbackRemark(db.Row, table=True):
    """One free text of a group that is shown, apart from the ratings and other texts of whoever wrote it."""

    __tablename__ = "feedback_remark"

    id: str = Field(max_length=32, primary_key=True)
    group_result_id: str = Field(max_length=32, foreign_key="feedback_group_result.id", index=True)
    question: str = Field(max_length=40)
    text: str = Field(sa_type=Text)
