"""Calibration: the sessions of the cycle in hand, and the board on which grades are looked at side by side."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, paging, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN as RUNNING
from appraisal.cycles.models import Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.fields import Id, In, Line, Listing
from appraisal.forms import Form
from appraisal.labels import label
from appraisal.people import queries as people
from appraisal.people.models import Unit
from appraisal.reports.queries import cycle_name, step_name
from appraisal.results import board, populations
from appraisal.results import calibration as service
from appraisal.results.models import OPEN, Calibration
from appraisal.results.schemas import ClosingIn, ProposalIn
from appraisal.results.views.blueprint import CALIBRATION, cycle_in_hand, pages


class MeetingIn(In):
    unit_id = Id(allow_none=True, load_default=None)
    name = Line(120, required=True)


@pages.get("/hr/calibration")
@web.signed_in_only
def calibrations(form: Form | None = None) -> ResponseReturnValue:
    """The sessions of the cycle in hand, and a form to open another."""
    cycle = cycle_in_hand(*service.READING)
    if cycle is None:
        return render_template("results/calibrations.html", cycle=None)
    session, actor = web.session(), web.actor()
    found = service.readable(session, actor).where(Calibration.cycle_id == cycle.id)
    page = paging.paged(session, found, [(Calibration.id, "desc")], forms.asked(Listing))
    units = {one.id: {"zh": one.name, "en": one.name_en} for one in people.units_within(session)}
    policy = cycles.policy_of(session, cycle)
    shown = {"cycle": cycle, "name": cycle_name(cycle), "page": page, "units": units, "form": form or Form()}
    shown |= {"calibrates": _calibrates(cycle), "opens_one": actor.holds("hr") and cycle.status == RUNNING}
    return render_template("results/calibrations.html", **shown, limits=policy.distribution)


@pages.post("/hr/calibration")
@web.signed_in_only
@forms.submits(MeetingIn, again=calibrations, creates=True)
def open_calibration(body: dict[str, Any]) -> Response:
    """Opens a session for the cycle in hand, or for a unit of it and all below."""
    cycle, session = cycle_in_hand(*service.READING), web.session()
    if cycle is None:
        raise NotFound()
    unit = None if body["unit_id"] is None else session.get(Unit, body["unit_id"])
    if body["unit_id"] is not None and unit is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_row", zh, en, [Fault("unit_id", zh, en)])
    made = service.open_calibration(session, web.actor(), cycle, name=body["name"], unit=unit)
    return forms.done(url_for("results.calibration", calibration_id=made.id), "校准会已开启", "The session is open")


@pages.get(CALIBRATION)
@web.signed_in_only
def calibration(calibration_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The board: everybody with the computed grade, where they would stand, and what is impossible."""
    session, actor = web.session(), web.actor()
    meeting, cycle = service.find_calibration(session, actor, calibration_id)
    policy = cycles.policy_of(session, cycle)
    members = populations.members_of(session, meeting, cycle)
    is_part = actor.employee_id in {one.employee_id for one in members}
    # What is counted would tell whoever is looked at what is said of them (D-23).
    groups = [] if is_part else populations.groups_of(session, policy, members)
    others = [one for one in members if one.employee_id != actor.employee_id]
    at = populations.step_of(policy)
    works = meeting.status == OPEN and actor.has("hr", unit=meeting.unit_id or cycle.unit_id)
    shown = {"meeting": meeting, "cycle": cycle, "name": cycle_name(cycle), "at": at, "works": works, "form": form or Form()}
    shown |= {
        "boards": board.boards_of(policy, others, groups),
        "status": label("feedback_status", meeting.status),
    }
    shown |= {"moved": sum(one.proposed_grade not in (None, one.computed_grade) for one in others), "all": len(members)}
    steps = {one.id: step_name(policy, one.id) for one in policy.workflow.steps}
    return render_template("results/calibration.html", **shown, bands=policy.bands, steps=steps, is_part=is_part)


@pages.post(f"{CALIBRATION}/proposals")
@web.signed_in_only
@forms.submits(ProposalIn, again=calibration, creates=True)
def propose(body: dict[str, Any], calibration_id: int) -> Response:
    """Moves somebody to another grade, with the reason."""
    service.propose_grade(web.session(), web.actor(), calibration_id, **body)
    back = url_for("results.calibration", calibration_id=calibration_id, _anchor=f"case-{body['appraisal_id']}")
    return forms.done(back, f"已提议等级 {body['grade']}", f"Grade {body['grade']} is proposed")


@pages.post(f"{CALIBRATION}/close")
@web.signed_in_only
@forms.submits(ClosingIn, again=calibration, versioned=True)
def close_calibration(body: dict[str, Any], calibration_id: int, version: int) -> Response:
    """Closes the session: what is proposed becomes the result, and everybody goes on."""
    made = service.close_calibration(web.session(), web.actor(), calibration_id, version=version, **body)
    zh, en = (
        f"校准会已结束, 调整 {made} 人的等级, 全体进入下一步",
        f"The session is closed: {made} grades changed, everybody goes on",
    )
    return forms.done(url_for("results.calibration", calibration_id=calibration_id), zh, en)


def _calibrates(cycle: Cycle) -> bool:
    """Whether the policy of a cycle has such a step at all."""
    try:
        populations.step_of(cycles.policy_of(web.session(), cycle))
    except Conflict:
        return False
    return True
