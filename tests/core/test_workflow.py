"""The workflow as data: which moves are allowed, to whom, and what a refusal says."""

from dataclasses import replace
from datetime import date

import pytest

from appraisal.core.errors import WorkflowRefusal
from appraisal.core.policy.model import AppealRule, Approver, Move, Step, Text, WorkflowEdition
from appraisal.core.workflow import approvals_of, first_step, moves_from, next_step


def step(id: str, zh: str, en: str, *actors: str) -> Step:
    return Step(id=id, name=Text(zh, en), actors=actors, days=5)  # type: ignore[arg-type]


def move(action: str, from_: str, to: str, *by: str) -> Move:
    return Move(action=action, from_=from_, to=to, by=by)  # type: ignore[arg-type]


WORKFLOW = WorkflowEdition(
    effective=date(2026, 1, 1),
    steps=(
        step("self_assessment", "自我评估", "Self-assessment", "employee"),
        step("review", "上级评估", "Supervisor review", "supervisor"),
        step("archived", "归档", "Archived", "hr"),
    ),
    moves=(
        move("submit", "self_assessment", "review", "employee"),
        move("submit", "review", "archived", "supervisor"),
        move("return", "review", "self_assessment", "supervisor", "hr"),
    ),
    appeal=AppealRule(window_days=5, accept_days=3, decide_days=15),
)


def refusal(*arguments: object) -> WorkflowRefusal:
    with pytest.raises(WorkflowRefusal) as refused:
        next_step(WORKFLOW, *arguments)  # type: ignore[arg-type]
    return refused.value


def test_an_appraisal_begins_at_the_first_step_of_the_file():
    assert first_step(WORKFLOW).id == "self_assessment"


def test_the_employee_moves_the_self_assessment_on():
    assert next_step(WORKFLOW, "self_assessment", "submit", {"employee"}) == "review"


def test_the_same_action_leads_elsewhere_from_another_step():
    assert next_step(WORKFLOW, "review", "submit", {"supervisor"}) == "archived"


def test_one_of_several_roles_is_enough():
    assert next_step(WORKFLOW, "review", "return", {"employee", "hr"}) == "self_assessment"


def test_another_role_is_refused_and_told_whose_move_it_is():
    refused = refusal("review", "submit", {"employee", "hr"})
    assert refused.code == "not_your_step"
    assert "supervisor" in str(refused)
    assert "上级评估" in refused.message.zh


def test_an_action_of_a_later_step_is_refused_and_the_possible_ones_are_named():
    refused = refusal("self_assessment", "return", {"hr"})
    assert refused.code == "wrong_step"
    assert "submit" in str(refused)
    assert "自我评估" in refused.message.zh


def test_nothing_leads_out_of_the_last_step():
    assert refusal("archived", "submit", {"hr", "supervisor"}).code == "wrong_step"


def test_a_step_the_workflow_does_not_know_is_refused():
    assert refusal("lunch", "submit", {"hr"}).code == "unknown_step"


def test_nobody_without_a_role_may_move_anything():
    assert refusal("self_assessment", "submit", frozenset()).code == "not_your_step"


def test_a_page_offers_only_the_moves_of_the_reader():
    assert [m.action for m in moves_from(WORKFLOW, "review", {"hr"})] == ["return"]
    assert [m.action for m in moves_from(WORKFLOW, "review", {"supervisor"})] == ["submit", "return"]
    assert moves_from(WORKFLOW, "review", {"employee"}) == ()


def test_without_a_chain_one_approval_by_the_approver_is_needed():
    assert [(link.id, link.by) for link in approvals_of(WORKFLOW)] == [("approval", "approver")]


def test_a_declared_chain_is_followed_in_its_order():
    chain = tuple(Approver(id=id, name=Text(id, id), by=by) for id, by in (("first", "unit_head"), ("second", "approver")))
    assert approvals_of(replace(WORKFLOW, approvals=chain)) == chain
