"""Migrations: up, down and up again, and what they make is what the models say, on both databases."""

from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import select

from appraisal import audit, db
from appraisal.cycles.models import Cycle, Sheet
from appraisal.results.models import Result
from tests.results.a_quarter import a_quarter


@pytest.fixture
def tables(engine: Engine) -> set[str]:
    """Those of this project: the broker brings its own."""
    return {name for name in inspect(engine).get_table_names() if ours(name)}


def ours(name: str | None, *_: object) -> bool:
    return not (name or "").startswith("procrastinate_")


def test_all_steps_down_leave_nothing_and_up_again_everything(engine: Engine, tables: set[str]):
    db.migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    db.migrate(engine)
    assert {name for name in inspect(engine).get_table_names() if ours(name)} == tables


def test_the_models_and_the_migrations_agree(engine: Engine):
    metadata = db.all_tables()
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_every_table_of_the_models_is_migrated(tables: set[str]):
    assert set(db.all_tables().tables) == tables - {"alembic_version"}


def test_a_migrated_database_has_the_one_head_of_the_audit_chain(engine: Engine):
    with db.transaction(engine, write=False) as session:
        assert [head.seq for head in session.exec(select(audit.AuditHead))] == [0]


def test_migrating_twice_changes_nothing(engine: Engine, tables: set[str]):
    db.migrate(engine)
    assert {name for name in inspect(engine).get_table_names() if ours(name)} == tables


def test_totals_stored_before_they_kept_more_decimals_stay_what_they_were(engine: Engine):
    with db.transaction(engine, write=True) as session:
        quarter = a_quarter(session)
    before = _scores(engine)
    assert before
    db.migrate(engine, "2026_11_21_1000")
    db.migrate(engine)
    assert _scores(engine) == before
    with db.transaction(engine, write=False) as session:
        opened = session.get_one(Cycle, quarter.cycle.id).opened_at
        assert {sheet.changed_at for sheet in session.exec(select(Sheet))} == {opened}


def _scores(engine: Engine) -> list[tuple[Decimal, Decimal]]:
    with db.transaction(engine, write=False) as session:
        return [(one.score, one.computed_score) for one in session.exec(select(Result).order_by(Result.id))]


def test_foreign_keys_hold_again_after_a_migration(engine: Engine, database_kind: str):
    db.migrate(engine)
    if database_kind == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
