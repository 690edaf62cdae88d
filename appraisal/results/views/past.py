"""Grades from before the system: what has been imported, and a file of more of them."""

from typing import Any

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, or_, select

from appraisal import clock, forms, paging, spreadsheets, uploads, web
from appraisal.fields import Line, Listing
from appraisal.forms import OPENED, Form
from appraisal.people import auth, directory
from appraisal.people.models import Employee
from appraisal.results import past_grades as service
from appraisal.results.models import PastGradeImport
from appraisal.results.schemas import PastGradeIn
from appraisal.results.views.blueprint import PAST_FILE, pages, require
from appraisal.uploads import SkippingIn, TableIn

SHOWN = 200
READING = ("hr", "auditor")


class PastPage(Listing):
    search = Line(80, load_default=None)


class OneGradeForm(PastGradeIn):
    """One grade, of somebody by their number."""

    class Meta(PastGradeIn.Meta):
        exclude = ("employee_id",)

    number = Line(40, required=True)


@pages.get("/hr/past-grades", endpoint="past_grades")
@web.signed_in_only
def list_past_grades(form: Form = OPENED) -> ResponseReturnValue:
    """The grades that have been imported, of everybody the actor handles."""
    require(*READING)
    asked = forms.asked(PastPage)
    seen = auth.seen_employees(web.session(), web.actor(), clock.today(), READING)
    found = select(PastGradeImport, Employee).join(Employee, col(Employee.id) == PastGradeImport.employee_id).where(seen)
    if asked["search"]:
        part = asked["search"]
        named = (col(Employee.number).contains(part, autoescape=True), col(Employee.name).contains(part, autoescape=True))
        found = found.where(or_(*named))
    page = paging.paged(web.session(), found, [(PastGradeImport.id, "desc")], asked)
    shown = {"page": page, "rows": page.items, "asked": asked, "form": form, "imports": web.actor().holds("hr")}
    return render_template("results/past_grades.html", **shown)


@pages.post("/hr/past-grades")
@web.signed_in_only
@forms.submits(OneGradeForm, again=list_past_grades, creates=True)
def enter_past_grade(body: dict[str, Any]) -> Response:
    """Enters one grade from before the system."""
    require("hr")
    session = web.session()
    employee_id = directory.id_of(session, body.pop("number"), "number")
    entered = service.import_past_grade(session, web.actor(), employee_id, **body)
    zh, en = f"已录入 {entered.period} 的等级 {entered.grade}", f"The grade {entered.grade} of {entered.period} is entered"
    return forms.done(url_for("results.past_grades"), zh, en)


@pages.get("/hr/past-grades/import")
@web.signed_in_only
def choose_past_grades(form: Form | None = None) -> ResponseReturnValue:
    """The form that takes the file."""
    require("hr")
    return render_template("results/past_import.html", form=form or Form())


@pages.post("/hr/past-grades/import")
@web.signed_in_only
@forms.submits(TableIn, again=choose_past_grades)
@uploads.takes_file
def take_past_grades(body: dict[str, Any]) -> Response:
    """Keeps a file that can be read, and goes on to what it would do."""
    require("hr")
    spreadsheets.read(body["file"].name, body["file"].content, service.COLUMNS)
    kept = uploads.keep_table(web.session(), web.actor(), body["file"])
    return redirect(url_for("results.look_at_past_grades", file_id=kept.id), 303)  # type: ignore[return-value]


@pages.get(PAST_FILE)
@web.signed_in_only
def look_at_past_grades(file_id: int, form: Form | None = None) -> ResponseReturnValue:
    """What importing it would do."""
    require("hr")
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    plan = service.preview_past_grades(web.session(), web.actor(), name, content)
    ids = {one.employee_id for one in plan.new[:SHOWN]}
    people = {one.id: one for one in web.session().exec(select(Employee).where(col(Employee.id).in_(ids)))}
    shown = {"name": name, "file_id": file_id, "plan": plan, "people": people, "form": form or Form(), "most": SHOWN}
    return render_template("results/past_preview.html", **shown)


@pages.post(PAST_FILE)
@web.signed_in_only
@forms.submits(SkippingIn, again=look_at_past_grades, creates=True)
def import_past_grades(body: dict[str, Any], file_id: int) -> Response:
    """Imports it; what is left out is shown again on the same page."""
    require("hr")
    session, actor = web.session(), web.actor()
    name, content = uploads.table_again(session, actor, file_id)
    given = {"file_id": file_id, "skip_faulty": body["skip_faulty"]}
    if (later := uploads.in_background(session, actor, content, "results.import_past_grades", given)) is not None:
        return later
    done = service.import_past_grades(session, actor, name, content, **body)
    zh = f"导入 {len(done.new)} 条历史等级, 原已相同 {done.unchanged} 条, 未导入 {len(done.faults)} 处"
    en = f"{len(done.new)} grades imported, {done.unchanged} there already, {len(done.faults)} left out"
    back = url_for("results.look_at_past_grades", file_id=file_id) if done.faults else url_for("results.past_grades")
    return forms.done(back, zh, en)


@pages.get(f"{PAST_FILE}/to-mend.csv")
@web.signed_in_only
def past_grades_to_mend(file_id: int) -> ResponseReturnValue:
    """The rows that were refused, with what to mend."""
    require("hr")
    name, content = uploads.table_again(web.session(), web.actor(), file_id)
    plan = service.preview_past_grades(web.session(), web.actor(), name, content)
    return uploads.to_mend(name, content, plan.faults)
