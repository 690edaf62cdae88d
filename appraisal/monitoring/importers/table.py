"""The generic table: a row per reading, made by hand or by any system that can write a list."""

from appraisal.errors import Fault
from appraisal.monitoring.importers import Read, Reported
from appraisal.spreadsheets import Column, SheetRow, read, row_fault

INPUTS = "原始数据"
COLUMNS = (
    Column("indicator", ("指标", "indicator"), required=True, most=200),
    Column("period", ("期间", "period"), required=True, most=10),
    Column("unit", ("部门", "unit"), most=120),
    Column("value", ("数值", "value"), kind="number"),
    Column("inputs", (INPUTS, "inputs"), kind="numbers", most=2000),
    Column("measured_in", ("计量单位", "unit of measure"), most=40),
    Column("source_document", ("来源单据", "source document", "source"), required=True, most=200),
    Column("policy", ("制度", "policy"), most=60),
)


def read_readings(name: str, content: bytes) -> Read:
    """The readings of a table. 原始数据 of a computed indicator are written as IQC合格批数=98; IQC检验批数=100.

    Raises Invalid for a file that cannot be read at all; what is wrong with single rows is told with the readings.
    """
    table = read(name, content, COLUMNS)
    readings: list[Reported] = []
    faults = list(table.faults)
    for row in table.rows:
        found = _reading(row)
        if isinstance(found, Reported):
            readings.append(found)
        else:
            faults.append(found)
    return Read(tuple(readings), tuple(faults))


def _reading(row: SheetRow) -> Reported | Fault:
    if row.values["value"] is None and row.values["inputs"] is None:
        # A blank cell is no zero (R-000-42), and a row that says nothing was hardly meant.
        zh, en = "没有数值; 为 0 请写 0, 尚无数据请删去此行", "there is no figure: write 0 for zero, or leave the row out"
        return row_fault(row.number, "数值", zh, en)
    return Reported(row=row.number, **row.values)
