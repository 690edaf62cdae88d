"""Tables of results. Every row is only ever added: a new computation is a new layer, publication and approval are rows of
their own, and grades from before the system stay marked as imported."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

COMPUTED = "computed"


class Result(db.Row, table=True):
    """One layer of a result: the outcome as other programs read it, and the case it came from, whole.

    A total of items with at most 8 decimals and weights with 4 stays within 14. `read_from` is a minute before the
    computation: what was recorded from then on may not have been seen by it.
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "seq"),
        CheckConstraint("layer IN ('computed')", name="layer"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    seq: int
    layer: str = Field(default=COMPUTED, max_length=12)
    computed_score: Decimal = Field(sa_type=db.Exact(14))
    score: Decimal = Field(sa_type=db.Exact(14))
    grade: str = Field(max_length=10, index=True)
    multiplier: Decimal = Field(sa_type=db.Exact(4))
    vetoed: bool
    outcome: dict[str, Any] = Field(sa_type=db.Json)
    sheets: list[dict[str, Any]] = Field(sa_type=db.Json)
    policy_digest: str = Field(max_length=80)
    case_digest: str = Field(max_length=80)
    computed_by: int | None = Field(default=None, foreign_key="account.id")
    computed_at: datetime = Field(sa_type=db.UTC(), index=True)
    read_from: datetime = Field(sa_type=db.UTC())


class Publication(db.Row, table=True):
    """HR lets the employee see a result; the appeal window runs from here."""

    __tablename__ = "result_publication"

    result_id: int = Field(foreign_key="result.id", primary_key=True)
    published_by: int | None = Field(default=None, foreign_key="account.id")
    published_at: datetime = Field(sa_type=db.UTC())


class Approval(db.Row, table=True):
    """A named person approves a result (R-002-34)."""

    __tablename__ = "result_approval"

    result_id: int = Field(foreign_key="result.id", primary_key=True)
    approver_id: int = Field(foreign_key="employee.id")
    account_id: int = Field(foreign_key="account.id")
    approved_at: datetime = Field(sa_type=db.UTC())
    note: str | None = Field(default=None, sa_type=Text)


class PastGradeImport(db.Row, table=True):
    """A grade from before the system: imported, not computed, and never scored again (D-22)."""

    __tablename__ = "past_grade"
    __table_args__ = (UniqueConstraint("employee_id", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    period: str = Field(max_length=10)
    grade: str = Field(max_length=10)
    collective: bool = False
    source_document: str = Field(max_length=200)
    imported_by: int | None = Field(default=None, foreign_key="account.id")
    imported_at: datetime = Field(sa_type=db.UTC())
