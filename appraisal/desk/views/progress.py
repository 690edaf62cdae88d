"""The control room: how far a cycle has come, its cases, and what HR does about many of them at once."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, clock, forms, paging, web
from appraisal.core.errors import Message
from appraisal.cycles import deadlines, extending, reassigning, service
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, OPEN, Cycle
from appraisal.cycles.schemas import ExtensionIn, ReminderIn
from appraisal.desk import cases, progress, shell, standing
from appraisal.desk.schemas import CasesFilter, CasesListing, ReassigningIn
from appraisal.desk.views.blueprint import pages
from appraisal.errors import NotFound
from appraisal.forms import Form
from appraisal.people import auth, directory
from appraisal.people import queries as people
from appraisal.results import exports, table

CYCLE = f"/hr/cycles/<int(max={2**31 - 1}):cycle_id>"
SHOWN = 50


@pages.get("/hr/progress", endpoint="progress")
@web.signed_in_only
def progress_in_hand() -> ResponseReturnValue:
    """How far the cycle in hand has come."""
    _require_overseer()
    return _progress(shell.cycle_in_hand())


@pages.get(f"{CYCLE}/progress")
@web.signed_in_only
def cycle_progress(cycle_id: int) -> ResponseReturnValue:
    """How far one cycle has come."""
    _require_overseer()
    return _progress(_opened(cycle_id))


@pages.get("/hr/cases", endpoint="cases")
@web.signed_in_only
def list_cases() -> ResponseReturnValue:
    """The cases of the cycle in hand, a page at a time."""
    _require_overseer()
    session, actor, cycle, asked = web.session(), web.actor(), _in_hand(), forms.asked(CasesListing)
    if cycle is None:
        return render_template("desk/cases.html", cycle=None)
    order = table.order({"cycle_id": cycle.id})
    page = paging.paged(session, cases.cases_found(session, actor, cycle, asked), order, asked)
    rows = table.appraisal_rows(session, actor, page.items)
    policy = cycles.policy_of(session, cycle)
    shown = {"cycle": cycle, "page": page, "rows": rows, "asked": asked, "today": clock.today(), "page_of": standing.page_of}
    shown |= {"grades": policy.grades.bands, "steps": policy.workflow.steps}
    return render_template("desk/cases.html", **shown, **_places(cycle))


@pages.get("/hr/cases/file.csv")
@web.signed_in_only
def cases_file() -> ResponseReturnValue:
    """The same cases as a table, whole."""
    _require_overseer()
    session, actor, asked, cycle = web.session(), web.actor(), forms.asked(CasesFilter), _in_hand()
    if cycle is None:
        raise NotFound()
    found = paging.whole(session, cases.cases_found(session, actor, cycle, asked), table.order({"cycle_id": cycle.id}))
    rows = paging.in_parts(found, lambda part: table.appraisal_rows(session, actor, part))
    answer = make_response(cells.as_csv(exports.APPRAISAL_HEADINGS, map(exports.appraisal_cells, rows)))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{cycle.code}-cases.csv"'
    return answer


@pages.get(f"{CYCLE}/remind")
@web.signed_in_only
def remind(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """Who would be reminded of what, before anybody is."""
    cycle, chosen, more = _chosen(cycle_id)
    return _act("desk/remind.html", cycle, form, more, reminders=cases.reminders(web.session(), cycle, chosen))


@pages.post(f"{CYCLE}/remind")
@web.signed_in_only
@forms.submits(ReminderIn, again=remind)
def remind_now(body: dict[str, Any], cycle_id: int) -> Response:
    """Reminds whoever these cases wait for."""
    done = deadlines.remind(web.session(), web.actor(), _opened(cycle_id), **body)
    return forms.done(_back(cycle_id), *cases.told(done))


@pages.get(f"{CYCLE}/extend")
@web.signed_in_only
def extend(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """A longer time for a step: for all, for a unit, or for the cases chosen."""
    cycle = _for_hr(cycle_id)
    ids = _ids()
    chosen, more = cases.cases_chosen(web.session(), web.actor(), cycle, {}, ids) if ids else ([], 0)
    given = cycles.extensions_of(web.session(), cycle)
    return _act("desk/extend.html", cycle, form, more, chosen=chosen, given=given, **_places(cycle), **_steps(cycle))


@pages.post(f"{CYCLE}/extend")
@web.signed_in_only
@forms.submits(ExtensionIn, again=extend, creates=True)
def extend_now(body: dict[str, Any], cycle_id: int) -> Response:
    """Lets a step take longer."""
    done = extending.extend_deadline(web.session(), web.actor(), _opened(cycle_id), **body)
    return forms.done(_back(cycle_id), *cases.told(done))


@pages.get(f"{CYCLE}/reassign")
@web.signed_in_only
def reassign(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """Another supervisor for the cases chosen, or for all that one has in hand."""
    cycle = _for_hr(cycle_id)
    ids = _ids()
    chosen, more = cases.cases_chosen(web.session(), web.actor(), cycle, {}, ids) if ids else ([], 0)
    acting = cycles.supervisors_of(web.session(), cycle)
    supervisors = sorted({(one.number, f"{one.number} {one.name}") for one in acting.values()})
    return _act("desk/reassign.html", cycle, form, more, chosen=chosen, supervisors=supervisors)


@pages.post(f"{CYCLE}/reassign")
@web.signed_in_only
@forms.submits(ReassigningIn, again=reassign, creates=True)
def reassign_now(body: dict[str, Any], cycle_id: int) -> Response:
    """Gives them to another supervisor, with everything entered so far."""
    cycle, session = _for_hr(cycle_id), web.session()
    who = {"supervisor_id": directory.id_of(session, body["supervisor"], "supervisor")}
    if body["from_supervisor"] is not None:
        who["from_supervisor_id"] = directory.id_of(session, body["from_supervisor"], "from_supervisor")
    kept = {name: body[name] for name in ("reason", "appraisal_ids")}
    return forms.done(_back(cycle_id), *cases.told(reassigning.reassign(session, web.actor(), cycle, **who, **kept)))


@pages.get(f"{CYCLE}/sign-off")
@web.signed_in_only
def sign_off(cycle_id: int) -> ResponseReturnValue:
    """Lists to be signed on paper, one for each unit (D-21)."""
    _require_overseer()
    cycle, asked = _opened(cycle_id), forms.asked(CasesFilter)
    session, actor = web.session(), web.actor()
    found = paging.whole(
        session, cases.cases_found(session, actor, cycle, asked | {"rated": True}), table.order({"cycle_id": cycle_id})
    )
    by_unit: dict[int, list[dict[str, Any]]] = {}
    for row in table.appraisal_rows(session, actor, found):
        by_unit.setdefault(row["places"][-1]["unit_id"] if row["places"] else 0, []).append(row)
    shown = {"cycle": cycle, "lists": list(by_unit.values()), "asked": asked, "today": clock.today()}
    return render_template(
        "desk/sign_off.html", **shown, **_places(cycle), grades=cycles.policy_of(session, cycle).grades.bands
    )


def _progress(cycle: Cycle | None) -> ResponseReturnValue:
    if cycle is None:
        return render_template("desk/progress.html", progress=None)
    asked = forms.asked(CasesFilter)
    found = progress.progress_of(web.session(), web.actor(), cycle, asked["unit_id"])
    acts = web.actor().holds("hr") and cycle.status == OPEN
    return render_template("desk/progress.html", progress=found, cycle=cycle, acts=acts)


def _act(page: str, cycle: Cycle, form: Form | None, more: int, **values: Any) -> ResponseReturnValue:
    shown = {"cycle": cycle, "form": form or Form(), "more": more, "back": _back(cycle.id or 0), "today": clock.today()}
    return render_template(page, **shown, **values, this=request.full_path.rstrip("?"), shown=SHOWN)


def _chosen(cycle_id: int) -> tuple[Cycle, list[Any], int]:
    cycle = _for_hr(cycle_id)
    chosen, more = cases.cases_chosen(web.session(), web.actor(), cycle, forms.asked(CasesFilter), _ids())
    return cycle, chosen, more


def _ids() -> list[int]:
    """The cases ticked in the list, which come in the address."""
    return [int(one) for one in request.args.getlist("id") if one.isascii() and one.isdigit() and len(one) < 10]


def _require_overseer() -> None:
    if not web.actor().holds("hr", "auditor"):
        raise auth.for_others("hr", "auditor")


def _in_hand() -> Cycle | None:
    return shell.cycle_in_hand()


def _opened(cycle_id: int) -> Cycle:
    cycle = service.find_cycle(web.session(), web.actor(), cycle_id)
    if cycle.status == DRAFT:
        raise NotFound()
    return cycle


def _for_hr(cycle_id: int) -> Cycle:
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    return _opened(cycle_id)


def _back(cycle_id: int) -> str:
    return url_for("desk.cycle_progress", cycle_id=cycle_id)


def _places(cycle: Cycle) -> dict[str, Any]:
    """The units of a cycle, to choose among."""
    found = people.units_within(web.session(), cycle.unit_id)
    return {"units": [(one.id, web.said(Message(one.name, one.name_en))) for one in found]}


def _steps(cycle: Cycle) -> dict[str, Any]:
    steps = cycles.policy_of(web.session(), cycle).workflow.steps
    return {"steps": [(one.id, web.said(one.name)) for one in steps if not one.final]}
