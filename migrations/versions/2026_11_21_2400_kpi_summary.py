"""Weekly summaries, their suggestions and the decisions on them; quarterly reviews of the indicators."""

revision = "2026_11_21_2400"
down_revision = "2026_11_21_2390"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
