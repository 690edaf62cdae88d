"""Tables of KPI reports, which are kept as they were made, and of meetings with what was decided there and who does it by when.

Reports are only added, and the database refuses to change or delete one: a report that no longer says what is on record gets
a later version, and being final is a row of its own.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

MONTHLY, QUARTERLY, ANNUAL, MANAGEMENT_REVIEW = "monthly", "quarterly", "annual", "management_review"
KINDS = (MONTHLY, QUARTERLY, ANNUAL, MANAGEMENT_REVIEW)
PLANNED, HELD, CANCELLED = "planned", "held", "cancelled"
OPEN, DONE, DROPPED = "open", "done", "dropped"


class KpiReport(db.Row, table=True):
    """One version of a report on a unit or (without one) the company: `content` is all that it says, `digest` its hash.

    `provisional`: when it was made its last month had not been evaluated, or was not over.
    """

    __tablename__ = "kpi_report"
    __table_args__ = (
        CheckConstraint("kind IN ('monthly', 'quarterly', 'annual', 'management_review')", name="kind"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        UniqueConstraint("policy", "number"),
        Index("ix_kpi_report_subject", "policy", "kind", "unit_id", "period"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=17)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    number: str = Field(max_length=160)
    provisional: bool
    content: dict[str, Any] = Field(sa_type=db.Json)
    digest: str = Field(max_length=64)
    made_by: int | None = Field(default=None, foreign_key="account.id")
    made_at: datetime = Field(sa_type=db.UTC())
    supersedes_id: int | None = Field(default=None, foreign_key="kpi_report.id", unique=True)


class KpiReportSource(db.Row, table=True):
    """The evaluation of a month that a report was made of; none where there was none yet."""

    __tablename__ = "kpi_report_source"

    report_id: int = Field(foreign_key="kpi_report.id", primary_key=True)
    period: str = Field(max_length=10, primary_key=True)
    evaluation_id: int | None = Field(default=None, foreign_key="kpi_evaluation.id", index=True)


class KpiReportApproval(db.Row, table=True):
    """Somebody makes a report final; `reason` says why with readings missing."""

    __tablename__ = "kpi_report_approval"

    report_id: int = Field(foreign_key="kpi_report.id", primary_key=True)
    approved_by: int = Field(foreign_key="account.id")
    approved_at: datetime = Field(sa_type=db.UTC())
    reason: str | None = Field(default=None, sa_type=Text)


class KpiMeeting(db.Versioned, db.Row, table=True):
    """A meeting on a monitoring policy; `kind` is one that the policy declares, `about` the period it looks at."""

    __tablename__ = "kpi_meeting"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'held', 'cancelled')", name="status"),
        CheckConstraint("(status = 'held') = (held_on IS NOT NULL)", name="held"),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60, index=True)
    kind: str = Field(max_length=80)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    about: str = Field(max_length=10)
    due_on: date = Field(index=True)
    status: str = Field(default=PLANNED, max_length=9)
    held_on: date | None = None
    place: str | None = Field(default=None, max_length=200)
    chair_id: int | None = Field(default=None, foreign_key="employee.id", index=True)
    minutes: str | None = Field(default=None, sa_type=Text)
    planned_by: int | None = Field(default=None, foreign_key="account.id")
    planned_at: datetime = Field(sa_type=db.UTC())


class KpiMeetingAttendee(db.Row, table=True):
    __tablename__ = "kpi_meeting_attendee"

    meeting_id: int = Field(foreign_key="kpi_meeting.id", primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", primary_key=True, index=True)


class KpiMeetingReport(db.Row, table=True):
    """A report that was presented at a meeting."""

    __tablename__ = "kpi_meeting_report"

    meeting_id: int = Field(foreign_key="kpi_meeting.id", primary_key=True)
    report_id: int = Field(foreign_key="kpi_report.id", primary_key=True, index=True)


class KpiDecision(db.Row, table=True):
    """What a meeting decided."""

    __tablename__ = "kpi_decision"

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="kpi_meeting.id", index=True)
    text: str = Field(sa_type=Text)
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC())


class KpiAction(db.Versioned, db.Row, table=True):
    """What follows from a decision, who does it and by when. `told_on` is when its owner was last told that it is overdue."""

    __tablename__ = "kpi_action"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'done', 'dropped')", name="status"),
        CheckConstraint("(status = 'open') = (ended_on IS NULL)", name="ended"),
        CheckConstraint("status <> 'dropped' OR note IS NOT NULL", name="note"),
        Index("ix_kpi_action_status_due_on", "status", "due_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    decision_id: int = Field(foreign_key="kpi_decision.id", index=True)
    text: str = Field(sa_type=Text)
    owner_id: int = Field(foreign_key="employee.id", index=True)
    due_on: date
    status: str = Field(default=OPEN, max_length=7)
    ended_on: date | None = None
    ended_by: int | None = Field(default=None, foreign_key="account.id")
    note: str | None = Field(default=None, sa_type=Text)
    told_on: date | None = None
