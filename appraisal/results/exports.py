"""Lists of appraisals and of approved results as tables: the rows that the lists show, and in them what the reader may see."""

from collections.abc import Mapping
from typing import Any

from appraisal.labels import label

APPRAISAL_HEADINGS = (
    *("周期代码", "周期", "考核期", "工号", "姓名", "部门", "岗位", "参评", "步骤", "期限"),
    *("结果", "得分", "等级", "奖金系数", "一票否决", "公布时间", "批准时间"),
)
RESULT_HEADINGS = (
    *("结果编号", "周期代码", "周期", "考核期", "工号", "姓名", "部门", "岗位"),
    *("结果", "得分", "等级", "奖金系数", "一票否决", "批准时间", "制度版本"),
)
_FIGURES = ("score", "grade", "multiplier", "vetoed")


def appraisal_cells(row: Mapping[str, Any]) -> list[object]:
    """A row of the list of appraisals."""
    shown = row["result"] or dict.fromkeys((*_FIGURES, "published_at", "approved_at"))
    layer = label("layer", row["result"]["layer"]).zh if row["result"] else None
    figures = [shown[name] for name in (*_FIGURES, "published_at", "approved_at")]
    return [*_cycle(row), *_person(row), row["rated"], row["step_name"].zh, row["due_on"], layer, *figures]


def result_cells(row: Mapping[str, Any]) -> list[object]:
    """A row of the list of approved results."""
    figures = [row[name] for name in (*_FIGURES, "approved_at", "policy_digest")]
    return [row["number"], *_cycle(row), *_person(row), label("layer", row["layer"]).zh, *figures]


def _cycle(row: Mapping[str, Any]) -> list[object]:
    return [row["cycle"][name] for name in ("code", "name", "period")]


def _person(row: Mapping[str, Any]) -> list[object]:
    places = ["; ".join(dict.fromkeys(place[name]["zh"] for place in row["places"])) for name in ("unit", "post")]
    return [row["employee"]["number"], row["employee"]["name"], *places]
