"""Agreements from a table, an item a row: looked at row by row before anything is written."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import uploads, web
from appraisal.agreements import importing
from appraisal.agreements.importing import COLUMNS, Preview
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.agreements.views.many import cycle_asked
from appraisal.core.errors import Message
from appraisal.forms import Form, done, submits
from appraisal.people import auth
from appraisal.spreadsheets import Table, read
from appraisal.uploads import SkippingIn, TableIn

SAID = {
    "number": Message("员工工号", "the employee's number"),
    "name": Message("写了就核对, 与工号不符的不导入", "compared with the number, where given"),
    "post": Message("一人多岗时写岗位代码", "the code of the post, for who holds several"),
    "item": Message(
        "指标库中的代号或名称; 其他名称作为自设项目", "id or name from the library; any other is an item of one's own"
    ),
    "kind": Message("定量或定性 (kpi / gs), 自设项目须写", "kpi or gs, for items of one's own"),
    "weight": Message("每人合计 100", "100 a person in all"),
    "target": Message("定量指标的目标", "what a figure is to reach"),
    "challenge": Message("超额目标", "what it may reach beyond"),
    "threshold": Message("门槛", "below it nothing is earned"),
    "baseline": Message("基准", "where it started from"),
    "dimension": Message("代号或名称", "id or name"),
    "direction": Message("越高越好、越低越好、达到目标或零容忍", "higher, lower, target or zero"),
    "unit": Message("如 万元、%", "such as CNY or %"),
    "standard": Message("定性项目如何评定", "how a goal is rated"),
    "source": Message("实际值由谁提供", "who gives the figure"),
    "assessor": Message("由上级以外的人评定时写", "where somebody other than the supervisor rates it"),
    "goal": Message("公司或部门目标的名称或编号", "name or id of a goal of the company or unit"),
}


@pages.get("/hr/agreements/import")
@web.signed_in_only
def import_table(form: Form | None = None) -> ResponseReturnValue:
    """Where a table is handed in."""
    form = form or Form()
    _require_hr()
    columns = sorted(((*column.titles, SAID[column.key], column.required) for column in COLUMNS), key=lambda one: not one[3])
    return render_template(
        "agreements/import.html",
        form=form,
        cycle=cycle_asked(),
        columns=[(zh if web.language() == "zh" else en, web.said(words)) for zh, en, words, _ in columns],
        needed=sum(required for *_, required in columns),
    )


@pages.post("/hr/agreements/import")
@web.signed_in_only
@uploads.takes_file
@submits(TableIn, again=import_table)
def bring_table(body: dict[str, Any]) -> Response:
    """Keeps the table, and goes on to what it would do."""
    _require_hr()
    read(body["file"].name, body["file"].content, COLUMNS)
    kept = uploads.keep_table(web.session(), web.actor(), body["file"])
    way = url_for("agreements.preview_table", file_id=kept.id)
    return done(way, "已读取, 尚未写入", "Read; nothing is written yet")


@pages.get(f"/hr/agreements/import/<{ROW}:file_id>")
@web.signed_in_only
def preview_table(file_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What it would do, person by person."""
    form = form or Form()
    table, found = _looked_at(file_id)
    sound = _previewed(importing.sound_part(table, found.faults)) if found.faults else found
    rows = sum(len(one.drafts) for one in sound.planned if one.action != "unchanged")
    counts = {action: sum(one.action == action for one in sound.planned) for action in ("create", "change", "unchanged")}
    shown = {"found": found, "sound": sound, "rows": rows, "counts": counts, "file_id": file_id}
    return render_template("agreements/preview.html", form=form, cycle=cycle_asked(), **shown)


@pages.post(f"/hr/agreements/import/<{ROW}:file_id>")
@web.signed_in_only
@submits(SkippingIn, again=preview_table, creates=True)
def take_table(body: dict[str, Any], file_id: int) -> Response:
    """Does it: all of it, or everybody whose rows are sound."""
    _require_hr()
    session, actor, cycle_id = web.session(), web.actor(), cycle_asked().id or 0
    name, content = uploads.table_again(session, actor, file_id)
    given = {"file_id": file_id, "cycle_id": cycle_id, "skip_faulty": body["skip_faulty"]}
    if (later := uploads.in_background(session, actor, content, "agreements.import", given)) is not None:
        return later
    table = read(name, content, COLUMNS)
    taken = importing.import_agreements(session, actor, cycle_id, table, skip_faulty=body["skip_faulty"])
    made, changed = (sum(one.action == action for one in taken.planned) for action in ("create", "change"))
    way = url_for("agreements.all_agreements", state="draft")
    return done(way, f"已导入: 新建 {made} 份, 修改 {changed} 份草稿", f"Imported: {made} drafts made, {changed} changed")


@pages.get(f"/hr/agreements/import/<{ROW}:file_id>/to-mend.csv")
@web.signed_in_only
def to_mend(file_id: int) -> ResponseReturnValue:
    """The faulty rows with what to mend."""
    _require_hr()
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    return uploads.to_mend(name, content, _previewed(read(name, content, COLUMNS)).faults)


def _looked_at(file_id: int) -> tuple[Table, Preview]:
    _require_hr()
    table = read(*uploads.table_again(web.session(), web.actor(), file_id), COLUMNS)
    return table, _previewed(table)


def _previewed(table: Table) -> Preview:
    return importing.preview_agreements(web.session(), web.actor(), cycle_asked().id or 0, table)


def _require_hr() -> None:
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
