"""Tables from CSV and XLSX: what comes out, and that a hostile or careless file is refused with its row and heading."""

import io
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from appraisal import spreadsheets
from appraisal.errors import Invalid
from appraisal.spreadsheets import Column, Table, read

COLUMNS = (
    Column("number", ("工号", "Employee number"), required=True, most=10),
    Column("name", ("姓名", "Name")),
    Column("share", ("比例(%)", "Share"), kind="number", places=2),
    Column("joined_on", ("入职日期", "Joined on"), kind="day"),
    Column("pays", ("发奖金", "Pays"), kind="flag"),
    Column("note", ("备注", "Note"), kind="prose", most=20),
)


def from_csv(text: str | bytes, **options: Any) -> Table:
    return read("名单.csv", text.encode() if isinstance(text, str) else text, COLUMNS, **options)


def xlsx(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def from_xlsx(*rows: list[Any], **options: Any) -> Table:
    return read("名单.xlsx", xlsx(*rows, **options), COLUMNS)


def with_part(name: str, text: str) -> bytes:
    """A sound workbook, one part of which is replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["工号"], ["1"]))) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            target.writestr(part.filename, text if part.filename == name else source.read(part))
    return stream.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def refusal(content: bytes | str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        from_csv(content)
    return refused.value


def only_fault(table: Table) -> str:
    [fault] = table.faults
    assert table.rows == ()
    return f"{fault.path}: {fault.en}"


# What comes out


def test_a_csv_gives_its_values_with_the_row_numbers_a_spreadsheet_shows():
    table = from_csv("工号,姓名,比例(%),入职日期,发奖金\n00123,张三,12.50,2026-03-31,是\n\n00124,,,,\n")
    first, second = table.rows
    assert first.values == {
        "number": "00123",
        "name": "张三",
        "share": Decimal("12.50"),
        "joined_on": date(2026, 3, 31),
        "pays": True,
        "note": None,
    }
    assert (first.number, second.number) == (2, 4)
    assert second.values["name"] is None
    assert table.faults == ()
    assert table.keys == {"number", "name", "share", "joined_on", "pays"}


def test_an_xlsx_gives_the_same_values():
    headings = ["工号", "姓名", "比例(%)", "入职日期", "发奖金"]
    table = from_xlsx(headings, ["00123", "张三", 12.5, datetime(2026, 3, 31), True], [None], ["00124"])
    first, second = table.rows
    assert first.values["share"] == Decimal("12.5")
    assert (first.values["joined_on"], first.values["pays"]) == (date(2026, 3, 31), True)
    assert (first.number, second.number) == (2, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_csv_may_be_utf_8_or_gb18030(encoding: str):
    [row] = from_csv("工号,姓名\nS1,张三\n".encode(encoding)).rows
    assert row.values["name"] == "张三"


@pytest.mark.parametrize("heading", ["employee number", " 工 号 ", "工号*", "工号*:", "\ufeff工号"])
def test_headings_are_known_in_both_languages_and_with_what_people_add(heading: str):
    assert from_csv(f"{heading}\nS1\n").rows[0].values["number"] == "S1"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_of_the_headings(separator: str):
    assert from_csv(f"工号{separator}姓名\nS1{separator}张三\n").rows[0].values["name"] == "张三"


@pytest.mark.parametrize("text", ["2026-03-01", "2026-3-1", "2026/3/1", "2026.3.1", "2026年3月1日", "20260301"])
def test_a_day_is_written_year_first(text: str):
    assert from_csv(f"工号,入职日期\nS1,{text}\n").rows[0].values["joined_on"] == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "stands"), [("1899-12-31", False), ("1900-01-01", True), ("2200-12-31", True), ("2201-01-01", False)]
)
def test_a_day_lies_in_our_time(text: str, stands: bool):
    assert bool(from_csv(f"工号,入职日期\nS1,{text}\n").rows) is stands


@pytest.mark.parametrize("text", ["3/1/2026", "01-03-26", "2026-02-30", "2026-03", "46082", "2026-3/1", "２０２６-03-01"])
def test_what_is_no_day_is_not_guessed(text: str):
    assert "is no day" in only_fault(from_csv(f"工号,入职日期\nS1,{text}\n"))


@pytest.mark.parametrize(
    ("text", "number"), [("0", "0"), ("-1.5", "-1.5"), ('"1,234.50"', "1234.50"), ("999999999999999", "999999999999999")]
)
def test_a_number_is_read_exactly(text: str, number: str):
    assert str(from_csv(f"工号,比例(%)\nS1,{text}\n").rows[0].values["share"]) == number


@pytest.mark.parametrize("text", ["60%", "1e3", "NaN", "１２", '"1,23"', "0x1", "+1", "1000000000000000", "12.345"])
def test_what_is_no_number_is_not_guessed(text: str):
    assert only_fault(from_csv(f"工号,比例(%)\nS1,{text}\n")).startswith("row 2, 比例(%): row 2, 比例(%):")


NUMBERS = (Column("inputs", ("原始数据",), kind="numbers", most=40),)


@pytest.mark.parametrize(
    "text",
    [
        "合格批数=98; 检验批数=100",
        "合格批数＝98；检验批数：100",
        '"合格批数=98\n检验批数=100;"',
        "合格批数 = 98 ;检验批数= 100",
    ],
)
def test_numbers_come_by_name(text: str):
    [row] = read("a.csv", f"原始数据\n{text}\n".encode(), NUMBERS).rows
    assert row.values["inputs"] == {"合格批数": Decimal(98), "检验批数": Decimal(100)}


@pytest.mark.parametrize("text", ["98", "=98", "合格批数=", "合格批数=许多", "合格批数=1;合格批数=1", "合格批数=" + "9" * 40])
def test_numbers_without_a_name_or_a_number_or_twice_are_a_fault(text: str):
    table = read("a.csv", f"原始数据\n{text}\n".encode(), NUMBERS)
    assert (table.rows, [fault.path for fault in table.faults]) == ((), ["row 2, 原始数据"])


def test_a_number_of_a_worksheet_is_the_one_that_was_typed_there():
    [row] = from_xlsx(["工号", "Share"], ["S1", 1.1]).rows
    assert row.values["share"] == Decimal("1.1")


def test_digits_that_only_arithmetic_left_are_a_fault():
    assert "is no number" in only_fault(from_xlsx(["工号", "Share"], ["S1", 1 / 3]))


def test_a_number_keeps_the_zeros_that_its_format_shows():
    table = from_xlsx(["工号"], [123], [124], formats={"A2": "00000"})
    assert [row.values["number"] for row in table.rows] == ["00123", "124"]


def test_a_csv_may_keep_zeros_the_way_exports_do():
    assert from_csv('工号\n="00123"\n').rows[0].values["number"] == "00123"


def test_invisible_signs_around_a_value_are_no_part_of_it():
    [row] = from_csv("工号,姓名\n\u200bS1\xa0,\u3000张\u3000三 \n").rows
    assert (row.values["number"], row.values["name"]) == ("S1", "张 三")


def test_prose_keeps_its_lines_and_a_name_may_have_one_only():
    assert from_csv('工号,备注\nS1,"一\r\n二"\n').rows[0].values["note"] == "一\n二"
    assert "line break" in only_fault(from_csv('工号,姓名\nS1,"张\n三"\n'))


@pytest.mark.parametrize(
    ("text", "flag"), [("是", True), ("否", False), ("Yes", True), ("n", False), ("1", True), ("0", False)]
)
def test_a_flag_is_yes_or_no(text: str, flag: bool):
    assert from_csv(f"工号,发奖金\nS1,{text}\n").rows[0].values["pays"] is flag


def test_a_flag_is_nothing_else():
    assert "yes or no" in only_fault(from_csv("工号,发奖金\nS1,也许\n"))


# Faults of rows


def test_every_fault_is_told_and_sound_rows_are_kept():
    table = from_csv("工号,比例(%),入职日期\nS1,a,b\nS2,1,2026-01-01\n,1,\n")
    assert [fault.path for fault in table.faults] == ["row 2, 比例(%)", "row 2, 入职日期", "row 4, 工号"]
    assert [row.number for row in table.rows] == [3]
    assert table.faulty == {2, 4}
    assert [row.values["number"] for row in table.broken] == ["S1", None]


def test_text_fits_up_to_its_length_and_not_beyond():
    assert from_csv(f"工号\n{'1' * 10}\n").rows
    assert "more than 10 characters" in only_fault(from_csv(f"工号\n{'1' * 11}\n"))


def test_a_short_row_is_blank_at_its_end_and_a_long_one_is_a_fault():
    assert from_csv("工号,姓名\nS1\n").rows[0].values["name"] is None
    assert from_csv("工号,姓名\nS1,张三,,\n").rows
    assert "row 2, 3" in only_fault(from_csv("工号,姓名\nS1,张三,李四\n"))


def test_a_value_under_no_heading_is_a_fault():
    assert "row 2, 2" in only_fault(from_csv("工号,,姓名\nS1,x,张三\n"))
    assert from_csv("工号,,姓名\nS1,,张三\n").rows


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', '="a"&"b"'])
def test_a_formula_is_no_value(text: str):
    quoted = '"' + text.replace('"', '""') + '"'
    assert "formula" in only_fault(from_csv(f"工号,姓名\nS1,{quoted}\n"))
    assert "formula" in only_fault(from_xlsx(["工号", "姓名"], ["S1", text]))


@pytest.mark.parametrize(
    ("heading", "value", "told"),
    [
        ("姓名", datetime(2026, 3, 1), "format the column as text"),
        ("姓名", True, "format the column as text"),
        ("姓名", 10**15, "loses digits"),
        ("姓名", "#N/A", "error"),
        ("入职日期", datetime(2026, 3, 1, 8, 30), "time of day"),
        ("入职日期", 46082, "is no day"),
        ("Share", datetime(2026, 3, 1), "is no number"),
        ("Share", True, "is no number"),
    ],
)
def test_what_a_spreadsheet_made_of_a_value_is_a_fault(heading: str, value: Any, told: str):
    assert told in only_fault(from_xlsx(["工号", heading], ["S1", value]))


def test_a_number_without_end_is_none():
    cells = '<c r="A1" t="str"><v>工号</v></c></row><row r="2"><c r="A2"><v>1e999</v></c>'
    content = with_part("xl/worksheets/sheet1.xml", SHEET.format(f'<sheetData><row r="1">{cells}</row></sheetData>'))
    assert "no number" in only_fault(from_csv(content))


def test_a_percentage_of_a_worksheet_is_not_guessed():
    assert "percentage" in only_fault(from_xlsx(["工号", "Share"], ["S1", 0.6], formats={"B2": "0%"}))


# Files that are refused as a whole


@pytest.mark.parametrize(
    ("headings", "told"),
    [
        ("姓名", "工号 / Employee number is missing"),
        ("工号,姓名,姓名", "the column 姓名 is there twice"),
        ("工号,姓名,Name", "the column Name is there twice"),
        ("工号,姓明", "unknown column 姓明"),
        ("工号,=1+1", "unknown column 2"),
    ],
)
def test_headings_that_are_wrong_refuse_the_file(headings: str, told: str):
    refused = refusal(f"{headings}\nS1,x\n")
    assert refused.code == "bad_headings"
    assert told in refused.message.en


def test_there_may_be_60_columns_and_no_more():
    many = tuple(Column(f"c{index}", (f"c{index}",)) for index in range(61))
    line = ",".join(column.key for column in many)
    assert read("x.csv", f"{line[:-4]}\n1\n".encode(), many).rows
    with pytest.raises(Invalid) as refused:
        read("x.csv", f"{line}\n1\n".encode(), many)
    assert "more than 60 columns" in refused.value.message.en


@pytest.mark.parametrize("text", ["", "\n\n", "工号,姓名\n", "工号,姓名\n,\n"])
def test_a_file_without_rows_is_refused(text: str):
    assert refusal(text).code in ("bad_file", "bad_headings")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("工号\nS\0\n".encode(), "no text"),
        ("工号\nS1\n".encode("utf-16"), "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old or encrypted"),
        ("工号\n".encode() + b"\xff\xff\n", "neither UTF-8 nor GB18030"),
        ('工号\n"S1\n'.encode(), "no sound CSV"),
        ("工号\n".encode() + b'"' + b"x" * 200_000 + b'"\n', "no sound CSV"),
        (b"PK\x03\x04 and nothing that follows", "no sound XLSX"),
        (xlsx(["工号"], ["S1"])[:-30], "no sound XLSX"),
    ],
    ids=["nul", "utf-16", "xls", "encoding", "quote", "long field", "no zip", "cut off"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, told: str):
    refused = refusal(content)
    assert refused.code == "bad_file"
    assert told in refused.message.en


def test_a_file_may_have_20_000_rows_and_no_more():
    rows = "工号\n" + "S\n" * 20_000
    assert len(from_csv(rows).rows) == 20_000
    assert "more than 20000 rows" in refusal(rows + "S\n").message.en
    assert len(from_csv(rows + "S\n", most_rows=30_000).rows) == 20_001


def test_a_file_has_at_most_ten_megabytes(monkeypatch: pytest.MonkeyPatch):
    content = "工号\nS1\n".encode()
    monkeypatch.setattr(spreadsheets, "LARGEST", len(content))
    assert from_csv(content).rows
    assert "larger than" in refusal(content + b"\n").message.en


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    bomb = with_part("xl/worksheets/sheet1.xml", " " * 45_000_000)
    assert len(bomb) < 100_000
    assert "unpacks to too much" in refusal(bomb).message.en
    sound = xlsx(["工号"], ["S1"])
    unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(sound)).infolist())
    monkeypatch.setattr(spreadsheets, "LARGEST_UNPACKED", unpacked)
    assert from_csv(sound).rows
    monkeypatch.setattr(spreadsheets, "LARGEST_UNPACKED", unpacked - 1)
    assert "unpacks to too much" in refusal(sound).message.en


def test_an_archive_of_very_many_parts_is_not_unpacked():
    stream = io.BytesIO(xlsx(["工号"], ["S1"]))
    with zipfile.ZipFile(stream, "a") as archive:
        for index in range(500):
            archive.writestr(f"more/{index}", "")
    assert "unpacks to too much" in refusal(stream.getvalue()).message.en


def test_an_archive_that_lies_about_a_size_is_refused():
    content = bytearray(with_part("xl/worksheets/sheet1.xml", SHEET.format("<sheetData/>" + " " * 100_000)))
    place = content.rindex(b"xl/worksheets/sheet1.xml") - 22  # the unpacked size in the central directory
    content[place : place + 4] = (50).to_bytes(4, "little")
    assert "no sound XLSX" in refusal(bytes(content)).message.en


def test_entities_that_grow_are_refused():
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + SHEET.format("&b;")
    assert "no sound XLSX" in refusal(with_part("xl/worksheets/sheet1.xml", laughs)).message.en


@pytest.mark.parametrize(
    "sheet",
    [
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="str"><v>工号</v></c></row></sheetData>',
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>工号</t></is></c></row><row r="99999999999"/></sheetData>',
        '<sheetData><row r="1"><c r="XFD1" t="inlineStr"><is><t>工号</t></is></c></row></sheetData>',
    ],
    ids=["dimension", "row number", "column"],
)
def test_a_worksheet_that_says_it_is_huge_takes_no_longer_for_it(sheet: str):
    started = time.monotonic()
    refusal(with_part("xl/worksheets/sheet1.xml", SHEET.format(sheet)))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A2" t="s"><v>9999</v></c>',
        '<c r="A2" s="77"><v>1</v></c>',
        '<c r="A2"><v>one</v></c>',
        f'<c r="A2"><v>{"9" * 5000}</v></c>',
    ],
    ids=["string", "style", "word", "digits"],
)
def test_a_worksheet_whose_parts_do_not_fit_together_is_refused(cell: str):
    rows = f'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>工号</t></is></c></row><row r="2">{cell}</row></sheetData>'
    assert "no sound XLSX" in refusal(with_part("xl/worksheets/sheet1.xml", SHEET.format(rows))).message.en
