"""Tables of published policies. Rows are only ever added."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Field

from appraisal import db


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
