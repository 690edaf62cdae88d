"""The documents of a whole cycle, made by real workers that are killed on the way: every one of them is there, none twice."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pypdf
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import attempts, audit, db, files, jobs, pdf, worker
from appraisal.actor import SYSTEM
from appraisal.cycles import queries as cycles
from appraisal.jobs import DONE, Job
from appraisal.people import auth
from appraisal.reports import archive
from appraisal.reports import jobs as reports_jobs
from appraisal.reports.models import ArchivedDocument
from tests.factories import a_post, a_unit, an_account, an_employee, an_open_cycle
from tests.results.a_quarter import a_result

PEOPLE = 24
IN_A_PART = 6
PATIENCE = 240


@pytest.fixture
def order(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> int:
    """The job of somebody of HR who wants the notices of a cycle."""
    monkeypatch.setattr(archive, "PART", IN_A_PART)
    with db.transaction(engine, write=True) as session:
        unit = a_unit(session, "销售部")
        head = an_employee(session, "李主管")
        people = [
            an_employee(session, f"员工{n:02}", post=a_post(session, "sales", unit=unit), supervisor=head)
            for n in range(PEOPLE)
        ]
        cycle = an_open_cycle(session)
        for n, one in enumerate(people):
            appraisal = cycles.appraisal_of(session, cycle, one)
            assert appraisal is not None
            a_result(session, appraisal, (str(1000 + n), "92"), published=True)
        account = an_account(session, "hr")
        session.flush()
        job = archive.ask_for_cycle(session, auth.actor_of(session, account), cycle.id or 0, ["result_notice"], "zh")
        assert job.total == PEOPLE
        return job.id or 0


@contextmanager
def a_worker(engine: Engine, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that works, on this database, and soon takes a silent one for dead."""
    code = (
        "import sys\nfrom appraisal import db, telemetry, worker\ntelemetry.configure_logs()\n"
        "worker.work(db.make_engine(sys.argv[1]), beat=0.5, silent=3)\n"
    )
    url = engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"APPRAISAL_VAR": str(folder), "SECRET_KEY": "of the tests", "APPRAISAL_MODE": "test"}
    process = subprocess.Popen([sys.executable, "-c", code, url], env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def made(engine: Engine) -> int:
    with db.transaction(engine, write=False) as session:
        return len(session.exec(select(ArchivedDocument.id)).all())


def wait_for(engine: Engine, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while made(engine) < count:
        assert time.monotonic() < until, f"{made(engine)} of {count} documents after {PATIENCE} s"
        time.sleep(0.1)


def wait_for_end(engine: Engine, job_id: int) -> Job:
    until = time.monotonic() + PATIENCE
    while True:
        with db.transaction(engine, write=False) as session:
            job = session.get_one(Job, job_id)
            if job.state in jobs.OVER:
                return job
        assert time.monotonic() < until, f"the job is {job.state} after {PATIENCE} s"
        time.sleep(0.2)


def each_is_there_once(session: Session) -> None:
    kept = session.exec(select(ArchivedDocument)).all()
    assert len(kept) == len({one.about_id for one in kept}) == len({one.html_sha256 for one in kept}) == PEOPLE
    for one in kept:
        stored = files.by_id(session, one.file_id)
        content = files.content_of(session, stored)
        assert hashlib.sha256(content).hexdigest() == stored.sha256
        [text] = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages[:1]]
        assert one.number in text
    assert audit.verify(session) is None


def test_a_worker_killed_in_the_middle_of_a_batch_leaves_the_rest_to_another(engine: Engine, order: int, tmp_path: Path):
    with a_worker(engine, tmp_path) as first:
        # On SQLite the next worker begins when this one is gone; on PostgreSQL it is at work beside it.
        if engine.dialect.name == "sqlite":
            wait_for(engine, IN_A_PART)
            first.send_signal(signal.SIGKILL)
            first.wait()
            with a_worker(engine, tmp_path):
                job = wait_for_end(engine, order)
        else:
            with a_worker(engine, tmp_path):
                wait_for(engine, IN_A_PART)
                first.send_signal(signal.SIGKILL)
                first.wait()
                job = wait_for_end(engine, order)
    with db.transaction(engine, write=False) as session:
        assert (job.state, jobs.progress(session, job)) == (DONE, (PEOPLE, PEOPLE))
        each_is_there_once(session)
    assert renderers_left() == []


def renderers_left() -> list[psutil.Process]:
    """Children of workers that outlived them."""
    until = time.monotonic() + 20
    while found := [one for one in psutil.process_iter(["cmdline", "ppid"]) if is_left(one)]:
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    return found


def is_left(process: psutil.Process) -> bool:
    return process.info["ppid"] == 1 and any("appraisal.pdf_warm" in part for part in process.info["cmdline"] or ())


def test_ordered_again_nothing_is_kept_twice(engine: Engine, order: int, tmp_path: Path):
    for one in parts(engine, order):
        attempts.attempt(engine, one)
    before = made(engine)
    with db.transaction(engine, write=True) as session:
        whole = session.get_one(Job, order)
        whole.state = jobs.FAILED
        for one in jobs.parts_of(session, order):
            one.state = jobs.FAILED
        session.flush()
        jobs.again(session, SYSTEM, order)
    assert worker.work_off(engine) == PEOPLE // IN_A_PART
    assert made(engine) == before == PEOPLE


def parts(engine: Engine, job_id: int) -> list[int]:
    with db.transaction(engine, write=False) as session:
        return [one.id or 0 for one in jobs.parts_of(session, job_id)]


def test_what_could_not_be_rendered_is_told_even_if_the_worker_died_after_it(
    engine: Engine, order: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports_jobs, "AT_ONCE", 2)
    [first, *_] = parts(engine, order)
    real = pdf.Renderers.answers
    asked: list[int] = []

    def faulty(renderers: pdf.Renderers, begun: Sequence[pdf.Begun]) -> list[bytes | pdf.PdfError]:
        asked.append(len(begun))
        answers = real(renderers, begun)
        if len(asked) == 2:
            raise KeyboardInterrupt  # the worker dies in the second chunk
        return [pdf.PdfError("too long"), *answers[1:]] if len(asked) == 1 else answers

    monkeypatch.setattr(pdf.Renderers, "answers", faulty)
    with pytest.raises(KeyboardInterrupt):
        attempts.attempt(engine, first)
    attempts.attempt(engine, first)
    with db.transaction(engine, write=False) as session:
        job = session.get_one(Job, first)
        assert (job.state, job.done) == (jobs.FAILED, IN_A_PART)
        assert "1 could not be made" in (job.said or {})["en"] and "too long" in (job.said or {})["en"]
        assert (job.outcome or {})["made"] == IN_A_PART - 1 == made(engine)
