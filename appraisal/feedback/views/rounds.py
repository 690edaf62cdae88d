"""Rounds of 360° feedback for HR, raters to decide on for those who lead, and what one is asked oneself."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from marshmallow import pre_load
from sqlmodel import col, func, select

from appraisal import clock, forms, paging, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN as CYCLE_OPEN
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.feedback import queries
from appraisal.feedback.models import APPROVED, DRAFT, OPEN, PROPOSED, RATING, FeedbackBallot, FeedbackRater, FeedbackRound
from appraisal.feedback.schemas import FeedbackExtensionIn, FeedbackMomentIn, FeedbackQuestionsIn, FeedbackRoundIn
from appraisal.feedback.service import reports
from appraisal.feedback.service import rounds as service
from appraisal.feedback.service.rounds import MOST_QUESTIONS, QuestionDraft
from appraisal.feedback.views.blueprint import ROW, pages
from appraisal.fields import In, Listing
from appraisal.forms import Form, done, submits
from appraisal.people import auth
from appraisal.people.models import Employee

ONE = f"/hr/feedback/<{ROW}:round_id>"
SPARE = 3
MOST = 200


class _Questions(In):
    @pre_load
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without empty lines; a question is rated unless it says otherwise, and needs no code of its own."""
        filled = [one for one in data.get("questions", []) if isinstance(one, dict) and {"text_zh", "text_en"} & one.keys()]
        used = {one.get("code") for one in filled}
        free = (code for n in range(1, 1000) if (code := f"q{n}") not in used)
        return data | {"questions": [{"kind": RATING} | one | {"code": one.get("code") or next(free)} for one in filled]}


class RoundForm(_Questions, FeedbackRoundIn):
    """A round for an annual cycle."""


class QuestionsForm(_Questions, FeedbackQuestionsIn):
    """The questions of a draft."""


@pages.get("/hr/feedback")
@web.signed_in_only
def rounds() -> ResponseReturnValue:
    """What I am asked, raters that wait for my word, and for HR the rounds."""
    session, actor = web.session(), web.actor()
    return render_template(
        "feedback/rounds.html",
        asked=queries.asked_of(session, actor.employee_id) if actor.employee_id is not None else [],
        waiting=_to_decide(),
        rounds=_rounds() if actor.holds("hr") else None,
        to_begin=bool(_without_round()) if actor.holds("hr") else False,
        today=clock.today(),
    )


@pages.get("/hr/feedback/new")
@web.signed_in_only
def new_round(form: Form | None = None) -> ResponseReturnValue:
    """The form in which HR drafts a round."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    return _form_page(form, None, [])


@pages.post("/hr/feedback/new")
@web.signed_in_only
@submits(RoundForm, again=new_round, creates=True)
def draft_round(body: dict[str, Any]) -> Response:
    """Drafts it."""
    questions = [QuestionDraft(**one) for one in body.pop("questions")]
    made = service.draft_round(web.session(), web.actor(), body.pop("cycle_id"), **body, questions=questions)
    return _back(made.id or 0, "草稿已保存, 开始前可以修改问题", "Saved; the questions may change until it is opened")


@pages.get(ONE)
@web.signed_in_only
def round_(round_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """One round: its questions, the people in it, and how many answers are out."""
    session = web.session()
    found, cycle = service.find_round(session, web.actor(), round_id)
    of_cycle = select(Appraisal, Employee).join(Employee, col(Employee.id) == Appraisal.employee_id)
    of_cycle = of_cycle.where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
    order = [(col(Employee.number), "asc"), (col(Appraisal.id), "asc")]
    page = paging.paged(session, of_cycle, order, forms.asked(Listing))
    return render_template(
        "feedback/round.html",
        form=form or Form(),
        acting=acting,
        round=found,
        cycle=cycle,
        questions=queries.form_of(session, found),
        page=page,
        counts=_counts([appraisal.id for appraisal, _ in page.items]),
        waiting=len(queries.waiting_in(session, round_id)),
        today=clock.today(),
    )


@pages.get(f"{ONE}/questions")
@web.signed_in_only
def questions(round_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The form in which the questions of a draft are written."""
    found, _ = service.find_round(web.session(), web.actor(), round_id)
    service.require_status(found, DRAFT)
    return _form_page(form, found, list(queries.form_of(web.session(), found).questions))


@pages.post(f"{ONE}/questions")
@web.signed_in_only
@submits(QuestionsForm, again=questions, versioned=True)
def set_questions(body: dict[str, Any], round_id: int, version: int) -> Response:
    """Writes them."""
    drafts = [QuestionDraft(**one) for one in body["questions"]]
    service.set_questions(web.session(), web.actor(), round_id, drafts, version=version)
    return _back(round_id, "问题已保存", "The questions are saved")


@pages.post(f"{ONE}/opening")
@web.signed_in_only
@submits(FeedbackMomentIn, again=round_, versioned=True)
def open_round(body: dict[str, Any], round_id: int, version: int) -> Response:
    """Lets raters be proposed, approved and asked."""
    service.open_round(web.session(), web.actor(), round_id, version=version)
    return _back(round_id, "已开始, 可以提名评价人", "Open: raters can be proposed")


@pages.post(f"{ONE}/extension")
@web.signed_in_only
@submits(FeedbackExtensionIn, again=lambda round_id, form: round_(round_id, form, "extend"), versioned=True)
def extend_round(body: dict[str, Any], round_id: int, version: int) -> Response:
    """Gives more time to answer."""
    service.extend_round(web.session(), web.actor(), round_id, **body, version=version)
    return _back(round_id, "已延期", "There is more time now")


@pages.post(f"{ONE}/reminders")
@web.signed_in_only
@submits(FeedbackMomentIn, again=round_)
def remind_raters(body: dict[str, Any], round_id: int) -> Response:
    """Reminds every employee whose answer is still out."""
    people = service.remind_raters(web.session(), web.actor(), round_id)
    return _back(round_id, f"已提醒 {people} 人", f"{people} people were reminded")


@pages.post(f"{ONE}/closing")
@web.signed_in_only
@submits(FeedbackMomentIn, again=round_, versioned=True)
def close_round(body: dict[str, Any], round_id: int, version: int) -> Response:
    """Ends the round for good."""
    reports.close_round(web.session(), web.actor(), round_id, version=version)
    return _back(round_id, "已结束, 各人的汇总可以查看", "Closed: the reports can be read")


def _back(round_id: int, zh: str, en: str) -> Response:
    return done(url_for("feedback.round_", round_id=round_id), zh, en)


def _rounds() -> list[tuple[FeedbackRound, Cycle]]:
    """The rounds that are the actor's as HR, the newest first."""
    found = select(FeedbackRound, Cycle).join(Cycle, col(Cycle.id) == FeedbackRound.cycle_id)
    units = web.actor().units_of("hr")
    if units is not None:
        found = found.where(col(Cycle.unit_id).in_(units))
    return list(web.session().exec(found.order_by(col(FeedbackRound.id).desc()).limit(MOST)).all())


def _without_round() -> list[tuple[int, str]]:
    """The running annual cycles that have no round yet."""
    there = select(FeedbackRound.id).where(FeedbackRound.cycle_id == Cycle.id).exists()
    found = select(Cycle).where(Cycle.cadence == "year", Cycle.status == CYCLE_OPEN, ~there).order_by(col(Cycle.id).desc())
    return [(one.id or 0, one.name) for one in web.session().exec(found) if web.actor().has("hr", unit=one.unit_id)]


def _to_decide() -> list[tuple[Appraisal, Employee, int]]:
    """The people whose proposed raters wait for the actor's word, and how many: not those whom the actor proposed."""
    session, actor = web.session(), web.actor()
    found = (
        select(Appraisal, Employee, func.count())
        .join(FeedbackRater, col(FeedbackRater.appraisal_id) == Appraisal.id)
        .join(FeedbackRound, col(FeedbackRound.id) == FeedbackRater.round_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(FeedbackRater.status == PROPOSED, FeedbackRound.status == OPEN)
        .where(FeedbackRater.proposed_by != actor.account_id, Employee.id != actor.employee_id)
        .where(cycles.seen_by(session, actor, clock.today(), ["supervisor", "hr"]))
        .group_by(col(Appraisal.id), col(Employee.id))
        .order_by(Employee.number)
        .limit(MOST)
    )
    return list(session.exec(found).all())


def _counts(appraisal_ids: list[int]) -> Mapping[int, Mapping[str, int]]:
    """How many raters of each appraisal are proposed, approved, and still to answer."""
    session = web.session()
    by_status = select(FeedbackRater.appraisal_id, FeedbackRater.status, func.count())
    by_status = by_status.where(col(FeedbackRater.appraisal_id).in_(appraisal_ids))
    found: dict[int, dict[str, int]] = {one: {PROPOSED: 0, APPROVED: 0, "waiting": 0} for one in appraisal_ids}
    for appraisal_id, status, count in session.exec(by_status.group_by(col(FeedbackRater.appraisal_id), FeedbackRater.status)):
        found[appraisal_id][status] = count
    out = select(FeedbackRater.appraisal_id, func.count()).join(
        FeedbackBallot, col(FeedbackBallot.rater_id) == FeedbackRater.id
    )
    out = out.where(col(FeedbackRater.appraisal_id).in_(appraisal_ids)).group_by(col(FeedbackRater.appraisal_id))
    for appraisal_id, count in session.exec(out):
        found[appraisal_id]["waiting"] = count
    return found


def _form_page(form: Form | None, found: FeedbackRound | None, there: list[Any]) -> ResponseReturnValue:
    form = (form or Form()).closed_up("questions")
    filled = form.lines("questions") if form.refused else len(there)
    return render_template(
        "feedback/questions.html",
        form=form,
        round=found,
        there=there,
        cycles=_without_round() if found is None else [],
        lines=min(filled + SPARE if filled else 6, MOST_QUESTIONS),
    )
