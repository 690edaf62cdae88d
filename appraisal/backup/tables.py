"""Tables as JSON lines that are the same on both databases, and back: exact, because whole numbers, text, dates, instants in
UTC and JSON are written as such, and decimals lie in the database as whole numbers.

The columns are those the database has, not those of the models: so a backup is also taken before an upgrade, and one of an
earlier version is read into the tables of its time.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zlib import crc32

import orjson
from sqlalchemy import JSON, Column, Connection, Date, DateTime, LargeBinary, MetaData, String, Table, func, inspect, select
from sqlalchemy.exc import DataError, IntegrityError

from appraisal.backup.manifest import Copied, Damaged
from appraisal.core.errors import Message
from appraisal.errors import Invalid

Progress = Callable[[str, int, int], None]
"""Told the table, the rows done and the rows in all."""

ROWS = 512
"""Rows of a chunk, on average: small enough that a changed row has little written again."""
LARGEST = 1_000_000
WRITTEN = orjson.OPT_SORT_KEYS | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


class Writer(Protocol):
    """Where objects go. `has` may say no to what it has, to be given it again and see that it is still the same."""

    def has(self, name: str) -> bool: ...
    def put(self, name: str, content: bytes) -> None: ...


class Reader(Protocol):
    """Where objects come from, each of them checked against its name. Raises Damaged."""

    def get(self, name: str, table: str) -> bytes: ...


class Nowhere:
    """Takes everything and keeps nothing: for reading a database only to know its hashes."""

    def has(self, name: str) -> bool:
        return False

    def put(self, name: str, content: bytes) -> None:
        pass


@dataclass
class Counter:
    """Rows done so far, of how many."""

    total: int
    progress: Progress | None
    done: int = 0

    def add(self, table: str, rows: int) -> None:
        self.done += rows
        if self.progress is not None:
            self.progress(table, self.done, self.total)


@dataclass
class Copy:
    """What was read: the tables, and rows that say a hash of their content which is not the content's."""

    tables: dict[str, Copied] = field(default_factory=dict)
    findings: list[Message] = field(default_factory=list)


def reflected(connection: Connection) -> Sequence[Table]:
    """The tables as they are in the database. The job queue's are not ours: which jobs there are is in one that is."""
    found = inspect(connection)
    keys = found.get_multi_pk_constraint()
    tables = []
    for place, columns in sorted(found.get_multi_columns().items()):
        name = str(place[1])
        if name != "alembic_version" and not name.startswith("procrastinate_"):
            of_key = keys[place]["constrained_columns"]
            own = [Column(one["name"], _kind(one["type"]), primary_key=one["name"] in of_key) for one in columns]
            tables.append(Table(name, MetaData(), *own))
    return tables


def _kind(kind: Any) -> Any:
    if isinstance(kind, JSON):
        kind.none_as_null = True  # as in db.Json
    return kind


def rows_in(connection: Connection, tables: Sequence[Table]) -> int:
    """How many rows there are in all."""
    return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def copy(connection: Connection, tables: Sequence[Table], writer: Writer, count: Counter) -> Copy:
    """Reads every table into objects. The connection's transaction is the snapshot."""
    copied = Copy()
    for table in tables:
        contents: list[str] = []
        rows = _rows(connection, table)
        if _has_content(table):
            rows = _with_contents(connection, table, rows, writer, contents, copied.findings)
        elif {"sha256", "content"} <= set(table.columns.keys()):
            rows = _checked(table, rows, copied.findings)
        chunks, done = [], 0
        for size, content in _chunks(table, rows):
            name = hashlib.sha256(content).hexdigest()
            if not writer.has(name):
                writer.put(name, content)
            chunks.append(name)
            done += size
            count.add(table.name, size)
        copied.tables[str(table.name)] = Copied(_columns(table), done, chunks, contents)
    return copied


def load(connection: Connection, table: Table, copied: Copied, reader: Reader, count: Counter) -> None:
    """Adds the rows of one table. Raises Damaged, and Invalid `rows_refused` where the database does not take them."""
    columns = [table.columns[name] for name in copied.columns]
    readers = [(at, read) for at, column in enumerate(columns) if (read := _reader(column.type))]
    content = copied.columns.index("content") if _has_content(table) else None
    insert = table.insert()
    try:
        for name in copied.chunks:
            rows = []
            for line in reader.get(name, table.name).splitlines():
                values = orjson.loads(line)
                for at, read in readers:
                    if at != content and values[at] is not None:
                        values[at] = read(values[at])
                rows.append(dict(zip(copied.columns, values, strict=True)))
            if content is None:
                connection.execute(insert, rows)
            else:
                for row in rows:  # each by itself: five hundred files are more than fits into memory
                    connection.execute(insert, row | {"content": reader.get(row["content"], table.name)})
            count.add(table.name, len(rows))
    except (IntegrityError, DataError) as error:
        said = str(error.orig).partition("\n")[0]  # what follows shows the row, which does not belong in a log
        zh, en = f"数据库不接受表 {table.name} 的数据: {said}", f"the database does not take the rows of {table.name}: {said}"
        raise Invalid("rows_refused", zh, en) from error
    except (ValueError, TypeError, IndexError):
        zh, en = f"表 {table.name} 的数据无法读取", f"the rows of {table.name} cannot be read"
        raise Damaged(zh, en) from None


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    """The rows by their keys; of a table of files without the content. Text in the order of its bytes, as SQLite has it."""
    columns = [table.columns[name] for name in _columns(table) if not (_has_content(table) and name == "content")]
    bytewise = connection.dialect.name == "postgresql"
    order = [key.collate("C") if bytewise and isinstance(key.type, String) else key for key in table.primary_key]
    for row in connection.execute(select(*columns).order_by(*order).execution_options(yield_per=ROWS)):
        yield list(row)


def _with_contents(
    connection: Connection,
    table: Table,
    rows: Iterator[list[Any]],
    writer: Writer,
    contents: list[str],
    findings: list[Message],
) -> Iterator[list[Any]]:
    """The rows of a table of files, with the name of the object in the place of the content."""
    key, at = table.columns.sha256, _columns(table).index("content")
    for row in rows:
        row.insert(at, None)
        said = name = row[_columns(table).index("sha256")]
        if not writer.has(said):
            content = connection.execute(select(table.columns.content).where(key == said)).scalar_one()
            name = hashlib.sha256(content).hexdigest()
            writer.put(name, content)
            if name != said:
                findings.append(_otherwise(table, said))
        contents.append(name)
        row[at] = name
        yield row


def _checked(table: Table, rows: Iterator[list[Any]], findings: list[Message]) -> Iterator[list[Any]]:
    said, content = (_columns(table).index(name) for name in ("sha256", "content"))
    for row in rows:
        if row[content] is not None and hashlib.sha256(row[content].encode()).hexdigest() != row[said]:
            findings.append(_otherwise(table, row[said]))
        yield row


def _otherwise(table: Table, said: str) -> Message:
    zh = f"数据库表 {table.name} 中 {said} 的内容与其 SHA-256 不符"
    return Message(zh, f"the content of {said} in the table {table.name} does not have that SHA-256")


def _chunks(table: Table, rows: Iterator[list[Any]]) -> Iterator[tuple[int, bytes]]:
    """Rows in pieces that are cut after certain keys: a row more or less changes one piece and moves no other."""
    key = [_columns(table).index(column.name) for column in table.primary_key]
    lines: list[bytes] = []
    size = 0
    for row in rows:
        line = orjson.dumps(row, default=_plain, option=WRITTEN)
        lines.append(line)
        size += len(line)
        if size >= LARGEST or crc32(orjson.dumps([row[at] for at in key], default=_plain)) % ROWS == 0:
            yield len(lines), b"".join(lines)
            lines, size = [], 0
    if lines:
        yield len(lines), b"".join(lines)


def _columns(table: Table) -> list[str]:
    """By name, because on the two databases they may stand in another order."""
    return sorted(map(str, table.columns.keys()))


def _has_content(table: Table) -> bool:
    """Whether a table keeps files by their hash: what is written once for all backups."""
    return "content" in table.columns and isinstance(table.columns.content.type, LargeBinary) and "sha256" in table.columns


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"a backup cannot hold {value!r}")


def _reader(kind: Any) -> Callable[[str], Any] | None:
    """How a value comes back from JSON; None for what JSON holds as it is."""
    readers: Mapping[type, Callable[[str], Any]] = {
        DateTime: datetime.fromisoformat,
        Date: date.fromisoformat,
        LargeBinary: b64decode,
    }
    return next((read for one, read in readers.items() if isinstance(kind, one)), None)
