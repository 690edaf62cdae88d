"""Tables of the organisation and of sign-in. Dated rows hold from `from_on` to `to_on`, both inclusive; null is open."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from appraisal import db
from appraisal.core.numbers import HUNDRED


class Unit(db.Row, table=True):
    """部门, a node of the tree. A renamed or merged unit ends and another begins, so old results keep the old name."""

    __tablename__ = "unit"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    name_en: str = Field(max_length=120)
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    from_on: date
    to_on: date | None = None


class Post(db.Row, table=True):
    """岗位. `policy_post` is the post's id in the policy's weights files, which decides the sheet of whoever holds it."""

    __tablename__ = "post"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    title: str = Field(max_length=120)
    title_en: str = Field(max_length=120)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    policy_post: str = Field(max_length=80)


class Employee(db.Versioned, db.Row, table=True):
    """员工. `left_on` is the last day of work, `probation_until` the last day of probation."""

    __tablename__ = "employee"

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80, index=True)
    joined_on: date
    left_on: date | None = None
    probation_until: date | None = None


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


class Account(db.Versioned, db.Row, table=True):
    """What somebody signs in with. An account without employee belongs to a function, such as an auditor from outside."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(max_length=80, unique=True)
    password_hash: str = Field(max_length=200)
    employee_id: int | None = Field(default=None, foreign_key="employee.id", unique=True)
    must_change_password: bool = True
    disabled: bool = False
    created_at: datetime = Field(sa_type=db.UTC())


class AccountRole(db.Row, table=True):
    """A role an account holds; relations such as supervisor are never stored."""

    __tablename__ = "account_role"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    role: str = Field(max_length=20, primary_key=True)


class WebSession(db.Row, table=True):
    """A signed-in browser or client. Only the token's hash is kept, so a copy of the table opens nothing."""

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(sa_type=db.UTC())
    last_seen_at: datetime = Field(sa_type=db.UTC())
    expires_at: datetime = Field(sa_type=db.UTC(), index=True)
