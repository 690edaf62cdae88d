"""Endpoints of employees: the directory as one may see it, hiring to leaving, supervisors, posts, leave, lists of people."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlmodel import select

from appraisal import cells, paging, rest
from appraisal.core.numbers import plain
from appraisal.people import absence, auth, directory, importing, service
from appraisal.people.api.organisation import named, require_any, required
from appraisal.people.import_model import PersonPlan
from appraisal.people.models import Employee, Leave, Post
from appraisal.people.schemas_organisation import (
    EmployeeChange,
    EmployeeFilter,
    EmployeeIn,
    EmployeeListing,
    EmployeeOut,
    HistoryOut,
    HoldingIn,
    LeaveIn,
    LeaveOut,
    LeavingIn,
    PeopleListForm,
    PeopleListOut,
    SupervisorIn,
)

SHOWN = 200
HEADINGS = (
    "工号",
    "姓名",
    "入职日期",
    "试用期至",
    "离职日期",
    "直接上级工号",
    "直接上级",
    "部门",
    "岗位",
    "制度岗位",
    "任职比例",
)

endpoints = rest.Endpoints("people", "人员 · Employees: hired, placed, led, on leave, left; lists of people")


@endpoints.get("/employees", EmployeeListing, out=rest.page_of(EmployeeOut))
def list_employees(query: dict[str, Any]) -> rest.Page:
    """The people one may see, by number

    Oneself, those one leads or whose unit one heads; for HR, payroll, auditors and administrators everybody or their part.
    """
    page = rest.paged(rest.session(), directory.found(rest.session(), rest.actor(), query), directory.BY_NUMBER, query)
    return page.with_items(_shown(page.items))


@endpoints.get("/employees/file.csv", EmployeeFilter, content="text/csv")
def export_employees(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV), whole

    At most 50 000 rows.
    """
    found = directory.found(rest.session(), rest.actor(), query)
    rows = paging.in_parts(paging.whole(rest.session(), found, directory.BY_NUMBER), _shown)
    return rest.download("employees.csv", "text/csv", cells.as_csv(HEADINGS, map(_cells, rows)))


@endpoints.get("/employees/<int:employee_id>", out=EmployeeOut)
def show_employee(employee_id: int) -> dict[str, Any]:
    """One employee with supervisor and posts."""
    return _shown([_employee(employee_id)])[0]


@endpoints.get("/employees/<int:employee_id>/history", out=HistoryOut)
def show_history(employee_id: int) -> dict[str, Any]:
    """Supervisors, posts, offices and delegations of one employee, the earliest first."""
    return {"episodes": directory.history(rest.session(), _employee(employee_id))}


@endpoints.post("/employees", EmployeeIn, out=EmployeeOut, creates=True)
def hire_employee(body: dict[str, Any]) -> dict[str, Any]:
    """Hire somebody; HR of a unit into one of its posts."""
    require_any("hr")
    post, supervisor = named(Post, body.pop("post_id"), "post_id"), named(Employee, body.pop("supervisor_id"), "supervisor_id")
    hired = service.hire_employee(rest.session(), rest.actor(), post=post, supervisor=supervisor, **body)
    return _shown([hired])[0]


@endpoints.put("/employees/<int:employee_id>", EmployeeChange, out=EmployeeOut, of=show_employee)
def change_employee(body: dict[str, Any], employee_id: int, version: int) -> dict[str, Any]:
    """Correct a name, the first day of work or the end of probation."""
    service.change_employee(rest.session(), rest.actor(), _employee(employee_id), version=version, **body)
    return show_employee(employee_id)


@endpoints.post("/employees/<int:employee_id>/leaving", LeavingIn, out=EmployeeOut, of=show_employee)
def end_employment(body: dict[str, Any], employee_id: int, version: int) -> dict[str, Any]:
    """Note the last day of work, or take it back."""
    service.end_employment(rest.session(), rest.actor(), _employee(employee_id), version=version, **body)
    return show_employee(employee_id)


@endpoints.post("/employees/<int:employee_id>/supervisor", SupervisorIn, out=EmployeeOut, creates=True)
def assign_supervisor(body: dict[str, Any], employee_id: int) -> dict[str, Any]:
    """Assign a supervisor from a day on; a loop of reporting lines is refused."""
    employee, supervisor = _of_hr(employee_id), required(Employee, body["supervisor_id"], "supervisor_id")
    service.assign_supervisor(rest.session(), rest.actor(), employee, supervisor, from_on=body["from_on"])
    return show_employee(employee_id)


@endpoints.post("/employees/<int:employee_id>/posts", HoldingIn, out=EmployeeOut, creates=True)
def assign_post(body: dict[str, Any], employee_id: int) -> dict[str, Any]:
    """Assign a post from a day on, instead of those held or beside them."""
    employee, post = _of_hr(employee_id), required(Post, body.pop("post_id"), "post_id")
    service.assign_post(rest.session(), rest.actor(), employee, post, **body)
    return show_employee(employee_id)


@endpoints.get("/employees/<int:employee_id>/leave", rest.Listing, out=rest.page_of(LeaveOut))
def list_leave(query: dict[str, Any], employee_id: int) -> rest.Page:
    """Somebody's leave, the latest first: for themselves, those they report to, HR and auditors."""
    directory.require_leave_seen(rest.session(), rest.actor(), employee_id)
    found = select(Leave).where(Leave.employee_id == employee_id)
    return rest.paged(rest.session(), found, [(Leave.from_on, "desc"), (Leave.id, "desc")], query)


@endpoints.get("/employees/<int:employee_id>/leave/<int:leave_id>", out=LeaveOut)
def show_leave(employee_id: int, leave_id: int) -> Leave:
    """One span of leave."""
    return directory.find_leave(rest.session(), rest.actor(), employee_id, leave_id)


@endpoints.post("/employees/<int:employee_id>/leave", LeaveIn, out=LeaveOut, creates=True)
def note_leave(body: dict[str, Any], employee_id: int) -> Leave:
    """Note leave."""
    return absence.note_leave(rest.session(), rest.actor(), _employee(employee_id), **body)


@endpoints.put("/employees/<int:employee_id>/leave/<int:leave_id>", LeaveIn, out=LeaveOut, of=show_leave)
def change_leave(body: dict[str, Any], employee_id: int, leave_id: int, version: int) -> Leave:
    """Correct leave."""
    leave = show_leave(employee_id, leave_id)
    return absence.change_leave(rest.session(), rest.actor(), leave, version=version, **body)


@endpoints.delete("/employees/<int:employee_id>/leave/<int:leave_id>", of=show_leave)
def cancel_leave(employee_id: int, leave_id: int, version: int) -> None:
    """Take leave back that was never taken."""
    leave = show_leave(employee_id, leave_id)
    absence.cancel_leave(rest.session(), rest.actor(), leave, version=version)


@endpoints.post("/employees/import", PeopleListForm, out=PeopleListOut, plain=True, upload=True)
def import_employees(form: dict[str, Any]) -> dict[str, Any]:
    """Import people from a CSV or XLSX file, for HR

    Columns: 工号, 姓名, 入职日期, 试用期至, 离职日期, 部门代码, 部门, 上级部门代码, 上级部门, 岗位代码, 岗位, 制度岗位,
    任职比例, 直接上级工号, 生效日期. Blank cells change nothing. All rows or none, unless `skip_faulty`; with `preview` nothing
    is written. The same file may be sent again: what is so already is left alone.
    """
    importing.require_importer(rest.actor())
    file: rest.Upload = form["file"]
    table = importing.read_people(file.name, file.content)
    if form["preview"]:
        done = importing.preview_people(rest.session(), rest.actor(), table)
    else:
        skip = form["skip_faulty"]
        done = importing.import_people(rest.session(), rest.actor(), table, source=file.name, skip_faulty=skip)
    moved = [one for one in done.people if one.outcome != "unchanged"]
    return {
        "preview": form["preview"],
        **{outcome: done.counted(outcome) for outcome in ("created", "changed", "unchanged")},
        "faulty_rows": done.faulty_rows,
        "new_units": done.new_units[:SHOWN],
        "new_posts": done.new_posts[:SHOWN],
        "people": [_planned(one) for one in moved[:SHOWN]],
        "faults": [{"path": fault.path, "message": fault} for fault in done.faults[:SHOWN]],
    }


def _employee(employee_id: int) -> Employee:
    return directory.find_employee(rest.session(), rest.actor(), employee_id)


def _of_hr(employee_id: int) -> Employee:
    employee = _employee(employee_id)
    auth.require_hr_of(rest.session(), rest.actor(), employee)
    return employee


def _planned(one: PersonPlan) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("row", "number", "name", "outcome", "changes")}


def _shown(employees: Sequence[Employee]) -> list[dict[str, Any]]:
    return directory.shown(rest.session(), employees)


def _cells(one: dict[str, Any]) -> list[object]:
    above, posts = one["supervisor"], one["posts"]
    own = [one[name] for name in ("number", "name", "joined_on", "probation_until", "left_on")]
    places = ["; ".join(held[name] for held in posts) for name in ("unit", "title", "policy_post")]
    shares = "; ".join(plain(held["share"]) for held in posts)
    return [*own, above.number if above else None, above.name if above else None, *places, shares]
