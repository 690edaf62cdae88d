"""Endpoints of goals, from the company down, and of the targets that new ones are measured by."""

from typing import Any

from appraisal import rest
from appraisal.agreements import goals, lists, past_targets, shown
from appraisal.agreements.goal_schemas import (
    GoalChange,
    GoalFilter,
    GoalIn,
    GoalOut,
    PastTargetFilter,
    PastTargetForm,
    PastTargetOut,
    PastTargetsOut,
)
from appraisal.agreements.models import Goal, PastTarget
from appraisal.people import auth
from appraisal.spreadsheets import read

endpoints = rest.Endpoints(
    "goals", "目标分解 · Goals: of the company and its units, each linked upward; targets of earlier years"
)


@endpoints.get("/goals", GoalFilter, out=rest.page_of(GoalOut))
def list_goals(query: dict[str, Any]) -> rest.Page:
    """The goals of the company and its units, the latest period first; told to everybody who works here."""
    asked = {name: query[name] for name in ("period", "level", "unit_id")}
    found = lists.goals_seen(rest.actor(), **asked)
    return rest.paged(rest.session(), found, [(Goal.starts_on, "desc"), (Goal.id, "asc")], query)


@endpoints.get("/goals/<int:goal_id>", out=GoalOut)
def show_goal(goal_id: int) -> Goal:
    """One goal."""
    return goals.find_goal(rest.session(), rest.actor(), goal_id)


@endpoints.post("/goals", GoalIn, out=GoalOut, creates=True)
def set_goal(body: dict[str, Any]) -> Goal:
    """Set a goal: of the company by HR, of a unit by its head or HR, each serving one above it (R-002-18)."""
    return goals.set_goal(rest.session(), rest.actor(), **body)


@endpoints.put("/goals/<int:goal_id>", GoalChange, out=GoalOut, of=show_goal)
def change_goal(body: dict[str, Any], goal_id: int, version: int) -> Goal:
    """Change what a goal says or serves, with a reason; it never comes to serve itself."""
    return goals.change_goal(rest.session(), rest.actor(), goal_id, **body, version=version)


@endpoints.delete("/goals/<int:goal_id>", of=show_goal)
def drop_goal(goal_id: int, version: int) -> None:
    """Take away a goal that nothing serves."""
    goals.drop_goal(rest.session(), rest.actor(), goal_id, version=version)


# Targets from before the system


@endpoints.get("/past-targets", PastTargetFilter, out=rest.page_of(PastTargetOut))
def list_past_targets(query: dict[str, Any]) -> rest.Page:
    """Targets from before the system, of those one may see: imported, and what new targets are measured by."""
    asked = {name: query[name] for name in ("number", "period")}
    found = lists.past_targets_seen(rest.session(), rest.actor(), **asked)
    kept = ("id", "period", "item", "target", "source_document", "imported_at")
    page = rest.paged(rest.session(), found, [(PastTarget.id, "desc")], query)
    return page.with_items(
        [{name: getattr(row, name) for name in kept} | {"employee": shown.person(who)} for row, who in page.items]
    )


@endpoints.post("/past-targets/import", PastTargetForm, out=PastTargetsOut, plain=True, upload=True)
def import_past_targets(form: dict[str, Any]) -> dict[str, Any]:
    """Import targets of ended periods from a CSV or XLSX file: by HR

    Columns: 工号, 期间, 指标, 目标值, 数据来源. All rows or none; with `preview` nothing is written.
    """
    if not rest.actor().holds("hr"):
        raise auth.for_others("hr")
    do = past_targets.preview_targets if form["preview"] else past_targets.import_targets
    found = do(
        rest.session(), rest.actor(), form["policy"], read(form["file"].name, form["file"].content, past_targets.COLUMNS)
    )
    kept = ("period", "item", "target", "action")
    targets = [{name: getattr(one, name) for name in kept} | {"employee": shown.person(one.employee)} for one in found.planned]
    return {"preview": form["preview"], "targets": targets, "faults": [shown.fault_out(fault) for fault in found.faults]}
