"""Tables of published policies and how they were made known. Rows are only ever added."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

DISCUSSION, NOTICE, TRAINING = "discussion", "notice", "training"
MEASURES = (DISCUSSION, NOTICE, TRAINING)
"""What makes a regulation on pay binding (劳动合同法 第四条): discussed with the staff, published, explained."""
SELF, CLERK, PAPER = "self", "clerk", "paper"
WAYS = (SELF, CLERK, PAPER)
"""How somebody's acknowledgement came in: by themselves, by a clerk for them, on a signed list."""


class StoredPolicy(db.Row, table=True):
    """One state of a policy: the text of its rule files by path, and the digest of what is in force from `effective`."""

    __tablename__ = "stored_policy"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60, index=True)
    effective: date
    digest: str = Field(max_length=80, unique=True)
    status: str = Field(max_length=12)
    files: dict[str, str] = Field(sa_type=db.Json)
    published_at: datetime = Field(sa_type=db.UTC())
    published_by: int | None = Field(default=None, foreign_key="account.id")


class PolicyPublication(db.Row, table=True):
    """One act of publishing: from then on the states it names, and no others, are the policy."""

    __tablename__ = "policy_publication"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60, index=True)
    published_at: datetime = Field(sa_type=db.UTC())
    published_by: int | None = Field(default=None, foreign_key="account.id")


class PolicyState(db.Row, table=True):
    """A state within a publication; published again unchanged, it is the row that was stored first."""

    __tablename__ = "policy_state"

    publication_id: int = Field(foreign_key="policy_publication.id", primary_key=True)
    effective: date = Field(primary_key=True)
    stored_policy_id: int = Field(foreign_key="stored_policy.id", index=True)


class AssumedConfirmation(db.Row, table=True):
    """HR has seen and confirmed every value of a policy that its source does not give; `assumed` is what they saw."""

    __tablename__ = "assumed_confirmation"

    id: int | None = Field(default=None, primary_key=True)
    policy_digest: str = Field(max_length=80, unique=True)
    assumed: list[dict[str, Any]] = Field(sa_type=db.Json)
    confirmed_by: int = Field(foreign_key="account.id")
    confirmed_at: datetime = Field(sa_type=db.UTC())


class StoredCalendar(db.Row, table=True):
    """One publication of the working calendar: its text by path, and the digest of that text. The newest row counts."""

    __tablename__ = "stored_calendar"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=80)
    files: dict[str, str] = Field(sa_type=db.Json)
    published_at: datetime = Field(sa_type=db.UTC())
    published_by: int | None = Field(default=None, foreign_key="account.id")


class PolicyMeasure(db.Row, table=True):
    """A staff discussion, a publication or a training about one state of a policy, as HR recorded it (D-14)."""

    __tablename__ = "policy_measure"
    __table_args__ = (
        CheckConstraint("kind IN ('discussion', 'notice', 'training')", name="kind"),
        CheckConstraint("people > 0", name="people"),
        CheckConstraint("hours > 0", name="hours"),
    )

    id: int | None = Field(default=None, primary_key=True)
    stored_policy_id: int = Field(foreign_key="stored_policy.id", index=True)
    kind: str = Field(max_length=10)
    held_on: date
    text: str = Field(sa_type=Text)
    people: int | None = None
    hours: Decimal | None = Field(default=None, sa_type=db.Exact(2))
    recorded_by: int = Field(foreign_key="account.id")
    recorded_at: datetime = Field(sa_type=db.UTC())


class PolicyMeasureFile(db.Row, table=True):
    """Evidence of a measure: minutes, a photograph of the notice, a list of who was there."""

    __tablename__ = "policy_measure_file"

    measure_id: int = Field(foreign_key="policy_measure.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True, index=True)


class PolicySignoff(db.Row, table=True):
    """A signature under one state of a policy: the duty (编制, 审核, 批准 …), who signed, and the scan where there is one."""

    __tablename__ = "policy_signoff"
    __table_args__ = (UniqueConstraint("stored_policy_id", "duty", "signer"),)

    id: int | None = Field(default=None, primary_key=True)
    stored_policy_id: int = Field(foreign_key="stored_policy.id", index=True)
    duty: str = Field(max_length=40)
    signer: str = Field(max_length=80)
    signed_on: date
    file_id: int | None = Field(default=None, foreign_key="stored_file.id", index=True)
    recorded_by: int = Field(foreign_key="account.id")
    recorded_at: datetime = Field(sa_type=db.UTC())


class PolicyAcknowledgement(db.Row, table=True):
    """An employee has taken note of one state of a policy."""

    __tablename__ = "policy_acknowledgement"
    __table_args__ = (
        CheckConstraint("way IN ('self', 'clerk', 'paper')", name="way"),
        CheckConstraint("way <> 'paper' OR file_id IS NOT NULL", name="scan"),
    )

    stored_policy_id: int = Field(foreign_key="stored_policy.id", primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", primary_key=True, index=True)
    way: str = Field(max_length=6)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id", index=True)
    recorded_by: int = Field(foreign_key="account.id")
    acknowledged_at: datetime = Field(sa_type=db.UTC())
