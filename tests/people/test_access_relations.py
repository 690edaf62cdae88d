"""Who is what to whom: unit heads, delegations, roles limited to units; lists and single rows decided alike."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.cycles import queries as cycles
from appraisal.errors import NotAllowed, NotFound
from appraisal.people import auth, service
from appraisal.people.models import AccountRole, Delegation, Employee, PostPlace, Unit, UnitHead
from tests import factories as make

DAY = date(2026, 4, 1)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
ALL = ("employee", *auth.RELATIONS)


def relations(session: Session, actor: Actor, employee: Employee, on: date = DAY) -> frozenset[str]:
    return auth.relations_to(session, actor, employee.id, on)


def seen(session: Session, actor: Actor, roles: tuple[str, ...] = ALL, on: date = DAY) -> set[str]:
    return set(session.exec(select(Employee.name).where(auth.seen_employees(session, actor, on, roles))))


def a_head(session: Session, unit: Unit, *, from_on: date = make.FIRST_DAY, to_on: date | None = None) -> Actor:
    head = make.an_employee(session, "部门经理")
    session.add(UnitHead(unit_id=unit.id, employee_id=head.id, from_on=from_on, to_on=to_on))
    session.flush()
    return make.an_actor(session, "employee", employee=head)


def someone_in(session: Session, unit: Unit, name: str = "张三", **more: object) -> Employee:
    return make.an_employee(session, name, post=make.a_post(session, unit=unit), **more)


# Heads of units


def test_the_head_of_a_unit_is_that_to_whoever_works_in_it_or_below(session: Session):
    company = make.a_unit(session, "公司")
    division = make.a_unit(session, "事业部", parent=company)
    team = make.a_unit(session, "班组", parent=division)
    head = a_head(session, division)
    assert relations(session, head, someone_in(session, division)) == {"unit_head"}
    assert relations(session, head, someone_in(session, team)) == {"unit_head"}
    assert relations(session, head, someone_in(session, company)) == frozenset()


@pytest.mark.parametrize(
    ("from_on", "to_on", "counts"),
    [(DAY, DAY, True), (TOMORROW, None, False), (make.FIRST_DAY, YESTERDAY, False), (make.FIRST_DAY, None, True)],
)
def test_a_unit_is_headed_from_the_first_day_to_the_last(session: Session, from_on: date, to_on: date | None, counts: bool):
    unit = make.a_unit(session)
    head = a_head(session, unit, from_on=from_on, to_on=to_on)
    assert relations(session, head, someone_in(session, unit)) == (frozenset({"unit_head"}) if counts else frozenset())


@pytest.mark.parametrize(("left_on", "counts"), [(DAY, True), (YESTERDAY, False)])
def test_a_head_who_has_left_heads_nothing(session: Session, left_on: date, counts: bool):
    unit = make.a_unit(session)
    head = a_head(session, unit)
    employee = someone_in(session, unit)
    service.end_employment(
        session, make.hr(session), session.get_one(Employee, head.employee_id), left_on=left_on, reason="辞职"
    )
    assert ("unit_head" in relations(session, head, employee)) is counts


def test_the_unit_of_a_moved_post_is_the_one_it_was_in_that_day(session: Session):
    old, new = make.a_unit(session, "旧部门"), make.a_unit(session, "新部门")
    post = make.a_post(session, unit=new)
    session.add(PostPlace(post_id=post.id, unit_id=old.id, to_on=DAY))
    session.flush()
    employee = make.an_employee(session, post=post)
    before, after = a_head(session, old), a_head(session, new)
    assert (relations(session, before, employee), relations(session, after, employee)) == ({"unit_head"}, frozenset())
    assert relations(session, before, employee, TOMORROW) == frozenset()
    assert relations(session, after, employee, TOMORROW) == {"unit_head"}


def test_a_head_is_nothing_but_the_employee_to_themselves(session: Session):
    unit = make.a_unit(session)
    head = a_head(session, unit)
    own = session.get_one(Employee, head.employee_id)
    service.assign_post(session, make.hr(session), own, make.a_post(session, unit=unit), from_on=make.FIRST_DAY)
    assert relations(session, head, own) == {"employee"}


# Delegation


@pytest.mark.parametrize(
    ("today", "counts"), [(YESTERDAY, False), (DAY, True), (TOMORROW, True), (TOMORROW + timedelta(days=1), False)]
)
def test_a_delegate_is_the_supervisor_during_the_absence_whatever_day_the_case_is_of(
    session: Session, today: date, counts: bool
):
    absent, stand_in = make.an_employee(session, "主管"), make.an_employee(session, "代理")
    employee = make.an_employee(session, supervisor=absent)
    row = Delegation(supervisor_id=absent.id, delegate_id=stand_in.id, from_on=DAY, to_on=TOMORROW, reason="休假")
    session.add(row)
    session.flush()
    actor = make.an_actor(session, "employee", employee=stand_in)
    with clock.at(today):
        assert relations(session, actor, employee, date(2026, 3, 31)) == (frozenset({"supervisor"}) if counts else frozenset())


def test_a_delegate_does_not_supervise_themselves_nor_the_absent_one(session: Session):
    absent = make.an_employee(session, "主管", supervisor=make.an_employee(session, "总经理"))
    stand_in = make.an_employee(session, "代理", supervisor=absent)
    session.add(Delegation(supervisor_id=absent.id, delegate_id=stand_in.id, from_on=DAY, to_on=DAY, reason="休假"))
    session.flush()
    actor = make.an_actor(session, "employee", employee=stand_in)
    with clock.at(DAY):
        assert relations(session, actor, stand_in) == {"employee"}
        assert relations(session, actor, absent) == frozenset()


def test_nothing_is_delegated_by_or_to_somebody_who_has_left(session: Session):
    absent, stand_in = make.an_employee(session, "主管"), make.an_employee(session, "代理", left_on=YESTERDAY)
    gone, present = make.an_employee(session, "前主管", left_on=YESTERDAY), make.an_employee(session, "代理二")
    cases = []
    for supervisor, delegate in ((absent, stand_in), (gone, present)):
        cases.append((delegate, make.an_employee(session, supervisor=supervisor)))
        session.add(Delegation(supervisor_id=supervisor.id, delegate_id=delegate.id, from_on=DAY, to_on=DAY, reason="休假"))
    session.flush()
    with clock.at(DAY):
        for delegate, employee in cases:
            assert relations(session, make.an_actor(session, "employee", employee=delegate), employee) == frozenset()


# Roles limited to units (D-23)


@pytest.mark.parametrize("role", ["hr", "payroll"])
def test_a_role_limited_to_a_unit_counts_there_and_below_only(session: Session, role: str):
    company = make.a_unit(session, "公司")
    plant = make.a_unit(session, "工厂", parent=company)
    line = make.a_unit(session, "产线", parent=plant)
    actor = make.an_actor(session, role, unit=plant)
    assert relations(session, actor, someone_in(session, plant)) == {role}
    assert relations(session, actor, someone_in(session, line)) == {role}
    assert relations(session, actor, someone_in(session, company)) == frozenset()
    assert relations(session, actor, make.an_employee(session, "没有岗位")) == frozenset()
    outside = someone_in(session, company)
    with pytest.raises(NotFound):
        auth.require_relation(session, actor, outside.id, DAY, role)


def test_two_roles_of_one_account_have_limits_of_their_own(session: Session):
    here, there = make.a_unit(session, "甲"), make.a_unit(session, "乙")
    account = make.an_account(session, "hr", unit=here)
    session.add_all(AccountRole(account_id=account.id, role=role, unit_id=there.id) for role in ("payroll", "hr"))
    session.add(AccountRole(account_id=account.id, role="auditor"))
    session.flush()
    actor = auth.actor_of(session, account)
    assert relations(session, actor, someone_in(session, here)) == {"hr", "auditor"}
    assert relations(session, actor, someone_in(session, there)) == {"hr", "payroll", "auditor"}


def test_a_role_held_everywhere_is_not_narrowed_by_one_unit(session: Session):
    account = make.an_account(session, "hr")
    session.add(AccountRole(account_id=account.id, role="hr", unit_id=make.a_unit(session).id))
    session.flush()
    assert relations(session, auth.actor_of(session, account), make.an_employee(session)) == {"hr"}


@pytest.mark.parametrize(("moved_on", "counts"), [(DAY, False), (TOMORROW, True)])
def test_the_limit_asks_where_the_person_works_on_that_day(session: Session, moved_on: date, counts: bool):
    here, there = make.a_unit(session, "甲"), make.a_unit(session, "乙")
    employee = someone_in(session, here)
    service.assign_post(session, make.hr(session), employee, make.a_post(session, unit=there), from_on=moved_on)
    assert ("hr" in relations(session, make.an_actor(session, "hr", unit=here), employee)) is counts


def test_of_somebody_who_has_left_the_last_day_of_work_counts(session: Session):
    here, there = make.a_unit(session, "甲"), make.a_unit(session, "乙")
    boss = make.an_employee(session, "主管")
    employee = someone_in(session, here, left_on=YESTERDAY, supervisor=boss)
    later = date(2027, 1, 1)
    assert relations(session, make.an_actor(session, "hr", unit=here), employee, later) == {"hr"}
    assert relations(session, make.an_actor(session, "hr", unit=there), employee, later) == frozenset()
    assert relations(session, make.an_actor(session, employee=boss), employee, later) == {"supervisor"}


def test_what_is_for_the_whole_company_is_not_for_a_limited_role(session: Session):
    company = make.a_unit(session, "公司")
    plant = make.a_unit(session, "工厂", parent=company)
    line = make.a_unit(session, "产线", parent=plant)
    limited = make.an_actor(session, "hr", unit=plant)
    auth.require_role(limited, "hr", unit=plant.id)
    auth.require_role(limited, "hr", unit=line.id)
    for unit in (company.id, None):
        with pytest.raises(NotAllowed):
            auth.require_role(limited, "hr", unit=unit)
    auth.require_role(make.hr(session), "hr", unit=plant.id)
    assert limited.holds("hr") and not limited.has("hr") and not limited.holds("payroll")


# Nobody handles their own case; an administrator handles none


@pytest.mark.parametrize("role", sorted(auth.relations.CASE_ROLES))
def test_no_role_counts_towards_ones_own_case(session: Session, role: str):
    unit = make.a_unit(session)
    own = someone_in(session, unit)
    actor = make.an_actor(session, role, employee=own, unit=unit)
    assert relations(session, actor, own) == {"employee"}
    assert seen(session, actor, (role,)) & {"张三"} == set()


def test_an_administrator_is_nothing_to_anybody(session: Session):
    actor = make.an_actor(session, "admin", "employee")
    employee = make.an_employee(session)
    assert relations(session, actor, employee) == frozenset()
    assert seen(session, actor) == set()
    with pytest.raises(NotAllowed):
        auth.require_role(actor, "payroll", "hr")


def test_the_system_is_nothing_to_anybody(session: Session):
    assert relations(session, SYSTEM, make.an_employee(session)) == frozenset()
    assert seen(session, SYSTEM) == set()


def test_nobody_is_anything_to_somebody_who_does_not_exist(session: Session):
    assert auth.relations_to(session, make.hr(session), 2**31 - 1, DAY) == frozenset()


# Lists and single rows


def test_a_list_shows_exactly_those_to_whom_the_actor_is_something(session: Session):
    company = make.a_unit(session, "公司")
    plant = make.a_unit(session, "工厂", parent=company)
    line = make.a_unit(session, "产线", parent=plant)
    chief = someone_in(session, company, "一")
    manager = someone_in(session, plant, "二", supervisor=chief)
    people = [
        chief,
        manager,
        someone_in(session, line, "三", supervisor=manager),
        someone_in(session, line, "四", supervisor=manager, left_on=YESTERDAY),
        someone_in(session, plant, "五", supervisor=chief),
        make.an_employee(session, "六", supervisor=chief),
    ]
    session.add(UnitHead(unit_id=plant.id, employee_id=people[4].id, from_on=make.FIRST_DAY))
    session.add(Delegation(supervisor_id=chief.id, delegate_id=people[2].id, from_on=DAY, to_on=DAY, reason="休假"))
    session.flush()
    actors = [make.an_actor(session, "employee", employee=one) for one in people]
    actors += [make.an_actor(session, role) for role in ("hr", "payroll", "auditor", "approver", "data_provider", "admin")]
    actors += [make.an_actor(session, role, unit=unit) for role in ("hr", "payroll") for unit in (company, plant, line)]
    wanted = [("employee",), ("supervisor",), ("unit_head",), ("hr", "supervisor"), ("payroll",), ALL]
    with clock.at(DAY):
        for actor in actors:
            for on in (YESTERDAY, DAY, TOMORROW):
                told = {one.name: relations(session, actor, one, on) for one in people}
                for roles in wanted:
                    listed = seen(session, actor, roles, on)
                    assert listed & told.keys() == {name for name, own in told.items() if own & set(roles)}


def test_a_list_of_appraisals_holds_what_a_limited_role_and_a_head_may_open(session: Session):
    company = make.a_unit(session, "公司")
    plant = make.a_unit(session, "工厂", parent=company)
    boss = make.an_employee(session, "主管")
    someone_in(session, company, "总部员工", supervisor=boss)
    someone_in(session, plant, "工厂员工", supervisor=boss)
    limited, head, stranger = (
        make.an_actor(session, "hr", unit=plant),
        a_head(session, plant),
        make.an_actor(session, "hr", unit=make.a_unit(session)),
    )
    cycle = make.an_open_cycle(session)

    def listed(actor: Actor) -> list[str]:
        return [employee.name for _, employee in cycles.appraisals_seen_by(session, actor, cycle)]

    with clock.at(DAY):
        assert listed(limited) == listed(head) == ["工厂员工"]
        assert listed(stranger) == []
        assert listed(make.hr(session)) == ["总部员工", "工厂员工"]
