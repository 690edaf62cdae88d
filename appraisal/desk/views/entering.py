"""Entering for somebody without an account: a clerk's people, beginning with one of them and the paper, and ending (D-21)."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import audit, clock, entering, files, forms, paging, uploads, web
from appraisal.actor import Actor
from appraisal.core.workflow import find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal
from appraisal.desk import tasks
from appraisal.desk.views.blueprint import pages
from appraisal.entering import Entry
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.fields import File, Flag, In, Line, Listing
from appraisal.forms import OPENED, Form
from appraisal.people import clerks, directory
from appraisal.people.models import Employee

SOMEBODY = f"/entering/<int(max={2**31 - 1}):employee_id>"


class PeopleListing(Listing):
    """Which of one's people, by a part of the number or name."""

    q = Line(80, load_default=None)


class BeginIn(In):
    """The scan of what they have signed; with `only_looking` nothing can be entered, and none is needed."""

    scan = File(load_default=None)
    only_looking = Flag(load_default=False)


class EndIn(In):
    """That it ends."""


@pages.get("/entering", endpoint="entering")
@web.signed_in_only
def entered_people() -> ResponseReturnValue:
    """Those for whom one enters, and where each stands in the cycles that run."""
    session, wanted = web.session(), forms.asked(PeopleListing)
    found = clerks.entered_for(session, web.actor())
    if wanted["q"] is not None:
        found = found.where(directory.has_part(wanted["q"]))
    page = paging.paged(session, found, directory.BY_NUMBER, wanted)
    _, held = directory.placed(session, page.items)
    steps = _steps([one.id for one in page.items])
    rows = [(one, held.get(one.id, ()), steps.get(one.id, ())) for one in page.items]
    return render_template("desk/entering.html", page=page.with_items(rows), wanted=wanted, today=clock.today())


@pages.get(SOMEBODY)
@web.signed_in_only
def enter_for(employee_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One of them: what waits for them, and the form that begins."""
    one = _one(employee_id)
    waiting = tasks.waiting_for(web.session(), _as_them(one))
    _, held = directory.placed(web.session(), [one])
    shown = {"one": one, "held": held.get(one.id, ()), "waiting": waiting, "form": form, "today": clock.today()}
    return render_template("desk/enter_for.html", **shown, running=entering.begun())


@pages.post(SOMEBODY)
@web.signed_in_only
@uploads.takes_file
@forms.submits(BeginIn, again=enter_for)
def begin_entering(body: dict[str, Any], employee_id: int) -> Response:
    """Begins with somebody, and with the paper that they have signed; on to their pages."""
    session, actor, one, scan = web.session(), web.actor(), _one(employee_id), body["scan"]
    if body["only_looking"]:
        entry = Entry(employee_id, one.number, one.name)
    elif scan is None or not scan.content:
        zh, en = "请附上签字原件的扫描件", "attach the scan of the signed paper"
        raise Invalid("scan_needed", zh, en, [Fault("scan", zh, en)])
    else:
        kept = files.keep(session, actor, name=scan.name, content=scan.content, media_type=scan.media_type)
        entry = Entry(employee_id, one.number, one.name, kept.id, kept.name)
        audit.record(session, actor, "clerk.begin", "employee", one.id, after={"scan": kept.sha256, "file_id": kept.id})
    entering.begin(entry)
    if entry.file_id is None:
        return forms.done(f"{entry.address}/", f"正在查看 {one.name} 的页面", f"You are looking at {one.name}'s pages")
    return forms.done(f"{entry.address}/", f"现在为 {one.name} 代录", f"You now enter for {one.name}")


@pages.post("/entering/end")
@web.signed_in_only
@forms.submits(EndIn, again=lambda form: entered_people())
def end_entering(body: dict[str, Any]) -> Response:
    """Ends it: from here on one is oneself again, in every window."""
    entry = entering.begun()
    entering.end()
    if entry is None:
        return forms.done(url_for("desk.home"), "没有进行中的代录", "You were entering for nobody")
    if entry.file_id is not None:
        after = {"file_id": entry.file_id}
        audit.record(web.session(), web.actor(), "clerk.end", "employee", entry.employee_id, after=after)
    return forms.done(url_for("desk.home"), f"为 {entry.name} 的代录已结束", f"You enter for {entry.name} no more")


def _one(employee_id: int) -> Employee:
    """One of the clerk's people. Raises NotFound, NotAllowed."""
    found = clerks.entered_for(web.session(), web.actor()).where(Employee.id == employee_id)
    one: Employee | None = web.session().exec(found).one_or_none()
    if one is None:
        raise NotFound()
    return one


def _as_them(one: Employee) -> Actor:
    me = web.actor()
    return Actor(me.account_id, one.id, me.name, frozenset({"employee"}), on_behalf_of=one.id)


def _steps(employee_ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    """For each the cases in cycles that run: the cycle, the step's name and its last day, for all cycles at once."""
    session = web.session()
    running = cycles.open_cycles(session)
    asked = select(Appraisal).where(col(Appraisal.employee_id).in_(employee_ids), col(Appraisal.rated).is_(True))
    cases = session.exec(asked.where(col(Appraisal.cycle_id).in_([one.id for one in running]))).all()
    due = cycles.due_dates_in(session, running, cases)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for cycle in running:
        workflow = cycles.policy_of(session, cycle).workflow
        for one in cases:
            if one.cycle_id == cycle.id:
                found.setdefault(one.employee_id, []).append((cycle, find_step(workflow, one.step).name, due[one.id or 0]))
    return found
