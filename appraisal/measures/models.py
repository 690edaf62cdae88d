"""Tables of actual figures. Rows are only added: a confirmation is a row of its own, a correction a later figure.

The database itself refuses to change or delete figures, confirmations and the evidence attached to them (R-000-45).
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from appraisal import db

ORIGINS = ("event", "import", "manual")
INDICATOR, SOURCE = "indicator", "source"


class Measure(db.Row, table=True):
    """A figure for an agreed item of a sheet over a period: the actual itself, or the raw inputs its formula is computed from.

    `inputs` holds decimals as text. `back_filled`: entered after data collection was over.
    """

    __tablename__ = "measure"
    __table_args__ = (
        CheckConstraint("origin IN ('event', 'import', 'manual')", name="origin"),
        CheckConstraint("actual IS NOT NULL OR inputs IS NOT NULL", name="figure"),
        CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name="reason"),
        # One first figure per item; every later one corrects another, and each is corrected once at most.
        Index(
            "uq_measure_first",
            "sheet_id",
            "item",
            "period",
            unique=True,
            sqlite_where=text("corrects_id IS NULL"),
            postgresql_where=text("corrects_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    sheet_id: int = Field(foreign_key="appraisal_sheet.id", index=True)
    item: str = Field(max_length=80)
    period: str = Field(max_length=10)
    actual: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    inputs: dict[str, str] | None = Field(default=None, sa_type=db.Json)
    origin: str = Field(max_length=8)
    source_document: str = Field(max_length=200)
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC(), index=True)
    back_filled: bool = False
    corrects_id: int | None = Field(default=None, foreign_key="measure.id", unique=True)
    reason: str | None = Field(default=None, sa_type=Text)


class MeasureConfirmation(db.Row, table=True):
    """Somebody other than the one who entered the figure vouches for it."""

    __tablename__ = "measure_confirmation"

    measure_id: int = Field(foreign_key="measure.id", primary_key=True)
    confirmed_by: int = Field(foreign_key="account.id")
    confirmed_at: datetime = Field(sa_type=db.UTC(), index=True)


class MeasureFile(db.Row, table=True):
    """A file that proves a figure: a page of the books, or the table it was imported from."""

    __tablename__ = "measure_file"

    measure_id: int = Field(foreign_key="measure.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True, index=True)


class DataProvider(db.Versioned, db.Row, table=True):
    """HR's word on who provides an indicator, or whatever comes from a source that the policy names: an account or a unit.

    `working_days`: how many working days after data collection began this provider delivers, where that is sooner than the
    step's own deadline. An assignment that has ended stays on record.
    """

    __tablename__ = "data_provider"
    __table_args__ = (
        CheckConstraint("kind IN ('indicator', 'source')", name="kind"),
        CheckConstraint("(account_id IS NULL) <> (unit_id IS NULL)", name="one_provider"),
        CheckConstraint("working_days > 0", name="working_days"),
        *(
            Index(
                f"uq_data_provider_{who}",
                "kind",
                "name",
                f"{who}_id",
                unique=True,
                sqlite_where=text("ended_at IS NULL"),
                postgresql_where=text("ended_at IS NULL"),
            )
            for who in ("account", "unit")
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=9)
    name: str = Field(max_length=80)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    working_days: int | None = None
    assigned_by: int | None = Field(default=None, foreign_key="account.id")
    assigned_at: datetime = Field(sa_type=db.UTC())
    ended_by: int | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = Field(default=None, sa_type=db.UTC())
