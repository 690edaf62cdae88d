"""The database: one way in and one way to commit, exact decimals and aware instants, on SQLite and on PostgreSQL alike.

Services never commit. `transaction` is the one door: it takes the write lock where the database needs one, runs what asked
to run last (the audit trail), commits, and turns the database's refusals into our own errors.
"""

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC as UTC_ZONE
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, Engine, MetaData, TypeDecorator, create_engine, event, inspect, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DontWrapMixin, IntegrityError, OperationalError
from sqlalchemy.orm import aliased, declared_attr
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Field, Session, SQLModel

from appraisal.config import PROJECT_ROOT, settings
from appraisal.core.numbers import EXACT, scaled
from appraisal.errors import AppraisalError, Busy, Conflict, Invalid

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LOCK_SECONDS = 10
TURN_SECONDS = 0.001
# What PostgreSQL says of others at work, or of going down: two changes that cannot both be, a deadlock, a lock waited for too
# long, a row that went between our check and our write. SQLite has one writer: there, what refers to nothing is our mistake.
PASSING = frozenset({"40001", "40P01", "55P03", "23503", "57P01", "57P02", "57P03"})
KEEPING_ROWS = ("audit", "deliveries", "files", "idempotency", "jobs", "notify", "schedules")


class Row(SQLModel):
    """Base of every table: one metadata, whose naming convention is set before the first table is declared."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Versioned(SQLModel):
    """Mixed into rows that people edit: the version rises with every change, and a change of a stale row is refused."""

    version: int = Field(default=1, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


_Table = TypeVar("_Table", bound=type[Any])
_Found = TypeVar("_Found")


def another(table: _Table) -> _Table:
    """A second name for a table in a statement, to be kept in a module.

    It learns its columns now: SQLAlchemy has it learn them when they are first asked for, and of two threads that ask at once
    each would get columns of its own, of which only the last are found again.
    """
    found = aliased(table)
    inspect(found).selectable.c.keys()
    return found


class InexactFigure(DontWrapMixin, Invalid):
    """A figure that the column cannot hold exactly."""


class Exact(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of 10^-places, because SQLite would keep a Numeric as binary floating point."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise InexactFigure("bad_number", f"{value!r} 不是十进制数", f"{value!r} is no decimal number")
        number = Decimal(value)
        if not number.is_finite():
            raise InexactFigure("bad_number", f"{value} 不是有限数", f"{value} is not finite")
        if abs(number) >= Decimal(2**63).scaleb(-self.places, EXACT):
            raise InexactFigure("bad_number", f"{value} 超出可存范围", f"{value} is too large to be stored")
        try:
            return scaled(number, self.places)
        except ValueError:
            raise InexactFigure(
                "bad_number",
                f"{value} 的小数位多于 {self.places} 位",
                f"{value} has more than {self.places} decimals",
            ) from None

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places, EXACT)


class UTC(TypeDecorator[datetime]):
    """An aware instant, in and out. SQLite has no zones, so there it is kept as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InexactFigure("bad_instant", f"{value} 缺少时区", f"{value} has no time zone")
        value = value.astimezone(UTC_ZONE)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC_ZONE) if value.tzinfo is None else value.astimezone(UTC_ZONE)


# Plain values only (no floats, no decimals): both databases give back what was put in.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


# Engines: made when first asked for, in the process that asks, so that a forked worker never shares a connection.

_engines: dict[str, Engine] = {}
_write_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def engine(url: str | None = None) -> Engine:
    """This process's engine for a database, by default the configured one."""
    url = url or settings().database_url
    with _guard:
        if url not in _engines:
            _engines[url] = make_engine(url)
        return _engines[url]


def make_engine(url: str) -> Engine:
    """A new engine with everything this project relies on: durable commits, foreign keys, real BEGIN on SQLite."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if not address.database or address.database == ":memory:":
            raise Invalid(
                "bad_setting", "SQLite 须使用文件", "SQLite needs a file here, for example sqlite:///var/appraisal.db"
            )
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        connect_args = {"timeout": LOCK_SECONDS, "check_same_thread": False}
        made = create_engine(address, hide_parameters=True, connect_args=connect_args, **_JSON)
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    if address.get_backend_name() != "postgresql":
        raise Invalid(
            "bad_setting",
            f"不支持的数据库 {address.get_backend_name()}; 请使用 sqlite 或 postgresql",
            f"DATABASE_URL names {address.get_backend_name()}; use sqlite or postgresql",
        )
    options = f"-c synchronous_commit=on -c timezone=UTC -c lock_timeout={LOCK_SECONDS}s"
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        **_JSON,
        hide_parameters=True,  # what people wrote does not belong in the message of an error, and so in a log
        connect_args={"options": options},
        pool_pre_ping=True,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# Read back with the faster of the two: an evaluation of a large plant is a megabyte.
_JSON: dict[str, Any] = {"json_serializer": _json, "json_deserializer": orjson.loads}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN comes too late to lock and skips reads; ours is sent by the begin event.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={LOCK_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _forget_engines() -> None:
    """In a forked child: the parent's connections are the parent's, and a lock may have been held by a thread that is gone."""
    global _guard
    _guard = threading.Lock()
    for inherited in _engines.values():
        inherited.dispose(close=False)
    _engines.clear()
    _write_locks.clear()


os.register_at_fork(after_in_child=_forget_engines)


# The door


class DoorSession(Session):
    """A session that only the door may commit, and that writes nothing in a reading transaction."""

    door_is_open = False

    def commit(self) -> None:
        if not self.door_is_open:
            raise RuntimeError("only db.transaction commits: services leave that to the door")
        super().commit()


@event.listens_for(DoorSession, "before_flush")
def _refuse_writes_while_reading(session: Session, *_: object) -> None:
    if not session.info["writes"] and (session.new or session.deleted or any(map(session.is_modified, session.dirty))):
        raise RuntimeError("this transaction only reads: open it with write=True")


@contextmanager
def transaction(target: Engine | None = None, *, write: bool) -> Iterator[Session]:
    """The one way to work with the database. With `write`, commits at the end of the block; otherwise never.

    Without a target, the configured database. Raises Conflict when somebody else changed or made the same row first, Busy
    when the database could not take the change.
    """
    target = target or engine()
    with _write_turn(target) if write and writers_take_turns(target) else nullcontext():
        options: dict[str, Any] = {"writes": write}
        if not write and target.dialect.name == "postgresql":
            options["postgresql_readonly"] = True
        with DoorSession(target.execution_options(**options), expire_on_commit=False, info=options | {"last": {}}) as session:
            try:
                yield session
                if write:
                    session.flush()
                    for act in session.info["last"].values():
                        act(session)
                    session.door_is_open = True
                    session.commit()
            except AppraisalError:
                raise
            except StaleDataError as error:
                raise stale() from error
            except (IntegrityError, OperationalError) as error:
                raise _explained(error) from error


def at_the_end(session: Session, name: str, act: Callable[[Session], None]) -> None:
    """Has the door call `act` once, after the last flush and just before the commit; the same name is registered once."""
    if not session.info["writes"]:
        raise RuntimeError("this transaction only reads: open it with write=True")
    session.info["last"].setdefault(name, act)


def once(session: Session, name: Hashable, ask: Callable[[], _Found]) -> _Found:
    """What `ask` finds, asked once under this name while a transaction only reads. One that writes asks each time anew."""
    if session.info["writes"]:
        return ask()
    known: dict[Hashable, Any] = session.info.setdefault("once", {})
    if name not in known:
        known[name] = ask()
    found: _Found = known[name]
    return found


def take_back(session: Session) -> None:
    """Undoes what this transaction has done and was to do at its end: for a page that tells why, and reads on."""
    session.info["last"].clear()
    session.rollback()


def expect_version(row: Versioned, version: int | None) -> None:
    """Refuses a change made on the sight of an older version of the row. None: the caller has not shown it to anybody."""
    if version is not None and version != row.version:
        raise stale()


def stale() -> Conflict:
    """Somebody else changed the row first."""
    return Conflict("stale_version", "这条记录已被他人修改, 请刷新后重试", "somebody else changed this first: reload it")


def one_at_a_time(session: Session, what: str) -> None:
    """Lets only one transaction at a time past this point, for checks over many rows. SQLite has one writer as it is."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big", signed=True)
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def writers_take_turns(target: Engine) -> bool:
    """Whether a database has one writer at a time: what can be done before its turn then should be."""
    return target.dialect.name == "sqlite"


@contextmanager
def _write_turn(target: Engine) -> Iterator[None]:
    """SQLite takes one writer at a time: waiting here is fair and cheap, waiting in the database is neither.

    Threads of this process wait for each other, and the first of them for those of other processes: the database would have it
    sleep longer with every try, and others overtake.
    """
    until = time.monotonic() + LOCK_SECONDS
    with _guard:
        lock = _write_locks.setdefault(str(target.url), threading.Lock())
    if not lock.acquire(timeout=LOCK_SECONDS):
        raise Busy()
    try:
        with open(f"{target.url.database}-turn", "ab") as turn:
            while not _is_ours(turn):
                if time.monotonic() > until:
                    raise Busy()
                time.sleep(TURN_SECONDS)
            yield
    finally:
        lock.release()


def _is_ours(turn: IO[bytes]) -> bool:
    """Takes the turn if nobody has it; it is given back when the file is closed, also by a process that dies."""
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explained(error: IntegrityError | OperationalError) -> Exception:
    """Our error for what the database refused, or the original where it is a mistake of ours."""
    state = getattr(error.orig, "sqlstate", None)
    said = str(error.orig)
    if state == "23505" or "UNIQUE constraint failed" in said:
        return Conflict("already_exists", "同样的记录已存在", "the same record exists already")
    if state in PASSING or error.connection_invalidated or "database is locked" in said:
        return Busy()
    return error


def migrate(target: Engine, revision: str = "head") -> None:
    """Brings the tables of a database to a revision, by default the newest; all steps or none."""
    from alembic import command  # Alembic is needed here only, and served processes need not carry it

    config = migration_config()
    with target.connect() as connection:
        config.attributes["connection"] = connection
        if revision == "head" or revision.startswith("+"):
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)


def all_tables() -> MetaData:
    """The metadata with every table of the project, found in the plumbing that keeps rows and the slices' models."""
    folder = Path(__file__).parent
    for name in [*KEEPING_ROWS, *sorted(f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*models.py"))]:
        import_module(f"appraisal.{name}")
    return Row.metadata


def migration_config() -> Any:
    """Alembic's settings, without a file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "migrations"))
    return config
