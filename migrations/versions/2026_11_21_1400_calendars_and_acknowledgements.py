"""Working calendars; how a regulation was made known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_1400"
down_revision = "2026_11_21_1300"


def upgrade() -> None:
    op.create_table(
        "stored_calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("files", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["published_by"], ["account.id"], name=op.f("fk_stored_calendar_published_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_calendar")),
    )

    op.create_table(
        "policy_measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stored_policy_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('discussion', 'notice', 'training')", name=op.f("ck_policy_measure_kind")),
        sa.CheckConstraint("people > 0", name=op.f("ck_policy_measure_people")),
        sa.CheckConstraint("hours > 0", name=op.f("ck_policy_measure_hours")),
        *_references("policy_measure", stored_policy_id="stored_policy", recorded_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_measure")),
    )
    op.create_index(op.f("ix_policy_measure_stored_policy_id"), "policy_measure", ["stored_policy_id"])

    op.create_table(
        "policy_measure_file",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        *_references("policy_measure_file", measure_id="policy_measure", file_id="stored_file"),
        sa.PrimaryKeyConstraint("measure_id", "file_id", name=op.f("pk_policy_measure_file")),
    )
    op.create_index(op.f("ix_policy_measure_file_file_id"), "policy_measure_file", ["file_id"])

    op.create_table(
        "policy_signoff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stored_policy_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("signer", sa.String(length=80), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        *_references("policy_signoff", stored_policy_id="stored_policy", file_id="stored_file", recorded_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_signoff")),
        sa.UniqueConstraint("stored_policy_id", "duty", "signer", name=op.f("uq_policy_signoff_stored_policy_id_duty_signer")),
    )
    for column in ("stored_policy_id", "file_id"):
        op.create_index(op.f(f"ix_policy_signoff_{column}"), "policy_signoff", [column])

    op.create_table(
        "policy_acknowledgement",
        sa.Column("stored_policy_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=6), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("way IN ('self', 'clerk', 'paper')", name=op.f("ck_policy_acknowledgement_way")),
        sa.CheckConstraint("way <> 'paper' OR file_id IS NOT NULL", name=op.f("ck_policy_acknowledgement_scan")),
        *_references(
            "policy_acknowledgement",
            stored_policy_id="stored_policy",
            employee_id="employee",
            file_id="stored_file",
            recorded_by="account",
        ),
        sa.PrimaryKeyConstraint("stored_policy_id", "employee_id", name=op.f("pk_policy_acknowledgement")),
    )
    for column in ("employee_id", "file_id"):
        op.create_index(op.f(f"ix_policy_acknowledgement_{column}"), "policy_acknowledgement", [column])


def downgrade() -> None:
    for table in ("policy_acknowledgement", "policy_signoff", "policy_measure_file", "policy_measure", "stored_calendar"):
        op.drop_table(table)


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in columns.items()
    ]
