"""A cycle that runs: what appraisals may go on without (D-16), and its end."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import forms, web
from appraisal.agreements import queries as agreements
from appraisal.cycles import queries, service
from appraisal.cycles.models import DRAFT, OPEN, Appraisal, Cycle, CycleException
from appraisal.cycles.schemas import ExceptionsIn, NothingIn
from appraisal.cycles.views.all_cycles import cycle as one_cycle
from appraisal.cycles.views.blueprint import ONE, cycle_of_hr, is_changer, known_cycle, pages
from appraisal.forms import Form
from appraisal.people.models import Employee


@pages.get(f"{ONE}/exceptions")
@web.signed_in_only
def exceptions(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """Who has no agreement signed by both sides, and who goes on without."""
    found = known_cycle(cycle_id)
    if found.status == DRAFT:
        service.require_status(found, OPEN)
    recorded = _recorded(found)
    excepted = {employee.id for _, employee in recorded}
    unsigned = [one for one in _unsigned(found) if one[1].id not in excepted]
    shown = {"cycle": found, "form": form or Form(), "unsigned": unsigned, "recorded": recorded}
    return render_template("cycles/exceptions.html", **shown, changes=is_changer(found) and found.status == OPEN)


@pages.post(f"{ONE}/exceptions")
@web.signed_in_only
@forms.submits(ExceptionsIn, again=exceptions, creates=True)
def record_exceptions(body: dict[str, Any], cycle_id: int) -> Response:
    """Lets those chosen go on without, all or none."""
    cycle_of_hr(cycle_id)
    for appraisal_id in body["appraisal_ids"]:
        service.record_exception(web.session(), web.actor(), appraisal_id, reason=body["reason"])
    count = len(body["appraisal_ids"])
    return forms.done(url_for("cycles.exceptions", cycle_id=cycle_id), f"已记录 {count} 项例外", f"{count} exceptions recorded")


@pages.post(f"{ONE}/close")
@web.signed_in_only
@forms.submits(NothingIn, again=one_cycle, versioned=True)
def close_now(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Ends a cycle in which every appraisal is filed."""
    found = cycle_of_hr(cycle_id)
    service.close_cycle(web.session(), web.actor(), found, version=version)
    return forms.done(url_for("cycles.cycle", cycle_id=cycle_id), "周期已结束", "The cycle has ended")


def _unsigned(found: Cycle) -> list[tuple[int, Employee, str]]:
    """The appraisals that wait for signatures, with the posts of the sheets."""
    session = web.session()
    policy = queries.policy_of(session, found)
    if not agreements.has_items(policy, found):
        return []
    by_appraisal: dict[int, tuple[Employee, list[str]]] = {}
    for employee, sheet in agreements.unsigned_in(session, found):
        located = policy.posts.get(sheet.policy_post)
        title = web.said(located.post.title) if located else sheet.policy_post
        by_appraisal.setdefault(sheet.appraisal_id, (employee, []))[1].append(title)
    return [(one, employee, "、".join(dict.fromkeys(posts))) for one, (employee, posts) in by_appraisal.items()]


def _recorded(found: Cycle) -> list[tuple[CycleException, Employee]]:
    rows = web.session().exec(
        select(CycleException, Employee)
        .join(Appraisal, col(Appraisal.id) == CycleException.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == found.id)
        .order_by(col(CycleException.id).desc())
    )
    return [(row, employee) for row, employee in rows]
