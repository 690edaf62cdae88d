"""Background work: asked for with the change that needs it, done once, in chunks, whatever dies in between."""

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, func, select

from appraisal import attempts, clock, db, jobs, schedules, worker
from appraisal.actor import SYSTEM
from appraisal.errors import Conflict, Invalid
from appraisal.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from tests.factories import an_employee

NOW = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
Declare = Callable[..., Callable[[jobs.Run], jobs.Run]]


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    """Declares tasks of the test's own; those of the slices are not there."""
    monkeypatch.setattr(jobs, "_tasks", {})
    monkeypatch.setattr(jobs, "tasks", lambda: jobs._tasks)
    yield jobs.task


@pytest.fixture(autouse=True)
def a_morning() -> Iterator[None]:
    with clock.at(NOW):
        yield


def asked(engine: Engine, name: str = "t.count", **given: Any) -> int:
    with db.transaction(engine, write=True) as session:
        return jobs.enqueue(session, SYSTEM, name, given, total=given.get("total")).id or 0


def job(engine: Engine, job_id: int) -> Job:
    with db.transaction(engine, write=False) as session:
        return session.get_one(Job, job_id)


def queued(engine: Engine) -> int | None:
    """The jobs that Procrastinate has in its queue; None where there is no broker."""
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).scalar_one()


def test_what_is_asked_for_in_a_change_that_fails_is_never_done(engine: Engine, declare: Declare):
    with pytest.raises(RuntimeError), db.transaction(engine, write=True) as session:
        jobs.enqueue(session, SYSTEM, "t.count", {})
        raise RuntimeError
    with db.transaction(engine, write=False) as session:
        assert session.exec(select(func.count()).select_from(Job)).one() == 0
    assert queued(engine) in (None, 0)
    asked(engine)
    assert queued(engine) in (None, 1)


def test_each_chunk_commits_what_it_did_with_the_progress(engine: Engine, declare: Declare):
    seen = []

    @declare("t.count")
    def count(work: jobs.Work) -> dict[str, Any]:
        for _ in range(3):
            with work.chunk(done=2, total=6):
                pass
            seen.append((job(engine, work.job_id).done, job(engine, work.job_id).total))
        return {"counted": 6}

    job_id = asked(engine)
    assert worker.work_off(engine) == 1
    ended = job(engine, job_id)
    assert (ended.state, ended.done, ended.outcome) == (DONE, 6, {"counted": 6}) and ended.ended_at == NOW
    assert seen == [(2, 6), (4, 6), (6, 6)]


def test_a_chunk_that_fails_leaves_neither_rows_nor_progress(engine: Engine, declare: Declare):
    @declare("t.count")
    def count(work: jobs.Work) -> None:
        with work.chunk(done=1) as session:
            an_employee(session, "甲")
        with work.chunk(done=1) as session:
            an_employee(session, "乙")
            raise Invalid("refused", "不行", "no")

    job_id = asked(engine)
    worker.work_off(engine)
    ended = job(engine, job_id)
    assert (ended.state, ended.done, ended.said) == (FAILED, 1, {"zh": "不行", "en": "no"})


def test_a_fault_is_tried_again_later_each_time_and_in_the_end_told(engine: Engine, declare: Declare):
    tried = []

    @declare("t.count", attempts=3)
    def count(work: jobs.Work) -> None:
        tried.append(work.attempt)
        raise OSError("the disk is away")

    job_id = asked(engine)
    now, waits = NOW, []
    for _ in range(6):
        with clock.at(now):
            worker.work_off(engine)
            now_job = job(engine, job_id)
            if now_job.state == WAITING:
                waits.append(now_job.due_at - now)
                with clock.at(now_job.due_at - timedelta(seconds=1)):
                    assert worker.work_off(engine) == 0
        now = max(now, now_job.due_at)
    assert tried == [1, 2, 3] and waits == [attempts.WAIT_AFTER_FAULT, 4 * attempts.WAIT_AFTER_FAULT]
    ended = job(engine, job_id)
    assert ended.state == FAILED and ended.said == {
        "zh": "意外错误: the disk is away",
        "en": "unexpected error: the disk is away",
    }


def test_what_is_refused_for_a_reason_is_not_tried_again_by_itself_but_by_somebody(engine: Engine, declare: Declare):
    refused = [True]

    @declare("t.count")
    def count(work: jobs.Work) -> None:
        if refused[0]:
            raise Invalid("closed", "周期已关闭", "the cycle is closed")

    job_id = asked(engine)
    worker.work_off(engine)
    assert job(engine, job_id).state == FAILED
    refused[0] = False
    with db.transaction(engine, write=True) as session:
        jobs.again(session, SYSTEM, job_id)
    worker.work_off(engine)
    assert (job(engine, job_id).state, job(engine, job_id).said) == (DONE, None)
    with pytest.raises(Conflict, match="failed or was cancelled"), db.transaction(engine, write=True) as session:
        jobs.again(session, SYSTEM, job_id)


def test_an_attempt_that_lost_its_job_commits_nothing_more(engine: Engine, declare: Declare):
    @declare("t.count")
    def count(work: jobs.Work) -> None:
        assert attempts._begun(engine, work.job_id) is not None  # thought dead, its job is given to another, who is at it now
        with work.chunk(done=10) as session:
            an_employee(session, "迟来的")

    job_id = asked(engine)
    attempts.attempt(engine, job_id)
    left = job(engine, job_id)
    assert (left.state, left.done, left.attempts, left.said) == (RUNNING, 0, 2, None)
    with db.transaction(engine, write=False) as session:
        assert session.connection().execute(text("SELECT count(*) FROM employee")).scalar_one() == 0


def test_work_that_kills_its_worker_again_and_again_is_given_up(engine: Engine, declare: Declare):
    declare("t.count", attempts=2)(lambda work: None)
    job_id = asked(engine)
    for count, state in ((1, RUNNING), (2, RUNNING), (3, FAILED)):
        attempts._begun(engine, job_id)
        assert (job(engine, job_id).attempts, job(engine, job_id).state) == (count, state)
    assert "stopped 2 times" in (job(engine, job_id).said or {})["en"]


def test_a_cancelled_job_stops_at_its_next_chunk_and_keeps_what_was_done(engine: Engine, declare: Declare):
    @declare("t.count")
    def count(work: jobs.Work) -> None:
        with work.chunk(done=1):
            pass
        with db.transaction(engine, write=True) as session:
            jobs.cancel(session, SYSTEM, work.job_id)
        with work.chunk(done=1):
            pass

    job_id = asked(engine)
    worker.work_off(engine)
    assert (job(engine, job_id).state, job(engine, job_id).done) == (CANCELLED, 1)
    with pytest.raises(Conflict, match="over already"), db.transaction(engine, write=True) as session:
        jobs.cancel(session, SYSTEM, job_id)


def test_a_job_of_parts_is_over_with_the_last_of_them_and_tells_of_those_that_failed(engine: Engine, declare: Declare):
    bad = {2}

    @declare("t.part")
    def part(work: jobs.Work) -> None:
        if work.given["n"] in bad:
            raise Invalid("bad", "坏", "bad")
        with work.chunk(done=5):
            pass

    with db.transaction(engine, write=True) as session:
        whole = jobs.enqueue_parts(session, SYSTEM, "t.part", [{"n": 1}, {"n": 2}, {"n": 3}], about="cycle:1", total=15)
    for expected in (RUNNING, RUNNING, FAILED):
        with db.transaction(engine, write=False) as session:
            due = attempts.next_due(session)
        attempts.attempt(engine, due or 0)
        assert job(engine, whole.id or 0).state == expected
    with db.transaction(engine, write=False) as session:
        found = jobs.latest(session, "cycle:1", "t.part")
        assert found is not None and found.id == whole.id
        assert jobs.progress(session, found) == (10, 15) and "1 parts" in (found.said or {})["en"]
    bad.clear()
    with db.transaction(engine, write=True) as session:
        jobs.again(session, SYSTEM, whole.id or 0)
    assert worker.work_off(engine) == 1
    with db.transaction(engine, write=False) as session:
        ended = session.get_one(Job, whole.id)
        assert (ended.state, jobs.progress(session, ended)) == (DONE, (15, 15))


def test_what_comes_in_thousands_waits_behind_the_rest(engine: Engine, declare: Declare):
    ran: list[str] = []
    declare("t.many", priority=-1)(lambda work: ran.append("many"))
    declare("t.one")(lambda work: ran.append("one"))
    with db.transaction(engine, write=True) as session:
        for name in ("t.many", "t.many", "t.one"):
            jobs.enqueue(session, SYSTEM, name, {})
        if engine.dialect.name == "postgresql":
            handed_out = session.connection().exec_driver_sql("SELECT priority FROM procrastinate_jobs ORDER BY id")
            assert handed_out.scalars().all() == [-1, -1, 0]
    assert worker.work_off(engine) == 3
    assert ran == ["one", "many", "many"]


def test_what_was_running_when_the_one_worker_died_waits_again_and_wholes_do_not(engine: Engine, declare: Declare):
    declare("t.part")(lambda work: None)
    with db.transaction(engine, write=True) as session:
        whole = jobs.enqueue_parts(session, SYSTEM, "t.part", [{"n": 1}], total=1)
    with db.transaction(engine, write=False) as session:
        [one] = jobs.parts_of(session, whole.id or 0)
    attempts._begun(engine, one.id or 0)
    with db.transaction(engine, write=True) as session:
        assert attempts.orphaned(session) == [one.id]
    assert (job(engine, one.id or 0).state, job(engine, whole.id or 0).state) == (WAITING, RUNNING)


def ticks(engine: Engine) -> list[str]:
    with db.transaction(engine, write=False) as session:
        return [one.given["at"] for one in session.exec(select(Job).order_by(col(Job.id)))]


def test_a_schedule_fires_once_at_each_of_a_hundred_ticks_however_many_workers_there_are(engine: Engine, declare: Declare):
    declare("t.hourly", at="0 * * * *")(lambda work: None)
    schedules.fire_due(engine)
    assert ticks(engine) == []
    faults: list[Exception] = []

    def beat(gate: threading.Barrier, now: datetime) -> None:
        try:
            with clock.at(now):
                gate.wait(30)
                schedules.fire_due(engine)
        except Exception as fault:  # noqa: BLE001 (told by the test)
            faults.append(fault)

    for hour in range(1, 101):
        gate = threading.Barrier(3)
        now = NOW + timedelta(hours=hour, seconds=7)
        three = [threading.Thread(target=copy_context().run, args=(beat, gate, now)) for _ in range(3)]
        for one in three:
            one.start()
        for one in three:
            one.join()
    assert faults == []
    expected = [(NOW + timedelta(hours=hour)).astimezone(clock.COMPANY_ZONE).isoformat() for hour in range(1, 101)]
    assert ticks(engine) == expected


def test_a_schedule_that_was_missed_while_nobody_worked_is_made_up_for_once(engine: Engine, declare: Declare):
    declare("t.daily", at="0 6 * * *")(lambda work: None)
    schedules.fire_due(engine)
    with clock.at(NOW + timedelta(days=10)):
        assert schedules.fire_due(engine) == ["t.daily"]
        assert schedules.fire_due(engine) == []
    assert len(ticks(engine)) == 1


@pytest.mark.parametrize(("minute", "fires"), [(59, False), (60, True)])
def test_a_schedule_fires_at_its_minute_in_the_company_s_time(
    session: Session, engine: Engine, declare: Declare, minute: int, fires: bool
):
    declare("t.daily", at="0 10 * * *")(lambda work: None)
    schedules.fire_due(engine)  # it is nine there
    with clock.at(NOW + timedelta(minutes=minute)):
        assert bool(schedules.fire_due(engine)) is fires


def test_two_workers_at_once_are_refused_on_sqlite(tmp_path: Any):
    target = db.make_engine(f"sqlite:///{tmp_path}/one.db")
    with worker._only_worker(target), pytest.raises(Conflict, match="at work on this database"), worker._only_worker(target):
        pass
    with worker._only_worker(target):
        pass


def test_every_task_of_the_slices_has_a_name_that_says_where_it_stands():
    known = jobs.tasks()
    assert {"desk.deadlines", "desk.seal", "reports.render"} <= set(known)
    for name, one in known.items():
        assert one.run.__module__ == f"appraisal.{name.split('.')[0]}.jobs"
