"""Past targets of rows: whose name one sheet alone uses, or by their id."""

import pytest
from sqlmodel import Session

from appraisal.agreements import past_targets
from appraisal.spreadsheets import Table, read
from tests import factories


def a_table(number: str, item: str) -> Table:
    text = f"工号,期间,指标,目标值,数据来源\n{number},2025-Q1,{item},90,2025 责任书"
    return read("历史目标.csv", text.encode("gb18030"), past_targets.COLUMNS)


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ("chef-diner_satisfaction", None),
        ("就餐人员满意度", None),
        ("服务态度", "几张考核表中都有「服务态度」, 请写代号"),
        ("整理库房", "指标库中没有「整理库房」"),
    ],
)
def test_a_row_goes_by_its_id_or_by_a_name_of_its_own(session: Session, item: str, fault: str | None):
    factories.a_published_policy(session, name="coal_group")
    employee = factories.an_employee(session)
    found = past_targets.preview_targets(session, factories.hr(session), "coal_group", a_table(employee.number, item))
    assert [one.zh.partition(": ")[2][: len(fault or "")] for one in found.faults] == ([fault] if fault else [])
    assert len(found.planned) == (fault is None)
