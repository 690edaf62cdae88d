"""Targets from before the system: what has been imported, and a table of more of them, looked at before it is taken."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, forms, paging, uploads, web
from appraisal.agreements import past_targets
from appraisal.agreements.goal_schemas import PastTargetFilter
from appraisal.agreements.lists import past_targets_seen
from appraisal.agreements.models import PastTarget
from appraisal.agreements.past_targets import COLUMNS
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.core.errors import Message
from appraisal.core.policy.model import Policy
from appraisal.fields import In, Line
from appraisal.forms import OPENED, Form, done, submits
from appraisal.people import auth
from appraisal.policies import queries as policies
from appraisal.spreadsheets import read
from appraisal.uploads import TableIn

ALL = "/hr/past-targets"
FILE = f"{ALL}/import/<{ROW}:file_id>"
SHOWN = 200
SAID = {
    "number": Message("员工工号", "the employee's number"),
    "name": Message("写了就核对, 与工号不符的不导入", "compared with the number, where given"),
    "period": Message("已结束的考核期, 如 2025-Q4、2025", "a period that has ended, such as 2025-Q4 or 2025"),
    "item": Message("指标库中的代号或名称", "id or name from the library"),
    "target": Message("当时的目标", "what it was to reach"),
    "source": Message("哪份文件", "which document it is taken from"),
}


class TargetsIn(TableIn):
    """A table, and the policy in whose library its items are looked up."""

    policy = Line(60, required=True)


class TakingIn(In):
    """All of it, under the same policy."""

    policy = Line(60, required=True)


@pages.get(ALL, endpoint="past_targets")
@web.signed_in_only
def list_past_targets() -> ResponseReturnValue:
    """The targets that have been imported, of everybody the reader handles."""
    if not web.actor().holds("hr", "auditor"):
        raise auth.for_others("hr", "auditor")
    asked = forms.asked(PastTargetFilter)
    found = past_targets_seen(web.session(), web.actor(), number=asked["number"], period=asked["period"])
    page = paging.paged(web.session(), found, [(PastTarget.id, "desc")], asked)
    shown = {"page": page, "asked": asked, "names": _names(), "imports": web.actor().holds("hr")}
    return render_template("agreements/past_targets.html", **shown)


@pages.get(f"{ALL}/import")
@web.signed_in_only
def choose_past_targets(form: Form = OPENED) -> ResponseReturnValue:
    """Where a table is handed in."""
    _require_hr()
    needed = sorted(COLUMNS, key=lambda column: not column.required)
    return render_template(
        "agreements/past_targets_import.html",
        form=form,
        columns=[(web.said(Message(*column.titles)), web.said(SAID[column.key])) for column in needed],
        needed=sum(column.required for column in COLUMNS),
        policies=[(policy.id, web.said(policy.title)) for policy in _in_force()],
    )


@pages.post(f"{ALL}/import")
@web.signed_in_only
@uploads.takes_file
@submits(TargetsIn, again=choose_past_targets)
def bring_past_targets(body: dict[str, Any]) -> Response:
    """Keeps the table, and goes on to what it would do."""
    _require_hr()
    table = read(body["file"].name, body["file"].content, COLUMNS)
    past_targets.preview_targets(web.session(), web.actor(), body["policy"], table)
    kept = uploads.keep_table(web.session(), web.actor(), body["file"])
    way = url_for("agreements.look_at_past_targets", file_id=kept.id, policy=body["policy"])
    return done(way, "已读取, 尚未写入", "Read; nothing is written yet")


@pages.get(FILE)
@web.signed_in_only
def look_at_past_targets(file_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """What it would do, row by row."""
    name, _, found = _looked_at(file_id)
    counts = {action: sum(one.action == action for one in found.planned) for action in ("create", "change", "unchanged")}
    shown = {"name": name, "file_id": file_id, "policy": _policy(), "found": found, "counts": counts}
    return render_template("agreements/past_targets_preview.html", form=form, names=_names(), most=SHOWN, **shown)


@pages.post(FILE)
@web.signed_in_only
@submits(TakingIn, again=look_at_past_targets, creates=True)
def take_past_targets(body: dict[str, Any], file_id: int) -> Response:
    """Does it, all of it or nothing."""
    _require_hr()
    session, actor, policy = web.session(), web.actor(), body["policy"]
    name, content = uploads.table_again(session, actor, file_id)
    given = {"file_id": file_id, "policy": policy}
    if (later := uploads.in_background(session, actor, content, "agreements.import_past_targets", given)) is not None:
        return later
    taken = past_targets.import_targets(session, actor, policy, read(name, content, COLUMNS))
    made, changed = (sum(one.action == action for one in taken.planned) for action in ("create", "change"))
    way = url_for("agreements.past_targets")
    return done(way, f"已导入: 新增 {made} 条, 更正 {changed} 条", f"Imported: {made} new, {changed} corrected")


@pages.get(f"{FILE}/to-mend.csv")
@web.signed_in_only
def past_targets_to_mend(file_id: int) -> ResponseReturnValue:
    """The faulty rows with what to mend."""
    name, content, found = _looked_at(file_id)
    return uploads.to_mend(name, content, found.faults)


def _looked_at(file_id: int) -> tuple[str, bytes, past_targets.Preview]:
    _require_hr()
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    found = past_targets.preview_targets(web.session(), web.actor(), _policy(), read(name, content, COLUMNS))
    return name, content, found


def _policy() -> str:
    """The policy in whose library items are looked up, which address and form name alike."""
    return request.values.get("policy", "")[:60]


def _in_force() -> list[Policy]:
    session, today = web.session(), clock.today()
    states = [policies.policy_in_force(session, name, today) for name in policies.published_names(session)]
    return [policies.compiled_state(state) for state in states if state is not None]


def _names() -> dict[str, str]:
    """What items are called, by id, in the policies in force."""
    return {key: web.said(one.indicator.name) for policy in _in_force() for key, one in policy.indicators.items()}


def _require_hr() -> None:
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
