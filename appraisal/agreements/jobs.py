"""Long tables of agreements and of earlier targets, taken in the background."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs, uploads
from appraisal.agreements import importing, past_targets
from appraisal.people import auth
from appraisal.spreadsheets import read


@jobs.task("agreements.import")
@jobs.in_one_step
def import_table(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """What the preview showed."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    table = read(*uploads.table_again(session, actor, work.given["file_id"]), importing.COLUMNS)
    cycle_id, skip_faulty = work.given["cycle_id"], work.given["skip_faulty"]
    return _counted(importing.import_agreements(session, actor, cycle_id, table, skip_faulty=skip_faulty).planned)


@jobs.task("agreements.import_past_targets")
@jobs.in_one_step
def import_past_targets(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """All of a table or nothing."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    table = read(*uploads.table_again(session, actor, work.given["file_id"]), past_targets.COLUMNS)
    return _counted(past_targets.import_targets(session, actor, work.given["policy"], table).planned)


def _counted(planned: Iterable[Any]) -> dict[str, int]:
    counts = Counter(one.action for one in planned)
    return {"created": counts["create"], "changed": counts["change"], "unchanged": counts["unchanged"]}
