"""Tables of the organisation and of sign-in. Dated rows hold from `from_on` to `to_on`, both inclusive; null is open."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from appraisal import db
from appraisal.core.numbers import HUNDRED


class Unit(db.Versioned, db.Row, table=True):
    """部门, a node of the tree. A renamed or merged unit ends and another begins, so old results keep the old name.

    What has ended is filed below its successor, so that whoever answers for the successor answers for its past too. `was_id` is
    the same unit under its name before: what was granted or limited to that one reaches this one.
    """

    __tablename__ = "unit"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    name_en: str = Field(max_length=120)
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    was_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    from_on: date
    to_on: date | None = None


class Post(db.Versioned, db.Row, table=True):
    """岗位. `policy_post` is the post's id in the policy's weights files, which decides the sheet of whoever holds it.
    `unit_id` is where the post belongs now."""

    __tablename__ = "post"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    title: str = Field(max_length=120)
    title_en: str = Field(max_length=120)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    policy_post: str = Field(max_length=80)


class PostPlace(db.Row, table=True):
    """Where a post belonged before it was moved: to `unit_id`, up to and with `to_on`."""

    __tablename__ = "post_place"
    __table_args__ = (UniqueConstraint("post_id", "to_on"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    to_on: date


class Employee(db.Versioned, db.Row, table=True):
    """员工. `left_on` is the last day of work, `probation_until` the last day of probation.

    Mail goes to `email` in `mail_language`: `mail_how` is each (at once), urgent (at once, the rest in a daily digest), digest
    (all of it), none.
    """

    __tablename__ = "employee"

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80, index=True)
    joined_on: date
    left_on: date | None = None
    probation_until: date | None = None
    email: str | None = Field(default=None, max_length=254)
    mail_how: str = Field(default="urgent", max_length=6, sa_column_kwargs={"server_default": "urgent"})
    mail_language: str = Field(default="zh", max_length=2, sa_column_kwargs={"server_default": "zh"})


class ReportingLine(db.Row, table=True):
    """Who supervises whom, and when."""

    __tablename__ = "reporting_line"

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    supervisor_id: int = Field(foreign_key="employee.id", index=True)
    from_on: date
    to_on: date | None = None


class PostHolding(db.Row, table=True):
    """Who holds which post, and when; `share` in percent, because concurrent posts share a person (D-04)."""

    __tablename__ = "post_holding"
    __table_args__ = (CheckConstraint("share > 0 AND share <= 10000", name="share"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    from_on: date
    to_on: date | None = None
    share: Decimal = Field(default=HUNDRED, sa_type=db.Exact(2))


class UnitHead(db.Row, table=True):
    """部门负责人: who heads a unit and everything below it, and when."""

    __tablename__ = "unit_head"

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    from_on: date
    to_on: date | None = None


class Delegation(db.Versioned, db.Row, table=True):
    """代理: during an absence somebody acts as supervisor in another's place."""

    __tablename__ = "delegation"

    id: int | None = Field(default=None, primary_key=True)
    supervisor_id: int = Field(foreign_key="employee.id", index=True)
    delegate_id: int = Field(foreign_key="employee.id", index=True)
    from_on: date
    to_on: date
    reason: str = Field(max_length=500)


class Leave(db.Versioned, db.Row, table=True):
    """请假: days somebody is away. Neutral days do not count as days in a post, so they lower nothing (D-03)."""

    __tablename__ = "leave_span"
    __table_args__ = (CheckConstraint("to_on >= from_on", name="dates"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    kind: str = Field(max_length=20)
    from_on: date
    to_on: date
    neutral: bool = True
    note: str | None = Field(default=None, max_length=500)


class Clerk(db.Versioned, db.Row, table=True):
    """代录员: enters for those of a unit and all below who have no account of their own (D-21)."""

    __tablename__ = "clerk"

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    from_on: date
    to_on: date | None = None
    reason: str = Field(max_length=500)


class Account(db.Versioned, db.Row, table=True):
    """What somebody signs in with. An account without employee belongs to a function, such as an auditor from outside."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(max_length=80, unique=True)
    password_hash: str = Field(max_length=200, repr=False)
    employee_id: int | None = Field(default=None, foreign_key="employee.id", unique=True)
    must_change_password: bool = True
    disabled: bool = False
    created_at: datetime = Field(sa_type=db.UTC())


class AccountRole(db.Row, table=True):
    """A role an account holds, everywhere or, with a unit, in that unit and below it (D-23); relations are never stored."""

    __tablename__ = "account_role"
    # Two unique indexes, because no database takes two nulls for the same.
    __table_args__ = (
        Index("uq_account_role_in_unit", "account_id", "role", "unit_id", unique=True),
        Index(
            "uq_account_role_everywhere",
            "account_id",
            "role",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    role: str = Field(max_length=20)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)


PASSWORD, PROVIDER, KIOSK = "password", "provider", "kiosk"
"""The ways to sign in: here, or with an identity provider that vouches."""


class WebSession(db.Row, table=True):
    """A signed-in browser or client. Only the token's hash is kept, so a copy of the table opens nothing.

    `way` kiosk: with a password too, but at a screen that many people share.
    """

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    way: str = Field(default=PASSWORD, max_length=10)
    agent: str = Field(default="", max_length=200)
    created_at: datetime = Field(sa_type=db.UTC())
    last_seen_at: datetime = Field(sa_type=db.UTC())
    expires_at: datetime = Field(sa_type=db.UTC(), index=True)


class ApiToken(db.Row, table=True):
    """What a machine signs in with: acts as its account within the scopes, until it expires or is revoked. Hashed."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    name: str = Field(max_length=80)
    scopes: list[str] = Field(sa_type=db.Json)
    created_by: int = Field(foreign_key="account.id")
    created_at: datetime = Field(sa_type=db.UTC())
    expires_at: datetime = Field(sa_type=db.UTC())
    last_used_at: datetime | None = Field(default=None, sa_type=db.UTC())
    revoked_at: datetime | None = Field(default=None, sa_type=db.UTC())


class PasswordReset(db.Row, table=True):
    """Leave to choose a new password once, without the old one. Hashed; null `created_by` is the operator of the machine."""

    __tablename__ = "password_reset"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_by: int | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = Field(sa_type=db.UTC())
    expires_at: datetime = Field(sa_type=db.UTC())
    used_at: datetime | None = Field(default=None, sa_type=db.UTC())


class SignInAttempts(db.Row, table=True):
    """How often signing in was tried lately, for one account name or one client address. The name is hashed: people type
    passwords where the account belongs, and an unknown account is counted like any other."""

    __tablename__ = "sign_in_attempts"

    subject: str = Field(primary_key=True, max_length=64)
    count: int
    last_at: datetime = Field(sa_type=db.UTC(), index=True)
    blocked_until: datetime | None = Field(default=None, sa_type=db.UTC())
