"""Result notices: one that somebody waits for, and those of a whole cycle by a worker: `python -m bench documents [PEOPLE]`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
from sqlalchemy import Engine
from sqlmodel import col, select

from appraisal import db, pdf
from appraisal.cycles.models import Appraisal
from appraisal.people import auth
from appraisal.people.models import Account, AccountRole
from appraisal.reports import archive
from appraisal.reports.jobs import ARCHIVIST
from appraisal.reports.result_notice import FORM
from appraisal.worker import work_off
from bench.company import build
from tests.served import a_folder, database, environment

PEOPLE = 1_000
WARM = 40


def main(people: int = PEOPLE) -> None:
    for kind in ("sqlite", "postgresql"):
        with a_folder() as folder, database(kind, folder) as url:
            target = db.make_engine(url)
            db.migrate(target)
            cycle_id = build(target, people).closed_cycle
            work_off(target)  # what the company has left to do for its archive
            print(f"\n{kind}: the notices of {people:,} people")
            if kind == "sqlite":
                warm_alone = "from bench import documents\ndocuments.warm(sys.argv[1], int(sys.argv[2]))"
                _run(warm_alone, url, folder, str(cycle_id)).wait()
            ordered = order(target, cycle_id)
            _batch(target, url, folder, ordered)
            target.dispose()


def order(target: Engine, cycle_id: int) -> int:
    """The job of HR that wants every notice of a cycle."""
    with db.transaction(target, write=True) as session:
        found = select(Account).join(AccountRole, col(AccountRole.account_id) == Account.id).where(AccountRole.role == "hr")
        account = session.exec(found.order_by(col(Account.id)).limit(1)).one()
        return archive.ask_for_cycle(session, auth.actor_of(session, account), cycle_id, [FORM.id], "zh").id or 0


def kept(target: Engine) -> int:
    """How many notices the archive holds; the cases that were archived have other documents too."""
    with target.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM archived_document WHERE form = 'result_notice'").scalar_one()


def worker(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A worker as `appraisal worker` is, which takes a silent one for dead after three seconds."""
    return _run("from appraisal import db, worker\nworker.work(db.make_engine(sys.argv[1]), beat=1, silent=3)", url, folder)


def _run(code: str, url: str, folder: Path, *given: str) -> subprocess.Popen[bytes]:
    """A process of its own, as light as the program's own are: children that render read its main module again."""
    line = [sys.executable, "-c", f"import sys\n{code}", url, *given]
    return subprocess.Popen(line, env=environment(url, folder), stderr=subprocess.DEVNULL)


def warm(url: str, cycle_id: int) -> None:
    """How long one notice takes, from the database to the bytes."""
    target = db.make_engine(url)
    with db.transaction(target, write=False) as session:
        ids = session.exec(select(Appraisal.id).where(Appraisal.cycle_id == cycle_id).limit(WARM + 1)).all()
        times = []
        for one in ids:
            began = time.perf_counter()
            pdf.render_in_child(FORM.html(FORM.built(session, ARCHIVIST, one or 0), "zh"))
            times.append(time.perf_counter() - began)
    warm = sorted(times[1:])
    p50, p95 = warm[len(warm) // 2] * 1000, warm[int(len(warm) * 0.95)] * 1000
    print(f"{'one notice, built and rendered in a child':<46} p50 {p50:6.0f} ms  p95 {p95:6.0f} ms")


def _batch(target: Engine, url: str, folder: Path, job_id: int) -> None:
    process = worker(url, folder)
    whole = psutil.Process(process.pid)
    peak, began, total, there = 0.0, time.perf_counter(), 0, kept(target)
    try:
        while total < _wanted(target, job_id):
            peak = max(peak, _pss(whole))
            time.sleep(2)  # to look costs time that the work lacks
            total = kept(target) - there
    finally:
        process.terminate()
        process.wait(timeout=60)
    seconds = time.perf_counter() - began
    print(f"{f'{total:,} by one worker, two children':<46} {total / seconds:6.1f} /s in {seconds:.0f} s, start included")
    print(f"{'memory of the worker and its children':<46} {peak:6.0f} MB PSS at most ({os.cpu_count()} cores)")


def _wanted(target: Engine, job_id: int) -> int:
    with target.connect() as connection:
        return connection.exec_driver_sql(f"SELECT total FROM job WHERE id = {job_id}").scalar_one()


def _pss(process: psutil.Process) -> float:
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 2**20
