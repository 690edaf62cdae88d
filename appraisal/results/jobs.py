"""A long table of earlier grades, taken in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs, uploads
from appraisal.people import auth
from appraisal.results import past_grades


@jobs.task("results.import_past_grades")
@jobs.in_one_step
def import_past_grades(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """What the preview showed."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    name, content = uploads.table_again(session, actor, work.given["file_id"])
    done = past_grades.import_past_grades(session, actor, name, content, skip_faulty=work.given["skip_faulty"])
    return {"created": len(done.new), "unchanged": done.unchanged, "left_out": len(done.faults)}
