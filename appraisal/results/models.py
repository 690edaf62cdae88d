"""Tables of results. Every row is only ever added: a new computation or decision is a new layer, publication, appeal and
approval are rows of their own, and grades from before the system stay marked as imported.

One row alone is edited: the calibration session, which is open and then closed.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from appraisal import db

# The layers: what the policy computes; a grade set in calibration; what an appeal was granted; what 复核 came to.
COMPUTED, CALIBRATED, APPEALED, REVIEWED = "computed", "calibrated", "appealed", "reviewed"

AGREED, DISAGREED, REFUSED, DEEMED = "agreed", "disagreed", "refused", "deemed"
FILED, ACCEPTED, REJECTED, STATED = "filed", "accepted", "rejected", "stated"
WITHDRAWN, UPHELD, DISMISSED = "withdrawn", "upheld", "dismissed"
OPEN, CLOSED = "open", "closed"


class Result(db.Row, table=True):
    """One layer of a result: the outcome as other programs read it, and the case it came from, whole.

    A total of items with at most 8 decimals and weights with 4 stays within 14. `read_from` is a minute before the
    computation: what was recorded from then on may not have been seen by it. A layer that somebody decided says why, and
    where only the grade was set, `adjusts_id` is the layer that it was set for. `coefficient` is what the linked results of
    unit and company have made of `multiplier`, which holds it already; null where none is linked (D-02).
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "seq"),
        CheckConstraint("layer IN ('computed', 'calibrated', 'appealed', 'reviewed')", name="layer"),
        CheckConstraint("layer = 'computed' OR reason IS NOT NULL", name="reason"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    seq: int
    layer: str = Field(default=COMPUTED, max_length=12)
    computed_score: Decimal = Field(sa_type=db.Exact(14))
    score: Decimal = Field(sa_type=db.Exact(14))
    grade: str = Field(max_length=10, index=True)
    multiplier: Decimal = Field(sa_type=db.Exact(4))
    coefficient: Decimal | None = Field(default=None, sa_type=db.Exact(8))
    vetoed: bool
    outcome: dict[str, Any] = Field(sa_type=db.Json)
    sheets: list[dict[str, Any]] = Field(sa_type=db.Json)
    policy_digest: str = Field(max_length=80)
    case_digest: str = Field(max_length=80)
    computed_by: int | None = Field(default=None, foreign_key="account.id")
    computed_at: datetime = Field(sa_type=db.UTC(), index=True)
    read_from: datetime = Field(sa_type=db.UTC())
    reason: str | None = Field(default=None, sa_type=Text)
    adjusts_id: int | None = Field(default=None, foreign_key="result.id")


class Publication(db.Row, table=True):
    """HR lets the employee see a result; the appeal window runs from here."""

    __tablename__ = "result_publication"

    result_id: int = Field(foreign_key="result.id", primary_key=True)
    published_by: int | None = Field(default=None, foreign_key="account.id")
    published_at: datetime = Field(sa_type=db.UTC())


class Approval(db.Row, table=True):
    """The last link of the chain has been given: the result is approved, and may be paid (R-002-34)."""

    __tablename__ = "result_approval"

    result_id: int = Field(foreign_key="result.id", primary_key=True)
    approver_id: int = Field(foreign_key="employee.id")
    account_id: int = Field(foreign_key="account.id")
    approved_at: datetime = Field(sa_type=db.UTC())
    note: str | None = Field(default=None, sa_type=Text)


class InForce(db.Row, table=True):
    """Which approved layer of an appraisal stands: the last one, kept beside because lists would take long to find it."""

    __tablename__ = "result_in_force"

    appraisal_id: int = Field(foreign_key="appraisal.id", primary_key=True)
    result_id: int = Field(foreign_key="result_approval.result_id", unique=True)


class ApprovalLink(db.Row, table=True):
    """One link of the approval chain, given by a named person; nobody gives two (D-18)."""

    __tablename__ = "result_approval_link"
    __table_args__ = (UniqueConstraint("result_id", "link"),)

    id: int | None = Field(default=None, primary_key=True)
    result_id: int = Field(foreign_key="result.id", index=True)
    link: str = Field(max_length=80)
    approver_id: int = Field(foreign_key="employee.id")
    account_id: int = Field(foreign_key="account.id")
    approved_at: datetime = Field(sa_type=db.UTC())
    note: str | None = Field(default=None, sa_type=Text)


class Acknowledgement(db.Row, table=True):
    """What the employee says to a published result: agreed, or received and disagreed; refused before two witnesses, or
    deemed received when the window had lapsed."""

    __tablename__ = "result_acknowledgement"
    __table_args__ = (
        CheckConstraint("answer IN ('agreed', 'disagreed', 'refused', 'deemed')", name="answer"),
        CheckConstraint("answer <> 'refused' OR (witness_id IS NOT NULL AND second_witness_id IS NOT NULL)", name="witnesses"),
    )

    result_id: int = Field(foreign_key="result.id", primary_key=True)
    answer: str = Field(max_length=10)
    comment: str | None = Field(default=None, sa_type=Text)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    witness_id: int | None = Field(default=None, foreign_key="employee.id")
    second_witness_id: int | None = Field(default=None, foreign_key="employee.id")
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    acknowledged_at: datetime = Field(sa_type=db.UTC())


class StepMove(db.Row, table=True):
    """A move that leaves no row of its own otherwise: sent back, withdrawn, closed unsubmitted, appeals closed, archived."""

    __tablename__ = "appraisal_move"

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    action: str = Field(max_length=80)
    from_step: str = Field(max_length=40)
    to_step: str = Field(max_length=40)
    reason: str | None = Field(default=None, sa_type=Text)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    moved_at: datetime = Field(sa_type=db.UTC())


class Appeal(db.Row, table=True):
    """申诉 against one published result. What has become of it is told by its acts. `late`: after the window had ended."""

    __tablename__ = "appeal"

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    result_id: int = Field(foreign_key="result.id", unique=True)
    late: bool
    filed_at: datetime = Field(sa_type=db.UTC(), index=True)


class AppealAct(db.Row, table=True):
    """One act in an appeal, with its words: grounds, acceptance, a statement or finding, the decision and its reasons.

    `result_id` is the layer that an upheld appeal has made; `delayed_because` says why a decision came after its time.
    """

    __tablename__ = "appeal_act"
    __table_args__ = (
        CheckConstraint("kind IN ('filed', 'accepted', 'rejected', 'stated', 'withdrawn', 'upheld', 'dismissed')", name="kind"),
        CheckConstraint("(kind = 'upheld') = (result_id IS NOT NULL)", name="result"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appeal_id: int = Field(foreign_key="appeal.id", index=True)
    kind: str = Field(max_length=10)
    text: str = Field(sa_type=Text)
    wanted: str | None = Field(default=None, sa_type=Text)
    ground: str | None = Field(default=None, max_length=20)
    delayed_because: str | None = Field(default=None, sa_type=Text)
    result_id: int | None = Field(default=None, foreign_key="result.id")
    employee_id: int | None = Field(default=None, foreign_key="employee.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")
    acted_at: datetime = Field(sa_type=db.UTC())


class AppealFile(db.Row, table=True):
    """Evidence that came with an act of an appeal."""

    __tablename__ = "appeal_file"

    act_id: int = Field(foreign_key="appeal_act.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True)


class Calibration(db.Versioned, db.Row, table=True):
    """校准会: those of a cycle, or of a unit and all below in it, whose grades are looked at side by side."""

    __tablename__ = "calibration"
    __table_args__ = (CheckConstraint("status IN ('open', 'closed')", name="status"),)

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    name: str = Field(max_length=120)
    status: str = Field(default=OPEN, max_length=10)
    opened_by: int | None = Field(default=None, foreign_key="account.id")
    opened_at: datetime = Field(sa_type=db.UTC())
    closed_by: int | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = Field(default=None, sa_type=db.UTC())
    minutes: str | None = Field(default=None, sa_type=Text)


class CalibrationProposal(db.Row, table=True):
    """A grade proposed for one person, for the result it was looked at; the latest of a person counts."""

    __tablename__ = "calibration_proposal"

    id: int | None = Field(default=None, primary_key=True)
    calibration_id: int = Field(foreign_key="calibration.id", index=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    result_id: int = Field(foreign_key="result.id")
    grade: str = Field(max_length=10)
    reason: str = Field(sa_type=Text)
    proposed_by: int | None = Field(default=None, foreign_key="account.id")
    proposed_at: datetime = Field(sa_type=db.UTC())


class Reopening(db.Row, table=True):
    """复核: somebody asks that an approved result be looked at again (D-19)."""

    __tablename__ = "reopening"

    id: int | None = Field(default=None, primary_key=True)
    appraisal_id: int = Field(foreign_key="appraisal.id", index=True)
    result_id: int = Field(foreign_key="result.id", index=True)
    reason: str = Field(sa_type=Text)
    employee_id: int | None = Field(default=None, foreign_key="employee.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")
    requested_at: datetime = Field(sa_type=db.UTC())


class ReopeningDecision(db.Row, table=True):
    """Whether a 复核 is granted, by a named approver who did not ask for it."""

    __tablename__ = "reopening_decision"

    reopening_id: int = Field(foreign_key="reopening.id", primary_key=True)
    granted: bool
    reason: str = Field(sa_type=Text)
    employee_id: int = Field(foreign_key="employee.id")
    account_id: int = Field(foreign_key="account.id")
    decided_at: datetime = Field(sa_type=db.UTC())


class PastGradeImport(db.Row, table=True):
    """A grade from before the system: imported, not computed, and never scored again (D-22)."""

    __tablename__ = "past_grade"
    __table_args__ = (UniqueConstraint("employee_id", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id", index=True)
    period: str = Field(max_length=10)
    grade: str = Field(max_length=10)
    collective: bool = False
    score: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    source_document: str = Field(max_length=200)
    imported_by: int | None = Field(default=None, foreign_key="account.id")
    imported_at: datetime = Field(sa_type=db.UTC())


class UnitResult(db.Row, table=True):
    """部门结果: what a unit, or without one the company, has come to in a cycle, as a document says (D-02).

    `coefficient` is what it makes of its people's bonuses, where the policy links them so. Counts once confirmed; a later entry
    takes the place of the one it corrects.
    """

    __tablename__ = "unit_result"
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 1000000", name="score"),
        CheckConstraint("coefficient >= 0", name="coefficient"),
        CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name="reason"),
        # Two unique indexes, because no database takes two nulls for the same.
        Index(
            "uq_unit_result_of_unit",
            "cycle_id",
            "unit_id",
            unique=True,
            sqlite_where=text("corrects_id IS NULL"),
            postgresql_where=text("corrects_id IS NULL"),
        ),
        Index(
            "uq_unit_result_of_company",
            "cycle_id",
            unique=True,
            sqlite_where=text("corrects_id IS NULL AND unit_id IS NULL"),
            postgresql_where=text("corrects_id IS NULL AND unit_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    score: Decimal = Field(sa_type=db.Exact(4))
    coefficient: Decimal | None = Field(default=None, sa_type=db.Exact(4))
    source_document: str = Field(max_length=200)
    entered_by: int = Field(foreign_key="account.id")
    entered_at: datetime = Field(sa_type=db.UTC())
    corrects_id: int | None = Field(default=None, foreign_key="unit_result.id", unique=True)
    reason: str | None = Field(default=None, sa_type=Text)


class UnitResultConfirmation(db.Row, table=True):
    """Somebody other than the one who entered a unit's result vouches for it."""

    __tablename__ = "unit_result_confirmation"

    unit_result_id: int = Field(foreign_key="unit_result.id", primary_key=True)
    confirmed_by: int = Field(foreign_key="account.id")
    confirmed_at: datetime = Field(sa_type=db.UTC(), index=True)


class UnitResultFile(db.Row, table=True):
    """The document that says a unit's result."""

    __tablename__ = "unit_result_file"

    unit_result_id: int = Field(foreign_key="unit_result.id", primary_key=True)
    file_id: int = Field(foreign_key="stored_file.id", primary_key=True)
