"""People from a list: the file, what it would do, and doing it."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, uploads, web
from appraisal.forms import OPENED, Form
from appraisal.people import importing
from appraisal.people.import_model import HEADINGS
from appraisal.people.views.blueprint import pages

FILE = f"/people/import/<int(max={2**31 - 1}):file_id>"
SHOWN = 200


@pages.get("/people/import")
@web.signed_in_only
def import_people(form: Form = OPENED) -> ResponseReturnValue:
    """The form that takes a list."""
    importing.require_importer(web.actor())
    return render_template("people/import.html", form=form, headings=HEADINGS)


@pages.post("/people/import")
@uploads.takes_file
@web.signed_in_only
@forms.submits(uploads.TableIn, import_people)
def keep_list(body: dict[str, Any]) -> Response:
    """Keeps a list that can be read, and goes on to what it would do."""
    importing.require_importer(web.actor())
    file = body["file"]
    importing.read_people(file.name, file.content)
    kept = uploads.keep_table(web.session(), web.actor(), file)
    return forms.done(
        url_for("people.preview_import", file_id=kept.id), "尚未导入: 请先核对", "Nothing is imported yet: look first"
    )


@pages.get(FILE)
@web.signed_in_only
def preview_import(file_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """What the list would do."""
    session, actor = web.session(), web.actor()
    importing.require_importer(actor)
    name, content = uploads.table_again(session, actor, file_id)
    done = importing.preview_people(session, actor, importing.read_people(name, content))
    moved = [one for one in done.people if one.outcome != "unchanged"]
    return render_template(
        "people/import_preview.html",
        form=form,
        file_id=file_id,
        file=name,
        done=done,
        moved=moved,
        shown=SHOWN,
        headings=HEADINGS,
    )


@pages.post(FILE)
@web.signed_in_only
@forms.submits(uploads.SkippingIn, preview_import, creates=True)
def import_list(body: dict[str, Any], file_id: int) -> Response:
    """Takes the list."""
    session, actor = web.session(), web.actor()
    importing.require_importer(actor)
    name, content = uploads.table_again(session, actor, file_id)
    given = {"file_id": file_id, "skip_faulty": body["skip_faulty"]}
    if (later := uploads.in_background(session, actor, content, "people.import", given)) is not None:
        return later
    table = importing.read_people(name, content)
    done = importing.import_people(session, actor, table, source=name, skip_faulty=body["skip_faulty"])
    new, changed = done.counted("created"), done.counted("changed")
    zh, en = f"已导入: 新增 {new} 人, 变更 {changed} 人", f"Imported: {new} new, {changed} changed"
    return forms.done(url_for("people.directory"), zh, en)


@pages.get(f"{FILE}/to-mend.csv")
@web.signed_in_only
def people_to_mend(file_id: int) -> ResponseReturnValue:
    """The faulty rows with what to mend."""
    session, actor = web.session(), web.actor()
    importing.require_importer(actor)
    name, content = uploads.table_again(session, actor, file_id)
    done = importing.preview_people(session, actor, importing.read_people(name, content))
    return uploads.to_mend(name, content, done.faults)
