"""Readings: the list, one with its evidence, entering, correcting, and confirming what somebody else has entered."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, clock, forms, paging, rest, web
from appraisal.core.calendar import Period
from appraisal.errors import Invalid
from appraisal.fields import Query
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.monitoring import entries, reach, service
from appraisal.monitoring.choices import company_and_units, policy_choices
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import Reading
from appraisal.monitoring.schemas import CorrectionOfReadingIn, ReadingConfirmationsIn, ReadingIn, ReadingListing
from appraisal.monitoring.shaping import entry_out
from appraisal.monitoring.spans import taken_by
from appraisal.monitoring.views.blueprint import MOST, pages
from appraisal.monitoring.watched import watching
from appraisal.people import queries as people

ALL = "/kpi/readings"
ONE = f"{ALL}/<int(max={MOST}):reading_id>"
NEWEST: list[tuple[Any, str]] = [(Reading.id, "desc")]
HEADINGS = (
    *(
        "制度",
        "指标",
        "部门",
        "期间",
        "数值",
        "原始数据",
        "计量单位",
        "状态",
        "来源单据",
        "迟报",
        "补录",
        "录入",
        "确认",
        "更正理由",
    ),
)
_FILTERS = ("policy", "indicator", "unit_id", "company", "cadence", "from_on", "to_on", "state", "record_type", "file_id")


class EnteredFor(Query):
    """Of which indicator a reading is entered."""

    policy = rest.Line(60, load_default=None)
    indicator = rest.Line(80, load_default=None)
    unit = rest.Line(120, load_default=None)


@pages.get(ALL, endpoint="readings")
@web.signed_in_only
def all_readings(form: Form = OPENED) -> ResponseReturnValue:
    """The readings that one may see, the newest first; those that wait can be confirmed here."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ReadingListing)
    known = watching(session)
    seen = entries.entries_seen(session, actor, **{name: asked[name] for name in _FILTERS})
    page = paging.paged(session, seen, NEWEST, asked, row=entries.entry)
    mine = {one.reading.id for one in page.items if one.reading.entered_by == actor.account_id}
    return render_template(
        "monitoring/readings.html",
        form=form,
        page=page,
        rows=[entry_out(known, one) for one in page.items],
        asked=asked,
        mine=mine,
        policies=policy_choices(known),
        units=company_and_units(),
        states=[(one, _STATES[one]) for one in entries.STATES],
        enters=actor.holds(*reach.ENTERING),
        confirms=actor.holds(*reach.CONFIRMING),
    )


@pages.get(f"{ALL}/file.csv")
@web.signed_in_only
def readings_file() -> ResponseReturnValue:
    """The same readings as a table, at most 50 000 rows."""
    session, asked = web.session(), forms.asked(ReadingListing)
    known = watching(session)
    seen = entries.entries_seen(session, web.actor(), **{name: asked[name] for name in _FILTERS})
    rows = paging.whole(session, seen, NEWEST)
    table = paging.in_parts(rows, lambda part: [_cells(entry_out(known, entries.entry(row))) for row in part])
    return rest.download("kpi-readings.csv", "text/csv", cells.as_csv(HEADINGS, table))


@pages.get(f"{ALL}/new")
@web.signed_in_only
def enter(form: Form = OPENED) -> ResponseReturnValue:
    """A reading to be entered: first of which indicator, then its figures."""
    actor, asked, known = web.actor(), forms.asked(EnteredFor), watching(web.session())
    reach.require_any(actor, reach.ENTERING)
    rules = known.policy_on(asked["policy"], clock.today()) if asked["policy"] else None
    located = rules.watched.get(asked["indicator"] or "") if rules else None
    one = located.indicator if located else None
    there = people.units_within(web.session())
    units = [("", web.in_both("公司", "Company")), *((unit.code, web.named(unit)) for unit in there)]
    shown = {"form": form, "asked": asked, "policies": policy_choices(known), "rules": rules, "one": one, "units": units}
    wanted = [given for given in one.inputs if given.indicator is None] if one else []
    period = _last(taken_by(one)[-1]) if one else ""
    return render_template("monitoring/enter.html", **shown, wanted=wanted, period=period)


@pages.post(f"{ALL}/new")
@web.signed_in_only
@forms.submits(ReadingIn, again=enter, creates=True)
def enter_now(body: dict[str, Any]) -> Response:
    """Enters it; it counts once somebody else has confirmed it."""
    file_ids = body.pop("file_ids")
    made = service.enter_reading(web.session(), web.actor(), Reported(row=None, **body), file_ids)
    zh, en = "已录入, 由另一人确认后生效", "Entered: it counts once somebody else has confirmed it"
    return forms.done(url_for("monitoring.reading", reading_id=made.id), zh, en)


@pages.get(ONE, endpoint="reading")
@web.signed_in_only
def one_reading(reading_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One reading with its evidence, and what can be done with it."""
    session, actor, known = web.session(), web.actor(), watching(web.session())
    found = entries.find_entry(session, actor, reading_id)
    located = known.indicator_on(found.reading.policy, found.reading.indicator, found.reading.starts_on)
    wanted = [given for given in located.indicator.inputs if given.indicator is None] if located else []
    unit_id, waits = found.reading.unit_id, found.state == entries.WAITING
    own = found.reading.entered_by == actor.account_id
    return render_template(
        "monitoring/reading.html",
        form=form,
        one=entry_out(known, found),
        proofs=entries.files_of(session, [reading_id])[reading_id],
        wanted=wanted,
        confirms=waits and not own and reach.may(actor, reach.CONFIRMING, unit_id),
        waits_for_another=waits and own,
        corrects=found.state != entries.CORRECTED and reach.may(actor, reach.ENTERING, unit_id),
        label=label,
    )


@pages.post(f"{ONE}/corrections")
@web.signed_in_only
@forms.submits(CorrectionOfReadingIn, again=one_reading, creates=True)
def correct(body: dict[str, Any], reading_id: int) -> Response:
    """Corrects it by a later one, which says why."""
    made = service.correct_reading(web.session(), web.actor(), reading_id, **body)
    zh, en = "更正已录入, 由另一人确认后取代原读数", "The correction is entered: it counts once somebody else has confirmed it"
    return forms.done(url_for("monitoring.reading", reading_id=made.id), zh, en)


@pages.post(f"{ALL}/confirmations")
@web.signed_in_only
@forms.submits(ReadingConfirmationsIn, again=all_readings, creates=True)
def confirm(body: dict[str, Any]) -> Response:
    """Vouches for readings that somebody else has entered, all or none."""
    session, actor, chosen = web.session(), web.actor(), body["reading_ids"]
    reach.require_any(actor, reach.CONFIRMING)
    if body["file_id"] is not None:
        chosen = service.waiting_of_file(session, actor, body["file_id"])
    if not chosen:
        raise Invalid("nothing_chosen", "请勾选要确认的读数", "tick the readings to confirm")
    done = len(service.confirm_readings(session, actor, chosen))
    to = url_for("monitoring.readings", **{name: value for name, value in request.args.items() if name != "cursor"})
    return forms.done(to, f"已确认 {done} 个读数", f"{done} readings are confirmed")


_STATES = {
    entries.WAITING: ("待确认", "to confirm"),
    entries.CONFIRMED: ("已确认", "confirmed"),
    entries.CORRECTED: ("已被更正", "replaced"),
}


def _last(cadence: str) -> str:
    """The last period of a cadence that is over."""
    today = clock.today()
    if cadence == "day":
        return today.isoformat()
    if cadence == "week":
        year, number, _ = today.isocalendar()
        return str(Period("week", year, number).previous())
    month = Period("month", today.year, today.month).previous()
    sizes = {"quarter": 3, "half": 6, "year": 12}
    if cadence not in sizes:
        return str(month)
    number = (today.month - 1) // sizes[cadence] + 1
    return str(Period(cadence, today.year, number).previous())  # type: ignore[arg-type]


def _cells(one: dict[str, Any]) -> list[object]:
    inputs = "; ".join(f"{name}={value}" for name, value in (one["inputs"] or {}).items())
    value = one["value"] if one["inputs"] is None else one["computed"]
    unit, state = one["unit"]["name"] if one["unit"] else "公司", _STATES[one["state"]][0]
    marks = ["是" if one[name] else "否" for name in ("late", "back_filled")]
    names = ("entered_by", "confirmed_by", "reason")
    said = [one["policy"], one["name"].zh, unit, one["period"], value, inputs, one["measured_in"], state]
    return [*said, one["source_document"], *marks, *(one[name] for name in names)]
