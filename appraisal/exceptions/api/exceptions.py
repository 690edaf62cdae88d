"""Endpoints of exceptions: assign, find the cause, act, verify, close."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from appraisal import cells, files, paging, rest
from appraisal.exceptions import queries, service
from appraisal.exceptions.models import KpiException
from appraisal.exceptions.schemas import (
    ActionIn,
    AnalysisIn,
    AssignmentIn,
    ClosingIn,
    CompletionIn,
    ExceptionFilter,
    ExceptionListing,
    ExceptionOut,
    ExceptionRowOut,
    NoteIn,
    VerificationIn,
    VoidIn,
)
from appraisal.exceptions.shaping import exception_out, row_out
from appraisal.labels import label
from appraisal.monitoring.watched import watching

HEADINGS = (
    *("编号", "制度", "部门", "指标", "期间", "等级", "应对", "角色", "责任人", "状态", "期限", "逾期", "期数"),
    *("原因", "措施", "验证", "关闭说明"),
)
_NEWEST: list[tuple[Any, str]] = [(KpiException.id, "desc")]

endpoints = rest.Endpoints(
    "kpi_exceptions", "指标异常应对 · Exceptions of watched indicators (QEF-29-02), until they are closed"
)


@endpoints.get("/kpi/exceptions", ExceptionListing, out=rest.page_of(ExceptionRowOut))
def list_exceptions(query: dict[str, Any]) -> rest.Page:
    """The exceptions that one may see, newest first."""
    found = queries.exceptions_seen(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, _NEWEST, query)
    known = watching(rest.session())
    return page.with_items([row_out(known, *row) for row in page.items])


@endpoints.get("/kpi/exceptions/file.csv", ExceptionFilter, content="text/csv")
def export_exceptions(query: dict[str, Any]) -> Response:
    """The same exceptions as a table (CSV), at most 50 000 rows."""
    found = queries.exceptions_seen(rest.session(), rest.actor(), query)
    rows = paging.whole(rest.session(), found, _NEWEST)
    return rest.download("kpi-exceptions.csv", "text/csv", cells.as_csv(HEADINGS, paging.in_parts(rows, _cells)))


@endpoints.get("/kpi/exceptions/<int:exception_id>", out=ExceptionOut)
def show_exception(exception_id: int) -> dict[str, Any]:
    """One exception with all that was said and done, and the alerts it answers."""
    row = queries.find_row(rest.session(), rest.actor(), exception_id)
    return exception_out(rest.session(), watching(rest.session()), row)


@endpoints.get("/kpi/exceptions/<int:exception_id>/files/<int:file_id>", content="*/*")
def read_exception_file(exception_id: int, file_id: int) -> Response:
    """A file that proves what was done."""
    stored = queries.find_file(rest.session(), rest.actor(), exception_id, file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.patch("/kpi/exceptions/<int:exception_id>", AssignmentIn, out=ExceptionOut, of=show_exception)
def assign_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """Say who works on it and until when (KPI manager); another day needs a reason."""
    service.assign(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/analysis", AnalysisIn, out=ExceptionOut, of=show_exception)
def analyse_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """The cause (its owner, or a KPI manager)."""
    service.analyse(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/action", ActionIn, out=ExceptionOut, of=show_exception)
def plan_exception_action(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """What is going to be done, and until when (its owner, or a KPI manager)."""
    service.plan_action(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/completion", CompletionIn, out=ExceptionOut, of=show_exception)
def complete_exception_action(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """Say that the action has been carried out (its owner, or a KPI manager)."""
    service.complete(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/verification", VerificationIn, out=ExceptionOut, of=show_exception)
def verify_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """Say whether the action helped (a KPI manager or the head of the unit, never the owner or who entered the action)."""
    service.verify(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/closing", ClosingIn, out=ExceptionOut, of=show_exception)
def close_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """Close it once its action has been verified (KPI manager)."""
    service.close(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/void", VoidIn, out=ExceptionOut, of=show_exception)
def void_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """Take it back because no alert asks for it any longer (KPI manager)."""
    service.void(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


@endpoints.post("/kpi/exceptions/<int:exception_id>/notes", NoteIn, out=ExceptionOut, of=show_exception)
def note_on_exception(body: dict[str, Any], exception_id: int, version: int) -> dict[str, Any]:
    """A note or evidence (its owner, a KPI manager, or the head of the unit)."""
    service.add_note(rest.session(), rest.actor(), exception_id, **body, version=version)
    return show_exception(exception_id)


def _cells(rows: Sequence[Any]) -> list[list[object]]:
    known = watching(rest.session())
    table = []
    for row in rows:
        found, one = row[0], row_out(known, *row)
        level = label("kpi_level", one["level"]).zh if one["level"] else None
        said = (found.cause, found.action, found.verification, found.closing)
        table.append(
            [
                *(one["number"], one["policy"], one["unit"]["name"] if one["unit"] else "公司", one["name"].zh, one["period"]),
                *(level, one["record_name"].zh, one["role"], one["owner"].name if one["owner"] else None),
                *(label("kpi_state", one["state"]).zh, one["deadline"], "是" if one["overdue"] else "否", one["periods"]),
                *said,
            ]
        )
    return table
