"""Weekly summaries by area, what they suggest, and deciding on that."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, paging, rest, web
from appraisal.bulletins import suggestions
from appraisal.bulletins import summaries as weekly
from appraisal.bulletins.models import KpiSuggestion, KpiSummary
from appraisal.bulletins.report_reach import reads
from appraisal.bulletins.summary_schemas import SuggestionDecisionIn, SuggestionListing, SummariesIn
from appraisal.bulletins.summary_shaping import decision_out, suggestion_out, summary_out
from appraisal.bulletins.views.blueprint import MOST, managed, pages
from appraisal.core.calendar import Period
from appraisal.fields import Query
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.monitoring import reach, subjects
from appraisal.monitoring.choices import titles
from appraisal.monitoring.models import KpiEvaluation
from appraisal.monitoring.watched import watching

ALL = "/kpi/summaries"
SUGGESTION = f"/kpi/suggestions/<int(max={MOST}):suggestion_id>"
_NEWEST: list[tuple[Any, str]] = [(KpiSuggestion.id, "desc")]
WEEKS = 26


class WeekFilter(Query):
    """Of which policy and unit, in which week."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    week = rest.Line(8, load_default=None)


@pages.get(ALL, endpoint="summaries")
@web.signed_in_only
def week(form: Form = OPENED) -> ResponseReturnValue:
    """The summaries of a week, an area each, with the readings and rules they rest on and what they suggest."""
    session, actor, asked = web.session(), web.actor(), forms.asked(WeekFilter)
    known, there = watching(session), subjects.evaluated(session, actor)
    subject = subjects.chosen(there, asked["policy"], asked["unit_id"])
    if subject is None:
        return render_template("bulletins/summaries.html", form=form, subject=None)
    of_it: dict[str, Any] = {"policy": subject.policy, "history": False}
    of_it |= {"company": True} if subject.unit_id is None else {"unit_id": subject.unit_id}
    weeks = _weeks(of_it)
    chosen = asked["week"] if asked["week"] in weeks else next(iter(weeks), None)
    told = reads(session, actor, subject.unit_id)
    shown = {"form": form, "subject": subject, "there": there, "titles": titles(known), "weeks": weeks, "week": chosen}
    adoption = suggestions.adoption(session, subject.policy, subject.unit_id) if told else None
    shown |= {"items": _areas(of_it | {"week": chosen}, told) if chosen else [], "adoption": adoption, "label": label}
    manages = any((one.policy, one.unit_id) == (subject.policy, subject.unit_id) for one in managed())
    shown |= {"manages": manages, "decides": manages or subject.unit_id in reach.headed(session, actor)}
    return render_template("bulletins/summaries.html", **shown, this_week=_this_week())


@pages.post(ALL)
@web.signed_in_only
@forms.submits(SummariesIn, again=week, creates=True)
def write_summaries(body: dict[str, Any]) -> Response:
    """Writes the summaries of a week."""
    chosen = weekly.week_of(body.pop("week"))
    made = weekly.make_summaries(web.session(), web.actor(), **body, week=chosen)
    zh = f"{chosen} 的摘要: 新写 {len(made.new)} 份, 共 {len(made.summaries)} 份"
    en = f"{chosen}: {len(made.new)} of {len(made.summaries)} summaries are new"
    return forms.done(url_for("bulletins.summaries", **body, week=str(chosen)), zh, en)


@pages.get("/kpi/suggestions", endpoint="suggestions")
@web.signed_in_only
def all_suggestions() -> ResponseReturnValue:
    """What the summaries suggest, newest first, with what was decided."""
    session, actor, asked = web.session(), web.actor(), forms.asked(SuggestionListing)
    page = paging.paged(session, suggestions.suggestions_seen(session, actor, asked), _NEWEST, asked)
    states = [(one, web.said(label("kpi_suggestion_state", one))) for one in codes("kpi_suggestion_state")]
    shown = {"page": page, "rows": [suggestion_out(row) for row in page.items], "asked": asked, "states": states}
    return render_template("bulletins/suggestions.html", **shown, titles=titles(watching(session)), label=label)


@pages.get(SUGGESTION, endpoint="suggestion")
@web.signed_in_only
def one_suggestion(suggestion_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One suggestion with what it rests on and every decision on it."""
    session, actor = web.session(), web.actor()
    row = suggestions.find_suggestion(session, actor, suggestion_id)
    decisions = [decision_out(*one) for one in suggestions.decisions_of(session, suggestion_id)]
    unit_id = row[0].unit_id
    decides = reach.may(actor, reach.MANAGING, unit_id) or unit_id in reach.headed(session, actor)
    shown = {"one": suggestion_out(row), "decisions": decisions, "decides": decides, "form": form, "label": label}
    return render_template("bulletins/suggestion.html", **shown, titles=titles(watching(session)))


@pages.post(f"{SUGGESTION}/decision")
@web.signed_in_only
@forms.submits(SuggestionDecisionIn, again=one_suggestion, creates=True)
def decide_suggestion(body: dict[str, Any], suggestion_id: int) -> Response:
    """Adopts it or not."""
    suggestions.decide(web.session(), web.actor(), suggestion_id, **body)
    said = ("已采纳", "Adopted") if body["adopted"] else ("已记录为不采纳", "Recorded as not adopted")
    return forms.done(url_for("bulletins.suggestion", suggestion_id=suggestion_id), *said)


def _weeks(of_it: dict[str, Any]) -> list[str]:
    """The weeks of which there are summaries, the latest in front."""
    unit_id = of_it.get("unit_id")
    unit = col(KpiSummary.unit_id).is_(None) if unit_id is None else KpiSummary.unit_id == unit_id
    found = select(KpiSummary.week).where(KpiSummary.policy == of_it["policy"], unit).distinct()
    return sorted(web.session().exec(found), reverse=True)[:WEEKS]


def _areas(of_it: dict[str, Any], told: bool) -> list[dict[str, Any]]:
    """The summaries of the week with their suggestions, these for who reads reports on the unit. `calm` are the sentences that
    only say that an indicator is as it should be."""
    session, known = web.session(), watching(web.session())
    rows = session.execute(weekly.summaries_seen(session, web.actor(), of_it).order_by(KpiSummary.id)).all()
    ids = [one for row in rows for one in row[0].content["suggestions"]] if told else []
    found = suggestions.of_ids(session, ids) if ids else {}
    evaluations = select(KpiEvaluation).where(col(KpiEvaluation.id).in_({row[0].evaluation_id for row in rows}))
    normal = {
        (each.id, one["id"])
        for each in session.exec(evaluations)
        for one in each.content["indicators"]
        if one["level"] == "normal"
    }
    areas = []
    for row in rows:
        suggested = [suggestion_out(found[one]) for one in row[0].content["suggestions"] if one in found]
        area = summary_out(known, row, suggested)
        calm = [
            one for one in area["statements"] if one["kind"] == "level" and (row[0].evaluation_id, one["indicator"]) in normal
        ]
        areas.append(area | {"calm": calm, "statements": [one for one in area["statements"] if one not in calm]})
    return areas


def _this_week() -> str:
    year, number, _ = clock.today().isocalendar()
    return str(Period("week", year, number))
