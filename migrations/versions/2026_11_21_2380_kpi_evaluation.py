"""Targets, role holders, evaluations and alerts of watched indicators."""

revision = "2026_11_21_2380"
down_revision = "2026_11_21_2370"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
