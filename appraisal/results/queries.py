"""Reads of results: layers, what was published and approved, what is being looked at again, and what has gone stale."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from appraisal import db
from appraisal.agreements.models import Agreement, Signature
from appraisal.clock import COMPANY_ZONE
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import UNIT, Appraisal, Cycle, CycleException, Sheet
from appraisal.development.models import DevelopmentPlan
from appraisal.feedback.models import FeedbackRound
from appraisal.incidents.models import Incident, IncidentEntry, IncidentPerson
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.results.cases import digest_of, sheets_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import (
    Approval,
    ApprovalLink,
    InForce,
    PastGradeImport,
    Publication,
    Reopening,
    ReopeningDecision,
    Result,
    UnitResult,
    UnitResultConfirmation,
)
from appraisal.reviews.models import ReviewEntry

# Made once, because an alias takes long to learn its columns.
_later = db.another(Result)


@dataclass(frozen=True)
class Standing:
    """The latest layer of an appraisal's result, and how far it has come."""

    result: Result
    publication: Publication | None
    approval: Approval | None


def layers_of(session: Session, appraisal_id: int) -> Sequence[Result]:
    """Every layer of an appraisal's result, first one first."""
    return session.exec(select(Result).where(Result.appraisal_id == appraisal_id).order_by(Result.seq)).all()


def standings(session: Session, appraisal_ids: Collection[int]) -> dict[int, Standing]:
    """The latest layer of each appraisal with its publication and approval; an appraisal without result is absent."""
    found = (
        select(Result, Publication, Approval)
        .join(Publication, col(Publication.result_id) == Result.id, isouter=True)
        .join(Approval, col(Approval.result_id) == Result.id, isouter=True)
        .where(col(Result.appraisal_id).in_(appraisal_ids), is_latest())
    )
    return {result.appraisal_id: Standing(result, *rest) for result, *rest in session.exec(found)}


def standing(session: Session, appraisal_id: int) -> Standing | None:
    """The latest layer of one appraisal."""
    return standings(session, [appraisal_id]).get(appraisal_id)


def approved_results(session: Session, cycle: Cycle) -> Sequence[tuple[Result, Employee, Appraisal]]:
    """The approved result of everybody in a cycle who has one, by employee number: what pay rests on.

    Not of those who turned out to be 不参评 afterwards: they have another treatment.
    """
    found = (
        select(Result, Employee, Appraisal)
        .join(InForce, col(InForce.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
    )
    return sorted(session.exec(found).all(), key=lambda row: row[1].number)


def awaiting_first_approval(session: Session, cycle: Cycle) -> Sequence[tuple[Result, Employee, Appraisal]]:
    """The published result of everybody in a cycle for whom none has been approved yet: what may be paid before, where the
    policy says so (D-19)."""
    approved = select(InForce.appraisal_id).where(InForce.appraisal_id == Result.appraisal_id)
    found = (
        select(Result, Employee, Appraisal)
        .join(Publication, col(Publication.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), is_latest())
        .where(~approved.exists())
    )
    return session.exec(found).all()


def last_published(session: Session, appraisal_id: int) -> tuple[Result, Publication] | None:
    """The latest layer that the employee has been shown."""
    found = (
        select(Result, Publication)
        .join(Publication, col(Publication.result_id) == Result.id)
        .where(Result.appraisal_id == appraisal_id)
        .order_by(col(Result.seq).desc())
        .limit(1)
    )
    return session.exec(found).first()


def last_approved(session: Session, appraisal_id: int) -> tuple[Result, Approval] | None:
    """The approved layer that stands, whatever has been computed since."""
    found = (
        select(Result, Approval)
        .join(Approval, col(Approval.result_id) == Result.id)
        .where(Result.appraisal_id == appraisal_id)
        .order_by(col(Result.seq).desc())
        .limit(1)
    )
    return session.exec(found).first()


def links_of(session: Session, result_id: int) -> Sequence[ApprovalLink]:
    """The links of the approval chain that have been given for a result, first one first."""
    return session.exec(select(ApprovalLink).where(ApprovalLink.result_id == result_id).order_by(ApprovalLink.id)).all()


def reopenings_of(session: Session, appraisal_id: int) -> Sequence[tuple[Reopening, ReopeningDecision | None]]:
    """Every request for 复核 with its decision, first one first."""
    found = (
        select(Reopening, ReopeningDecision)
        .join(ReopeningDecision, col(ReopeningDecision.reopening_id) == Reopening.id, isouter=True)
        .where(Reopening.appraisal_id == appraisal_id)
        .order_by(Reopening.id)
    )
    return session.exec(found).all()


def reopened(session: Session, appraisals: Collection[Appraisal]) -> dict[int, Reopening]:
    """Of these appraisals those under 复核, with the request that was granted: from the grant until another layer is approved
    or the appraisal is filed again."""
    found = (
        select(Reopening)
        .join(ReopeningDecision, col(ReopeningDecision.reopening_id) == Reopening.id)
        .join(InForce, col(InForce.result_id) == Reopening.result_id)
        .where(col(Reopening.appraisal_id).in_([one.id for one in appraisals]), col(ReopeningDecision.granted).is_(True))
        .order_by(Reopening.id)
    )
    steps = {one.id: one for one in appraisals}
    return {one.appraisal_id: one for one in session.exec(found) if not _is_filed(session, steps[one.appraisal_id])}


def appeal_until(session: Session, policy: Policy, published_at: datetime) -> date:
    """The last day to appeal: so many working days after the day of publication."""
    return after_working_days(session, published_at.astimezone(COMPANY_ZONE).date(), policy.workflow.appeal.window_days)


def after_working_days(session: Session, day: date, count: int) -> date:
    """The so-manieth working day after a day. Raises Conflict where the published calendar ends before."""
    return policies.working_days(session).after(day, count)


def is_stale(session: Session, appraisal: Appraisal, result: Result) -> bool:
    """Whether the case as it stands today is another than the one the result was computed from."""
    return bool(_stale_of(session, session.get_one(Cycle, appraisal.cycle_id), [(appraisal, result)]))


def stale_results(session: Session, cycle: Cycle) -> list[tuple[Appraisal, Result]]:
    """The appraisals of a cycle whose latest result no longer fits today's case; only doubtful ones are looked at closely."""
    return _stale_of(session, cycle, maybe_stale(session, cycle))


def _stale_of(session: Session, cycle: Cycle, doubtful: Sequence[tuple[Appraisal, Result]]) -> list[tuple[Appraisal, Result]]:
    if not doubtful:
        return []
    policy = cycles.policy_of(session, cycle)
    gathered = gather_all(session, [appraisal for appraisal, _ in doubtful], cycle, policy)

    def is_as_it_was(appraisal: Appraisal, result: Result) -> bool:
        sheets = gathered[appraisal.id]
        if isinstance(sheets, ScoringError):
            return False
        return (policy.digest, digest_of(sheets_json(sheets))) == (result.policy_digest, result.case_digest)

    return [pair for pair in doubtful if not is_as_it_was(*pair)]


def _is_filed(session: Session, appraisal: Appraisal) -> bool:
    policy = cycles.policy_of(session, session.get_one(Cycle, appraisal.cycle_id))
    return any(step.final for step in policy.workflow.steps if step.id == appraisal.step)


def maybe_stale(session: Session, cycle: Cycle) -> Sequence[tuple[Appraisal, Result]]:
    """The appraisals of a cycle for which anything was recorded since just before their latest result was computed."""
    recorded = _recorded_since()
    if cycles.policy_of(session, cycle).general.unit_links:
        recorded.append(_unit_approved_since())
    found = (
        select(Appraisal, Result)
        .join(Result, col(Result.appraisal_id) == Appraisal.id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), is_latest(), or_(*recorded))
        .order_by(Appraisal.id)
    )
    return session.exec(found).all()


def is_latest() -> ColumnElement[bool]:
    """The condition that a result is the last layer of its appraisal."""
    last = select(func.max(_later.seq)).where(_later.appraisal_id == Result.appraisal_id).scalar_subquery()
    return col(Result.seq) == last


def _recorded_since() -> list[ColumnElement[bool]]:
    """For an appraisal and its result: each kind of input that was recorded after the computation began to read."""
    since = Result.read_from
    beside, layer = aliased(Appraisal), aliased(Result)
    return [
        # Those of other cycles too: somebody may have turned out to be 不参评 in a quarter that the year counts.
        select(Sheet.id)
        .join(beside, beside.id == Sheet.appraisal_id)
        .where(beside.employee_id == Appraisal.employee_id, Sheet.changed_at >= since)
        .exists(),
        select(MeasureConfirmation.measure_id)
        .join(Measure, col(Measure.id) == MeasureConfirmation.measure_id)
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(beside, beside.id == Sheet.appraisal_id)
        .where(beside.employee_id == Appraisal.employee_id, MeasureConfirmation.confirmed_at >= since)
        .exists(),
        select(IncidentEntry.id)
        .join(Incident, col(Incident.id) == IncidentEntry.incident_id)
        .where(Incident.employee_id == Appraisal.employee_id, IncidentEntry.entered_at >= since)
        .exists(),
        # Confirmed or withdrawn, it moves the results of whom else it reaches too (R-003-40).
        select(IncidentEntry.id)
        .join(IncidentPerson, col(IncidentPerson.incident_id) == IncidentEntry.incident_id)
        .where(IncidentPerson.employee_id == Appraisal.employee_id, IncidentEntry.entered_at >= since)
        .exists(),
        select(ReviewEntry.id).where(ReviewEntry.appraisal_id == Appraisal.id, ReviewEntry.entered_at >= since).exists(),
        select(Signature.id)
        .join(Agreement, col(Agreement.id) == Signature.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .where(Sheet.appraisal_id == Appraisal.id, Signature.signed_at >= since)
        .exists(),
        select(Approval.result_id)
        .join(layer, layer.id == Approval.result_id)
        .join(beside, beside.id == layer.appraisal_id)
        .where(and_(beside.employee_id == Appraisal.employee_id, beside.id != Appraisal.id, Approval.approved_at >= since))
        .exists(),
        select(CycleException.id)
        .where(CycleException.appraisal_id == Appraisal.id, CycleException.recorded_at >= since)
        .exists(),
        Result.policy_digest != select(Cycle.policy_digest).where(Cycle.id == Appraisal.cycle_id).scalar_subquery(),
        select(PastGradeImport.id)
        .where(PastGradeImport.employee_id == Appraisal.employee_id, PastGradeImport.imported_at >= since)
        .exists(),
        select(FeedbackRound.id).where(FeedbackRound.cycle_id == Appraisal.cycle_id, _moved(FeedbackRound, since)).exists(),
        select(DevelopmentPlan.id)
        .where(DevelopmentPlan.appraisal_id == Appraisal.id, DevelopmentPlan.changed_at >= since)
        .exists(),
        select(UnitResultConfirmation.unit_result_id)
        .join(UnitResult, col(UnitResult.id) == UnitResultConfirmation.unit_result_id)
        .where(UnitResult.cycle_id == Appraisal.cycle_id, UnitResultConfirmation.confirmed_at >= since)
        .exists(),
    ]


def _unit_approved_since() -> ColumnElement[bool]:
    """The condition that the sheet of a unit in the same cycle was approved after the computation began to read (D-02)."""
    beside, layer = aliased(Appraisal), aliased(Result)
    return (
        select(Approval.result_id)
        .join(layer, layer.id == Approval.result_id)
        .join(beside, beside.id == layer.appraisal_id)
        .join(Sheet, col(Sheet.appraisal_id) == beside.id)
        .where(beside.cycle_id == Appraisal.cycle_id, Sheet.subject == UNIT, Approval.approved_at >= Result.read_from)
        .exists()
    )


def _moved(asked: Any, since: Any) -> ColumnElement[bool]:
    """The condition that a 360° round has opened or closed since."""
    return or_(asked.opened_at >= since, asked.closed_at >= since)
