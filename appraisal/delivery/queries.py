"""Reads of deliveries."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from appraisal import deliveries
from appraisal.deliveries import CLAIMED, UNCERTAIN, Delivery
from appraisal.notify import Announcement, Notification
from appraisal.people.models import Employee

NEWEST_FIRST: list[tuple[Any, str]] = [(Delivery.id, "desc")]


def found(wanted: Mapping[str, Any]) -> Any:
    """The select of the deliveries asked for: by `way` and `state`, where those nobody is sending any more are uncertain."""
    asked = select(Delivery)
    if wanted["way"] is not None:
        asked = asked.where(Delivery.way == wanted["way"])
    if wanted["state"] == UNCERTAIN:
        return asked.where(deliveries.is_uncertain())
    if wanted["state"] == CLAIMED:
        return asked.where(Delivery.state == CLAIMED, ~deliveries.is_uncertain())
    return asked if wanted["state"] is None else asked.where(Delivery.state == wanted["state"])


def shown(session: Session, rows: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Deliveries as they are shown: of what kind and to whom, but not what they say."""
    told = select(Notification.id, Notification.kind, Employee.name, Employee.number)
    told = told.join(Employee, col(Employee.id) == Notification.employee_id)
    of_people = {
        one: (kind, f"{name} {number}")
        for one, kind, name, number in session.exec(told.where(col(Notification.id).in_([one.notification_id for one in rows])))
    }
    said = select(Announcement.id, Announcement.kind).where(col(Announcement.id).in_([one.announcement_id for one in rows]))
    of_groups = dict(session.exec(said).all())
    names = ("id", "way", "notification_id", "announcement_id", "digest", "why", "words", "attempts")
    names += ("made_at", "due_at", "claimed_at", "ended_at")

    def line(one: Delivery) -> dict[str, Any]:
        kind, recipient = of_people.get(one.notification_id or 0, (of_groups.get(one.announcement_id or 0, ""), None))
        values = {name: getattr(one, name) for name in names}
        return values | {"kind": kind, "recipient": recipient, "state": deliveries.state_of(one)}

    return [line(one) for one in rows]
