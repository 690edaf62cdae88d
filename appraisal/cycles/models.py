"""Tables of cycles, the appraisals in them, and the post sheets of each appraisal."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db
from appraisal.core.numbers import percent_of

DRAFT, OPEN, CLOSED = "draft", "open", "closed"


class Cycle(db.Versioned, db.Row, table=True):
    """考核周期. `unit_id` limits it to a unit and all below; the pinned policy and its digest are set when it opens."""

    __tablename__ = "cycle"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'open', 'closed')", name="status"),
        CheckConstraint("status = 'draft' OR policy_digest IS NOT NULL", name="pinned"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    policy_name: str = Field(max_length=60)
    cadence: str = Field(max_length=10)
    period: str = Field(max_length=10, index=True)
    starts_on: date
    ends_on: date
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    pays: bool
    status: str = Field(default=DRAFT, max_length=10)
    stored_policy_id: int | None = Field(default=None, foreign_key="stored_policy.id")
    policy_digest: str | None = Field(default=None, max_length=80)
    opened_at: datetime | None = Field(default=None, sa_type=db.UTC())
    closed_at: datetime | None = Field(default=None, sa_type=db.UTC())


class Appraisal(db.Versioned, db.Row, table=True):
    """考核: one employee in one cycle, at a step of the policy's workflow. `rated` is false for 不参评, with the reason."""

    __tablename__ = "appraisal"
    __table_args__ = (
        UniqueConstraint("cycle_id", "employee_id"),
        CheckConstraint("rated OR not_rated_reason IS NOT NULL", name="not_rated"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    step: str = Field(max_length=40, index=True)
    step_since: datetime = Field(sa_type=db.UTC())
    rated: bool = True
    not_rated_reason: str | None = Field(default=None, sa_type=Text)


class Sheet(db.Row, table=True):
    """考核表: the part of an appraisal that belongs to one post, held on `days` days with `share` percent of the person.

    `changed_at`: when it was made or its days last corrected, by which a result shows itself to be older.
    """

    __tablename__ = "appraisal_sheet"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "post_id", "from_on"),
        CheckConstraint("days > 0", name="days"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    policy_post: str = Field(max_length=80)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    from_on: date
    to_on: date
    days: int
    share: Decimal = Field(sa_type=db.Exact(2))
    changed_at: datetime = Field(sa_type=db.UTC())

    @property
    def weighs(self) -> Decimal:
        """What the sheet counts beside the others of its appraisal: its days, or of a post held in part, that part (D-04)."""
        return percent_of(Decimal(self.days), self.share)
