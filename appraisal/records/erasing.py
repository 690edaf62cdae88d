"""Taking rows out of the database with everything that hangs on them, the files that nothing else needs, and what the audit
trail says of them. What hangs on a row is read from the foreign keys, so a table added later is not forgotten."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, CursorResult, Table, delete, select, tuple_, union_all
from sqlmodel import Session

from appraisal import audit, db
from appraisal.files import FileContent, StoredFile

AT_ONCE: Final = 400
"""Values in one statement: more than a database takes would fail."""
KIND_ON_TRAIL: Final = {"stored_file": "file"}
"""What the trail calls the rows of a table where that is not the table's name."""

Key = tuple[Any, ...]


@dataclass
class Erasing:
    """What one transaction takes out, and how much that was."""

    session: Session
    rows: Counter[str] = field(default_factory=Counter)
    ids: dict[str, set[int]] = field(default_factory=dict)
    file_ids: set[int] = field(default_factory=set)

    def take(self, wanted: Mapping[str, Collection[int | Key]]) -> None:
        """Deletes rows by table and key, and what refers to them, the last added first."""
        doomed = _with_all_below(self.session, wanted)
        for table in reversed(db.Row.metadata.sorted_tables):
            if keys := doomed.get(table.name):
                self._note_files(table, keys)
                self._delete(table, keys)

    def drop_files(self) -> None:
        """Deletes the files that nothing refers to any longer, and the contents that no file has any longer."""
        left = self.file_ids - _still_referred_to(self.session, self.file_ids)
        hashes = _values(self.session, StoredFile.__table__.c.sha256, StoredFile.__table__.c.id, left)  # type: ignore[attr-defined]
        self._delete(db.Row.metadata.tables["stored_file"], {(one,) for one in left})
        content, stored = FileContent.__table__, StoredFile.__table__  # type: ignore[attr-defined]
        orphans = hashes - _values(self.session, stored.c.sha256, stored.c.sha256, hashes)
        self._delete(content, {(one,) for one in orphans})
        self.file_ids.clear()

    def forget_on_trail(self, others: Mapping[str, Collection[int]] | None = None) -> None:
        """Erases what the trail says of all that was taken, and of `others`, by the kinds it calls them."""
        kinds = {KIND_ON_TRAIL.get(name, name): ids for name, ids in self.ids.items()} | dict(others or {})
        for kind, ids in kinds.items():
            for part in _parts(sorted(ids)):
                self.rows["audit_payload"] += audit.erase(self.session, kind, [str(one) for one in part])

    def _note_files(self, table: Table, keys: Collection[Key]) -> None:
        for column in _references(table, "stored_file"):
            for part in _parts(sorted(keys)):
                found = select(column).where(_is_one_of(table, part), column.is_not(None))
                self.file_ids |= set(self.session.execute(found).scalars())

    def _delete(self, table: Table, keys: Collection[Key]) -> None:
        # What corrects another row has a higher id, so it goes first.
        for part in _parts(sorted(keys, reverse=True)):
            gone = self.session.execute(delete(table).where(_is_one_of(table, part)))
            assert isinstance(gone, CursorResult)
            self.rows[table.name] += gone.rowcount
        if len(table.primary_key.columns) == 1:
            self.ids.setdefault(table.name, set()).update(one[0] for one in keys if isinstance(one[0], int))


def below(table_name: str) -> frozenset[str]:
    """The tables whose rows can hang on those of a table, itself included."""
    found, waiting = {table_name}, [table_name]
    while waiting:
        for table, _ in _referring(waiting.pop()):
            if table.name not in found:
                found.add(table.name)
                waiting.append(table.name)
    return frozenset(found)


def _with_all_below(session: Session, wanted: Mapping[str, Collection[int | Key]]) -> dict[str, set[Key]]:
    doomed: dict[str, set[Key]] = {}
    waiting = [(name, {one if isinstance(one, tuple) else (one,) for one in keys}) for name, keys in wanted.items() if keys]
    while waiting:
        name, keys = waiting.pop()
        new = keys - doomed.setdefault(name, set())
        doomed[name] |= new
        if not new:
            continue
        own = [column.name for column in db.Row.metadata.tables[name].primary_key.columns]
        for table, column in _referring(name):
            at = own.index(next(iter(column.foreign_keys)).column.name)
            found = set(_keys_where(session, table, column, {key[at] for key in new}))
            if found:
                waiting.append((table.name, found))
    return doomed


def _referring(name: str) -> Iterator[tuple[Table, Column[Any]]]:
    for table in db.all_tables().tables.values():
        for column in _references(table, name):
            yield table, column


def _references(table: Table, name: str) -> Sequence[Column[Any]]:
    return [one for one in table.columns if any(key.column.table.name == name for key in one.foreign_keys)]


def _keys_where(session: Session, table: Table, column: Column[Any], values: Collection[Any]) -> Iterator[Key]:
    for part in _parts(sorted(values)):
        for row in session.execute(select(*table.primary_key.columns).where(column.in_(part))):
            yield tuple(row)


def _values(session: Session, wanted: Column[Any], column: Column[Any], values: Collection[Any]) -> set[Any]:
    return {one for part in _parts(sorted(values)) for one in session.execute(select(wanted).where(column.in_(part))).scalars()}


def _still_referred_to(session: Session, file_ids: Collection[int]) -> set[int]:
    columns = [column for _, column in _referring("stored_file")]
    found: set[int] = set()
    for part in _parts(sorted(file_ids)):
        found |= set(session.execute(union_all(*(select(one).where(one.in_(part)) for one in columns))).scalars())
    return found


def _is_one_of(table: Table, keys: Sequence[Key]) -> Any:
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
