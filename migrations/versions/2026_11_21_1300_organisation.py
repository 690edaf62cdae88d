"""Units and posts with versions, posts that moved between units, leave and clerks."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_1300"
down_revision = "2026_11_21_1200"


def upgrade() -> None:
    for table in ("unit", "post"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=True))
        op.execute(f"UPDATE {table} SET version = 1")
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("version", existing_type=sa.Integer(), nullable=False)

    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("was_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_unit_was_id_unit"), "unit", ["was_id"], ["id"])
    _index("unit", "was_id")

    op.create_table(
        "post_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_place_post_id_post")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_post_place_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_place")),
        sa.UniqueConstraint("post_id", "to_on", name=op.f("uq_post_place_post_id_to_on")),
    )
    _index("post_place", "post_id", "unit_id")

    op.create_table(
        "leave_span",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("neutral", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_leave_span_dates")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_leave_span_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_span")),
    )
    _index("leave_span", "employee_id")

    op.create_table(
        "clerk",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_clerk_employee_id_employee")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_clerk_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clerk")),
    )
    _index("clerk", "employee_id", "unit_id")


def downgrade() -> None:
    for table in ("clerk", "leave_span", "post_place"):
        op.drop_table(table)
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_was_id"))
        batch_op.drop_constraint(batch_op.f("fk_unit_was_id_unit"), type_="foreignkey")
        batch_op.drop_column("was_id")
    for table in ("post", "unit"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("version")


def _index(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in columns:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)
