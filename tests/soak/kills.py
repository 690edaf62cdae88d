"""Workers of a served site killed outright, again and again, while clients write: what was acknowledged is there, once.

A client that gets no answer asks again, as any client may: what makes something with the same key, what changes something with
the version it last saw.
"""

import http.client
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import psutil
from sqlmodel import Session, select

from appraisal import audit, db
from appraisal.agreements.models import Goal
from tests import factories
from tests.caller import Answer
from tests.served import Remote, a_folder, audit_verified, database, served

KILLS = 100
WRITERS = 4
CHANGES = 2  # of every row, after it was made


@dataclass
class Writer:
    """A client that makes goals and changes them, and knows what it was told."""

    number: int
    caller: Remote
    stop: Event
    acknowledged: dict[str, tuple[str, int]] = field(default_factory=dict)  # mark → name and version
    sending: str | None = None  # the mark of what was not answered yet
    lost: int = 0
    odd: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Until told to stop, and what was begun is ended."""
        number = 0
        while not self.stop.is_set():
            number += 1
            self._make_and_change(f"{self.number}-{number}")

    def _make_and_change(self, mark: str) -> None:
        self.sending = mark
        body = {"period": "2026", "name": f"{mark}.0", "measured_in": mark}
        made = self._insist(lambda: self.caller.post("/goals", body, key=mark))
        if made is None or made.status != 201:
            return self._note(made)
        self.acknowledged[mark] = (f"{mark}.0", made.version)
        self.sending = None
        goal, version = made.json["id"], made.version
        for change in range(1, CHANGES + 1):
            body = {"name": f"{mark}.{change}", "measured_in": mark, "reason": "改"}
            self.sending = mark
            changed = self._insist(lambda body=body, version=version: self.caller.put(f"/goals/{goal}", body, version=version))
            if changed is None:
                return None
            # The answer to the first of two may have been lost: then the row already says what was sent.
            shown = changed.json.get("current") if changed.status == 412 else changed.json
            if changed.status not in (200, 412) or not shown or shown["name"] != body["name"]:
                return self._note(changed)
            version = shown["version"]
            self.acknowledged[mark] = (body["name"], version)
            self.sending = None
        return None

    def _insist(self, ask: Callable[[], Answer]) -> Answer | None:
        """The answer, asked for until there is one."""
        for _ in range(200):
            try:
                answer = ask()
            except (OSError, http.client.HTTPException):
                self.lost += 1
                time.sleep(0.02)
                continue
            if answer.status != 503:
                return answer
        self.odd.append("no answer in 200 attempts")
        return None

    def _note(self, answer: Answer | None) -> None:
        if answer is not None:
            self.odd.append(f"{answer.status} {answer.data[:300]!r}")


def run(kind: str, seconds: float) -> list[str]:
    """What went wrong within so many seconds; the figures are printed."""
    with a_folder() as folder, database(kind, folder) as url:
        target = db.make_engine(url)
        db.migrate(target)
        with db.transaction(target, write=True) as session:
            account = factories.an_account(session, "hr")
            token = factories.a_token(session, account, "goals:read", "goals:write")
        with served(url, folder) as (port, master):
            stop = Event()
            writers = [Writer(number, Remote(port, token), stop) for number in range(WRITERS)]
            threads = [Thread(target=writer.work) for writer in writers]
            for thread in threads:
                thread.start()
            killed = _kill(master, time.monotonic() + seconds)
            stop.set()
            for thread in threads:
                thread.join()
        acknowledged = sum(version for writer in writers for _, version in writer.acknowledged.values())
        lost = sum(writer.lost for writer in writers)
        print(f"{kind}: {killed} workers killed, {acknowledged} writes acknowledged, {lost} without an answer and sent again")
        wrong = [f"{kind}: {odd}" for writer in writers for odd in writer.odd]
        with db.transaction(target, write=False) as session:
            wrong += [f"{kind}: {one}" for one in _differences(session, writers)]
        target.dispose()
        return wrong + audit_verified(url, folder)


def _kill(master: psutil.Process, until: float) -> int:
    """Kills a worker, any, as soon as both are there again, at any moment of its work; how many it were."""
    killed = 0
    while killed < KILLS and time.monotonic() < until:
        workers = master.children()
        if len(workers) == 2:
            time.sleep(secrets.randbelow(400) / 1000)
            try:
                secrets.choice(workers).send_signal(signal.SIGKILL)
                killed += 1
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.05)
    return killed


def _differences(session: Session, writers: list[Writer]) -> list[str]:
    """Where the rows, and the records of the trail, are others than the clients were told of."""
    rows = session.exec(select(Goal)).all()
    times = Counter(goal.measured_in for goal in rows)
    found = [f"{mark} is there {count} times" for mark, count in times.items() if count != 1]
    stored = {goal.measured_in: (goal.name, goal.version) for goal in rows}
    known = {mark: told for writer in writers for mark, told in writer.acknowledged.items()}
    open_ones = {writer.sending for writer in writers}
    for mark in known.keys() | stored.keys():
        if stored.get(mark) != known.get(mark) and mark not in open_ones:
            found.append(f"{mark}: acknowledged {known.get(mark)}, stored {stored.get(mark)}")
    for action, expected in (("goal.set", len(rows)), ("goal.change", sum(goal.version - 1 for goal in rows))):
        recorded = len(session.exec(select(audit.AuditRecord.seq).where(audit.AuditRecord.action == action)).all())
        if recorded != expected:
            found.append(f"{recorded} records of {action} for {expected} writes")
    return found
