"""Joint assessors, and what HR settles where the source leaves a cell blank."""

revision = "2026_11_21_2320"
down_revision = "2026_11_21_2310"


def upgrade() -> None: ...


def downgrade() -> None: ...
