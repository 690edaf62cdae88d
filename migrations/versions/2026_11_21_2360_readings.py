"""Readings of watched indicators, their confirmations and evidence; what has been recorded cannot be changed or deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2360"
down_revision = "2026_11_21_2340"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = ("reading", "reading_confirmation", "reading_file", "reading_figure")


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("cadence", sa.String(length=7), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("inputs", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("origin", sa.String(length=6), nullable=False),
        sa.Column("record_type", sa.String(length=14), nullable=True),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("back_filled", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("origin IN ('event', 'import', 'manual')", name=op.f("ck_reading_origin")),
        sa.CheckConstraint("cadence IN ('day', 'week', 'month', 'quarter', 'half', 'year')", name=op.f("ck_reading_cadence")),
        sa.CheckConstraint("(value IS NULL) <> (inputs IS NULL)", name=op.f("ck_reading_figure")),
        sa.CheckConstraint("corrects_id IS NULL OR reason IS NOT NULL", name=op.f("ck_reading_reason")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_reading_days")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reading_unit_id_unit")),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_reading_entered_by_account")),
        sa.ForeignKeyConstraint(["corrects_id"], ["reading.id"], name=op.f("fk_reading_corrects_id_reading")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_reading_corrects_id")),
    )
    op.create_index(op.f("ix_reading_unit_id"), "reading", ["unit_id"])
    op.create_index(op.f("ix_reading_entered_at"), "reading", ["entered_at"])
    op.create_index("ix_reading_series", "reading", ["policy", "unit_id", "ends_on"])
    for subject, columns, known in (
        ("unit", ["policy", "indicator", "unit_id", "period"], "NOT NULL"),
        ("company", ["policy", "indicator", "period"], "NULL"),
    ):
        first = sa.text(f"corrects_id IS NULL AND unit_id IS {known}")
        name = f"uq_reading_first_of_{subject}"
        op.create_index(name, "reading", columns, unique=True, sqlite_where=first, postgresql_where=first)

    op.create_table(
        "reading_confirmation",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_confirmation_reading_id_reading")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_reading_confirmation_confirmed_by_account")),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_reading_confirmation")),
    )
    op.create_index(op.f("ix_reading_confirmation_confirmed_at"), "reading_confirmation", ["confirmed_at"])

    op.create_table(
        "reading_file",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_file_reading_id_reading")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_reading_file_file_id_stored_file")),
        sa.PrimaryKeyConstraint("reading_id", "file_id", name=op.f("pk_reading_file")),
    )
    op.create_index(op.f("ix_reading_file_file_id"), "reading_file", ["file_id"])

    op.create_table(
        "reading_figure",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_reading_figure_measure_id_measure")),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_figure_reading_id_reading")),
        sa.PrimaryKeyConstraint("measure_id", name=op.f("pk_reading_figure")),
    )
    op.create_index(op.f("ix_reading_figure_reading_id"), "reading_figure", ["reading_id"])

    _refuse_changes()


def downgrade() -> None:
    # A table takes its triggers along; refuse_change() belongs to the figures.
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)


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
