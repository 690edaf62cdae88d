"""Joint assessors, and what HR settles where the source leaves a cell blank."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2320"
down_revision = "2026_11_21_2310"


def upgrade() -> None:
    op.create_table(
        "row_ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("assessor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("copied_from_id", sa.Integer(), nullable=True),
        sa.Column("ruled_by", sa.Integer(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key IN ('cadence', 'source', 'assessor')", name=op.f("ck_row_ruling_key")),
        sa.CheckConstraint("assessor_id IS NULL OR key = 'assessor'", name=op.f("ck_row_ruling_assessor")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_row_ruling_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["assessor_id"], ["employee.id"], name=op.f("fk_row_ruling_assessor_id_employee")),
        sa.ForeignKeyConstraint(["copied_from_id"], ["row_ruling.id"], name=op.f("fk_row_ruling_copied_from_id_row_ruling")),
        sa.ForeignKeyConstraint(["ruled_by"], ["account.id"], name=op.f("fk_row_ruling_ruled_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_ruling")),
    )
    op.create_index(op.f("ix_row_ruling_cycle_id"), "row_ruling", ["cycle_id"])
    op.create_table(
        "joint_assessor",
        sa.Column("agreement_item_id", sa.Integer(), nullable=False),
        sa.Column("assessor_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("share > 0", name=op.f("ck_joint_assessor_share")),
        sa.ForeignKeyConstraint(
            ["agreement_item_id"], ["agreement_item.id"], name=op.f("fk_joint_assessor_agreement_item_id_agreement_item")
        ),
        sa.ForeignKeyConstraint(["assessor_id"], ["employee.id"], name=op.f("fk_joint_assessor_assessor_id_employee")),
        sa.PrimaryKeyConstraint("agreement_item_id", "assessor_id", name=op.f("pk_joint_assessor")),
    )
    op.create_index(op.f("ix_joint_assessor_assessor_id"), "joint_assessor", ["assessor_id"])


def downgrade() -> None:
    op.drop_table("joint_assessor")
    op.drop_table("row_ruling")
