"""Tables of payroll releases. A released one is never changed, and neither are its lines."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from appraisal import db

PREPARED, RELEASED, DISCARDED = "prepared", "released", "discarded"
RATED, NOT_RATED, CORRECTION = "rated", "not_rated", "correction"


class Release(db.Versioned, db.Row, table=True):
    """发放单 of one cycle. `number` counts the released ones; `content` is the exact text that every pull gets."""

    __tablename__ = "payroll_release"
    __table_args__ = (
        UniqueConstraint("cycle_id", "number"),
        CheckConstraint("status IN ('prepared', 'released', 'discarded')", name="status"),
        CheckConstraint("(status = 'released') = (number IS NOT NULL)", name="numbered"),
        CheckConstraint("(status = 'released') = (content IS NOT NULL)", name="frozen"),
        # One release of a cycle is being prepared at a time.
        Index(
            "uq_payroll_release_prepared",
            "cycle_id",
            unique=True,
            sqlite_where=text("status = 'prepared'"),
            postgresql_where=text("status = 'prepared'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    status: str = Field(default=PREPARED, max_length=10)
    number: int | None = None
    prepared_by: int = Field(foreign_key="account.id")
    prepared_at: datetime = Field(sa_type=db.UTC())
    ended_by: int | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = Field(default=None, sa_type=db.UTC())
    reason: str | None = Field(default=None, sa_type=Text)
    totals: dict[str, Any] = Field(sa_type=db.Json)
    content: str | None = Field(default=None, sa_type=Text)
    sha256: str | None = Field(default=None, max_length=64)


class ReleaseLine(db.Row, table=True):
    """One person in a release. `result_id` is null for 不参评; a correction names the released line it follows.

    `places` are unit, post and days of each sheet, as they were named then. `multiplier` holds the `coefficient` of unit and
    company already.
    """

    __tablename__ = "payroll_line"
    __table_args__ = (
        UniqueConstraint("release_id", "appraisal_id"),
        CheckConstraint("kind IN ('rated', 'not_rated', 'correction')", name="kind"),
        CheckConstraint("(kind = 'correction') = (corrects_id IS NOT NULL)", name="corrects"),
    )

    id: int | None = Field(default=None, primary_key=True)
    release_id: int = Field(foreign_key="payroll_release.id", index=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    result_id: int | None = Field(default=None, foreign_key="result.id")
    corrects_id: int | None = Field(default=None, foreign_key="payroll_line.id")
    kind: str = Field(max_length=10)
    employee_number: str = Field(max_length=40)
    employee_name: str = Field(max_length=80)
    places: list[dict[str, Any]] = Field(sa_type=db.Json)
    grade: str | None = Field(default=None, max_length=10)
    multiplier: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    coefficient: Decimal | None = Field(default=None, sa_type=db.Exact(8))
    pay: str | None = Field(default=None, max_length=10)


class ReleaseBases(db.Row, table=True):
    """奖金基数 of a release, sealed: which employee number has which base, in which currency."""

    __tablename__ = "payroll_bases"

    release_id: int = Field(primary_key=True, foreign_key="payroll_release.id")
    sealed: bytes = Field(sa_type=LargeBinary)
    uploaded_by: int = Field(foreign_key="account.id")
    uploaded_at: datetime = Field(sa_type=db.UTC())
