"""Readings from a table: the file, what it would do, and doing it."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import fields, forms, uploads, web
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.monitoring import importing, reach
from appraisal.monitoring.choices import policy_choices
from appraisal.monitoring.importers import Read, reader_of
from appraisal.monitoring.shaping import plan_out
from appraisal.monitoring.views.blueprint import MOST, pages
from appraisal.monitoring.views.readings import ALL
from appraisal.monitoring.watched import watching

FILE = f"{ALL}/import/<int(max={MOST}):file_id>"
_OF_TABLE = ("record_type", "policy")
COLUMNS = ("指标", "期间", "来源单据", "部门", "数值", "原始数据", "计量单位", "制度")


class ReadingsTableIn(uploads.TableIn):
    """A table of readings; what the platform exported, and whose indicators are meant where names are shared."""

    record_type = fields.OneOf(*codes("record_type"), allow_none=True, load_default=None)
    policy = fields.Line(60, allow_none=True, load_default=None)


class ReadingsTakenIn(uploads.SkippingIn):
    """With `correct` and a reason, what differs from what is on record becomes a correction of it."""

    correct = fields.Flag(load_default=False)
    reason = fields.Prose(allow_none=True, load_default=None)


@pages.get(f"{ALL}/import")
@web.signed_in_only
def import_readings(form: Form = OPENED) -> ResponseReturnValue:
    """The form that takes a table."""
    reach.require_any(web.actor(), reach.ENTERING)
    types = [(one, web.said(label("record_type", one))) for one in codes("record_type")]
    policies = policy_choices(watching(web.session()))
    return render_template("monitoring/import.html", form=form, types=types, policies=policies, columns=COLUMNS)


@pages.post(f"{ALL}/import")
@uploads.takes_file
@web.signed_in_only
@forms.submits(ReadingsTableIn, import_readings)
def keep_readings(body: dict[str, Any]) -> Response:
    """Keeps a table that can be read, and goes on to what it would do."""
    reach.require_any(web.actor(), reach.ENTERING)
    file = body["file"]
    reader_of(body["record_type"])(file.name, file.content)
    kept = uploads.keep_table(web.session(), web.actor(), file)
    to = url_for("monitoring.preview_readings", file_id=kept.id, **{name: body[name] for name in _OF_TABLE})
    return forms.done(to, "尚未导入: 请先核对", "Nothing is imported yet: look first")


@pages.get(FILE)
@web.signed_in_only
def preview_readings(file_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """What the table would do."""
    session, actor = web.session(), web.actor()
    name, _, read = _table(file_id)
    plan = importing.preview_readings(session, actor, read)
    shown = {"form": form, "file": name, "file_id": file_id, "plan": plan, "told": plan_out(plan), "label": label}
    return render_template(
        "monitoring/import_preview.html", **shown, known={name: request.args.get(name) for name in _OF_TABLE}
    )


@pages.post(FILE)
@web.signed_in_only
@forms.submits(ReadingsTakenIn, preview_readings, creates=True)
def take_readings(body: dict[str, Any], file_id: int) -> Response:
    """Takes the table."""
    name, content, read = _table(file_id)
    session, actor = web.session(), web.actor()
    asked = {"correct": body["correct"], "reason": body["reason"], "keep_good": body["skip_faulty"]}
    given = {"file_id": file_id, **asked, **{one: request.args.get(one) for one in _OF_TABLE}}
    if (later := uploads.in_background(session, actor, content, "monitoring.import", given)) is not None:
        return later
    done = importing.record_readings(session, actor, read, upload=(name, content), **asked)
    new, corrected = len(done.recorded), len(done.corrected)
    zh = f"已导入 {new} 个读数, 更正 {corrected} 个; 由另一人确认后生效"
    en = f"{new} readings are imported, {corrected} corrected; they count once somebody else has confirmed them"
    return forms.done(url_for("monitoring.readings", state="waiting", file_id=done.file_id), zh, en)


@pages.get(f"{FILE}/to-mend.csv")
@web.signed_in_only
def readings_to_mend(file_id: int) -> ResponseReturnValue:
    """The faulty rows with what to mend."""
    name, content, read = _table(file_id)
    plan = importing.preview_readings(web.session(), web.actor(), read)
    return uploads.to_mend(name, content, plan.faults)


def _table(file_id: int) -> tuple[str, bytes, Read]:
    """A table that the actor has brought, read again."""
    reach.require_any(web.actor(), reach.ENTERING)
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    record_type, policy = (request.args.get(one) for one in _OF_TABLE)
    known = record_type if record_type in codes("record_type") else None
    return name, content, importing.tagged(reader_of(known)(name, content), known, policy)
