"""Targets, role holders, evaluations and alerts of watched indicators; targets and evaluations are only added."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2380"
down_revision = "2026_11_21_2370"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = ("kpi_target", "kpi_evaluation")
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_KINDS = "('level', 'trend', 'alert_line', 'guard', 'related', 'raise_target', 'unrealistic_jump')"


def upgrade() -> None:
    op.create_table(
        "kpi_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("operator", sa.String(length=2), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("operator IN ('>=', '>', '<=', '<', '=')", name=op.f("ck_kpi_target_operator")),
        sa.CheckConstraint("to_on IS NULL OR from_on <= to_on", name=op.f("ck_kpi_target_days")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_target_unit_id_unit")),
        sa.ForeignKeyConstraint(["set_by"], ["account.id"], name=op.f("fk_kpi_target_set_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_target")),
    )
    op.create_index(op.f("ix_kpi_target_unit_id"), "kpi_target", ["unit_id"])
    op.create_index("ix_kpi_target_series", "kpi_target", ["policy", "indicator", "unit_id", "from_on"])

    op.create_table(
        "kpi_role_holder",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("to_on IS NULL OR from_on <= to_on", name=op.f("ck_kpi_role_holder_days")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_role_holder_unit_id_unit")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_kpi_role_holder_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_role_holder")),
    )
    for column in ("policy", "unit_id", "employee_id"):
        op.create_index(op.f(f"ix_kpi_role_holder_{column}"), "kpi_role_holder", [column])

    op.create_table(
        "kpi_evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("readings_digest", sa.String(length=64), nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_evaluation_unit_id_unit")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_kpi_evaluation_made_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_evaluation")),
    )
    op.create_index(op.f("ix_kpi_evaluation_unit_id"), "kpi_evaluation", ["unit_id"])
    op.create_index("ix_kpi_evaluation_subject", "kpi_evaluation", ["policy", "unit_id", "period"])

    op.create_table(
        "kpi_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("indicator", sa.String(length=80), nullable=False),
        sa.Column("other", sa.String(length=80), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=True),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"kind IN {_KINDS}", name=op.f("ck_kpi_alert_kind")),
        sa.CheckConstraint("(kind IN ('guard', 'related')) = (other IS NOT NULL)", name=op.f("ck_kpi_alert_other")),
        sa.CheckConstraint("(kind = 'level') = (level IS NOT NULL)", name=op.f("ck_kpi_alert_level")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kpi_alert_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["kpi_evaluation.id"], name=op.f("fk_kpi_alert_evaluation_id_kpi_evaluation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_alert")),
    )
    op.create_index(op.f("ix_kpi_alert_unit_id"), "kpi_alert", ["unit_id"])
    op.create_index(op.f("ix_kpi_alert_evaluation_id"), "kpi_alert", ["evaluation_id"])
    _one_alert()
    _refuse_changes()


def downgrade() -> None:
    # A table takes its triggers along; refuse_change() belongs to the figures.
    for table in ("kpi_alert", "kpi_evaluation", "kpi_role_holder", "kpi_target"):
        op.drop_table(table)


def _one_alert() -> None:
    for subject, of_unit in (("unit", ["unit_id"]), ("company", [])):
        for number, of_pair in (("pair", ["other"]), ("single", [])):
            where = sa.text(f"unit_id IS {'NOT ' * bool(of_unit)}NULL AND other IS {'NOT ' * bool(of_pair)}NULL")
            columns = ["policy", *of_unit, "indicator", *of_pair, "period", "kind"]
            name = f"uq_kpi_alert_{subject}_{number}"
            op.create_index(name, "kpi_alert", columns, unique=True, sqlite_where=where, postgresql_where=where)


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
