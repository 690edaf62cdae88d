"""Tasks that an alert opens for other departments: the list, one task, and its end."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, clock, forms, paging, rest, web
from appraisal.exceptions import queries
from appraisal.exceptions import tasks as service
from appraisal.exceptions.models import KpiTask
from appraisal.exceptions.schemas import KpiTaskDoneIn, KpiTaskDropIn, KpiTaskListing
from appraisal.exceptions.shaping import tasks_out
from appraisal.exceptions.views.blueprint import MOST, pages
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.monitoring import reach
from appraisal.monitoring.choices import titles, unit_choices
from appraisal.monitoring.watched import watching

ALL = "/kpi/tasks"
ONE = f"{ALL}/<int(max={MOST}):task_id>"
HEADINGS = ("制度", "部门", "指标", "期间", "办理部门", "办什么", "状态", "期限", "逾期", "完成时间", "完成人", "说明")
_NEWEST: list[tuple[Any, str]] = [(KpiTask.id, "desc")]


@pages.get(ALL)
@web.signed_in_only
def all_tasks() -> ResponseReturnValue:
    """The tasks that one may see, newest first."""
    session, actor, asked = web.session(), web.actor(), forms.asked(KpiTaskListing)
    known = watching(session)
    page = paging.paged(session, queries.tasks_seen(session, actor, asked), _NEWEST, asked)
    states = [(one, web.said(label("kpi_task_state", one))) for one in codes("kpi_task_state")]
    shown = {"page": page, "rows": tasks_out(session, known, page.items), "asked": asked, "states": states}
    return render_template("exceptions/tasks.html", **shown, units=unit_choices(), label=label, today=clock.today())


@pages.get(f"{ALL}/file.csv")
@web.signed_in_only
def tasks_file() -> ResponseReturnValue:
    """The same tasks as a table, at most 50 000 rows."""
    session, known = web.session(), watching(web.session())
    found = queries.tasks_seen(session, web.actor(), forms.asked(KpiTaskListing))
    rows = paging.in_parts(paging.whole(session, found, _NEWEST), lambda part: tasks_out(session, known, part))
    return rest.download("kpi-tasks.csv", "text/csv", cells.as_csv(HEADINGS, map(_cells, rows)))


def _cells(one: dict[str, Any]) -> list[object]:
    return [
        *(one["policy"], one["unit"]["name"] if one["unit"] else "公司", one["name"].zh, one["period"], one["department"]),
        *(one["follow_up"]["zh"], label("kpi_task_state", one["state"]).zh, one["due_on"], "是" if one["overdue"] else "否"),
        *(one[name] for name in ("done_at", "done_by", "note")),
    ]


@pages.get(ONE)
@web.signed_in_only
def task(task_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One task, with what it is about."""
    session, actor, known = web.session(), web.actor(), watching(web.session())
    row = queries.find_task(session, actor, task_id)
    found, alert = row[0], row[1]
    manages = reach.may(actor, reach.MANAGING, alert.unit_id)
    heads = found.unit_id is not None and found.unit_id in reach.headed(session, actor)
    shown = {"one": tasks_out(session, known, [row])[0], "form": form, "titles": titles(known), "label": label}
    may = {"does": found.state == "open" and (manages or heads), "drops": found.state == "open" and manages}
    return render_template("exceptions/task.html", **shown, **may, today=clock.today())


@pages.post(f"{ONE}/completion")
@web.signed_in_only
@forms.submits(KpiTaskDoneIn, again=task, versioned=True)
def complete_task(body: dict[str, Any], task_id: int, version: int) -> Response:
    """Says what was found or done."""
    service.complete_task(web.session(), web.actor(), task_id, **body, version=version)
    return forms.done(url_for("exceptions.task", task_id=task_id), "已完成", "Done")


@pages.post(f"{ONE}/drop")
@web.signed_in_only
@forms.submits(KpiTaskDropIn, again=task, versioned=True)
def drop_task(body: dict[str, Any], task_id: int, version: int) -> Response:
    """Takes a task back."""
    service.drop_task(web.session(), web.actor(), task_id, **body, version=version)
    return forms.done(url_for("exceptions.task", task_id=task_id), "任务已取消", "The task is taken back")
