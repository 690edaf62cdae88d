"""Background work on pages: how far it has come, what failed and why, and having the documents of a cycle made."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, jobs, paging, web
from appraisal.core.errors import Message
from appraisal.cycles import service as cycles
from appraisal.cycles.models import DRAFT, Cycle
from appraisal.desk import background
from appraisal.desk.schemas import DocumentsIn, JobsListing
from appraisal.desk.views.blueprint import pages
from appraisal.errors import NotFound
from appraisal.forms import OPENED, Form
from appraisal.jobs import DONE, FAILED, Job
from appraisal.labels import codes, label
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.reports import archive

DOCUMENTS = f"/hr/cycles/<int(max={2**31 - 1}):cycle_id>/documents"
JOB = f"/jobs/<int(max={2**31 - 1}):job_id>"

# By task where what it has done is seen, by which of the things given to it, and how that place is called.
SEEN_AT: Mapping[str, tuple[str, str | None, str, str]] = {
    "people.import": ("people.directory", None, "人员", "People"),
    "agreements.import": ("agreements.all_agreements", None, "绩效协议", "Agreements"),
    "agreements.import_past_targets": ("agreements.past_targets", None, "历史目标", "Earlier targets"),
    "measures.import": ("measures.completeness", None, "数据完整度", "Completeness of figures"),
    "monitoring.import": ("monitoring.readings", None, "指标读数", "Readings"),
    "results.import_past_grades": ("results.past_grades", None, "历史等级", "Earlier grades"),
    "cycles.open": ("cycles.cycle", "cycle_id", "查看周期", "See the cycle"),
    "cycles.refresh": ("cycles.cycle", "cycle_id", "查看周期", "See the cycle"),
    "payroll.prepare": ("payroll.releases", None, "奖金发放", "Bonus releases"),
    "payroll.release": ("payroll.release", "release_id", "查看发放单", "See the release"),
}
# By task the page that shows what a table would do and what is wrong with it.
LOOKED_AT: Mapping[str, str] = {
    "people.import": "people.preview_import",
    "agreements.import": "agreements.preview_table",
    "agreements.import_past_targets": "agreements.look_at_past_targets",
    "measures.import": "measures.look_at_file",
    "monitoring.import": "monitoring.preview_readings",
    "results.import_past_grades": "results.look_at_past_grades",
}


@pages.get("/jobs", endpoint="jobs")
@web.signed_in_only
def list_jobs() -> ResponseReturnValue:
    """One's own jobs; for administrators everybody's."""
    session, asked = web.session(), forms.asked(JobsListing)
    page = paging.paged(session, background.jobs_seen(web.actor(), asked["state"]), [(Job.id, "desc")], asked)
    shown = page.with_items(background.told(session, page.items))
    waiting = background.queue(session) if web.actor().holds("admin") else {}
    states = [(one, web.said(label("job_state", one))) for one in codes("job_state")]
    return render_template("desk/jobs.html", page=shown, asked=asked, waiting=waiting, states=states)


@pages.get(JOB)
@web.signed_in_only
def job(job_id: int) -> ResponseReturnValue:
    """One job: its progress, and what can be done about it."""
    found = background.find_job(web.session(), web.actor(), job_id)
    counts = [(label("job_count", one), count) for one, count in (found.outcome or {}).items() if one in codes("job_count")]
    told = background.told(web.session(), [found])[0]
    return render_template("desk/job.html", job=told, counts=counts, ways=_ways(found), form=OPENED)


def _ways(found: Job) -> list[tuple[str, Message]]:
    """Where to see what a job has done, or to look again at the table it could not take."""
    given = dict(found.given)
    if found.state == DONE and found.task in SEEN_AT:
        endpoint, known_as, *words = SEEN_AT[found.task]
        return [(url_for(endpoint, **({known_as: given[known_as]} if known_as else {})), Message(*words))]
    if found.state == FAILED and found.task in LOOKED_AT:
        of_table = {one: given[one] for one in ("file_id", "record_type", "policy") if given.get(one) is not None}
        return [(url_for(LOOKED_AT[found.task], **of_table), Message("核对文件", "Look at the file"))]
    return []


@pages.post(f"{JOB}/rerun")
@web.signed_in_only
def rerun_job(job_id: int) -> Response:
    """Runs it again."""
    jobs.again(web.session(), web.actor(), background.find_job(web.session(), web.actor(), job_id).id or 0)
    return forms.done(url_for("desk.job", job_id=job_id), "已重新排队", "It waits to be run again")


@pages.post(f"{JOB}/cancel")
@web.signed_in_only
def cancel_job(job_id: int) -> Response:
    """Ends it before it is done."""
    jobs.cancel(web.session(), web.actor(), background.find_job(web.session(), web.actor(), job_id).id or 0)
    return forms.done(url_for("desk.job", job_id=job_id), "已取消", "It has been cancelled")


@pages.get(DOCUMENTS)
@web.signed_in_only
def cycle_documents(cycle_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """Which documents of a cycle to make, and how far the last order has come."""
    cycle = _for_hr(cycle_id)
    last = jobs.latest(web.session(), f"cycle:{cycle_id}", archive.RENDER)
    return render_template(
        "desk/cycle_documents.html",
        cycle=cycle,
        form=form,
        kinds=archive.of_cases(),
        units=[(one.id, web.said(Message(one.name, one.name_en))) for one in people.units_within(web.session(), cycle.unit_id)],
        job=background.told(web.session(), [last])[0] if last else None,
    )


@pages.post(DOCUMENTS)
@web.signed_in_only
@forms.submits(DocumentsIn, again=cycle_documents, creates=True)
def make_cycle_documents(body: dict[str, Any], cycle_id: int) -> Response:
    """Has them made."""
    asked = archive.ask_for_cycle(web.session(), web.actor(), cycle_id, **body)
    return forms.done(url_for("desk.job", job_id=asked.id), "已开始生成, 可以离开本页", "It has begun; you may leave this page")


def _for_hr(cycle_id: int) -> Cycle:
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    cycle = cycles.find_cycle(web.session(), web.actor(), cycle_id)
    if cycle.status == DRAFT:
        raise NotFound()
    return cycle
