"""Extensions, exceptions, reassignments, notices of deadlines, notifications; a data deadline; why somebody is not rated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1500"
down_revision = "2026_11_21_1400"


def upgrade() -> None:
    op.add_column("cycle", sa.Column("data_due_on", sa.Date(), nullable=True))
    op.add_column("appraisal", sa.Column("not_rated_reason_en", sa.Text(), nullable=True))
    op.create_table(
        "deadline_extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("appraisal_id", sa.Integer(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("unit_id IS NULL OR appraisal_id IS NULL", name=op.f("ck_deadline_extension_one_reach")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_deadline_extension_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_deadline_extension_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_deadline_extension_granted_by_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_deadline_extension_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_extension")),
    )
    op.create_index(op.f("ix_deadline_extension_appraisal_id"), "deadline_extension", ["appraisal_id"])
    op.create_index(op.f("ix_deadline_extension_cycle_id"), "deadline_extension", ["cycle_id"])
    op.create_table(
        "cycle_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('unsigned')", name=op.f("ck_cycle_exception_kind")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_cycle_exception_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_cycle_exception_recorded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_exception")),
        sa.UniqueConstraint("appraisal_id", "kind", name=op.f("uq_cycle_exception_appraisal_id_kind")),
    )
    op.create_index(op.f("ix_cycle_exception_appraisal_id"), "cycle_exception", ["appraisal_id"])
    op.create_table(
        "reassignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("assigned_by", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_reassignment_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(["assigned_by"], ["account.id"], name=op.f("fk_reassignment_assigned_by_account")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["employee.id"], name=op.f("fk_reassignment_supervisor_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reassignment")),
    )
    op.create_index(op.f("ix_reassignment_appraisal_id"), "reassignment", ["appraisal_id"])
    op.create_index(op.f("ix_reassignment_supervisor_id"), "reassignment", ["supervisor_id"])
    op.create_table(
        "deadline_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("step_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('due_soon', 'due_today', 'overdue', 'closing', 'remind')", name=op.f("ck_deadline_notice_kind")
        ),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_deadline_notice_appraisal_id_appraisal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_notice")),
        sa.UniqueConstraint(
            "appraisal_id", "kind", "step_since", "due_on", name=op.f("uq_deadline_notice_appraisal_id_kind_step_since_due_on")
        ),
    )
    op.create_index(op.f("ix_deadline_notice_appraisal_id"), "deadline_notice", ["appraisal_id"])
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about_kind", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_notification_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_employee_id_read_at", "notification", ["employee_id", "read_at"])


def downgrade() -> None:
    for table in ("notification", "deadline_notice", "reassignment", "cycle_exception", "deadline_extension"):
        op.drop_table(table)
    with op.batch_alter_table("appraisal", schema=None) as batch_op:
        batch_op.drop_column("not_rated_reason_en")
    with op.batch_alter_table("cycle", schema=None) as batch_op:
        batch_op.drop_column("data_due_on")
