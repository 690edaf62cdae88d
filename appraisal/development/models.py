"""Tables of development: plans and their goals, check-ins, training needs, improvement plans with signatures and approvals."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from appraisal import db

DRAFT, PROPOSED, AGREED, RATED = "draft", "proposed", "agreed", "rated"
OFFERED, RUNNING, EVALUATED, CLOSED, CANCELLED = "offered", "running", "evaluated", "closed", "cancelled"
PLAN, EVALUATION = "plan", "evaluation"
MET, NOT_MET = "met", "not_met"
OPEN, PLANNED, DONE, DROPPED = "open", "planned", "done", "dropped"


class DevelopmentPlan(db.Versioned, db.Row, table=True):
    """个人发展计划 of one annual appraisal. `rating`: 0 to 100, the mean of the goals' ratings."""

    __tablename__ = "development_plan"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'proposed', 'agreed', 'rated')", name="status"),
        CheckConstraint("(status = 'rated') = (rating IS NOT NULL)", name="rated"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", unique=True)
    status: str = Field(default=DRAFT, max_length=10)
    rating: Decimal | None = Field(default=None, sa_type=db.Exact(8))
    comment: str | None = Field(default=None, sa_type=Text)
    changed_at: datetime = Field(sa_type=db.UTC())


class DevelopmentGoal(db.Row, table=True):
    """One goal of a development plan: what, by which actions, until when, and how far it was reached."""

    __tablename__ = "development_goal"

    plan_id: int = Field(foreign_key="development_plan.id", primary_key=True)
    position: int = Field(primary_key=True)
    goal: str = Field(max_length=500)
    actions: str = Field(sa_type=Text)
    due_on: date
    rating: Decimal | None = Field(default=None, sa_type=db.Exact(4))


class CheckIn(db.Row, table=True):
    """过程辅导: what employee or supervisor noted of a talk. Only ever added."""

    __tablename__ = "check_in"

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    author_id: int = Field(foreign_key="employee.id")
    held_on: date
    text: str = Field(sa_type=Text)
    noted_at: datetime = Field(sa_type=db.UTC())


class TrainingNeed(db.Versioned, db.Row, table=True):
    """培训需求 (R-002-40). `item` is the weak item of the appraisal it comes from, where it does."""

    __tablename__ = "training_need"
    __table_args__ = (CheckConstraint("status IN ('open', 'planned', 'done', 'dropped')", name="status"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    appraisal_id: int | None = Field(default=None, foreign_key="appraisal.id", index=True)
    item: str | None = Field(default=None, max_length=80)
    topic: str = Field(max_length=200)
    need: str = Field(sa_type=Text)
    status: str = Field(default=OPEN, max_length=10)
    planned_on: date | None = None
    outcome_note: str | None = Field(default=None, max_length=2000)
    noted_by: int | None = Field(default=None, foreign_key="account.id")
    noted_at: datetime = Field(sa_type=db.UTC())


class ImprovementPlan(db.Versioned, db.Row, table=True):
    """绩效改进计划. Post, unit, grade and supervisor are kept as they were when it was opened."""

    __tablename__ = "improvement_plan"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'offered', 'running', 'evaluated', 'closed', 'cancelled')",
            name="status",
        ),
        CheckConstraint("outcome IN ('met', 'not_met')", name="outcome"),
        CheckConstraint("from_on < to_on", name="period"),
    )

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    appraisal_id: int | None = Field(default=None, foreign_key="appraisal.id", index=True)
    post_title: str = Field(max_length=120)
    unit_name: str = Field(max_length=120)
    last_grade: str | None = Field(default=None, max_length=20)
    supervisor_id: int = Field(foreign_key="employee.id")
    manager_id: int | None = Field(default=None, foreign_key="employee.id")
    from_on: date
    to_on: date
    facts: str = Field(sa_type=Text)
    causes: str = Field(sa_type=Text)
    assistance: str = Field(sa_type=Text)
    status: str = Field(default=DRAFT, max_length=10, index=True)
    outcome: str | None = Field(default=None, max_length=10)
    evaluation: str | None = Field(default=None, sa_type=Text)
    measure: str | None = Field(default=None, max_length=12)
    measures: str | None = Field(default=None, sa_type=Text)
    opened_by: int | None = Field(default=None, foreign_key="account.id")
    opened_at: datetime = Field(sa_type=db.UTC())
    offered_at: datetime | None = Field(default=None, sa_type=db.UTC())


class ImprovementTarget(db.Row, table=True):
    """An expected result of an improvement plan with its deadline, and whether it was met."""

    __tablename__ = "improvement_target"

    plan_id: int = Field(foreign_key="improvement_plan.id", primary_key=True)
    position: int = Field(primary_key=True)
    result: str = Field(max_length=1000)
    due_on: date
    met: bool | None = None


class ImprovementCheck(db.Row, table=True):
    """A check date of an improvement plan, and what was found when it was held."""

    __tablename__ = "improvement_check"

    plan_id: int = Field(foreign_key="improvement_plan.id", primary_key=True)
    due_on: date = Field(primary_key=True)
    held_on: date | None = None
    findings: str | None = Field(default=None, sa_type=Text)
    noted_by: int | None = Field(default=None, foreign_key="account.id")


class ImprovementSignature(db.Row, table=True):
    """Somebody's signature under the plan or under its evaluation: their own, a scan of one on paper, or that they refused
    before two witnesses (D-21). It binds the content whose hash it carries."""

    __tablename__ = "improvement_signature"
    __table_args__ = (
        UniqueConstraint("plan_id", "part", "role"),
        CheckConstraint("part IN ('plan', 'evaluation')", name="part"),
        CheckConstraint("role IN ('employee', 'supervisor')", name="role"),
        CheckConstraint("refused = (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)", name="witnesses"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="improvement_plan.id", index=True)
    part: str = Field(max_length=10)
    role: str = Field(max_length=12)
    employee_id: int = Field(foreign_key="employee.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")
    signed_at: datetime = Field(sa_type=db.UTC())
    content_hash: str = Field(max_length=80)
    refused: bool = False
    comment: str | None = Field(default=None, max_length=2000)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    witness_id: int | None = Field(default=None, foreign_key="employee.id")
    second_witness_id: int | None = Field(default=None, foreign_key="employee.id")


class ImprovementApproval(db.Row, table=True):
    """The general manager's approval of the plan, and later of its evaluation."""

    __tablename__ = "improvement_approval"

    plan_id: int = Field(foreign_key="improvement_plan.id", primary_key=True)
    part: str = Field(max_length=10, primary_key=True)
    approver_id: int = Field(foreign_key="employee.id")
    note: str | None = Field(default=None, max_length=2000)
    approved_at: datetime = Field(sa_type=db.UTC())
    content_hash: str = Field(max_length=80)
