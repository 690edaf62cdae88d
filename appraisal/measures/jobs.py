"""A long table of figures, taken in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs, uploads
from appraisal.measures import importing
from appraisal.measures.importers import readers
from appraisal.people import auth


@jobs.task("measures.import")
@jobs.in_one_step
def import_table(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """What the preview showed."""
    asked = {name: value for name, value in work.given.items() if name != "file_id"}
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    name, content = uploads.table_again(session, actor, work.given["file_id"])
    done = importing.import_figures(session, actor, readers()["table"](name, content), upload=(name, content), **asked)
    recorded, corrected = len(done.recorded), len(done.corrected)
    return {"recorded": recorded, "corrected": corrected, "unchanged": done.unchanged, "left_out": len(done.left_out)}
