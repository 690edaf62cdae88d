"""Whom an incident reaches beside the person concerned."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2300"
down_revision = "2026_11_21_2200"


def upgrade() -> None:
    op.create_table(
        "incident_person",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("reach", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("chosen_by", sa.Integer(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reach IN ('unit', 'named', 'superior', 'post')", name=op.f("ck_incident_person_reach")),
        sa.CheckConstraint("reach <> 'named' OR reason IS NOT NULL", name=op.f("ck_incident_person_reason")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_person_incident_id_incident")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_incident_person_employee_id_employee")),
        sa.ForeignKeyConstraint(["chosen_by"], ["account.id"], name=op.f("fk_incident_person_chosen_by_account")),
        sa.PrimaryKeyConstraint("incident_id", "employee_id", "reach", name=op.f("pk_incident_person")),
    )
    op.create_index(op.f("ix_incident_person_employee_id"), "incident_person", ["employee_id"])
    op.add_column("incident_entry", sa.Column("nobody_named", sa.Text(), nullable=True))
    _refuse_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER incident_person_only_grows ON incident_person")
    op.drop_column("incident_entry", "nobody_named")
    op.drop_table("incident_person")


def _refuse_changes() -> None:
    """The database itself keeps whom a confirmed incident has reached; only who was named may be taken out, before that."""
    found_by_itself = "WHEN (OLD.reach <> 'named')"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER incident_person_only_grows BEFORE UPDATE OR DELETE ON incident_person "
            f"FOR EACH ROW {found_by_itself} EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER incident_person_refuses_{act.lower()} BEFORE {act} ON incident_person {found_by_itself} "
            "BEGIN SELECT RAISE(ABORT, 'rows of incident_person are only added'); END"
        )
