"""Rounds of 360° feedback: HR drafts one in an annual cycle, writes its questions, opens it, extends it, reminds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import models as cycle_models
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.feedback import queries
from appraisal.feedback.models import DRAFT, OPEN, RATING, TEXT, FeedbackGroup, FeedbackQuestion, FeedbackRound
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Employee

# A group is never shown with fewer, whatever a policy says: of two, each knows the other one's answer.
FEWEST = 3
MOST_QUESTIONS = 60


@dataclass(frozen=True)
class QuestionDraft:
    """A question, rated on the scale or answered in words."""

    code: str
    kind: str
    text_zh: str
    text_en: str


def find_round(session: Session, actor: Actor, round_id: int, *, lock: bool = False) -> tuple[FeedbackRound, Cycle]:
    """A round for HR, which alone runs it. Raises NotFound where there is none of theirs, NotAllowed for others."""
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    found = session.get(FeedbackRound, round_id, **how)
    if found is None:
        if actor.holds("hr"):
            raise NotFound()
        raise auth.for_others("hr")
    cycle = session.get_one(Cycle, found.cycle_id)
    if actor.holds("hr") and not actor.has("hr", unit=cycle.unit_id):
        raise NotFound(hidden=True)
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    return found, cycle


def draft_round(
    session: Session, actor: Actor, cycle_id: int, *, answers_until: date, questions: Sequence[QuestionDraft]
) -> FeedbackRound:
    """A round in an open annual cycle (R-002-10), with the groups, shares and scale of the cycle's policy.

    Raises Invalid `not_annual`, `no_feedback`, `bad_form`, Conflict when there is one.
    """
    cycle = session.get(Cycle, cycle_id)
    auth.require_role(actor, "hr", unit=cycle.unit_id if cycle else None)
    if cycle is None:
        raise NotFound()
    if cycle.cadence != "year":
        zh, en = "360°评价只在年度考核中进行 (002 第三条)", "360° feedback belongs to annual cycles (R-002-10)"
        raise Invalid("not_annual", zh, en, [Fault("cycle_id", zh, en)])
    cycle_service.require_status(cycle, cycle_models.OPEN)
    general = cycles.policy_of(session, cycle).general
    if general.feedback is None:
        zh, en = "该周期的制度没有规定360°评价 (policy.yaml: feedback)", "the cycle's policy has no 360° feedback (policy.yaml)"
        raise Invalid("no_feedback", zh, en, [Fault("cycle_id", zh, en)])
    _require_future(answers_until)
    _require_form(questions)
    if queries.round_of(session, cycle_id) is not None:
        raise Conflict("already_exists", f"周期 {cycle.code} 已有360°评价", f"the cycle {cycle.code} has its round already")
    made = FeedbackRound(
        cycle_id=cycle_id,
        minimum=max(general.feedback.minimum_raters, FEWEST),
        scale_from=general.feedback.scale.minimum,
        scale_to=general.feedback.scale.maximum,
        places=general.precision,
        answers_until=answers_until,
    )
    session.add(made)
    session.flush()
    session.add_all(
        FeedbackGroup(
            round_id=made.id,
            code=group.id,
            position=position,
            name_zh=group.name.zh,
            name_en=group.name.en,
            share=group.share,
            minimum=group.minimum,
        )
        for position, group in enumerate(general.feedback.groups)
    )
    _store(session, made, questions)
    after = {"cycle": cycle.code, "answers_until": answers_until, "questions": [question.code for question in questions]}
    audit.record(session, actor, "feedback.draft", "feedback_round", made.id, after=after)
    return made


def set_questions(
    session: Session, actor: Actor, round_id: int, questions: Sequence[QuestionDraft], *, version: int | None = None
) -> FeedbackRound:
    """Makes these the questions of a draft; an open round keeps its own, so that all answers are to the same form."""
    found, _ = find_round(session, actor, round_id, lock=True)
    db.expect_version(found, version)
    require_status(found, DRAFT)
    _require_form(questions)
    before = [question.code for question in queries.form_of(session, found).questions]
    for question in queries.form_of(session, found).questions:
        session.delete(question)
    session.flush()
    _store(session, found, questions)
    flag_modified(found, "status")  # the questions are rows of their own, and the version is that of the whole form
    session.flush()
    after = {"questions": [question.code for question in questions]}
    audit.record(
        session, actor, "feedback.set_questions", "feedback_round", found.id, before={"questions": before}, after=after
    )
    return found


def open_round(session: Session, actor: Actor, round_id: int, *, version: int | None = None) -> FeedbackRound:
    """Lets raters be proposed, approved and asked."""
    found, cycle = find_round(session, actor, round_id, lock=True)
    db.expect_version(found, version)
    require_status(found, DRAFT)
    cycle_service.require_status(cycle, cycle_models.OPEN)
    _require_future(found.answers_until)
    found.status, found.opened_at = OPEN, clock.now()
    session.flush()
    audit.record(session, actor, "feedback.open", "feedback_round", found.id, before={"status": DRAFT}, after={"status": OPEN})
    return found


def extend_round(
    session: Session, actor: Actor, round_id: int, *, answers_until: date, reason: str, version: int | None = None
) -> FeedbackRound:
    """Gives more time to answer (D-17). Links of outsiders end when they said and are issued anew."""
    found, _ = find_round(session, actor, round_id, lock=True)
    db.expect_version(found, version)
    require_status(found, OPEN)
    require_text(500, reason=reason)
    _require_future(answers_until)
    before = {"answers_until": found.answers_until}
    found.answers_until = answers_until
    session.flush()
    after = {"answers_until": answers_until}
    audit.record(session, actor, "feedback.extend", "feedback_round", found.id, before=before, after=after, reason=reason)
    return found


def remind_raters(session: Session, actor: Actor, round_id: int) -> int:
    """Reminds every employee whose answer is still out, once each however many they owe; how many people. Nobody is named."""
    found, _ = find_round(session, actor, round_id)
    require_status(found, OPEN)
    owed: dict[int, int] = {}
    for rater, _ballot in queries.waiting_in(session, round_id):
        if rater.employee_id is not None:
            owed[rater.employee_id] = owed.get(rater.employee_id, 0) + 1
    for employee_id, count in sorted(owed.items()):
        about = ("feedback_round", round_id)
        notify.post(session, employee_id, "feedback_due", about=about, count=count, until=found.answers_until)
    session.flush()
    audit.record(session, actor, "feedback.remind", "feedback_round", round_id, after={"people": len(owed)})
    return len(owed)


def require_status(found: FeedbackRound, status: str) -> None:
    """Refuses what a round of another status does not allow. Raises Conflict `wrong_status`."""
    if found.status != status:
        now = label("feedback_status", found.status)
        zh, en = f"360°评价当前为“{now.zh}”, 不能执行此操作", f"the 360° round is {now.en}: not possible now"
        raise Conflict("wrong_status", zh, en)


def subject_of(session: Session, appraisal_id: int) -> Employee:
    """The person an appraisal is of."""
    return session.get_one(Employee, session.get_one(Appraisal, appraisal_id).employee_id)


def _require_future(answers_until: date) -> None:
    if answers_until < clock.today():
        zh, en = "截止日期不能早于今天", "the last day to answer cannot lie in the past"
        raise Invalid("bad_dates", zh, en, [Fault("answers_until", zh, en)])


def _require_form(questions: Sequence[QuestionDraft]) -> None:
    """Refuses, all at once, a form that cannot be answered or reckoned."""
    faults = []
    codes = [question.code for question in questions]
    if not any(question.kind == RATING for question in questions) or len(questions) > MOST_QUESTIONS:
        zh, en = f"须有至少一个评分问题, 至多 {MOST_QUESTIONS} 题", f"a form has a rated question, and at most {MOST_QUESTIONS}"
        faults.append(Fault("questions", zh, en))
    for index, question in enumerate(questions):
        path = f"questions[{index}]"
        require_text(40, **{f"{path}.code": question.code})
        require_text(500, **{f"{path}.text_zh": question.text_zh, f"{path}.text_en": question.text_en})
        if question.kind not in (RATING, TEXT):
            faults.append(Fault(f"{path}.kind", "问题类型须为 rating 或 text", "a question is rating or text"))
        if codes.index(question.code) != index:
            faults.append(Fault(f"{path}.code", f"问题 {question.code} 重复", f"the question {question.code} is there twice"))
    if faults:
        raise Invalid("bad_form", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)


def _store(session: Session, found: FeedbackRound, questions: Sequence[QuestionDraft]) -> None:
    session.add_all(FeedbackQuestion(round_id=found.id, position=n, **vars(one)) for n, one in enumerate(questions))
    session.flush()
