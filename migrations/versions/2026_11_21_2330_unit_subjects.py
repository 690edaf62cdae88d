"""Sheets whose subject is a unit or a contractor."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2330"
down_revision = "2026_11_21_2320"


def upgrade() -> None:
    op.add_column("appraisal_sheet", sa.Column("subject", sa.String(length=10), nullable=True))
    # No policy had another subject before.
    op.execute("UPDATE appraisal_sheet SET subject = 'person'")
    with op.batch_alter_table("appraisal_sheet", schema=None) as batch_op:
        batch_op.alter_column("subject", existing_type=sa.String(length=10), nullable=False)
        batch_op.create_check_constraint(op.f("ck_appraisal_sheet_subject"), "subject IN ('person', 'unit', 'external')")


def downgrade() -> None:
    with op.batch_alter_table("appraisal_sheet", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_appraisal_sheet_subject"), type_="check")
        batch_op.drop_column("subject")
