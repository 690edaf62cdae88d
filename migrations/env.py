"""Runs the migrations, on a connection it is given (`db.migrate`) or on the configured database (the alembic command).

SQLite cannot alter most things in place, so tables are rebuilt (`render_as_batch`); foreign keys are off meanwhile, because
dropping the old table would otherwise empty the tables that refer to it, and are checked before the commit.

A new revision, named by its minute, which is also its id:
    alembic revision --autogenerate --rev-id 2026_11_21_0900 -m "what it does"     then ruff format, and read it.
"""

from typing import Any

import sqlmodel
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import JSONB

from appraisal import db


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """How our column types are written in a revision: as what the database holds, so that old revisions need no old code."""
    if kind == "type":
        if isinstance(item, db.Exact):
            return "sa.BigInteger()"
        if isinstance(item, db.UTC):
            return "sa.DateTime(timezone=True)"
        if isinstance(item, sqlmodel.AutoString):
            return f"sa.String(length={item.length})"
        if isinstance(item, type(db.Json)) and any(isinstance(variant, JSONB) for variant in item._variant_mapping.values()):
            autogen.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
            return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def run(connection: Connection, metadata: Any) -> None:
    """All steps in one transaction, on both databases."""
    sqlite = connection.dialect.name == "sqlite"
    raw = connection.connection.dbapi_connection
    if sqlite:
        raw.execute("PRAGMA foreign_keys=OFF")  # has no effect once a transaction has begun
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            render_item=render_item,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := raw.execute("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"the migration leaves rows that refer to nothing: {broken[:5]}")
    finally:
        if sqlite:
            raw.execute("PRAGMA foreign_keys=ON")


given = context.config.attributes.get("connection")
if given is not None:
    run(given, context.config.attributes.get("metadata"))
else:
    with db.engine().connect() as own:
        run(own, db.all_tables())
