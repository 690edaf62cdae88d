"""Endpoints of choosing items from a sheet, and of the approval of weights that leave the printed ones."""

from typing import Any

from appraisal import rest
from appraisal.agreements import approvals, choosing, lists, shown
from appraisal.agreements.choice_schemas import (
    ChoicesOut,
    JudgedOut,
    SelectionIn,
    WeightApprovalFilter,
    WeightApprovalIn,
    WeightApprovalOut,
)
from appraisal.agreements.models import WeightApproval
from appraisal.agreements.schemas import DecisionIn
from appraisal.core.selection import Chosen
from appraisal.people.models import Employee

endpoints = rest.Endpoints(
    "choices", "选项与权重 · Choosing from a sheet: what is feasible, what comes nearest, and weights that need approval"
)


@endpoints.get("/sheets/<int:sheet_id>/choices", out=ChoicesOut)
def show_choices(sheet_id: int) -> dict[str, Any]:
    """The rows of a sheet that can be agreed on, by the groups whose weights are printed, and how many of each

    A sheet whose weights are printed by dimension has no groups: its items are chosen from the library.
    """
    context, policy, post, room = choosing.choices(rest.session(), rest.actor(), sheet_id)
    return shown.choices_out(rest.session(), context, policy, post, room)


@endpoints.post("/sheets/<int:sheet_id>/selection", SelectionIn, out=JudgedOut, plain=True)
def judge_selection(body: dict[str, Any], sheet_id: int) -> dict[str, Any]:
    """Try a choice: what stands against it, the nearest ones that would do, and the even split as a preview

    Nothing is stored: what is agreed on is written to the agreement's draft.
    """
    chosen = [Chosen(item["id"], item["weight"]) for item in body["items"]]
    policy, selection, nearest = choosing.select(rest.session(), rest.actor(), sheet_id, chosen)
    return shown.judged_out(policy, selection, nearest, {one.id for one in chosen if one.weight is None})


@endpoints.get("/weight-approvals", WeightApprovalFilter, out=rest.page_of(WeightApprovalOut))
def list_weight_approvals(query: dict[str, Any]) -> rest.Page:
    """What has been asked and decided about weights that leave the printed ones, in a cycle, the latest first."""
    cycle = lists.find_cycle(rest.session(), query["cycle_id"])
    found = lists.approvals_seen(rest.session(), rest.actor(), cycle, status=query["status"])
    return rest.paged(rest.session(), found, [(WeightApproval.id, "desc")], query, row=shown.approval_out)


@endpoints.get("/weight-approvals/<int:approval_id>", out=WeightApprovalOut)
def show_weight_approval(approval_id: int) -> dict[str, Any]:
    """One of them; the weights are those of the agreement `agreement_id`, printed and agreed side by side."""
    approval, _, context = approvals.find_approval(rest.session(), rest.actor(), approval_id)
    return shown.approval_out((approval, rest.session().get_one(Employee, context.appraisal.employee_id)))


@endpoints.post("/agreements/<int:agreement_id>/weight-approvals", WeightApprovalIn, out=WeightApprovalOut, creates=True)
def ask_weight_approval(body: dict[str, Any], agreement_id: int) -> dict[str, Any]:
    """Ask for the approval of weights that leave the printed ones, exactly as they were read: by who drafts (D-09)

    Until an approver has approved them nobody can sign. A draft that changes needs another approval.
    """
    asked = approvals.ask_approval(rest.session(), rest.actor(), agreement_id, **body)
    return show_weight_approval(asked.id)


@endpoints.post("/weight-approvals/<int:approval_id>/decision", DecisionIn, out=WeightApprovalOut, of=show_weight_approval)
def decide_weight_approval(body: dict[str, Any], approval_id: int, version: int) -> dict[str, Any]:
    """Approve exactly the weights that were read, or turn them down with a reason: by an approver who is no side of it."""
    approvals.decide_approval(rest.session(), rest.actor(), approval_id, **body, version=version)
    return show_weight_approval(approval_id)
