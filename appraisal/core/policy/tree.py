"""What YAML says and where: a small typed tree with file, line and column, and the problems found in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Grade = Literal["error", "warning", "assumed"]


@dataclass(frozen=True)
class Where:
    """A place in a rule file; lines and columns count from 1. `keys` are the places of a mapping's values."""

    path: str
    line: int
    column: int
    keys: Mapping[str, "Where"] = field(default_factory=dict, compare=False, repr=False)

    def at(self, key: str | int) -> "Where":
        """The place of the value under `key`, or this place where there is none."""
        return self.keys.get(str(key), self)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


NOWHERE = Where("", 0, 0)


@dataclass(frozen=True)
class Problem:
    """One finding, printed as `path:line:column: error|warning|assumed: message`."""

    where: Where
    severity: Grade
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.severity}: {self.message}"


@dataclass(frozen=True)
class Node:
    """A scalar (its text, None for null), a list or a mapping of nodes. `quoted` tells text from plain scalars."""

    value: "str | None | tuple[Node, ...] | Mapping[str, Node]"
    where: Where = field(default=NOWHERE, compare=False)
    quoted: bool = False

    @property
    def kind(self) -> str:
        if self.value is None:
            return "null"
        if isinstance(self.value, str):
            return "text"
        return "list" if isinstance(self.value, tuple) else "mapping"

    def __iter__(self) -> Iterator["Node"]:
        if isinstance(self.value, tuple):
            yield from self.value
