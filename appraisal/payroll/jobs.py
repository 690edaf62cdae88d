"""Releases of many people, prepared and let go in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs
from appraisal.payroll import service
from appraisal.people import auth


@jobs.task("payroll.prepare")
@jobs.in_one_step
def prepare(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """A release of what is due in a cycle."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    return {"lines": service.prepare_release(session, actor, work.given["cycle_id"]).totals["lines"]}


@jobs.task("payroll.release")
@jobs.in_one_step
def let_go(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """Freezes and numbers a release as who asked saw it."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    release_id, version = work.given["release_id"], work.given["version"]
    return {"lines": service.release_pay(session, actor, release_id, version=version).totals["lines"]}
