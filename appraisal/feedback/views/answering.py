"""Answering, signed in or behind an outsider's link. A form that is sent leaves nothing that leads to who sent it: no key, no
draft. An outsider's token stands in the part of the link that browsers keep to themselves, and travels in the body."""

from typing import Any

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from marshmallow import pre_load

from appraisal import clock, web
from appraisal.core.numbers import plain
from appraisal.errors import NotFound
from appraisal.feedback.models import OPEN, FeedbackBallot
from appraisal.feedback.queries import Asked
from appraisal.feedback.queries import Form as Questions
from appraisal.feedback.schemas import FeedbackAnswerIn, FeedbackLinkIn, FeedbackOutsiderAnswerIn
from appraisal.feedback.service import answers
from appraisal.feedback.views.blueprint import ROW, pages
from appraisal.forms import Form, done, submits

MOST_STEPS = 11


class _Worded(FeedbackAnswerIn):
    @pre_load
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without the questions to which nothing was said."""
        remarks = [one for one in data.get("remarks", []) if isinstance(one, dict) and one.get("text")]
        return {"ratings": {}} | data | {"remarks": remarks}


class AnswerForm(_Worded):
    """An answer."""


class OutsiderAnswerForm(_Worded, FeedbackOutsiderAnswerIn):
    """An outsider's answer."""


@pages.get(f"/feedback/<{ROW}:rater_id>")
@web.signed_in_only
def answer(rater_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The form that one is asked to answer."""
    asked, questions = answers.find_asked(web.session(), web.actor(), rater_id)
    waits = web.session().get(FeedbackBallot, rater_id) is not None
    return render_template("feedback/answer.html", form=form or Form(), waits=waits, token=None, **_shown(asked, questions))


@pages.post(f"/feedback/<{ROW}:rater_id>")
@web.signed_in_only
@submits(AnswerForm, again=answer)
def give(body: dict[str, Any], rater_id: int) -> Response:
    """Answers, once and for good."""
    answers.answer(web.session(), web.actor(), rater_id, ratings=body["ratings"], remarks=_remarks(body))
    return done(url_for("feedback.answer", rater_id=rater_id), "谢谢, 您的评价已封存", "Thank you: your answer is sealed")


@pages.get("/feedback/outside")
def outside(form: Form | None = None) -> ResponseReturnValue:
    """Where an outsider's link leads: the page takes the token out of the link and asks for the form."""
    return render_template("feedback/outside.html", form=form or Form(), given=False)


@pages.post("/feedback/outside")
@submits(FeedbackLinkIn, again=outside)
def open_outside(body: dict[str, Any]) -> Response:
    """The form behind an outsider's link."""
    return make_response(_outsiders(body["token"], Form()))


@pages.post("/feedback/outside/answer")
@submits(OutsiderAnswerForm, again=lambda form: _outsiders(form.given.get("token", ""), form))
def give_outside(body: dict[str, Any]) -> Response:
    """An outsider's answer; the link ends with it."""
    answers.answer_as_outsider(web.session(), body["token"], ratings=body["ratings"], remarks=_remarks(body))
    return make_response(render_template("feedback/outside.html", form=Form(), given=True))


def _outsiders(token: str, form: Form) -> ResponseReturnValue:
    try:
        asked, questions = answers.find_asked_outsider(web.session(), token)
    except NotFound:
        return make_response(render_template("feedback/outside.html", form=Form(), given=False, unknown=True), 404)
    return render_template("feedback/answer.html", form=form, waits=True, token=token, **_shown(asked, questions))


def _shown(asked: Asked, questions: Questions) -> dict[str, Any]:
    """What a form shows: of whom, as one of which group, until when, and the steps of the scale where they are few."""
    held = questions.round
    count = int(held.scale_to - held.scale_from) + 1
    return {
        "asked": asked,
        "questions": questions,
        "group": next(one for one in questions.groups if one.code == asked.rater.group_code),
        "steps": [plain(held.scale_from + step) for step in range(count)] if count <= MOST_STEPS else [],
        "closed": held.status != OPEN or held.answers_until < clock.today(),
        "today": clock.today(),
    }


def _remarks(body: dict[str, Any]) -> dict[str, str]:
    return {one["question"]: one["text"] for one in body["remarks"]}
