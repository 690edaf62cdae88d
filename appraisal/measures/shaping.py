"""How figures, imports and what is owed look on their way out of the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from appraisal.core.errors import ScoringError
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Policy, Text
from appraisal.errors import Fault
from appraisal.labels import label
from appraisal.measures import importing, owed, queries
from appraisal.measures.completing import Completed
from appraisal.measures.entries import Entry
from appraisal.measures.importing import Imported, Plan, said_figure
from appraisal.measures.models import DataProvider, Measure

SHOWN_CHANGES = 200
ENTRY_HEADINGS = (
    *("编号", "工号", "姓名", "指标代码", "指标", "考核期", "实际值", "原始数据", "计算值", "状态", "录入方式", "数据来源"),
    *("补录", "录入人", "录入时间", "确认人", "确认时间", "更正了", "已被更正为", "更正原因"),
)


def entry_out(policy: Policy, one: Entry) -> dict[str, Any]:
    measure = one.measure
    kept = ("id", "sheet_id", "item", "period", "origin", "source_document", "back_filled", "entered_at", "corrects_id")
    figure = queries.figure_of(measure)
    return {name: getattr(measure, name) for name in kept} | {
        "cycle_id": one.cycle_id,
        "appraisal_id": one.appraisal_id,
        "employee": {"id": one.employee_id, "number": one.number, "name": one.name},
        "name": _name(policy, measure.item, one.own_name),
        "actual": figure.actual,
        "inputs": figure.inputs,
        "computed": None if figure.inputs is None else _computed(policy, measure),
        "state": one.state,
        "entered_by": one.entered_by,
        "confirmed_by": one.confirmed_by,
        "confirmed_at": one.confirmed_at,
        "corrected_by_id": one.corrected_by_id,
        "reason": measure.reason,
    }


def entry_cells(one: Mapping[str, Any]) -> list[object]:
    """An entry as a row of a table."""
    inputs = one["inputs"] and "; ".join(f"{name}={plain(value)}" for name, value in one["inputs"].items())
    return [
        *(one["id"], one["employee"]["number"], one["employee"]["name"], one["item"], one["name"].zh, one["period"]),
        *(one["actual"], inputs, one["computed"]),
        *(label("entry_state", one["state"]).zh, label("measure_origin", one["origin"]).zh, one["source_document"]),
        *(one["back_filled"], one["entered_by"], one["entered_at"], one["confirmed_by"], one["confirmed_at"]),
        *(one["corrects_id"], one["corrected_by_id"], one["reason"]),
    ]


def _computed(policy: Policy, measure: Measure) -> Any:
    try:
        return queries.actual_by(policy, measure.item, queries.figure_of(measure))
    except ScoringError:
        # The cycle has moved to a text with another formula since; the entry is still what was entered.
        return None


def _name(policy: Policy, item: str, own_name: str | None = None) -> Text:
    located = policy.indicators.get(item)
    return located.indicator.name if located else Text(own_name or item, own_name or item)


def plan_out(plan: Plan) -> dict[str, Any]:
    changes = [
        {
            "row": one.reported.row,
            "number": one.reported.number,
            "item": one.item,
            "before": said_figure(queries.figure_of(one.corrects)) if one.corrects else None,
            "after": said_figure(one.figure),
        }
        for one in (*plan.changed, *plan.new)[:SHOWN_CHANGES]
    ]
    counts = {"recorded": len(plan.new), "corrected": len(plan.changed), "unchanged": plan.unchanged}
    return _import_out(True, counts, len(plan.faults), None, changes, plan.faults)


def imported_out(done: Imported) -> dict[str, Any]:
    counts = {"recorded": len(done.recorded), "corrected": len(done.corrected), "unchanged": done.unchanged}
    return _import_out(False, counts, len(done.left_out), done.file_id, (), done.left_out)


def _import_out(
    preview: bool,
    counts: Mapping[str, int],
    faulty: int,
    file_id: int | None,
    changes: Sequence[Mapping[str, Any]],
    faults: Sequence[Fault],
) -> dict[str, Any]:
    shown = [{"path": one.path, "message": {"zh": one.zh, "en": one.en}} for one in faults[: importing.MOST_FAULTS]]
    said = {"preview": preview, "faulty": faulty, "file_id": file_id, "changes": changes, "faults": shown}
    return {**counts, **said}


def share_out(share: owed.Share) -> dict[str, Any]:
    return {
        "assignment_id": share.provider.row.id if share.provider else None,
        "provider": share.provider.provider if share.provider else None,
        "items": share.items,
        **share.counts,
        "overdue": share.overdue,
        "due_on": share.due_on,
    }


def owed_out(policy: Policy, one: owed.Owed) -> dict[str, Any]:
    return {
        "appraisal_id": one.appraisal_id,
        "sheet_id": one.sheet_id,
        "employee": {"id": one.employee_id, "number": one.number, "name": one.name},
        "item": one.item,
        "name": _name(policy, one.item, one.own_name),
        "period": one.period,
        "state": one.state,
        "entry_id": one.entry_id,
        "due_on": one.due_on,
        "overdue": one.is_overdue,
        "providers": [assigned.provider for assigned in one.providers],
    }


def assignment_out(row: DataProvider, login: str | None, person: str | None, unit: str | None) -> dict[str, Any]:
    names = ("id", "kind", "name", "account_id", "unit_id", "working_days", "assigned_at", "ended_at", "version")
    return {name: getattr(row, name) for name in names} | {"provider": person or login or unit or ""}


def completed_out(one: Completed) -> dict[str, Any]:
    refused = one.error
    said = {"code": refused.code if refused else None, "message": refused.message if refused else None}
    return {"appraisal_id": one.appraisal_id, "done": refused is None} | said
