"""What waits in one cycle for somebody's word beside the steps of its appraisals: changes of agreements, figures, plans,
raters, results of units, calibrations, approvals, appeals, 复核.

Each condition is that of the service that does it, asked of all rows at once: what is listed here may be done by the actor, and
in a number of queries that does not grow with the rows.
"""

from collections.abc import Sequence
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
from appraisal.measures.reach import reach_of
from appraisal.people import queries as people
from appraisal.people import relations
from appraisal.people.models import Employee, Unit, UnitHead
from appraisal.results import courses
from appraisal.results import queries as results
from appraisal.results.models import OPEN as SESSION_OPEN
from appraisal.results.models import Calibration, Reopening, ReopeningDecision, UnitResult, UnitResultConfirmation
from appraisal.results.unit_results import CONFIRMING


def waiting_in(session: Session, actor: Actor, cycle: Cycle) -> list[Waiting]:
    """Everything of the kind in a running cycle."""
    on = min(clock.today(), cycle.ends_on)
    ways = (_amendments, _figures, _development_plans, _raters, _unit_results, _calibrations, _approvals)
    return [one for way in ways for one in way(session, actor, cycle, on)]


def reopenings(session: Session, actor: Actor) -> list[Waiting]:
    """Requests for 复核 that others have made and the actor may decide on, in closed cycles too (D-19)."""
    if actor.employee_id is None or actor.account_id is None:
        return []
    undecided = ~select(ReopeningDecision.reopening_id).where(ReopeningDecision.reopening_id == Reopening.id).exists()
    asked = select(Cycle).join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
    asked = asked.join(Reopening, col(Reopening.appraisal_id) == Appraisal.id).where(undecided)
    found = []
    for cycle in session.exec(asked.where(col(Cycle.status).in_((OPEN, CLOSED))).distinct().order_by(Cycle.id)).all():
        count = (
            select(func.count())
            .select_from(Reopening)
            .join(Appraisal, col(Appraisal.id) == Reopening.appraisal_id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .where(Appraisal.cycle_id == cycle.id, undecided, _may_reopen(session, actor, cycle))
            .where(_is_another(Reopening.employee_id, actor.employee_id), _is_another(Reopening.account_id, actor.account_id))
        )
        if cycle.status == OPEN:
            count = count.where(col(Appraisal.rated).is_(True))
        found += summed("decide_reopening", cycle, session.exec(count).one())
    return found


def _may_reopen(session: Session, actor: Actor, cycle: Cycle) -> ColumnElement[bool]:
    on = min(clock.today(), cycle.ends_on)
    from_steps: dict[frozenset[str], list[str]] = {}
    for move in cycles.policy_of(session, cycle).workflow.moves:
        if move.action == REOPENING:
            from_steps.setdefault(frozenset(move.by), []).append(move.from_)
    ways = (
        and_(col(Appraisal.step).in_(steps), cycles.seen_by(session, actor, on, sorted(by))) for by, steps in from_steps.items()
    )
    return or_(false(), *ways)


def _amendments(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """By HR, the head of the unit or who stands above both sides; never by a side of the agreement or who proposed it."""
    in_person = cycles.seen_by(session, actor, on, ["unit_head"])
    if actor.employee_id is not None:
        above = and_(Employee.id != actor.employee_id, agreements.led_by_reports_of(actor.employee_id, on))
        in_person = or_(in_person, above)
    found = (
        select(Employee, Appraisal.id, in_person, Amendment.id)
        .select_from(Amendment)
        .join(Agreement, col(Agreement.id) == Amendment.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), Amendment.status == PROPOSED)
        .where(or_(in_person, cycles.seen_by(session, actor, on, ["hr"])), ~cycles.supervises(session, actor, on))
        .where(_is_another(Amendment.proposer_id, actor.employee_id))
    )
    rows = session.exec(found.order_by(Amendment.id)).all()
    cases = [Case(employee, one, bool(own), ("agreement_amendment", amendment)) for employee, one, own, amendment in rows]
    return told("decide_amendment", cycle, cases)


def _figures(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """Figures that others have entered and nobody has confirmed or corrected since; due as long as data are collected."""
    if actor.account_id is None or not actor.holds("data_provider", "hr"):
        return []
    later = aliased(Measure)
    confirmed = exists().where(col(MeasureConfirmation.measure_id) == Measure.id)
    found = (
        select(  # type: ignore[call-overload]
            *(Appraisal.id, Appraisal.step, Appraisal.step_since, Appraisal.rated),
            func.count(col(Measure.id)).label("figures"),
        )
        .select_from(Measure)
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
        .where(reach_of(session, actor, cycle).handles(col(Measure.item)), _is_another(Measure.entered_by, actor.account_id))
        .where(~confirmed, ~exists().where(later.corrects_id == Measure.id))
        .group_by(col(Appraisal.id))
    )
    rows = session.execute(found).all()
    collecting = first_step(cycles.policy_of(session, cycle).workflow).id
    due = cycles.due_dates(session, cycle, [row for row in rows if row.step == collecting])
    first = min((day for day in due.values() if day is not None), default=None)
    return summed("confirm_figures", cycle, sum(row.figures for row in rows), first)


def _development_plans(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """Plans that have been proposed to the actor as supervisor."""
    if actor.employee_id is None:
        return []
    found = (
        select(Employee, Appraisal.id, DevelopmentPlan.id)
        .select_from(DevelopmentPlan)
        .join(Appraisal, col(Appraisal.id) == DevelopmentPlan.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), DevelopmentPlan.status == PLAN_PROPOSED)
        .where(cycles.supervises(session, actor, on))
    )
    cases = [Case(employee, one, True, ("development_plan", plan)) for employee, one, plan in session.exec(found)]
    return told("agree_development", cycle, cases)


def _raters(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """Raters proposed by others, for the supervisor of the person or HR, as long as the round is open."""
    led = cycles.supervises(session, actor, on)
    found = (
        select(  # type: ignore[call-overload]
            *(Employee, Appraisal.id, led, func.count(col(FeedbackRater.id)), FeedbackRound.answers_until)
        )
        .select_from(FeedbackRater)
        .join(FeedbackRound, col(FeedbackRound.id) == FeedbackRater.round_id)
        .join(Appraisal, col(Appraisal.id) == FeedbackRater.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
        .where(FeedbackRound.status == ROUND_OPEN, FeedbackRater.status == RATER_PROPOSED)
        .where(_is_another(FeedbackRater.proposed_by, actor.account_id))
        .where(or_(led, cycles.seen_by(session, actor, on, ["hr"])))
        .group_by(col(Employee.id), col(Appraisal.id), col(FeedbackRound.id))
        .order_by(Employee.number)
    )
    rows = session.execute(found).all()
    until = min((row[-1] for row in rows), default=None)
    return told("decide_raters", cycle, [Case(who, one, bool(own), count=many) for who, one, own, many, _ in rows], until)


def _unit_results(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
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
        select(func.count())
        .select_from(UnitResult)
        .where(UnitResult.cycle_id == cycle.id, _is_another(UnitResult.entered_by, actor.account_id))
        .where(true() if None in limits else col(UnitResult.unit_id).in_(units))
        .where(~exists().where(col(UnitResultConfirmation.unit_result_id) == UnitResult.id))
        .where(~exists().where(later.corrects_id == UnitResult.id), ~headed.exists())
    )
    return summed("confirm_unit_result", cycle, session.exec(found).one())


def _calibrations(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """Open sessions, for HR of the unit that is not among those looked at (D-23)."""
    if not actor.holds("hr"):
        return []
    found = select(Calibration).where(Calibration.cycle_id == cycle.id, Calibration.status == SESSION_OPEN)
    there = session.exec(found.order_by(Calibration.id)).all()
    meetings = [one for one in there if actor.has("hr", unit=one.unit_id or cycle.unit_id)]
    own = _own_units(session, actor, cycle) if meetings else frozenset()
    below = people.subtrees(session, {one.unit_id for one in meetings if one.unit_id is not None})
    return [
        Waiting("hold_calibration", cycle, about=("calibration", one.id))
        for one in meetings
        if not (own if one.unit_id is None else own & below[one.unit_id])
    ]


def _own_units(session: Session, actor: Actor, cycle: Cycle) -> frozenset[int]:
    """The units of the actor's last sheets in a cycle, by which a calibration looks at them."""
    other = aliased(Sheet)
    last = select(func.max(other.from_on)).where(other.appraisal_id == Appraisal.id).scalar_subquery()
    found = (
        select(Sheet.unit_id)
        .join(Appraisal, (col(Appraisal.id) == Sheet.appraisal_id) & (Sheet.from_on == last))
        .where(Appraisal.cycle_id == cycle.id, Appraisal.employee_id == (actor.employee_id or 0))
        .where(col(Appraisal.rated).is_(True), Sheet.subject != EXTERNAL)
    )
    return frozenset(session.exec(found))


def _approvals(session: Session, actor: Actor, cycle: Cycle, on: date) -> list[Waiting]:
    """How many published results wait for the actor's approval, and how many appeals for HR."""
    policy = cycles.policy_of(session, cycle)
    approving = {move.from_ for move in policy.workflow.moves if move.action == "approve"}
    found: list[Waiting] = []
    for role, kind in (("approver", "approve"), ("hr", "decide_appeal")):
        theirs = relations.towards_others(session, actor, on, [role]).get(role)
        if theirs is None:
            continue
        ids: Sequence[Any] = session.exec(
            select(Appraisal.id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), theirs)
            .where(Appraisal.employee_id != (actor.employee_id or 0))
            .where(col(Appraisal.step).in_(approving) if kind == "approve" else true())
        ).all()
        if kind == "approve":
            found += summed(kind, cycle, sum(one.approval is None for one in results.standings(session, ids).values()))
        elif count := len(courses.under_appeal(session, ids)):
            found += summed(kind, cycle, count, courses.next_due(session, policy, ids))
    return found


def _is_another(column: Any, own: int | None) -> ColumnElement[bool]:
    """The condition that a row is not of the actor's own making."""
    return true() if own is None else or_(col(column).is_(None), column != own)
