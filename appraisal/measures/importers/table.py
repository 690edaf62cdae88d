"""The generic table: a row per figure, made by hand or by any system that can write a list."""

from appraisal.errors import Fault
from appraisal.measures.importers import Read, Reported
from appraisal.spreadsheets import Column, SheetRow, read, row_fault

INPUTS = "原始数据"
COLUMNS = (
    Column("number", ("工号", "employee number", "number"), required=True, most=40),
    Column("item", ("指标", "indicator", "item"), required=True, most=200),
    Column("period", ("考核期", "period"), required=True, most=10),
    Column("actual", ("实际值", "actual"), kind="number"),
    Column("inputs", (INPUTS, "inputs"), kind="numbers", most=1000),
    Column("source_document", ("数据来源", "source document", "source"), required=True, most=200),
    Column("post", ("岗位", "post"), most=120),
)


def read_figures(name: str, content: bytes) -> Read:
    """The figures of a table. 原始数据 of a computed indicator are written as 实际回款金额=91; 应收账款总额=96.

    Raises Invalid for a file that cannot be read at all; what is wrong with single rows is told with the figures.
    """
    table = read(name, content, COLUMNS)
    figures: list[Reported] = []
    faults = list(table.faults)
    for row in table.rows:
        found = _figure(row)
        if isinstance(found, Reported):
            figures.append(found)
        else:
            faults.append(found)
    return Read(tuple(figures), tuple(faults))


def _figure(row: SheetRow) -> Reported | Fault:
    if row.values["actual"] is None and row.values["inputs"] is None:
        # A blank cell is no zero (R-000-42), and a row that says nothing was hardly meant.
        zh, en = "没有数值; 为 0 请写 0, 尚无数据请删去此行", "there is no figure: write 0 for zero, or leave the row out"
        return row_fault(row.number, "实际值", zh, en)
    return Reported(row=row.number, **row.values)
