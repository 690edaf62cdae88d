"""Reads of reviews: the entries of an appraisal, the rating that counts for each goal, signatures, and whose turn it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from appraisal.agreements import queries as agreements
from appraisal.agreements.fields import as_figures
from appraisal.agreements.models import Agreement, AgreementItem, JointAssessor
from appraisal.core.inputs import Judged
from appraisal.core.numbers import ZERO, add, percent_of
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, CycleException, Reassignment, Sheet
from appraisal.people import queries as people
from appraisal.people.models import Employee, ReportingLine
from appraisal.reviews.models import (
    DECISION,
    GOAL_RATING,
    INTERVIEW,
    SUPERVISOR_REVIEW,
    FormerOpinion,
    InterviewSignature,
    Rating,
    ReviewEntry,
)

# Ratings by those who judge; what employees say of themselves never counts.
JUDGING = (SUPERVISOR_REVIEW, GOAL_RATING, DECISION)

# A rating belongs to an item of a sheet.
Key = tuple[int, str]


@dataclass(frozen=True)
class GoalRating:
    """What somebody says of one goal: a rating on the policy's scale, or points per sub-factor."""

    sheet_id: int
    item: str
    rating: Decimal | None = None
    factors: Mapping[str, Decimal] | None = None
    judged: tuple[Judged, ...] = ()

    @property
    def points(self) -> Decimal | None:
        """The rating, or the sum of the sub-factors."""
        return self.rating if self.factors is None else add(ZERO, *self.factors.values())


@dataclass(frozen=True)
class JointPart:
    """One of several who rate a goal together, and what they gave, where they have."""

    assessor_id: int
    share: Decimal
    given: GoalRating | None


def entries_of(session: Session, appraisal_id: int) -> Sequence[ReviewEntry]:
    """Every entry of an appraisal, oldest first."""
    return session.exec(select(ReviewEntry).where(ReviewEntry.appraisal_id == appraisal_id).order_by(ReviewEntry.id)).all()


def ratings_that_count(session: Session, appraisal_ids: Collection[int]) -> dict[Key, GoalRating]:
    """For each goal the latest rating by the supervisor, its own assessor, or who decided about it afterwards.

    Of a goal that several rate together it is their mean by shares, exact, once all have rated; before that there is none.
    """
    found = (
        select(Rating, ReviewEntry.kind)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .where(col(ReviewEntry.appraisal_id).in_(appraisal_ids))
        .where(col(ReviewEntry.kind).in_(JUDGING))
        .order_by(Rating.id)
    )
    counting: dict[Key, GoalRating] = {}
    decided: set[Key] = set()
    for rating, kind in session.exec(found):
        key = (rating.sheet_id, rating.item)
        counting[key] = value_of(rating)
        (decided.add if kind == DECISION else decided.discard)(key)
    for key, parts in joint_parts(session, appraisal_ids).items():
        if key in decided:
            continue
        counting.pop(key, None)
        if (mean := together(key, parts)) is not None:
            counting[key] = mean
    return counting


def joint_parts(session: Session, appraisal_ids: Collection[int]) -> dict[Key, tuple[JointPart, ...]]:
    """For each goal that several rate together who they are, in their order, and the latest that each gave."""
    named = session.exec(
        select(Sheet.id, AgreementItem.item, JointAssessor)
        .join(AgreementItem, col(AgreementItem.id) == JointAssessor.agreement_item_id)
        .join(Agreement, col(Agreement.id) == AgreementItem.agreement_id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .where(col(Sheet.appraisal_id).in_(appraisal_ids), agreements.counts())
        .order_by(AgreementItem.id, JointAssessor.position)
    ).all()
    if not named:
        return {}
    found = (
        select(Rating, ReviewEntry.author_id)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .where(col(ReviewEntry.appraisal_id).in_(appraisal_ids))
        .where(col(ReviewEntry.kind).in_((SUPERVISOR_REVIEW, GOAL_RATING)))
        .order_by(Rating.id)
    )
    given = {(rating.sheet_id, rating.item, author): value_of(rating) for rating, author in session.exec(found)}
    parts: dict[Key, list[JointPart]] = {}
    for sheet_id, item, one in named:
        part = JointPart(one.assessor_id, one.share, given.get((sheet_id, item, one.assessor_id)))
        parts.setdefault((sheet_id, item), []).append(part)
    return {key: tuple(several) for key, several in parts.items()}


def together(key: Key, parts: Sequence[JointPart]) -> GoalRating | None:
    """The exact mean by shares of what several gave; None until all of them have. The score is rounded, and only once."""
    given = [(part.share, part.given) for part in parts if part.given is not None]
    if len(given) < len(parts):
        return None
    judged = tuple(Judged(share, one.points or ZERO) for share, one in given)
    if any(one.factors is not None for _, one in given):
        names = dict.fromkeys(name for _, one in given for name in one.factors or {})
        factors = {name: _mean([(share, (one.factors or {}).get(name, ZERO)) for share, one in given]) for name in names}
        return GoalRating(*key, factors=factors, judged=judged)
    return GoalRating(*key, rating=_mean([(share, one.rating or ZERO) for share, one in given]), judged=judged)


def _mean(given: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Shares total 100, so that the division by it is exact."""
    return add(ZERO, *(percent_of(value, share) for share, value in given))


def assessors_of(session: Session, appraisal_id: int) -> frozenset[int]:
    """The employees who have rated or reviewed this appraisal: none of them may approve it or decide an appeal."""
    found = select(ReviewEntry.author_id).where(ReviewEntry.appraisal_id == appraisal_id, col(ReviewEntry.kind).in_(JUDGING))
    return frozenset(session.exec(found))


def last_entry(session: Session, appraisal_id: int, kind: str) -> ReviewEntry | None:
    """The latest entry of a kind."""
    found = select(ReviewEntry).where(ReviewEntry.appraisal_id == appraisal_id, ReviewEntry.kind == kind)
    return session.exec(found.order_by(col(ReviewEntry.id).desc()).limit(1)).first()


def ratings_of(session: Session, entry_ids: Collection[int]) -> dict[int, list[GoalRating]]:
    """The ratings of entries, by entry."""
    ratings: dict[int, list[GoalRating]] = {entry_id: [] for entry_id in entry_ids}
    for rating in session.exec(select(Rating).where(col(Rating.entry_id).in_(entry_ids)).order_by(Rating.id)):
        ratings[rating.entry_id].append(value_of(rating))
    return ratings


def interview_signatures(session: Session, entry_ids: Collection[int]) -> dict[int, dict[str, InterviewSignature]]:
    """The signatures under records of interviews, by entry and role."""
    found: dict[int, dict[str, InterviewSignature]] = {}
    for one in session.exec(select(InterviewSignature).where(col(InterviewSignature.entry_id).in_(entry_ids))):
        found.setdefault(one.entry_id, {})[one.role] = one
    return found


def going_unsigned(session: Session, appraisal_ids: Collection[int]) -> frozenset[int]:
    """The appraisals that HR lets go on without both signatures under the agreement (D-16)."""
    found = select(CycleException.appraisal_id).where(
        col(CycleException.appraisal_id).in_(appraisal_ids), CycleException.kind == "unsigned"
    )
    return frozenset(session.exec(found))


def opinions_of(session: Session, appraisal_id: int) -> Sequence[FormerOpinion]:
    """What former supervisors have written, and where HR goes without."""
    return session.exec(
        select(FormerOpinion).where(FormerOpinion.appraisal_id == appraisal_id).order_by(FormerOpinion.id)
    ).all()


def former_supervisors(session: Session, appraisal: Appraisal, cycle: Cycle) -> Sequence[Employee]:
    """Who supervised somebody on earlier days of the period and does not on the day that counts, by number (D-04)."""
    employee = session.get_one(Employee, appraisal.employee_id)
    last = cycles.day_that_counts(cycle, employee)
    now = people.supervisor_on(session, employee.id, last)
    assigned = select(Reassignment.supervisor_id).where(Reassignment.appraisal_id == appraisal.id)
    found = (
        select(Employee)
        .join(ReportingLine, col(ReportingLine.supervisor_id) == Employee.id)
        .where(ReportingLine.employee_id == employee.id)
        .where(col(ReportingLine.to_on) >= cycle.starts_on, col(ReportingLine.to_on) < last)
        .where(Employee.id != (now.id if now else None), col(Employee.id).not_in(assigned))
        .distinct()
        .order_by(Employee.number)
    )
    return session.exec(found).all()


def goals_to_rate(session: Session, employee_id: int) -> Sequence[tuple[Appraisal, AgreementItem, Sheet]]:
    """The goals of others that wait for this assessor in open cycles: those not rated since the step began (D-06)."""
    rated = (
        select(Rating.id)
        .join(ReviewEntry, col(ReviewEntry.id) == Rating.entry_id)
        .where(Rating.sheet_id == Sheet.id, Rating.item == AgreementItem.item, ReviewEntry.kind == GOAL_RATING)
        .where(ReviewEntry.author_id == employee_id, ReviewEntry.entered_at >= Appraisal.step_since)
        .exists()
    )
    jointly = col(AgreementItem.id).in_(select(JointAssessor.agreement_item_id).where(JointAssessor.assessor_id == employee_id))
    found = (
        select(Appraisal, AgreementItem, Sheet, Cycle)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Agreement, col(Agreement.sheet_id) == Sheet.id)
        .join(AgreementItem, col(AgreementItem.agreement_id) == Agreement.id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(or_(AgreementItem.assessor_id == employee_id, jointly), AgreementItem.kind == "gs")
        .where(Appraisal.employee_id != employee_id)
        .where(agreements.counts(), Cycle.status == OPEN, col(Appraisal.rated).is_(True), ~rated)
        .order_by(Appraisal.id, Sheet.id, AgreementItem.position)
    )
    return [
        (appraisal, item, sheet)
        for appraisal, item, sheet, cycle in session.exec(found)
        if appraisal.step == _reviewing_step(session, cycle)
    ]


def opinions_to_write(session: Session, employee_id: int) -> Sequence[Appraisal]:
    """The appraisals in open cycles that wait for this former supervisor's opinion."""
    written = (
        select(FormerOpinion.id)
        .where(FormerOpinion.appraisal_id == Appraisal.id, FormerOpinion.supervisor_id == employee_id)
        .exists()
    )
    found = (
        select(Appraisal, Cycle)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .join(ReportingLine, col(ReportingLine.employee_id) == Appraisal.employee_id)
        .where(ReportingLine.supervisor_id == employee_id, Cycle.status == OPEN, col(Appraisal.rated).is_(True), ~written)
        .where(ReportingLine.from_on <= Cycle.ends_on, col(ReportingLine.to_on) >= Cycle.starts_on)
        .where(col(ReportingLine.to_on) < Cycle.ends_on)
        .distinct()
        .order_by(Appraisal.id)
    )
    return [
        appraisal
        for appraisal, cycle in session.exec(found)
        if appraisal.step == _reviewing_step(session, cycle)
        and employee_id in {one.id for one in former_supervisors(session, appraisal, cycle)}
    ]


def interviews_to_sign(session: Session, employee_id: int) -> Sequence[Appraisal]:
    """The employee's own appraisals in open cycles with a record of an interview that they have not signed."""
    latest = (
        select(func.max(ReviewEntry.id))
        .where(ReviewEntry.appraisal_id == Appraisal.id, ReviewEntry.kind == INTERVIEW)
        .scalar_subquery()
    )
    signed = (
        select(InterviewSignature.id)
        .where(InterviewSignature.role == "employee", InterviewSignature.entry_id == latest)
        .exists()
    )
    found = (
        select(Appraisal)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(Appraisal.employee_id == employee_id, Cycle.status == OPEN, latest.is_not(None), ~signed)
        .order_by(Appraisal.id)
    )
    return session.exec(found).all()


def _reviewing_step(session: Session, cycle: Cycle) -> str:
    moves = cycles.policy_of(session, cycle).workflow.moves
    return next(move.from_ for move in moves if move.action == "submit_review")


def value_of(rating: Rating) -> GoalRating:
    """A stored rating as a value."""
    factors = None if rating.factors is None else as_figures(rating.factors)
    return GoalRating(rating.sheet_id, rating.item, rating.rating, factors)
