"""Weights of an agreement that leave the printed ones, and who has approved them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2310"
down_revision = "2026_11_21_2300"

TABLE = "agreement_weight_approval"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('asked', 'approved', 'refused', 'overtaken')", name=op.f(f"ck_{TABLE}_status")),
        sa.CheckConstraint("status NOT IN ('approved', 'refused') OR decided_at IS NOT NULL", name=op.f(f"ck_{TABLE}_decided")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f(f"fk_{TABLE}_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["asker_id"], ["employee.id"], name=op.f(f"fk_{TABLE}_asker_id_employee")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f(f"fk_{TABLE}_asked_by_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f(f"fk_{TABLE}_decided_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_agreement_id"), TABLE, ["agreement_id"])
    asked = sa.text("status = 'asked'")
    op.create_index(f"uq_{TABLE}_asked", TABLE, ["agreement_id"], unique=True, sqlite_where=asked, postgresql_where=asked)


def downgrade() -> None:
    op.drop_table(TABLE)
