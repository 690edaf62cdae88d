"""From the tree of a rule file to the frozen dataclasses of the rule language, typed by their annotations.

YAML's own guesses are not used: each scalar is read from its text as the kind its annotation asks for, so `60:40` or `010`
can never turn into a number. Every problem is collected with its place; nothing is raised.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from appraisal.core.numbers import parse_number
from appraisal.core.policy.model import Assumed
from appraisal.core.policy.tree import Node, Problem, did_you_mean, error

UNBOUND: Final = object()
"""Stands for a value that could not be read; its problem has been noted."""

Binder = Callable[[Node, list[Problem]], Any]

ID: Final = re.compile(r"[a-z][a-z0-9_-]*")
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# What some YAML reader takes for something else than the text it looks like.
_NOT_TEXT: Final = re.compile(
    r"""~|null|yes|no|on|off|true|false|=|<<
    |[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
    |[-+]?(\.[0-9]|[0-9])[0-9_.]*(e[-+]?[0-9]+)?
    |0b[01_]+|0o?[0-7_]+|0x[0-9a-f_]+
    |[-+]?\.(inf|nan)
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


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
        return _wrong_kind(node, problems, "键: 值 的映射", "a mapping of key: value")
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
        return _identifier
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
        found = [Assumed(name, _text(child, problems), child.where) for name, child in node.value.items()]
        return UNBOUND if any(one.reason is UNBOUND for one in found) else tuple(found)
    if isinstance(node.value, tuple) or node.value is None:
        return _wrong_kind(node, problems, "理由文本, 或 键: 理由 的映射", "a reason, or a mapping of key: reason")
    reason = _text(node, problems)
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
            return _wrong_kind(node, problems, "列表, 写作 [a, b] 或每行一个 -", "a list, written [a, b] or one - a line")
        values = tuple([bind_inner(child, problems) for child in node.value])
        return UNBOUND if UNBOUND in values else values

    return bind


def _mapping(key_kind: Any, value_kind: Any) -> Binder:
    bind_key, bind_inner = binder(key_kind), binder(value_kind)

    def bind(node: Node, problems: list[Problem]) -> Any:
        if not isinstance(node.value, Mapping):
            return _wrong_kind(node, problems, "键: 值 的映射", "a mapping of key: value")
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
            return _wrong_kind(node, problems, f"以下之一: {listing}", f"one of: {listing}")
        zh, en = did_you_mean(node.value, allowed)
        listing = f" ({', '.join(allowed)})" if "可用" not in zh else ""
        zh, en = f"{_shown(node)} 不在可选值之中, {zh}{listing}", f"{_shown(node)} is no choice here, {en}{listing}"
        problems.append(error(node.where, zh, en))
        return UNBOUND

    return bind


def _raw(node: Node, problems: list[Problem]) -> Any:
    return node


def _text(node: Node, problems: list[Problem]) -> Any:
    value = node.value
    if not isinstance(value, str):
        return _wrong_kind(node, problems, "文本", "text")
    if not value.strip():
        zh = "值为空: 请填写, 或删去此键 (允许时写 null)"
        problems.append(error(node.where, zh, "the value is empty: fill it in, or drop the key (null where allowed)"))
        return UNBOUND
    if not node.quoted and _NOT_TEXT.fullmatch(value):
        zh = f'{value} 会被 YAML 读成别的值, 此处应为文本: 请加引号 "{value}"'
        problems.append(error(node.where, zh, f'YAML reads {value} as something else; text is wanted here: quote it "{value}"'))
        return UNBOUND
    return value


def _identifier(node: Node, problems: list[Problem]) -> Any:
    value = _text(node, problems)
    if value is UNBOUND or ID.fullmatch(value):
        return value
    zh = f"{_shown(node)} 不能作编号: 用小写字母开头, 其后为小写字母、数字、_ 或 -"
    en = f"{_shown(node)} is no id: a lower-case letter, then lower-case letters, digits, _ or -"
    problems.append(error(node.where, zh, en))
    return UNBOUND


def _decimal(node: Node, problems: list[Problem]) -> Any:
    return _number(node, problems, "数", "a number")


def _integer(node: Node, problems: list[Problem]) -> Any:
    value = _number(node, problems, "整数", "a whole number")
    if value is UNBOUND:
        return UNBOUND
    if "." in str(node.value):
        problems.append(error(node.where, f"{_shown(node)} 应为整数", f"{_shown(node)} must be a whole number"))
        return UNBOUND
    return int(value)


def _number(node: Node, problems: list[Problem], zh: str, en: str) -> Any:
    value = node.value
    if not isinstance(value, str):
        return _wrong_kind(node, problems, f"{zh}, 如 60 或 12.5", f"{en} such as 60 or 12.5")
    try:
        if not node.quoted:
            return parse_number(value)
        parse_number(value)
        hint = ("数不加引号", "write numbers without quotes")
    except ValueError:
        hint = _number_hint(value)
    shown = _shown(node)
    problems.append(error(node.where, f"{shown} 不是可用的{zh}: {hint[0]}", f"{shown} is not {en}: {hint[1]}"))
    return UNBOUND


def _number_hint(value: str) -> tuple[str, str]:
    """How to write what was probably meant."""
    if not value:
        return "值为空, 请填写", "the value is empty, fill it in"
    if ":" in value:
        return "YAML 会把冒号读成六十进制; 两个数请分开写", "YAML reads the colon as base 60; write two separate numbers"
    if "%" in value or "％" in value:
        return "去掉百分号, 60% 写作 60", "drop the percent sign: 60% is written 60"
    if re.fullmatch(r"[-+]?0[0-9]+", value, re.ASCII):
        return "去掉开头的 0, YAML 会读成八进制", "drop the leading 0, YAML reads it as octal"
    if not value.isascii():
        return "用半角数字, 如 60 或 12.5", "use plain digits such as 60 or 12.5"
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value, re.ASCII):
        return "至多 15 位整数、8 位小数", "at most 15 digits before the point and 8 after"
    zh = "写作 60 或 12.5, 不用 +、指数、下划线、千分位、0x 或省略的 0"
    return zh, "write 60 or 12.5, without +, exponent, underscore, separators, 0x or a missing 0"


def _flag(node: Node, problems: list[Problem]) -> Any:
    if not node.quoted and node.value in ("true", "false"):
        return node.value == "true"
    if not isinstance(node.value, str):
        return _wrong_kind(node, problems, "true 或 false", "true or false")
    shown = _shown(node)
    problems.append(error(node.where, f"{shown}: 请写 true 或 false (不加引号)", f"{shown}: write true or false, unquoted"))
    return UNBOUND


def _date(node: Node, problems: list[Problem]) -> Any:
    if not isinstance(node.value, str):
        return _wrong_kind(node, problems, "日期, 如 2026-01-01", "a date such as 2026-01-01")
    try:
        if node.quoted or not DATE.fullmatch(node.value):
            raise ValueError
        return date.fromisoformat(node.value)
    except ValueError:
        zh = f"{_shown(node)} 不是日期: 写作 2026-01-01 (不加引号)"
        problems.append(error(node.where, zh, f"{_shown(node)} is no date: write 2026-01-01, unquoted"))
        return UNBOUND


def _wrong_kind(node: Node, problems: list[Problem], zh: str, en: str) -> Any:
    """Notes that something of another shape is wanted here, with a hint when a full-width colon may be the cause."""
    hint_zh, hint_en = "", ""
    if node.value is None:
        zh, en = f"null 不可用于此处, 应为{zh}", f"null is not allowed here, {en} is expected"
    else:
        zh, en = f"此处应为{zh}", f"{en} is expected here"
        if isinstance(node.value, str) and "：" in node.value:
            hint_zh, hint_en = " (全角冒号 ： 请改为半角冒号加空格)", " (a full-width colon: write a plain one and a space)"
    problems.append(error(node.where, zh + hint_zh, en + hint_en))
    return UNBOUND


def _shown(node: Node) -> str:
    """The scalar as its author wrote it, cut short."""
    text = str(node.value)
    text = text if len(text) <= 40 else text[:40] + "…"
    return f'"{text}"' if node.quoted or not text else text


_SIMPLE: Final[Mapping[Any, Binder]] = {
    str: _text, int: _integer, bool: _flag, Decimal: _decimal, date: _date, Node: _raw,
}
