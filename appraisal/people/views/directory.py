"""The directory, and one employee: posts, reporting lines, leave, history and cases, as far as one may know of them."""

from typing import Any

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, paging, web
from appraisal.people import auth, directory, queries
from appraisal.people.models import Account, Employee, Leave
from appraisal.people.schemas_organisation import DirectoryListing
from appraisal.people.views.blueprint import pages
from appraisal.results import table

EMPLOYEE = f"/people/<int(max={2**31 - 1}):employee_id>"
_ASKED_OF_CSV = ("number", "name", "unit_id", "supervisor_id", "current")
_EVERY_CASE = dict.fromkeys(("cycle_id", "unit_id", "step", "grade", "rated", "search")) | {"whose": "all"}


@pages.get("/people", endpoint="directory")
@web.signed_in_only
def all_people() -> ResponseReturnValue:
    """The people one may see, by unit, name or number."""
    session, actor, today = web.session(), web.actor(), clock.today()
    wanted = forms.asked(DirectoryListing)
    page = paging.paged(session, directory.found(session, actor, wanted), directory.BY_NUMBER, wanted)
    asked = {name: str(wanted[name]).lower() if name == "current" else wanted[name] for name in _ASKED_OF_CSV}
    return render_template(
        "people/directory.html",
        page=page.with_items(directory.shown(session, page.items)),
        units=directory.tree(session, today),
        wanted=wanted,
        today=today,
        csv=url_for("api_people.export_employees", **{name: value for name, value in asked.items() if value}),
    )


@pages.get(EMPLOYEE)
@web.signed_in_only
def employee(employee_id: int) -> ResponseReturnValue:
    """One employee."""
    session, actor, today = web.session(), web.actor(), clock.today()
    found = directory.find_employee(session, actor, employee_id)
    relations = auth.relations_to(session, actor, employee_id, today)
    sees_leave = not relations.isdisjoint(directory.SEE_LEAVE)
    leave = select(Leave).where(Leave.employee_id == employee_id).order_by(col(Leave.from_on).desc())
    account = select(Account.id).where(Account.employee_id == employee_id)
    return render_template(
        "people/employee.html",
        one=directory.shown(session, [found])[0],
        episodes=list(reversed(directory.history(session, found))),
        leave=session.exec(leave).all() if sees_leave else None,
        reports=queries.reports_of(session, employee_id, today),
        cases=_cases(employee_id),
        account_id=session.exec(account).one_or_none() if actor.has("admin", "auditor") else None,
        may_change="hr" in relations,
        today=today,
    )


def _cases(employee_id: int) -> list[dict[str, Any]]:
    session, actor = web.session(), web.actor()
    found = table.appraisals(session, actor, _EVERY_CASE).where(Employee.id == employee_id)
    rows = table.appraisal_rows(session, actor, session.execute(found.order_by(col(Employee.id))).all())
    way = "reviews.case" if "reviews.case" in current_app.view_functions else "results.result"
    return [row | {"address": url_for(way, appraisal_id=row["id"])} for row in rows]
