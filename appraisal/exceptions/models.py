"""Tables of exceptions (QEF-29-02), their history and evidence, and of tasks for other departments.

What was said of an exception and the files that prove it are only added: the database refuses to change or delete them.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from appraisal import db

RECORDS = ("assessment", "capa", "urgent_improvement", "investigation")
"""What is opened: by the level of the deviation, or for a trend or a guard an investigation."""
OPEN, ANALYSED, ACTING, DONE, VERIFIED, CLOSED, VOID = "open", "analysed", "acting", "done", "verified", "closed", "void"
STATES = (OPEN, ANALYSED, ACTING, DONE, VERIFIED, CLOSED, VOID)
ENDED = (CLOSED, VOID)
ENTRIES = (
    *("opened", "attached", "assigned", "analysis", "action", "done", "verified", "returned", "closed", "void"),
    *("note", "corrected", "overdue", "escalated"),
)
TASK_STATES = ("open", "done", "dropped")


def _one_open(*columns: str, company: bool) -> Index:
    where = text(f"state NOT IN ('closed', 'void') AND unit_id IS {'' if company else 'NOT '}NULL")
    name = f"uq_kpi_exception_open_of_{'company' if company else 'unit'}"
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class KpiException(db.Versioned, db.Row, table=True):
    """异常应对单: what is done about an indicator that is off, by whom, until when, and whether it helped.

    One is open at a time for each indicator and record; later periods are attached to it. `period` is the first one, `level`
    that of the deviation, null for an investigation. `escalation` counts the stages of being overdue that have been told.
    """

    __tablename__ = "kpi_exception"
    __table_args__ = (
        CheckConstraint("record IN ('assessment', 'capa', 'urgent_improvement', 'investigation')", name="record"),
        CheckConstraint("state IN ('open', 'analysed', 'acting', 'done', 'verified', 'closed', 'void')", name="state"),
        CheckConstraint("(record = 'investigation') = (level IS NULL)", name="level"),
        CheckConstraint("(state IN ('closed', 'void')) = (closed_at IS NOT NULL)", name="ended"),
        _one_open("policy", "unit_id", "indicator", "record", company=False),
        _one_open("policy", "indicator", "record", company=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=24, unique=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    indicator: str = Field(max_length=80)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    level: str | None = Field(default=None, max_length=10)
    record: str = Field(max_length=18)
    role: str = Field(max_length=80)
    owner_id: int | None = Field(default=None, foreign_key="employee.id", index=True)
    state: str = Field(default=OPEN, max_length=8)
    opened_at: datetime = Field(sa_type=db.UTC())
    due_on: date = Field(index=True)
    cause: str | None = Field(default=None, sa_type=Text)
    action: str | None = Field(default=None, sa_type=Text)
    action_by: int | None = Field(default=None, foreign_key="account.id")
    action_due_on: date | None = None
    verification: str | None = Field(default=None, sa_type=Text)
    verified_by: int | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = Field(default=None, sa_type=db.UTC())
    closing: str | None = Field(default=None, sa_type=Text)
    escalation: int = 0
    escalated_on: date | None = None


class KpiExceptionPeriod(db.Row, table=True):
    """An alert that an exception answers. `withdrawn_at`: it asks for this record no longer: a reading was corrected."""

    __tablename__ = "kpi_exception_period"

    exception_id: int = Field(foreign_key="kpi_exception.id", primary_key=True)
    alert_id: int = Field(foreign_key="kpi_alert.id", primary_key=True, index=True)
    attached_at: datetime = Field(sa_type=db.UTC())
    withdrawn_at: datetime | None = Field(default=None, sa_type=db.UTC())


class KpiExceptionEntry(db.Row, table=True):
    """What was said or done, by whom; without an account, by the programme itself."""

    __tablename__ = "kpi_exception_entry"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('opened', 'attached', 'assigned', 'analysis', 'action', 'done', 'verified', 'returned', 'closed', "
            "'void', 'note', 'corrected', 'overdue', 'escalated')",
            name="kind",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    exception_id: int = Field(foreign_key="kpi_exception.id", index=True)
    kind: str = Field(max_length=10)
    text: str | None = Field(default=None, sa_type=Text)
    by_account: int | None = Field(default=None, foreign_key="account.id")
    at: datetime = Field(sa_type=db.UTC())


class KpiExceptionFile(db.Row, table=True):
    """A file that proves an entry of an exception."""

    __tablename__ = "kpi_exception_file"

    entry_id: int = Field(foreign_key="kpi_exception_entry.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True, index=True)


class KpiTask(db.Versioned, db.Row, table=True):
    """跨部门任务: what another department is to look into because of an alert, as the policy says or by hand (D-27).

    `department` is the word of the source, `unit_id` the unit of that name in the same company where there is one.
    """

    __tablename__ = "kpi_task"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
        CheckConstraint("(state = 'open') = (done_at IS NULL)", name="ended"),
    )

    id: int | None = Field(default=None, primary_key=True)
    exception_id: int | None = Field(default=None, foreign_key="kpi_exception.id", index=True)
    alert_id: int = Field(foreign_key="kpi_alert.id", index=True)
    department: str = Field(max_length=120)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    follow_up: dict[str, str] = Field(sa_type=db.Json)
    state: str = Field(default="open", max_length=7)
    opened_at: datetime = Field(sa_type=db.UTC())
    due_on: date
    done_by: int | None = Field(default=None, foreign_key="account.id")
    done_at: datetime | None = Field(default=None, sa_type=db.UTC())
    note: str | None = Field(default=None, sa_type=Text)
