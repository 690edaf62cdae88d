"""Tables of readings and of what is judged of them. Of readings rows are only added: a confirmation is a row of its own, a
correction a later reading.

The database itself refuses to change or delete readings, confirmations, their evidence, which figure came of them (R-000-45),
and targets and evaluations, so that a judgement can be told again as it was made.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from appraisal import db

ORIGINS = ("event", "import", "manual")
RECORD_TYPES = (
    *("qc_report", "ncr", "capa", "inquiry", "quote", "sale", "expense", "purchase", "supplier_score", "safety_event"),
)
"""Types of the platform's records that a reading may come from (R-000-40)."""
CADENCES = ("day", "week", "month", "quarter", "half", "year")
OPERATORS = (">=", ">", "<=", "<", "=")
ALERT_KINDS = ("level", "trend", "alert_line", "guard", "related", "raise_target", "unrealistic_jump")
"""What an alert says: out of tolerance, worse too often in a row, beyond the warning line, better at another's cost, worse
along with another; and of targets, that one may rise, or is far from what was read before."""


def _first(*columns: str, company: bool) -> Index:
    where = text(f"corrects_id IS NULL AND unit_id IS {'' if company else 'NOT '}NULL")
    name = f"uq_reading_first_of_{'company' if company else 'unit'}"
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class Reading(db.Row, table=True):
    """What was read of an indicator in one period, of a unit or (without one) the company: a value, or a formula's inputs.

    `inputs` holds decimals as text. `late`: entered after the day it was due; `back_filled`: late and by hand (R-000-41).
    """

    __tablename__ = "reading"
    __table_args__ = (
        CheckConstraint("origin IN ('event', 'import', 'manual')", name="origin"),
        CheckConstraint("cadence IN ('day', 'week', 'month', 'quarter', 'half', 'year')", name="cadence"),
        CheckConstraint("(value IS NULL) <> (inputs IS NULL)", name="figure"),
        CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name="reason"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        # One first reading a period; every later one corrects another, and each is corrected once at most.
        _first("policy", "indicator", "unit_id", "period", company=False),
        _first("policy", "indicator", "period", company=True),
        Index("ix_reading_series", "policy", "unit_id", "ends_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    indicator: str = Field(max_length=80)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    cadence: str = Field(max_length=7)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    value: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    inputs: dict[str, str] | None = Field(default=None, sa_type=db.Json)
    origin: str = Field(max_length=6)
    record_type: str | None = Field(default=None, max_length=14)
    source_document: str = Field(max_length=200)
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC(), index=True)
    late: bool = False
    back_filled: bool = False
    corrects_id: int | None = Field(default=None, foreign_key="reading.id", unique=True)
    reason: str | None = Field(default=None, sa_type=Text)


class ReadingConfirmation(db.Row, table=True):
    """Somebody other than the one who entered the reading vouches for it."""

    __tablename__ = "reading_confirmation"

    reading_id: int = Field(foreign_key="reading.id", primary_key=True)
    confirmed_by: int = Field(foreign_key="account.id")
    confirmed_at: datetime = Field(sa_type=db.UTC(), index=True)


class ReadingFile(db.Row, table=True):
    """A file that proves a reading: its document, or the table it was imported from."""

    __tablename__ = "reading_file"

    reading_id: int = Field(foreign_key="reading.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True, index=True)


class ReadingFigure(db.Row, table=True):
    """A figure of an appraisal that is a reading: one dictionary, one number. `reading_id` is the last one it rests on."""

    __tablename__ = "reading_figure"

    measure_id: int = Field(foreign_key="measure.id", primary_key=True)
    reading_id: int = Field(foreign_key="reading.id", index=True)


class KpiTarget(db.Row, table=True):
    """A target that no rule file declares, of a unit or (without one) the company, for periods that begin from `from_on` on.

    Rows are only added: of those that have begun, the one that began last counts, and of these the last one set (R-000-39).
    """

    __tablename__ = "kpi_target"
    __table_args__ = (
        CheckConstraint("operator IN ('>=', '>', '<=', '<', '=')", name="operator"),
        CheckConstraint("to_on IS NULL OR from_on <= to_on", name="days"),
        Index("ix_kpi_target_series", "policy", "indicator", "unit_id", "from_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    indicator: str = Field(max_length=80)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    operator: str = Field(max_length=2)
    value: Decimal = Field(sa_type=db.Exact(4))
    from_on: date
    to_on: date | None = None
    reason: str = Field(sa_type=Text)
    set_by: int = Field(foreign_key="account.id")
    set_at: datetime = Field(sa_type=db.UTC())


class KpiRoleHolder(db.Versioned, db.Row, table=True):
    """Who is what a monitoring policy calls 最高管理者, 品质负责人 …, for a unit and all below, or without one everywhere."""

    __tablename__ = "kpi_role_holder"
    __table_args__ = (CheckConstraint("to_on IS NULL OR from_on <= to_on", name="days"),)

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60, index=True)
    role: str = Field(max_length=80)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    from_on: date
    to_on: date | None = None


class KpiEvaluation(db.Row, table=True):
    """The judgement of one period as it was made. A new one only where it says something else than the one before.

    `digest` names the state of the policy, `readings_digest` the readings and targets it rests on.
    """

    __tablename__ = "kpi_evaluation"
    __table_args__ = (Index("ix_kpi_evaluation_subject", "policy", "unit_id", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    digest: str = Field(max_length=80)
    readings_digest: str = Field(max_length=64)
    content: dict[str, Any] = Field(sa_type=db.Json)
    made_at: datetime = Field(sa_type=db.UTC())
    made_by: int | None = Field(default=None, foreign_key="account.id")


def _one_alert(*columns: str, unit: bool, other: bool) -> Index:
    where = text(f"unit_id IS {'NOT ' * unit}NULL AND other IS {'NOT ' * other}NULL")
    name = f"uq_kpi_alert_{'unit' if unit else 'company'}_{'pair' if other else 'single'}"
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class KpiAlert(db.Row, table=True):
    """What an evaluation says somebody is to look at, once for each indicator, period and kind, however often it is evaluated.

    `period` is the indicator's own. `withdrawn_at`: what was read has been corrected, and the alert holds no longer.
    """

    __tablename__ = "kpi_alert"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('level', 'trend', 'alert_line', 'guard', 'related', 'raise_target', 'unrealistic_jump')", name="kind"
        ),
        CheckConstraint("(kind IN ('guard', 'related')) = (other IS NOT NULL)", name="other"),
        CheckConstraint("(kind = 'level') = (level IS NOT NULL)", name="level"),
        _one_alert("policy", "unit_id", "indicator", "other", "period", "kind", unit=True, other=True),
        _one_alert("policy", "unit_id", "indicator", "period", "kind", unit=True, other=False),
        _one_alert("policy", "indicator", "other", "period", "kind", unit=False, other=True),
        _one_alert("policy", "indicator", "period", "kind", unit=False, other=False),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    indicator: str = Field(max_length=80)
    other: str | None = Field(default=None, max_length=80)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    kind: str = Field(max_length=16)
    level: str | None = Field(default=None, max_length=10)
    evaluation_id: int = Field(foreign_key="kpi_evaluation.id", index=True)
    opened_at: datetime = Field(sa_type=db.UTC())
    withdrawn_at: datetime | None = Field(default=None, sa_type=db.UTC())
