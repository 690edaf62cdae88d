"""Leave, delegation and clerks: on either side of each day and each rule."""

from datetime import date

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock, files
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people import absence, auth, clerks, queries, service
from appraisal.people.models import Clerk
from tests import factories as make

Q1 = (date(2026, 1, 1), date(2026, 3, 31))
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def today():
    with clock.at(TODAY):
        yield


# Leave


def test_neutral_leave_is_counted_by_days_within_period_and_employment(session: Session):
    one = make.an_employee(session, joined_on=date(2025, 12, 30), left_on=date(2026, 3, 30))
    other, none = make.an_employee(session), make.an_employee(session)
    make.a_leave(session, one, date(2025, 12, 31), date(2026, 1, 2))
    make.a_leave(session, one, date(2026, 3, 29), date(2026, 4, 5))
    make.a_leave(session, other, date(2026, 1, 5), date(2026, 1, 5), kind="maternity")
    make.a_leave(session, other, date(2026, 1, 6), date(2026, 1, 9), neutral=False)
    assert queries.leave_days(session, [one.id, other.id, none.id], *Q1) == {one.id: 4, other.id: 1}
    assert queries.leave_days(session, None, *Q1) == {one.id: 4, other.id: 1}
    assert queries.leave_days(session, [none.id], *Q1) == {}


@pytest.mark.parametrize(("day", "away"), [(4, 0), (5, 1), (6, 1), (7, 0)])
def test_the_first_and_the_last_day_of_leave_count(session: Session, day: int, away: int):
    employee = make.an_employee(session)
    make.a_leave(session, employee, date(2026, 1, 5), date(2026, 1, 6))
    asked = date(2026, 1, day)
    assert queries.leave_days(session, [employee.id], asked, asked).get(employee.id, 0) == away


def test_leave_does_not_overlap_and_does_not_begin_before_work(session: Session):
    employee = make.an_employee(session, joined_on=date(2026, 1, 5))
    make.a_leave(session, employee, date(2026, 1, 5), date(2026, 1, 6))
    with pytest.raises(Conflict):
        make.a_leave(session, employee, date(2026, 1, 6), date(2026, 1, 7))
    make.a_leave(session, employee, date(2026, 1, 7), date(2026, 1, 7))
    for first, last in ((date(2026, 1, 4), date(2026, 1, 4)), (date(2026, 2, 2), date(2026, 2, 1))):
        with pytest.raises(Invalid):
            make.a_leave(session, employee, first, last)
    with pytest.raises(Invalid) as refused:
        make.a_leave(session, employee, date(2026, 2, 1), date(2026, 2, 1), kind="holiday")
    assert refused.value.code == "bad_kind"


def test_leave_is_corrected_and_taken_back(session: Session):
    employee = make.an_employee(session)
    leave = make.a_leave(session, employee, date(2026, 1, 5), date(2026, 1, 9))
    make.a_leave(session, employee, date(2026, 1, 12), date(2026, 1, 13))
    given = {"kind": "sick", "from_on": date(2026, 1, 5), "neutral": True, "note": "住院"}
    with pytest.raises(Conflict):
        absence.change_leave(session, make.hr(session), leave, to_on=date(2026, 1, 12), **given)
    absence.change_leave(session, make.hr(session), leave, to_on=date(2026, 1, 11), **given)
    assert queries.leave_days(session, [employee.id], *Q1) == {employee.id: 9}
    with pytest.raises(Conflict):
        absence.cancel_leave(session, make.hr(session), leave, version=1)
    absence.cancel_leave(session, make.hr(session), leave, version=leave.version)
    assert queries.leave_days(session, [employee.id], *Q1) == {employee.id: 2}


def test_leave_is_noted_by_hr_of_that_person_and_never_for_oneself(session: Session):
    unit = make.a_unit(session)
    employee = make.an_employee(session, post=make.a_post(session, unit=unit))
    span = {"kind": "annual", "from_on": TODAY, "to_on": TODAY}
    with pytest.raises(NotFound):
        absence.note_leave(session, make.an_actor(session, "hr", unit=make.a_unit(session)), employee, **span)
    with pytest.raises(NotAllowed):
        absence.note_leave(session, make.an_actor(session, "payroll"), employee, **span)
    with pytest.raises(NotAllowed):
        absence.note_leave(session, make.an_actor(session, "hr", employee=employee), employee, **span)
    absence.note_leave(session, make.an_actor(session, "hr", unit=unit), employee, **span)


# Delegation


def test_a_stand_in_acts_as_supervisor_on_these_days_only(session: Session):
    head, peer = make.an_employee(session, "主管"), make.an_employee(session, "同级")
    led = make.an_employee(session, supervisor=head)
    actor = make.an_actor(session, "employee", employee=peer)
    make.a_delegation(session, head, peer, TODAY, date(2026, 3, 6))
    for day, acts in ((date(2026, 3, 1), False), (TODAY, True), (date(2026, 3, 6), True), (date(2026, 3, 7), False)):
        with clock.at(day):
            assert ("supervisor" in auth.relations_to(session, actor, led.id, day)) is acts


def delegate(session: Session, supervisor, stand_in, *, actor=None, from_on=TODAY, to_on=date(2026, 3, 6)):
    span = {"from_on": from_on, "to_on": to_on, "reason": "出差"}
    return absence.delegate(session, actor or make.hr(session), supervisor, stand_in, **span)


def test_supervisors_delegate_themselves_and_hr_for_them_but_nobody_else(session: Session):
    head, peer = make.an_employee(session, "主管"), make.an_employee(session, "同级")
    with pytest.raises(NotFound):
        delegate(session, head, peer, actor=make.an_actor(session, "employee", employee=peer))
    with pytest.raises(NotAllowed):
        delegate(session, head, peer, actor=make.an_actor(session, "payroll"))
    delegate(session, head, peer, actor=make.an_actor(session, "employee", employee=head))
    delegate(session, peer, make.an_employee(session), from_on=date(2026, 3, 7), to_on=date(2026, 3, 8))


def test_nobody_stands_in_who_would_answer_for_their_own_sheet(session: Session):
    head = make.an_employee(session, "主管")
    led = make.an_employee(session, supervisor=head)
    for stand_in in (head, led):
        with pytest.raises(Invalid) as refused:
            delegate(session, head, stand_in)
        assert refused.value.code == "own_sheet"
    service.assign_supervisor(session, make.hr(session), led, make.an_employee(session), from_on=TODAY)
    delegate(session, head, led)


def test_delegations_form_no_loop_and_there_is_one_at_a_time(session: Session):
    one, other, third = (make.an_employee(session, name) for name in "甲乙丙")
    delegate(session, one, other)
    for stand_in in (one, third):
        if stand_in is one:
            with pytest.raises(Invalid) as refused:
                delegate(session, other, one, from_on=date(2026, 3, 6), to_on=date(2026, 3, 9))
            assert refused.value.code == "delegation_loop"
    with pytest.raises(Conflict):
        delegate(session, one, third, from_on=date(2026, 3, 6), to_on=date(2026, 3, 9))
    delegate(session, other, one, from_on=date(2026, 3, 7), to_on=date(2026, 3, 9))
    delegate(session, one, third, from_on=date(2026, 3, 10), to_on=date(2026, 3, 11))


def test_a_delegation_lies_in_time_to_come_and_within_both_employments(session: Session):
    head, peer = make.an_employee(session), make.an_employee(session, left_on=date(2026, 3, 10))
    for first, last in ((date(2026, 2, 1), date(2026, 3, 1)), (date(2026, 3, 5), date(2026, 3, 4)), (TODAY, date(2026, 3, 11))):
        with pytest.raises(Invalid):
            delegate(session, head, peer, from_on=first, to_on=last)
    delegate(session, head, peer, from_on=date(2026, 2, 1), to_on=date(2026, 3, 10))


def test_a_delegation_ends_yesterday_or_was_never(session: Session):
    head, peer, third = (make.an_employee(session, name) for name in "甲乙丙")
    running = delegate(session, head, peer, from_on=date(2026, 3, 1))
    later = delegate(session, peer, third, from_on=TODAY, to_on=TODAY)
    assert absence.end_delegation(session, make.an_actor(session, "employee", employee=peer), later) is None
    assert absence.end_delegation(session, make.hr(session), running) is running
    assert running.to_on == date(2026, 3, 1)
    with pytest.raises(Conflict):
        absence.end_delegation(session, make.hr(session), running)
    with pytest.raises(NotFound):
        absence.end_delegation(session, make.an_actor(session, "employee", employee=third), running)


# Clerks


def a_scan(session: Session, actor) -> str:
    return str(files.keep(session, actor, name="签字.pdf", content=b"%PDF-1.7 x", media_type="application/pdf").id)


def test_a_clerk_acts_as_that_person_with_no_role_of_their_own(session: Session):
    unit = make.a_unit(session)
    worker = make.an_employee(session, "矿工", post=make.a_post(session, unit=make.a_unit(session, parent=unit)))
    clerk = make.a_clerk(session, unit)
    acting = clerks.act_for(session, clerk, worker.number, scan=a_scan(session, clerk))
    assert (acting.account_id, acting.employee_id, acting.on_behalf_of) == (clerk.account_id, worker.id, worker.id)
    assert (acting.roles, acting.name) == ({"employee"}, clerk.name)
    audit.flush(session)
    record = session.exec(select(audit.AuditRecord).where(audit.AuditRecord.action == "clerk.enter")).one()
    assert record.actor == clerk.opaque_id
    assert f'"on_behalf_of":{worker.id}' in record.payload and '"scan":"' in record.payload


def test_a_write_needs_the_scan_that_the_clerk_handed_in(session: Session):
    unit = make.a_unit(session)
    worker = make.an_employee(session, post=make.a_post(session, unit=unit))
    clerk = make.a_clerk(session, unit)
    for scan in (None, "", "x", "0", "9" * 11, "１"):
        with pytest.raises(Invalid) as refused:
            clerks.act_for(session, clerk, worker.number, scan=scan)
        assert refused.value.code == "scan_needed"
    with pytest.raises(Invalid):
        clerks.act_for(session, clerk, worker.number, scan=a_scan(session, make.hr(session)))
    session.info["writes"] = False
    assert clerks.act_for(session, clerk, worker.number).employee_id == worker.id
    session.info["writes"] = True


def test_a_clerk_enters_for_people_of_the_unit_without_account_only(session: Session):
    unit = make.a_unit(session)
    post = make.a_post(session, unit=unit)
    stranger = make.an_employee(session, post=make.a_post(session))
    own = make.an_employee(session, "代录员", post=post)
    clerk = make.a_clerk(session, unit, own)
    scan = a_scan(session, clerk)
    for number in (stranger.number, own.number, "nobody", "", "x" * 41):
        with pytest.raises(NotFound):
            clerks.act_for(session, clerk, number, scan=scan)
    able = make.an_employee(session, post=post)
    account = make.an_account(session, "employee", employee=able)
    with pytest.raises(NotAllowed) as refused:
        clerks.act_for(session, clerk, able.number, scan=scan)
    assert refused.value.code == "has_account"
    account.disabled = True
    assert clerks.act_for(session, clerk, able.number, scan=scan).employee_id == able.id
    with pytest.raises(NotFound):
        clerks.act_for(session, make.hr(session), able.number, scan=scan)


def test_a_clerk_enters_while_appointed_and_for_who_has_left(session: Session):
    unit = make.a_unit(session)
    post = make.a_post(session, unit=unit)
    worker = make.an_employee(session, post=post, left_on=date(2026, 1, 31))
    clerk = make.a_clerk(session, unit)
    scan = a_scan(session, clerk)
    assert clerks.act_for(session, clerk, worker.number, scan=scan).employee_id == worker.id
    appointed = session.exec(select(Clerk)).one()
    clerks.dismiss_clerk(session, make.hr(session), appointed, to_on=TODAY, reason="轮岗")
    clerks.act_for(session, clerk, worker.number, scan=scan)
    with clock.at(date(2026, 3, 3)), pytest.raises(NotFound):
        clerks.act_for(session, clerk, worker.number, scan=scan)
    with pytest.raises(Conflict):
        clerks.dismiss_clerk(session, make.hr(session), appointed, to_on=date(2026, 3, 3), reason="轮岗")


def test_clerks_are_appointed_by_hr_of_the_unit_once_at_a_time(session: Session):
    unit, person = make.a_unit(session), make.an_employee(session)
    given = {"from_on": TODAY, "reason": "一线"}
    for actor in (make.an_actor(session, "hr", unit=make.a_unit(session)), make.an_actor(session, "admin")):
        with pytest.raises(NotAllowed):
            clerks.appoint_clerk(session, actor, person, unit, **given)
    with pytest.raises(NotAllowed):
        clerks.appoint_clerk(session, make.an_actor(session, "hr", employee=person), person, unit, **given)
    clerks.appoint_clerk(session, make.an_actor(session, "hr", unit=unit), person, unit, to_on=date(2026, 3, 9), **given)
    with pytest.raises(Conflict):
        clerks.appoint_clerk(session, make.hr(session), person, unit, from_on=date(2026, 3, 9), reason="一线")
    clerks.appoint_clerk(session, make.hr(session), person, unit, from_on=date(2026, 3, 10), reason="一线")
    with pytest.raises(Invalid):
        clerks.appoint_clerk(session, make.hr(session), person, make.a_unit(session), from_on=date(2024, 12, 31), reason="一线")
