"""Cycles of many people, opened and brought up to date in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs
from appraisal.cycles import service
from appraisal.people import auth


@jobs.task("cycles.open")
@jobs.in_one_step
def open_cycle(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """Opens a draft as who asked saw it."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    cycle = service.find_cycle(session, actor, work.given["cycle_id"])
    return {"rated": service.open_cycle(session, actor, cycle, version=work.given["version"]).rated}


@jobs.task("cycles.refresh")
@jobs.in_one_step
def refresh_cycle(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """Brings a running cycle up to date as who asked saw it."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    cycle = service.find_cycle(session, actor, work.given["cycle_id"])
    return {"rated": service.refresh_cycle(session, actor, cycle, version=work.given["version"]).rated}
