"""Sheets carry when they last changed; totals keep every decimal that the finest policy can give."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1100"
down_revision = "2026_11_21_1000"

# Totals were whole numbers of 10^-10 and are whole numbers of 10^-14.
FINER = 10**4


def upgrade() -> None:
    op.add_column("appraisal_sheet", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    # When an earlier sheet last changed was not kept; the opening of its cycle is the latest moment that is known.
    op.execute(
        "UPDATE appraisal_sheet SET changed_at = (SELECT cycle.opened_at FROM cycle"
        " JOIN appraisal ON appraisal.cycle_id = cycle.id WHERE appraisal.id = appraisal_sheet.appraisal_id)"
    )
    with op.batch_alter_table("appraisal_sheet", schema=None) as batch_op:
        batch_op.alter_column("changed_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.execute(f"UPDATE result SET score = score * {FINER}, computed_score = computed_score * {FINER}")


def downgrade() -> None:
    op.execute(f"UPDATE result SET score = score / {FINER}, computed_score = computed_score / {FINER}")
    with op.batch_alter_table("appraisal_sheet", schema=None) as batch_op:
        batch_op.drop_column("changed_at")
