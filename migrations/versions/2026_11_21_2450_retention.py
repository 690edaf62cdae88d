"""Legal holds, what was purged when its term was over, and the one way past the triggers that keep rows: an open purge."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2450"
down_revision = "2026_11_21_2440"

# What hangs on a case, a person or a release, and the rows of these that the database keeps as they are but a purge may take.
PASSABLE = {
    "measure": "",
    "measure_confirmation": "",
    "measure_file": "",
    "reading_figure": "",
    "incident_entry": "",
    "incident_file": "",
    "incident_person": "OLD.reach <> 'named'",
    "payroll_line": "",
    "payroll_release": "OLD.status <> 'prepared'",
}
SAID = {"payroll_line": "kept as they are", "payroll_release": "kept as they are"}


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_because", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_because IS NULL)", name=op.f("ck_legal_hold_lifted")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_legal_hold_employee_id_employee")),
        sa.ForeignKeyConstraint(["set_by"], ["account.id"], name=op.f("fk_legal_hold_set_by_account")),
        sa.ForeignKeyConstraint(["lifted_by"], ["account.id"], name=op.f("fk_legal_hold_lifted_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_employee_id"), "legal_hold", ["employee_id"])
    op.create_table(
        "purge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", json, nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_purge_asked_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge")),
    )
    op.create_table(
        "purged",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("purge_id", sa.Integer(), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('case', 'person', 'release', 'document', 'cycle')", name=op.f("ck_purged_kind")),
        sa.ForeignKeyConstraint(["purge_id"], ["purge.id"], name=op.f("fk_purged_purge_id_purge")),
        sa.PrimaryKeyConstraint("kind", "object_id", name=op.f("pk_purged")),
    )
    op.create_index(op.f("ix_purged_purge_id"), "purged", ["purge_id"])
    op.create_table(
        "purged_grades",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_purged_grades_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_purged_grades_unit_id_unit")),
        sa.PrimaryKeyConstraint("cycle_id", "unit_id", "grade", name=op.f("pk_purged_grades")),
    )
    op.create_table(
        "purge_door",
        sa.Column("purge_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["purge_id"], ["purge.id"], name=op.f("fk_purge_door_purge_id_purge")),
        sa.PrimaryKeyConstraint("purge_id", name=op.f("pk_purge_door")),
    )
    _set_triggers("NOT EXISTS (SELECT 1 FROM purge_door)")


def downgrade() -> None:
    _set_triggers(None)
    for table in ("purge_door", "purged_grades", "purged", "purge", "legal_hold"):
        op.drop_table(table)


def _set_triggers(unless: str | None) -> None:
    """Has the triggers let through a transaction that has a row in `purge_door`; nobody else ever sees that row."""
    if op.get_bind().dialect.name == "postgresql":
        names = ", ".join(f"'{table}'" for table in PASSABLE)
        passing = f"""
                IF TG_TABLE_NAME IN ({names}) AND EXISTS (SELECT 1 FROM purge_door) THEN
                    IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
                END IF;"""
        op.execute(f"""
            CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN{passing if unless else ""}
                RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END $$
            """)
        return
    for table, when in PASSABLE.items():
        condition = " AND ".join(part for part in (when and f"({when})", unless) if part)
        for act in ("UPDATE", "DELETE"):
            name = f"{table}_refuses_{act.lower()}"
            op.execute(f"DROP TRIGGER {name}")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} {f'WHEN ({condition}) ' if condition else ''}"
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are {SAID.get(table, 'only added')}'); END"
            )
