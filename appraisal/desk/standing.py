"""Where things are on the pages: which page a task or a message leads to, and how far one's own cases have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flask import current_app, url_for
from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.policy.model import Step, Text
from appraisal.core.workflow import find_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import CLOSED, OPEN, Appraisal, Cycle
from appraisal.desk.waiting import Waiting
from appraisal.labels import listing
from appraisal.notify import Notification

At = Literal["past", "now", "ahead"]

# The page of a row, by the kind that the trail gives it: its endpoint, and what the address calls the id.
_ROWS = {
    "appraisal": ("reviews.case", "appraisal_id"),
    "agreement": ("agreements.agreement", "agreement_id"),
    "amendment": ("agreements.amendment", "amendment_id"),
    "incident": ("incidents.incident", "incident_id"),
    "improvement_plan": ("development.improvement_plan", "plan_id"),
    "development_plan": ("development.plan", "plan_id"),
    "feedback_rater": ("feedback.answer", "rater_id"),
    "calibration": ("results.calibration", "calibration_id"),
    "cycle": ("desk.cycle_progress", "cycle_id"),
    "kpi_exception": ("exceptions.exception", "exception_id"),
    "kpi_task": ("exceptions.task", "task_id"),
    "kpi_meeting": ("bulletins.meeting", "meeting_id"),
    "kpi_report": ("bulletins.kpi_report", "report_id"),
    "kpi_action": ("bulletins.action", "action_id"),
}

# The list where a role finds its many cases of a kind.
_LISTS = {
    "decide_appeal": "results.appeals",
    "approve": "results.approvals",
    "decide_reopening": "results.approvals",
    "approve_weights": "agreements.approvals",
    "decide_amendment": "agreements.approvals",
    "confirm_figures": "measures.to_confirm",
    "confirm_data": "measures.completeness",
    "hold_calibration": "results.calibrations",
    "close_calibration": "results.calibrations",
    "agree_development": "development.plans",
    "decide_raters": "feedback.rounds",
    "confirm_unit_result": "results.unit_results",
    "hear_incident": "incidents.ledger",
    "confirm_incident": "incidents.ledger",
    "approve_improvement": "development.improvement_plans",
}

# The page where HR takes a step for many at once.
_BATCHES = {"publish": "publication", "close_appeals": "appeals-closing", "archive": "archiving"}


@dataclass(frozen=True)
class OwnCase:
    """A case of the actor's in a cycle that runs, with the steps of its policy. `actors` act in the step in hand, and `mine`
    says whether the actor is among them."""

    cycle: Cycle
    appraisal: Appraisal
    steps: Sequence[tuple[Text, At, str]]
    actors: Message
    mine: bool
    due_on: date | None

    @property
    def address(self) -> str | None:
        """Its page."""
        return _page("appraisal", self.appraisal.id or 0)


def address_of(waiting: Waiting) -> str | None:
    """The page on which a thing that waits is done."""
    if waiting.about is not None and (found := _page(*waiting.about)) is not None:
        return found
    if waiting.kind == "sign_agreement" and waiting.appraisal_id is not None:
        return _to("agreements.of_appraisal", appraisal_id=waiting.appraisal_id)
    if waiting.appraisal_id is not None:
        return _page("appraisal", waiting.appraisal_id)
    known = {"cycle": waiting.cycle.code} if waiting.cycle is not None else {}
    if waiting.kind in _BATCHES:
        return _to("results.batch", batch=_BATCHES[waiting.kind], **known)
    return _to(_LISTS.get(waiting.kind, "desk.progress"), **known)


def place_of(told: Notification) -> str | None:
    """The page that a message is about."""
    return _page(told.about_kind, told.about_id)


def own_cases(session: Session, actor: Actor) -> list[OwnCase]:
    """The actor's cases in cycles that run, the newest first; and of closed ones the latest, where none runs."""
    if actor.employee_id is None:
        return []
    asked = (
        select(Cycle, Appraisal)
        .join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
        .where(Appraisal.employee_id == actor.employee_id, col(Cycle.status).in_((OPEN, CLOSED)))
        .order_by(col(Cycle.starts_on).desc(), Cycle.code)
    )
    found = session.exec(asked).all()
    running = [one for one in found if one[0].status == OPEN] or list(found[:1])
    due = cycles.due_dates_in(session, [cycle for cycle, _ in running], [appraisal for _, appraisal in running])
    return [_case(session, cycle, appraisal, due[appraisal.id or 0]) for cycle, appraisal in running]


def _case(session: Session, cycle: Cycle, appraisal: Appraisal, due_on: date | None) -> OwnCase:
    workflow = cycles.policy_of(session, cycle).workflow
    step = find_step(workflow, appraisal.step)
    steps, actors = steps_of(workflow.steps, step.id), listing("role", step.actors)
    return OwnCase(cycle, appraisal, steps, actors, "employee" in step.actors, None if step.final else due_on)


def steps_of(steps: Sequence[Step], at: str) -> list[tuple[Text, At, str]]:
    """The steps of a workflow as a stepper shows them: those behind, the one in hand, those ahead."""
    here = next(place for place, step in enumerate(steps) if step.id == at)
    last = steps[here].final

    def state(place: int) -> At:
        return "past" if place < here or last else "now" if place == here else "ahead"

    return [(step.name, state(place), "") for place, step in enumerate(steps)]


def page_of(kind: str, row_id: int) -> str | None:
    """The page of a row, by the kind that the trail gives it; None where there is none."""
    return _page(kind, row_id)


def _page(kind: str, row_id: int) -> str | None:
    endpoint, name = _ROWS.get(kind, ("", ""))
    return _to(endpoint, **{name: row_id})


def _to(endpoint: str, **values: object) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type]
