"""Exceptions, their entries and evidence, which are only added, and tasks for other departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2390"
down_revision = "2026_11_21_2380"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = ("kpi_exception_entry", "kpi_exception_file")
_RECORDS = "('assessment', 'capa', 'urgent_improvement', 'investigation')"
_STATES = "('open', 'analysed', 'acting', 'done', 'verified', 'closed', 'void')"
_KINDS = (
    "('opened', 'attached', 'assigned', 'analysis', 'action', 'done', 'verified', 'returned', 'closed', "
    "'void', 'note', 'corrected', 'overdue', 'escalated')"
)


def upgrade() -> None:
    _exception()
    op.create_table(
        "kpi_exception_period",
        sa.Column("exception_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        _refers("kpi_exception_period", "exception_id", "kpi_exception"),
        _refers("kpi_exception_period", "alert_id", "kpi_alert"),
        sa.PrimaryKeyConstraint("exception_id", "alert_id", name=op.f("pk_kpi_exception_period")),
    )
    op.create_index(op.f("ix_kpi_exception_period_alert_id"), "kpi_exception_period", ["alert_id"])

    op.create_table(
        "kpi_exception_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("by_account", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN {_KINDS}", name=op.f("ck_kpi_exception_entry_kind")),
        _refers("kpi_exception_entry", "exception_id", "kpi_exception"),
        _refers("kpi_exception_entry", "by_account", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_exception_entry")),
    )
    op.create_index(op.f("ix_kpi_exception_entry_exception_id"), "kpi_exception_entry", ["exception_id"])

    op.create_table(
        "kpi_exception_file",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        _refers("kpi_exception_file", "entry_id", "kpi_exception_entry"),
        _refers("kpi_exception_file", "file_id", "stored_file"),
        sa.PrimaryKeyConstraint("entry_id", "file_id", name=op.f("pk_kpi_exception_file")),
    )
    op.create_index(op.f("ix_kpi_exception_file_file_id"), "kpi_exception_file", ["file_id"])
    _task()
    _refuse_changes()


def downgrade() -> None:
    # A table takes its triggers along; refuse_change() belongs to the figures.
    for table in ("kpi_task", "kpi_exception_file", "kpi_exception_entry", "kpi_exception_period", "kpi_exception"):
        op.drop_table(table)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _exception() -> None:
    op.create_table(
        "kpi_exception",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=True),
        sa.Column("record", sa.String(length=18), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("action_by", sa.Integer(), nullable=True),
        sa.Column("action_due_on", sa.Date(), nullable=True),
        sa.Column("verification", sa.Text(), nullable=True),
        sa.Column("verified_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("escalation", sa.Integer(), nullable=False),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.CheckConstraint(f"record IN {_RECORDS}", name=op.f("ck_kpi_exception_record")),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_kpi_exception_state")),
        sa.CheckConstraint("(record = 'investigation') = (level IS NULL)", name=op.f("ck_kpi_exception_level")),
        sa.CheckConstraint("(state IN ('closed', 'void')) = (closed_at IS NOT NULL)", name=op.f("ck_kpi_exception_ended")),
        _refers("kpi_exception", "unit_id", "unit"),
        _refers("kpi_exception", "owner_id", "employee"),
        _refers("kpi_exception", "action_by", "account"),
        _refers("kpi_exception", "verified_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_exception")),
        sa.UniqueConstraint("number", name=op.f("uq_kpi_exception_number")),
    )
    for column in ("unit_id", "owner_id", "due_on"):
        op.create_index(op.f(f"ix_kpi_exception_{column}"), "kpi_exception", [column])
    for subject, columns, known in (
        ("unit", ["policy", "unit_id", "indicator", "record"], "NOT NULL"),
        ("company", ["policy", "indicator", "record"], "NULL"),
    ):
        still = sa.text(f"state NOT IN ('closed', 'void') AND unit_id IS {known}")
        name = f"uq_kpi_exception_open_of_{subject}"
        op.create_index(name, "kpi_exception", columns, unique=True, sqlite_where=still, postgresql_where=still)


def _task() -> None:
    op.create_table(
        "kpi_task",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=120), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("follow_up", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f("ck_kpi_task_state")),
        sa.CheckConstraint("(state = 'open') = (done_at IS NULL)", name=op.f("ck_kpi_task_ended")),
        _refers("kpi_task", "exception_id", "kpi_exception"),
        _refers("kpi_task", "alert_id", "kpi_alert"),
        _refers("kpi_task", "unit_id", "unit"),
        _refers("kpi_task", "done_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_task")),
    )
    for column in ("exception_id", "alert_id", "unit_id"):
        op.create_index(op.f(f"ix_kpi_task_{column}"), "kpi_task", [column])


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
