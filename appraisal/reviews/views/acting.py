"""A page for everything that is done about a case, each under the case's own; what there is to do stands in `acts`."""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, uploads, web
from appraisal.core.errors import Message
from appraisal.fields import In, Many, Prose
from appraisal.forms import Form, done, submits
from appraisal.results import service as results
from appraisal.results.schemas import MoveIn, RatingIn
from appraisal.reviews import drafts, scoring
from appraisal.reviews.models import SELF_ASSESSMENT
from appraisal.reviews.queries import GoalRating
from appraisal.reviews.scope import action_words
from appraisal.reviews.scoring import ratings_of_draft
from appraisal.reviews.views import shown
from appraisal.reviews.views.acts import ACTS, Act
from appraisal.reviews.views.blueprint import CASE, pages
from appraisal.reviews.views.case import case
from appraisal.reviews.views.shown import Shown

GONE = Message("这一步现在不能办理, 或不由您办理", "This cannot be done as things stand, or is not yours to do")
BACK_TO = {"scoring": "reviews.grid", "ratings": "reviews.ratings"}


class KeptIn(In):
    """What is written so far, handed in later."""

    statement = Prose(20_000, load_default="")
    comment = Prose(20_000, load_default="")
    ratings = Many(RatingIn, most=200, load_default=list)


def _offer_page(act: Act) -> None:
    """The page of an act: its form, and what the form does."""

    def asked(appraisal_id: int, form: Form | None = None) -> ResponseReturnValue:
        found = shown.show(web.session(), web.actor(), appraisal_id)
        return act_page(found, act.name, form, draft=_written(found, act) if act.draft else {}, act=act)

    @submits(act.shape, again=asked, versioned=act.versioned, creates=act.creates)
    def sent(body: dict[str, Any], appraisal_id: int, **seen: int) -> Response:
        act.use_case(web.session(), web.actor(), appraisal_id, **body, **seen)
        return done(_back(appraisal_id), act.done.zh, act.done.en)

    @web.signed_in_only
    def page(appraisal_id: int) -> ResponseReturnValue:
        return sent(appraisal_id=appraisal_id) if request.method == "POST" else asked(appraisal_id)

    shown_as = uploads.takes_file(page) if act.uploads else page
    pages.add_url_rule(f"{CASE}/{act.path}", act.name, shown_as, methods=["GET", "POST"])


def act_page(found: Shown, name: str, form: Form | None, **more: Any) -> ResponseReturnValue:
    """The form of an act; where it is not to be done now, the case, which says why or that it is not."""
    offer = next((one for one in found.offers if one.name == name), None)
    act = more.get("act")
    if offer is None or (act is not None and act.is_button):
        if form is not None:
            return case(found.case["id"], form)
        if offer is None:
            flash(web.said(GONE))
        return redirect(url_for("reviews.case", appraisal_id=found.case["id"]))
    told = {"shown": found, "case": found.case, "offer": offer, "form": form or Form(), "today": clock.today()}
    told["around"] = _around(found) if name == "submit_review" else None
    return render_template("reviews/act.html", **told, **more)


def _around(found: Shown) -> dict[str, Any] | None:
    """Whose review is due before this one and after it, and the place of it among them; None where it is the only one."""
    people = scoring.due(web.session(), web.actor(), found.cycle)
    here = next((place for place, (one, _) in enumerate(people) if one.id == found.case["id"]), None)
    if here is None or len(people) < 2:
        return None
    before, after = people[here - 1] if here else None, people[here + 1] if here + 1 < len(people) else None
    return {"before": before, "after": after, "place": here + 1, "all": len(people)}


def _written(found: Shown, act: Act) -> dict[str, Any]:
    """What the author has written so far: the draft, or what they had handed in before it came back to them."""
    kind = act.draft or ""
    draft = drafts.own_draft(web.session(), web.actor(), found.case["id"], kind)
    if draft is not None:
        given = {"comment": draft.comment, "ratings": ratings_of_draft(draft)}
        return {"version": draft.version + 1, "saved_at": draft.saved_at} | given
    before = found.entry(kind)
    column = "own_rating" if kind == SELF_ASSESSMENT else "rating"
    mine = before is not None and before["author"]["id"] == web.actor().employee_id
    handed_in = {row.key: row.told[column] for row in found.goals if row.told[column]} if mine else {}
    return {"version": 1, "saved_at": None, "comment": before["comment"] if before and mine else "", "ratings": handed_in}


def _back(appraisal_id: int) -> str:
    """Where a form leads on: to the case, or to the list it was sent from."""
    wanted = BACK_TO.get(request.form.get("_back", ""))
    return url_for(wanted) if wanted else url_for("reviews.case", appraisal_id=appraisal_id)


for _act in ACTS:
    _offer_page(_act)


@web.signed_in_only
def move(appraisal_id: int) -> ResponseReturnValue:
    """Sending back, taking back, closing as not handed in: what carries nothing with it but a reason."""
    return _moved(appraisal_id=appraisal_id) if request.method == "POST" else _move_page(appraisal_id)


def _move_page(appraisal_id: int, form: Form | None = None) -> ResponseReturnValue:
    found = shown.show(web.session(), web.actor(), appraisal_id)
    return act_page(found, request.values.get("action", ""), form, act=None, draft={})


@submits(MoveIn, again=_move_page, versioned=True)
def _moved(body: dict[str, Any], appraisal_id: int, version: int) -> Response:
    results.move_appraisal(web.session(), web.actor(), appraisal_id, **body, version=version)
    words = action_words(body["action"])
    return done(_back(appraisal_id), f"已办理: {words.zh}", f"Done: {words.en}")


pages.add_url_rule(f"{CASE}/moves", "move", move, methods=["GET", "POST"])


def _keep_draft_of(act: Act) -> None:
    """Keeps what is written so far, where there is no script to do so while one writes."""
    kind = act.draft or ""

    def again(appraisal_id: int, form: Form) -> ResponseReturnValue:
        found = shown.show(web.session(), web.actor(), appraisal_id)
        return act_page(found, act.name, form, draft=_written(found, act), act=act)

    @submits(KeptIn, again=again)
    def keep(body: Mapping[str, Any], appraisal_id: int) -> Response:
        given = [GoalRating(**one) for one in body["ratings"] if one["rating"] is not None or one["factors"]]
        written = body["statement"] or body["comment"]
        drafts.save_draft(web.session(), web.actor(), appraisal_id, kind, comment=written, ratings=given)
        back = BACK_TO.get(request.form.get("_back", ""))
        where = url_for(back) if back else url_for(f"reviews.{act.name}", appraisal_id=appraisal_id)
        return done(where, "草稿已保存, 只有您自己看得到", "Saved as a draft, which nobody but you can see")

    pages.add_url_rule(f"{CASE}/{act.path}/draft", f"keep_{kind}", web.signed_in_only(keep), methods=["POST"])


for _act in ACTS:
    if _act.draft:
        _keep_draft_of(_act)
