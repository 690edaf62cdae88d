"""Closing a round: boxes are emptied once, what may be shown is kept, the rest is gone. And who may read it afterwards."""

import secrets
from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session, col, delete, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import as_text
from appraisal.cycles.models import Appraisal
from appraisal.errors import Conflict
from appraisal.feedback import boxes, queries
from appraisal.feedback.aggregate import Answer, aggregate, score
from appraisal.feedback.models import (
    CLOSED,
    OPEN,
    FeedbackBallot,
    FeedbackBox,
    FeedbackGroupResult,
    FeedbackRater,
    FeedbackRemark,
    FeedbackResult,
    FeedbackRound,
)
from appraisal.feedback.queries import Form, Report
from appraisal.feedback.service.raters import find_case
from appraisal.feedback.service.rounds import find_round, require_status

READERS = ("employee", "supervisor", "unit_head", "hr", "approver", "auditor")


def close_round(session: Session, actor: Actor, round_id: int, *, version: int | None = None) -> FeedbackRound:
    """Ends a round for good: once nobody is waited for, or after the last day. Raises Conflict `still_asked` before.

    The boxes and ballots are gone afterwards; nothing can be opened, recomputed or told apart again.
    """
    found, _ = find_round(session, actor, round_id, lock=True)
    db.expect_version(found, version)
    require_status(found, OPEN)
    waiting = len(queries.waiting_in(session, round_id))
    if waiting and clock.today() <= found.answers_until:
        zh = f"还有 {waiting} 份评价未作答; 截止日 {found.answers_until} 之后方可结束"
        en = f"{waiting} answers are still out: close after {found.answers_until}"
        raise Conflict("still_asked", zh, en)
    form, answers = queries.form_of(session, found), _emptied(session, round_id)
    results = [_result(session, form, appraisal_id, given) for appraisal_id, given in sorted(answers.items())]
    raters = select(FeedbackRater.id).where(FeedbackRater.round_id == round_id)
    session.exec(delete(FeedbackBallot).where(col(FeedbackBallot.rater_id).in_(raters)))
    session.exec(delete(FeedbackBox).where(col(FeedbackBox.round_id) == round_id))
    found.status, found.closed_at = CLOSED, clock.now()
    session.flush()
    scored = sum(result.score is not None for result in results)
    after = {"status": CLOSED, "people": len(results), "scored": scored, "answers": sum(one.answers for one in results)}
    audit.record(session, actor, "feedback.close", "feedback_round", round_id, before={"status": OPEN}, after=after)
    return found


def show_report(session: Session, actor: Actor, appraisal_id: int) -> Report:
    """What a closed round says of a person, to them and those who handle their case. Raises Conflict `not_closed` before."""
    case = find_case(session, actor, appraisal_id, *READERS)
    if case.round.status != CLOSED:
        zh, en = "360°评价结束后才能查看汇总", "what was answered is shown in sum, once the round has closed"
        raise Conflict("not_closed", zh, en)
    return queries.report_of(session, appraisal_id) or Report(None, 0, 0, ())


def _emptied(session: Session, round_id: int) -> dict[int, dict[str, list[Answer]]]:
    """The answers of a round, by person and group; those about somebody who is no longer rated are left to be thrown away."""
    found = (
        select(FeedbackBox)
        .join(Appraisal, col(Appraisal.id) == FeedbackBox.appraisal_id)
        .where(FeedbackBox.round_id == round_id, col(Appraisal.rated).is_(True))
    )
    answers: dict[int, dict[str, list[Answer]]] = {}
    for box in session.exec(found):
        answers.setdefault(box.appraisal_id, {})[box.group_code] = boxes.opened(box)
    return answers


def _result(session: Session, form: Form, appraisal_id: int, answers: Mapping[str, list[Answer]]) -> FeedbackResult:
    shares: dict[str, Decimal] = {group.code: group.share for group in form.groups}
    found = aggregate(shares, answers, form.round.minimum)
    parts = [(one.share, len(one.answers), one.sums) for one in found.shown]
    result = FeedbackResult(
        appraisal_id=appraisal_id,
        round_id=form.round.id,
        score=score(parts, form.scale),
        answers=sum(count for _, count, _ in parts),
        withheld=found.withheld,
    )
    session.add(result)
    session.flush()
    remarks = []
    for one in found.shown:
        row = FeedbackGroupResult(
            id=secrets.token_hex(16),
            appraisal_id=appraisal_id,
            groups=list(one.groups),
            share=one.share,
            answers=len(one.answers),
            sums=as_text(one.sums),
        )
        session.add(row)
        texts = [(question, text) for answer in one.answers for question, text in answer.remarks.items()]
        remarks += [FeedbackRemark(id=secrets.token_hex(16), group_result_id=row.id, question=q, text=t) for q, t in texts]
    session.flush()
    session.add_all(boxes.shuffled(remarks))
    session.flush()
    return result
