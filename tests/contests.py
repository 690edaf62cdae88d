"""Two at once, round after round: who sends the same version second is told so, and what is sent twice is done once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Barrier

from sqlmodel import Session

from appraisal import clock
from appraisal.measures import service as measures
from appraisal.people.models import Account
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import FIGURES, a_quarter, record, sign
from tests.caller import Answer, Caller


@dataclass(frozen=True)
class Contest:
    """A case that waits for the supervisor's review, with the two who may write it, and somebody of HR."""

    appraisal_id: int
    sheet_id: int
    supervisor: Account
    stand_in: Account
    hr: Account


def a_contest(session: Session) -> Contest:
    """A supervisor with somebody who stands in these days, and the case of one they supervise."""
    quarter = a_quarter(session)
    sign(quarter)
    record(quarter, FIGURES)
    measures.complete_data(session, quarter.provider, quarter.appraisal.id)
    ratings = [GoalRating(quarter.sheet.id, "plan", quarter.sheet.share)]
    reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="完成了主要目标。", ratings=ratings)
    stand_in = factories.an_employee(session, "吴代理")
    today = clock.today()
    factories.a_delegation(session, quarter.head, stand_in, today, today + timedelta(days=30))
    return Contest(
        appraisal_id=quarter.appraisal.id,
        sheet_id=quarter.sheet.id,
        supervisor=session.get_one(Account, quarter.supervisor.account_id),
        stand_in=factories.an_account(session, "employee", employee=stand_in),
        hr=factories.an_account(session, "hr"),
    )


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """The answers to what is sent at the same moment, each from a thread of its own."""
    barrier = Barrier(len(acts))

    def act(one: Callable[[], Answer]) -> Answer:
        barrier.wait(timeout=60)
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        # Each thread gets the clock of this one.
        return [one.result() for one in [pool.submit(copy_context().run, act, each) for each in acts]]


def same_version(contest: Contest, rivals: tuple[Caller, Caller], rounds: int) -> Counter[tuple[int, ...]]:
    """How often the two reviews of one version were answered with which pair of statuses; between rounds it is taken back.

    Whoever is late is shown the case as the other has left it.
    """
    case, ratings = f"/appraisals/{contest.appraisal_id}", [{"sheet_id": contest.sheet_id, "item": "plan", "rating": "85"}]
    outcomes: Counter[tuple[int, ...]] = Counter()
    version = rivals[0].get(case).version
    for number in range(rounds):
        body = {"comment": f"第 {number} 轮", "ratings": ratings}
        answers = at_once(*(partial(who.post, f"{case}/review", body, version=version) for who in rivals))
        outcomes[tuple(sorted(answer.status for answer in answers))] += 1
        winner, loser = sorted(answers, key=lambda answer: answer.status)
        if (winner.status, loser.status) == (200, 412):
            assert loser.json["current"]["version"] == winner.version, loser.json
        back = {"action": "withdraw_review", "reason": "下一轮"}
        version = rivals[number % 2].post(f"{case}/moves", back, version=winner.version).version
    return outcomes


def same_key(rivals: tuple[Caller, Caller], rounds: int, first: int = 0) -> Counter[str]:
    """How often a goal that was sent twice at once, with one key, was made once and answered alike."""
    outcomes: Counter[str] = Counter()
    before = rivals[0].get("/goals", limit=1).json["total"]
    for number in range(first, first + rounds):
        body, key = {"period": "2026", "name": f"目标 {number}"}, f"round-{number}"
        one, other = at_once(*(partial(who.post, "/goals", body, key=key) for who in rivals))
        replayed = sum("Idempotency-Replayed" in answer.headers for answer in (one, other))
        after = rivals[0].get("/goals", limit=1).json["total"]
        made = (one.status, other.status, one.json == other.json, replayed, after - before)
        outcomes["once" if made == (201, 201, True, 1, 1) else str(made)] += 1
        before = after
    return outcomes
