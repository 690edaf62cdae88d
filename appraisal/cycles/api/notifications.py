"""Endpoints of what one has been told."""

from typing import Any

from sqlmodel import col, false, select

from appraisal import notify, rest
from appraisal.cycles.schemas import NotificationFilter, NotificationOut
from appraisal.notify import Notification

endpoints = rest.Endpoints("notifications", "通知 · What one has been told, and whether one has read it")


@endpoints.get("/notifications", NotificationFilter, out=rest.page_of(NotificationOut))
def list_notifications(query: dict[str, Any]) -> rest.Page:
    """One's own notifications, the latest first; `total` with `unread=true` is how many wait to be read."""
    me = rest.actor().employee_id
    found = select(Notification).where(false() if me is None else Notification.employee_id == me)
    if query["unread"] is not None:
        unread = col(Notification.read_at).is_(None)
        found = found.where(unread if query["unread"] else ~unread)
    return rest.paged(rest.session(), found, [(Notification.id, "desc")], query, row=_shown)


@endpoints.post("/notifications/<int:notification_id>/read", out=NotificationOut, plain=True)
def read_notification(notification_id: int) -> dict[str, Any]:
    """Note that one has read it; the first time counts."""
    return _shown(notify.mark_read(rest.session(), rest.actor(), notification_id))


def _shown(told: Notification) -> dict[str, Any]:
    names = [name for name in NotificationOut().fields if name != "message"]
    return {name: getattr(told, name) for name in names} | {"message": notify.sentence(told)}
