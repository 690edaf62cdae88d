"""Tables of the performance agreements. An agreement that has been signed is never changed: a later revision supersedes it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from appraisal import db

DRAFT, SIGNED, SUPERSEDED = "draft", "signed", "superseded"
SIGNATORIES = frozenset({"employee", "supervisor"})


class Agreement(db.Versioned, db.Row, table=True):
    """责任书 of one post sheet. `content_hash` is that of the items as they stand; signatures bind it."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("sheet_id", "revision"),
        CheckConstraint("status IN ('draft', 'signed', 'superseded')", name="status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sheet_id: int = Field(foreign_key="appraisal_sheet.id", index=True)
    revision: int = 1
    status: str = Field(default=DRAFT, max_length=12)
    content_hash: str = Field(max_length=80)
    drafted_by: int | None = Field(default=None, foreign_key="account.id")
    drafted_at: datetime = Field(sa_type=db.UTC())


class AgreementItem(db.Row, table=True):
    """One agreed item. `item` is an indicator of the pinned policy's library, or the sheet's own id with `name_zh`.

    Figures are in the item's unit, weights in points of 100; `factor_max` holds decimals as text.
    """

    __tablename__ = "agreement_item"
    __table_args__ = (
        UniqueConstraint("agreement_id", "item"),
        CheckConstraint("kind IN ('kpi', 'gs')", name="kind"),
        CheckConstraint("weight > 0", name="weight"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", index=True)
    position: int
    item: str = Field(max_length=80)
    kind: str = Field(max_length=3)
    dimension: str | None = Field(default=None, max_length=80)
    name_zh: str | None = Field(default=None, max_length=200)
    name_en: str | None = Field(default=None, max_length=200)
    unit: str | None = Field(default=None, max_length=40)
    weight: Decimal = Field(sa_type=db.Exact(4))
    target: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    challenge: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    threshold: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    baseline: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    curve: str | None = Field(default=None, max_length=80)
    direction: str | None = Field(default=None, max_length=10)
    factor_max: dict[str, str] | None = Field(default=None, sa_type=db.Json)
    assessor_id: int | None = Field(default=None, foreign_key="employee.id", index=True)


class Signature(db.Row, table=True):
    """Somebody's signature under exactly the content whose hash it carries."""

    __tablename__ = "agreement_signature"
    __table_args__ = (
        UniqueConstraint("agreement_id", "role"),
        CheckConstraint("role IN ('employee', 'supervisor')", name="role"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", index=True)
    role: str = Field(max_length=12)
    employee_id: int = Field(foreign_key="employee.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")
    signed_at: datetime = Field(sa_type=db.UTC())
    content_hash: str = Field(max_length=80)
