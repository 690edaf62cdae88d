"""A report as one table for a spreadsheet: its figures period by period, then its alerts and exceptions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from appraisal import cells
from appraisal.core.numbers import parse_number
from appraisal.labels import label

HEADINGS: Final = (
    *("部分", "分类", "指标", "期间", "数值", "计量单位", "目标", "达标", "偏离", "等级", "责任人"),
    *("说明", "评价编号", "读数编号"),
)


def as_csv(content: Mapping[str, Any]) -> bytes:
    """The table as a file; every figure with the evaluation it is of."""
    return cells.as_csv(HEADINGS, [*_figures(content), *_alerts(content), *_exceptions(content)])


def _figures(content: Mapping[str, Any]) -> Iterator[list[object]]:
    for one in content["classes"]:
        for row in one["rows"]:
            for period in row.get("periods") or [row]:
                target = row["target"]
                yield [
                    *("指标", one["name"]["zh"], row["name"]["zh"], period["period"], _number(period["value"])),
                    *(row["measured_in"], f"{target['operator']} {target['value']}" if target else None, period["met"]),
                    *(_number(period["deviation"]), _level(period["level"]), row["owner"], _said(row)),
                    *(period["evaluation_id"], " ".join(map(str, period["reading_ids"]))),
                ]


def _alerts(content: Mapping[str, Any]) -> Iterator[list[object]]:
    for one in content["alerts"]:
        name = one["name"]["zh"] + (f" · {one['other_name']['zh']}" if one["other_name"] else "")
        said = " ".join(line["zh"] for line in one["lines"])
        yield ["预警", None, name, one["period"], *([None] * 5), _level(one["level"]), None, said, one["evaluation_id"], None]


def _exceptions(content: Mapping[str, Any]) -> Iterator[list[object]]:
    found = {one["number"]: one for part in ("opened", "closed", "open") for one in content["exceptions"][part]}
    for number, one in sorted(found.items()):
        ended = f", {one['ended_on']} 了结" if one["ended_on"] else ""
        said = f"{number}, {one['due_on']} 到期{ended}: {one['closing'] or one['action'] or one['cause'] or ''}"
        level = _level(one["level"])
        yield ["异常", None, one["name"]["zh"], one["period"], *([None] * 5), level, one["owner"], said, None, None]


def _said(row: Mapping[str, Any]) -> str | None:
    if "lines" in row:
        return " ".join(line["zh"] for line in row["lines"])
    proposal = row.get("proposal")
    return proposal["reason"]["zh"] if proposal else None


def _level(level: str | None) -> str | None:
    return None if level is None else label("kpi_level", level).zh


def _number(text: str | None) -> object:
    return None if text is None else parse_number(text)
