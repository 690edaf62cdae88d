"""Endpoints of the desk: files to attach, what waits for whom, and the trail of who did what."""

import json
from datetime import UTC
from typing import Any

from flask import Response

from appraisal import cells, files, jobs, paging, rest
from appraisal.audit import AuditRecord
from appraisal.desk import background, queries, service, tasks
from appraisal.desk.schemas import (
    DailyLookOut,
    DocumentsIn,
    FileIn,
    FileOut,
    JobOut,
    JobsListing,
    TasksOut,
    TrailFilter,
    TrailListing,
    TrailRecordOut,
)
from appraisal.jobs import Job
from appraisal.reports import archive

HEADINGS = ("序号", "时间 (UTC)", "操作人", "动作", "对象类型", "对象编号", "内容", "散列值")
_NEWEST_FIRST: list[tuple[Any, str]] = [(AuditRecord.seq, "desc")]

endpoints = rest.Endpoints("desk", "工作台 · Files to attach, and the trail of who did what")


@endpoints.post("/files", FileIn, out=FileOut, creates=True, upload=True)
def keep_file(form: dict[str, Any]) -> Any:
    """Keep a file

    It is attached by naming its id where evidence is taken. PDF, JPEG, PNG, XLSX, DOCX, CSV or TXT, up to 10 MB.
    """
    file: rest.Upload = form["file"]
    return files.keep(rest.session(), rest.actor(), name=file.name, content=file.content, media_type=file.media_type)


@endpoints.get("/files/<int:file_id>", content="*/*")
def read_file(file_id: int) -> Response:
    """A file one has handed in oneself."""
    stored, content = service.own_file(rest.session(), rest.actor(), file_id)
    return rest.download(stored.name, stored.media_type, content)


@endpoints.get("/tasks", out=TasksOut)
def list_tasks() -> dict[str, Any]:
    """What waits for me, the soonest due first."""
    return {"items": tasks.waiting_for(rest.session(), rest.actor())}


@endpoints.post("/deadlines/run", out=DailyLookOut, plain=True)
def run_deadlines() -> dict[str, Any]:
    """Look at every deadline now

    Remind, escalate, tell HR of what may be closed, of appeals to answer or decide, and of exceptions of indicators and
    decisions of meetings that are late. What was said once is not repeated.
    """
    looked = service.look_at_deadlines(rest.session(), rest.actor())
    cycles = [
        {"cycle_id": one.cycle.id, "code": one.cycle.code, "noted": one.noted, "undated": one.undated} for one in looked.cycles
    ]
    late = {"overdue": looked.overdue, "escalated": looked.escalated}
    return {"cycles": cycles, "exceptions": late, "decisions": looked.decisions}


@endpoints.get("/jobs", JobsListing, out=rest.page_of(JobOut))
def list_jobs(query: dict[str, Any]) -> rest.Page:
    """Background work, the newest first: one's own, for administrators everybody's and that of schedules."""
    page = rest.paged(rest.session(), background.jobs_seen(rest.actor(), query["state"]), [(Job.id, "desc")], query)
    return page.with_items(background.told(rest.session(), page.items))


@endpoints.get("/jobs/<int:job_id>", out=JobOut)
def show_job(job_id: int) -> dict[str, Any]:
    """How far a job has come."""
    return background.told(rest.session(), [background.find_job(rest.session(), rest.actor(), job_id)])[0]


@endpoints.post("/jobs/<int:job_id>/rerun", out=JobOut, plain=True)
def rerun_job(job_id: int) -> dict[str, Any]:
    """Run a job again that failed or was cancelled

    What it has done already is not done twice.
    """
    found = background.find_job(rest.session(), rest.actor(), job_id)
    return background.told(rest.session(), [jobs.again(rest.session(), rest.actor(), found.id or 0)])[0]


@endpoints.post("/jobs/<int:job_id>/cancel", out=JobOut, plain=True)
def cancel_job(job_id: int) -> dict[str, Any]:
    """End a job before it is done; what it has done stays."""
    found = background.find_job(rest.session(), rest.actor(), job_id)
    return background.told(rest.session(), [jobs.cancel(rest.session(), rest.actor(), found.id or 0)])[0]


@endpoints.post("/cycles/<int:cycle_id>/documents", DocumentsIn, out=JobOut, creates=True)
def make_documents(body: dict[str, Any], cycle_id: int) -> dict[str, Any]:
    """Make and archive the documents of a cycle, in the background."""
    job = archive.ask_for_cycle(rest.session(), rest.actor(), cycle_id, **body)
    return background.told(rest.session(), [job])[0]


@endpoints.get("/audit", TrailListing, out=rest.page_of(TrailRecordOut))
def list_trail(query: dict[str, Any]) -> rest.Page:
    """The trail, newest first, for auditors

    Names, reasons and the values that changed are in the payloads; what pay is reckoned from and drafts are in none.
    """
    service.require_auditor(rest.actor())
    page = rest.paged(rest.session(), queries.trail(query), _NEWEST_FIRST, query)
    return page.with_items([_shown(record) for record in page.items])


@endpoints.get("/audit/file.csv", TrailFilter, content="text/csv")
def export_trail(query: dict[str, Any]) -> Response:
    """The same records as a table (CSV), whole

    At most 50 000 rows. Instants are in UTC, and payloads the JSON that their hashes were made of.
    """
    service.require_auditor(rest.actor())
    rows = paging.whole(rest.session(), queries.trail(query), _NEWEST_FIRST)
    return rest.download("audit.csv", "text/csv", cells.as_csv(HEADINGS, map(_cells, rows)))


def _cells(record: AuditRecord) -> list[object]:
    at = record.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    said = (record.actor, record.action, record.object_kind, record.object_id, record.payload, record.hash)
    return [record.seq, at, *said]


def _shown(record: AuditRecord) -> dict[str, Any]:
    payload = None if record.payload is None else json.loads(record.payload)
    return {name: getattr(record, name) for name in TrailRecordOut().fields if name != "payload"} | {"payload": payload}
