"""The ledger of incidents. The row holds where an incident stands; what was said and decided on the way are added entries.

Whom it reaches beside the person concerned is kept by person and way, so that who moves or joins later changes nothing.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from appraisal import db

DRAFT, HEARD, CONFIRMED, WITHDRAWN = "draft", "heard", "confirmed", "withdrawn"


class Incident(db.Versioned, db.Row, table=True):
    """An event that is said to have happened to or through an employee; `event` is a type of the pinned policies."""

    __tablename__ = "incident"
    __table_args__ = (CheckConstraint("status IN ('draft', 'heard', 'confirmed', 'withdrawn')", name="status"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    event: str = Field(max_length=80)
    happened_on: date = Field(index=True)
    facts: str = Field(sa_type=Text)
    status: str = Field(default=DRAFT, max_length=10)
    filed_by: int | None = Field(default=None, foreign_key="account.id")
    filed_at: datetime = Field(sa_type=db.UTC())


class IncidentEntry(db.Row, table=True):
    """One act on an incident: the hearing with the statement, the confirmation, the withdrawal with its reason.

    `nobody_named`: why a confirmation names none of the people related, although a rule of the event is for such.
    """

    __tablename__ = "incident_entry"
    __table_args__ = (CheckConstraint("status IN ('heard', 'confirmed', 'withdrawn')", name="status"),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    status: str = Field(max_length=10)
    text: str = Field(sa_type=Text)
    nobody_named: str | None = Field(default=None, sa_type=Text)
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC(), index=True)


class IncidentPerson(db.Row, table=True):
    """连带: an employee whom an incident reaches, once it is confirmed, in a way that the rules of its event have effects for.

    Who is `named` has been chosen, with a reason, before the confirmation (R-003-31); the others it finds itself, by who was
    where on the day of the event (D-10).
    """

    __tablename__ = "incident_person"
    __table_args__ = (
        CheckConstraint("reach IN ('unit', 'named', 'superior', 'post')", name="reach"),
        CheckConstraint("reach <> 'named' OR reason IS NOT NULL", name="reason"),
    )

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", primary_key=True, index=True)
    reach: str = Field(primary_key=True, max_length=10)
    reason: str | None = Field(default=None, sa_type=Text)
    chosen_by: int | None = Field(default=None, foreign_key="account.id")
    chosen_at: datetime = Field(sa_type=db.UTC())


class IncidentFile(db.Row, table=True):
    """Evidence, handed in with the report (no entry) or with one of the acts that followed, such as the statement."""

    __tablename__ = "incident_file"

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True, index=True)
    entry_id: int | None = Field(default=None, foreign_key="incident_entry.id", index=True)
