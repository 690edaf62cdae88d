"""Answering: once, by the rater alone, into the sealed box of the group. Nothing here leads from the answer to who gave it."""

from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_figures
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.feedback import boxes, queries
from appraisal.feedback.aggregate import Answer
from appraisal.feedback.models import APPROVED, OPEN, TEXT, FeedbackBallot, FeedbackBox, FeedbackRater, FeedbackRound
from appraisal.feedback.queries import Asked, Form
from appraisal.feedback.service.raters import token_hash
from appraisal.feedback.service.rounds import require_status, subject_of

LONGEST_REMARK = 2000
# The trail says that somebody answered, in which round, and no more.
NOBODY = Actor(account_id=None, employee_id=None, name="评价人")


def find_asked(session: Session, actor: Actor, rater_id: int) -> tuple[Asked, Form]:
    """What an employee is asked, answered or not. Raises NotFound for everybody else, HR and auditors too."""
    rater = session.get(FeedbackRater, rater_id)
    if rater is None or rater.employee_id is None or rater.employee_id != actor.employee_id or rater.status != APPROVED:
        raise NotFound(hidden=rater is not None)
    return _asked(session, rater)


def find_asked_outsider(session: Session, token: str) -> tuple[Asked, Form]:
    """What an outsider is asked. A link that is unknown, used, replaced or too old is NotFound alike."""
    found = (
        select(FeedbackRater)
        .join(FeedbackBallot)
        .where(FeedbackBallot.token_hash == token_hash(token), FeedbackBallot.expires_at > clock.now())
    )
    rater = session.exec(found).one_or_none()
    if rater is None:
        raise NotFound()
    return _asked(session, rater)


def answer(
    session: Session, actor: Actor, rater_id: int, *, ratings: Mapping[str, Decimal], remarks: Mapping[str, str]
) -> None:
    """An employee's answer: a rating for each rated question, words where they like. Raises Conflict `already_answered`.

    A clerk would know whose answer it is, so nobody answers on behalf of another.
    """
    asked, form = find_asked(session, actor, rater_id)
    if actor.on_behalf_of is not None:
        zh, en = "360°评价须由本人作答, 不能代录", "360° feedback is given in person, never on somebody's behalf"
        raise NotAllowed("in_person", zh, en)
    _cast(session, asked, form, ratings, remarks)


def answer_as_outsider(session: Session, token: str, *, ratings: Mapping[str, Decimal], remarks: Mapping[str, str]) -> None:
    """An outsider's answer; the link ends with it. Raises NotFound like `find_asked_outsider`."""
    asked, form = find_asked_outsider(session, token)
    _cast(session, asked, form, ratings, remarks)


def _asked(session: Session, rater: FeedbackRater) -> tuple[Asked, Form]:
    form = queries.form_of(session, session.get_one(FeedbackRound, rater.round_id))
    return Asked(rater, subject_of(session, rater.appraisal_id).name, form.round), form


def _cast(session: Session, asked: Asked, form: Form, ratings: Mapping[str, Decimal], remarks: Mapping[str, str]) -> None:
    rater = asked.rater
    # Shared with other answers, but not with the closing, which would count without this one and then tear its box away.
    locked = select(FeedbackRound).where(FeedbackRound.id == rater.round_id).with_for_update(read=True)
    held = session.exec(locked.execution_options(populate_existing=True)).one()
    require_status(held, OPEN)
    appraisal = session.get_one(Appraisal, rater.appraisal_id)
    cycle_service.require_running(session.get_one(Cycle, appraisal.cycle_id), appraisal)
    if held.answers_until < clock.today():
        raise Conflict("too_late", f"作答已于 {held.answers_until} 截止", f"answers were due on {held.answers_until}")
    given = _checked(form, ratings, remarks)
    db.one_at_a_time(session, f"feedback box {rater.appraisal_id} {rater.group_code}")
    ballot = session.get(FeedbackBallot, rater.id, populate_existing=True)
    if ballot is None:
        raise Conflict("already_answered", "您已作答, 每人只能作答一次", "you have answered already: once only")
    session.delete(ballot)
    box = session.get(FeedbackBox, (rater.appraisal_id, rater.group_code), populate_existing=True)
    if box is None:
        box = FeedbackBox(appraisal_id=rater.appraisal_id, group_code=rater.group_code, round_id=held.id, answers=0, sealed=b"")
        boxes.fill(box, [given])
        session.add(box)
    else:
        boxes.fill(box, [*boxes.opened(box), given])
    session.flush()
    audit.record(session, NOBODY, "feedback.answer", "feedback_round", held.id)


def _checked(form: Form, ratings: Mapping[str, Decimal], remarks: Mapping[str, str]) -> Answer:
    """The answer, if it fits the form. Raises Invalid `bad_answer` with everything that does not."""
    require_figures({f"ratings.{code}": rating for code, rating in ratings.items()})
    scale, faults = form.scale, []
    for code in form.rated:
        if code not in ratings:
            faults.append(Fault(f"ratings.{code}", f"问题 {code} 尚未评分", f"the question {code} is not rated yet"))
        elif not scale.lowest <= ratings[code] <= scale.highest:
            zh = f"评分须在 {scale.lowest:f} 与 {scale.highest:f} 之间"
            faults.append(Fault(f"ratings.{code}", zh, f"ratings go from {scale.lowest:f} to {scale.highest:f}"))
    texts = {question.code for question in form.questions if question.kind == TEXT}
    for path, unknown in (("ratings", ratings.keys() - set(form.rated)), ("remarks", remarks.keys() - texts)):
        faults += [Fault(f"{path}.{code}", f"没有问题 {code}", f"there is no question {code}") for code in sorted(unknown)]
    for code, remark in remarks.items():
        if len(remark) > LONGEST_REMARK or "\x00" in remark:
            faults.append(Fault(f"remarks.{code}", f"至多 {LONGEST_REMARK} 字", f"at most {LONGEST_REMARK} characters"))
    if faults:
        raise Invalid("bad_answer", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)
    return Answer({code: ratings[code] for code in form.rated}, {code: text for code, text in remarks.items() if text.strip()})
