"""What HR changes of people: hired, corrected, placed, led, on leave, left. Each act is a page of its own with its form."""

from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import select

from appraisal import clock, forms, web
from appraisal.errors import Fault, Invalid
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.people import absence, auth, directory, mailing, service
from appraisal.people.models import Employee, Leave, Post, Unit
from appraisal.people.schemas_organisation import (
    CorrectionForm,
    HireForm,
    HoldingIn,
    LeaveIn,
    LeavingForm,
    NothingForm,
    SupervisorForm,
)
from appraisal.people.views.blueprint import pages
from appraisal.people.views.directory import EMPLOYEE

LEAVE = f"<int(max={2**31 - 1}):leave_id>"


@pages.get("/people/new")
@web.signed_in_only
def hire(form: Form = OPENED) -> ResponseReturnValue:
    """The form for somebody new."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    return render_template("people/hire.html", form=form, posts=_posts(), today=clock.today())


@pages.post("/people/new")
@web.signed_in_only
@forms.submits(HireForm, hire, creates=True)
def hire_now(body: dict[str, Any]) -> Response:
    """Hires somebody."""
    session, number = web.session(), body.pop("supervisor_number")
    post = _post(body.pop("post_id"))
    supervisor = directory.named_by(session, number, "supervisor_number") if number else None
    hired = service.hire_employee(session, web.actor(), post=post, supervisor=supervisor, **body)
    return _done(hired.id, f"{hired.name} 已入职", f"{hired.name} has been hired")


@pages.get(f"{EMPLOYEE}/correct")
@web.signed_in_only
def correct(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that corrects name, days and mail address."""
    return _page("correct", employee_id, form, email=_employee(employee_id).email)


@pages.post(f"{EMPLOYEE}/correct")
@web.signed_in_only
@forms.submits(CorrectionForm, correct, versioned=True)
def correct_now(body: dict[str, Any], employee_id: int, version: int) -> Response:
    """Corrects a name, the first day of work, the end of probation or a mail address."""
    session, actor, employee, email = web.session(), web.actor(), _employee(employee_id), body.pop("email")
    service.change_employee(session, actor, employee, version=version, **body)
    mailing.correct_address(session, actor, employee, email)
    return _done(employee_id, "已更正", "Corrected")


@pages.get(f"{EMPLOYEE}/post")
@web.signed_in_only
def transfer(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that gives somebody a post."""
    return _page("post", employee_id, form, posts=_posts())


@pages.post(f"{EMPLOYEE}/post")
@web.signed_in_only
@forms.submits(HoldingIn, transfer, creates=True)
def transfer_now(body: dict[str, Any], employee_id: int) -> Response:
    """Assigns a post from a day on, instead of those held or beside them."""
    post = _post(body.pop("post_id"))
    service.assign_post(web.session(), web.actor(), _employee(employee_id), post, **body)
    return _done(employee_id, "岗位已登记", "The post is noted")


@pages.get(f"{EMPLOYEE}/supervisor")
@web.signed_in_only
def supervise(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that assigns a supervisor."""
    return _page("supervisor", employee_id, form)


@pages.post(f"{EMPLOYEE}/supervisor")
@web.signed_in_only
@forms.submits(SupervisorForm, supervise, creates=True)
def supervise_now(body: dict[str, Any], employee_id: int) -> Response:
    """Assigns a supervisor from a day on."""
    session, employee = web.session(), _employee(employee_id)
    supervisor = directory.named_by(session, body["supervisor_number"], "supervisor_number")
    service.assign_supervisor(session, web.actor(), employee, supervisor, from_on=body["from_on"])
    return _done(
        employee_id, f"自 {body['from_on']} 起由 {supervisor.name} 直接领导", f"Reports to {supervisor.name} from then on"
    )


@pages.get(f"{EMPLOYEE}/leaving")
@web.signed_in_only
def leaving(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that notes the last day of work."""
    return _page("leaving", employee_id, form)


@pages.post(f"{EMPLOYEE}/leaving")
@web.signed_in_only
@forms.submits(LeavingForm, leaving, versioned=True)
def leaving_now(body: dict[str, Any], employee_id: int, version: int) -> Response:
    """Notes the last day of work, or takes it back."""
    service.end_employment(web.session(), web.actor(), _employee(employee_id), version=version, **body)
    if body["left_on"] is None:
        return _done(employee_id, "离职登记已撤回", "The last day of work is taken back")
    return _done(employee_id, "离职已登记", "The last day of work is noted")


@pages.get(f"{EMPLOYEE}/leave")
@web.signed_in_only
def leave(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that notes leave."""
    return _page("leave", employee_id, form, kinds=_kinds(), leave=None)


@pages.post(f"{EMPLOYEE}/leave")
@web.signed_in_only
@forms.submits(LeaveIn, leave, creates=True)
def leave_now(body: dict[str, Any], employee_id: int) -> Response:
    """Notes leave."""
    absence.note_leave(web.session(), web.actor(), _employee(employee_id), **body)
    return _done(employee_id, "请假已登记", "The leave is noted")


@pages.get(f"{EMPLOYEE}/leave/{LEAVE}")
@web.signed_in_only
def change_leave(employee_id: int, leave_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that corrects leave."""
    _employee(employee_id)
    return _page("leave", employee_id, form, kinds=_kinds(), leave=_leave(employee_id, leave_id))


@pages.post(f"{EMPLOYEE}/leave/{LEAVE}")
@web.signed_in_only
@forms.submits(LeaveIn, change_leave, versioned=True)
def change_leave_now(body: dict[str, Any], employee_id: int, leave_id: int, version: int) -> Response:
    """Corrects leave."""
    _employee(employee_id)
    found = _leave(employee_id, leave_id)
    absence.change_leave(web.session(), web.actor(), found, version=version, **body)
    return _done(employee_id, "请假已更正", "The leave is corrected")


@pages.post(f"{EMPLOYEE}/leave/{LEAVE}/cancel")
@web.signed_in_only
@forms.submits(NothingForm, change_leave, versioned=True)
def cancel_leave(body: dict[str, Any], employee_id: int, leave_id: int, version: int) -> Response:
    """Takes leave back that was never taken."""
    _employee(employee_id)
    absence.cancel_leave(web.session(), web.actor(), _leave(employee_id, leave_id), version=version)
    return _done(employee_id, "请假已撤销", "The leave is taken back")


def _page(what: str, employee_id: int, form: Form, **more: Any) -> ResponseReturnValue:
    session, found = web.session(), _employee(employee_id)
    shown = directory.shown(session, [found])[0]
    asked = {"posts": (), "kinds": (), "leave": None, "email": None} | more
    return render_template("people/change.html", what=what, one=shown, form=form, today=clock.today(), **asked)


def _done(employee_id: int, zh: str, en: str) -> Response:
    return forms.done(url_for("people.employee", employee_id=employee_id), zh, en)


def _employee(employee_id: int) -> Employee:
    """Somebody whose file the actor handles. Raises NotFound, NotAllowed."""
    session, actor = web.session(), web.actor()
    found = directory.find_employee(session, actor, employee_id)
    auth.require_hr_of(session, actor, found)
    return found


def _leave(employee_id: int, leave_id: int) -> Leave:
    return directory.find_leave(web.session(), web.actor(), employee_id, leave_id)


def _post(post_id: int | None) -> Post | None:
    if post_id is None:
        return None
    post = web.session().get(Post, post_id)
    if post is None:
        zh, en = "没有这个岗位", "there is no such post"
        raise Invalid("unknown_row", zh, en, [Fault("post_id", zh, en)])
    return post


def _posts() -> Sequence[tuple[int, str]]:
    """The posts by unit, as a form offers them."""
    zh = web.language() == "zh"
    found = select(Post, Unit).join(Unit, Unit.id == Post.unit_id).order_by(Unit.code, Post.code)  # type: ignore[arg-type]
    rows = web.session().exec(found).all()
    return [
        (post.id or 0, f"{unit.name if zh else unit.name_en} · {post.title if zh else post.title_en}") for post, unit in rows
    ]


def _kinds() -> list[tuple[str, str]]:
    return [(code, web.said(label("leave", code))) for code in codes("leave")]
