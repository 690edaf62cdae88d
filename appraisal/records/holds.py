"""Legal holds: nothing of a person is purged while one stands, whatever its term says."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.models import Account, Employee
from appraisal.records.models import LegalHold
from appraisal.records.purging import LOCK

MANAGING = ("hr", "admin")
READING = ("hr", "admin", "auditor")

_setter, _setters_name = db.another(Account), db.another(Employee)


def set_hold(session: Session, actor: Actor, employee_id: int, *, reason: str) -> LegalHold:
    """Holds a person's records, by HR or an administrator, with the reason; never their own (D-05). Raises NotFound, NotAllowed
    `own_case`, Conflict `on_hold`."""
    auth.require_role(actor, *MANAGING)
    _require_another(actor, employee_id)
    db.one_at_a_time(session, LOCK)
    if session.get(Employee, employee_id) is None:
        raise NotFound()
    standing = select(LegalHold).where(LegalHold.employee_id == employee_id, col(LegalHold.lifted_at).is_(None))
    if session.exec(standing).first() is not None:
        raise Conflict("on_hold", "此人的记录已在保全中", "this person's records are on hold already")
    hold = LegalHold(employee_id=employee_id, reason=reason, set_by=actor.account_id, set_at=clock.now())
    session.add(hold)
    session.flush()
    audit.record(session, actor, "legal_hold.set", "legal_hold", hold.id, after={"employee": employee_id}, reason=reason)
    return hold


def lift_hold(session: Session, actor: Actor, hold_id: int, *, reason: str, version: int | None = None) -> LegalHold:
    """Lifts a hold, with the reason. Raises NotFound, Conflict `hold_lifted`."""
    auth.require_role(actor, *MANAGING)
    hold = session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound()
    _require_another(actor, hold.employee_id)
    db.expect_version(hold, version)
    if hold.lifted_at is not None:
        raise Conflict("hold_lifted", "此保全已经解除", "this hold has been lifted already")
    hold.lifted_by, hold.lifted_at, hold.lifted_because = actor.account_id, clock.now(), reason
    audit.record(session, actor, "legal_hold.lift", "legal_hold", hold_id, after={"employee": hold.employee_id}, reason=reason)
    session.flush()
    return hold


def _require_another(actor: Actor, employee_id: int) -> None:
    if actor.employee_id == employee_id:
        raise NotAllowed("own_case", "不得办理本人的保全", "nobody sets or lifts a hold on their own records")


def holds_seen(actor: Actor, *, standing: bool | None = None) -> Any:
    """The select of holds with their person and who set them, for HR, administrators and auditors. Raises NotAllowed."""
    auth.require_role(actor, *READING)
    found = (
        select(LegalHold, Employee, func.coalesce(_setters_name.name, _setter.login))
        .join(Employee, col(Employee.id) == LegalHold.employee_id)
        .outerjoin(_setter, col(_setter.id) == LegalHold.set_by)
        .outerjoin(_setters_name, col(_setters_name.id) == _setter.employee_id)
    )
    if standing is None:
        return found
    lifted = col(LegalHold.lifted_at)
    return found.where(lifted.is_(None) if standing else lifted.is_not(None))


def find_hold(session: Session, actor: Actor, hold_id: int) -> Sequence[Any]:
    """One of them. Raises NotFound."""
    found = session.execute(holds_seen(actor).where(LegalHold.id == hold_id)).first()
    if found is None:
        raise NotFound()
    return found
