"""What groups are told of, each by the act that brings it about."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import attempts, clock, db, jobs
from appraisal.actor import SYSTEM
from appraisal.cycles import deadlines
from appraisal.errors import Invalid
from appraisal.exceptions import overdue
from appraisal.notify import Announcement
from tests.cycles.people import Department
from tests.exceptions.samples import complained, one_open, respond, troubled
from tests.monitoring.samples import TODAY


def announced(session: Session, kind: str) -> list[dict[str, object]]:
    session.flush()
    return [one.said for one in session.exec(select(Announcement).where(Announcement.kind == kind))]


def test_a_cycle_that_opens_tells_how_many_it_is_about(session: Session):
    department = Department(session)
    assert announced(session, "cycle_opened") == [{"cycle": department.cycle.name, "count": 2}]


def test_what_is_due_and_late_is_told_once_as_counts_of_the_unit(session: Session):
    department = Department(session)
    department.bring(department.first, "self_assessment", date(2026, 1, 9))
    department.bring(department.second, "self_assessment", date(2026, 1, 9))
    for day in (14, 16, 16, 17):
        with clock.at(date(2026, 1, day)):
            deadlines.run_deadlines(session, SYSTEM)
    told = announced(session, "deadlines")
    assert [(one["soon"], one["today"], one["overdue"]) for one in told] == [(2, 0, 0), (0, 2, 0), (0, 0, 2)]
    assert told[0]["unit"] == {"zh": department.unit.name, "en": department.unit.name_en}
    assert "张三" not in str(told)


@pytest.mark.parametrize(("level", "count"), [("abnormal", 0), ("severe", 1)])
def test_only_severe_is_told_and_once(session: Session, level: str, count: int):
    with clock.at(TODAY):
        around = troubled(session)
        complained(around, level)
        respond(around)
        respond(around)
    assert [one["count"] for one in announced(session, "kpi_severe")] == [1] * count


def test_exceptions_that_are_escalated_are_told_as_a_count(session: Session):
    with clock.at(TODAY):
        one_open(troubled(session), "severe")
    counts = []
    for day in (8, 9, 10):
        with clock.at(TODAY + timedelta(days=day)):
            overdue.escalate(session)
        counts.append([one["count"] for one in announced(session, "kpi_escalated")])
    assert counts == [[], [1], [1]]


def test_a_job_that_fails_is_told_once_and_its_parts_are_not(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "_tasks", {})
    monkeypatch.setattr(jobs, "tasks", lambda: jobs._tasks)

    @jobs.task("delivery.deliver")
    def fail(work: jobs.Work) -> None:
        raise Invalid("no", "不行", "no")

    with db.transaction(engine, write=True) as session:
        jobs.enqueue(session, SYSTEM, "delivery.deliver", {})
        jobs.enqueue_parts(session, SYSTEM, "delivery.deliver", [{"n": 1}, {"n": 2}], total=2)
    for _ in range(3):
        with db.transaction(engine, write=False) as session:
            due = attempts.next_due(session)
        attempts.attempt(engine, due or 0)
    with db.transaction(engine, write=False) as session:
        told = announced(session, "job_failed")
    assert told == [{"task": {"zh": "发送邮件与群消息", "en": "Send mail and messages to groups"}}] * 2
