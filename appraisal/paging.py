"""Lists a page at a time, by where the last page ended: no gap and no repeat, however long the list and whatever is added. And
whole lists, for a file, as long as they are not too long to be made while somebody waits."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from sqlalchemy import and_, func, or_
from sqlalchemy.engine import result_tuple

from appraisal.errors import Fault, Invalid
from appraisal.fields import LARGEST_ID, Many, Out, Str, Whole

MOST_EXPORTED = 50_000
# Rows are dressed so many at a time: a longer list of ids is more than a database takes.
_AT_ONCE = 1000


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, how many there are in all, and the cursor of the next page."""

    items: Sequence[Any]
    total: int
    next: str | None

    def with_items(self, items: Sequence[Any]) -> "Page":
        """The same page with its rows made into something else."""
        return Page(items, self.total, self.next)


def page_of(row: type[Schema]) -> type[Schema]:
    """The schema of a page of rows."""
    fields = {"items": Many(row, most=200), "total": Whole(), "next": Str(allow_none=True), "__module__": row.__module__}
    return type(f"{row.__name__}Page", (Out,), fields)


def paged(
    database: Any,
    statement: Any,
    order: Sequence[tuple[Any, str]],
    query: Mapping[str, Any],
    row: Callable[[Any], Any] | None = None,
) -> Page:
    """One page of a select, in an order of (column, "asc" or "desc") whose last column is unique; no column may be null.

    Raises Invalid `bad_cursor`.
    """
    columns = [column for column, _ in order]
    total = _count(database, statement)
    if query["cursor"] is not None:
        statement = statement.where(_after(order, _values(columns, query["cursor"])))
    wanted = statement.add_columns(*columns).order_by(*_sorted(order)).limit(query["limit"] + 1)
    result, keys = database.execute(wanted), len(columns)
    named, found = result_tuple(list(result.keys())[:-keys]), result.all()
    cut = found[: query["limit"]]
    rows = [one[0] if len(one) == keys + 1 else named(one[:-keys]) for one in cut]
    more = len(found) > len(cut)
    return Page([row(one) for one in rows] if row else rows, total, _cursor(cut[-1][-keys:]) if more else None)


def whole(database: Any, statement: Any, order: Sequence[tuple[Any, str]]) -> Sequence[Any]:
    """Every row of a select, in an order as `paged` takes it. Raises Invalid `too_many_rows` before it reads any."""
    total = _count(database, statement)
    if total > MOST_EXPORTED:
        zh = f"共 {total} 行, 一次最多导出 {MOST_EXPORTED} 行: 请用筛选条件缩小范围"
        raise Invalid("too_many_rows", zh, f"there are {total} rows and a file holds {MOST_EXPORTED}: narrow the list down")
    result = database.execute(statement.order_by(*_sorted(order)).limit(MOST_EXPORTED))
    found: Sequence[Any] = result.scalars().all() if len(result.keys()) == 1 else result.all()
    return found


def count(database: Any, statement: Any) -> int:
    """How many rows a select has."""
    return _count(database, statement)


def in_parts(rows: Sequence[Any], dress: Callable[[Sequence[Any]], Sequence[Any]]) -> Iterator[Any]:
    """What becomes of many rows, made of a part of them at a time."""
    for start in range(0, len(rows), _AT_ONCE):
        yield from dress(rows[start : start + _AT_ONCE])


def _count(database: Any, statement: Any) -> int:
    counted = statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return int(database.execute(counted).scalar_one())


def _sorted(order: Sequence[tuple[Any, str]]) -> list[Any]:
    return [column.desc() if way == "desc" else column.asc() for column, way in order]


def _after(order: Sequence[tuple[Any, str]], values: Sequence[Any]) -> Any:
    """The condition that a row comes after another in an order."""
    ways = []
    for index, ((column, way), value) in enumerate(zip(order, values, strict=True)):
        equal = [before == known for (before, _), known in zip(order[:index], values[:index], strict=True)]
        ways.append(and_(*equal, column < value if way == "desc" else column > value))
    return or_(*ways)


def _cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(value) for value in values]).encode()).decode()


def _values(columns: Sequence[Any], cursor: str) -> list[Any]:
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        kinds = [column.type.python_type for column in columns]
        return [_value(kind, text) for kind, text in zip(kinds, texts, strict=True)]
    except (ValueError, TypeError):
        zh, en = "cursor 须为上一页给出的 next", "cursor has to be the `next` of a page before"
        raise Invalid("bad_cursor", zh, en, [Fault("cursor", zh, en)]) from None


def _value(kind: type, text: Any) -> Any:
    if not isinstance(text, str) or len(text) > 200 or "\0" in text:
        raise ValueError(text)
    if kind is int:
        number = int(text)
        if abs(number) > LARGEST_ID:
            raise ValueError(text)
        return number
    return kind.fromisoformat(text) if hasattr(kind, "fromisoformat") else text
