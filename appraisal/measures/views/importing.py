"""Figures from a file: chosen, looked at row by row, taken as a whole or without the faulty rows."""

from typing import Any

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, spreadsheets, uploads, web
from appraisal.forms import Form
from appraisal.labels import label
from appraisal.measures import importing, places
from appraisal.measures.importers import Read, readers
from appraisal.measures.importing import said_figure
from appraisal.measures.queries import figure_of
from appraisal.measures.schemas import ImportingIn
from appraisal.measures.views.blueprint import ALL, pages
from appraisal.uploads import TableIn

SHOWN = 200
FILE = f"{ALL}/import/<int(max={2**31 - 1}):file_id>"


@pages.get(f"{ALL}/import")
@web.signed_in_only
def choose_file(form: Form | None = None) -> ResponseReturnValue:
    """The form that takes the file."""
    places.require_provider(web.actor())
    return render_template("measures/import.html", form=form or Form(), label=label)


@pages.post(f"{ALL}/import")
@web.signed_in_only
@forms.submits(TableIn, again=choose_file)
@uploads.takes_file
def take_file(body: dict[str, Any]) -> Response:
    """Keeps a file that can be read, and goes on to what it would do."""
    places.require_provider(web.actor())
    _read(body["file"].name, body["file"].content)
    kept = uploads.keep_table(web.session(), web.actor(), body["file"])
    return redirect(url_for("measures.look_at_file", file_id=kept.id), 303)  # type: ignore[return-value]


@pages.get(FILE)
@web.signed_in_only
def look_at_file(file_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What importing it would do, row by row."""
    places.require_provider(web.actor())
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    plan = importing.preview_figures(web.session(), web.actor(), _read(name, content))
    changes = [(one, said_figure(figure_of(one.corrects)) if one.corrects else None) for one in (*plan.changed, *plan.new)]
    shown = {
        "name": name,
        "file_id": file_id,
        "plan": plan,
        "changes": changes[:SHOWN],
        "faults": spreadsheets.by_row(plan.faults),
        "form": form or Form(),
    }
    return render_template("measures/import_preview.html", **shown, said_figure=said_figure)


@pages.post(FILE)
@web.signed_in_only
@forms.submits(ImportingIn, again=look_at_file, creates=True)
def import_now(body: dict[str, Any], file_id: int) -> Response:
    """Imports it; what is left out is shown again on the same page."""
    places.require_provider(web.actor())
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    given = {"file_id": file_id} | body
    if (later := uploads.in_background(web.session(), web.actor(), content, "measures.import", given)) is not None:
        return later
    done = importing.import_figures(web.session(), web.actor(), _read(name, content), upload=(name, content), **body)
    new, corrected, left = len(done.recorded), len(done.corrected), len(done.left_out)
    zh = f"录入 {new} 条, 更正 {corrected} 条, 原已相同 {done.unchanged} 条, 未导入 {left} 处; 待他人确认后生效"
    en = f"{new} entered, {corrected} corrected, {done.unchanged} there already, {left} left out; they count once confirmed"
    return forms.done(url_for("measures.look_at_file", file_id=file_id), zh, en)


@pages.get(f"{FILE}/to-mend.csv")
@web.signed_in_only
def rows_to_mend(file_id: int) -> ResponseReturnValue:
    """The rows that were refused, with what to mend."""
    places.require_provider(web.actor())
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    plan = importing.preview_figures(web.session(), web.actor(), _read(name, content))
    return uploads.to_mend(name, content, plan.faults)


def _read(name: str, content: bytes) -> Read:
    return readers()["table"](name, content)
