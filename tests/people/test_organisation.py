"""Hiring, placing, supervising: what the services allow and what the dated reads then say."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from appraisal import audit
from appraisal.actor import SYSTEM
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people import accounts, auth, queries, service
from appraisal.people.models import PostHolding
from tests import factories as make

Q1 = (date(2026, 1, 1), date(2026, 3, 31))


def held(session: Session, employee, span=Q1) -> list[tuple[str, str, int, Decimal]]:
    return [
        (part.from_on.isoformat(), part.to_on.isoformat(), part.days, part.share)
        for part in queries.posts_held(session, [employee.id], *span)
    ]


# Hiring


def test_a_hired_employee_is_found_by_number(session: Session):
    hired = service.hire_employee(session, make.hr(session), number="S001", name="张三", joined_on=date(2026, 1, 5))
    assert queries.employee_by_number(session, "S001") is hired


def test_only_hr_hires(session: Session):
    for actor in (make.an_actor(session, "payroll", "admin", "approver"), SYSTEM):
        with pytest.raises(NotAllowed):
            service.hire_employee(session, actor, number="S001", name="张三", joined_on=date(2026, 1, 5))


def test_a_number_is_given_once(session: Session):
    make_one = {"number": "S001", "joined_on": date(2026, 1, 5)}
    service.hire_employee(session, make.hr(session), name="张三", **make_one)
    with pytest.raises(Conflict):
        service.hire_employee(session, make.hr(session), name="李四", **make_one)


def test_probation_may_end_on_the_first_day_but_not_before(session: Session):
    first = date(2026, 1, 5)
    service.hire_employee(session, make.hr(session), number="S1", name="张三", joined_on=first, probation_until=first)
    with pytest.raises(Invalid):
        service.hire_employee(
            session, make.hr(session), number="S2", name="李四", joined_on=first, probation_until=first - timedelta(days=1)
        )


@pytest.mark.parametrize("name", ["", "   ", "张" * 81, "张\x00三", "张\n三"])
def test_a_name_that_is_none_is_refused(session: Session, name: str):
    with pytest.raises(Invalid):
        service.hire_employee(session, make.hr(session), number="S001", name=name, joined_on=date(2026, 1, 5))


def test_nobody_leaves_before_the_first_day(session: Session):
    employee = make.an_employee(session, joined_on=date(2026, 1, 5))
    with pytest.raises(Invalid):
        service.end_employment(session, make.hr(session), employee, left_on=date(2026, 1, 4), reason="辞职")
    service.end_employment(session, make.hr(session), employee, left_on=date(2026, 1, 5), reason="辞职")


# Employed in a period: a case on either side of each edge


@pytest.mark.parametrize(
    ("joined_on", "left_on", "counts"),
    [
        ("2026-03-31", None, True),
        ("2026-04-01", None, False),
        ("2025-01-01", "2026-01-01", True),
        ("2025-01-01", "2025-12-31", False),
    ],
)
def test_employed_in_a_period_means_on_at_least_one_day(session: Session, joined_on: str, left_on: str | None, counts: bool):
    employee = make.an_employee(
        session, joined_on=date.fromisoformat(joined_on), left_on=date.fromisoformat(left_on) if left_on else None
    )
    assert (employee in queries.employed_between(session, *Q1)) is counts


# Supervisors


def test_a_new_supervisor_follows_the_old_one_without_a_gap(session: Session):
    first, second = make.an_employee(session, "甲"), make.an_employee(session, "乙")
    employee = make.an_employee(session, supervisor=first)
    service.assign_supervisor(session, make.hr(session), employee, second, from_on=date(2026, 2, 15))
    assert queries.supervisor_on(session, employee.id, date(2026, 2, 14)) is first
    assert queries.supervisor_on(session, employee.id, date(2026, 2, 15)) is second
    assert queries.reports_of(session, second.id, date(2026, 2, 15)) == [employee]
    assert queries.reports_of(session, first.id, date(2026, 2, 15)) == []


def test_the_supervisors_of_many_are_read_at_once(session: Session):
    head = make.an_employee(session, "主管")
    led, alone = make.an_employee(session, supervisor=head), make.an_employee(session)
    assert queries.supervisors_on(session, [led.id, alone.id], Q1[0]) == {led.id: head}


def test_nobody_supervises_themselves(session: Session):
    employee = make.an_employee(session)
    with pytest.raises(Invalid) as refused:
        service.assign_supervisor(session, make.hr(session), employee, employee, from_on=Q1[0])
    assert refused.value.code == "reporting_loop"


def test_a_reporting_line_over_three_people_may_not_close_into_a_loop(session: Session):
    top = make.an_employee(session, "甲")
    middle = make.an_employee(session, "乙", supervisor=top)
    bottom = make.an_employee(session, "丙", supervisor=middle)
    with pytest.raises(Invalid) as refused:
        service.assign_supervisor(session, make.hr(session), top, bottom, from_on=Q1[0])
    assert refused.value.code == "reporting_loop"


def test_a_loop_that_would_only_close_later_is_refused_too(session: Session):
    one, other = make.an_employee(session, "甲"), make.an_employee(session, "乙")
    service.assign_supervisor(session, make.hr(session), one, other, from_on=date(2026, 6, 1))
    with pytest.raises(Invalid):
        service.assign_supervisor(session, make.hr(session), other, one, from_on=date(2026, 1, 1))


def test_two_may_change_places_one_after_the_other(session: Session):
    top, one, other = (make.an_employee(session, name) for name in "甲乙丙")
    service.assign_supervisor(session, make.hr(session), one, other, from_on=date(2026, 1, 1))
    service.assign_supervisor(session, make.hr(session), one, top, from_on=date(2026, 2, 1))
    service.assign_supervisor(session, make.hr(session), other, one, from_on=date(2026, 2, 1))
    assert queries.supervisor_on(session, other.id, date(2026, 2, 1)) is one


def test_a_line_may_not_begin_before_one_that_is_noted_already(session: Session):
    head, employee = make.an_employee(session, "甲"), make.an_employee(session)
    service.assign_supervisor(session, make.hr(session), employee, head, from_on=date(2026, 2, 1))
    for day in (date(2026, 2, 1), date(2026, 1, 31)):
        with pytest.raises(Conflict) as refused:
            service.assign_supervisor(session, make.hr(session), employee, head, from_on=day)
        assert refused.value.code == "already_dated"


# Posts


def test_a_transfer_splits_the_period_by_days(session: Session):
    employee = make.an_employee(session, post=make.a_post(session))
    service.assign_post(session, make.hr(session), employee, make.a_post(session, "purchasing"), from_on=date(2026, 2, 15))
    assert held(session, employee) == [
        ("2026-01-01", "2026-02-14", 45, Decimal(100)),
        ("2026-02-15", "2026-03-31", 45, Decimal(100)),
    ]


def test_a_post_held_beside_another_shares_the_person(session: Session):
    employee = make.an_employee(session)
    for code, percent in (("sales", "60"), ("marketing", "40")):
        post = make.a_post(session, code)
        service.assign_post(session, make.hr(session), employee, post, from_on=Q1[0], share=Decimal(percent), beside=True)
    assert [share for *_, share in held(session, employee)] == [Decimal(60), Decimal(40)]


def test_shares_held_at_once_may_reach_100_but_not_pass_it(session: Session):
    employee = make.an_employee(session, joined_on=date(2026, 1, 1))
    assign = {"from_on": date(2026, 1, 1), "beside": True}
    service.assign_post(session, make.hr(session), employee, make.a_post(session), share=Decimal("60"), **assign)
    service.assign_post(session, make.hr(session), employee, make.a_post(session), share=Decimal("39.99"), **assign)
    with pytest.raises(Invalid):
        service.assign_post(session, make.hr(session), employee, make.a_post(session), share=Decimal("0.02"), **assign)
    service.assign_post(session, make.hr(session), employee, make.a_post(session), share=Decimal("0.01"), **assign)


@pytest.mark.parametrize("share", ["0", "-1", "100.01"])
def test_a_share_lies_between_nothing_and_everything(session: Session, share: str):
    with pytest.raises(Invalid):
        service.assign_post(
            session, make.hr(session), make.an_employee(session), make.a_post(session), from_on=Q1[0], share=Decimal(share)
        )


def test_nobody_holds_a_post_before_joining(session: Session):
    employee = make.an_employee(session, joined_on=date(2026, 1, 5))
    with pytest.raises(Invalid):
        service.assign_post(session, make.hr(session), employee, make.a_post(session), from_on=date(2026, 1, 4))


def test_holdings_are_cut_to_employment(session: Session):
    employee = make.an_employee(session, joined_on=date(2026, 1, 5), left_on=date(2026, 1, 6), post=make.a_post(session))
    assert held(session, employee) == [("2026-01-05", "2026-01-06", 2, Decimal(100))]
    assert held(session, employee, (date(2026, 1, 7), date(2026, 1, 31))) == []


# Units


def test_the_members_of_a_unit_are_those_of_every_unit_below(session: Session):
    company = make.a_unit(session, "公司")
    sales = make.a_unit(session, "销售部", parent=company)
    team = make.a_unit(session, "一组", parent=sales)
    in_team = make.an_employee(session, post=make.a_post(session, unit=team))
    in_company = make.an_employee(session, post=make.a_post(session, unit=company))
    assert queries.members_on(session, sales.id, Q1[0]) == [in_team]
    assert queries.members_on(session, company.id, Q1[0]) == [in_team, in_company]


def test_who_has_left_or_not_yet_come_is_no_member_on_that_day(session: Session):
    unit = make.a_unit(session)
    employee = make.an_employee(
        session, joined_on=date(2026, 1, 5), left_on=date(2026, 1, 6), post=make.a_post(session, unit=unit)
    )
    days = [date(2026, 1, day) for day in (4, 5, 6, 7)]
    assert [employee in queries.members_on(session, unit.id, day) for day in days] == [False, True, True, False]


def test_unit_and_post_codes_are_given_once(session: Session):
    unit = make.a_unit(session)
    with pytest.raises(Conflict):
        service.create_unit(session, make.hr(session), code=unit.code, name="重复", name_en="Again", from_on=Q1[0])
    post = make.a_post(session, unit=unit)
    with pytest.raises(Conflict):
        service.create_post(
            session, make.hr(session), code=post.code, title="重复", title_en="Again", unit=unit, policy_post="sales"
        )


# Nobody handles their own file


def test_hr_does_not_place_move_or_end_themselves(session: Session):
    post, head = make.a_post(session), make.an_employee(session, "李主管")
    own = make.an_employee(session, "人事专员")
    actor = make.an_actor(session, "hr", employee=own)
    acts = (
        lambda who: service.assign_supervisor(session, actor, who, head, from_on=date(2026, 1, 1)),
        lambda who: service.assign_post(session, actor, who, post, from_on=date(2026, 1, 1)),
        lambda who: service.end_employment(session, actor, who, left_on=date(2026, 3, 31), reason="辞职"),
    )
    other = make.an_employee(session, "同事")
    for act in acts:
        with pytest.raises(NotAllowed) as refused:
            act(own)
        assert refused.value.code == "own_case"
        act(other)


@pytest.mark.parametrize(("day", "supervises"), [(date(2026, 3, 15), True), (date(2026, 3, 16), False)])
def test_who_has_left_supervises_nobody_from_the_day_after(session: Session, day: date, supervises: bool):
    head = make.an_employee(session, "李主管")
    led = make.an_employee(session, supervisor=head)
    service.end_employment(session, make.hr(session), head, left_on=date(2026, 3, 15), reason="辞职")
    actor = make.an_actor(session, "employee", employee=head)
    assert (queries.supervisor_on(session, led.id, day) is head) is supervises
    assert (led.id in queries.supervisors_on(session, [led.id], day)) is supervises
    assert ("supervisor" in auth.relations_to(session, actor, led.id, day)) is supervises


def test_the_same_post_is_not_held_beside_itself(session: Session):
    employee, post = make.an_employee(session), make.a_post(session)
    half = {"share": Decimal(50), "beside": True}
    service.assign_post(session, make.hr(session), employee, post, from_on=Q1[0], **half)
    with pytest.raises(Conflict):
        service.assign_post(session, make.hr(session), employee, post, from_on=Q1[1], **half)


def test_the_trail_names_the_supervisor_and_the_posts_that_ended(session: Session):
    first, second = make.an_employee(session, "旧主管"), make.an_employee(session, "新主管")
    employee = make.an_employee(session, post=make.a_post(session), supervisor=first)
    [before] = session.exec(select(PostHolding).where(PostHolding.employee_id == employee.id)).all()
    post = make.a_post(session)
    service.assign_supervisor(session, make.hr(session), employee, second, from_on=Q1[0])
    service.assign_post(session, make.hr(session), employee, post, from_on=Q1[0])
    audit.flush(session)
    written = session.exec(select(audit.AuditRecord).order_by(col(audit.AuditRecord.seq).desc()).limit(2)).all()
    placed, led = (json.loads(one.payload)["before"] for one in written)
    assert led == {"supervisor_ids": [first.id]}
    assert placed == {"ended_holdings": [before.id]}


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_end_is_noted_with_its_reason(session: Session, reason: str):
    employee, account = make.an_employee(session), make.an_account(session)
    with pytest.raises(Invalid) as refused:
        service.end_employment(session, make.hr(session), employee, left_on=date(2026, 3, 31), reason=reason)
    assert refused.value.message.zh == "原因须为 1 至 500 个可见字符"
    with pytest.raises(Invalid):
        accounts.set_disabled(session, make.an_actor(session, "admin"), account, True, reason=reason)
    assert (employee.left_on, account.disabled) == (None, False)
