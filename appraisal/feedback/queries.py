"""Reads of 360° feedback: forms, raters, what somebody is asked, and what a closed round says of people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from appraisal import clock
from appraisal.core.errors import Message
from appraisal.core.numbers import parse_number
from appraisal.cycles.models import Appraisal
from appraisal.feedback.aggregate import Scale, mean, points, rounded
from appraisal.feedback.boxes import shuffled
from appraisal.feedback.models import (
    APPROVED,
    OPEN,
    RATING,
    FeedbackBallot,
    FeedbackGroup,
    FeedbackGroupResult,
    FeedbackQuestion,
    FeedbackRater,
    FeedbackRemark,
    FeedbackResult,
    FeedbackRound,
)
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Form:
    """A round with its groups and questions, each in their order."""

    round: FeedbackRound
    groups: tuple[FeedbackGroup, ...]
    questions: tuple[FeedbackQuestion, ...]

    @property
    def scale(self) -> Scale:
        """The scale of the ratings."""
        return Scale(self.round.scale_from, self.round.scale_to, self.round.places)

    @property
    def rated(self) -> tuple[str, ...]:
        """The codes of the questions that are rated."""
        return tuple(question.code for question in self.questions if question.kind == RATING)


@dataclass(frozen=True)
class Rater:
    """Somebody proposed as a rater, with the name they go by. Whether they have answered is not told."""

    row: FeedbackRater
    number: str | None
    name: str


@dataclass(frozen=True)
class Progress:
    """How many are asked about a person, and how many of them have not answered yet."""

    asked: int
    waiting: int


@dataclass(frozen=True)
class Asked:
    """One request to answer: about whom, as one of which group."""

    rater: FeedbackRater
    subject: str
    round: FeedbackRound


@dataclass(frozen=True)
class GroupReport:
    """What a group, or several merged, says: means on the form's scale, points of 100, remarks in an order of this reading."""

    names: tuple[Message, ...]
    answers: int
    points: Decimal
    means: Mapping[str, Decimal]
    remarks: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Report:
    """What a closed round says of a person."""

    score: Decimal | None
    answers: int
    withheld: int
    groups: tuple[GroupReport, ...]


def score_of(session: Session, appraisal_id: int) -> Decimal | None:
    """The 360° score of an appraisal, 0 to 100; None before the round has closed and where too few answered (R-002-10)."""
    return scores_of(session, [appraisal_id]).get(appraisal_id)


def scores_of(session: Session, appraisal_ids: Collection[int]) -> dict[int, Decimal]:
    """The 360° scores of many appraisals; one without a score is absent."""
    found = select(FeedbackResult.appraisal_id, FeedbackResult.score).where(
        col(FeedbackResult.appraisal_id).in_(appraisal_ids), col(FeedbackResult.score).is_not(None)
    )
    return {appraisal_id: score for appraisal_id, score in session.exec(found) if score is not None}


def round_of(session: Session, cycle_id: int) -> FeedbackRound | None:
    """The round of a cycle."""
    return session.exec(select(FeedbackRound).where(FeedbackRound.cycle_id == cycle_id)).one_or_none()


def form_of(session: Session, feedback_round: FeedbackRound) -> Form:
    """A round with its groups and questions."""
    groups = select(FeedbackGroup).where(FeedbackGroup.round_id == feedback_round.id).order_by(FeedbackGroup.position)
    questions = (
        select(FeedbackQuestion).where(FeedbackQuestion.round_id == feedback_round.id).order_by(FeedbackQuestion.position)
    )
    return Form(feedback_round, tuple(session.exec(groups)), tuple(session.exec(questions)))


def raters_of(session: Session, appraisal_id: int) -> list[Rater]:
    """Everybody proposed for a person, by group and name."""
    found = (
        select(FeedbackRater, Employee.number, Employee.name)
        .join(Employee, col(Employee.id) == FeedbackRater.employee_id, isouter=True)
        .where(FeedbackRater.appraisal_id == appraisal_id)
        .order_by(FeedbackRater.group_code, func.coalesce(Employee.name, FeedbackRater.name), FeedbackRater.id)
    )
    return [Rater(row, number, name or row.name or "") for row, number, name in session.exec(found)]


def named(session: Session, row: FeedbackRater) -> Rater:
    """A rater with the name they go by."""
    employee = session.get(Employee, row.employee_id) if row.employee_id is not None else None
    return Rater(row, employee.number if employee else None, employee.name if employee else row.name or "")


def progress_of(session: Session, appraisal_id: int) -> Progress:
    """How far the answers about a person have come, in counts only."""
    asked = select(func.count()).where(FeedbackRater.appraisal_id == appraisal_id, FeedbackRater.status == APPROVED)
    waiting = select(func.count()).where(
        FeedbackRater.appraisal_id == appraisal_id, FeedbackBallot.rater_id == FeedbackRater.id
    )
    return Progress(session.exec(asked).one(), session.exec(waiting).one())


def asked_by_group(session: Session, appraisal_id: int) -> dict[str, int]:
    """How many raters of each group are approved for a person."""
    found = (
        select(FeedbackRater.group_code, func.count())
        .where(FeedbackRater.appraisal_id == appraisal_id, FeedbackRater.status == APPROVED)
        .group_by(FeedbackRater.group_code)
    )
    return dict(session.exec(found).all())


def waiting_in(session: Session, round_id: int) -> Sequence[tuple[FeedbackRater, FeedbackBallot]]:
    """The raters of a round whose ballot is still out."""
    found = select(FeedbackRater, FeedbackBallot).where(
        FeedbackRater.round_id == round_id, FeedbackBallot.rater_id == FeedbackRater.id
    )
    return session.exec(found.order_by(FeedbackRater.id)).all()


def asking(employee_id: int | None) -> Any:
    """What an employee is still asked to answer today, as a select of rater, name of the person, and round."""
    return (
        select(FeedbackRater, Employee.name, FeedbackRound)
        .join(FeedbackBallot, col(FeedbackBallot.rater_id) == FeedbackRater.id)
        .join(FeedbackRound, col(FeedbackRound.id) == FeedbackRater.round_id)
        .join(Appraisal, col(Appraisal.id) == FeedbackRater.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        # An account without employee must not be asked what outsiders, who have none either, are asked.
        .where(FeedbackRater.employee_id == employee_id, col(FeedbackRater.employee_id).is_not(None))
        .where(FeedbackRound.status == OPEN, FeedbackRound.answers_until >= clock.today())
    )


def asked_of(session: Session, employee_id: int) -> list[Asked]:
    """What an employee is still asked to answer today, the round that ends first at the head."""
    found = asking(employee_id).order_by(FeedbackRound.answers_until, FeedbackRater.id)
    return [Asked(*row) for row in session.exec(found)]


def report_of(session: Session, appraisal_id: int) -> Report | None:
    """What a closed round says of a person, in groups of at least the minimum; None before it has closed."""
    result = session.get(FeedbackResult, appraisal_id)
    if result is None:
        return None
    form = form_of(session, session.get_one(FeedbackRound, result.round_id))
    shown = session.exec(select(FeedbackGroupResult).where(FeedbackGroupResult.appraisal_id == appraisal_id)).all()
    order = [group.code for group in form.groups]
    remarks = session.exec(
        select(FeedbackRemark).where(col(FeedbackRemark.group_result_id).in_([one.id for one in shown]))
    ).all()
    groups = [_group_report(form, one, remarks) for one in sorted(shown, key=lambda one: order.index(one.groups[0]))]
    return Report(result.score, result.answers, result.withheld, tuple(groups))


def _group_report(form: Form, shown: FeedbackGroupResult, remarks: Sequence[FeedbackRemark]) -> GroupReport:
    names = tuple(Message(group.name_zh, group.name_en) for group in form.groups if group.code in shown.groups)
    sums = {code: parse_number(text) for code, text in shown.sums.items()}
    texts: dict[str, list[str]] = {}
    for remark in shuffled(remarks):
        if remark.group_result_id == shown.id:
            texts.setdefault(remark.question, []).append(remark.text)
    means = {code: rounded(mean(shown.answers, [total]), form.round.places) for code, total in sums.items()}
    return GroupReport(names, shown.answers, points(mean(shown.answers, list(sums.values())), form.scale), means, texts)
