"""Units: the tree, one of them with what was before, and what HR and administrators change of them."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import select

from appraisal import clock, forms, web
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.forms import OPENED, Form
from appraisal.people import auth, directory, places, service, units
from appraisal.people.models import Post, Unit
from appraisal.people.schemas_organisation import (
    FoundingForm,
    HeadForm,
    LastDayIn,
    MergeIn,
    RenameIn,
    UnitCorrectionForm,
)
from appraisal.people.views.blueprint import pages

UNIT = f"/people/units/<int(max={2**31 - 1}):unit_id>"


@pages.get("/people/units")
@web.signed_in_only
def all_units() -> ResponseReturnValue:
    """The units of today with their heads; asked for, those that are no more."""
    session, today = web.session(), clock.today()
    ended = places.ended_units(session, today) if "ended" in request.args else None
    return render_template("people/units.html", branches=directory.tree(session, today), ended=ended)


@pages.get(UNIT)
@web.signed_in_only
def unit(unit_id: int) -> ResponseReturnValue:
    """One unit: where it stands, its posts, who has headed it, and under which names it was known."""
    session, today, found = web.session(), clock.today(), _unit(unit_id)
    posts = session.exec(select(Post).where(Post.unit_id == found.id).order_by(Post.code)).all()
    heads = places.heads_of(session, found)
    return render_template(
        "people/unit.html",
        unit=found,
        parent=session.get(Unit, found.parent_id) if found.parent_id is not None else None,
        head=next((one.what for one in heads if one.from_on <= today and (one.to_on is None or one.to_on >= today)), None),
        heads=heads,
        below=places.units_below(session, found, today),
        posts=posts,
        held=places.held_by(session, [one.id or 0 for one in posts], today),
        names=places.names_of(session, found),
        today=today,
        may=found.to_on is None and web.actor().has("hr", "admin", unit=found.id),
    )


@pages.get("/people/units/new")
@web.signed_in_only
def found_unit(form: Form = OPENED) -> ResponseReturnValue:
    """The form for a new unit."""
    _require_any("hr", "admin")
    asked = request.args.get("below", "")
    return _form("found", None, form, below=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None)


@pages.post("/people/units/new")
@web.signed_in_only
@forms.submits(FoundingForm, found_unit, creates=True)
def found_unit_now(body: dict[str, Any]) -> Response:
    """Founds a unit."""
    _require_any("hr", "admin")
    parent = named_unit(body.pop("parent_id"), "parent_id")
    made = service.create_unit(web.session(), web.actor(), parent=parent, **body)
    return _done(made, f"{made.name} 已设立", f"{made.name_en} is founded")


@pages.get(f"{UNIT}/correct")
@web.signed_in_only
def correct_unit(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that corrects names and place in the tree."""
    return _form("correct", _changed(unit_id), form)


@pages.post(f"{UNIT}/correct")
@web.signed_in_only
@forms.submits(UnitCorrectionForm, correct_unit, versioned=True)
def correct_unit_now(body: dict[str, Any], unit_id: int, version: int) -> Response:
    """Corrects them, back to the first day."""
    found, parent = _changed(unit_id), named_unit(body.pop("parent_id"), "parent_id")
    units.change_unit(web.session(), web.actor(), found, parent=parent, version=version, **body)
    return _done(found, "已更正", "Corrected")


@pages.get(f"{UNIT}/rename")
@web.signed_in_only
def rename_unit(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that gives another name from a day on."""
    return _form("rename", _changed(unit_id), form)


@pages.post(f"{UNIT}/rename")
@web.signed_in_only
@forms.submits(RenameIn, rename_unit, versioned=True)
def rename_unit_now(body: dict[str, Any], unit_id: int, version: int) -> Response:
    """Renames it: what it was ends, and its successor has all that belongs to it."""
    made = units.rename_unit(web.session(), web.actor(), _changed(unit_id), version=version, **body)
    return _done(made, f"自 {body['from_on']} 起名为 {made.name}", f"Called {made.name_en} from {body['from_on']} on")


@pages.get(f"{UNIT}/merge")
@web.signed_in_only
def merge_unit(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that makes it part of another."""
    return _form("merge", _changed(unit_id), form)


@pages.post(f"{UNIT}/merge")
@web.signed_in_only
@forms.submits(MergeIn, merge_unit, versioned=True)
def merge_unit_now(body: dict[str, Any], unit_id: int, version: int) -> Response:
    """Merges it into another, which has its posts and the units below it."""
    found, into = _changed(unit_id), named_unit(body.pop("into_id"), "into_id")
    units.merge_unit(web.session(), web.actor(), found, into, version=version, **body)  # type: ignore[arg-type]
    return _done(into or found, f"{found.name} 已并入", f"{found.name_en} is part of it now")


@pages.get(f"{UNIT}/end")
@web.signed_in_only
def end_unit(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that notes the last day of a unit without successor."""
    return _form("end", _changed(unit_id), form)


@pages.post(f"{UNIT}/end")
@web.signed_in_only
@forms.submits(LastDayIn, end_unit, versioned=True)
def end_unit_now(body: dict[str, Any], unit_id: int, version: int) -> Response:
    """Ends it."""
    ended = units.end_unit(web.session(), web.actor(), _changed(unit_id), version=version, **body)
    return _done(ended, f"撤销已登记, 最后一天 {body['to_on']}", f"Its last day is {body['to_on']}")


@pages.get(f"{UNIT}/head")
@web.signed_in_only
def head(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that appoints a head."""
    _require_any("hr")
    found, today = _unit(unit_id), clock.today()
    auth.require_role(web.actor(), "hr", unit=found.id)
    heads = directory.heads_on(web.session(), [found.id or 0], today)
    return render_template("people/head.html", unit=found, head=heads.get(found.id or 0), form=form, today=today)


@pages.post(f"{UNIT}/head")
@web.signed_in_only
@forms.submits(HeadForm, head, creates=True)
def head_now(body: dict[str, Any], unit_id: int) -> Response:
    """Appoints the head of a unit from a day on, or leaves it without one."""
    _require_any("hr")
    session, number, found = web.session(), body["head_number"], _unit(unit_id)
    employee = directory.named_by(session, number, "head_number") if number else None
    units.appoint_head(session, web.actor(), found, employee, from_on=body["from_on"])
    return _done(found, "部门负责人已登记", "The head of the unit is noted")


def named_unit(unit_id: int | None, path: str) -> Unit | None:
    """The unit that a form names, or None where it names none. Raises Invalid with the field's name."""
    if unit_id is None:
        return None
    found = web.session().get(Unit, unit_id)
    if found is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_row", zh, en, [Fault(path, zh, en)])
    return found


def _form(what: str, found: Unit | None, form: Form, below: int | None = None) -> ResponseReturnValue:
    session, today = web.session(), clock.today()
    shown = {"what": what, "unit": found, "form": form, "below": below, "today": today}
    return render_template("people/unit_form.html", **shown, branches=directory.tree(session, today))


def _done(found: Unit, zh: str, en: str) -> Response:
    web.session().flush()
    return forms.done(url_for("people.unit", unit_id=found.id), zh, en)


def _unit(unit_id: int) -> Unit:
    found = web.session().get(Unit, unit_id)
    if found is None:
        raise NotFound()
    return found


def _changed(unit_id: int) -> Unit:
    """A unit, for who may change it. Raises NotFound, NotAllowed."""
    found = _unit(unit_id)
    auth.require_role(web.actor(), "hr", "admin", unit=found.id)
    return found


def _require_any(*roles: str) -> None:
    if not web.actor().holds(*roles):
        raise auth.for_others(*roles)
