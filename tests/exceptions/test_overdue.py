"""Exceptions that are late: the owner is told once, those above once, on either side of the day; the daily command does it."""

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.cli import main
from appraisal.exceptions import overdue, service
from appraisal.exceptions.models import KpiException
from appraisal.monitoring.holders import end_holder
from appraisal.monitoring.models import KpiRoleHolder
from appraisal.notify import Notification
from tests.exceptions.samples import one_open, troubled
from tests.monitoring.samples import TODAY

DUE = TODAY + timedelta(days=7)


def told(session: Session) -> list[tuple[str, int]]:
    kinds = ("kpi_exception_overdue", "kpi_exception_escalated")
    return [(one.kind, one.employee_id) for one in session.exec(select(Notification)) if one.kind in kinds]


def days_later(session: Session, *days: int) -> None:
    for day in days:
        with clock.at(DUE + timedelta(days=day)):
            overdue.escalate(session)


@pytest.mark.parametrize(("day", "late"), [(0, False), (1, True)])
def test_it_is_late_from_the_day_after(session: Session, day, late):
    with clock.at(TODAY):
        around = troubled(session)
        one_open(around, "severe")
    days_later(session, day)
    assert told(session) == ([("kpi_exception_overdue", around.top.id)] if late else [])


def test_the_owner_is_told_once_and_then_those_above_once(session: Session):
    with clock.at(TODAY):
        around = troubled(session)
        found = one_open(around, "severe")
    days_later(session, 1, 1, 2, 2, 3, 9)
    assert told(session) == [
        ("kpi_exception_overdue", around.top.id),
        ("kpi_exception_escalated", around.manager.employee_id),
    ]
    assert (found.escalation, found.escalated_on) == (2, DUE + timedelta(days=2))


def test_a_capa_is_told_of_to_whoever_holds_the_role_of_the_graver_record(session: Session):
    with clock.at(TODAY):
        around = troubled(session)
        one_open(around, "abnormal")
    days_later(session, 84, 85)
    assert told(session) == [
        ("kpi_exception_overdue", around.owner.employee_id),
        ("kpi_exception_escalated", around.top.id),
        ("kpi_exception_escalated", around.manager.employee_id),
    ]


def test_one_without_an_owner_is_told_of_upwards_at_once(session: Session):
    with clock.at(TODAY):
        around = troubled(session)
        for holder in session.exec(select(KpiRoleHolder)).all():
            end_holder(session, around.manager, holder.id, to_on=date(2026, 3, 31))
        found = one_open(around, "severe")
        assert found.owner_id is None
    days_later(session, 1)
    assert told(session) == [("kpi_exception_escalated", around.manager.employee_id)]


def test_another_day_begins_anew_and_the_day_of_the_action_counts_while_it_is_carried_out(session: Session):
    with clock.at(TODAY):
        around = troubled(session)
        found = one_open(around, "abnormal")
        service.analyse(session, around.owner, found.id, cause="混料")
        service.plan_action(session, around.owner, found.id, action="隔离", action_due_on=DUE)
    days_later(session, 0)
    assert told(session) == []
    days_later(session, 1)
    assert told(session) == [("kpi_exception_overdue", around.owner.employee_id)]
    with clock.at(DUE + timedelta(days=2)):
        later = found.due_on + timedelta(days=5)
        service.assign(session, around.manager, found.id, owner_id=found.owner_id, due_on=later, reason="等供应商")
    assert found.escalation == 0


def test_what_has_ended_is_late_no_longer(session: Session):
    with clock.at(TODAY):
        around = troubled(session)
        found = one_open(around, "severe")
        found.state, found.closed_at = "void", clock.now()
        session.add(found)
        session.flush()
    days_later(session, 30)
    assert told(session) == []


@pytest.mark.usefixtures("configured")
def test_the_daily_command_does_it_and_says_so_once(engine: Engine):
    with clock.at(TODAY), db.transaction(engine, write=True) as session:
        one_open(troubled(session), "severe")
    with clock.at(DUE + timedelta(days=1)):
        first, again = (CliRunner().invoke(main, ["deadlines"]) for _ in range(2))
    assert first.exit_code == again.exit_code == 0, first.output
    assert "exceptions: 1 overdue, 0 escalated" in first.output
    assert "exceptions" not in again.output
    with db.transaction(engine, write=False) as session:
        assert [one.escalation for one in session.exec(select(KpiException))] == [1]
