"""A long table of readings, taken in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs, uploads
from appraisal.monitoring import importing
from appraisal.monitoring.importers import reader_of
from appraisal.people import auth


@jobs.task("monitoring.import")
@jobs.in_one_step
def import_table(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """What the preview showed."""
    asked = dict(work.given)
    file_id, record_type, policy = (asked.pop(one) for one in ("file_id", "record_type", "policy"))
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    name, content = uploads.table_again(session, actor, file_id)
    read = importing.tagged(reader_of(record_type)(name, content), record_type, policy)
    done = importing.record_readings(session, actor, read, upload=(name, content), **asked)
    recorded, corrected = len(done.recorded), len(done.corrected)
    return {"recorded": recorded, "corrected": corrected, "unchanged": done.unchanged, "left_out": len(done.left_out)}
