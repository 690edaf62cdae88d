"""Answers given at the same moment: none is lost in the box they share, and nobody answers twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.errors import AppraisalError
from appraisal.feedback import boxes
from appraisal.feedback.models import FeedbackBallot, FeedbackBox, FeedbackResult
from appraisal.feedback.service import answers, reports
from tests.feedback.a_round import TODAY, UNTIL, Feedback, a_round, rated


@pytest.fixture
def feedback(engine: Engine) -> Iterator[tuple[Feedback, list[tuple[int, Actor]]]]:
    with clock.at(TODAY), db.transaction(engine, write=True) as session:
        made = a_round(session)
        asked = [(rater.id, actor) for rater, actor in (made.ask() for _ in range(6))]
    yield made, asked


def at_once(engine: Engine, acts: list[Callable[[Session], object]]) -> list[str]:
    """What became of acts in transactions of their own, all at the same moment: "done", or the code of the refusal."""

    def run(act: Callable[[Session], object]) -> str:
        try:
            with clock.at(TODAY), db.transaction(engine, write=True) as session:
                act(session)
            return "done"
        except AppraisalError as refused:
            return refused.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def answering(rater_id: int, actor: Actor) -> Callable[[Session], object]:
    return lambda session: answers.answer(session, actor, rater_id, ratings=rated("3 4"), remarks={})


def test_answers_at_the_same_moment_are_all_in_the_box(engine: Engine, feedback: tuple[Feedback, list[tuple[int, Actor]]]):
    _, asked = feedback
    assert at_once(engine, [answering(*one) for one in asked]) == ["done"] * 6
    with db.transaction(engine, write=False) as session:
        (box,) = session.exec(select(FeedbackBox)).all()
        assert (box.answers, len(boxes.opened(box))) == (6, 6)
        assert session.exec(select(FeedbackBallot)).all() == []


def test_of_the_same_answer_sent_twice_at_once_one_counts(engine: Engine, feedback: tuple[Feedback, list[tuple[int, Actor]]]):
    _, asked = feedback
    assert at_once(engine, [answering(*asked[0])] * 4) == ["already_answered"] * 3 + ["done"]
    with db.transaction(engine, write=False) as session:
        assert session.exec(select(FeedbackBox)).one().answers == 1


def test_an_answer_at_the_moment_of_closing_counts_or_is_refused(
    engine: Engine, feedback: tuple[Feedback, list[tuple[int, Actor]]]
):
    made, asked = feedback
    at_once(engine, [answering(*one) for one in asked[:5]])

    def close(session: Session) -> None:
        with clock.at(UNTIL + timedelta(days=1)):
            reports.close_round(session, made.hr, made.round.id)

    outcomes = at_once(engine, [close, answering(*asked[5])])
    with db.transaction(engine, write=False) as session:
        counted = session.exec(select(FeedbackResult)).one().answers
    assert (outcomes, counted) in ((["done", "done"], 6), (["done", "wrong_status"], 5))
