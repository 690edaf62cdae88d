"""Single values of rule files, each read from its text as the kind that is wanted, never as YAML would guess it."""

import re
from datetime import date
from typing import Any, Final

from appraisal.core.numbers import parse_number
from appraisal.core.policy.tree import Node, Problem, error

UNBOUND: Final = object()
"""Stands for a value that could not be read; its problem has been noted."""

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


def bind_text(node: Node, problems: list[Problem]) -> Any:
    """A text that every YAML reader takes for one; what some would read as something else wants quotes."""
    value = node.value
    if not isinstance(value, str):
        return wrong_kind(node, problems, "文本", "text")
    if not value.strip():
        zh = "值为空: 请填写, 或删去此键 (允许时写 null)"
        problems.append(error(node.where, zh, "the value is empty: fill it in, or drop the key (null where allowed)"))
        return UNBOUND
    if not node.quoted and _NOT_TEXT.fullmatch(value):
        zh = f'{value} 会被 YAML 读成别的值, 此处应为文本: 请加引号 "{value}"'
        problems.append(error(node.where, zh, f'YAML reads {value} as something else; text is wanted here: quote it "{value}"'))
        return UNBOUND
    return value


def bind_id(node: Node, problems: list[Problem]) -> Any:
    """A name other rules refer to."""
    value = bind_text(node, problems)
    if value is UNBOUND or ID.fullmatch(value):
        return value
    zh = f"{shown_as(node)} 不能作编号: 用小写字母开头, 其后为小写字母、数字、_ 或 -"
    en = f"{shown_as(node)} is no id: a lower-case letter, then lower-case letters, digits, _ or -"
    problems.append(error(node.where, zh, en))
    return UNBOUND


def bind_decimal(node: Node, problems: list[Problem]) -> Any:
    """A plain decimal, exactly as written."""
    return _number(node, problems, "数", "a number")


def bind_whole(node: Node, problems: list[Problem]) -> Any:
    """A whole number."""
    value = _number(node, problems, "整数", "a whole number")
    if value is UNBOUND:
        return UNBOUND
    if "." in str(node.value):
        problems.append(error(node.where, f"{shown_as(node)} 应为整数", f"{shown_as(node)} must be a whole number"))
        return UNBOUND
    return int(value)


def _number(node: Node, problems: list[Problem], zh: str, en: str) -> Any:
    value = node.value
    if not isinstance(value, str):
        return wrong_kind(node, problems, f"{zh}, 如 60 或 12.5", f"{en} such as 60 or 12.5")
    try:
        if not node.quoted:
            return parse_number(value)
        parse_number(value)
        hint = ("数不加引号", "write numbers without quotes")
    except ValueError:
        hint = _number_hint(value)
    shown = shown_as(node)
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


def bind_flag(node: Node, problems: list[Problem]) -> Any:
    """`true` or `false`, and no other way to say so."""
    if not node.quoted and node.value in ("true", "false"):
        return node.value == "true"
    if not isinstance(node.value, str):
        return wrong_kind(node, problems, "true 或 false", "true or false")
    shown = shown_as(node)
    problems.append(error(node.where, f"{shown}: 请写 true 或 false (不加引号)", f"{shown}: write true or false, unquoted"))
    return UNBOUND


def bind_date(node: Node, problems: list[Problem]) -> Any:
    """A day of the calendar, as 2026-01-01."""
    if not isinstance(node.value, str):
        return wrong_kind(node, problems, "日期, 如 2026-01-01", "a date such as 2026-01-01")
    try:
        if node.quoted or not DATE.fullmatch(node.value):
            raise ValueError
        return date.fromisoformat(node.value)
    except ValueError:
        zh = f"{shown_as(node)} 不是日期: 写作 2026-01-01 (不加引号)"
        problems.append(error(node.where, zh, f"{shown_as(node)} is no date: write 2026-01-01, unquoted"))
        return UNBOUND


def wrong_kind(node: Node, problems: list[Problem], zh: str, en: str) -> Any:
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


def shown_as(node: Node) -> str:
    """The scalar as its author wrote it, cut short."""
    text = str(node.value)
    text = text if len(text) <= 40 else text[:40] + "…"
    return f'"{text}"' if node.quoted or not text else text
