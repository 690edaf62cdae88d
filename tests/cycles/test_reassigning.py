"""Giving appraisals to another supervisor: who then acts, who no longer does, who sees what, and whom nobody is given."""

from datetime import date

import pytest
from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.cycles import queries, reassigning, service
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.people.models import Delegation, Employee
from tests import factories as make
from tests.cycles.people import Department


@pytest.fixture
def department(session: Session) -> Department:
    return Department(session)


@pytest.fixture
def other(department: Department) -> Employee:
    return make.an_employee(department.session, "周经理")


def reassign(department: Department, to: Employee, *people: Employee, **how: object) -> list[tuple[str, str]]:
    values: dict[str, object] = {"reason": "李经理长期出差", "actor": department.hr} | how
    actor = values.pop("actor")
    if people:
        values["appraisal_ids"] = [department.appraisal(person).id for person in people]
    answers = reassigning.reassign(department.session, actor, department.cycle, supervisor_id=to.id, **values)
    return [(answer.name, answer.code) for answer in answers]


def relations(department: Department, who: Employee | Actor, person: Employee) -> frozenset[str]:
    actor = who if isinstance(who, Actor) else department.actor_of(who)
    return service.relations_to(department.session, actor, department.appraisal(person))[1]


def seen(department: Department, who: Employee) -> list[str]:
    rows = queries.appraisals_seen_by(department.session, department.actor_of(who), department.cycle)
    return [employee.name for _, employee in rows]


def test_the_new_one_acts_and_the_old_one_no_longer_does(department: Department, other: Employee):
    department.bring(department.first, "supervisor_review", date(2026, 4, 2))
    assert reassign(department, other, department.first) == [("张三", "done")]
    assert relations(department, other, department.first) == {"supervisor"}
    assert relations(department, department.manager, department.first) == frozenset()
    assert relations(department, department.manager, department.second) == {"supervisor"}
    assert (seen(department, other), seen(department, department.manager)) == (["张三"], ["李四"])
    appraisal = department.appraisal(department.first)
    with pytest.raises(NotFound):
        service.advance_appraisal(department.session, department.actor_of(department.manager), appraisal, "submit_review")
    assert service.advance_appraisal(department.session, department.actor_of(other), appraisal, "submit_review") == "interview"


def test_both_are_told_and_it_is_on_record_with_both(department: Department, other: Employee):
    reassign(department, other, department.first)
    assert (department.told(other), department.told(department.manager)) == (["reassigned"], ["reassigned_away"])
    assert "张三" in department.words(other)
    assert [
        one.supervisor_id for one in queries.reassignments_of(department.session, department.appraisal(department.first).id)
    ] == [other.id]
    audit.flush(department.session)
    records = department.session.exec(audit.select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()
    assert (records[-1].action, "李经理长期出差" in records[-1].payload) == ("appraisal.reassign", True)


def test_the_last_one_given_it_counts_and_it_can_be_given_back(department: Department, other: Employee):
    reassign(department, other, department.first)
    assert reassign(department, other, department.first) == [("张三", "has_it")]
    assert reassign(department, department.manager, department.first) == [("张三", "done")]
    assert relations(department, other, department.first) == frozenset()
    assert relations(department, department.manager, department.first) == {"supervisor"}
    assert (seen(department, other), seen(department, department.manager)) == ([], ["张三", "李四"])


def test_everything_one_supervisor_has_is_given_at_once(department: Department, other: Employee):
    department.appraisal(department.second).step = "archived"
    answers = reassign(department, other, from_supervisor_id=department.manager.id)
    assert answers == [("张三", "done"), ("李四", "nothing_waits")]
    held = queries.supervisors_of(department.session, department.cycle)
    assert {held[department.appraisal(one).id].name for one in (department.first, department.second)} == {"周经理", "李经理"}


def test_who_stands_in_for_the_new_one_acts_too(department: Department, other: Employee):
    stand_in = make.an_employee(department.session, "代理人")
    department.session.add(
        Delegation(
            supervisor_id=other.id, delegate_id=stand_in.id, from_on=date(2026, 4, 1), to_on=date(2026, 4, 3), reason="出差"
        )
    )
    reassign(department, other, department.first)
    for day, found in ((date(2026, 4, 3), {"supervisor"}), (date(2026, 4, 4), frozenset())):
        with clock.at(day):
            assert relations(department, stand_in, department.first) == found
            assert seen(department, stand_in) == (["张三"] if found else [])


def test_roles_stay_what_they_are(department: Department, other: Employee):
    approver = make.an_actor(department.session, "approver", employee=other)
    reassign(department, other, department.first)
    assert relations(department, approver, department.first) == {"supervisor", "approver"}
    assert relations(department, department.hr, department.first) == {"hr"}


def test_nobody_is_given_their_own_case_or_that_of_somebody_above_them(department: Department):
    below = make.an_employee(department.session, "下属", supervisor=department.first)
    assert reassign(department, department.first, department.first, department.second) == [
        ("张三", "own_case"),
        ("李四", "done"),
    ]
    assert reassign(department, below, department.first) == [("张三", "reports_to_them")]


def test_hr_does_not_reassign_their_own_case(session: Session):
    department = Department(session)
    officer = make.an_employee(session, "人事专员", post=make.a_post(session), supervisor=department.manager)
    service.refresh_cycle(session, department.hr, department.cycle)
    themselves = make.an_actor(session, "hr", employee=officer)
    assert reassign(department, department.director, officer, actor=themselves) == [("", "not_yours")]


def test_a_person_without_supervisor_is_given_one(department: Department, other: Employee):
    alone = make.an_employee(department.session, "孤身", post=make.a_post(department.session))
    service.refresh_cycle(department.session, department.hr, department.cycle)
    assert reassign(department, other, alone) == [("孤身", "done")]
    assert relations(department, other, alone) == {"supervisor"}


@pytest.mark.parametrize(
    ("how", "code"),
    [({}, "bad_reach"), ({"appraisal_ids": [1], "from_supervisor_id": 1}, "bad_reach"), ({"reason": ""}, "bad_text")],
)
def test_a_reassignment_that_makes_no_sense_is_refused(
    department: Department, other: Employee, how: dict[str, object], code: str
):
    with pytest.raises(Invalid) as refused:
        reassign(department, other, **how)
    assert refused.value.code == code


def test_who_has_left_is_given_nothing(department: Department):
    leaver = make.an_employee(department.session, "前经理", left_on=date(2026, 2, 1))
    with clock.at(date(2026, 2, 1)):
        assert reassign(department, leaver, department.first) == [("张三", "done")]
    with clock.at(date(2026, 2, 2)), pytest.raises(Invalid):
        reassign(department, leaver, department.second)


def test_only_hr_reassigns(department: Department, other: Employee):
    for who in (department.manager, department.first, other):
        with pytest.raises(NotAllowed):
            reassign(department, other, department.first, actor=department.actor_of(who))
