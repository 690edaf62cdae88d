"""Units renamed, merged, ended and headed, posts moved: what holds from then on, and that what was stays what it was."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people import auth, directory, queries, service, units
from appraisal.people.models import Unit
from tests import factories as make

ON = date(2026, 2, 15)
BEFORE = date(2026, 2, 14)
Q1 = (date(2026, 1, 1), date(2026, 3, 31))


def rename(session: Session, unit: Unit, name: str = "市场一部", from_on: date = ON, actor=None) -> Unit:
    code = f"{unit.code}-new"
    given = {"code": code, "name": name, "name_en": "Renamed", "from_on": from_on, "reason": "组织调整"}
    return units.rename_unit(session, actor or make.hr(session), unit, **given)


# Renaming


def test_a_renamed_unit_ends_and_its_successor_has_posts_units_below_and_head(session: Session):
    company = make.a_unit(session, "公司")
    sales = make.a_unit(session, "销售部", parent=company)
    team = make.a_unit(session, "一组", parent=sales)
    head = make.a_unit_head(session, sales)
    employee = make.an_employee(session, post=make.a_post(session, unit=sales))
    renamed = rename(session, sales)
    assert (sales.to_on, sales.parent_id, renamed.parent_id, renamed.was_id) == (BEFORE, renamed.id, company.id, sales.id)
    assert team.parent_id == renamed.id
    assert directory.heads_on(session, [sales.id, renamed.id], BEFORE) == {sales.id: head}
    assert directory.heads_on(session, [sales.id, renamed.id], ON) == {renamed.id: head}
    assert queries.members_on(session, renamed.id, ON) == [employee]


def test_renaming_splits_nobodys_post_and_old_days_keep_the_old_name(session: Session):
    sales = make.a_unit(session, "销售部")
    employee = make.an_employee(session, post=make.a_post(session, unit=sales))
    renamed = rename(session, sales)
    [whole] = queries.posts_held(session, [employee.id], *Q1)
    [old] = queries.posts_held(session, [employee.id], Q1[0], BEFORE)
    assert (whole.days, whole.unit_id, whole.unit_name) == (90, renamed.id, "市场一部")
    assert (old.unit_id, old.unit_name) == (sales.id, "销售部")


def test_what_was_given_for_a_unit_reaches_it_under_its_new_name(session: Session):
    sales = make.a_unit(session)
    employee = make.an_employee(session, post=make.a_post(session, unit=sales))
    limited = make.an_actor(session, "hr", unit=sales)
    assert auth.relations_to(session, limited, employee.id, ON) == {"hr"}
    renamed = rename(session, sales)
    again = auth.actor_of(session, session.get_one(make.Account, limited.account_id))
    assert auth.relations_to(session, again, employee.id, ON) == {"hr"}
    assert queries.unit_and_below(session, sales.id) == queries.unit_and_below(session, renamed.id) == {sales.id, renamed.id}


def test_a_unit_of_an_event_keeps_its_members_of_that_day(session: Session):
    sales, other = make.a_unit(session, "销售部"), make.a_unit(session, "采购部")
    employee = make.an_employee(session, post=make.a_post(session, unit=sales))
    units.merge_unit(session, make.hr(session), sales, other, from_on=ON, reason="合并")
    assert queries.members_on(session, sales.id, BEFORE) == [employee]
    assert queries.members_on(session, sales.id, ON) == []
    assert queries.members_on(session, other.id, ON) == [employee]


def test_a_unit_ends_after_its_first_day_and_once(session: Session):
    unit = make.a_unit(session)
    with pytest.raises(Invalid):
        rename(session, unit, from_on=make.FIRST_DAY)
    rename(session, unit, from_on=date(2025, 1, 2))
    with pytest.raises(Conflict) as refused:
        rename(session, unit, from_on=date(2026, 1, 1))
    assert refused.value.code == "unit_ended"


def test_the_new_code_is_a_new_one(session: Session):
    unit = make.a_unit(session)
    with pytest.raises(Conflict):
        units.rename_unit(
            session, make.hr(session), unit, code=unit.code, name="新名", name_en="New", from_on=ON, reason="组织调整"
        )


# Merging


def test_a_merged_unit_lies_below_its_successor_and_its_head_is_out_of_office(session: Session):
    sales, other = make.a_unit(session, "销售部"), make.a_unit(session, "采购部")
    make.a_unit_head(session, sales)
    chief = make.a_unit_head(session, other)
    units.merge_unit(session, make.hr(session), sales, other, from_on=ON, reason="合并")
    assert directory.heads_on(session, [sales.id, other.id], ON) == {other.id: chief}
    assert queries.unit_and_below(session, other.id) == {sales.id, other.id}
    assert queries.unit_and_below(session, sales.id) == {sales.id}


def test_a_unit_may_merge_into_one_below_it(session: Session):
    top = make.a_unit(session, "公司")
    upper = make.a_unit(session, "销售中心", parent=top)
    middle = make.a_unit(session, "华东", parent=upper)
    lower = make.a_unit(session, "上海", parent=middle)
    units.merge_unit(session, make.hr(session), upper, lower, from_on=ON, reason="压缩层级")
    assert (lower.parent_id, middle.parent_id, upper.parent_id) == (top.id, lower.id, lower.id)
    assert queries.unit_and_below(session, top.id) == {top.id, upper.id, middle.id, lower.id}


def test_the_successor_is_another_unit_that_is_there(session: Session):
    unit, gone, later = make.a_unit(session), make.a_unit(session), make.a_unit(session)
    units.end_unit(session, make.hr(session), gone, to_on=BEFORE, reason="撤销")
    later.from_on = date(2026, 2, 16)
    for into in (unit, gone, later):
        with pytest.raises(Invalid) as refused:
            units.merge_unit(session, make.hr(session), unit, into, from_on=ON, reason="合并")
        assert refused.value.code == "bad_successor"


# Ending


def test_a_unit_in_use_does_not_end(session: Session):
    upper = make.a_unit(session)
    lower = make.a_unit(session, parent=upper)
    employee = make.an_employee(session, post=make.a_post(session, unit=lower))
    for unit in (upper, lower):
        with pytest.raises(Conflict) as refused:
            units.end_unit(session, make.hr(session), unit, to_on=BEFORE, reason="撤销")
        assert refused.value.code == "unit_in_use"
    service.end_employment(session, make.hr(session), employee, left_on=ON, reason="辞职")
    with pytest.raises(Conflict):
        units.end_unit(session, make.hr(session), lower, to_on=BEFORE, reason="撤销")
    units.end_unit(session, make.hr(session), lower, to_on=ON, reason="撤销")
    with pytest.raises(Conflict):
        units.end_unit(session, make.hr(session), upper, to_on=BEFORE, reason="撤销")
    units.end_unit(session, make.hr(session), upper, to_on=ON, reason="撤销")


# The tree


def test_no_unit_lies_below_itself(session: Session):
    upper = make.a_unit(session)
    lower = make.a_unit(session, parent=upper)
    for parent in (upper, lower):
        with pytest.raises(Invalid) as refused:
            units.change_unit(session, make.hr(session), upper, name="甲", name_en="A", parent=parent)
        assert refused.value.code == "unit_loop"
    units.change_unit(session, make.hr(session), lower, name="甲", name_en="A", parent=None)
    units.change_unit(session, make.hr(session), upper, name="乙", name_en="B", parent=lower)
    assert (upper.name, upper.parent_id, upper.version) == ("乙", lower.id, 2)


def test_hr_of_a_unit_keeps_that_unit_and_those_below_only(session: Session):
    own, other = make.a_unit(session), make.a_unit(session)
    actor = make.an_actor(session, "hr", unit=own)
    fresh = {"code": "L1", "name": "下级", "name_en": "Lower", "from_on": ON}
    for parent in (None, other):
        with pytest.raises(NotAllowed):
            service.create_unit(session, actor, parent=parent, **fresh)
    lower = service.create_unit(session, actor, parent=own, **fresh)
    assert lower.parent_id == own.id
    with pytest.raises(NotAllowed):
        units.change_unit(session, actor, own, name="甲", name_en="A", parent=other)
    units.change_unit(session, actor, own, name="甲", name_en="A", parent=None)
    with pytest.raises(NotAllowed):
        units.merge_unit(session, actor, own, other, from_on=ON, reason="合并")
    with pytest.raises(NotAllowed):
        rename(session, other, actor=actor)
    with pytest.raises(NotAllowed):
        units.end_unit(session, actor, other, to_on=ON, reason="撤销")


# Heads


def test_a_new_head_follows_the_old_one(session: Session):
    unit = make.a_unit(session)
    first, second = make.a_unit_head(session, unit), make.an_employee(session, "新负责人")
    units.appoint_head(session, make.hr(session), unit, second, from_on=ON)
    assert directory.heads_on(session, [unit.id], BEFORE) == {unit.id: first}
    assert directory.heads_on(session, [unit.id], ON) == {unit.id: second}
    with pytest.raises(Conflict):
        units.appoint_head(session, make.hr(session), unit, first, from_on=ON)
    units.appoint_head(session, make.hr(session), unit, None, from_on=date(2026, 3, 1))
    assert directory.heads_on(session, [unit.id], date(2026, 3, 1)) == {}


def test_a_head_works_here_and_heads_a_unit_that_is_there(session: Session):
    unit = make.a_unit(session)
    person = make.an_employee(session, joined_on=ON, left_on=date(2026, 3, 1))
    for day in (BEFORE, date(2026, 3, 2)):
        with pytest.raises(Invalid):
            units.appoint_head(session, make.hr(session), unit, person, from_on=day)
    with pytest.raises(Invalid):
        units.appoint_head(session, make.hr(session), unit, make.an_employee(session), from_on=date(2024, 12, 31))
    units.appoint_head(session, make.hr(session), unit, person, from_on=ON)


def test_nobody_appoints_themselves_and_only_hr_appoints(session: Session):
    unit, own = make.a_unit(session), make.an_employee(session)
    with pytest.raises(NotAllowed):
        units.appoint_head(session, make.an_actor(session, "hr", employee=own), unit, own, from_on=ON)
    with pytest.raises(NotAllowed):
        units.appoint_head(session, make.an_actor(session, "admin", "approver"), unit, own, from_on=ON)


# Posts


def test_a_moved_post_takes_its_holders_along_from_that_day(session: Session):
    sales, buying = make.a_unit(session, "销售部"), make.a_unit(session, "采购部")
    post = make.a_post(session, unit=sales)
    employee = make.an_employee(session, post=post)
    head = make.an_actor(session, "employee", employee=make.a_unit_head(session, buying))
    units.move_post(session, make.hr(session), post, buying, from_on=ON, reason="调整")
    assert queries.members_on(session, sales.id, BEFORE) == queries.members_on(session, buying.id, ON) == [employee]
    assert "unit_head" not in auth.relations_to(session, head, employee.id, BEFORE)
    assert "unit_head" in auth.relations_to(session, head, employee.id, ON)
    with pytest.raises(Conflict):
        units.move_post(session, make.hr(session), post, sales, from_on=ON, reason="调整")
    units.move_post(session, make.hr(session), post, sales, from_on=date(2026, 3, 1), reason="调整")
    assert queries.members_on(session, buying.id, date(2026, 2, 28)) == [employee]
    assert queries.members_on(session, sales.id, date(2026, 3, 1)) == [employee]


def test_hr_of_a_unit_moves_no_post_out_of_it(session: Session):
    own, other = make.a_unit(session), make.a_unit(session)
    actor = make.an_actor(session, "hr", unit=own)
    mine, theirs = make.a_post(session, unit=own), make.a_post(session, unit=other)
    for post, unit in ((mine, other), (theirs, own)):
        with pytest.raises(NotAllowed):
            units.move_post(session, actor, post, unit, from_on=ON, reason="调整")
    units.change_post(session, actor, mine, title="新名", title_en="New", policy_post="marketing")
    assert (mine.title, mine.policy_post) == ("新名", "marketing")
    with pytest.raises(NotAllowed):
        units.change_post(session, actor, theirs, title="新名", title_en="New", policy_post="marketing")


def test_hr_of_a_unit_hires_into_it_and_handles_its_people_only(session: Session):
    own, other = make.a_unit(session), make.a_unit(session)
    actor = make.an_actor(session, "hr", unit=own)
    mine, theirs = make.a_post(session, unit=own), make.a_post(session, unit=other)
    new = {"name": "新人", "joined_on": ON}
    with make.clock.at(ON):
        for post in (None, theirs):
            with pytest.raises(NotAllowed):
                service.hire_employee(session, actor, number="N0", post=post, **new)
        hired = service.hire_employee(session, actor, number="N1", post=mine, **new)
        half = {"from_on": date(2026, 3, 1), "share": Decimal(50)}
        service.assign_post(session, actor, hired, mine, **half)
        with pytest.raises(NotAllowed):
            service.assign_post(session, actor, hired, theirs, from_on=date(2026, 4, 1))
