"""Units with their heads, and the clerks who enter for those without account."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, web
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.forms import OPENED, Form
from appraisal.people import auth, clerks, directory, units
from appraisal.people.models import Clerk, Unit
from appraisal.people.schemas_organisation import ClerkForm, HeadForm, LastDayIn
from appraisal.people.views.blueprint import pages

UNIT = f"/people/units/<int(max={2**31 - 1}):unit_id>"
CLERK = f"/people/clerks/<int(max={2**31 - 1}):clerk_id>"


@pages.get("/people/units")
@web.signed_in_only
def all_units() -> ResponseReturnValue:
    """The units of today with their heads."""
    return render_template("people/units.html", branches=directory.tree(web.session(), clock.today()))


@pages.get(f"{UNIT}/head")
@web.signed_in_only
def head(unit_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that appoints a head."""
    unit, actor, today = _unit(unit_id), web.actor(), clock.today()
    auth.require_role(actor, "hr", unit=unit.id)
    heads = directory.heads_on(web.session(), [unit.id], today)
    return render_template("people/head.html", unit=unit, head=heads.get(unit.id), form=form, today=today)


@pages.post(f"{UNIT}/head")
@web.signed_in_only
@forms.submits(HeadForm, head, creates=True)
def head_now(body: dict[str, Any], unit_id: int) -> Response:
    """Appoints the head of a unit from a day on, or leaves it without one."""
    session, number = web.session(), body["head_number"]
    employee = directory.named_by(session, number, "head_number") if number else None
    units.appoint_head(session, web.actor(), _unit(unit_id), employee, from_on=body["from_on"])
    return forms.done(url_for("people.all_units"), "部门负责人已登记", "The head of the unit is noted")


@pages.get("/people/clerks")
@web.signed_in_only
def all_clerks(form: Form = OPENED) -> ResponseReturnValue:
    """The clerks, the latest first, and the form that appoints one."""
    session, today = web.session(), clock.today()
    order = (col(Clerk.from_on).desc(), col(Clerk.id).desc())
    found = session.exec(select(Clerk).where(clerks.seen(web.actor())).order_by(*order).limit(500)).all()
    people = directory.people_by_id(session, {one.employee_id for one in found})
    names = {unit.id: unit for unit in session.exec(select(Unit)).all()}
    return render_template(
        "people/clerks.html",
        found=[(one, people[one.employee_id], names[one.unit_id]) for one in found],
        form=form,
        branches=directory.tree(session, today),
        today=today,
        may=web.actor().holds("hr"),
    )


@pages.post("/people/clerks")
@web.signed_in_only
@forms.submits(ClerkForm, all_clerks, creates=True)
def appoint_clerk(body: dict[str, Any]) -> Response:
    """Appoints a clerk."""
    session, actor = web.session(), web.actor()
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    employee = directory.named_by(session, body.pop("clerk_number"), "clerk_number")
    unit = session.get(Unit, body.pop("unit_id"))
    if unit is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_row", zh, en, [Fault("unit_id", zh, en)])
    clerks.appoint_clerk(session, actor, employee, unit, **body)
    return forms.done(url_for("people.all_clerks"), f"{employee.name} 已任代录员", f"{employee.name} is a clerk now")


@pages.get(CLERK)
@web.signed_in_only
def clerk(clerk_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One appointment, and the form that ends it."""
    session, found = web.session(), _clerk(clerk_id)
    person = directory.people_by_id(session, {found.employee_id})[found.employee_id]
    unit = session.get_one(Unit, found.unit_id)
    may = web.actor().has("hr", unit=unit.id)
    shown = {"clerk": found, "person": person, "unit": unit, "form": form, "today": clock.today(), "may": may}
    return render_template("people/clerk.html", **shown)


@pages.post(CLERK)
@web.signed_in_only
@forms.submits(LastDayIn, clerk, versioned=True)
def dismiss_clerk(body: dict[str, Any], clerk_id: int, version: int) -> Response:
    """Notes a clerk's last day."""
    clerks.dismiss_clerk(web.session(), web.actor(), _clerk(clerk_id), version=version, **body)
    return forms.done(url_for("people.all_clerks"), "代录的末日已登记", "The clerk's last day is noted")


def _unit(unit_id: int) -> Unit:
    """A unit, for who is HR of any; the service decides of which. Raises NotFound, NotAllowed."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    unit = web.session().get(Unit, unit_id)
    if unit is None:
        raise NotFound()
    return unit


def _clerk(clerk_id: int) -> Clerk:
    found = select(Clerk).where(Clerk.id == clerk_id, clerks.seen(web.actor()))
    clerk = web.session().exec(found).one_or_none()
    if clerk is None:
        raise NotFound()
    return clerk
