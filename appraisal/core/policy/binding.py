"""From the tree of a rule file to the frozen dataclasses of the rule language, typed by their annotations.

YAML's own guesses are not used: each scalar is read from its text as the kind its annotation asks for, so `60:40` or `010`
can never turn into a number. Every problem is collected with its place; nothing is raised.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from appraisal.core.policy.general import PolicyEdition
from appraisal.core.policy.model import Assumed
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.core.policy.scalars import (
    UNBOUND,
    bind_date,
    bind_decimal,
    bind_flag,
    bind_id,
    bind_text,
    bind_whole,
    shown_as,
    wrong_kind,
)
from appraisal.core.policy.tree import Node, Problem, did_you_mean, error

__all__ = ["UNBOUND", "Key", "bind_keys", "bind_value", "binder", "keys_of"]

Binder = Callable[[Node, list[Problem]], Any]

VARIANTS: Final[Mapping[Any, tuple[str, Mapping[str, type]]]] = {
    PolicyEdition: ("purpose", {"monitoring": MonitoringPolicyEdition}),
}
"""Entries of which one key says which keys there are besides."""


@dataclass(frozen=True)
class Key:
    """A key a mapping may hold, and the attribute it fills."""

    attribute: str
    annotation: Any
    required: bool


@cache
def keys_of(kind: type) -> Mapping[str, Key]:
    """The keys YAML may write for a dataclass: `from_` is written `from`; `where` is ours and never written."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name.rstrip("_"): Key(
            field.name, hints[field.name], field.default is MISSING and field.default_factory is MISSING
        )
        for field in fields(kind)
        if field.name != "where"
    }


def bind_value(node: Node, annotation: Any, problems: list[Problem]) -> Any:
    """The value that `node` writes, of the annotated kind; UNBOUND, with its problems noted, where it writes none."""
    return binder(annotation)(node, problems)


def bind_keys(node: Node, keys: Mapping[str, Key], problems: list[Problem]) -> Any:
    """The attributes that a mapping fills, as a dict; UNBOUND where a key is unknown, missing or cannot be read."""
    if not isinstance(node.value, Mapping):
        return wrong_kind(node, problems, "键: 值 的映射", "a mapping of key: value")
    values: dict[str, Any] = {}
    sound = True
    for name, child in node.value.items():
        key = keys.get(name)
        if key is None:
            zh, en = did_you_mean(name, keys)
            problems.append(error(child.key or child.where, f'未知的键 "{name}", {zh}', f'unknown key "{name}", {en}'))
            sound = False
            continue
        values[key.attribute] = value = binder(key.annotation)(child, problems)
        sound = sound and value is not UNBOUND
    for name, key in keys.items():
        if key.required and name not in node.value:
            problems.append(error(node.where, f'缺少键 "{name}", 请补上', f'the key "{name}" is missing, add it'))
            sound = False
    return values if sound else UNBOUND


@cache
def binder(annotation: Any) -> Binder:
    """The reader of values of one annotation. Raises TypeError for an annotation the rule language does not use."""
    if simple := _SIMPLE.get(annotation):
        return simple
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated and "id" in arguments[1:]:
        return bind_id
    if origin is Literal:
        return _choice(arguments)
    if origin in (Union, UnionType) and NoneType in arguments and len(arguments) == 2:
        return _optional(next(argument for argument in arguments if argument is not NoneType))
    if origin is tuple and arguments[1:] == (...,):
        return _assumptions if arguments[0] is Assumed else _list(arguments[0])
    if origin is Mapping:
        return _mapping(*arguments)
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _record(annotation)
    raise TypeError(f"rule files hold no {annotation!r}")


def _record(kind: type) -> Binder:
    if kind in VARIANTS:
        return _variant(kind, *VARIANTS[kind])
    return _entry(kind)


def _variant(kind: type, key: str, others: Mapping[str, type]) -> Binder:
    bind_kind, bind_others = _entry(kind), {name: _entry(other) for name, other in others.items()}
    names = get_args(keys_of(kind)[key].annotation)
    choose = _choice(names)

    def bind(node: Node, problems: list[Problem]) -> Any:
        chosen = node.value.get(key) if isinstance(node.value, Mapping) else None
        if chosen is None:
            return bind_kind(node, problems)
        if chosen.value not in names:  # which keys there may be, nobody can say
            return choose(chosen, problems)
        return bind_others.get(str(chosen.value), bind_kind)(node, problems)

    return bind


def _entry(kind: type) -> Binder:
    keys = keys_of(kind)
    located = any(field.name == "where" for field in fields(kind))

    def bind(node: Node, problems: list[Problem]) -> Any:
        values = bind_keys(node, keys, problems)
        if "assumed" in keys:
            _check_assumed_keys(node, keys, problems)
        if values is UNBOUND:
            return UNBOUND
        return kind(**values, where=node.where) if located else kind(**values)

    return bind


def _check_assumed_keys(node: Node, keys: Mapping[str, Key], problems: list[Problem]) -> None:
    """A reason must stand for a key this entry can have, or nobody would know what is assumed."""
    assumed = node.value.get("assumed") if isinstance(node.value, Mapping) else None
    if assumed is not None and isinstance(assumed.value, Mapping):
        for name, reason in assumed.value.items():
            if name not in keys or name == "assumed":
                zh, en = did_you_mean(name, [key for key in keys if key != "assumed"])
                where = reason.key or reason.where
                problems.append(error(where, f'assumed: 本条目没有键 "{name}", {zh}', f'assumed: no key "{name}" here, {en}'))


def _assumptions(node: Node, problems: list[Problem]) -> Any:
    """`assumed: reason` for the whole entry, or `assumed: {key: reason}`."""
    if isinstance(node.value, Mapping):
        found = [Assumed(name, bind_text(child, problems), child.where) for name, child in node.value.items()]
        return UNBOUND if any(one.reason is UNBOUND for one in found) else tuple(found)
    if isinstance(node.value, tuple) or node.value is None:
        return wrong_kind(node, problems, "理由文本, 或 键: 理由 的映射", "a reason, or a mapping of key: reason")
    reason = bind_text(node, problems)
    return UNBOUND if reason is UNBOUND else (Assumed(None, reason, node.where),)


def _optional(inner: Any) -> Binder:
    bind_inner = binder(inner)

    def bind(node: Node, problems: list[Problem]) -> Any:
        return None if node.value is None else bind_inner(node, problems)

    return bind


def _list(inner: Any) -> Binder:
    bind_inner = binder(inner)

    def bind(node: Node, problems: list[Problem]) -> Any:
        if not isinstance(node.value, tuple):
            return wrong_kind(node, problems, "列表, 写作 [a, b] 或每行一个 -", "a list, written [a, b] or one - a line")
        values = tuple([bind_inner(child, problems) for child in node.value])
        return UNBOUND if UNBOUND in values else values

    return bind


def _mapping(key_kind: Any, value_kind: Any) -> Binder:
    bind_key, bind_inner = binder(key_kind), binder(value_kind)

    def bind(node: Node, problems: list[Problem]) -> Any:
        if not isinstance(node.value, Mapping):
            return wrong_kind(node, problems, "键: 值 的映射", "a mapping of key: value")
        pairs = {
            bind_key(Node(name, child.key or child.where), problems): bind_inner(child, problems)
            for name, child in node.value.items()
        }
        return UNBOUND if UNBOUND in pairs or UNBOUND in pairs.values() else pairs

    return bind


def _choice(allowed: tuple[str, ...]) -> Binder:
    def bind(node: Node, problems: list[Problem]) -> Any:
        if isinstance(node.value, str) and node.value in allowed:
            return node.value
        if not isinstance(node.value, str):
            listing = ", ".join(allowed)
            return wrong_kind(node, problems, f"以下之一: {listing}", f"one of: {listing}")
        zh, en = did_you_mean(node.value, allowed)
        listing = f" ({', '.join(allowed)})" if "可用" not in zh else ""
        zh, en = f"{shown_as(node)} 不在可选值之中, {zh}{listing}", f"{shown_as(node)} is no choice here, {en}{listing}"
        problems.append(error(node.where, zh, en))
        return UNBOUND

    return bind


def _raw(node: Node, problems: list[Problem]) -> Any:
    return node


_SIMPLE: Final[Mapping[Any, Binder]] = {
    str: bind_text,
    int: bind_whole,
    bool: bind_flag,
    Decimal: bind_decimal,
    date: bind_date,
    Node: _raw,
}
