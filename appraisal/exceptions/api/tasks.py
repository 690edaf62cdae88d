"""Endpoints of tasks that an alert opens for other departments."""

from typing import Any

from appraisal import rest
from appraisal.exceptions import queries, tasks
from appraisal.exceptions.models import KpiTask
from appraisal.exceptions.schemas import KpiTaskDoneIn, KpiTaskDropIn, KpiTaskIn, KpiTaskListing, KpiTaskOut
from appraisal.exceptions.shaping import tasks_out
from appraisal.monitoring.watched import watching

_NEWEST: list[tuple[Any, str]] = [(KpiTask.id, "desc")]

endpoints = rest.Endpoints("kpi_tasks", "跨部门任务 · Tasks that an alert opens for other departments")


@endpoints.get("/kpi/tasks", KpiTaskListing, out=rest.page_of(KpiTaskOut))
def list_kpi_tasks(query: dict[str, Any]) -> rest.Page:
    """The tasks that one may see, newest first: of the units one sees, and for the units one heads."""
    page = rest.paged(rest.session(), queries.tasks_seen(rest.session(), rest.actor(), query), _NEWEST, query)
    return page.with_items(tasks_out(rest.session(), watching(rest.session()), page.items))


@endpoints.get("/kpi/tasks/<int:task_id>", out=KpiTaskOut)
def show_kpi_task(task_id: int) -> dict[str, Any]:
    """One task."""
    row = queries.find_task(rest.session(), rest.actor(), task_id)
    return tasks_out(rest.session(), watching(rest.session()), [row])[0]


@endpoints.post("/kpi/tasks", KpiTaskIn, out=KpiTaskOut, creates=True)
def ask_department(body: dict[str, Any]) -> dict[str, Any]:
    """Ask another department to look into what an exception is about (KPI manager)."""
    return show_kpi_task(tasks.ask_department(rest.session(), rest.actor(), **body).id)


@endpoints.post("/kpi/tasks/<int:task_id>/completion", KpiTaskDoneIn, out=KpiTaskOut, of=show_kpi_task)
def complete_kpi_task(body: dict[str, Any], task_id: int, version: int) -> dict[str, Any]:
    """Say what was found or done (the head of that department, or a KPI manager)."""
    tasks.complete_task(rest.session(), rest.actor(), task_id, **body, version=version)
    return show_kpi_task(task_id)


@endpoints.post("/kpi/tasks/<int:task_id>/drop", KpiTaskDropIn, out=KpiTaskOut, of=show_kpi_task)
def drop_kpi_task(body: dict[str, Any], task_id: int, version: int) -> dict[str, Any]:
    """Take a task back (KPI manager)."""
    tasks.drop_task(rest.session(), rest.actor(), task_id, **body, version=version)
    return show_kpi_task(task_id)
