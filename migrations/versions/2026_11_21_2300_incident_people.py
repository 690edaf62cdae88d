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


def downgrade() -> None:
    op.drop_column("incident_entry", "nobody_named")
    op.drop_table("incident_person")
