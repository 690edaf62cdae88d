"""The list of cycles, one cycle with where it stands, and drafts."""

from collections import Counter
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, func, select

from appraisal import clock, forms, paging, web
from appraisal.core.workflow import find_step
from appraisal.cycles import drafts, queries, service
from appraisal.cycles.models import DRAFT, OPEN, PERSON, Appraisal, Cycle, Sheet
from appraisal.cycles.schemas import CycleChange, CycleFilter, CycleIn, NothingIn
from appraisal.cycles.views.blueprint import (
    ALL,
    ONE,
    READERS,
    cycle_of_hr,
    is_changer,
    is_reader,
    pages,
    unit_choices,
    unit_of,
)
from appraisal.forms import Form
from appraisal.labels import codes, label
from appraisal.people import auth
from appraisal.people.models import Employee, Unit
from appraisal.policies import queries as policies


@pages.get(ALL)
@web.signed_in_only
def all_cycles() -> ResponseReturnValue:
    """The cycles, the latest first, with how many are appraised in each and how many of them are done."""
    session, actor, asked = web.session(), web.actor(), forms.asked(CycleFilter)
    if not actor.holds(*READERS):
        raise auth.for_others(*READERS)
    found = select(Cycle)
    for name in ("status", "cadence", "period"):
        if asked[name] is not None:
            found = found.where(getattr(Cycle, name) == asked[name])
    page = paging.paged(session, found, [(Cycle.starts_on, "desc"), (Cycle.id, "desc")], asked)
    chosen = [(one, label("cycle_status", one)) for one in codes("cycle_status")]
    cadences = {one: label("cadence", one) for one in codes("cadence")}
    shown = {"page": page, "counts": _counts(page.items), "asked": asked, "statuses": chosen, "cadences": cadences}
    return render_template("cycles/all_cycles.html", **shown, may_draft=actor.holds("hr"))


@pages.get(ONE)
@web.signed_in_only
def cycle(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One cycle: what it is, where it stands, and what can be done with it now."""
    session, reads = web.session(), web.actor().holds(*READERS)
    found = service.find_cycle(session, web.actor(), cycle_id)
    if not reads:
        raise auth.for_others(*READERS)
    unit = session.get(Unit, found.unit_id) if found.unit_id else None
    waiting = _waiting(found) if found.status == OPEN else 0
    shown = {"cycle": found, "unit": unit, "form": form or Form(), "waiting": waiting, "changes": is_changer(found)}
    shown |= {"reads": is_reader(found), "policy_title": _title(found.policy_name)}
    subjects = _subjects(found) if found.status != DRAFT and shown["reads"] else []
    shown |= {"counts": _counts([found])[found.id], "subjects": subjects, "today": clock.today()}
    return render_template(
        "cycles/cycle.html", **shown, status=label("cycle_status", found.status), cadence=label("cadence", found.cadence)
    )


@pages.get(f"{ALL}/new")
@web.signed_in_only
def draft(form: Form | None = None) -> ResponseReturnValue:
    """A new cycle."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    names = [(name, _title(name)) for name in policies.published_names(web.session())]
    return render_template("cycles/edit.html", form=form or Form(), cycle=None, policies=names, units=unit_choices())


@pages.post(f"{ALL}/new")
@web.signed_in_only
@forms.submits(CycleIn, again=draft, creates=True)
def draft_now(body: dict[str, Any]) -> Response:
    """Drafts it, and goes on to what stands in its way."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    given = {name: body[name] for name in ("code", "name", "period", "pays", "data_due_on")}
    unit = unit_of(body["unit_id"])
    made = service.draft_cycle(web.session(), web.actor(), policy_name=body["policy"], unit=unit, **given)
    return forms.done(url_for("cycles.preflight", cycle_id=made.id), f"已建立草稿「{made.name}」", f"{made.name} is drafted")


@pages.get(f"{ONE}/edit")
@web.signed_in_only
def edit(cycle_id: int, form: Form | None = None) -> ResponseReturnValue:
    """A draft, to be changed."""
    found = cycle_of_hr(cycle_id)
    service.require_status(found, DRAFT)
    return render_template("cycles/edit.html", form=form or Form(), cycle=found, policies=[], units=unit_choices())


@pages.post(f"{ONE}/edit")
@web.signed_in_only
@forms.submits(CycleChange, again=edit, versioned=True)
def change(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Changes it."""
    found, unit = cycle_of_hr(cycle_id), unit_of(body.pop("unit_id"))
    drafts.change_draft(web.session(), web.actor(), found, unit=unit, version=version, **body)
    return forms.done(url_for("cycles.cycle", cycle_id=cycle_id), "已保存", "Saved")


@pages.post(f"{ONE}/drop")
@web.signed_in_only
@forms.submits(NothingIn, again=cycle, versioned=True)
def drop(body: dict[str, Any], cycle_id: int, version: int) -> Response:
    """Takes a draft away."""
    found = cycle_of_hr(cycle_id)
    drafts.drop_draft(web.session(), web.actor(), found, version=version)
    return forms.done(url_for("cycles.all_cycles"), "草稿已删除", "The draft is gone")


def _counts(listed: Any) -> dict[int | None, tuple[int, int]]:
    """By cycle, how many are rated, and how many of them have come to the end."""
    session = web.session()
    ids = [one.id for one in listed]
    rows = session.exec(
        select(Appraisal.cycle_id, Appraisal.step, func.count())
        .where(col(Appraisal.cycle_id).in_(ids), col(Appraisal.rated).is_(True))
        .group_by(col(Appraisal.cycle_id), col(Appraisal.step))
    ).all()
    workflows = {one.id: queries.policy_of(session, one).workflow for one in listed if one.status != DRAFT}
    rated: Counter[int] = Counter()
    finished: Counter[int] = Counter()
    for cycle_id, step, count in rows:
        rated[cycle_id] += count
        finished[cycle_id] += count if find_step(workflows[cycle_id], step).final else 0
    return {one: (rated[one], finished[one]) for one in ids}


def _waiting(found: Cycle) -> int:
    rated, finished = _counts([found])[found.id]
    return rated - finished


def _subjects(found: Cycle) -> list[tuple[Sheet, Unit, Employee, Employee | None]]:
    """The sheets that are not a person's own: whose they are, who answers for them, and who rates them (D-01, R-003-44)."""
    session = web.session()
    rows = session.exec(
        select(Sheet, Unit, Employee)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == found.id, Sheet.subject != PERSON)
        .order_by(Unit.code, Employee.number)
    ).all()
    acting = queries.supervisors_of(session, found, [sheet.appraisal_id for sheet, _, _ in rows]) if rows else {}
    return [(sheet, unit, holder, acting.get(sheet.appraisal_id)) for sheet, unit, holder in rows]


def _title(name: str) -> str:
    stored = policies.policy_in_force(web.session(), name, clock.today())
    return web.said(policies.compiled_state(stored).title) if stored else name
