"""The clerks who enter for those without account: appointed and dismissed by HR of the unit."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, web
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.forms import OPENED, Form
from appraisal.people import auth, clerks, directory
from appraisal.people.models import Clerk, Unit
from appraisal.people.schemas_organisation import ClerkForm, LastDayIn
from appraisal.people.views.blueprint import pages

CLERK = f"/people/clerks/<int(max={2**31 - 1}):clerk_id>"


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


def _clerk(clerk_id: int) -> Clerk:
    found = select(Clerk).where(Clerk.id == clerk_id, clerks.seen(web.actor()))
    clerk = web.session().exec(found).one_or_none()
    if clerk is None:
        raise NotFound()
    return clerk
