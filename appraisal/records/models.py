"""Tables of retention: legal holds, purges with what they took (opaque ids only), and the grades that stay as counts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from appraisal import db

CASE, PERSON, RELEASE, DOCUMENT, CYCLE = "case", "person", "release", "document", "cycle"


class LegalHold(db.Versioned, db.Row, table=True):
    """保全: nothing of this person is purged until somebody lifts it, for instance while a dispute is before a court."""

    __tablename__ = "legal_hold"
    __table_args__ = (CheckConstraint("(lifted_at IS NULL) = (lifted_because IS NULL)", name="lifted"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    reason: str = Field(max_length=500)
    set_by: int | None = Field(default=None, foreign_key="account.id")
    set_at: datetime = Field(sa_type=db.UTC())
    lifted_by: int | None = Field(default=None, foreign_key="account.id")
    lifted_at: datetime | None = Field(default=None, sa_type=db.UTC())
    lifted_because: str | None = Field(default=None, max_length=500)


class Purge(db.Row, table=True):
    """One purge, as of a day: how many rows, files and records it took, by kind."""

    __tablename__ = "purge"

    id: int | None = Field(default=None, primary_key=True)
    on_day: date
    asked_by: int | None = Field(default=None, foreign_key="account.id")
    began_at: datetime = Field(sa_type=db.UTC())
    ended_at: datetime | None = Field(default=None, sa_type=db.UTC())
    counts: dict[str, Any] = Field(sa_type=db.Json)


class Purged(db.Row, table=True):
    """One thing that a purge took, by its id, which says nothing to whoever does not know it already."""

    __tablename__ = "purged"
    __table_args__ = (CheckConstraint("kind IN ('case', 'person', 'release', 'document', 'cycle')", name="kind"),)

    kind: str = Field(max_length=20, primary_key=True)
    object_id: int = Field(primary_key=True)
    purge_id: int = Field(foreign_key="purge.id", index=True)
    purged_at: datetime = Field(sa_type=db.UTC())


class PurgedGrades(db.Row, table=True):
    """How many of a unit's people had a grade in a cycle, of those whose cases are gone."""

    __tablename__ = "purged_grades"

    cycle_id: int = Field(foreign_key="cycle.id", primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", primary_key=True)
    grade: str = Field(max_length=10, primary_key=True)
    people: int


class PurgeDoor(db.Row, table=True):
    """While a transaction has a row here the triggers that keep rows let it pass. It is taken out before the commit."""

    __tablename__ = "purge_door"

    purge_id: int = Field(foreign_key="purge.id", primary_key=True)
