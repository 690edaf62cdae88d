"""A batch of documents whose worker is killed again and again: every document is there in the end, none twice."""

import random
import signal
import time

from sqlmodel import select

from appraisal import db
from appraisal.jobs import OVER, Job
from appraisal.reports.models import ArchivedDocument
from appraisal.reports.result_notice import FORM
from appraisal.worker import work_off
from bench.company import build
from bench.documents import kept, order, worker
from tests.served import a_folder, audit_verified, database

DOCUMENTS = 1_000
KILLS = 5


def run(kind: str, seconds: float) -> list[str]:
    """What went wrong within so many seconds; the figures are printed."""
    until = time.monotonic() + seconds
    with a_folder() as folder, database(kind, folder) as url:
        target = db.make_engine(url)
        db.migrate(target)
        cycle_id = build(target, DOCUMENTS).closed_cycle
        work_off(target)
        before = kept(target)
        job_id = order(target, cycle_id)
        workers = [worker(url, folder) for _ in range(1 if kind == "sqlite" else 2)]
        at = sorted(random.sample(range(DOCUMENTS // 20, DOCUMENTS * 9 // 10), KILLS))
        killed = 0
        state = "running"
        try:
            while state not in OVER and time.monotonic() < until:
                if at and kept(target) - before >= at[0]:
                    chosen = random.randrange(len(workers))
                    workers[chosen].send_signal(signal.SIGKILL)
                    workers[chosen].wait()
                    workers[chosen] = worker(url, folder)
                    killed += 1
                    del at[0]
                time.sleep(0.05)
                with db.transaction(target, write=False) as session:
                    state = session.get_one(Job, job_id).state
        finally:
            for one in workers:
                one.terminate()
                one.wait(timeout=60)
        with db.transaction(target, write=False) as session:
            notices = select(ArchivedDocument.about_id).where(ArchivedDocument.form == FORM.id)
            about = session.exec(notices.where(ArchivedDocument.cycle_id == cycle_id)).all()
        target.dispose()
        print(f"{kind}: {len(about)} documents of {len(set(about))} people, {killed} workers killed, the job is {state}")
        if state not in OVER:
            print(f"{kind}: the time was up before the batch was done")
        doubled = len(about) - len(set(about))
        wrong = [f"{kind}: {doubled} documents twice"] if doubled else []
        if state in OVER and (state != "done" or len(set(about)) != DOCUMENTS):
            wrong.append(f"{kind}: {len(set(about))} of {DOCUMENTS} documents, {state}")
        return wrong + audit_verified(url, folder)
