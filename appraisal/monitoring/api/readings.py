"""Endpoints of the watched indicators and their readings: enter, push, import, confirm, correct, read."""

from typing import Any

from flask import Response

from appraisal import files, rest
from appraisal.core.calendar import Period
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.monitoring import dictionary, entries, importing, queries, reach, service, taking
from appraisal.monitoring.importers import Read, Reported, reader_of
from appraisal.monitoring.models import Reading
from appraisal.monitoring.schemas import (
    CorrectionOfReadingIn,
    FiguresIn,
    FiguresOut,
    IndicatorsFilter,
    PushIn,
    ReadingConfirmationsIn,
    ReadingConfirmationsOut,
    ReadingImportForm,
    ReadingIn,
    ReadingListing,
    ReadingOut,
    ReadingRowOut,
    ReadingsRecordedOut,
    SeriesFilter,
    SeriesOut,
    WatchedListOut,
)
from appraisal.monitoring.shaping import entry_out, plan_out, point_out, recorded_out, taken_out, watched_out
from appraisal.monitoring.watched import watching

_NEWEST_FIRST: list[tuple[Any, str]] = [(Reading.id, "desc")]
_FILTERS = (*("policy", "indicator", "unit_id", "company", "cadence", "from_on", "to_on", "state", "record_type", "file_id"),)

endpoints = rest.Endpoints(
    "readings", "监测读数 · Readings of watched indicators: entered by one, confirmed by another, never overwritten"
)


@endpoints.get("/kpi/indicators", IndicatorsFilter, out=WatchedListOut)
def list_watched(query: dict[str, Any]) -> dict[str, Any]:
    """The indicators of the monitoring policies in force, with targets, owner and last reading."""
    found = dictionary.indicators(rest.session(), rest.actor(), **query)
    items = [watched_out(*one) for one in found]
    return {"items": items, "total": len(items)}


@endpoints.get("/kpi/indicators/<policy>/<indicator>/series", SeriesFilter, out=SeriesOut)
def show_series(query: dict[str, Any], policy: str, indicator: str) -> dict[str, Any]:
    """The confirmed readings of an indicator, period by period

    In the cadence of `until`: days, weeks and months are rolled up by the method the policy declares. A period without
    a reading is absent, and so is a quarter of which a month is missing.
    """
    try:
        until = Period.parse(query["until"])
    except ValueError:
        zh, en = "须为期间, 如 2026-03 或 2026-Q1", "needs a period such as 2026-03 or 2026-Q1"
        raise Invalid("bad_period", zh, en, [Fault("until", zh, en)]) from None
    in_force = watching(rest.session()).policy_on(policy, until.first_day())
    if in_force is None or indicator not in in_force.watched:
        raise NotFound()
    if not reach.reach_of(rest.session(), rest.actor()).covers(query["unit_id"]):
        raise NotFound()
    one = in_force.watched[indicator].indicator
    readings = queries.series(rest.session(), in_force, indicator, query["unit_id"], until, query["periods"])
    points = [point_out(one, reading) for reading in readings]
    return {"policy": policy, "indicator": indicator, "name": one.name, "measured_in": one.unit, "points": points}


@endpoints.get("/kpi/readings", ReadingListing, out=rest.page_of(ReadingRowOut))
def list_readings(query: dict[str, Any]) -> rest.Page:
    """The readings that one may see, newest first

    `corrected` ones have a later one in their place, which counts once it is confirmed.
    """
    seen = entries.entries_seen(rest.session(), rest.actor(), **{name: query[name] for name in _FILTERS})
    page = rest.paged(rest.session(), seen, _NEWEST_FIRST, query, row=entries.entry)
    known = watching(rest.session())
    return page.with_items([entry_out(known, one) for one in page.items])


@endpoints.get("/kpi/readings/<int:reading_id>", out=ReadingOut)
def show_reading(reading_id: int) -> dict[str, Any]:
    """One reading with its evidence."""
    found = entries.find_entry(rest.session(), rest.actor(), reading_id)
    evidence = entries.files_of(rest.session(), [reading_id])[reading_id]
    return entry_out(watching(rest.session()), found) | {"files": evidence}


@endpoints.get("/kpi/readings/<int:reading_id>/files/<int:file_id>", content="*/*")
def read_reading_file(reading_id: int, file_id: int) -> Response:
    """A file that proves a reading

    An imported table proves many: it is for those who may see all of them.
    """
    stored = entries.find_file(rest.session(), rest.actor(), reading_id, file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post("/kpi/readings", ReadingIn, out=ReadingOut, creates=True)
def enter_reading(body: dict[str, Any]) -> dict[str, Any]:
    """Enter a reading

    It counts once somebody else has confirmed it. What has a reading already is corrected instead.
    """
    file_ids = body.pop("file_ids")
    return show_reading(service.enter_reading(rest.session(), rest.actor(), Reported(row=None, **body), file_ids).id)


@endpoints.post("/kpi/readings/<int:reading_id>/confirm", out=ReadingOut, creates=True)
def confirm_reading(reading_id: int) -> dict[str, Any]:
    """Vouch for a reading that somebody else has entered."""
    service.confirm_reading(rest.session(), rest.actor(), reading_id)
    return show_reading(reading_id)


@endpoints.post("/kpi/readings/<int:reading_id>/corrections", CorrectionOfReadingIn, out=ReadingOut, creates=True)
def correct_reading(body: dict[str, Any], reading_id: int) -> dict[str, Any]:
    """Correct a reading by a later one, which says why

    The earlier one stays on record, and counts until the later one is confirmed.
    """
    return show_reading(service.correct_reading(rest.session(), rest.actor(), reading_id, **body).id)


@endpoints.post("/kpi/readings/confirmations", ReadingConfirmationsIn, out=ReadingConfirmationsOut, creates=True)
def confirm_readings(body: dict[str, Any]) -> dict[str, Any]:
    """Vouch for many readings at once, all or none

    Those confirmed already are left as they are.
    """
    chosen = body["reading_ids"]
    if (chosen is None) == (body["file_id"] is None):
        zh, en = "请给出 reading_ids 或 file_id 之一", "give either reading_ids or file_id"
        raise Invalid("one_of_two", zh, en, [Fault("reading_ids", zh, en)])
    if chosen is None:
        chosen = service.waiting_of_file(rest.session(), rest.actor(), body["file_id"])
    return {"confirmed": len(service.confirm_readings(rest.session(), rest.actor(), chosen))}


@endpoints.post("/kpi/readings/push", PushIn, out=ReadingsRecordedOut, creates=True)
def push_readings(body: dict[str, Any]) -> dict[str, Any]:
    """Record many readings of a system such as ERP or MES

    All rows or none, unless `keep_good`; rows are counted from 1. The same rows may be sent again: what is on record is left
    alone, and what differs is recorded as a correction with `correct` and a reason.
    """
    rows = [Reported(row=row, origin=body["origin"], **one) for row, one in enumerate(body["readings"], 1)]
    asked = {name: body[name] for name in ("correct", "reason", "keep_good")}
    return recorded_out(importing.record_readings(rest.session(), rest.actor(), Read(tuple(rows)), **asked))


@endpoints.post("/kpi/readings/import", ReadingImportForm, out=ReadingsRecordedOut, plain=True, upload=True)
def import_readings(form: dict[str, Any]) -> dict[str, Any]:
    """Import readings from a CSV or XLSX file

    Columns: 指标, 期间, 部门 (blank for the company), 数值 or 原始数据 (名称=数值; 名称=数值), 计量单位, 来源单据, 制度.
    All rows or none, unless `keep_good`. With `preview` nothing is recorded. The same file may be sent again: what is on record
    is left alone, and what differs is recorded as a correction with `correct` and a reason.
    """
    reach.require_any(rest.actor(), reach.ENTERING)
    file: rest.Upload = form["file"]
    read = reader_of(form["record_type"])(file.name, file.content)
    read = importing.tagged(read, form["record_type"], form["policy"])
    if form["preview"]:
        return plan_out(importing.preview_readings(rest.session(), rest.actor(), read))
    asked = {name: form[name] for name in ("correct", "reason", "keep_good")}
    upload = (file.name, file.content)
    return recorded_out(importing.record_readings(rest.session(), rest.actor(), read, upload=upload, **asked))


@endpoints.post("/kpi/readings/figures", FiguresIn, out=FiguresOut, plain=True)
def take_figures(body: dict[str, Any]) -> dict[str, Any]:
    """Give the agreed KPIs of a cycle that name a watched indicator its reading as their figure

    The confirmed reading of the sheet's unit and period, unless somebody has entered a figure. Confirming a reading does the
    same for the KPIs that are agreed by then. Sent again, what is there is left alone.
    """
    return taken_out(taking.take_readings(rest.session(), rest.actor(), body["cycle_id"]))
