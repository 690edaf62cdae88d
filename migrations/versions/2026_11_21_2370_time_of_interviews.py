"""The time of day at which an interview began."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2370"
down_revision = "2026_11_21_2360"


def upgrade() -> None:
    op.add_column("review_entry", sa.Column("began_at", sa.String(length=5), nullable=True))


def downgrade() -> None:
    op.drop_column("review_entry", "began_at")
