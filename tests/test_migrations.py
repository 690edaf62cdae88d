"""Migrations: up, down and up again, and what they make is what the models say, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import select

from appraisal import audit, db


@pytest.fixture
def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_all_steps_down_leave_nothing_and_up_again_everything(engine: Engine, tables: set[str]):
    db.migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    db.migrate(engine)
    assert set(inspect(engine).get_table_names()) == tables


def test_the_models_and_the_migrations_agree(engine: Engine):
    metadata = db.all_tables()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_of_the_models_is_migrated(tables: set[str]):
    assert set(db.all_tables().tables) == tables - {"alembic_version"}


def test_a_migrated_database_has_the_one_head_of_the_audit_chain(engine: Engine):
    with db.transaction(engine, write=False) as session:
        assert [head.seq for head in session.exec(select(audit.AuditHead))] == [0]


def test_migrating_twice_changes_nothing(engine: Engine, tables: set[str]):
    db.migrate(engine)
    assert set(inspect(engine).get_table_names()) == tables


def test_foreign_keys_hold_again_after_a_migration(engine: Engine, database_kind: str):
    db.migrate(engine)
    if database_kind == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
