"""One figure: entering it with its evidence, confirming what others entered, correcting it by a later entry."""

from typing import Any

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col

from appraisal import forms, paging, web
from appraisal.agreements import queries as agreements
from appraisal.agreements.service import find_sheet
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN
from appraisal.errors import NotFound
from appraisal.forms import Form
from appraisal.labels import measured_in
from appraisal.measures import entries, places, queries, service
from appraisal.measures.models import Measure
from appraisal.measures.schemas import ConfirmingIn, CorrectionIn, EntryPlace, MeasureIn, NothingIn, WaitingPage
from appraisal.measures.shaping import entry_out
from appraisal.measures.views.blueprint import ALL, ONE, cycle_for_provider, pages
from appraisal.people.models import Employee


@pages.get(f"{ALL}/enter")
@web.signed_in_only
def enter(form: Form | None = None) -> ResponseReturnValue:
    """The figure of one agreed item, to be entered; one that has a figure already is corrected there."""
    places.require_provider(web.actor())
    asked = forms.asked(EntryPlace)
    context = find_sheet(web.session(), web.actor(), asked["sheet_id"])
    service.require_provider_of(web.session(), web.actor(), context, asked["item"])
    there = queries.latest(web.session(), [asked["sheet_id"]])
    last = there.get((asked["sheet_id"], asked["item"], asked["period"]))
    if last is not None and form is None:
        return redirect(url_for("measures.entry", measure_id=last.id))
    employee = web.session().get_one(Employee, context.appraisal.employee_id)
    shown = {"cycle": context.cycle, "employee": employee, "asked": asked, "form": form or Form()}
    return render_template("measures/enter.html", **shown, **_item(context.cycle, asked["sheet_id"], asked["item"]))


@pages.post(f"{ALL}/enter")
@web.signed_in_only
@forms.submits(MeasureIn, again=enter, creates=True)
def enter_now(body: dict[str, Any]) -> Response:
    """Records it; it counts once somebody else has confirmed it."""
    places.require_provider(web.actor())
    if body["sheet_id"] is None:
        raise NotFound()
    kept = {name: body[name] for name in ("period", "actual", "inputs", "origin", "source_document", "file_ids")}
    made = service.record_actual(web.session(), web.actor(), body["sheet_id"], body["item"], **kept)
    zh, en = "已录入, 待他人确认后生效", "Entered; it counts once somebody else has confirmed it"
    return forms.done(url_for("measures.entry", measure_id=made.id), zh, en)


@pages.get(ONE)
@web.signed_in_only
def entry(measure_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One entry with its evidence and what came before and after it."""
    session, actor = web.session(), web.actor()
    found = entries.find_entry(session, actor, measure_id)
    cycle = entries.find_cycle(session, found.cycle_id)
    policy = cycles.policy_of(session, cycle)
    handled = cycle.status == OPEN and entries.is_handled(session, actor, cycle, measure_id)
    measure = found.measure
    others = entries.entries_seen(session, actor, cycle, item=measure.item, number=found.number)
    others = others.where(Measure.sheet_id == measure.sheet_id, Measure.period == measure.period)
    shown = {
        "one": entry_out(policy, found),
        "cycle": cycle,
        "files": entries.files_of(session, [measure_id])[measure_id],
        "history": [
            entry_out(policy, entries.entry(row)) for row in session.exec(others.order_by(col(Measure.id).desc())).all()
        ],
        "confirms": handled and found.state == entries.WAITING and measure.entered_by != actor.account_id,
        "corrects": handled and found.corrected_by_id is None,
        "form": form or Form(),
    }
    return render_template("measures/entry.html", **shown, **_item(cycle, measure.sheet_id, measure.item))


@pages.post(f"{ONE}/confirm")
@web.signed_in_only
@forms.submits(NothingIn, again=entry)
def confirm(body: dict[str, Any], measure_id: int) -> Response:
    """Vouches for a figure that somebody else has entered."""
    service.confirm_actual(web.session(), web.actor(), measure_id)
    return forms.done(url_for("measures.entry", measure_id=measure_id), "已确认", "Confirmed")


@pages.post(f"{ONE}/correct")
@web.signed_in_only
@forms.submits(CorrectionIn, again=entry, creates=True)
def correct(body: dict[str, Any], measure_id: int) -> Response:
    """Corrects a figure by a later entry, which says why."""
    made = service.correct_actual(web.session(), web.actor(), measure_id, **body)
    zh, en = "更正已录入, 他人确认前以原数据为准", "Entered; until somebody else confirms it, the earlier figure counts"
    return forms.done(url_for("measures.entry", measure_id=made.id), zh, en)


@pages.get(f"{ALL}/to-confirm")
@web.signed_in_only
def to_confirm(form: Form | None = None) -> ResponseReturnValue:
    """What others have entered and nobody has confirmed yet."""
    cycle = cycle_for_provider()
    if cycle is None:
        return render_template("measures/to_confirm.html", cycle=None)
    session, actor, asked = web.session(), web.actor(), forms.asked(WaitingPage)
    found = entries.to_confirm(session, actor, cycle)
    if asked["file_id"] is not None:
        found = found.where(entries.of_file(asked["file_id"]))
    page = paging.paged(session, found, [(col(Measure.id), "asc")], asked, row=entries.entry)
    policy = cycles.policy_of(session, cycle)
    rows = [entry_out(policy, one) for one in page.items]
    shown = {"cycle": cycle, "page": page, "rows": rows, "asked": asked, "form": form or Form()}
    brought = entries.files_to_confirm(session, actor, cycle)
    return render_template("measures/to_confirm.html", **shown, brought=brought)


@pages.post(f"{ALL}/to-confirm")
@web.signed_in_only
@forms.submits(ConfirmingIn, again=to_confirm)
def confirm_many(body: dict[str, Any]) -> Response:
    """Vouches for those chosen, or for all that an imported file has brought, all or none."""
    chosen = body["measure_ids"]
    if body["file_id"] is not None:
        chosen = service.waiting_of_file(web.session(), web.actor(), body["file_id"])
    count = len(service.confirm_actuals(web.session(), web.actor(), chosen))
    return forms.done(url_for("measures.to_confirm"), f"已确认 {count} 条", f"{count} confirmed")


def _item(cycle: Any, sheet_id: int, item: str) -> dict[str, Any]:
    """What is to be known of an item to enter its figure: its name, unit, formula, inputs, sources and target."""
    located = cycles.policy_of(web.session(), cycle).indicators.get(item)
    agreed = agreements.agreed(web.session(), [sheet_id]).get(sheet_id)
    row = next((one for one in agreed.items if one.item == item), None) if agreed else None
    own = row.name_zh if row else None
    unit = located.indicator.unit if located else None
    said = web.said(measured_in(unit)) if unit else ""
    return {"indicator": located.indicator if located else None, "agreed": row, "own_name": own or item, "unit": said}
