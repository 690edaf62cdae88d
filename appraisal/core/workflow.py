"""The appraisal's steps as the policy declares them: who may move a case, from where to where, or why not.

Roles here are relations to the case: `employee` is the person appraised, `supervisor` the one in charge of them.
"""

from collections.abc import Collection
from typing import Final

from appraisal.core.errors import WorkflowRefusal
from appraisal.core.policy.model import Approver, Move, Step, Text, WorkflowEdition

CLOSING: Final = "close_unsubmitted"
"""The action by which HR ends a step that nobody handed in by its deadline (D-17)."""
REOPENING: Final = "reopen"
"""The one action that may lead out of a final step: 复核 (D-19)."""
ONE_APPROVAL: Final = (Approver(id="approval", name=Text("审批", "Approval"), by="approver"),)
"""The chain of a policy that declares none."""


def first_step(workflow: WorkflowEdition) -> Step:
    """Where a new appraisal begins: the first step in file order."""
    return workflow.steps[0]


def find_step(workflow: WorkflowEdition, step: str) -> Step:
    """The step of that id. Raises WorkflowRefusal `unknown_step`."""
    for candidate in workflow.steps:
        if candidate.id == step:
            return candidate
    known = ", ".join(candidate.id for candidate in workflow.steps)
    raise WorkflowRefusal("unknown_step", f"流程中没有步骤 {step}; 有: {known}", f"no step {step}; the workflow has: {known}")


def approvals_of(workflow: WorkflowEdition) -> tuple[Approver, ...]:
    """The approvals a result needs, in the order they are given (D-18)."""
    return workflow.approvals or ONE_APPROVAL


def moves_from(workflow: WorkflowEdition, step: str, roles: Collection[str]) -> tuple[Move, ...]:
    """The moves these roles may make from a step, in file order: what a page offers as buttons."""
    return tuple(move for move in workflow.moves if move.from_ == step and not set(move.by).isdisjoint(roles))


def next_step(workflow: WorkflowEdition, step: str, action: str, roles: Collection[str]) -> str:
    """The step that `action` leads to, for somebody with these roles towards the case (R-002-35: steps are ordered).

    Raises WorkflowRefusal: `unknown_step`, `wrong_step` (no such action here) or `not_your_step` (another role's action).
    """
    here = find_step(workflow, step)
    moves = [move for move in workflow.moves if move.from_ == step and move.action == action]
    if not moves:
        possible = ", ".join(dict.fromkeys(move.action for move in workflow.moves if move.from_ == step)) or "-"
        raise WorkflowRefusal(
            "wrong_step",
            f"当前步骤是“{here.name.zh}”, 不能执行 {action}; 可执行: {possible}",
            f"at the step {here.name.en!r} there is no action {action}; possible are: {possible}",
        )
    for move in moves:
        if not set(move.by).isdisjoint(roles):
            return move.to
    allowed = ", ".join(dict.fromkeys(role for move in moves for role in move.by))
    raise WorkflowRefusal(
        "not_your_step",
        f"步骤“{here.name.zh}”的 {action} 由 {allowed} 办理",
        f"{action} at the step {here.name.en!r} is for {allowed}",
    )
