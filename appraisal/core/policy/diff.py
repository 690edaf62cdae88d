"""What changed between two states of a policy, entry by entry in the words of the rule files, with the place to look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from appraisal.core.numbers import plain
from appraisal.core.policy.digest import canonical_json
from appraisal.core.policy.entry import Assumed, Text
from appraisal.core.policy.model import Policy
from appraisal.core.policy.tree import NOWHERE, Where

_NAMES: Final = (
    *("id", "grade", "cadence", "rule", "action", "name", "event", "dimension"),
    *("level", "first", "indicator", "phase"),
)
"""What an entry of a list is told from the others by, the first that it has."""
_SILENT: Final = frozenset({"where", "digest", "derived"})


@dataclass(frozen=True)
class Change:
    """One value that was changed, added (`before` None) or removed (`after` None), at the place where it stands or stood."""

    key: str
    before: str | None
    after: str | None
    where: Where


def changes(old: Policy, new: Policy) -> list[Change]:
    """Every difference between two states, in the order of the newer one's topics."""
    return list(_differences("", old, new, NOWHERE))


def _differences(key: str, old: Any, new: Any, where: Where) -> Iterator[Change]:
    if type(old) is type(new) and is_dataclass(new) and not isinstance(new, Text):
        here = getattr(new, "where", where)
        for one in fields(new):
            if one.name not in _SILENT:
                name = one.name.rstrip("_")
                inner = f"{key}.{name}" if key else name
                yield from _differences(inner, getattr(old, one.name), getattr(new, one.name), here.at(name))
    elif isinstance(old, tuple) and isinstance(new, tuple) and _are_entries((*old, *new)):
        yield from _of_mappings(key, _by_name(old), _by_name(new), where)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(key, old, new, where)
    elif (before := _shown(old)) != (after := _shown(new)):
        place = where if new is not None else getattr(old, "where", where)
        yield Change(key, before, after, getattr(new, "where", place))


def _of_mappings(key: str, old: Mapping[str, Any], new: Mapping[str, Any], where: Where) -> Iterator[Change]:
    for name in dict.fromkeys((*new, *old)):
        yield from _differences(f"{key}[{name}]", old.get(name), new.get(name), where.at(name))


def _are_entries(values: tuple[Any, ...]) -> bool:
    return bool(values) and all(is_dataclass(one) and not isinstance(one, Text) for one in values)


def _by_name(entries: tuple[Any, ...]) -> dict[str, Any]:
    """Entries by what they are called; those called alike are numbered."""
    named: dict[str, Any] = {}
    for entry in entries:
        name, count = _name(entry), 1
        while (unique := name if count == 1 else f"{name} {count}") in named:
            count += 1
        named[unique] = entry
    return named


def _name(entry: Any) -> str:
    """What an entry is called: by one of its keys, or by the post, indicator or factor that it places."""
    if isinstance(entry, Assumed):
        return entry.key or ""
    placed = getattr(entry, "post", None) or getattr(entry, "factor", None) or getattr(entry, "indicator", None)
    if is_dataclass(placed):
        return _name(placed)
    value = next((found for name in _NAMES if (found := getattr(entry, name, None)) is not None), "")
    return value.zh if isinstance(value, Text) else str(value)


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Text):
        return f"{value.zh} / {value.en}"
    return canonical_json(value)
