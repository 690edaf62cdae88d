"""What every act on an incident asks first: whether the actor sees it, may decide it, and has no part in it."""

from collections.abc import Sequence

from sqlmodel import Session, select

from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.incidents import queries, reaching
from appraisal.incidents.models import Incident
from appraisal.incidents.queries import Reached
from appraisal.labels import label
from appraisal.people.models import Unit


def find(session: Session, actor: Actor, incident_id: int) -> Incident:
    """An incident that the actor sees. Raises NotFound."""
    seen = queries.incident_seen(session, actor, incident_id)
    if seen is None:
        raise NotFound()
    return seen.incident


def require_impartial(actor: Actor, incident: Incident, reached: Sequence[Reached] = ()) -> None:
    """Refuses whom the incident is about or hits: nobody decides their own (D-05)."""
    hit = {incident.employee_id, *(one.employee.id for one in reached)}
    if actor.employee_id in hit:
        zh, en = "不得认定涉及本人的事件 (D-05)", "nobody confirms an incident against themselves (D-05)"
        raise NotAllowed("own_incident", zh, en)


def require_confirmer(session: Session, actor: Actor, incident: Incident) -> None:
    """Lets HR of this person pass, and whom the policy has confirm the event."""
    if queries.decides(session, actor, incident):
        return
    event = reaching.event_of(session, incident)
    zh, en = ("", "")
    if event is not None:
        named = queries.names_one(event.confirmed_by, [label("role", "hr").zh, *session.exec(select(Unit.name))])
        whose = Message(event.confirmed_by, event.confirmed_by) if named else label("role", "approver")
        zh, en = f"{whose.zh}或", f"{whose.en} or "
    raise NotAllowed("not_allowed", f"该事件由{zh}人力资源部办理", f"this event is for {en}HR")


def wrong_status(incident: Incident) -> Conflict:
    """The refusal of an act for which it is too late, or too soon."""
    now = label("incident_status", incident.status)
    zh, en = f"事件当前状态为“{now.zh}”, 不能执行此操作", f"the incident is {now.en}: not possible now"
    return Conflict("wrong_status", zh, en)
