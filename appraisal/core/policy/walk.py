"""Every entry of a policy, or of another rule file, whatever its kind: where assumed, restored, uncertain ones are found."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from appraisal.core.policy.model import Assumed, Entry
from appraisal.core.policy.tree import Node, Where


def entries_of(rules: object) -> Iterator[Entry]:
    """The entries of a policy, outer before inner, in the order of its files' topics."""
    return _entries(rules)


def assumptions_of(rules: object) -> list[Assumed]:
    """What the sources do not say and why each value stands, sorted by place; HR confirms these before a cycle opens."""
    found = [assumed for entry in _entries(rules) for assumed in entry.assumed]
    return sorted(found, key=lambda assumed: (assumed.where.path, assumed.where.line, assumed.where.column))


def _entries(value: Any) -> Iterator[Entry]:
    if isinstance(value, (str, Where, Node, Assumed)) or value is None:
        return
    if isinstance(value, tuple):
        for one in value:
            yield from _entries(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _entries(one)
    elif is_dataclass(value):
        if isinstance(value, Entry):
            yield value
        for name in _names(value.__class__):
            yield from _entries(getattr(value, name))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
