"""Endpoints of 360° feedback: rounds, raters, answers, reports.

Answering is `plain` on purpose: an idempotency key would be kept with the account and a fingerprint of the answer, and so
would an outsider's link with the answer that shows it.
"""

from typing import Any

from sqlmodel import col, select

from appraisal import rest
from appraisal.core.errors import Message
from appraisal.cycles.models import Cycle
from appraisal.errors import Fault, Invalid
from appraisal.feedback import queries, schemas
from appraisal.feedback.models import FeedbackQuestion, FeedbackRater, FeedbackRound
from appraisal.feedback.queries import Asked, Form, Rater
from appraisal.feedback.service import answers, raters, reports, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.feedback.service.rounds import QuestionDraft
from appraisal.people import auth

endpoints = rest.Endpoints("feedback", "360°评价 · 360° feedback: rounds, raters, anonymous answers, what is shown of them")

SEE_RATERS = ("employee", "supervisor", "unit_head", "hr", "auditor")


# Rounds


@endpoints.get("/feedback/rounds", schemas.FeedbackRoundFilter, out=rest.page_of(schemas.FeedbackRoundRowOut))
def list_feedback_rounds(query: dict[str, Any]) -> rest.Page:
    """The rounds, newest first. For HR."""
    actor = rest.actor()
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    found = select(FeedbackRound).join(Cycle, col(Cycle.id) == FeedbackRound.cycle_id)
    units = actor.units_of("hr")
    if units is not None:
        found = found.where(col(Cycle.unit_id).in_(units))
    if query["status"] is not None:
        found = found.where(FeedbackRound.status == query["status"])
    return rest.paged(rest.session(), found, [(FeedbackRound.id, "desc")], query)


@endpoints.get("/feedback/rounds/<int:round_id>", out=schemas.FeedbackRoundOut)
def show_feedback_round(round_id: int) -> dict[str, Any]:
    """A round with its groups and questions. For HR."""
    found, _ = rounds.find_round(rest.session(), rest.actor(), round_id)
    form = queries.form_of(rest.session(), found)
    groups = [
        {"code": one.code, "name": Message(one.name_zh, one.name_en), "share": one.share, "minimum": one.minimum}
        for one in form.groups
    ]
    return found.model_dump() | {"groups": groups, "questions": [_question(one) for one in form.questions]}


@endpoints.post("/feedback/rounds", schemas.FeedbackRoundIn, out=schemas.FeedbackRoundOut, creates=True)
def draft_feedback_round(body: dict[str, Any]) -> dict[str, Any]:
    """Draft the round of an open annual cycle; groups, shares and scale are those of its policy."""
    questions = [QuestionDraft(**one) for one in body.pop("questions")]
    return _shown(rounds.draft_round(rest.session(), rest.actor(), body.pop("cycle_id"), **body, questions=questions))


@endpoints.put(
    "/feedback/rounds/<int:round_id>", schemas.FeedbackQuestionsIn, out=schemas.FeedbackRoundOut, of=show_feedback_round
)
def set_feedback_questions(body: dict[str, Any], round_id: int, version: int) -> dict[str, Any]:
    """Make these the questions of a draft."""
    questions = [QuestionDraft(**one) for one in body["questions"]]
    return _shown(rounds.set_questions(rest.session(), rest.actor(), round_id, questions, version=version))


@endpoints.post(
    "/feedback/rounds/<int:round_id>/opening", schemas.FeedbackMomentIn, out=schemas.FeedbackRoundOut, of=show_feedback_round
)
def open_feedback_round(body: dict[str, Any], round_id: int, version: int) -> dict[str, Any]:
    """Let raters be proposed, approved and asked."""
    return _shown(rounds.open_round(rest.session(), rest.actor(), round_id, version=version))


@endpoints.post(
    "/feedback/rounds/<int:round_id>/extension",
    schemas.FeedbackExtensionIn,
    out=schemas.FeedbackRoundOut,
    of=show_feedback_round,
)
def extend_feedback_round(body: dict[str, Any], round_id: int, version: int) -> dict[str, Any]:
    """Give more time to answer, with a reason."""
    return _shown(rounds.extend_round(rest.session(), rest.actor(), round_id, **body, version=version))


@endpoints.post(
    "/feedback/rounds/<int:round_id>/reminders", schemas.FeedbackMomentIn, out=schemas.FeedbackRemindedOut, plain=True
)
def remind_feedback_raters(body: dict[str, Any], round_id: int) -> dict[str, int]:
    """Remind every employee whose answer is still out; says how many, not who."""
    return {"people": rounds.remind_raters(rest.session(), rest.actor(), round_id)}


@endpoints.post(
    "/feedback/rounds/<int:round_id>/closing", schemas.FeedbackMomentIn, out=schemas.FeedbackRoundOut, of=show_feedback_round
)
def close_feedback_round(body: dict[str, Any], round_id: int, version: int) -> dict[str, Any]:
    """End the round for good, after its last day or when nobody is waited for."""
    return _shown(reports.close_round(rest.session(), rest.actor(), round_id, version=version))


# Raters


@endpoints.get("/feedback/appraisals/<int:appraisal_id>", out=schemas.FeedbackCaseOut)
def show_feedback_case(appraisal_id: int) -> dict[str, Any]:
    """Who is proposed to rate a person; how many answers are out, for supervisor and HR."""
    case = raters.find_case(rest.session(), rest.actor(), appraisal_id, *SEE_RATERS)
    form, asked = queries.form_of(rest.session(), case.round), queries.asked_by_group(rest.session(), appraisal_id)
    handles = not case.relations.isdisjoint(("supervisor", "hr"))
    return {
        "appraisal_id": appraisal_id,
        "round_id": case.round.id,
        "status": case.round.status,
        "answers_until": case.round.answers_until,
        "waiting": queries.progress_of(rest.session(), appraisal_id).waiting if handles else None,
        "groups": [_group(form, one.code) | {"asked": asked.get(one.code, 0), "minimum": one.minimum} for one in form.groups],
        "raters": [_rater(one, case.relations) for one in queries.raters_of(rest.session(), appraisal_id)],
    }


@endpoints.get("/feedback/raters/<int:rater_id>", out=schemas.FeedbackRaterOut)
def show_feedback_rater(rater_id: int) -> dict[str, Any]:
    """A proposed rater, for whoever sees who is proposed for that person."""
    row, case = raters.find_rater(rest.session(), rest.actor(), rater_id, *SEE_RATERS)
    return _rater(queries.named(rest.session(), row), case.relations)


@endpoints.post(
    "/feedback/appraisals/<int:appraisal_id>/raters", schemas.FeedbackRaterIn, out=schemas.FeedbackRaterOut, creates=True
)
def propose_feedback_rater(body: dict[str, Any], appraisal_id: int) -> dict[str, Any]:
    """Propose somebody to rate a person: by that person, the supervisor or HR."""
    return _rater_shown(raters.propose_rater(rest.session(), rest.actor(), appraisal_id, RaterDraft(**body)))


@endpoints.post(
    "/feedback/raters/<int:rater_id>/decision", schemas.FeedbackDecisionIn, out=schemas.FeedbackRaterOut, of=show_feedback_rater
)
def decide_feedback_rater(body: dict[str, Any], rater_id: int, version: int) -> dict[str, Any]:
    """Approve a rater, who is asked at once, or refuse: supervisor or HR, other than who proposed them."""
    return _rater_shown(raters.decide_rater(rest.session(), rest.actor(), rater_id, **body, version=version))


@endpoints.post(
    "/feedback/raters/<int:rater_id>/withdrawal", schemas.FeedbackReasonIn, out=schemas.FeedbackRaterOut, of=show_feedback_rater
)
def withdraw_feedback_rater(body: dict[str, Any], rater_id: int, version: int) -> dict[str, Any]:
    """Take a rater out, by HR; an answer that was given stays, because nobody can tell which it is."""
    return _rater_shown(raters.withdraw_rater(rest.session(), rest.actor(), rater_id, **body, version=version))


@endpoints.post("/feedback/raters/<int:rater_id>/link", schemas.FeedbackMomentIn, out=schemas.FeedbackLinkOut, plain=True)
def issue_feedback_link(body: dict[str, Any], rater_id: int) -> raters.Link:
    """A new single-use link for an outsider, shown this once; an earlier one ends. By HR."""
    return raters.issue_link(rest.session(), rest.actor(), rater_id)


# Answers


@endpoints.get("/feedback/requests", rest.Listing, out=rest.page_of(schemas.FeedbackRequestRowOut))
def list_feedback_requests(query: dict[str, Any]) -> rest.Page:
    """What one is still asked to answer, the round that ends first at the head."""
    order = [(FeedbackRound.answers_until, "asc"), (FeedbackRater.id, "asc")]
    page = rest.paged(rest.session(), queries.asking(rest.actor().employee_id), order, query)
    return page.with_items(
        [{"id": rater.id, "subject": name, "answers_until": held.answers_until} for rater, name, held in page.items]
    )


@endpoints.get("/feedback/requests/<int:rater_id>", out=schemas.FeedbackFormOut)
def show_feedback_request(rater_id: int) -> dict[str, Any]:
    """The form one is asked to answer."""
    return _form(*answers.find_asked(rest.session(), rest.actor(), rater_id))


@endpoints.post("/feedback/requests/<int:rater_id>/answer", schemas.FeedbackAnswerIn, plain=True)
def give_feedback(body: dict[str, Any], rater_id: int) -> None:
    """Answer, once and for good. Who it was cannot be told from it, so it can be neither shown again nor taken back."""
    answers.answer(rest.session(), rest.actor(), rater_id, ratings=body["ratings"], remarks=_remarks(body))


@endpoints.post("/feedback/outside/form", schemas.FeedbackLinkIn, out=schemas.FeedbackFormOut, plain=True, public=True)
def show_feedback_form_outside(body: dict[str, Any]) -> dict[str, Any]:
    """The form behind an outsider's link."""
    return _form(*answers.find_asked_outsider(rest.session(), body["token"]))


@endpoints.post("/feedback/outside/answer", schemas.FeedbackOutsiderAnswerIn, plain=True, public=True)
def give_feedback_outside(body: dict[str, Any]) -> None:
    """An outsider's answer; the link ends with it."""
    answers.answer_as_outsider(rest.session(), body["token"], ratings=body["ratings"], remarks=_remarks(body))


@endpoints.get("/feedback/appraisals/<int:appraisal_id>/report", out=schemas.FeedbackReportOut, conflicts=True)
def show_feedback_report(appraisal_id: int) -> dict[str, Any]:
    """What a closed round says of a person: groups of at least three, small ones merged or withheld."""
    report = reports.show_report(rest.session(), rest.actor(), appraisal_id)
    groups = [
        {
            "names": one.names,
            "answers": one.answers,
            "points": one.points,
            "means": [{"question": code, "mean": mean} for code, mean in one.means.items()],
            "remarks": [{"question": code, "texts": texts} for code, texts in one.remarks.items()],
        }
        for one in report.groups
    ]
    counts = {"score": report.score, "answers": report.answers, "withheld": report.withheld}
    return {"appraisal_id": appraisal_id, "groups": groups} | counts


def _shown(found: FeedbackRound) -> dict[str, Any]:
    rest.session().flush()
    return show_feedback_round(found.id)  # type: ignore[arg-type]


def _rater_shown(rater: FeedbackRater) -> dict[str, Any]:
    return show_feedback_rater(rater.id)  # type: ignore[arg-type]


def _rater(rater: Rater, relations: frozenset[str]) -> dict[str, Any]:
    row = rater.row
    kept = ("id", "appraisal_id", "organisation", "status", "reason", "version")
    mail = row.mail if "hr" in relations else None
    named = {"group": row.group_code, "number": rater.number, "name": rater.name, "mail": mail}
    return {name: getattr(row, name) for name in kept} | named


def _question(one: FeedbackQuestion) -> dict[str, Any]:
    return {"code": one.code, "kind": one.kind, "text": Message(one.text_zh, one.text_en)}


def _group(form: Form, code: str) -> dict[str, Any]:
    group = next(one for one in form.groups if one.code == code)
    return {"code": code, "name": Message(group.name_zh, group.name_en)}


def _form(asked: Asked, form: Form) -> dict[str, Any]:
    return {
        "subject": asked.subject,
        "group": _group(form, asked.rater.group_code),
        "answers_until": form.round.answers_until,
        "scale_from": form.round.scale_from,
        "scale_to": form.round.scale_to,
        "questions": [_question(one) for one in form.questions],
    }


def _remarks(body: dict[str, Any]) -> dict[str, str]:
    remarks = {one["question"]: one["text"] for one in body["remarks"]}
    if len(remarks) != len(body["remarks"]):
        zh, en = "同一问题只能填写一次", "each question is answered once"
        raise Invalid("bad_answer", zh, en, [Fault("remarks", zh, en)])
    return remarks
