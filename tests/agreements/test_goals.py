"""Goals from the company down to the person: who sets them, what they serve, and that nothing serves itself."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements import goals, queries, service
from appraisal.agreements.models import Goal
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Unit, UnitHead
from tests import factories
from tests.agreements.samples import SALES, a_quarter, sign


@pytest.fixture
def division(session: Session) -> Unit:
    return factories.a_unit(session, "营销中心")


@pytest.fixture
def unit(session: Session, division: Unit) -> Unit:
    return factories.a_unit(session, parent=division)


@pytest.fixture
def top(session: Session) -> Goal:
    return goals.set_goal(session, factories.hr(session), period="2026", name="销售额增长 20%", target=D(20), measured_in="%")


def below(session: Session, unit: Unit, parent: Goal | None, period: str = "2026", actor: Actor | None = None) -> Goal:
    above = parent.id if parent else None
    by = actor or factories.hr(session)
    return goals.set_goal(session, by, period=period, name="线索转化率提高", unit_id=unit.id, parent_id=above)


def head_of(session: Session, unit: Unit) -> Actor:
    head = factories.an_employee(session, "赵部长")
    session.add(UnitHead(unit_id=unit.id, employee_id=head.id, from_on=date(2025, 1, 1)))
    session.flush()
    return factories.an_actor(session, "employee", employee=head)


def refused(code: str) -> object:
    return pytest.raises(Invalid, check=lambda refusal: refusal.code == code)


def test_a_units_goal_serves_one_above_it(session: Session, division: Unit, unit: Unit, top: Goal):
    middle = below(session, division, top)
    lowest = below(session, unit, middle, "2026-Q1")
    assert (lowest.parent_id, middle.parent_id, top.parent_id) == (middle.id, top.id, None)
    with refused("parent_needed"):
        below(session, unit, None)


def test_the_goal_above_covers_the_whole_period(session: Session, unit: Unit, top: Goal):
    below(session, unit, top, "2026-12")
    with refused("bad_parent"):
        below(session, unit, top, "2025-12")
    with refused("bad_parent"):
        below(session, unit, below(session, unit, top, "2026-Q1"), "2026-Q2")


def test_a_goal_does_not_serve_one_of_a_unit_beside_or_below(session: Session, division: Unit, unit: Unit, top: Goal):
    lower = below(session, unit, top)
    with refused("bad_parent"):
        below(session, division, lower)
    with refused("bad_parent"):
        below(session, factories.a_unit(session, "采购部", parent=division), lower)
    with refused("bad_parent"):
        goals.set_goal(session, factories.hr(session), period="2026", name="公司目标", parent_id=lower.id)


def test_no_goal_comes_to_serve_itself(session: Session, unit: Unit, top: Goal):
    first = below(session, unit, top)
    second = below(session, unit, first)
    third = below(session, unit, second)
    change = {"name": first.name, "reason": "调整分解关系"}
    for loop in (first, second, third):
        with refused("goal_loop"):
            goals.change_goal(session, factories.hr(session), first.id, parent_id=loop.id, **change)
    goals.change_goal(session, factories.hr(session), third.id, parent_id=first.id, **change)


def test_hr_sets_the_companys_goals_and_the_head_those_of_the_unit_and_below(
    session: Session, division: Unit, unit: Unit, top: Goal
):
    head = head_of(session, division)
    below(session, unit, below(session, division, top, actor=head), actor=head)
    with pytest.raises(NotAllowed):
        goals.set_goal(session, head, period="2026", name="公司目标")
    with pytest.raises(NotAllowed):
        below(session, factories.a_unit(session, "采购部"), top, actor=head)
    with pytest.raises(NotAllowed):
        below(session, division, top, actor=head_of(session, unit))


def test_who_no_longer_heads_the_unit_sets_nothing(session: Session, unit: Unit, top: Goal):
    former = factories.an_employee(session, "前部长")
    session.add(UnitHead(unit_id=unit.id, employee_id=former.id, from_on=date(2025, 1, 1), to_on=date(2025, 12, 31)))
    session.flush()
    with pytest.raises(NotAllowed):
        below(session, unit, top, actor=factories.an_actor(session, "employee", employee=former))


def test_hr_of_one_unit_sets_no_goals_elsewhere(session: Session, division: Unit, unit: Unit, top: Goal):
    limited = replace(factories.an_actor(session, "hr"), limits=frozenset({("hr", unit.id)}))
    below(session, unit, top, actor=limited)
    with pytest.raises(NotAllowed):
        below(session, division, top, actor=limited)
    with pytest.raises(NotAllowed):
        goals.set_goal(session, limited, period="2026", name="公司目标")


def test_goals_are_told_to_those_who_work_here(session: Session, top: Goal):
    colleague = factories.an_actor(session, "employee", employee=factories.an_employee(session))
    assert goals.find_goal(session, colleague, top.id) is top
    with pytest.raises(NotFound):
        goals.find_goal(session, factories.an_actor(session, "admin"), top.id)


def test_a_goal_that_anything_serves_stays(session: Session, unit: Unit, top: Goal):
    lower = below(session, unit, top)
    with pytest.raises(Conflict) as conflict:
        goals.drop_goal(session, factories.hr(session), top.id)
    assert conflict.value.code == "goal_in_use"
    goals.drop_goal(session, factories.hr(session), lower.id)
    goals.drop_goal(session, factories.hr(session), top.id)
    with pytest.raises(NotFound):
        goals.find_goal(session, factories.hr(session), top.id)


def test_the_second_editor_of_one_version_is_refused(session: Session, top: Goal):
    seen = top.version
    change = {"name": "销售额增长 25%", "target": D(25), "reason": "上调"}
    goals.change_goal(session, factories.hr(session), top.id, version=seen, **change)
    with pytest.raises(Conflict) as conflict:
        goals.change_goal(session, factories.hr(session), top.id, version=seen, **change)
    assert conflict.value.code == "stale_version"


def test_items_serve_goals_of_the_company_or_the_units_above(session: Session, top: Goal):
    quarter = a_quarter(session)
    own_unit = session.get_one(Unit, quarter.sheet.unit_id)
    own = below(session, own_unit, top, "2026-Q1")
    foreign = below(session, factories.a_unit(session, "采购部"), top)
    later = below(session, own_unit, top, "2026-Q2")
    drafted = service.draft_agreement(session, quarter.own, quarter.sheet.id)
    for wrong in (foreign, later):
        with pytest.raises(Invalid) as refusal:
            service.set_items(session, quarter.own, drafted.id, (replace(SALES[0], goal_id=wrong.id), *SALES[1:]))
        assert [fault.path for fault in refusal.value.faults] == ["items[0].goal_id"]
    linked = (replace(SALES[0], goal_id=own.id), replace(SALES[1], goal_id=top.id), SALES[2])
    warnings = service.set_items(session, quarter.own, drafted.id, linked)
    assert [(one.code, one.path) for one in warnings] == [("goal_link_missing", "items[2].goal_id")]
    assert queries.drafts_of(session, drafted.id)[0].goal_id == own.id
    with pytest.raises(Conflict):
        goals.drop_goal(session, factories.hr(session), own.id)


def test_last_years_agreement_is_what_new_targets_are_measured_by(session: Session):
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    sign(a_quarter(session, employee, cycle=factories.an_open_cycle(session, period="2026-Q1")))
    harder = (replace(SALES[0], target=D(110)), *SALES[1:])
    sign(a_quarter(session, employee, cycle=factories.an_open_cycle(session, period="2026-Q4")), harder)
    quarter = a_quarter(session, employee, cycle=factories.an_open_cycle(session, period="2027-Q1"))
    drafted = service.draft_agreement(session, quarter.own, quarter.sheet.id)
    easier = (replace(SALES[0], target=D("99.9")), *SALES[1:])
    assert [one.code for one in service.set_items(session, quarter.own, drafted.id, easier)] == ["target_easier"]
    assert service.set_items(session, quarter.own, drafted.id, SALES) == ()
