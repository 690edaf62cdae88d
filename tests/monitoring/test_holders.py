"""Who holds the roles that a policy names: the nearest holder, the head for 主管, and the KPI managers where nobody does."""

from datetime import date

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.monitoring import holders
from appraisal.people.models import Employee, Unit
from tests import factories
from tests.monitoring.samples import TODAY

TOP, QUALITY = "最高管理者", "品质负责人"


@pytest.fixture(autouse=True)
def _published(session: Session):
    with clock.at(TODAY):
        factories.a_published_policy(session, name="kpi_sop")
        yield


def name(session: Session, who: Employee, unit: Unit | None = None, role: str = QUALITY, **days: date):
    manager = factories.an_actor(session, "kpi_manager")
    said = {"policy": "kpi_sop", "role": role, "unit_id": unit.id if unit else None, "employee_id": who.id}
    return holders.name_holder(session, manager, **said, **({"from_on": date(2026, 1, 1)} | days))


def held(session: Session, unit: Unit | None, role: str = QUALITY, day: date = TODAY) -> list[str]:
    return [one.name for one in holders.holders(session, "kpi_sop", role, unit.id if unit else None, day)]


def test_the_nearest_holder_answers(session: Session):
    company = factories.a_unit(session, "公司")
    unit, other = factories.a_unit(session, "一部", parent=company), factories.a_unit(session, "二部", parent=company)
    name(session, factories.an_employee(session, "处处"))
    assert (held(session, unit), held(session, None)) == (["处处"], ["处处"])
    name(session, factories.an_employee(session, "公司的"), company)
    name(session, factories.an_employee(session, "一部的"), unit)
    assert (held(session, unit), held(session, other), held(session, None)) == (["一部的"], ["公司的"], ["处处"])


@pytest.mark.parametrize(("day", "there"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_a_holding_lasts_to_its_last_day(session: Session, day, there):
    name(session, factories.an_employee(session, "甲"), to_on=date(2026, 3, 31))
    assert (held(session, None, day=day) == ["甲"]) == there


def test_the_head_of_the_unit_or_of_one_above_is_its_supervisor_without_being_named(session: Session):
    company = factories.a_unit(session, "公司")
    unit = factories.a_unit(session, "一部", parent=company)
    factories.a_unit_head(session, company, factories.an_employee(session, "公司负责人"))
    assert (held(session, unit, holders.HEAD), held(session, None, holders.HEAD)) == (["公司负责人"], ["公司负责人"])
    factories.a_unit_head(session, unit, factories.an_employee(session, "一部负责人"))
    assert held(session, unit, holders.HEAD) == ["一部负责人"]


def test_where_nobody_holds_a_role_the_kpi_managers_of_the_unit_do(session: Session):
    unit, other = factories.a_unit(session, "一部"), factories.a_unit(session, "二部")
    for who, where in (("一部管理员", unit), ("总管理员", None)):
        factories.an_actor(session, "kpi_manager", employee=factories.an_employee(session, who), unit=where)
    assert (held(session, unit, TOP), held(session, other, TOP), held(session, None, TOP)) == (
        *(["一部管理员", "总管理员"], ["总管理员"], ["总管理员"]),
    )
    assert holders.named(session, "kpi_sop", TOP, unit.id, TODAY) == ()


def test_a_role_that_the_policy_does_not_name_cannot_be_held(session: Session):
    with pytest.raises(Invalid) as refused:
        name(session, factories.an_employee(session, "甲"), role="厂长")
    assert refused.value.code == "unknown_role"
    assert TOP in refused.value.message.zh


def test_nobody_holds_a_role_twice_in_the_same_days(session: Session):
    who = factories.an_employee(session, "甲")
    name(session, who, to_on=date(2026, 3, 31))
    with pytest.raises(Conflict) as refused:
        name(session, who, from_on=date(2026, 3, 31))
    assert refused.value.code == "holds_already"
    name(session, who, from_on=date(2026, 4, 1))


def test_a_limited_manager_names_holders_of_their_unit_only(session: Session):
    unit = factories.a_unit(session, "一部")
    limited, who = factories.an_actor(session, "kpi_manager", unit=unit), factories.an_employee(session, "甲")
    said = {"policy": "kpi_sop", "role": TOP, "employee_id": who.id, "from_on": TODAY}
    holders.name_holder(session, limited, unit_id=unit.id, **said)
    with pytest.raises(NotAllowed):
        holders.name_holder(session, limited, unit_id=None, **said)


def test_the_end_of_a_holding_is_not_before_its_beginning(session: Session):
    manager = factories.an_actor(session, "kpi_manager")
    made = name(session, factories.an_employee(session, "甲"))
    with pytest.raises(Invalid):
        holders.end_holder(session, manager, made.id, to_on=date(2025, 12, 31))
    assert holders.end_holder(session, manager, made.id, to_on=date(2026, 1, 1)).to_on == date(2026, 1, 1)
