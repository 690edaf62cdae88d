"""A table that comes to a page: kept for who brought it, and given back with what to mend."""

import csv
import io

import pytest
from sqlmodel import Session

from appraisal import spreadsheets, uploads
from appraisal.errors import NotFound
from appraisal.fields import Upload
from appraisal.spreadsheets import Column
from tests import factories as make

COLUMNS = (Column("number", ("工号",), required=True), Column("actual", ("实际值",), kind="number"))
TABLE = "工号,实际值\nT1,7\nT2,七\n,9\nT4,3\n".encode()


def test_the_faulty_rows_come_back_as_they_were_with_what_to_mend() -> None:
    table = spreadsheets.read("a.csv", TABLE, COLUMNS)
    answer = uploads.to_mend("a.csv", TABLE, table.faults)
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["工号", "实际值", "须更正 · To mend"]
    assert [row[:2] for row in rows[1:]] == [["T2", "七"], ["", "9"]]
    assert "第 3 行 实际值" in rows[1][2] and "row 3" in rows[1][2]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_what_has_been_mended_there_can_be_brought_again_as_it_is() -> None:
    given = uploads.to_mend("a.csv", TABLE, spreadsheets.read("a.csv", TABLE, COLUMNS).faults).data
    mended = given.replace("七".encode(), b"7")
    again = spreadsheets.read("b.csv", mended, COLUMNS)
    assert [row.values["number"] for row in again.rows] == ["T2"]
    rows = list(csv.reader(io.StringIO(uploads.to_mend("b.csv", mended, again.faults).data.decode("utf-8-sig"))))
    assert rows[0] == ["工号", "实际值", "须更正 · To mend"] and len(rows) == 2


def test_a_fault_of_no_row_marks_none() -> None:
    assert spreadsheets.marked("a.csv", TABLE, [spreadsheets.Fault("file", "文件", "file")]).rows == ()


def test_a_table_is_there_again_for_who_brought_it_and_for_nobody_else(session: Session) -> None:
    one, another = make.hr(session), make.an_actor(session, "data_provider")
    kept = uploads.keep_table(session, one, Upload("a.csv", TABLE, "text/csv"))
    assert uploads.table_again(session, one, kept.id or 0) == ("a.csv", TABLE)
    with pytest.raises(NotFound):
        uploads.table_again(session, another, kept.id or 0)
    with pytest.raises(NotFound):
        uploads.table_again(session, one, 99_999)


def test_faults_are_told_in_the_order_of_their_rows() -> None:
    faults = [spreadsheets.row_fault(number, "工号", "必填", "is needed") for number in (12, 3)]
    ordered = spreadsheets.by_row([*faults, spreadsheets.Fault("file", "文件", "file")])
    assert [fault.path for fault in ordered] == ["file", "row 3, 工号", "row 12, 工号"]
