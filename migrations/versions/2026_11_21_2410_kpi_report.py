"""KPI reports as they were made, and meetings with their decisions; a report that was made cannot be changed or deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2410"
down_revision = "2026_11_21_2400"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = ("kpi_report", "kpi_report_source", "kpi_report_approval")
OF_MEETINGS = ("kpi_meeting", "kpi_meeting_attendee", "kpi_meeting_report", "kpi_decision", "kpi_action")


def upgrade() -> None:
    _reports()
    _meetings()
    _decisions()
    _refuse_changes()


def downgrade() -> None:
    # A table takes its triggers along; refuse_change() belongs to the figures.
    for table in reversed((*APPEND_ONLY, *OF_MEETINGS)):
        op.drop_table(table)


def _reports() -> None:
    kinds = "kind IN ('monthly', 'quarterly', 'annual', 'management_review')"
    op.create_table(
        "kpi_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=17), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=160), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(kinds, name=op.f("ck_kpi_report_kind")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_kpi_report_days")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_report_unit_id_unit")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_kpi_report_made_by_account")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["kpi_report.id"], name=op.f("fk_kpi_report_supersedes_id_kpi_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_report")),
        sa.UniqueConstraint("policy", "number", name=op.f("uq_kpi_report_policy_number")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_kpi_report_supersedes_id")),
    )
    op.create_index(op.f("ix_kpi_report_unit_id"), "kpi_report", ["unit_id"])
    op.create_index("ix_kpi_report_subject", "kpi_report", ["policy", "kind", "unit_id", "period"])

    op.create_table(
        "kpi_report_source",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["kpi_report.id"], name=op.f("fk_kpi_report_source_report_id_kpi_report")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["kpi_evaluation.id"], name=op.f("fk_kpi_report_source_evaluation_id_kpi_evaluation")
        ),
        sa.PrimaryKeyConstraint("report_id", "period", name=op.f("pk_kpi_report_source")),
    )
    op.create_index(op.f("ix_kpi_report_source_evaluation_id"), "kpi_report_source", ["evaluation_id"])

    op.create_table(
        "kpi_report_approval",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["kpi_report.id"], name=op.f("fk_kpi_report_approval_report_id_kpi_report")),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_kpi_report_approval_approved_by_account")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_kpi_report_approval")),
    )


def _meetings() -> None:
    op.create_table(
        "kpi_meeting",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("chair_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("planned_by", sa.Integer(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('planned', 'held', 'cancelled')", name=op.f("ck_kpi_meeting_status")),
        sa.CheckConstraint("(status = 'held') = (held_on IS NOT NULL)", name=op.f("ck_kpi_meeting_held")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_meeting_unit_id_unit")),
        sa.ForeignKeyConstraint(["chair_id"], ["employee.id"], name=op.f("fk_kpi_meeting_chair_id_employee")),
        sa.ForeignKeyConstraint(["planned_by"], ["account.id"], name=op.f("fk_kpi_meeting_planned_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_meeting")),
    )
    for column in ("policy", "unit_id", "due_on", "chair_id"):
        op.create_index(op.f(f"ix_kpi_meeting_{column}"), "kpi_meeting", [column])
    for table, column, target in (
        ("kpi_meeting_attendee", "employee_id", "employee"),
        ("kpi_meeting_report", "report_id", "kpi_report"),
    ):
        op.create_table(
            table,
            sa.Column("meeting_id", sa.Integer(), nullable=False),
            sa.Column(column, sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["meeting_id"], ["kpi_meeting.id"], name=op.f(f"fk_{table}_meeting_id_kpi_meeting")),
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")),
            sa.PrimaryKeyConstraint("meeting_id", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _decisions() -> None:
    op.create_table(
        "kpi_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["kpi_meeting.id"], name=op.f("fk_kpi_decision_meeting_id_kpi_meeting")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_kpi_decision_entered_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_decision")),
    )
    op.create_index(op.f("ix_kpi_decision_meeting_id"), "kpi_decision", ["meeting_id"])

    op.create_table(
        "kpi_action",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'done', 'dropped')", name=op.f("ck_kpi_action_status")),
        sa.CheckConstraint("(status = 'open') = (ended_on IS NULL)", name=op.f("ck_kpi_action_ended")),
        sa.CheckConstraint("status <> 'dropped' OR note IS NOT NULL", name=op.f("ck_kpi_action_note")),
        sa.ForeignKeyConstraint(["decision_id"], ["kpi_decision.id"], name=op.f("fk_kpi_action_decision_id_kpi_decision")),
        sa.ForeignKeyConstraint(["owner_id"], ["employee.id"], name=op.f("fk_kpi_action_owner_id_employee")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_kpi_action_ended_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_action")),
    )
    for column in ("decision_id", "owner_id"):
        op.create_index(op.f(f"ix_kpi_action_{column}"), "kpi_action", [column])
    op.create_index("ix_kpi_action_status_due_on", "kpi_action", ["status", "due_on"])


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
