"""Reads of development: plans with their goals and ratings, check-ins, and improvement plans with everything around them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.development.models import (
    CANCELLED,
    CLOSED,
    CheckIn,
    DevelopmentGoal,
    DevelopmentPlan,
    ImprovementApproval,
    ImprovementCheck,
    ImprovementPlan,
    ImprovementSignature,
    ImprovementTarget,
    TrainingNeed,
)
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Improvement:
    """An improvement plan with its targets by position, checks by day, signatures and approvals in their order."""

    plan: ImprovementPlan
    targets: tuple[ImprovementTarget, ...]
    checks: tuple[ImprovementCheck, ...]
    signatures: tuple[ImprovementSignature, ...]
    approvals: tuple[ImprovementApproval, ...]

    def signed(self, part: str) -> dict[str, ImprovementSignature]:
        """The signatures under a part, by role."""
        return {one.role: one for one in self.signatures if one.part == part}


def plan_of(session: Session, appraisal_id: int) -> DevelopmentPlan | None:
    """The development plan of an appraisal."""
    return session.exec(select(DevelopmentPlan).where(DevelopmentPlan.appraisal_id == appraisal_id)).one_or_none()


def plan_rating_of(session: Session, appraisal_id: int) -> Decimal | None:
    """How far the development plan of an appraisal was reached, 0 to 100; None without a plan and before it is rated."""
    return plan_ratings_of(session, [appraisal_id]).get(appraisal_id)


def plan_ratings_of(session: Session, appraisal_ids: Collection[int]) -> dict[int, Decimal]:
    """The ratings of many appraisals' development plans; one without a rating is absent (R-002-10)."""
    found = select(DevelopmentPlan.appraisal_id, DevelopmentPlan.rating).where(
        col(DevelopmentPlan.appraisal_id).in_(appraisal_ids), col(DevelopmentPlan.rating).is_not(None)
    )
    return {appraisal_id: rating for appraisal_id, rating in session.exec(found) if rating is not None}


def goals_of(session: Session, plan_ids: Collection[int]) -> dict[int, list[DevelopmentGoal]]:
    """The goals of development plans, by plan, in their order."""
    goals: dict[int, list[DevelopmentGoal]] = {plan_id: [] for plan_id in plan_ids}
    found = select(DevelopmentGoal).where(col(DevelopmentGoal.plan_id).in_(plan_ids)).order_by(DevelopmentGoal.position)
    for goal in session.exec(found):
        goals[goal.plan_id].append(goal)
    return goals


def check_ins_of(session: Session, appraisal_id: int) -> Sequence[tuple[CheckIn, Employee]]:
    """The check-ins of an appraisal with who noted them, oldest first: what is at hand when reviewing."""
    found = (
        select(CheckIn, Employee)
        .join(Employee, col(Employee.id) == CheckIn.author_id)
        .where(CheckIn.appraisal_id == appraisal_id)
        .order_by(CheckIn.held_on, CheckIn.id)
    )
    return session.exec(found).all()


def training_needs_of(session: Session, appraisal_id: int) -> Sequence[TrainingNeed]:
    """The training needs noted from an appraisal, oldest first."""
    found = select(TrainingNeed).where(TrainingNeed.appraisal_id == appraisal_id).order_by(TrainingNeed.id)
    return session.exec(found).all()


def running_improvement_of(session: Session, employee_id: int) -> ImprovementPlan | None:
    """The improvement plan of a person that has not ended."""
    found = select(ImprovementPlan).where(
        ImprovementPlan.employee_id == employee_id, col(ImprovementPlan.status).not_in([CLOSED, CANCELLED])
    )
    return session.exec(found).first()


def improvement_of(session: Session, plan: ImprovementPlan) -> Improvement:
    """An improvement plan with everything around it."""
    targets = select(ImprovementTarget).where(ImprovementTarget.plan_id == plan.id).order_by(ImprovementTarget.position)
    checks = select(ImprovementCheck).where(ImprovementCheck.plan_id == plan.id).order_by(ImprovementCheck.due_on)
    signatures = select(ImprovementSignature).where(ImprovementSignature.plan_id == plan.id).order_by(ImprovementSignature.id)
    approvals = (
        select(ImprovementApproval)
        .where(ImprovementApproval.plan_id == plan.id)
        .order_by(ImprovementApproval.approved_at, ImprovementApproval.part)
    )
    return Improvement(
        plan,
        tuple(session.exec(targets)),
        tuple(session.exec(checks)),
        tuple(session.exec(signatures)),
        tuple(session.exec(approvals)),
    )


def people_in(session: Session, found: Improvement) -> dict[int, Employee]:
    """Everybody an improvement plan names, by id."""
    plan = found.plan
    ids = {plan.employee_id, plan.supervisor_id, plan.manager_id, *(one.approver_id for one in found.approvals)}
    for one in found.signatures:
        ids |= {one.employee_id, one.witness_id, one.second_witness_id}
    named = session.exec(select(Employee).where(col(Employee.id).in_(ids - {None})))
    return {one.id: one for one in named if one.id is not None}
