"""The purge in the background: a few things in each transaction, so that one which is interrupted goes on where it stood."""

from collections.abc import Mapping
from typing import Any

from appraisal import jobs
from appraisal.actor import SYSTEM
from appraisal.people import auth
from appraisal.people.models import Account
from appraisal.records import purging
from appraisal.records.models import Purge
from appraisal.records.service import PURGE


@jobs.task(PURGE)
def purge(work: jobs.Work) -> Mapping[str, Any]:
    """Takes what is due until nothing is left, as whoever asked for it."""
    while True:
        with work.chunk() as session:
            account = session.get(Account, work.asked_by) if work.asked_by is not None else None
            actor = auth.actor_of(session, account).acting_via("job") if account is not None else SYSTEM
            if not purging.take_some(session, actor, work.given["purge_id"]):
                counts: dict[str, Any] = session.get_one(Purge, work.given["purge_id"]).counts
                return counts.get("taken", {})
