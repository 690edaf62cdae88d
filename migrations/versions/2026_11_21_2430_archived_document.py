"""The archive: documents as they were rendered, with the scans of what was signed on paper."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_2430"
down_revision = "2026_11_21_2420"


def upgrade() -> None:
    references = {
        "employee_id": "employee",
        "cycle_id": "cycle",
        "unit_id": "unit",
        "file_id": "stored_file",
        "made_by": "account",
    }
    op.create_table(
        "archived_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=160), nullable=False),
        sa.Column("language", sa.String(length=4), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=True),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("policy_digest", sa.String(length=71), nullable=True),
        sa.Column("html_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_archived_document_{column}_{table}"))
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_document")),
        sa.UniqueConstraint("form", "language", "html_sha256", name=op.f("uq_archived_document_form_language_html_sha256")),
    )
    for column in references:
        op.create_index(op.f(f"ix_archived_document_{column}"), "archived_document", [column])
    op.create_index("ix_archived_document_form_about_id", "archived_document", ["form", "about_id"])

    references = {"document_id": "archived_document", "file_id": "stored_file", "attached_by": "account"}
    op.create_table(
        "document_scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("attached_by", sa.Integer(), nullable=True),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_document_scan_{column}_{table}"))
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_scan")),
    )
    for column in references:
        op.create_index(op.f(f"ix_document_scan_{column}"), "document_scan", [column])


def downgrade() -> None:
    op.drop_table("document_scan")
    op.drop_table("archived_document")
