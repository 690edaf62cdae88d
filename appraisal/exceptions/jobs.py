"""Watching by itself: every morning what has been confirmed of the last week and the last month is judged."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from appraisal import clock, db, jobs
from appraisal.actor import SYSTEM
from appraisal.core.calendar import Period
from appraisal.exceptions import responding
from appraisal.monitoring import evaluations
from appraisal.monitoring.spans import period_on


@jobs.task("exceptions.evaluate", at="30 5 * * *")
def evaluate(work: jobs.Work) -> Mapping[str, Any]:
    """Judge, alert and open exceptions: what is judged already and has not changed opens and tells nothing."""
    today = date.fromisoformat(work.given["at"][:10]) if "at" in work.given else clock.today()
    found = []
    for period in over_by(today):
        with db.transaction(work.target, write=False) as session:
            subjects = evaluations.subjects(session, SYSTEM, period)
        found += [(policy, unit_id, period) for policy, unit_id in subjects]
    opened = 0
    for policy, unit_id, period in found[work.done :]:
        with work.chunk(done=1, total=len(found)) as session:
            opened += len(responding.evaluate_and_respond(session, SYSTEM, policy, unit_id, period).opened)
    return {"evaluated": len(found), "opened": opened}


def over_by(today: date) -> tuple[Period, Period]:
    """The last week and the last month that are over on a day."""
    last_week = period_on("week", today - timedelta(days=7))
    last_month = period_on("month", today.replace(day=1) - timedelta(days=1))
    return last_week, last_month
