"""What somebody is told: a row per person and event, written with the change it tells of. And what groups are told: a row per
event, of counts only.

The row keeps the kind and its values, not a sentence, so that each reader has it in their own language. Delivery by other
ways than the page reads the same rows.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, Session, col, func, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Text
from appraisal.errors import NotFound
from appraisal.labels import label

Value = str | int | date | Decimal | Message | Text


class Notification(db.Row, table=True):
    """One thing that one employee is told. `about` names the row it concerns; `said` are the values of its sentence."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_employee_id_read_at", "employee_id", "read_at"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id")
    kind: str = Field(max_length=40)
    about_kind: str = Field(max_length=40)
    about_id: int
    said: dict[str, Any] = Field(sa_type=db.Json)
    created_at: datetime = Field(sa_type=db.UTC(), index=True)
    read_at: datetime | None = Field(default=None, sa_type=db.UTC())


class Announcement(db.Row, table=True):
    """One thing that groups are told, those of `unit_id` or all. Everybody in a chat reads it: it names no person and no figure
    of one."""

    __tablename__ = "announcement"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    about_kind: str = Field(max_length=40)
    about_id: int
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    said: dict[str, Any] = Field(sa_type=db.Json)
    created_at: datetime = Field(sa_type=db.UTC(), index=True)


def post(session: Session, employee_id: int, kind: str, *, about: tuple[str, int], **values: Value) -> Notification:
    """Tells somebody something: `kind` is one of the labels "notification", whose sentence the values fill.

    A value with two languages appears in the reader's. Raises KeyError for a kind without words or a value that is not given,
    so that no half sentence is ever stored.
    """
    said = {name: _kept(value) for name, value in values.items()}
    told = Notification(
        employee_id=employee_id, kind=kind, about_kind=about[0], about_id=about[1], said=said, created_at=clock.now()
    )
    sentence(told)
    session.add(told)
    return told


def announce(
    session: Session, kind: str, *, about: tuple[str, int], unit_id: int | None = None, **values: Value
) -> Announcement:
    """Tells groups something: `kind` is one of the labels "announcement", whose sentence the values fill. Raises KeyError as
    `post` does."""
    said = {name: _kept(value) for name, value in values.items()}
    told = Announcement(kind=kind, about_kind=about[0], about_id=about[1], unit_id=unit_id, said=said, created_at=clock.now())
    sentence(told)
    session.add(told)
    return told


def sentence(told: Notification | Announcement) -> Message:
    """What a notification or an announcement says, in both languages."""
    words = label(told.__tablename__, told.kind)
    return Message(words.zh.format_map(_in("zh", told.said)), words.en.format_map(_in("en", told.said)))


def unread(session: Session, employee_ids: Sequence[int]) -> dict[int, int]:
    """How many notifications each of them has not read; who has read all is absent."""
    found = (
        select(Notification.employee_id, func.count())
        .where(col(Notification.employee_id).in_(employee_ids), col(Notification.read_at).is_(None))
        .group_by(col(Notification.employee_id))
    )
    return dict(session.exec(found).all())


def mark_read(session: Session, actor: Actor, notification_id: int) -> Notification:
    """Notes that the reader has seen it; the first time counts. Raises NotFound for a notification of somebody else.

    Not on the trail: it changes nothing but what the reader's own page shows.
    """
    told = session.get(Notification, notification_id)
    if told is None or told.employee_id != actor.employee_id:
        raise NotFound()
    told.read_at = told.read_at or clock.now()
    session.flush()
    return told


def _kept(value: Value) -> str | int | dict[str, str]:
    if isinstance(value, Message | Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _in(lang: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[lang] if isinstance(value, dict) else value for name, value in said.items()}
