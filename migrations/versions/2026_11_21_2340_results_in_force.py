"""Which approved layer of an appraisal stands: of those there are, the latest."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2340"
down_revision = "2026_11_21_2330"


def upgrade() -> None:
    op.create_table(
        "result_in_force",
        sa.Column("appraisal_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_result_in_force_appraisal_id_appraisal")),
        sa.ForeignKeyConstraint(
            ["result_id"], ["result_approval.result_id"], name=op.f("fk_result_in_force_result_id_result_approval")
        ),
        sa.PrimaryKeyConstraint("appraisal_id", name=op.f("pk_result_in_force")),
        sa.UniqueConstraint("result_id", name=op.f("uq_result_in_force_result_id")),
    )
    op.execute(
        "INSERT INTO result_in_force (appraisal_id, result_id) "
        "SELECT result.appraisal_id, result.id FROM result JOIN result_approval ON result_approval.result_id = result.id "
        "WHERE result.seq = (SELECT max(later.seq) FROM result AS later "
        "JOIN result_approval AS given ON given.result_id = later.id WHERE later.appraisal_id = result.appraisal_id)"
    )


def downgrade() -> None:
    op.drop_table("result_in_force")
