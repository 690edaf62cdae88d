"""What follows from decisions of meetings: who owes what by when; their owner is told once a day while it is overdue."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import false, or_, update
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.bulletins.report_models import DONE, DROPPED, OPEN, KpiAction, KpiDecision, KpiMeeting
from appraisal.bulletins.report_reach import reads_meeting
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.monitoring import reach
from appraisal.people import auth
from appraisal.people.models import Employee


def end_action(
    session: Session, actor: Actor, action_id: int, *, status: str, note: str | None = None, version: int | None = None
) -> KpiAction:
    """Notes that a follow-up action is done, by its owner or a KPI manager; or drops it with a reason, by a KPI manager only.

    Raises Conflict `already_ended`.
    """
    action, meeting = _find(session, actor, action_id)
    if status == DROPPED or not is_owner(actor, action):
        auth.require_role(actor, *reach.MANAGING, unit=meeting.unit_id)
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    db.expect_version(action, version)
    if status == DROPPED or note is not None:
        require_text(note=note or "")
    if action.status != OPEN:
        raise Conflict("already_ended", "该事项已了结", "this action has ended already")
    action.status, action.note, action.ended_on, action.ended_by = status, note, clock.today(), actor.account_id
    session.flush()
    act = "done" if status == DONE else "drop"
    audit.record(
        session, actor, f"kpi_action.{act}", "kpi_action", action_id, after={"status": status, "note": note}, reason=note
    )
    return action


def tell_overdue(session: Session, actor: Actor) -> int:
    """Tells the owners of what is overdue, once a day at most, and says how many were told. Part of `appraisal deadlines`."""
    auth.require_role(actor, "hr", operator=True)
    today = clock.today()
    found = session.exec(
        select(KpiAction)
        .where(KpiAction.status == OPEN, col(KpiAction.due_on) < today)
        .where(or_(col(KpiAction.told_on).is_(None), col(KpiAction.told_on) < today))
        .order_by(col(KpiAction.id))
    ).all()
    for one in found:
        notify.post(session, one.owner_id, "kpi_action_overdue", about=("kpi_action", one.id), text=one.text, day=one.due_on)
        audit.record(session, actor, "kpi_action.remind", "kpi_action", one.id, after={"told_on": today})
    # By statement: being told leaves the version alone, which the owner's page holds.
    ids = [one.id for one in found]
    for start in range(0, len(ids), 500):
        session.exec(update(KpiAction).where(col(KpiAction.id).in_(ids[start : start + 500])).values(told_on=today))
    return len(found)


# Reads


def actions_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the actions that the actor owns or whose meeting they may read, each with decision, meeting and owner;
    without an order. `mine`: only one's own; `overdue`: only open ones whose day has passed."""
    found = (
        select(KpiAction, KpiDecision, KpiMeeting, Employee)
        .join(KpiDecision, col(KpiDecision.id) == KpiAction.decision_id)
        .join(KpiMeeting, col(KpiMeeting.id) == KpiDecision.meeting_id)
        .join(Employee, col(Employee.id) == KpiAction.owner_id)
    )
    own = _own(actor)
    found = found.where(own if asked.get("mine") else or_(own, reads_meeting(session, actor)))
    for name in ("status", "owner_id"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiAction, name) == asked[name])
    if asked.get("meeting_id") is not None:
        found = found.where(KpiMeeting.id == asked["meeting_id"])
    if asked.get("overdue"):
        found = found.where(KpiAction.status == OPEN, col(KpiAction.due_on) < clock.today())
    return found


def owed_by(session: Session, actor: Actor) -> list[KpiAction]:
    """The open actions that the actor owns, the soonest due first."""
    found = select(KpiAction).where(_own(actor), KpiAction.status == OPEN)
    return list(session.exec(found.order_by(col(KpiAction.due_on), col(KpiAction.id))))


def find_action(session: Session, actor: Actor, action_id: int) -> Any:
    """An action as `actions_seen` has it. Raises NotFound."""
    found = session.exec(actions_seen(session, actor, {}).where(KpiAction.id == action_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def is_owner(actor: Actor, action: KpiAction) -> bool:
    """Whether the action is the actor's own to do."""
    return actor.on_behalf_of is None and actor.employee_id is not None and actor.employee_id == action.owner_id


def is_overdue(action: KpiAction) -> bool:
    """Whether it is still to be done and its last day has passed."""
    return action.status == OPEN and action.due_on < clock.today()


def actions_told(session: Session, subject: tuple[Policy, int | None], period: Period) -> list[dict[str, Any]]:
    """What follows from the meetings on a policy that was open in a period, for the management review (ISO 9001 9.3.2 a)."""
    policy, unit_id = subject
    unit = col(KpiMeeting.unit_id).is_(None) if unit_id is None else KpiMeeting.unit_id == unit_id
    found = (
        select(KpiAction, KpiDecision.text, Employee.name)
        .join(KpiDecision, col(KpiDecision.id) == KpiAction.decision_id)
        .join(KpiMeeting, col(KpiMeeting.id) == KpiDecision.meeting_id)
        .join(Employee, col(Employee.id) == KpiAction.owner_id)
        .where(KpiMeeting.policy == policy.id, unit, col(KpiMeeting.held_on) <= period.last_day())
        .where(or_(col(KpiAction.ended_on).is_(None), col(KpiAction.ended_on) >= period.first_day()))
        .order_by(col(KpiAction.due_on), col(KpiAction.id))
    )
    return [
        {"id": one.id, "decision": decision, "action": one.text, "owner": owner, "due_on": one.due_on.isoformat()}
        | {"status": one.status, "ended_on": one.ended_on.isoformat() if one.ended_on else None, "note": one.note}
        for one, decision, owner in session.exec(found)
    ]


def _find(session: Session, actor: Actor, action_id: int) -> tuple[KpiAction, KpiMeeting]:
    action, _, meeting, _ = find_action(session, actor, action_id)
    return action, meeting


def _own(actor: Actor) -> Any:
    if actor.employee_id is None or actor.on_behalf_of is not None:
        return false()
    return KpiAction.owner_id == actor.employee_id
