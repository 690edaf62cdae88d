"""Files that are kept as evidence."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1150"
down_revision = "2026_11_21_1100"


def upgrade() -> None:
    op.create_table(
        "file_content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file_content")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["kept_by"], ["account.id"], name=op.f("fk_stored_file_kept_by_account")),
        sa.ForeignKeyConstraint(["sha256"], ["file_content.sha256"], name=op.f("fk_stored_file_sha256_file_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_index(op.f("ix_stored_file_kept_by"), "stored_file", ["kept_by"])
    op.create_index(op.f("ix_stored_file_sha256"), "stored_file", ["sha256"])


def downgrade() -> None:
    op.drop_table("stored_file")
    op.drop_table("file_content")
