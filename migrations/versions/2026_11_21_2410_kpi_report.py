"""KPI reports as they were made, and meetings with their decisions."""

revision = "2026_11_21_2410"
down_revision = "2026_11_21_2400"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
