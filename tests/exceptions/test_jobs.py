"""What is judged and written by itself."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from appraisal import clock, db, jobs, worker
from appraisal.actor import SYSTEM
from appraisal.exceptions import jobs as exceptions_jobs
from appraisal.exceptions.models import KpiException
from appraisal.jobs import DONE, Job
from appraisal.labels import codes
from appraisal.monitoring.models import KpiEvaluation
from tests.exceptions.samples import complained, troubled


@pytest.mark.parametrize(
    ("day", "week", "month"),
    [
        (date(2026, 4, 1), "2026-W13", "2026-03"),
        (date(2026, 4, 30), "2026-W17", "2026-03"),
        (date(2026, 1, 1), "2025-W52", "2025-12"),
        (date(2026, 1, 5), "2026-W01", "2025-12"),
    ],
)
def test_what_is_judged_in_the_morning_is_over(day: date, week: str, month: str):
    found = exceptions_jobs.over_by(day)
    assert [str(one) for one in found] == [week, month] and all(one.last_day() < day for one in found)


def test_every_kind_of_work_has_words_for_its_page():
    assert set(jobs.tasks()) == set(codes("work"))


def test_with_nothing_on_record_they_have_nothing_to_do(engine: Engine):
    with clock.at(date(2026, 4, 10)), db.transaction(engine, write=True) as session:
        for name in ("exceptions.evaluate", "bulletins.summaries", "bulletins.about_kpis"):
            jobs.enqueue(session, SYSTEM, name, {"at": "2026-04-10T05:30:00+08:00"})
    assert worker.work_off(engine) == 3
    with db.transaction(engine, write=False) as session:
        assert [one.state for one in session.exec(select(Job))] == [DONE] * 3
        assert session.exec(select(KpiEvaluation)).all() == []


def test_a_bad_month_that_was_confirmed_opens_its_exception_the_next_morning_and_only_once(engine: Engine):
    with db.transaction(engine, write=True) as session:
        around = troubled(session)
        complained(around, "severe")
    for _ in range(2):
        with clock.at(date(2026, 4, 10)), db.transaction(engine, write=True) as session:
            jobs.enqueue(session, SYSTEM, "exceptions.evaluate", {"at": "2026-04-10T05:30:00+08:00"})
        with clock.at(date(2026, 4, 10)):
            assert worker.work_off(engine) == 1
    with db.transaction(engine, write=False) as session:
        assert [one.outcome for one in session.exec(select(Job).order_by(col(Job.id)))] == [
            {"evaluated": 2, "opened": 1},  # the month, and the week it ends in
            {"evaluated": 2, "opened": 0},
        ]
        assert len(session.exec(select(KpiException)).all()) == 1
