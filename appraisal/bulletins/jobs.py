"""Writing by itself: on Mondays what the week's figures say, and after the month the KPIs about the KPIs."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from appraisal import clock, db, jobs
from appraisal.actor import SYSTEM
from appraisal.bulletins import about_kpis, rewording, summaries
from appraisal.bulletins.timeliness import ABOUT_KPIS
from appraisal.config import settings
from appraisal.errors import Conflict
from appraisal.monitoring.spans import period_on
from appraisal.monitoring.watched import watching


@jobs.task("bulletins.summaries", at="0 7 * * 1")
def write_summaries(work: jobs.Work) -> Mapping[str, Any]:
    """The summaries of the week that is over, of every policy and unit that was evaluated."""
    week = period_on("week", _day(work) - timedelta(days=7))
    with db.transaction(work.target, write=False) as session:
        subjects = summaries.subjects(session, SYSTEM, week, None)
    made, left_out = [], 0
    for policy, unit_id in subjects[work.done :]:
        try:
            with work.chunk(done=1, total=len(subjects)) as session:
                made += [one.id or 0 for one in summaries.make_summaries(session, SYSTEM, policy, unit_id, week).summaries]
        except Conflict:
            left_out += 1  # nothing evaluated that a summary could be made of
    endpoint = rewording.endpoint_of(settings())
    if endpoint is not None:
        rewording.reword_all(work.target, SYSTEM, endpoint, made)
    return {"made": len(made), "left_out": left_out}


@jobs.task("bulletins.about_kpis", at="0 6 10 * *")
def count_about_kpis(work: jobs.Work) -> Mapping[str, Any]:
    """The KPIs about the KPIs of the last month, entered as readings that a person confirms."""
    month = period_on("month", _day(work).replace(day=1) - timedelta(days=1))
    recorded = 0
    with work.chunk(done=1, total=1) as session:
        known = watching(session)
        for name in known.states:
            policy = known.policy_on(name, month.last_day())
            if policy is not None and not set(ABOUT_KPIS).isdisjoint(policy.watched):
                recorded += len(about_kpis.enter(session, SYSTEM, name, None, month).recorded)
    return {"recorded": recorded}


def _day(work: jobs.Work) -> date:
    return date.fromisoformat(work.given["at"][:10]) if "at" in work.given else clock.today()
