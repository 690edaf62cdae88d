"""Reads of results: layers, what was published and approved, until when one may appeal, and what has gone stale."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from appraisal.agreements.models import Agreement, Signature
from appraisal.clock import COMPANY_ZONE
from appraisal.core.errors import ScoringError
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.incidents.models import Incident, IncidentEntry
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.people.models import Employee
from appraisal.results.cases import digest_of, sheets_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import Approval, PastGradeImport, Publication, Result
from appraisal.reviews.models import ReviewEntry


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
        .where(col(Result.appraisal_id).in_(appraisal_ids), _is_latest())
    )
    return {result.appraisal_id: Standing(result, *rest) for result, *rest in session.exec(found)}


def standing(session: Session, appraisal_id: int) -> Standing | None:
    """The latest layer of one appraisal."""
    return standings(session, [appraisal_id]).get(appraisal_id)


def approved_results(session: Session, cycle: Cycle) -> Sequence[tuple[Result, Employee, Appraisal]]:
    """The approved result of everybody in a cycle who has one, by employee number: what pay rests on.

    Not of those who turned out to be 不参评 afterwards: they have another treatment.
    """
    other = aliased(Result)
    later_approval = aliased(Approval)
    superseded = (
        select(other.id)
        .join(later_approval, later_approval.result_id == other.id)
        .where(other.appraisal_id == Result.appraisal_id, other.seq > Result.seq)
        .exists()
    )
    found = (
        select(Result, Employee, Appraisal)
        .join(Approval, col(Approval.result_id) == Result.id)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), ~superseded)
    )
    return sorted(session.exec(found).all(), key=lambda row: row[1].number)


def appeal_until(policy: Policy, published_at: datetime) -> date:
    """The last day to appeal: so many working days, Monday to Friday, after the day of publication."""
    day = published_at.astimezone(COMPANY_ZONE).date()
    left = policy.workflow.appeal.window_days
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= 5
    return day


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


def maybe_stale(session: Session, cycle: Cycle) -> Sequence[tuple[Appraisal, Result]]:
    """The appraisals of a cycle for which anything was recorded since just before their latest result was computed."""
    found = (
        select(Appraisal, Result)
        .join(Result, col(Result.appraisal_id) == Appraisal.id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), _is_latest(), or_(*_recorded_since()))
        .order_by(Appraisal.id)
    )
    return session.exec(found).all()


def _is_latest() -> ColumnElement[bool]:
    """The condition that a result is the last layer of its appraisal."""
    other = aliased(Result)
    last = select(func.max(other.seq)).where(other.appraisal_id == Result.appraisal_id).scalar_subquery()
    return col(Result.seq) == last


def _recorded_since() -> list[ColumnElement[bool]]:
    """For an appraisal and its result: each kind of input that was recorded after the computation began to read."""
    since = Result.read_from
    beside, layer = aliased(Appraisal), aliased(Result)
    return [
        select(Sheet.id).where(Sheet.appraisal_id == Appraisal.id, Sheet.changed_at >= since).exists(),
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
        select(PastGradeImport.id)
        .where(PastGradeImport.employee_id == Appraisal.employee_id, PastGradeImport.imported_at >= since)
        .exists(),
    ]
