"""Changing and dropping a cycle that has not opened yet."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, delete

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.cycles.models import DRAFT, Cycle, RowRuling
from appraisal.cycles.service import require_data_deadline, require_status
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Unit


def change_draft(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    name: str,
    pays: bool,
    unit: Unit | None,
    data_due_on: date | None,
    version: int | None = None,
) -> None:
    """Changes what a draft says of itself; period and policy are given once, with its code."""
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, DRAFT)
    auth.require_role(actor, "hr", unit=unit.id if unit else None)
    require_fits(name=(name, 120))
    require_data_deadline(cycle.ends_on, data_due_on)
    before = _shown(cycle)
    cycle.name, cycle.pays, cycle.unit_id, cycle.data_due_on = name, pays, unit.id if unit else None, data_due_on
    session.flush()
    audit.record(session, actor, "cycle.change", "cycle", cycle.id, before=before, after=_shown(cycle))


def drop_draft(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> None:
    """Takes away a draft, to which nothing refers but what HR has ruled for it."""
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, DRAFT)
    before, number = {"code": cycle.code, "period": cycle.period} | _shown(cycle), cycle.id
    session.exec(delete(RowRuling).where(col(RowRuling.cycle_id) == cycle.id))
    session.delete(cycle)
    session.flush()
    audit.record(session, actor, "cycle.drop", "cycle", number, before=before)


def _shown(cycle: Cycle) -> dict[str, Any]:
    return {"name": cycle.name, "pays": cycle.pays, "unit_id": cycle.unit_id, "data_due_on": cycle.data_due_on}
