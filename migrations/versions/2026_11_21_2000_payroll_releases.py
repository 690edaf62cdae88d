"""Payroll releases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2000"
down_revision = "2026_11_21_1900"

KEPT = {"payroll_line": "", "payroll_release": "WHEN (OLD.status <> 'prepared')"}
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "payroll_release",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("totals", JSON, nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint("status IN ('prepared', 'released', 'discarded')", name=op.f("ck_payroll_release_status")),
        sa.CheckConstraint("(status = 'released') = (number IS NOT NULL)", name=op.f("ck_payroll_release_numbered")),
        sa.CheckConstraint("(status = 'released') = (content IS NOT NULL)", name=op.f("ck_payroll_release_frozen")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_payroll_release_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["prepared_by"], ["account.id"], name=op.f("fk_payroll_release_prepared_by_account")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_payroll_release_ended_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payroll_release")),
        sa.UniqueConstraint("cycle_id", "number", name=op.f("uq_payroll_release_cycle_id_number")),
    )
    op.create_index(op.f("ix_payroll_release_cycle_id"), "payroll_release", ["cycle_id"])
    prepared = sa.text("status = 'prepared'")
    op.create_index(
        "uq_payroll_release_prepared",
        "payroll_release",
        ["cycle_id"],
        unique=True,
        sqlite_where=prepared,
        postgresql_where=prepared,
    )
    op.create_table(
        "payroll_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("employee_number", sa.String(length=40), nullable=False),
        sa.Column("employee_name", sa.String(length=80), nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=True),
        sa.Column("multiplier", sa.BigInteger(), nullable=True),
        sa.Column("pay", sa.String(length=10), nullable=True),
        sa.CheckConstraint("kind IN ('rated', 'not_rated', 'correction')", name=op.f("ck_payroll_line_kind")),
        sa.CheckConstraint("(kind = 'correction') = (corrects_id IS NOT NULL)", name=op.f("ck_payroll_line_corrects")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["payroll_release.id"], name=op.f("fk_payroll_line_release_id_payroll_release")
        ),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_payroll_line_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_payroll_line_result_id_result")),
        sa.ForeignKeyConstraint(["corrects_id"], ["payroll_line.id"], name=op.f("fk_payroll_line_corrects_id_payroll_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payroll_line")),
        sa.UniqueConstraint("release_id", "appraisal_id", name=op.f("uq_payroll_line_release_id_appraisal_id")),
    )
    op.create_index(op.f("ix_payroll_line_release_id"), "payroll_line", ["release_id"])
    op.create_index(op.f("ix_payroll_line_appraisal_id"), "payroll_line", ["appraisal_id"])
    op.create_table(
        "payroll_bases",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["payroll_release.id"], name=op.f("fk_payroll_bases_release_id_payroll_release")
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_payroll_bases_uploaded_by_account")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_payroll_bases")),
    )
    _refuse_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in KEPT:
            op.execute(f"DROP TRIGGER {table}_is_kept ON {table}")
    op.drop_table("payroll_bases")
    op.drop_table("payroll_line")
    op.drop_table("payroll_release")


def _refuse_changes() -> None:
    """The database itself keeps lines, and releases that are no longer being prepared."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, when in KEPT.items():
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW {when} EXECUTE FUNCTION refuse_change()"
            )
            continue
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} {when} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END"
            )
