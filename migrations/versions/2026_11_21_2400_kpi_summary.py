"""Weekly summaries, their suggestions and the decisions on them; quarterly reviews of the indicators. All of it only grows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2400"
down_revision = "2026_11_21_2390"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = (
    *("kpi_summary", "kpi_summary_rewording", "kpi_suggestion", "kpi_suggestion_decision"),
    *("kpi_indicator_review", "kpi_proposal", "kpi_proposal_decision"),
)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "kpi_summary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("advisor", sa.String(length=60), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_kpi_summary_edition")),
        *_references("kpi_summary", unit_id="unit", evaluation_id="kpi_evaluation", made_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_summary")),
    )
    _indexes("kpi_summary", "unit_id", "evaluation_id")
    _one("kpi_summary", "policy", "week", "advisor", "edition")

    op.create_table(
        "kpi_summary_rewording",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=15), nullable=False),
        sa.Column("zh", sa.Text(), nullable=True),
        sa.Column("en", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('reworded', 'changed_figures', 'failed')", name=op.f("ck_kpi_summary_rewording_outcome")
        ),
        sa.CheckConstraint(
            "(outcome = 'reworded') = (zh IS NOT NULL AND en IS NOT NULL)", name=op.f("ck_kpi_summary_rewording_words")
        ),
        sa.CheckConstraint("(outcome = 'reworded') = (problem IS NULL)", name=op.f("ck_kpi_summary_rewording_problem")),
        *_references("kpi_summary_rewording", summary_id="kpi_summary"),
        sa.PrimaryKeyConstraint("summary_id", name=op.f("pk_kpi_summary_rewording")),
    )

    op.create_table(
        "kpi_suggestion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("advisor", sa.String(length=60), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("other", sa.String(length=80), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("department", sa.String(length=120), nullable=True),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("readings", _JSON, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_references("kpi_suggestion", unit_id="unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_suggestion")),
    )
    _indexes("kpi_suggestion", "unit_id", "made_at")
    _one("kpi_suggestion", "policy", "key")

    op.create_table(
        "kpi_suggestion_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("suggestion_id", sa.Integer(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("exception_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("adopted OR reason IS NOT NULL", name=op.f("ck_kpi_suggestion_decision_reason")),
        *_references("kpi_suggestion_decision", suggestion_id="kpi_suggestion", decided_by="account"),
        *_references("kpi_suggestion_decision", exception_id="kpi_exception", task_id="kpi_task"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_suggestion_decision")),
    )
    _indexes("kpi_suggestion_decision", "suggestion_id", "exception_id", "task_id", "decided_at")

    op.create_table(
        "kpi_indicator_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_references("kpi_indicator_review", unit_id="unit", made_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_indicator_review")),
    )
    _indexes("kpi_indicator_review", "unit_id")
    op.create_index("ix_kpi_indicator_review_subject", "kpi_indicator_review", ["policy", "unit_id", "quarter"])

    op.create_table(
        "kpi_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("finding", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("other", sa.String(length=80), nullable=True),
        sa.Column("rho", sa.String(length=12), nullable=True),
        sa.Column("readings", sa.Integer(), nullable=True),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "finding IN ('redundant', 'always_met', 'never_met', 'unguarded')", name=op.f("ck_kpi_proposal_finding")
        ),
        sa.CheckConstraint("action IN ('drop', 'raise', 'redefine', 'pair')", name=op.f("ck_kpi_proposal_action")),
        *_references("kpi_proposal", review_id="kpi_indicator_review"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_proposal")),
    )
    _indexes("kpi_proposal", "review_id")

    op.create_table(
        "kpi_proposal_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=7), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice IN ('adopt', 'decline', 'later')", name=op.f("ck_kpi_proposal_decision_choice")),
        *_references("kpi_proposal_decision", proposal_id="kpi_proposal", decided_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_proposal_decision")),
    )
    _indexes("kpi_proposal_decision", "proposal_id")

    _refuse_changes()


def downgrade() -> None:
    # A table takes its triggers along; refuse_change() belongs to the figures.
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in columns.items()
    ]


def _indexes(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _one(table: str, first: str, *columns: str) -> None:
    for subject, of_unit in (("unit", ["unit_id"]), ("company", [])):
        where = sa.text(f"unit_id IS {'NOT ' * bool(of_unit)}NULL")
        name = f"uq_{table}_of_{subject}"
        op.create_index(name, table, [first, *of_unit, *columns], unique=True, sqlite_where=where, postgresql_where=where)


def _refuse_changes() -> None:
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            continue
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only added'); END"
            )
