"""A long list of people, taken in the background."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs, uploads
from appraisal.people import auth, importing


@jobs.task("people.import")
@jobs.in_one_step
def import_list(session: Session, work: jobs.Work) -> Mapping[str, Any]:
    """All of a list or nothing, or with `skip_faulty` its sound rows."""
    actor = auth.actor_who_asked(session, work.asked_by or 0)
    name, content = uploads.table_again(session, actor, work.given["file_id"])
    table = importing.read_people(name, content)
    done = importing.import_people(session, actor, table, source=name, skip_faulty=work.given["skip_faulty"])
    return {one: done.counted(one) for one in ("created", "changed", "unchanged")}
