"""Sheets whose subject is a unit or a contractor."""

revision = "2026_11_21_2330"
down_revision = "2026_11_21_2320"


def upgrade() -> None: ...


def downgrade() -> None: ...
