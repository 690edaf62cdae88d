"""Goals, amendments, signatures on paper, refusals to sign, exceptions, targets from before the system."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1600"
down_revision = "2026_11_21_1500"

ITEM_TEXTS = {"standard": sa.Text(), "source": sa.String(length=200), "goal_id": sa.Integer()}
SIGNATURE_COLUMNS = {
    "signed_on": sa.Date(),
    "reason": sa.Text(),
    "file_id": sa.Integer(),
    "witness_1_id": sa.Integer(),
    "witness_2_id": sa.Integer(),
}
SIGNATURE_KEYS = {"file_id": "stored_file", "witness_1_id": "employee", "witness_2_id": "employee"}
SIGNATURE_CHECKS = {
    "kind": "kind IN ('own', 'paper', 'refused', 'excepted')",
    "scan": "kind <> 'paper' OR file_id IS NOT NULL",
    "witnesses": "kind <> 'refused' OR (witness_1_id IS NOT NULL AND witness_2_id IS NOT NULL)",
    "employee": "kind = 'excepted' OR employee_id IS NOT NULL",
}
ONE_OF_EACH = ("draft", "signed")


def upgrade() -> None:
    op.create_table(
        "goal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("indicator", sa.String(length=80), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("measured_in", sa.String(length=40), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("level IN ('company', 'unit')", name=op.f("ck_goal_level")),
        sa.CheckConstraint("(level = 'unit') = (unit_id IS NOT NULL)", name=op.f("ck_goal_unit")),
        sa.CheckConstraint("level = 'company' OR parent_id IS NOT NULL", name=op.f("ck_goal_parent")),
        sa.ForeignKeyConstraint(["owner_id"], ["employee.id"], name=op.f("fk_goal_owner_id_employee")),
        sa.ForeignKeyConstraint(["parent_id"], ["goal.id"], name=op.f("fk_goal_parent_id_goal")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_goal_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goal_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "past_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_past_target_employee_id_employee")),
        sa.ForeignKeyConstraint(["imported_by"], ["account.id"], name=op.f("fk_past_target_imported_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_target")),
        sa.UniqueConstraint("employee_id", "period", "item", name=op.f("uq_past_target_employee_id_period_item")),
    )
    with op.batch_alter_table("past_target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_past_target_employee_id"), ["employee_id"], unique=False)

    with op.batch_alter_table("agreement", schema=None) as batch_op:
        for name in ("duties", "rewards", "ending"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch_op.drop_constraint(batch_op.f("ck_agreement_status"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_agreement_status"), "status IN ('draft', 'signed', 'superseded', 'dropped')"
        )
    for status in ONE_OF_EACH:
        where = sa.text(f"status = '{status}'")
        op.create_index(
            f"uq_agreement_{status}", "agreement", ["sheet_id"], unique=True, sqlite_where=where, postgresql_where=where
        )

    with op.batch_alter_table("agreement_item", schema=None) as batch_op:
        for name, kind in ITEM_TEXTS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_agreement_item_goal_id_goal"), "goal", ["goal_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_agreement_item_goal_id"), ["goal_id"], unique=False)

    op.add_column("agreement_signature", sa.Column("kind", sa.String(length=10), nullable=True))
    op.execute("UPDATE agreement_signature SET kind = 'own'")
    with op.batch_alter_table("agreement_signature", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=10), nullable=False)
        batch_op.alter_column("employee_id", existing_type=sa.Integer(), nullable=True)
        for name, kind in SIGNATURE_COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        for name, table in SIGNATURE_KEYS.items():
            batch_op.create_foreign_key(batch_op.f(f"fk_agreement_signature_{name}_{table}"), table, [name], ["id"])
        for name, condition in SIGNATURE_CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_agreement_signature_{name}"), condition)

    op.create_table(
        "agreement_amendment",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("of_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposer_id", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused', 'withdrawn', 'in_force')", name=op.f("ck_agreement_amendment_status")
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'refused', 'in_force') OR decided_at IS NOT NULL",
            name=op.f("ck_agreement_amendment_decided"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_amendment_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["of_id"], ["agreement.id"], name=op.f("fk_agreement_amendment_of_id_agreement")),
        sa.ForeignKeyConstraint(["proposer_id"], ["employee.id"], name=op.f("fk_agreement_amendment_proposer_id_employee")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_agreement_amendment_proposed_by_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_agreement_amendment_decided_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_amendment")),
        sa.UniqueConstraint("agreement_id", name=op.f("uq_agreement_amendment_agreement_id")),
    )
    with op.batch_alter_table("agreement_amendment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_amendment_of_id"), ["of_id"], unique=False)


def downgrade() -> None:
    op.drop_table("agreement_amendment")
    # A side that is settled without a signature has no place in the older tables: its agreement would be half signed.
    op.execute("DELETE FROM agreement_signature WHERE kind NOT IN ('own', 'paper')")
    with op.batch_alter_table("agreement_signature", schema=None) as batch_op:
        for name in SIGNATURE_CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_agreement_signature_{name}"), type_="check")
        for name, table in SIGNATURE_KEYS.items():
            batch_op.drop_constraint(batch_op.f(f"fk_agreement_signature_{name}_{table}"), type_="foreignkey")
        for name in ("kind", *SIGNATURE_COLUMNS):
            batch_op.drop_column(name)
        batch_op.alter_column("employee_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("agreement_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_item_goal_id"))
        batch_op.drop_constraint(batch_op.f("fk_agreement_item_goal_id_goal"), type_="foreignkey")
        for name in ITEM_TEXTS:
            batch_op.drop_column(name)
    for status in ONE_OF_EACH:
        op.drop_index(f"uq_agreement_{status}", table_name="agreement")
    op.execute("UPDATE agreement SET status = 'superseded' WHERE status = 'dropped'")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_agreement_status"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_agreement_status"), "status IN ('draft', 'signed', 'superseded')")
        for name in ("duties", "rewards", "ending"):
            batch_op.drop_column(name)
    op.drop_table("past_target")
    op.drop_table("goal")
