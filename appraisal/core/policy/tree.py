"""What YAML says and where: a small typed tree with file, line and column, and the problems found in it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Grade = Literal["error", "warning", "assumed"]
Remark = Literal["", "uncertain", "restored"]
"""Findings that the rule file itself declares; they are listed by themselves, too."""


@dataclass(frozen=True)
class Where:
    """A place in a rule file; lines and columns count from 1.

    `keys` are the places of a mapping's values, or of a list's entries ("0", "1" …). `lead` is what stands before the
    first character of a text (1 for a quote), None where a text is folded over lines and has no columns of its own.
    """

    path: str
    line: int
    column: int
    keys: Mapping[str, "Where"] = field(default_factory=dict, compare=False, repr=False)
    lead: int | None = field(default=0, compare=False, repr=False)

    def at(self, key: str | int) -> "Where":
        """The place of the value under `key`, or this place where there is none."""
        return self.keys.get(str(key), self)

    def character(self, number: int) -> "Where":
        """The place of a text's character, counted from 1: where in a formula the mistake stands."""
        if self.lead is None:
            return self
        return Where(self.path, self.line, self.column + self.lead + number - 1)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


NOWHERE = Where("", 0, 0)


@dataclass(frozen=True)
class Problem:
    """One finding, printed as `path:line:column: error|warning|assumed: message`."""

    where: Where
    severity: Grade
    message: str
    remark: Remark = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.severity}: {self.message}"

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """By file, then by place."""
        return (self.where.path, self.where.line, self.where.column, self.severity, self.message)


def error(where: Where, zh: str, en: str) -> Problem:
    """A finding that refuses the policy. Both sentences say what is wrong and how to mend it."""
    return Problem(where, "error", f"{zh} | {en}")


def warning(where: Where, zh: str, en: str) -> Problem:
    """A finding that HR should look at and may leave."""
    return Problem(where, "warning", f"{zh} | {en}")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by place, each said once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.order)


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, str]:
    """What to say after an unknown name, in Chinese and English: the nearest known one, or all of them."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1):
        return f'是否想写 "{near[0]}"?', f'did you mean "{near[0]}"?'
    if not names:
        return "此处没有可用的名称", "there are none to choose from"
    listing = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"可用: {listing}", f"known are: {listing}"


@dataclass(frozen=True)
class Node:
    """A scalar (its text, None for null), a list or a mapping of nodes.

    `quoted` tells text from plain scalars; `key` is the place of the key this value stands under.
    """

    value: "str | None | tuple[Node, ...] | Mapping[str, Node]"
    where: Where = field(default=NOWHERE, compare=False)
    quoted: bool = False
    key: Where | None = field(default=None, compare=False)

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
