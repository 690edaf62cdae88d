"""Working calendars; how a regulation was made known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1400"
down_revision = "2026_11_21_1300"


def upgrade() -> None:
    op.create_table(
        "stored_calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("files", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["published_by"], ["account.id"], name=op.f("fk_stored_calendar_published_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_calendar")),
    )


def downgrade() -> None:
    op.drop_table("stored_calendar")
