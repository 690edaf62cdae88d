"""Results of units and of the company, and what they make of a bonus."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2200"
down_revision = "2026_11_21_2100"

APPEND_ONLY = ("unit_result", "unit_result_confirmation", "unit_result_file")


def upgrade() -> None:
    for table in ("result", "payroll_line"):
        op.add_column(table, sa.Column("coefficient", sa.BigInteger(), nullable=True))
    op.create_table(
        "unit_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("coefficient", sa.BigInteger(), nullable=True),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("score BETWEEN 0 AND 1000000", name=op.f("ck_unit_result_score")),
        sa.CheckConstraint("coefficient >= 0", name=op.f("ck_unit_result_coefficient")),
        sa.CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name=op.f("ck_unit_result_reason")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_unit_result_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_result_unit_id_unit")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_unit_result_entered_by_account")),
        sa.ForeignKeyConstraint(["corrects_id"], ["unit_result.id"], name=op.f("fk_unit_result_corrects_id_unit_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_result")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_unit_result_corrects_id")),
    )
    op.create_index(op.f("ix_unit_result_cycle_id"), "unit_result", ["cycle_id"])
    op.create_index(op.f("ix_unit_result_unit_id"), "unit_result", ["unit_id"])
    first = "corrects_id IS NULL"
    for name, columns, where in (
        ("of_unit", ["cycle_id", "unit_id"], first),
        ("of_company", ["cycle_id"], f"{first} AND unit_id IS NULL"),
    ):
        only = sa.text(where)
        op.create_index(f"uq_unit_result_{name}", "unit_result", columns, unique=True, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "unit_result_confirmation",
        sa.Column("unit_result_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_result_id"], ["unit_result.id"], name=op.f("fk_unit_result_confirmation_unit_result_id_unit_result")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["account.id"], name=op.f("fk_unit_result_confirmation_confirmed_by_account")
        ),
        sa.PrimaryKeyConstraint("unit_result_id", name=op.f("pk_unit_result_confirmation")),
    )
    op.create_index(op.f("ix_unit_result_confirmation_confirmed_at"), "unit_result_confirmation", ["confirmed_at"])
    op.create_table(
        "unit_result_file",
        sa.Column("unit_result_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_result_id"], ["unit_result.id"], name=op.f("fk_unit_result_file_unit_result_id_unit_result")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_unit_result_file_file_id_stored_file")),
        sa.PrimaryKeyConstraint("unit_result_id", "file_id", name=op.f("pk_unit_result_file")),
    )
    _refuse_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
    for table in ("payroll_line", "result"):
        op.drop_column(table, "coefficient")


def _refuse_changes() -> None:
    """The database itself keeps what has been recorded of a unit."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in APPEND_ONLY:
        if postgresql:
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
