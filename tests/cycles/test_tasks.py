"""What waits for whom, in whose words, until when; and that the number of queries does not grow with the people."""

from datetime import date

import pytest
from sqlalchemy import event
from sqlmodel import Session

from appraisal import clock
from appraisal.cycles import deadlines, queries, reassigning, repinning, service
from appraisal.cycles.tasks import awaited_at, tasks_of
from appraisal.people.models import UnitHead
from tests import factories as make
from tests.cycles.people import Department


@pytest.fixture
def department(session: Session) -> Department:
    return Department(session)


def tasks(department: Department, actor, on: date = date(2026, 1, 16)) -> list[tuple[str, str | None, int, bool]]:
    with clock.at(on):
        found = tasks_of(department.session, actor)
    return [(one.kind, one.employee.name if one.employee else None, one.count, one.overdue) for one in found]


def test_every_step_but_the_last_waits_for_somebody(department: Department):
    awaited = awaited_at(queries.policy_of(department.session, department.cycle).workflow)
    assert {step: (one.action, one.by) for step, one in awaited.items()} == {
        "data_collection": ("confirm_data", {"data_provider", "hr"}),
        "self_assessment": ("submit_self_assessment", {"employee"}),
        "supervisor_review": ("submit_review", {"supervisor"}),
        "interview": ("record_interview", {"supervisor"}),
        "publication": ("close_appeals", {"hr"}),
        "approval": ("approve", {"approver"}),
    }
    assert [step for step, one in awaited.items() if one.stays] == ["approval"]


def test_ones_own_self_assessment_waits_for_oneself_and_turns_overdue_the_day_after(department: Department):
    employee = department.actor_of(department.first)
    assert tasks(department, employee) == []
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    assert tasks(department, employee, date(2026, 1, 16)) == [("submit_self_assessment", "张三", 1, False)]
    assert tasks(department, employee, date(2026, 1, 17)) == [("submit_self_assessment", "张三", 1, True)]
    assert tasks(department, department.actor_of(department.manager)) == []


def test_reviews_wait_for_the_supervisor_the_soonest_due_first(department: Department):
    department.bring(department.first, "supervisor_review", date(2026, 1, 13))
    department.bring(department.second, "supervisor_review", date(2026, 1, 9))
    manager = department.actor_of(department.manager)
    assert [name for _, name, _, _ in tasks(department, manager)] == ["李四", "张三"]
    assert tasks(department, department.actor_of(department.director)) == []


def test_what_was_given_to_another_waits_for_them(department: Department):
    department.bring(department.first, "supervisor_review", date(2026, 1, 9))
    other = make.an_employee(department.session, "周经理")
    ids = [department.appraisal(department.first).id]
    reassigning.reassign(
        department.session, department.hr, department.cycle, supervisor_id=other.id, appraisal_ids=ids, reason="出差"
    )
    assert tasks(department, department.actor_of(other)) == [("submit_review", "张三", 1, False)]
    assert tasks(department, department.actor_of(department.manager)) == []


def test_a_role_has_one_task_a_step_with_the_number_of_cases(department: Department):
    assert tasks(department, department.hr) == [("confirm_data", None, 2, False)]
    assert tasks(department, department.hr, date(2026, 4, 9)) == [("confirm_data", None, 2, True)]
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    assert tasks(department, make.an_actor(department.session, "data_provider")) == [("confirm_data", None, 1, False)]
    assert tasks(department, make.an_actor(department.session, "approver", "auditor", "payroll")) == []


def test_ones_own_case_is_nobodys_task_by_a_role(session: Session):
    department = Department(session)
    officer = make.an_employee(session, "人事专员", post=make.a_post(session), supervisor=department.manager)
    service.refresh_cycle(session, department.hr, department.cycle)
    assert tasks(department, make.an_actor(session, "hr", employee=officer)) == [("confirm_data", None, 2, False)]
    assert tasks(department, department.hr) == [("confirm_data", None, 3, False)]


def test_who_heads_the_unit_has_no_task_where_the_workflow_gives_them_none(department: Department):
    department.session.add(UnitHead(unit_id=department.unit.id, employee_id=department.director.id, from_on=date(2025, 1, 1)))
    department.bring(department.first, "supervisor_review", date(2026, 1, 9))
    assert tasks(department, department.actor_of(department.director)) == []


def test_nothing_waits_in_a_closed_cycle_or_for_who_is_not_rated(department: Department):
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    appraisal = department.appraisal(department.first)
    appraisal.rated, appraisal.not_rated_reason = False, "全期请假"
    assert tasks(department, department.actor_of(department.first)) == []
    department.appraisal(department.second).step = "archived"
    service.close_cycle(department.session, department.hr, department.cycle)
    assert tasks(department, department.hr) == []


def test_the_queries_do_not_grow_with_the_people(department: Department):
    department.bring(department.first, "supervisor_review", date(2026, 1, 9))
    manager = department.actor(department.manager, "hr")

    def counted() -> int:
        statements: list[str] = []
        bind = department.session.get_bind()

        def note(_conn, _cursor, statement, *_: object) -> None:
            statements.append(statement)

        department.session.flush()
        event.listen(bind, "before_cursor_execute", note)
        try:
            tasks_of(department.session, manager)
        finally:
            event.remove(bind, "before_cursor_execute", note)
        return len(statements)

    before = counted()
    for _ in range(5):
        person = make.an_employee(department.session, post=make.a_post(department.session), supervisor=department.manager)
        service.refresh_cycle(department.session, department.hr, department.cycle)
        department.bring(person, "supervisor_review", date(2026, 1, 9))
    assert counted() == before


def test_where_the_workflow_says_so_the_head_of_the_unit_or_of_one_above_it_acts(session: Session):
    department = Department(session)
    above = make.a_unit(session, "事业部")
    department.unit.parent_id = above.id
    session.add(UnitHead(unit_id=above.id, employee_id=department.director.id, from_on=date(2025, 1, 1)))
    files = dict(make.checked().files)
    path = "rules/trading/workflow.yaml"
    old = "{action: submit_review, from: supervisor_review, to: interview, by: [supervisor]}"
    assert old in files[path]
    files[path] = files[path].replace(old, old.replace("[supervisor]", "[unit_head]"))
    digest = make.a_published_policy(session, files=files).digest
    repinning.repin_cycle(session, department.hr, department.cycle, digest=digest, reason="改由部门负责人评估")
    department.bring(department.first, "supervisor_review", date(2026, 1, 9))
    assert tasks(department, department.actor_of(department.director)) == [("submit_review", "张三", 1, False)]
    assert tasks(department, department.actor_of(department.manager)) == []
    with clock.at(date(2026, 1, 19)):
        deadlines.run_deadlines(session, department.hr)
    assert (department.told(department.director), department.told(department.manager)) == (["overdue"], [])
    assert department.told(department.officer) == ["escalated"]
