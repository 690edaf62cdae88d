"""Tables of the performance agreements and of the goals they serve. An agreement that has been signed is never changed: a later
revision supersedes it, and stays without effect until it is signed itself."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, Relationship

from appraisal import db
from appraisal.files import StoredFile

DRAFT, SIGNED, SUPERSEDED, DROPPED = "draft", "signed", "superseded", "dropped"
SIGNATORIES = frozenset({"employee", "supervisor"})

# How a side of an agreement was settled: by its own hand, by a scan of signed paper, or without a signature.
OWN, PAPER, REFUSED, EXCEPTED = "own", "paper", "refused", "excepted"

# `proposed` is an amendment's first state; an approved one still needs both signatures, and then is in force.
PROPOSED, APPROVED, TURNED_DOWN, WITHDRAWN, IN_FORCE = "proposed", "approved", "refused", "withdrawn", "in_force"

# Weights that leave the printed ones: asked for approval, decided on, or asked anew after the draft had changed.
ASKED, REALLOTTED, NOT_REALLOTTED, OVERTAKEN = "asked", "approved", "refused", "overtaken"

COMPANY, UNIT = "company", "unit"


class Goal(db.Versioned, db.Row, table=True):
    """目标: what the company or a unit wants to reach in a period; a unit's serves one above it (R-002-18)."""

    __tablename__ = "goal"
    __table_args__ = (
        CheckConstraint("level IN ('company', 'unit')", name="level"),
        CheckConstraint("(level = 'unit') = (unit_id IS NOT NULL)", name="unit"),
        CheckConstraint("level = 'company' OR parent_id IS NOT NULL", name="parent"),
    )

    id: int | None = Field(default=None, primary_key=True)
    level: str = Field(max_length=10)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    period: str = Field(max_length=10)
    starts_on: date
    ends_on: date
    name: str = Field(max_length=200)
    indicator: str | None = Field(default=None, max_length=80)
    target: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    measured_in: str | None = Field(default=None, max_length=40)
    parent_id: int | None = Field(default=None, foreign_key="goal.id", index=True)
    owner_id: int | None = Field(default=None, foreign_key="employee.id")


class Agreement(db.Versioned, db.Row, table=True):
    """责任书 of one post sheet. `content_hash` is that of terms and items as they stand; signatures bind it.

    `signed` is in force: both sides have signed, or what stands for a signature is on record.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("sheet_id", "revision"),
        CheckConstraint("status IN ('draft', 'signed', 'superseded', 'dropped')", name="status"),
        *(
            Index(
                f"uq_agreement_{status}",
                "sheet_id",
                unique=True,
                sqlite_where=text(f"status = '{status}'"),
                postgresql_where=text(f"status = '{status}'"),
            )
            for status in (DRAFT, SIGNED)
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    sheet_id: int = Field(foreign_key="appraisal_sheet.id", index=True)
    revision: int = 1
    status: str = Field(default=DRAFT, max_length=12)
    content_hash: str = Field(max_length=80)
    duties: str | None = Field(default=None, sa_type=Text)
    rewards: str | None = Field(default=None, sa_type=Text)
    ending: str | None = Field(default=None, sa_type=Text)
    drafted_by: int | None = Field(default=None, foreign_key="account.id")
    drafted_at: datetime = Field(sa_type=db.UTC())


class AgreementItem(db.Row, table=True):
    """One agreed item. `item` is an indicator of the pinned policy's library, or the sheet's own id with `name_zh`, and then
    `standard` and `source` say how it is judged and where its figure comes from.

    Figures are in the item's unit, weights in points of 100; `factor_max` holds decimals as text; `goal_id` links upward.
    """

    __tablename__ = "agreement_item"
    __table_args__ = (
        UniqueConstraint("agreement_id", "item"),
        CheckConstraint("kind IN ('kpi', 'gs')", name="kind"),
        CheckConstraint("weight > 0", name="weight"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", index=True)
    position: int
    item: str = Field(max_length=80)
    kind: str = Field(max_length=3)
    dimension: str | None = Field(default=None, max_length=80)
    name_zh: str | None = Field(default=None, max_length=200)
    name_en: str | None = Field(default=None, max_length=200)
    unit: str | None = Field(default=None, max_length=40)
    weight: Decimal = Field(sa_type=db.Exact(4))
    target: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    challenge: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    threshold: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    baseline: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    curve: str | None = Field(default=None, max_length=80)
    direction: str | None = Field(default=None, max_length=10)
    factor_max: dict[str, str] | None = Field(default=None, sa_type=db.Json)
    standard: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, max_length=200)
    assessor_id: int | None = Field(default=None, foreign_key="employee.id", index=True)
    goal_id: int | None = Field(default=None, foreign_key="goal.id", index=True)

    joint: list["JointAssessor"] = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "cascade": "all, delete-orphan", "order_by": "JointAssessor.position"}
    )

    @property
    def raters(self) -> frozenset[int]:
        """Who rates it instead of the supervisor: one assessor, or several together."""
        one = {self.assessor_id} if self.assessor_id is not None else set()
        return frozenset(one | {each.assessor_id for each in self.joint})


class JointAssessor(db.Row, table=True):
    """共同考核人: one of several who rate a goal together, with a share in points of 100, in the order named (G-53)."""

    __tablename__ = "joint_assessor"
    __table_args__ = (CheckConstraint("share > 0", name="share"),)

    agreement_item_id: int | None = Field(default=None, primary_key=True, foreign_key="agreement_item.id")
    assessor_id: int = Field(primary_key=True, foreign_key="employee.id", index=True)
    position: int
    share: Decimal = Field(sa_type=db.Exact(2))


class Signature(db.Row, table=True):
    """How one side stands to exactly the content whose hash this carries: signed by hand or on paper (`file_id`, `signed_on`),
    refused before two witnesses, or left out by HR with a reason (D-16, D-21).

    `employee_id` is whose side it is (nobody, where an exception stands for a supervisor there is none of), `account_id` who
    entered it, `signed_at` when it was entered: from then on it counts.
    """

    __tablename__ = "agreement_signature"
    __table_args__ = (
        UniqueConstraint("agreement_id", "role"),
        CheckConstraint("role IN ('employee', 'supervisor')", name="role"),
        CheckConstraint("kind IN ('own', 'paper', 'refused', 'excepted')", name="kind"),
        CheckConstraint("kind <> 'paper' OR file_id IS NOT NULL", name="scan"),
        CheckConstraint("kind <> 'refused' OR (witness_1_id IS NOT NULL AND witness_2_id IS NOT NULL)", name="witnesses"),
        CheckConstraint("kind = 'excepted' OR employee_id IS NOT NULL", name="employee"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", index=True)
    role: str = Field(max_length=12)
    kind: str = Field(default=OWN, max_length=10)
    employee_id: int | None = Field(default=None, foreign_key="employee.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")
    signed_at: datetime = Field(sa_type=db.UTC())
    signed_on: date | None = None
    content_hash: str = Field(max_length=80)
    reason: str | None = Field(default=None, sa_type=Text)
    file_id: int | None = Field(default=None, foreign_key=f"{StoredFile.__tablename__}.id")
    witness_1_id: int | None = Field(default=None, foreign_key="employee.id")
    witness_2_id: int | None = Field(default=None, foreign_key="employee.id")


class Amendment(db.Versioned, db.Row, table=True):
    """变更 of an agreement in force: `agreement_id` is the revision it proposes, `of_id` the one it would supersede."""

    __tablename__ = "agreement_amendment"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'approved', 'refused', 'withdrawn', 'in_force')", name="status"),
        CheckConstraint("status NOT IN ('approved', 'refused', 'in_force') OR decided_at IS NOT NULL", name="decided"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", unique=True)
    of_id: int = Field(foreign_key="agreement.id", index=True)
    status: str = Field(default=PROPOSED, max_length=10)
    reason: str = Field(sa_type=Text)
    proposer_id: int = Field(foreign_key="employee.id")
    proposed_by: int | None = Field(default=None, foreign_key="account.id")
    proposed_at: datetime = Field(sa_type=db.UTC())
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=db.UTC())
    decision: str | None = Field(default=None, sa_type=Text)


class WeightApproval(db.Versioned, db.Row, table=True):
    """Whether weights that leave the printed ones may be agreed on (D-09, R-003-17): asked for exactly the content whose hash
    this carries, and decided on by an approver who is no side of the agreement. A draft that changes needs another."""

    __tablename__ = "agreement_weight_approval"
    __table_args__ = (
        CheckConstraint("status IN ('asked', 'approved', 'refused', 'overtaken')", name="status"),
        CheckConstraint("status NOT IN ('approved', 'refused') OR decided_at IS NOT NULL", name="decided"),
        Index(
            "uq_agreement_weight_approval_asked",
            "agreement_id",
            unique=True,
            sqlite_where=text("status = 'asked'"),
            postgresql_where=text("status = 'asked'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="agreement.id", index=True)
    content_hash: str = Field(max_length=80)
    status: str = Field(default=ASKED, max_length=10)
    reason: str = Field(sa_type=Text)
    asker_id: int | None = Field(default=None, foreign_key="employee.id")
    asked_by: int | None = Field(default=None, foreign_key="account.id")
    asked_at: datetime = Field(sa_type=db.UTC())
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=db.UTC())
    decision: str | None = Field(default=None, sa_type=Text)


class PastTarget(db.Row, table=True):
    """A target from before the system: imported, never scored; new targets are compared with it (D-22, R-003-20)."""

    __tablename__ = "past_target"
    __table_args__ = (UniqueConstraint("employee_id", "period", "item"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    period: str = Field(max_length=10)
    item: str = Field(max_length=80)
    target: Decimal = Field(sa_type=db.Exact(4))
    source_document: str = Field(max_length=200)
    imported_by: int | None = Field(default=None, foreign_key="account.id")
    imported_at: datetime = Field(sa_type=db.UTC())
