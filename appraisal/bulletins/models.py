"""Tables of weekly summaries, of what they suggest and how people decided, and of the quarterly reviews of the indicators.

All of them only grow, and the database refuses to change or delete a row: a summary that would say something else gets a new
edition, and whoever decides otherwise decides again. The tables of reports and meetings are in `report_models`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from appraisal import db
from appraisal.bulletins import report_models

__all__ = ["report_models"]  # found by whoever asks this file for the tables of the slice

OUTCOMES = ("reworded", "changed_figures", "failed")
"""What became of a rewording: kept, refused because it says other numbers, or not had at all."""
CHOICES = ("adopt", "decline", "later")


def _one(name: str, *columns: str, unit: bool) -> Index:
    where = text(f"unit_id IS {'NOT ' * unit}NULL")
    named = f"uq_{name}_of_{'unit' if unit else 'company'}"
    asked = (columns[0], "unit_id", *columns[1:]) if unit else columns
    return Index(named, *asked, unique=True, sqlite_where=where, postgresql_where=where)


class KpiSummary(db.Row, table=True):
    """What one area is told of one week, of a unit or (without one) the company: sentences, each with readings and rule.

    `content`: `statements` as the core writes them, and `suggestions`, the ids of what is suggested beside them.
    """

    __tablename__ = "kpi_summary"
    __table_args__ = (
        CheckConstraint("edition >= 1", name="edition"),
        _one("kpi_summary", "policy", "week", "advisor", "edition", unit=True),
        _one("kpi_summary", "policy", "week", "advisor", "edition", unit=False),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    week: str = Field(max_length=8)
    starts_on: date
    advisor: str = Field(max_length=60)
    edition: int
    evaluation_id: int = Field(foreign_key="kpi_evaluation.id", index=True)
    content: dict[str, Any] = Field(sa_type=db.Json)
    made_by: int | None = Field(default=None, foreign_key="account.id")
    made_at: datetime = Field(sa_type=db.UTC())


class KpiSummaryRewording(db.Row, table=True):
    """A summary in the words of a language model, beside the original, or why there is none; never a source of figures."""

    __tablename__ = "kpi_summary_rewording"
    __table_args__ = (
        CheckConstraint("outcome IN ('reworded', 'changed_figures', 'failed')", name="outcome"),
        CheckConstraint("(outcome = 'reworded') = (zh IS NOT NULL AND en IS NOT NULL)", name="words"),
        CheckConstraint("(outcome = 'reworded') = (problem IS NULL)", name="problem"),
    )

    summary_id: int = Field(foreign_key="kpi_summary.id", primary_key=True)
    outcome: str = Field(max_length=15)
    zh: str | None = Field(default=None, sa_type=Text)
    en: str | None = Field(default=None, sa_type=Text)
    problem: str | None = Field(default=None, sa_type=Text)
    asked_at: datetime = Field(sa_type=db.UTC())


class KpiSuggestion(db.Row, table=True):
    """What a rule suggests to do about an indicator in a period, once, however many weeks tell of it; `key` is which."""

    __tablename__ = "kpi_suggestion"
    __table_args__ = (
        _one("kpi_suggestion", "policy", "key", unit=True),
        _one("kpi_suggestion", "policy", "key", unit=False),
    )

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    key: str = Field(max_length=300)
    advisor: str = Field(max_length=60)
    week: str = Field(max_length=8)
    kind: str = Field(max_length=20)
    indicator: str = Field(max_length=80)
    other: str | None = Field(default=None, max_length=80)
    period: str = Field(max_length=10)
    department: str | None = Field(default=None, max_length=120)
    zh: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)
    path: str = Field(max_length=200)
    line: int
    readings: list[dict[str, Any]] = Field(sa_type=db.Json)
    made_at: datetime = Field(sa_type=db.UTC(), index=True)


class KpiSuggestionDecision(db.Row, table=True):
    """Somebody adopts a suggestion or not; a later decision takes the place of this one (R-000-56)."""

    __tablename__ = "kpi_suggestion_decision"
    __table_args__ = (CheckConstraint("adopted OR reason IS NOT NULL", name="reason"),)

    id: int | None = Field(default=None, primary_key=True)
    suggestion_id: int = Field(foreign_key="kpi_suggestion.id", index=True)
    adopted: bool
    reason: str | None = Field(default=None, sa_type=Text)
    exception_id: int | None = Field(default=None, foreign_key="kpi_exception.id", index=True)
    task_id: int | None = Field(default=None, foreign_key="kpi_task.id", index=True)
    decided_by: int = Field(foreign_key="account.id")
    decided_at: datetime = Field(sa_type=db.UTC(), index=True)


class KpiIndicatorReview(db.Row, table=True):
    """What the readings up to the end of a quarter say about the indicators themselves, as it was found (D-27)."""

    __tablename__ = "kpi_indicator_review"
    __table_args__ = (Index("ix_kpi_indicator_review_subject", "policy", "unit_id", "quarter"),)

    id: int | None = Field(default=None, primary_key=True)
    policy: str = Field(max_length=60)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    quarter: str = Field(max_length=7)
    digest: str = Field(max_length=71)
    made_by: int | None = Field(default=None, foreign_key="account.id")
    made_at: datetime = Field(sa_type=db.UTC())


class KpiProposal(db.Row, table=True):
    """One indicator to drop, raise, redefine or pair, with its reason. `other` is the one that says the same."""

    __tablename__ = "kpi_proposal"
    __table_args__ = (
        CheckConstraint("finding IN ('redundant', 'always_met', 'never_met', 'unguarded')", name="finding"),
        CheckConstraint("action IN ('drop', 'raise', 'redefine', 'pair')", name="action"),
    )

    id: int | None = Field(default=None, primary_key=True)
    review_id: int = Field(foreign_key="kpi_indicator_review.id", index=True)
    indicator: str = Field(max_length=80)
    finding: str = Field(max_length=10)
    action: str = Field(max_length=8)
    other: str | None = Field(default=None, max_length=80)
    rho: str | None = Field(default=None, max_length=12)
    readings: int | None = None
    zh: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)
    path: str = Field(max_length=200)
    line: int


class KpiProposalDecision(db.Row, table=True):
    """A KPI manager adopts a proposal, declines it, or leaves it for later; a later decision takes the place of this one."""

    __tablename__ = "kpi_proposal_decision"
    __table_args__ = (CheckConstraint("choice IN ('adopt', 'decline', 'later')", name="choice"),)

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="kpi_proposal.id", index=True)
    choice: str = Field(max_length=7)
    reason: str = Field(sa_type=Text)
    decided_by: int = Field(foreign_key="account.id")
    decided_at: datetime = Field(sa_type=db.UTC())
