"""A cell of a table that somebody brings, and what it says as text, number, day or flag: nothing is guessed. And one of a table
that goes out."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from appraisal.clock import COMPANY_ZONE
from appraisal.core.numbers import parse_number, places_of, plain

_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_PART, _SIDES = re.compile(r"[;；\n]"), re.compile(r"[=＝:：]")
_FLAGS = {"是": True, "否": False, "yes": True, "no": False, "y": True, "n": False, "true": True, "false": False}
_FLAGS |= {"1": True, "0": False}
_SAFE_DIGITS = Decimal(10) ** 15
_YEARS = range(1900, 2201)


class Figure(NamedTuple):
    """A number of a worksheet, and how it reads as text: 123 shown in the format 00000 is 00123."""

    value: Decimal
    text: str


class Bad(NamedTuple):
    """A cell that can be nothing at all."""

    zh: str
    en: str


Cell = str | Figure | date | bool | Bad | None


def as_text(cell: Cell, *, most: int, several_lines: bool = False) -> str | Bad:
    """Text of at most so many characters; a number only where it can have lost no digit."""
    if isinstance(cell, Figure):
        if abs(cell.value) >= _SAFE_DIGITS:
            return Bad(
                "数字过长, Excel 可能已丢失末位; 请将该列设为文本格式",
                "so long a number loses digits: format the column as text",
            )
        cell = cell.text
    if not isinstance(cell, str):
        return Bad(
            "应为文本, 却是日期或是否; 请将该列设为文本格式", "this is a date or a yes/no, not text: format the column as text"
        )
    if len(cell) > most:
        return Bad(f"超过 {most} 字", f"has more than {most} characters")
    breaks = "\n\t" if several_lines else ""
    if not all(sign.isprintable() or sign in breaks for sign in cell):
        return Bad("含有换行或不可见字符", "holds a line break or another invisible character")
    return cell


def as_number(cell: Cell, *, places: int) -> Decimal | Bad:
    """An exact decimal; thousands may be set apart by commas."""
    text = plain(cell.value) if isinstance(cell, Figure) else cell
    if isinstance(text, str) and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = parse_number(text) if isinstance(text, str) else None
    except ValueError:
        number = None
    if number is None:
        shown = text[:40] if isinstance(text, str) else str(text)
        return Bad(
            f"{shown} 不是数字 (整数至多 15 位, 小数至多 8 位)", f"{shown} is no number of at most 15 digits and 8 decimals"
        )
    if places_of(number) > places:
        return Bad(f"小数至多 {places} 位", f"has more than {places} decimals")
    return number


def as_numbers(cell: Cell, *, most: int) -> dict[str, Decimal] | Bad:
    """Exact decimals by name, written 实际回款金额=91; 应收账款总额=96. A name stands once."""
    text = as_text(cell, most=most, several_lines=True)
    if isinstance(text, Bad):
        return text
    numbers: dict[str, Decimal] = {}
    for part in filter(str.strip, _PART.split(text)):
        name, *number = (side.strip() for side in _SIDES.split(part, maxsplit=1))
        try:
            if not name or name in numbers or not number:
                raise ValueError(part)
            numbers[name] = parse_number(number[0])
        except ValueError:
            return Bad("须写成 名称=数值; 名称=数值", "has the form name=number; name=number")
    return numbers


def as_day(cell: Cell) -> date | Bad:
    """A day, written year first."""
    text = cell.text if isinstance(cell, Figure) else str(cell)
    day = cell if isinstance(cell, date) else None
    if found := _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text):
        with suppress(ValueError):  # the thirtieth of February
            day = date(*(int(part) for part in found.groups() if part))
    if day is not None and day.year in _YEARS:
        return day
    return Bad(f"{text[:40]} 不是日期, 请写成 2026-03-31", f"{text[:40]} is no day: write it as 2026-03-31")


def harmless(value: object) -> str:
    """A cell that a spreadsheet takes for text or a number, never for a formula."""
    text = "" if value is None else str(value)
    is_formula = text.startswith(("=", "+", "@", "\t", "\r")) or (
        text.startswith("-") and not text[1:].replace(".", "", 1).isdigit()
    )
    return f"'{text}" if is_formula else text


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table that spreadsheets open as it is: numbers exact, instants in the company's time, and nothing that they compute."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([harmless(_written(value)) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _written(value: object) -> object:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(COMPANY_ZONE):%Y-%m-%d %H:%M}"
    return value


def as_flag(cell: Cell) -> bool | Bad:
    """Yes or no, in either language."""
    if isinstance(cell, bool):
        return cell
    text = cell.text if isinstance(cell, Figure) else cell
    known = _FLAGS.get(text.casefold()) if isinstance(text, str) else None
    return Bad("请写 是 或 否", "write yes or no (是 / 否)") if known is None else known
