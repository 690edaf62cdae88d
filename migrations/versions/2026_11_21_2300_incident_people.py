"""Whom an incident reaches beside the person concerned."""

revision = "2026_11_21_2300"
down_revision = "2026_11_21_2200"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
