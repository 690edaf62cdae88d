"""What waits in the running cycles for somebody's word beside the steps of their appraisals: changes of agreements, figures,
plans, raters, results of units, calibrations, approvals, appeals, 复核.

Each condition is that of the service that does it, asked of all rows of all cycles at once: what is listed here may be done by
the actor, and in a number of queries that grows neither with the rows nor with the cycles.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.models import PROPOSED, Agreement, Amendment
from appraisal.core.workflow import REOPENING, first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import CLOSED, EXTERNAL, OPEN, Appraisal, Cycle, Sheet
from appraisal.desk.waiting import Case, Waiting, summed, told
from appraisal.development.models import PROPOSED as PLAN_PROPOSED
from appraisal.development.models import DevelopmentPlan
from appraisal.feedback.models import OPEN as ROUND_OPEN
from appraisal.feedback.models import PROPOSED as RATER_PROPOSED
from appraisal.feedback.models import FeedbackRater, FeedbackRound
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.measures.reach import handled_in
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit, UnitHead
from appraisal.results import courses
from appraisal.results import queries as results
from appraisal.results.models import OPEN as SESSION_OPEN
from appraisal.results.models import (
    Approval,
    Calibration,
    Reopening,
    ReopeningDecision,
    Result,
    UnitResult,
    UnitResultConfirmation,
)
from appraisal.results.unit_results import CONFIRMING


def waiting_in(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Everything of the kind in running cycles."""
    ways = (_amendments, _figures, _development_plans, _raters, _unit_results, _calibrations, _approvals, _appeals)
    return [one for way in ways for one in way(session, actor, running)]


def reopenings(session: Session, actor: Actor) -> list[Waiting]:
    """Requests for 复核 that others have made and the actor may decide on, in closed cycles too (D-19)."""
    if actor.employee_id is None or actor.account_id is None:
        return []
    undecided = ~select(ReopeningDecision.reopening_id).where(ReopeningDecision.reopening_id == Reopening.id).exists()
    asked = select(Cycle).join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
    asked = asked.join(Reopening, col(Reopening.appraisal_id) == Appraisal.id).where(undecided)
    there = session.exec(asked.where(col(Cycle.status).in_((OPEN, CLOSED))).distinct().order_by(Cycle.id)).all()
    if not there:
        return []
    ways = {(cycle.policy_digest, cycles.last_day(cycle)): _may_reopen(session, actor, cycle) for cycle in there}
    allowed = cycles.where_each(there, lambda cycle: (cycle.policy_digest, cycles.last_day(cycle)), lambda way: ways[way])
    count = (
        select(Appraisal.cycle_id, func.count())
        .select_from(Reopening)
        .join(Appraisal, col(Appraisal.id) == Reopening.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(undecided, allowed, or_(Cycle.status == CLOSED, col(Appraisal.rated).is_(True)))
        .where(_is_another(Reopening.employee_id, actor.employee_id), _is_another(Reopening.account_id, actor.account_id))
        .group_by(col(Appraisal.cycle_id))
    )
    return _summed("decide_reopening", there, dict(session.exec(count).all()))


def _may_reopen(session: Session, actor: Actor, cycle: Cycle) -> ColumnElement[bool]:
    from_steps: dict[frozenset[str], list[str]] = {}
    for move in cycles.policy_of(session, cycle).workflow.moves:
        if move.action == REOPENING:
            from_steps.setdefault(frozenset(move.by), []).append(move.from_)
    ways = (
        and_(col(Appraisal.step).in_(steps), cycles.seen_by(session, actor, cycles.last_day(cycle), sorted(by)))
        for by, steps in from_steps.items()
    )
    return or_(false(), *ways)


def _amendments(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """By HR, the head of the unit or who stands above both sides; never by a side of the agreement or who proposed it."""

    def decides(on: date) -> ColumnElement[bool]:
        heads = cycles.seen_by(session, actor, on, ["unit_head"])
        if actor.employee_id is None:
            return heads
        return or_(heads, and_(Employee.id != actor.employee_id, agreements.led_by_reports_of(actor.employee_id, on)))

    in_person = cycles.where_each(running, cycles.last_day, decides)
    found = (
        select(Employee, Appraisal.id, Appraisal.cycle_id, in_person, Amendment.id)
        .select_from(Amendment)
        .join(Agreement, col(Agreement.id) == Amendment.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), Amendment.status == PROPOSED)
        .where(or_(in_person, _as_role(session, actor, running, "hr")), ~_led(session, actor, running))
        .where(_is_another(Amendment.proposer_id, actor.employee_id))
    )
    cases: dict[int, list[Case]] = {}
    for employee, one, cycle_id, own, amendment in session.exec(found.order_by(Amendment.id)):
        cases.setdefault(cycle_id, []).append(Case(employee, one, bool(own), ("agreement_amendment", amendment)))
    return [one for cycle in running for one in told("decide_amendment", cycle, cases.get(cycle.id or 0, ()))]


def _figures(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Figures that others have entered and nobody has confirmed or corrected since; due as long as data are collected."""
    if actor.account_id is None or not actor.holds("data_provider", "hr"):
        return []
    later = aliased(Measure)
    confirmed = exists().where(col(MeasureConfirmation.measure_id) == Measure.id)
    found = (
        select(  # type: ignore[call-overload]
            *(Appraisal.id, Appraisal.cycle_id, Appraisal.step, Appraisal.step_since, Appraisal.rated),
            func.count(col(Measure.id)).label("figures"),
        )
        .select_from(Measure)
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), handled_in(session, actor, running, col(Measure.item)))
        .where(_is_another(Measure.entered_by, actor.account_id))
        .where(~confirmed, ~exists().where(later.corrects_id == Measure.id))
        .group_by(col(Appraisal.id))
    )
    rows = session.execute(found).all()
    collecting = {cycle.id: first_step(cycles.policy_of(session, cycle).workflow).id for cycle in running}
    due = cycles.due_dates_in(session, running, [row for row in rows if row.step == collecting[row.cycle_id]])
    waiting = []
    for cycle in running:
        theirs = [row for row in rows if row.cycle_id == cycle.id]
        first = min((day for row in theirs if (day := due.get(row.id)) is not None), default=None)
        waiting += summed("confirm_figures", cycle, sum(row.figures for row in theirs), first)
    return waiting


def _development_plans(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Plans that have been proposed to the actor as supervisor."""
    if actor.employee_id is None:
        return []
    found = (
        select(Employee, Appraisal.id, Appraisal.cycle_id, DevelopmentPlan.id)
        .select_from(DevelopmentPlan)
        .join(Appraisal, col(Appraisal.id) == DevelopmentPlan.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), DevelopmentPlan.status == PLAN_PROPOSED, _led(session, actor, running))
    )
    by_id = {cycle.id: cycle for cycle in running}
    return [
        Waiting("agree_development", by_id[cycle_id], one, employee, about=("development_plan", plan))
        for employee, one, cycle_id, plan in session.exec(found)
    ]


def _raters(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Raters proposed by others, for the supervisor of the person or HR, as long as the round is open."""
    led = _led(session, actor, running)
    proposed = (
        select(FeedbackRater.appraisal_id, FeedbackRound.answers_until, func.count().label("many"))
        .join(FeedbackRound, col(FeedbackRound.id) == FeedbackRater.round_id)
        .where(FeedbackRound.status == ROUND_OPEN, FeedbackRater.status == RATER_PROPOSED)
        .where(_is_another(FeedbackRater.proposed_by, actor.account_id))
        .group_by(col(FeedbackRater.appraisal_id), col(FeedbackRound.answers_until))
        .subquery()
    )
    found = (
        select(Employee, Appraisal.id, Appraisal.cycle_id, led, proposed.c.many, proposed.c.answers_until)
        .join(Appraisal, col(Appraisal.employee_id) == Employee.id)
        .join(proposed, proposed.c.appraisal_id == Appraisal.id)
        .where(col(Appraisal.rated).is_(True), or_(led, _as_role(session, actor, running, "hr")))
    )
    cases: dict[int, list[Case]] = {}
    until: dict[int, date] = {}
    for who, one, cycle_id, own, many, day in session.execute(found):
        cases.setdefault(cycle_id, []).append(Case(who, one, bool(own), count=many))
        until[cycle_id] = min(day, until.get(cycle_id, day))
    there = [cycle for cycle in running if cycle.id in cases]
    return [one for cycle in there for one in told("decide_raters", cycle, cases[cycle.id or 0], until[cycle.id or 0])]


def _unit_results(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Results of units that others have entered, for HR or an approver there who does not head the unit (D-05)."""
    roles = [role for role in CONFIRMING if role in actor.roles]
    if not roles or actor.account_id is None:
        return []
    limits = [actor.units_of(role) for role in roles]
    units = {unit for some in limits if some is not None for unit in some}
    later = aliased(UnitResult)
    headed = (
        select(UnitHead.id)
        .join(Unit, col(Unit.id) == UnitHead.unit_id)
        .where(UnitHead.employee_id == actor.employee_id, people.holds_on(UnitHead, clock.today()))
        # The company's result is withheld from the head of its topmost unit.
        .where(or_(Unit.id == UnitResult.unit_id, and_(col(UnitResult.unit_id).is_(None), col(Unit.parent_id).is_(None))))
    )
    found = (
        select(UnitResult.cycle_id, func.count())
        .where(col(UnitResult.cycle_id).in_(_ids(running)), _is_another(UnitResult.entered_by, actor.account_id))
        .where(true() if None in limits else col(UnitResult.unit_id).in_(units))
        .where(~exists().where(col(UnitResultConfirmation.unit_result_id) == UnitResult.id))
        .where(~exists().where(later.corrects_id == UnitResult.id), ~headed.exists())
        .group_by(col(UnitResult.cycle_id))
    )
    return _summed("confirm_unit_result", running, dict(session.exec(found).all()))


def _calibrations(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """Open sessions, for HR of the unit that is not among those looked at (D-23)."""
    if not actor.holds("hr"):
        return []
    found = select(Calibration).where(col(Calibration.cycle_id).in_(_ids(running)), Calibration.status == SESSION_OPEN)
    there, by_id = session.exec(found.order_by(Calibration.id)).all(), {cycle.id: cycle for cycle in running}
    meetings = [one for one in there if actor.has("hr", unit=one.unit_id or by_id[one.cycle_id].unit_id)]
    own = _own_units(session, actor, running) if meetings else {}
    below = people.subtrees(session, {one.unit_id for one in meetings if one.unit_id is not None})

    def is_part(one: Calibration) -> bool:
        units = own.get(one.cycle_id, set())
        return bool(units if one.unit_id is None else units & below[one.unit_id])

    return [
        Waiting("hold_calibration", by_id[one.cycle_id], about=("calibration", one.id or 0))
        for one in meetings
        if not is_part(one)
    ]


def _own_units(session: Session, actor: Actor, running: Sequence[Cycle]) -> dict[int, set[int]]:
    """The units of the actor's last sheets, by which a calibration looks at them, by cycle."""
    other = aliased(Sheet)
    last = select(func.max(other.from_on)).where(other.appraisal_id == Appraisal.id).scalar_subquery()
    found = (
        select(Appraisal.cycle_id, Sheet.unit_id)
        .join(Sheet, (col(Appraisal.id) == Sheet.appraisal_id) & (Sheet.from_on == last))
        .where(col(Appraisal.cycle_id).in_(_ids(running)), Appraisal.employee_id == (actor.employee_id or 0))
        .where(col(Appraisal.rated).is_(True), Sheet.subject != EXTERNAL)
    )
    units: dict[int, set[int]] = {}
    for cycle_id, unit_id in session.exec(found):
        units.setdefault(cycle_id, set()).add(unit_id)
    return units


def _approvals(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """How many published results wait for the actor's approval."""
    if "approver" not in actor.roles:
        return []
    approving = {
        cycle.policy_digest: [
            move.from_ for move in cycles.policy_of(session, cycle).workflow.moves if move.action == "approve"
        ]
        for cycle in running
    }
    found = (
        select(Appraisal.cycle_id, func.count())
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Result, col(Result.appraisal_id) == Appraisal.id)
        .outerjoin(Approval, col(Approval.result_id) == Result.id)
        .where(col(Appraisal.rated).is_(True), results.is_latest(), col(Approval.result_id).is_(None))
        .where(
            cycles.where_each(running, lambda cycle: cycle.policy_digest, lambda one: col(Appraisal.step).in_(approving[one]))
        )
        .where(_as_role(session, actor, running, "approver"))
        .group_by(col(Appraisal.cycle_id))
    )
    return _summed("approve", running, dict(session.exec(found).all()))


def _appeals(session: Session, actor: Actor, running: Sequence[Cycle]) -> list[Waiting]:
    """How many appeals HR has to answer or decide."""
    if "hr" not in actor.roles:
        return []
    waiting = courses.waiting_in(session, running, _as_role(session, actor, running, "hr"))
    theirs = [(cycle, *waiting[cycle.id]) for cycle in running if cycle.id in waiting]
    return [one for cycle, count, due_on in theirs for one in summed("decide_appeal", cycle, count, due_on)]


def _led(session: Session, actor: Actor, running: Sequence[Cycle]) -> ColumnElement[bool]:
    """The condition that the actor is the supervisor in a case of these cycles."""
    return cycles.where_each(running, cycles.last_day, lambda on: cycles.supervises(session, actor, on))


def _as_role(session: Session, actor: Actor, running: Sequence[Cycle], role: str) -> ColumnElement[bool]:
    """The condition that the actor holds a role towards somebody else's case in these cycles."""
    return cycles.where_each(running, cycles.last_day, lambda on: cycles.seen_by(session, actor, on, [role]))


def _summed(kind: str, running: Sequence[Cycle], counts: Mapping[int, int]) -> list[Waiting]:
    """A role's many cases as one task a cycle."""
    return [one for cycle in running for one in summed(kind, cycle, counts.get(cycle.id or 0, 0))]


def _ids(running: Sequence[Cycle]) -> list[int | None]:
    return [cycle.id for cycle in running]


def _is_another(column: Any, own: int | None) -> ColumnElement[bool]:
    """The condition that a row is not of the actor's own making."""
    return true() if own is None else or_(col(column).is_(None), column != own)
