"""Deadlines of appeals: who is told when one comes, near its last day and after it, and that nothing is said twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import true
from sqlmodel import Session, select

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.desk import tasks
from appraisal.errors import NotAllowed
from appraisal.notify import Notification, sentence
from appraisal.people.models import Account, AccountRole
from appraisal.results import appeal_deadlines, appeals, courses
from appraisal.results.models import Appeal
from tests import factories
from tests.agreements.samples import REVIEW_DAY, Quarter, publish, reviewed

# Filed on Thursday 9 April 2026: to be answered by Tuesday the 14th. Accepted on the 10th: to be decided by Wednesday 6 May.
FILED_ON, ACCEPTED_ON = date(2026, 4, 9), date(2026, 4, 10)


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@pytest.fixture
def officer(session: Session) -> Actor:
    return factories.an_actor(session, "hr", employee=factories.an_employee(session, "钱人事"))


@pytest.fixture
def director(session: Session) -> Actor:
    return factories.an_actor(session, "approver", employee=factories.an_employee(session, "孙审批"))


@pytest.fixture
def quarter(session: Session, officer: Actor, director: Actor) -> Quarter:
    """A person who has appealed a published result."""
    found = reviewed(session)
    publish(found)
    with clock.at(FILED_ON):
        appeals.file_appeal(session, found.own, found.appraisal.id, grounds="新客户少计两家")
    return found


def told(session: Session, actor: Actor) -> list[str]:
    found = select(Notification).where(Notification.employee_id == actor.employee_id).order_by(Notification.id)
    return [one.kind for one in session.exec(found) if one.kind.startswith("appeal_")]


def look(session: Session, quarter: Quarter, on: date) -> dict[str, int]:
    with clock.at(on):
        return appeal_deadlines.run(session, SYSTEM).get(quarter.cycle.id, {})


def test_hr_is_told_of_an_appeal_and_until_when_to_answer(session: Session, quarter: Quarter, officer: Actor, director: Actor):
    assert (told(session, officer), told(session, director), told(session, quarter.own)) == (["appeal_filed"], [], [])
    words = sentence(session.exec(select(Notification).where(Notification.employee_id == officer.employee_id)).one())
    assert "请于 2026-04-14 前" in words.zh
    assert "please say whether it is taken up by 2026-04-14" in words.en


def test_whoever_appeals_is_not_told_as_hr(session: Session):
    found = reviewed(session)
    publish(found)
    account = session.exec(select(Account).where(Account.employee_id == found.employee.id)).one()
    session.add(AccountRole(account_id=account.id, role="hr"))
    session.flush()
    with clock.at(FILED_ON):
        appeals.file_appeal(session, found.own, found.appraisal.id, grounds="少计")
    assert told(session, found.own) == []


@pytest.mark.parametrize(
    ("day", "noted"),
    [
        (date(2026, 4, 9), {}),
        (date(2026, 4, 10), {"appeal_due": 1}),  # two working days before
        (date(2026, 4, 14), {"appeal_due": 1}),
        (date(2026, 4, 15), {}),  # it counts as taken up, and the days to decide begin
        (date(2026, 5, 6), {"appeal_due": 1}),
        (date(2026, 5, 11), {"appeal_overdue": 1}),
    ],
)
def test_hr_is_reminded_two_working_days_before_the_last_and_on_it(
    session: Session, quarter: Quarter, officer: Actor, day: date, noted: dict[str, int]
):
    assert look(session, quarter, day) == noted
    assert look(session, quarter, day) == {}
    assert told(session, officer) == ["appeal_filed", *noted]


def test_the_approvers_are_told_too_once_the_decision_is_late(
    session: Session, quarter: Quarter, officer: Actor, director: Actor
):
    with clock.at(ACCEPTED_ON):
        appeals.accept_appeal(session, officer, quarter.appraisal.id, note="受理")
    assert look(session, quarter, date(2026, 5, 6)) == {"appeal_due": 1}
    assert told(session, director) == []
    assert look(session, quarter, date(2026, 5, 7)) == {"appeal_overdue": 1}
    assert told(session, director) == ["appeal_overdue"]
    assert told(session, officer) == ["appeal_filed", "appeal_due", "appeal_overdue"]


def test_a_late_appeal_waits_for_the_answer_of_hr_however_long(session: Session, officer: Actor, director: Actor):
    found = reviewed(session)
    publish(found)
    with clock.at(date(2026, 4, 16)):
        appeals.file_appeal(session, found.own, found.appraisal.id, grounds="少计")
    assert look(session, found, date(2026, 4, 22)) == {"appeal_overdue": 1}
    assert (
        "please say whether it is taken up"
        in sentence(session.exec(select(Notification).where(Notification.employee_id == director.employee_id)).one()).en
    )


def test_nobody_is_told_of_an_appeal_that_has_ended(session: Session, quarter: Quarter):
    with clock.at(ACCEPTED_ON):
        appeals.withdraw_appeal(session, quarter.own, quarter.appraisal.id, reason="已说明")
    assert look(session, quarter, date(2026, 5, 7)) == {}


def test_the_task_of_hr_is_due_when_the_first_appeal_is(session: Session, quarter: Quarter, officer: Actor):
    def due(on: date) -> list[tuple[date | None, bool]]:
        with clock.at(on):
            return [(one.due_on, one.overdue) for one in tasks.waiting_for(session, officer) if one.kind == "decide_appeal"]

    assert due(FILED_ON) == [(date(2026, 4, 14), False)]
    with clock.at(ACCEPTED_ON):
        appeals.accept_appeal(session, officer, quarter.appraisal.id, note="受理")
    assert due(date(2026, 5, 6)) == [(date(2026, 5, 6), False)]
    assert due(date(2026, 5, 7)) == [(date(2026, 5, 6), True)]


def test_where_the_calendar_ends_an_appeal_is_counted_as_undated(session: Session, quarter: Quarter, officer: Actor):
    session.exec(select(Appeal)).one().filed_at = datetime(2027, 12, 30, 1, 0, tzinfo=UTC)
    assert look(session, quarter, date(2027, 12, 31)) == {"appeal_undated": 1}
    assert courses.waiting_in(session, [quarter.cycle], true()) == {quarter.cycle.id: (1, None)}


def test_only_hr_and_the_operator_look_at_the_deadlines(session: Session, quarter: Quarter, director: Actor):
    with pytest.raises(NotAllowed):
        appeal_deadlines.run(session, director)
