"""Endpoints of actual figures: record, import, confirm, correct; who provides which, and what is still owed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from appraisal import files, rest
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.errors import Fault, Invalid
from appraisal.files import StoredFile
from appraisal.measures import entries, importing, owed, providers, queries, service
from appraisal.measures.entries import Entry
from appraisal.measures.importers import Reported, readers
from appraisal.measures.importing import Imported, Plan, said_figure
from appraisal.measures.models import DataProvider, Measure
from appraisal.measures.schemas import (
    AssignmentFilter,
    AssignmentIn,
    AssignmentOut,
    CompletenessFilter,
    CompletenessOut,
    ConfirmationsIn,
    ConfirmationsOut,
    CorrectionIn,
    ImportForm,
    ImportOut,
    MeasureFilter,
    MeasureIn,
    MeasureOut,
    MeasureRowOut,
    OwedFilter,
    OwedOut,
)

SHOWN_CHANGES = 200

endpoints = rest.Endpoints(
    "measures", "KPI 数据 · Actual figures: recorded by one person, confirmed by another, never overwritten"
)


@endpoints.get("/measures", MeasureFilter, out=rest.page_of(MeasureRowOut))
def list_measures(query: dict[str, Any]) -> rest.Page:
    """The entries of a cycle that one may see, newest first

    One cycle at a time, because who may see somebody's figures depends on its days. `corrected` entries have a later one in
    their place, which counts once it is confirmed.
    """
    cycle = entries.find_cycle(rest.session(), query["cycle_id"])
    asked = {name: query[name] for name in ("state", "item", "number", "file_id")}
    seen = entries.entries_seen(rest.session(), rest.actor(), cycle, **asked)
    page = rest.paged(rest.session(), seen, [(Measure.id, "desc")], query, row=entries.entry)
    policy = cycles.policy_of(rest.session(), cycle)
    return page.with_items([_entry_out(policy, one) for one in page.items])


@endpoints.get("/measures/<int:measure_id>", out=MeasureOut)
def show_measure(measure_id: int) -> dict[str, Any]:
    """One entry with its evidence."""
    found = entries.find_entry(rest.session(), rest.actor(), measure_id)
    policy = cycles.policy_of(rest.session(), entries.find_cycle(rest.session(), found.cycle_id))
    evidence = entries.files_of(rest.session(), [measure_id])[measure_id]
    return _entry_out(policy, found) | {"files": evidence}


@endpoints.get("/measures/<int:measure_id>/files/<int:file_id>", content="application/octet-stream")
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
    kept = {name: body[name] for name in ("actual", "inputs", "origin", "source_document", "file_ids")}
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


@endpoints.post("/measures/import", ImportForm, out=ImportOut, plain=True, upload=True)
def import_measures(form: dict[str, Any]) -> dict[str, Any]:
    """Import figures from a CSV or XLSX file

    Columns: 工号, 指标, 考核期, 实际值 or 原始数据 (名称=数值; 名称=数值), 数据来源, and 岗位 for people with several sheets.
    All rows or none, unless `skip_faulty`. With `preview` nothing is recorded. The same file may be sent again: what is on
    record is left alone, and what differs is recorded as a correction with `correct` and a reason.
    """
    importing.require_provider(rest.actor())
    known = readers()
    if form["source"] not in known:
        zh, en = f"来源须为: {'、'.join(known)}", f"the source is one of: {', '.join(known)}"
        raise Invalid("unknown_source", zh, en, [Fault("source", zh, en)])
    file: rest.Upload = form["file"]
    read = known[form["source"]](file.name, file.content)
    if form["preview"]:
        plan = importing.preview_figures(rest.session(), rest.actor(), read, cycle_id=form["cycle_id"])
        return _plan_out(plan)
    asked = {name: form[name] for name in ("cycle_id", "correct", "reason", "skip_faulty")}
    return _imported_out(
        importing.import_figures(rest.session(), rest.actor(), read, upload=(file.name, file.content), **asked)
    )


@endpoints.get("/measures/completeness", CompletenessFilter, out=CompletenessOut)
def show_completeness(query: dict[str, Any]) -> dict[str, Any]:
    """How complete the figures of a cycle are, per provider, with the day they are due

    For HR everybody's, for a data provider their own.
    """
    cycle = entries.find_cycle(rest.session(), query["cycle_id"])
    shares = owed.by_provider(rest.session(), rest.actor(), cycle)
    return {"cycle_id": cycle.id, "providers": [_share_out(share) for share in shares]}


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
    return page.with_items([_owed_out(policy, one) for one in owed.owed(rest.session(), cycle, page.items)])


@endpoints.get("/measures/providers", AssignmentFilter, out=rest.page_of(AssignmentOut))
def list_providers(query: dict[str, Any]) -> rest.Page:
    """Who provides which figures, latest assignment first."""
    statement = providers.assignments_seen(rest.actor(), ended=query["ended"])
    page = rest.paged(rest.session(), statement, [(DataProvider.id, "desc")], query)
    return page.with_items([_assignment_out(*row) for row in page.items])


@endpoints.get("/measures/providers/<int:assignment_id>", out=AssignmentOut)
def show_provider(assignment_id: int) -> dict[str, Any]:
    """One assignment."""
    return _assignment_out(*providers.find_assignment(rest.session(), rest.actor(), assignment_id))


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


def _place(body: Mapping[str, Any]) -> tuple[int, str]:
    """The sheet and the item that a figure is for."""
    if (body["sheet_id"] is None) == (body["number"] is None) or (body["number"] is not None and body["period"] is None):
        zh, en = "请给出 sheet_id, 或工号与考核期", "give sheet_id, or number and period"
        raise Invalid("one_of_two", zh, en, [Fault("sheet_id", zh, en)])
    if body["sheet_id"] is not None:
        return body["sheet_id"], body["item"]
    named = {name: body[name] for name in ("number", "item", "period", "source_document", "post")}
    return importing.find_place(rest.session(), rest.actor(), Reported(row=None, **named), cycle_id=body["cycle_id"])


def _entry_out(policy: Policy, one: Entry) -> dict[str, Any]:
    measure = one.measure
    kept = ("id", "sheet_id", "item", "period", "origin", "source_document", "back_filled", "entered_at", "corrects_id")
    figure = queries.figure_of(measure)
    return {name: getattr(measure, name) for name in kept} | {
        "cycle_id": one.cycle_id,
        "appraisal_id": one.appraisal_id,
        "employee": {"id": one.employee_id, "number": one.number, "name": one.name},
        "name": _name(policy, measure.item, one.own_name),
        "actual": figure.actual,
        "inputs": figure.inputs,
        "computed": None if figure.inputs is None else _computed(policy, measure),
        "state": one.state,
        "entered_by": one.entered_by,
        "confirmed_by": one.confirmed_by,
        "confirmed_at": one.confirmed_at,
        "corrected_by_id": one.corrected_by_id,
        "reason": measure.reason,
    }


def _computed(policy: Policy, measure: Measure) -> Any:
    try:
        return queries.actual_by(policy, measure.item, queries.figure_of(measure))
    except ScoringError:
        # The cycle has moved to a text with another formula since; the entry is still what was entered.
        return None


def _name(policy: Policy, item: str, own_name: str | None = None) -> Text:
    located = policy.indicators.get(item)
    return located.indicator.name if located else Text(own_name or item, own_name or item)


def _plan_out(plan: Plan) -> dict[str, Any]:
    changes = [
        {
            "row": one.reported.row,
            "number": one.reported.number,
            "item": one.item,
            "before": said_figure(queries.figure_of(one.corrects)) if one.corrects else None,
            "after": said_figure(one.figure),
        }
        for one in (*plan.changed, *plan.new)[:SHOWN_CHANGES]
    ]
    counts = {"recorded": len(plan.new), "corrected": len(plan.changed), "unchanged": plan.unchanged}
    return _import_out(True, counts, len(plan.faults), None, changes, plan.faults)


def _imported_out(done: Imported) -> dict[str, Any]:
    counts = {"recorded": len(done.recorded), "corrected": len(done.corrected), "unchanged": done.unchanged}
    return _import_out(False, counts, len(done.left_out), done.file_id, (), done.left_out)


def _import_out(
    preview: bool,
    counts: Mapping[str, int],
    faulty: int,
    file_id: int | None,
    changes: Sequence[Mapping[str, Any]],
    faults: Sequence[Fault],
) -> dict[str, Any]:
    shown = [{"path": one.path, "message": {"zh": one.zh, "en": one.en}} for one in faults[: importing.MOST_FAULTS]]
    said = {"preview": preview, "faulty": faulty, "file_id": file_id, "changes": changes, "faults": shown}
    return {**counts, **said}


def _share_out(share: owed.Share) -> dict[str, Any]:
    return {
        "assignment_id": share.provider.row.id if share.provider else None,
        "provider": share.provider.provider if share.provider else None,
        "items": share.items,
        **share.counts,
        "overdue": share.overdue,
        "due_on": share.due_on,
    }


def _owed_out(policy: Policy, one: owed.Owed) -> dict[str, Any]:
    return {
        "appraisal_id": one.appraisal_id,
        "sheet_id": one.sheet_id,
        "employee": {"id": one.employee_id, "number": one.number, "name": one.name},
        "item": one.item,
        "name": _name(policy, one.item, one.own_name),
        "state": one.state,
        "entry_id": one.entry_id,
        "due_on": one.due_on,
        "overdue": one.is_overdue,
        "providers": [assigned.provider for assigned in one.providers],
    }


def _assignment_out(row: DataProvider, login: str | None, person: str | None, unit: str | None) -> dict[str, Any]:
    names = ("id", "kind", "name", "account_id", "unit_id", "working_days", "assigned_at", "ended_at", "version")
    return {name: getattr(row, name) for name in names} | {"provider": person or login or unit or ""}


def _download(stored: StoredFile) -> Response:
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))
