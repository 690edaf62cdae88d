"""Tables that people bring as CSV or XLSX: read exactly, held to the columns asked for, every fault with its row and heading.

Such a file is not to be trusted. Sizes are checked before anything is unpacked, formulas and error values are refused, and
what a spreadsheet has silently changed (dates made of 3-1, digits lost after the fifteenth) is a fault rather than a value.
"""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from appraisal.cells import Bad, Cell, Figure, as_day, as_flag, as_number, as_numbers, as_text
from appraisal.core.numbers import plain
from appraisal.errors import Fault, Invalid

LARGEST = 10_000_000
LARGEST_UNPACKED = 40_000_000
MOST_PARTS = 500
MOST_ROWS = 20_000
MOST_COLUMNS = 60
LAST_ROW = 1_048_576  # of any worksheet
TO_MEND = "须更正 · To mend"  # the column that `uploads.to_mend` adds: a file that comes back with it is read without it

_ZIP, _OLD_EXCEL, _UTF_16 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", (b"\xff\xfe", b"\xfe\xff")
_TEXT_AS_FORMULA = re.compile(r'="([^"=]*)"')  # how exports keep the zeros of ="00123"
_OF_ROW = re.compile(r"row (\d+), ")
_INVISIBLE = str.maketrans({"\u3000": " ", "\xa0": " ", "\u200b": None, "\ufeff": None, "\r": None})

# What openpyxl and the standard library raise on files that are broken or made to break them.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ArithmeticError, SyntaxError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError),
)


@dataclass(frozen=True)
class Column:
    """A column that may come. `titles` are its headings; `most` bounds text in characters, `places` a number's decimals.

    `text` is one line, `prose` may have several; `numbers` are decimals by name. A blank cell is None, and a fault where the
    column is `required`.
    """

    key: str
    titles: tuple[str, ...]
    required: bool = False
    kind: Literal["text", "prose", "number", "numbers", "day", "flag"] = "text"
    most: int = 200
    places: int = 4


@dataclass(frozen=True)
class SheetRow:
    """A sound row: `number` as the spreadsheet shows it, `values` by column key, None where blank or without heading."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What a file holds. Rows with a fault are not among `rows` but, with what is sound in them, in `broken`, and by number in
    `faulty`; `keys` are the columns that came."""

    rows: tuple[SheetRow, ...]
    faults: tuple[Fault, ...]
    faulty: frozenset[int]
    keys: frozenset[str]
    broken: tuple[SheetRow, ...] = ()


def read(name: str, content: bytes, columns: Sequence[Column], *, most_rows: int = MOST_ROWS) -> Table:
    """The table in a file, which is recognised by its content; the first row that is not blank holds the headings.

    Raises Invalid `bad_file` for a file that cannot be read at all, `bad_headings` for headings that are missing, unknown or
    there twice. Faults of single rows are in the table.
    """
    if len(content) > LARGEST:
        raise _bad_file(f"{name} 超过 {LARGEST // 1_000_000} MB", f"{name} is larger than {LARGEST // 1_000_000} MB")
    lines = _without_marks(_filled_lines(name, content, most_rows))
    headings = _headings(next(lines, (0, ()))[1], columns)
    blank = {column.key: None for column in columns}
    rows: list[SheetRow] = []
    broken: list[SheetRow] = []
    faults: list[Fault] = []
    for number, cells in lines:
        values, wrong = _read_row(number, cells, headings)
        (broken if wrong else rows).append(SheetRow(number, blank | values))
        faults.extend(wrong)
    if not rows and not faults:
        raise _bad_file(f"{name} 只有标题行, 没有数据", f"{name} holds headings and no rows")
    keys = frozenset(column.key for _, column in headings if column is not None)
    return Table(tuple(rows), tuple(faults), frozenset(row.number for row in broken), keys, tuple(broken))


def by_row(faults: Iterable[Fault]) -> list[Fault]:
    """Faults in the order of the rows they are about; those of none first."""
    return sorted(faults, key=lambda fault: int(found[1]) if (found := _OF_ROW.match(fault.path)) else 0)


def row_fault(number: int, heading: str, zh: str, en: str) -> Fault:
    """A fault in a row, in the form that every import uses."""
    return Fault(f"row {number}, {heading}", f"第 {number} 行 {heading}: {zh}", f"row {number}, {heading}: {en}")


@dataclass(frozen=True)
class Marked:
    """The rows of a file that need mending, as they came: the headings, and each row's number, cells, and what to mend."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...], tuple[Fault, ...]], ...]


def marked(name: str, content: bytes, faults: Iterable[Fault], *, most_rows: int = MOST_ROWS) -> Marked:
    """The rows of a file that faults (`row_fault`) speak of, with what they say. A cell that can be nothing is left blank."""
    by_row: dict[int, list[Fault]] = {}
    for fault in faults:
        if found := _OF_ROW.match(fault.path):
            by_row.setdefault(int(found[1]), []).append(fault)
    lines = _filled_lines(name, content, most_rows)
    headings = tuple(map(_shown, next(lines, (0, ()))[1]))
    rows = [(number, cells) for number, cells in lines if number in by_row]
    return Marked(
        headings, tuple((number, tuple(map(_shown, cells))[: len(headings)], tuple(by_row[number])) for number, cells in rows)
    )


def _shown(cell: Cell) -> str:
    if cell is None or isinstance(cell, Bad):
        return ""
    return cell.text if isinstance(cell, Figure) else "是" if cell is True else "否" if cell is False else str(cell)


# Reading the two kinds of file into numbered lines of cells


def _filled_lines(name: str, content: bytes, most_rows: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The lines that hold anything, numbered as a spreadsheet shows them; at most the headings and `most_rows` more."""
    filled = 0
    for number, cells in _worksheet(name, content) if content.startswith(_ZIP) else _csv(name, content):
        if all(cell is None for cell in cells):
            continue
        filled += 1
        if filled > most_rows + 1:
            raise _bad_file(f"{name} 超过 {most_rows} 行, 请分成几个文件", f"{name} has more than {most_rows} rows: split it")
        yield number, cells


def _without_marks(lines: Iterator[tuple[int, Sequence[Cell]]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The lines without what an earlier import has said is to be mended."""
    marks: list[int] = []
    for place, (number, cells) in enumerate(lines):
        if place == 0:
            marks = [index for index, cell in enumerate(cells) if cell == TO_MEND]
        yield number, [None if index in marks else cell for index, cell in enumerate(cells)] if marks else cells


def _csv(name: str, content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    text = _decoded(name, content)
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=first_line.count), strict=True)
    try:
        for number, line in enumerate(reader, 1):
            yield number, [_text_cell(text) for text in line]
    except csv.Error as error:
        where = reader.line_num
        raise _bad_file(
            f"{name} 第 {where} 行附近不是合法的 CSV (引号未配对?)", f"{name} is no sound CSV near line {where}: {error}"
        ) from None


def _decoded(name: str, content: bytes) -> str:
    if content.startswith(_OLD_EXCEL):
        raise _bad_file(
            f"{name} 是旧版或加密的 Excel 文件, 请另存为 XLSX", f"{name} is an old or encrypted Excel file: save as XLSX"
        )
    if b"\0" in content or content.startswith(_UTF_16):
        raise _bad_file(f"{name} 不是文本, 请另存为 CSV UTF-8", f"{name} is no text: save it as CSV UTF-8")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _bad_file(f"{name} 的编码不是 UTF-8 或 GB18030", f"{name} is neither UTF-8 nor GB18030")


def _text_cell(text: str) -> Cell:
    text = text.translate(_INVISIBLE).strip()
    if kept := _TEXT_AS_FORMULA.fullmatch(text):
        text = kept[1].strip()
    if text.startswith("="):
        return Bad("单元格是公式, 请改为数值或文本", "the cell is a formula: put the value there")
    return text or None


def _worksheet(name: str, content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    try:
        _check_parts(name, content)
        yield from _first_sheet(content)
    except Invalid:
        raise
    except _BROKEN as error:
        raise _bad_file(f"{name} 不是完好的 XLSX 文件", f"{name} is no sound XLSX file ({type(error).__name__})") from None


def _check_parts(name: str, content: bytes) -> None:
    """Refuses an archive that unpacks to too much. A part never unpacks to more than it declares, so these sizes bound it."""
    parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise _bad_file(f"{name} 解压后过大", f"{name} unpacks to too much")


def _first_sheet(content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    from openpyxl import load_workbook  # takes a third of a second to load, and few processes need it

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    sheet = book.worksheets[0]
    # What a file says about its own size is not to be believed: rows would be padded to it.
    sheet.reset_dimensions()
    before = None
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), 1):
        if number > LAST_ROW:
            raise ValueError("more rows than any worksheet has")
        if row is not before:  # a gap of a million rows comes as a million times the same blank row
            yield number, [_sheet_cell(cell) for cell in row]
        before = row


def _sheet_cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Bad("单元格是公式, 请复制后粘贴为数值", "the cell is a formula: paste it as a value")
    if cell.data_type == "e":
        return Bad(f"单元格是错误值 {value}", f"the cell holds the error {value}")
    if isinstance(value, str):
        return _text_cell(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        whole = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date() if whole else Bad("日期不应带时刻", "there is a time of day with the date")
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        if "%" in cell.number_format:
            return Bad("百分数请写成数字, 如 60", "write a percentage as a plain number, such as 60")
        number = Decimal(repr(value))
        if not number.is_finite():
            return Bad("单元格不是数字", "the cell holds no number")
        zeros = len(cell.number_format) if set(cell.number_format) == {"0"} else 0
        return Figure(number, plain(number).zfill(zeros))
    return Bad("单元格是时刻, 不是日期或数字", "the cell is a time of day, neither a day nor a number")


# Headings and rows


def _headings(cells: Sequence[Cell], columns: Sequence[Column]) -> list[tuple[str, Column | None]]:
    """The heading and column of each cell of the first line; None where it is blank. Raises Invalid."""
    known = {_bare(title): column for column in columns for title in column.titles}
    found = [(cell, known.get(_bare(cell))) if isinstance(cell, str) else ("", None) for cell in cells]
    while found and found[-1] == ("", None) and cells[len(found) - 1] is None:
        found.pop()
    faults = []
    for index, (title, column) in enumerate(found):
        if len(found) > MOST_COLUMNS:
            faults = [Fault("headings", f"列数超过 {MOST_COLUMNS}", f"there are more than {MOST_COLUMNS} columns")]
            break
        if column is None and cells[index] is not None:
            shown = title[:40] or str(index + 1)
            takes = "、".join(one.titles[0] for one in columns)
            faults.append(
                Fault(shown, f"不认识列 {shown}; 可用的列: {takes}", f"unknown column {shown}; the columns are {takes}")
            )
        elif column is not None and column in [earlier for _, earlier in found[:index]]:
            faults.append(Fault(title, f"列 {title} 重复", f"the column {title} is there twice"))
    there = {column for _, column in found}
    for column in columns:
        if column.required and column not in there:
            title = column.titles[0]
            faults.append(Fault(title, f"缺少列 {title}", f"the column {' / '.join(column.titles)} is missing"))
    if faults:
        zh, en = "; ".join(one.zh for one in faults[:5]), "; ".join(one.en for one in faults[:5])
        raise Invalid("bad_headings", f"标题行有误: {zh}", f"the headings are wrong: {en}", faults)
    return found


def _bare(title: str) -> str:
    """A heading without what people add to it: spaces, full-width forms, the star of a required column."""
    return re.sub(r"[\s*:]+", "", unicodedata.normalize("NFKC", title)).casefold()


def _read_row(
    number: int, cells: Sequence[Cell], headings: Sequence[tuple[str, Column | None]]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for index in range(max(len(cells), len(headings))):
        cell = cells[index] if index < len(cells) else None
        title, column = headings[index] if index < len(headings) else ("", None)
        if column is not None:
            value = _value(column, cell)
            if isinstance(value, Bad):
                faults.append(row_fault(number, title, *value))
            else:
                values[column.key] = value
        elif cell is not None:
            where = str(index + 1)
            faults.append(row_fault(number, where, f"第 {where} 格没有列标题", f"cell {where} stands under no heading"))
            break
    return values, faults


def _value(column: Column, cell: Cell) -> Any:
    if cell is None:
        return Bad("必填", "is needed") if column.required else None
    if isinstance(cell, Bad):
        return cell
    match column.kind:
        case "number":
            return as_number(cell, places=column.places)
        case "numbers":
            return as_numbers(cell, most=column.most)
        case "day":
            return as_day(cell)
        case "flag":
            return as_flag(cell)
    return as_text(cell, most=column.most, several_lines=column.kind == "prose")


def _bad_file(zh: str, en: str) -> Invalid:
    return Invalid("bad_file", zh, en, [Fault("file", zh, en)])
