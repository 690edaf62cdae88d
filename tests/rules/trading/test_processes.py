"""The processes of trading hold what seed 004 prints: steps, goals, indicators, targets; what they add is marked assumed."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from appraisal.core.checks import check_book
from appraisal.core.policy.loader import PolicyBook, load_book, read_files
from appraisal.core.policy.model import Policy
from appraisal.core.policy.processes import ProcessEdition, StepIndicator
from appraisal.core.policy.show import show
from appraisal.core.policy.walk import assumptions_of

ROOT = Path(__file__).parents[3]
ORDERS, COMPLAINTS = "order_handling", "complaint_handling"
PRINTED = {
    "order_time": ("分钟", "<=", ["100"]),
    "dispatch_time": ("分钟", "<=", ["30", "15"]),
    "pick_accuracy": ("%", ">=", ["99.5"]),
    "same_day_shipping": ("%", ">=", ["95"]),
    "delivery_satisfaction": ("分", ">=", ["4.5"]),
    "return_rate": ("%", "<=", ["5"]),
    "meeting_attendance": ("%", ">=", ["80"]),
    "improvement_suggestions": ("次/人", ">=", ["2"]),
    "proposals_landed": ("个", ">=", ["1"]),
    "efficiency_gain": ("%", ">=", ["10"]),
}


@cache
def book() -> PolicyBook:
    found, problems = load_book(read_files(ROOT), "trading")
    assert found is not None, problems
    return found


def trading() -> Policy:
    return book().on(date(2026, 3, 31))


def process(name: str) -> ProcessEdition:
    (found,) = [one.edition for one in trading().processes if one.id == name]
    return found


def everything() -> dict[str, StepIndicator]:
    return {one.id: one for name in (ORDERS, COMPLAINTS) for one in process(name).indicators}


def test_there_is_nothing_to_find_fault_with() -> None:
    assert [str(one) for one in check_book(book()) if one.severity != "assumed"] == []


def test_a_process_more_makes_no_other_state_of_the_policy() -> None:
    """What changes with time is a phase of a target: appraisals keep one state, and nobody confirms their rules anew."""
    assert book().dates == (date(2026, 1, 1),)


def test_the_steps_are_those_of_the_article() -> None:
    assert [step.name.zh for step in process(COMPLAINTS).steps] == ["投诉接收", "分类", "分派", "处理", "反馈", "归档"]
    printed = [step.name.zh for step in process(ORDERS).steps if not any(one.key is None for one in step.assumed)]
    assert printed == ["订单接收", "订单分派", "仓储拣货", "物流发货", "售后跟进"]
    assert {step.key for step in process(ORDERS).steps} == {"decision", "collaboration", "risk", None}
    assert [step.adds_no_value for step in process(ORDERS).steps if step.adds_no_value] == ["waiting"]


def test_targets_operators_and_units_are_as_printed_and_there_are_no_others() -> None:
    found = {}
    for one in everything().values():
        values = [phase.value for phase in one.targets] or ([one.target] if one.target is not None else [])
        operators = {phase.operator for phase in one.targets} or {one.operator}
        if values:
            found[one.id] = (one.unit, *operators, [str(value) for value in values])
    assert found == PRINTED


def test_what_has_no_printed_target_is_only_monitored() -> None:
    without = {name for name in everything() if name not in PRINTED}
    assert {one.id for one in everything().values() if one.status == "monitor_only"} == without
    assert len(without) == 7


@pytest.mark.parametrize("name", [ORDERS, COMPLAINTS])
def test_two_or_three_indicators_are_core_and_every_one_leads_up_to_a_goal_of_the_organisation(name: str) -> None:
    edition = process(name)
    assert 2 <= sum(one.core for one in edition.indicators) <= 3
    goals = {goal.id: goal for goal in edition.goals}
    for one in edition.indicators:
        goal = goals[one.serves or ""]
        assert goal.department is not None and goals[goal.serves or ""].department is None, one.id


def test_every_indicator_has_an_owner_a_tool_and_fields_that_it_comes_from() -> None:
    for one in everything().values():
        assert one.owner and one.tool and one.sources and one.source_row and one.raw, one.id
        assert all(given.source for given in one.inputs), one.id


def test_warning_lines_lie_apart_from_targets() -> None:
    lines = {one.id: str(one.alert.value) for one in everything().values() if one.alert}
    assert lines == {"order_time": "120", "return_rate": "6"}


def test_the_goal_that_is_hard_to_quantify_has_two_of_behaviour_and_two_of_results() -> None:
    natures = [one.nature for one in process(COMPLAINTS).indicators if one.serves == "working_together"]
    assert sorted(map(str, natures)) == ["behaviour", "behaviour", "result", "result"]


def test_the_file_says_that_the_article_is_not_the_companys_own_rule() -> None:
    whole = [one.reason for one in assumptions_of(trading()) if "/processes/" in one.where.path and one.key is None]
    assert sum("004 是方法文章" in reason for reason in whole) == 2


def test_it_watches_its_processes_and_none_of_the_kpis_that_appraise_people() -> None:
    assert trading().watched.keys() == everything().keys()
    assert not everything().keys() & {one.indicator.id for one in trading().library}


def test_it_shows_its_processes_beside_what_it_always_showed() -> None:
    shown = show(trading())
    assert [one["id"] for one in shown["processes"]] == [COMPLAINTS, ORDERS]
    assert (shown["purpose"], shown["effective"], len(shown["indicators"]), len(shown["posts"])) == (
        "appraisal",
        "2026-01-01",
        31,
        5,
    )
    assert set(shown["indicators"][0]) == {
        *("id", "name", "dimension", "kind", "source_row", "raw", "restored", "uncertain", "definition", "success_factor"),
        *("unit", "direction", "formula", "inputs", "zero_denominator", "sources", "applies_to", "target", "operator"),
        *("cadence", "status"),
    }
