"""The blueprint that the pages of monitoring stand in, and what several of them say the same way."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint

from appraisal.core.errors import Message
from appraisal.core.numbers import parse_number, round_half_up
from appraisal.monitoring.subjects import Subject

pages = Blueprint("monitoring", __name__)

MOST = 2**31 - 1
_RESPONSE = re.compile(r": \S+ \((.*)\)$")


def as_number(text: str | None) -> Decimal | None:
    """A figure of stored content as a number."""
    return None if text is None else parse_number(text)


def place_of(subject: Subject) -> dict[str, Any]:
    """What an address says of a subject."""
    return {"policy": subject.policy, "unit_id": subject.unit_id}


def remarks(one: Mapping[str, Any]) -> list[Message]:
    """What an evaluation says of an indicator beside its figures: how far off it is, what follows, and which rules fired."""
    name: Any = one["name"]
    lines = list(one["lines"])
    found = []
    if one["level"] not in (None, "normal") and lines:
        zh, en = (f" → {follows[1]}" if (follows := _RESPONSE.search(lines[0][lang])) else "" for lang in ("zh", "en"))
        found.append(Message(f"{_off(one).zh}{zh}", f"{_off(one).en}{en}"))
    rest = lines[1:] if one["level"] is not None else lines
    for line in rest:
        zh, en = (line[lang].removeprefix(f"{getattr(name, lang)} ") for lang in ("zh", "en"))
        found.append(Message(zh, en[:1].upper() + en[1:]))
    return found


def _off(one: Mapping[str, Any]) -> Message:
    """How far off a figure is; of a target of 0 that is missed there is no percentage."""
    if one["deviation"] is None:
        return Message("未达标", "target missed")
    off = f"{round_half_up(parse_number(one['deviation']), 2).normalize():f}"
    return Message(f"偏离 {off} 分", f"{off} points off") if one["points"] else Message(f"偏离 {off}%", f"{off} % off")
