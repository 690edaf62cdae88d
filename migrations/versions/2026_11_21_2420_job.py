"""Background work: one table of jobs on both databases, when each schedule last came due, and on PostgreSQL Procrastinate's own
tables, which hand the jobs out to workers.

Procrastinate's schema is the one of the installed version: whoever raises its pin adds a migration that runs the files of
`procrastinate/sql/migrations` that came since.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_21_2420"
down_revision = "2026_11_21_2410"

STATES = "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')"


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=60), nullable=False),
        sa.Column("given", json, nullable=False),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("part_of", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("said", json, nullable=True),
        sa.Column("outcome", json, nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_job_state")),
        sa.ForeignKeyConstraint(["part_of"], ["job.id"], name=op.f("fk_job_part_of_job")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_job_asked_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_part_of"), "job", ["part_of"])
    op.create_index(op.f("ix_job_asked_by"), "job", ["asked_by"])
    op.create_index(op.f("ix_job_about"), "job", ["about"])
    op.create_index("ix_job_state_due_at", "job", ["state", "due_at"])
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("came_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    if op.get_bind().dialect.name == "postgresql":
        import procrastinate

        schema = (Path(procrastinate.__file__).parent / "sql" / "schema.sql").read_text()
        op.get_bind().connection.driver_connection.execute(schema)  # type: ignore[union-attr]


def downgrade() -> None:
    op.drop_table("schedule")
    op.drop_table("job")
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().connection.driver_connection.execute(_DROP_PROCRASTINATE)  # type: ignore[union-attr]


_DROP_PROCRASTINATE = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP TABLE ' || one.name || ' CASCADE';
    END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE';
    END LOOP;
    FOR one IN SELECT oid::regtype AS name FROM pg_type WHERE typtype IN ('e', 'c') AND typname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP TYPE ' || one.name || ' CASCADE';
    END LOOP;
END $$
"""
