"""Tables of cycles, the appraisals in them with their post sheets, and what is decided about deadlines and persons."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db
from appraisal.core.numbers import percent_of

DRAFT, OPEN, CLOSED = "draft", "open", "closed"
# Whose a sheet is (D-01): a person's, a unit's with its responsible head, or a contractor's with its representative.
PERSON, UNIT, EXTERNAL = "person", "unit", "external"


class Cycle(db.Versioned, db.Row, table=True):
    """考核周期. `unit_id` limits it to a unit and all below; the pinned policy and its digest are set when it opens.

    `data_due_on`: the last day for the figures of the period, where HR has set another than the workflow's (R-002-29).
    """

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
    data_due_on: date | None = None


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
    not_rated_reason_en: str | None = Field(default=None, sa_type=Text)


class Sheet(db.Row, table=True):
    """考核表: the part of an appraisal that belongs to one post, held on `days` days with `share` percent of the person.

    `subject`: whose it is by the policy, the holder's own or that of the unit they answer for. `changed_at`: when it was made
    or its days last corrected, by which a result shows itself to be older.
    """

    __tablename__ = "appraisal_sheet"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "post_id", "from_on"),
        CheckConstraint("days > 0", name="days"),
        CheckConstraint("subject IN ('person', 'unit', 'external')", name="subject"),
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
    subject: str = Field(default=PERSON, max_length=10)
    changed_at: datetime = Field(sa_type=db.UTC())

    @property
    def weighs(self) -> Decimal:
        """What the sheet counts beside the others of its appraisal: its days, or of a post held in part, that part (D-04)."""
        return percent_of(Decimal(self.days), self.share)


class Extension(db.Row, table=True):
    """延期: a step of a cycle may take until `until_on`, for all, for a unit and all below, or for one person (D-17).

    Only added, never changed: of several that apply the latest day counts.
    """

    __tablename__ = "deadline_extension"
    __table_args__ = (CheckConstraint("unit_id IS NULL OR appraisal_id IS NULL", name="one_reach"),)

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    step: str = Field(max_length=40)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    appraisal_id: int | None = Field(default=None, foreign_key="appraisal.id", index=True)
    until_on: date
    reason: str = Field(max_length=500)
    granted_by: int | None = Field(default=None, foreign_key="account.id")
    granted_at: datetime = Field(sa_type=db.UTC())


class CycleException(db.Row, table=True):
    """例外: HR lets an appraisal go on without something it would wait for, and says why.

    `unsigned`: the self-assessment without both signatures under the agreement (D-16).
    """

    __tablename__ = "cycle_exception"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "kind"),
        CheckConstraint("kind IN ('unsigned')", name="kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    kind: str = Field(max_length=20)
    reason: str = Field(max_length=500)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")
    recorded_at: datetime = Field(sa_type=db.UTC())


class Reassignment(db.Row, table=True):
    """改派: from now on `supervisor_id` acts as the supervisor in one appraisal, instead of whom the reporting line names.

    Only added: the latest one of an appraisal counts, and the earlier ones stay as its history (D-04).
    """

    __tablename__ = "reassignment"

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    supervisor_id: int = Field(foreign_key="employee.id", index=True)
    reason: str = Field(max_length=500)
    assigned_by: int | None = Field(default=None, foreign_key="account.id")
    assigned_at: datetime = Field(sa_type=db.UTC())


class DeadlineNotice(db.Row, table=True):
    """What has been said about a deadline: once per kind, stay at the step, and day it was due, however often it is looked at.

    `remind`: HR sent a reminder by hand, at most once a day; then `due_on` is the day it was sent.
    """

    __tablename__ = "deadline_notice"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "kind", "step_since", "due_on"),
        CheckConstraint("kind IN ('due_soon', 'due_today', 'overdue', 'closing', 'remind')", name="kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    kind: str = Field(max_length=20)
    step: str = Field(max_length=40)
    step_since: datetime = Field(sa_type=db.UTC())
    due_on: date
    noted_at: datetime = Field(sa_type=db.UTC())


class RowRuling(db.Row, table=True):
    """补定: what HR settles for one cycle of a row of a post's sheet that the source leaves blank, and why.

    Only added: the latest of a row and key counts. `assessor_id` is the person, where `value` says whose office it is;
    `copied_from_id` the ruling of an earlier cycle that was taken over.
    """

    __tablename__ = "row_ruling"
    __table_args__ = (
        CheckConstraint("key IN ('cadence', 'source', 'assessor')", name="key"),
        CheckConstraint("assessor_id IS NULL OR key = 'assessor'", name="assessor"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    item: str = Field(max_length=80)
    key: str = Field(max_length=10)
    value: str = Field(max_length=200)
    assessor_id: int | None = Field(default=None, foreign_key="employee.id")
    reason: str = Field(max_length=500)
    copied_from_id: int | None = Field(default=None, foreign_key="row_ruling.id")
    ruled_by: int | None = Field(default=None, foreign_key="account.id")
    ruled_at: datetime = Field(sa_type=db.UTC())
