"""What the desk has done by itself: every morning the deadlines, every night the seal of the trail."""

from collections.abc import Mapping
from typing import Any

from appraisal import audit, idempotency, jobs
from appraisal.actor import SYSTEM
from appraisal.config import settings
from appraisal.desk import service
from appraisal.people import sessions


@jobs.task("desk.deadlines", at="0 6 * * *")
def look_at_deadlines(work: jobs.Work) -> Mapping[str, Any]:
    """Remind, escalate and tell HR; what has had its day goes."""
    with work.chunk() as session:
        idempotency.forget_old(session)
        sessions.forget_old(session)
    with work.chunk(done=1, total=1) as session:
        looked = service.look_at_deadlines(session, SYSTEM)
    return {"cycles": {one.cycle.code: dict(one.noted) for one in looked.cycles}, "overdue": len(looked.overdue)}


@jobs.task("desk.seal", at="30 1 * * *")
def seal_the_trail(work: jobs.Work) -> Mapping[str, Any]:
    """Sign the end of the chain, where there is a key to sign it with."""
    key = settings().audit_key
    if key is None:
        return {"sealed": None}
    with work.chunk(done=1, total=1) as session:
        made = audit.seal(session, key)
    return {"sealed": made.seq if made else None}
