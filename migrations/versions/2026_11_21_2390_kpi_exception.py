"""Exceptions, their entries and evidence, and tasks for other departments."""

revision = "2026_11_21_2390"
down_revision = "2026_11_21_2380"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
