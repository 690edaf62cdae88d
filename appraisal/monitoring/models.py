"""Tables of readings. Rows are only added: a confirmation is a row of its own, a correction a later reading.

The database itself refuses to change or delete readings, confirmations, their evidence, and which figure came of them
(R-000-45).
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from appraisal import db

ORIGINS = ("event", "import", "manual")
RECORD_TYPES = (
    *("qc_report", "ncr", "capa", "inquiry", "quote", "sale", "expense", "purchase", "supplier_score", "safety_event"),
)
"""Types of the platform's records that a reading may come from (R-000-40)."""
CADENCES = ("day", "week", "month", "quarter", "half", "year")


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
