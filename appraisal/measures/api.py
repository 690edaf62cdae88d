"""Endpoints of actual figures: record, import, confirm, correct; who provides which, and what is still owed."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from appraisal import cells, files, paging, rest
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.errors import Fault, Invalid
from appraisal.files import StoredFile
from appraisal.measures import completing, entries, importing, owed, places, providers, service
from appraisal.measures.importers import Reported, readers
from appraisal.measures.models import DataProvider, Measure
from appraisal.measures.schemas import (
    AssignmentFilter,
    AssignmentIn,
    AssignmentOut,
    CompletenessFilter,
    CompletenessOut,
    CompletionsIn,
    CompletionsOut,
    ConfirmationsIn,
    ConfirmationsOut,
    CorrectionIn,
    ImportForm,
    ImportOut,
    MeasureFilter,
    MeasureIn,
    MeasureListing,
    MeasureOut,
    MeasureRowOut,
    OwedFilter,
    OwedOut,
)
from appraisal.measures.shaping import (
    ENTRY_HEADINGS,
    assignment_out,
    completed_out,
    entry_cells,
    entry_out,
    imported_out,
    owed_out,
    plan_out,
    share_out,
)

_NEWEST_FIRST: list[tuple[Any, str]] = [(Measure.id, "desc")]

endpoints = rest.Endpoints(
    "measures", "KPI 数据 · Actual figures: recorded by one person, confirmed by another, never overwritten"
)


@endpoints.get("/measures", MeasureListing, out=rest.page_of(MeasureRowOut))
def list_measures(query: dict[str, Any]) -> rest.Page:
    """The entries of a cycle that one may see, newest first

    One cycle at a time, because who may see somebody's figures depends on its days. `corrected` entries have a later one in
    their place, which counts once it is confirmed.
    """
    cycle, seen = _seen(query)
    page = rest.paged(rest.session(), seen, _NEWEST_FIRST, query, row=entries.entry)
    policy = cycles.policy_of(rest.session(), cycle)
    return page.with_items([entry_out(policy, one) for one in page.items])


@endpoints.get("/measures/file.csv", MeasureFilter, content="text/csv")
def export_measures(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV), whole

    At most 50 000 rows.
    """
    cycle, seen = _seen(query)
    policy = cycles.policy_of(rest.session(), cycle)
    rows = (entry_cells(entry_out(policy, entries.entry(row))) for row in paging.whole(rest.session(), seen, _NEWEST_FIRST))
    return rest.download(f"{cycle.code}-measures.csv", "text/csv", cells.as_csv(ENTRY_HEADINGS, rows))


@endpoints.get("/measures/<int:measure_id>", out=MeasureOut)
def show_measure(measure_id: int) -> dict[str, Any]:
    """One entry with its evidence."""
    found = entries.find_entry(rest.session(), rest.actor(), measure_id)
    policy = cycles.policy_of(rest.session(), entries.find_cycle(rest.session(), found.cycle_id))
    evidence = entries.files_of(rest.session(), [measure_id])[measure_id]
    return entry_out(policy, found) | {"files": evidence}


@endpoints.get("/measures/<int:measure_id>/files/<int:file_id>", content="*/*")
def read_measure_file(measure_id: int, file_id: int) -> Response:
    """A file that proves an entry

    An imported table proves many figures: it is for those who may see all of them.
    """
    return _download(entries.find_file(rest.session(), rest.actor(), measure_id, file_id))


@endpoints.post("/measures", MeasureIn, out=MeasureOut, creates=True)
def record_measure(body: dict[str, Any]) -> dict[str, Any]:
    """Record the figure of an agreed KPI

    It counts once somebody else has confirmed it. What has a figure already is corrected instead.
    """
    sheet_id, item = _place(body)
    kept = {name: body[name] for name in ("period", "actual", "inputs", "origin", "source_document", "file_ids")}
    return show_measure(service.record_actual(rest.session(), rest.actor(), sheet_id, item, **kept).id)


@endpoints.post("/measures/<int:measure_id>/confirm", out=MeasureOut, creates=True)
def confirm_measure(measure_id: int) -> dict[str, Any]:
    """Vouch for a figure that somebody else has entered."""
    service.confirm_actual(rest.session(), rest.actor(), measure_id)
    return show_measure(measure_id)


@endpoints.post("/measures/<int:measure_id>/corrections", CorrectionIn, out=MeasureOut, creates=True)
def correct_measure(body: dict[str, Any], measure_id: int) -> dict[str, Any]:
    """Correct a figure by a later entry, which says why

    The earlier one stays on record, and counts until the later one is confirmed.
    """
    return show_measure(service.correct_actual(rest.session(), rest.actor(), measure_id, **body).id)


@endpoints.post("/measures/confirmations", ConfirmationsIn, out=ConfirmationsOut, creates=True)
def confirm_measures(body: dict[str, Any]) -> dict[str, Any]:
    """Vouch for many figures at once, all or none

    Those confirmed already are left as they are.
    """
    chosen = body["measure_ids"]
    if (chosen is None) == (body["file_id"] is None):
        zh, en = "请给出 measure_ids 或 file_id 之一", "give either measure_ids or file_id"
        raise Invalid("one_of_two", zh, en, [Fault("measure_ids", zh, en)])
    if chosen is None:
        chosen = service.waiting_of_file(rest.session(), rest.actor(), body["file_id"])
    return {"confirmed": len(service.confirm_actuals(rest.session(), rest.actor(), chosen))}


@endpoints.post("/measures/completions", CompletionsIn, out=CompletionsOut, plain=True)
def complete_measures(body: dict[str, Any]) -> dict[str, Any]:
    """Declare the figures of these appraisals complete

    They go on to the self-assessment. One with a figure missing or not confirmed stays, and its row says which. Sent again,
    those that have gone on are left as they are.
    """
    done = completing.complete_many(rest.session(), rest.actor(), body["appraisal_ids"])
    return {"done": sum(one.error is None for one in done), "rows": [completed_out(one) for one in done]}


@endpoints.post("/measures/import", ImportForm, out=ImportOut, plain=True, upload=True)
def import_measures(form: dict[str, Any]) -> dict[str, Any]:
    """Import figures from a CSV or XLSX file

    Columns: 工号, 指标, 考核期, 实际值 or 原始数据 (名称=数值; 名称=数值), 数据来源, and 岗位 for people with several sheets.
    All rows or none, unless `skip_faulty`. With `preview` nothing is recorded. The same file may be sent again: what is on
    record is left alone, and what differs is recorded as a correction with `correct` and a reason.
    """
    places.require_provider(rest.actor())
    known = readers()
    if form["source"] not in known:
        zh, en = f"来源须为: {'、'.join(known)}", f"the source is one of: {', '.join(known)}"
        raise Invalid("unknown_source", zh, en, [Fault("source", zh, en)])
    file: rest.Upload = form["file"]
    read = known[form["source"]](file.name, file.content)
    if form["preview"]:
        plan = importing.preview_figures(rest.session(), rest.actor(), read, cycle_id=form["cycle_id"])
        return plan_out(plan)
    asked = {name: form[name] for name in ("cycle_id", "correct", "reason", "skip_faulty")}
    return imported_out(importing.import_figures(rest.session(), rest.actor(), read, upload=(file.name, file.content), **asked))


@endpoints.get("/measures/completeness", CompletenessFilter, out=CompletenessOut)
def show_completeness(query: dict[str, Any]) -> dict[str, Any]:
    """How complete the figures of a cycle are, per provider, with the day they are due

    For HR everybody's, for a data provider their own.
    """
    cycle = entries.find_cycle(rest.session(), query["cycle_id"])
    shares = owed.by_provider(rest.session(), rest.actor(), cycle)
    return {"cycle_id": cycle.id, "providers": [share_out(share) for share in shares]}


@endpoints.get("/measures/owed", OwedFilter, out=rest.page_of(OwedOut))
def list_owed(query: dict[str, Any]) -> rest.Page:
    """Every agreed KPI of a cycle with the state of its figure

    A confirmed figure with nothing to divide by is shown as `no_base`, and found under `confirmed`.
    """
    cycle = entries.find_cycle(rest.session(), query["cycle_id"])
    asked = {name: query[name] for name in ("state", "item", "number")}
    statement, order = owed.figures_owed(rest.session(), rest.actor(), cycle, **asked)
    page = rest.paged(rest.session(), statement, order, query)
    policy = cycles.policy_of(rest.session(), cycle)
    return page.with_items([owed_out(policy, one) for one in owed.owed(rest.session(), cycle, page.items)])


@endpoints.get("/measures/providers", AssignmentFilter, out=rest.page_of(AssignmentOut))
def list_providers(query: dict[str, Any]) -> rest.Page:
    """Who provides which figures, latest assignment first."""
    statement = providers.assignments_seen(rest.actor(), ended=query["ended"])
    page = rest.paged(rest.session(), statement, [(DataProvider.id, "desc")], query)
    return page.with_items([assignment_out(*row) for row in page.items])


@endpoints.get("/measures/providers/<int:assignment_id>", out=AssignmentOut)
def show_provider(assignment_id: int) -> dict[str, Any]:
    """One assignment."""
    return assignment_out(*providers.find_assignment(rest.session(), rest.actor(), assignment_id))


@endpoints.post("/measures/providers", AssignmentIn, out=AssignmentOut, creates=True)
def assign_provider(body: dict[str, Any]) -> dict[str, Any]:
    """Have an account or a unit provide an indicator, or all that comes from a source

    What has been assigned is for the assigned and HR alone; everything else is left to every data provider.
    """
    return show_provider(providers.assign_provider(rest.session(), rest.actor(), **body).id)


@endpoints.post("/measures/providers/<int:assignment_id>/end", out=AssignmentOut, of=show_provider)
def end_assignment(assignment_id: int, version: int) -> dict[str, Any]:
    """End an assignment; it stays on record."""
    providers.end_assignment(rest.session(), rest.actor(), assignment_id, version=version)
    return show_provider(assignment_id)


def _seen(query: Mapping[str, Any]) -> tuple[Cycle, Any]:
    """The cycle asked for, and the select of its entries that one may see."""
    cycle = entries.find_cycle(rest.session(), query["cycle_id"])
    asked = {name: query[name] for name in ("state", "item", "number", "file_id")}
    return cycle, entries.entries_seen(rest.session(), rest.actor(), cycle, **asked)


def _place(body: Mapping[str, Any]) -> tuple[int, str]:
    """The sheet and the item that a figure is for."""
    if (body["sheet_id"] is None) == (body["number"] is None) or (body["number"] is not None and body["period"] is None):
        zh, en = "请给出 sheet_id, 或工号与考核期", "give sheet_id, or number and period"
        raise Invalid("one_of_two", zh, en, [Fault("sheet_id", zh, en)])
    if body["sheet_id"] is not None:
        return body["sheet_id"], body["item"]
    named = {name: body[name] for name in ("number", "item", "period", "source_document", "post")}
    return places.find_place(rest.session(), rest.actor(), Reported(row=None, **named), cycle_id=body["cycle_id"])


def _download(stored: StoredFile) -> Response:
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))
