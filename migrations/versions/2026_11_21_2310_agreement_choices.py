"""Weights of an agreement that leave the printed ones, and who has approved them."""

revision = "2026_11_21_2310"
down_revision = "2026_11_21_2300"


def upgrade() -> None:
    pass
