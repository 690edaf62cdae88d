"""The robots of group chats."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from appraisal import db


class Robot(db.Versioned, db.Row, table=True):
    """A robot that speaks in a group: of a unit and all below it, or of everybody. Address and secret let anybody speak in its
    name, so that they are kept `sealed` (under the name `seal`); of the address only the host is shown again."""

    __tablename__ = "robot"
    __table_args__ = (CheckConstraint("kind IN ('wecom', 'dingtalk', 'feishu')", name="kind"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    kind: str = Field(max_length=8)
    host: str = Field(max_length=120)
    sealed: bytes = Field(repr=False)
    seal: str = Field(max_length=32)
    events: list[str] = Field(sa_type=db.Json)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    language: str = Field(default="zh", max_length=2)
    active: bool = True
    created_at: datetime = Field(sa_type=db.UTC())
