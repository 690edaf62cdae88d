"""Evidence of figures and incidents, providers of figures; what has been recorded can no longer be changed or deleted."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1700"
down_revision = "2026_11_21_1600"

# A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers and has to make them again.
APPEND_ONLY = ("measure", "measure_confirmation", "measure_file", "incident_entry", "incident_file")


def upgrade() -> None:
    op.create_table(
        "measure_file",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_measure_file_file_id_stored_file")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_file_measure_id_measure")),
        sa.PrimaryKeyConstraint("measure_id", "file_id", name=op.f("pk_measure_file")),
    )
    op.create_index(op.f("ix_measure_file_file_id"), "measure_file", ["file_id"])

    op.create_table(
        "data_provider",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column("assigned_by", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('indicator', 'source')", name=op.f("ck_data_provider_kind")),
        sa.CheckConstraint("(account_id IS NULL) <> (unit_id IS NULL)", name=op.f("ck_data_provider_one_provider")),
        sa.CheckConstraint("working_days > 0", name=op.f("ck_data_provider_working_days")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_data_provider_account_id_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_data_provider_unit_id_unit")),
        sa.ForeignKeyConstraint(["assigned_by"], ["account.id"], name=op.f("fk_data_provider_assigned_by_account")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_data_provider_ended_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_provider")),
    )
    op.create_index(op.f("ix_data_provider_account_id"), "data_provider", ["account_id"])
    op.create_index(op.f("ix_data_provider_unit_id"), "data_provider", ["unit_id"])
    current = sa.text("ended_at IS NULL")
    for who in ("account", "unit"):
        op.create_index(
            f"uq_data_provider_{who}",
            "data_provider",
            ["kind", "name", f"{who}_id"],
            unique=True,
            sqlite_where=current,
            postgresql_where=current,
        )

    op.create_table(
        "incident_file",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["incident_entry.id"], name=op.f("fk_incident_file_entry_id_incident_entry")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_incident_file_file_id_stored_file")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_file_incident_id_incident")),
        sa.PrimaryKeyConstraint("incident_id", "file_id", name=op.f("pk_incident_file")),
    )
    op.create_index(op.f("ix_incident_file_entry_id"), "incident_file", ["entry_id"])
    op.create_index(op.f("ix_incident_file_file_id"), "incident_file", ["file_id"])

    _refuse_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
    else:
        for table in APPEND_ONLY:
            for act in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_refuses_{act}")
    for table in ("incident_file", "data_provider", "measure_file"):
        op.drop_table(table)


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END $$
            """
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only added'); END"
            )
