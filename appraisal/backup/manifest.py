"""What a backup consists of: one JSON file that names every object by its hash and carries a hash of itself."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Literal, get_args

import orjson

from appraisal.errors import Invalid

Kind = Literal["incremental", "full", "archive"]
FORMAT = 1


class Damaged(Invalid):
    """Part of a backup is not there, or is not what was written."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("damaged_backup", f"备份已损坏: {zh}", f"the backup is damaged: {en}")


@dataclass(frozen=True)
class Copied:
    """One table: its rows in the order of their keys, cut into `chunks`; of a table of files also the `contents`."""

    columns: Sequence[str]
    rows: int
    chunks: Sequence[str]
    contents: Sequence[str] = ()


@dataclass(frozen=True)
class Manifest:
    """A backup. `revision` is that of the tables; `audit_seq` and `audit_hash` are the end of the audit chain; `next_ids` are
    what PostgreSQL's sequences would have given next, by table."""

    name: str
    kind: Kind
    made_at: datetime
    database: str
    revision: str
    audit_seq: int
    audit_hash: str
    tables: Mapping[str, Copied]
    next_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def objects(self) -> Iterator[tuple[str, str]]:
        """Every object with the table it belongs to."""
        for name, table in self.tables.items():
            for one in chain(table.chunks, table.contents):
                yield one, name

    def as_bytes(self) -> bytes:
        """The file."""
        said = {"format": FORMAT} | asdict(self)
        return orjson.dumps(said | {"sha256": _digest(said)}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(content: bytes, where: str) -> Manifest:
    """The manifest that a file holds. Raises Damaged, and Invalid `newer_backup` for one of a later format."""
    try:
        said: dict[str, Any] = orjson.loads(content)
        digest = said.pop("sha256")
        if said["format"] > FORMAT:
            raise _newer(where)
        if digest != _digest(said):
            raise ValueError("the hash")
        said.pop("format")
        said["made_at"] = datetime.fromisoformat(said["made_at"])
        said["tables"] = {name: Copied(**table) for name, table in said["tables"].items()}
        made = Manifest(**said)
        if made.kind not in get_args(Kind):
            raise ValueError(made.kind)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Damaged(f"清单 {where} 不完整或被改动", f"the manifest {where} is cut off or has been changed") from None
    return made


def _newer(where: str) -> Invalid:
    zh = f"{where} 由更新版本的程序备份; 请先升级本程序"
    return Invalid("newer_backup", zh, f"{where} was made by a newer version of this program: update the program first")


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
