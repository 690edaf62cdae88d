"""The dashboard: the last evaluation of a unit or the company by class, and evaluating a period that is over."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import charts, clock, forms, rest, web
from appraisal.core.calendar import Period
from appraisal.core.errors import Message
from appraisal.core.policy.monitoring import LEVELS
from appraisal.errors import Invalid
from appraisal.exceptions import dashboard as evaluated
from appraisal.exceptions import responding
from appraisal.exceptions.schemas import EvaluateIn
from appraisal.fields import Query
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.monitoring import evaluations, reach, subjects
from appraisal.monitoring.choices import policy_choices, titles
from appraisal.monitoring.judged_shaping import NO_LEVEL
from appraisal.monitoring.subjects import Subject
from appraisal.monitoring.views.blueprint import as_number, pages, remarks
from appraisal.monitoring.watched import Watching, watching

_SHOWN_LEVELS = (*reversed(LEVELS), NO_LEVEL)


AT_ONCE = 150
"""So many indicators stand on one page; of more, a class at a time."""
PAIRS_TOLD = 3
"""So many of the pairs an indicator stands in are told in its row; the others on its own page."""


class WatchedFilter(Query):
    """Of which policy and unit, in which period; `level` leaves the indicators at that level."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    period = rest.Line(10, load_default=None)
    level = rest.OneOf(*_SHOWN_LEVELS, load_default=None)
    dimension = rest.Line(60, load_default=None)


@pages.get("/kpi")
@web.signed_in_only
def dashboard(form: Form = OPENED) -> ResponseReturnValue:
    """The indicators by class with level, value, target, course and what to look at."""
    session, actor, asked = web.session(), web.actor(), forms.asked(WatchedFilter)
    known, there = watching(session), subjects.evaluated(session, actor)
    subject = subjects.chosen(there, asked["policy"], asked["unit_id"])
    shown = {"form": form, "there": there, "subject": subject, "asked": asked, "titles": titles(known)}
    shown |= {"manages": actor.holds(*reach.MANAGING), "last_month": str(_last_month()), "policy_choice": policy_choices(known)}
    if subject is None:
        return render_template("monitoring/dashboard.html", **shown, found=None)
    period = asked["period"] if asked["period"] in subject.periods else subject.periods[0]
    found = evaluated.dashboard(session, actor, subject.policy, subject.unit_id, period)
    dimension = _class_in_hand(found, asked["dimension"]) if asked["level"] is None else None
    classes = _classes(found, asked["level"], dimension, _without_formula(known, subject, period))
    shown |= {"found": found, "classes": classes, "levels": _SHOWN_LEVELS, "label": label, "dimension": dimension}
    return render_template("monitoring/dashboard.html", **shown)


@pages.post("/kpi/evaluations")
@web.signed_in_only
@forms.submits(EvaluateIn, again=dashboard, creates=True)
def evaluate_now(body: dict[str, Any]) -> Response:
    """Evaluates a period that is over: of the unit shown, or all there is to evaluate."""
    session, actor = web.session(), web.actor()
    reach.require_any(actor, reach.MANAGING)
    period = evaluations.period_of(body["period"])
    one = body["policy"] is not None and (body["unit_id"] is not None or body["company"])
    chosen = [(body["policy"], body["unit_id"])] if one else evaluations.subjects(session, actor, period, body["policy"])
    if not chosen:
        zh, en = (
            f"{period} 没有已确认的读数, 请先录入并确认",
            f"no readings of {period} are confirmed yet: enter and confirm them",
        )
        raise Invalid("nothing_to_evaluate", zh, en)
    done = [responding.evaluate_and_respond(session, actor, *each, period) for each in chosen]
    opened = sum(len(each.opened) for each in done)
    new = sum(each.evaluated.is_new for each in done)
    zh = f"{period} 已评价: {len(done)} 份, 其中 {new} 份与上次不同; 新开 {opened} 份异常应对单"
    en = f"{period} is evaluated: {len(done)}, of which {new} say something new; {opened} exceptions were opened"
    policy, unit_id = chosen[0]
    return forms.done(url_for("monitoring.dashboard", policy=policy, unit_id=unit_id, period=str(period)), zh, en)


def _last_month() -> Period:
    today = clock.today()
    return Period("month", today.year, today.month).previous()


def _class_in_hand(found: dict[str, Any], asked: str | None) -> str | None:
    """Of a large policy one class at a time, first the one with most that is off; None: all of them stand on the page."""
    if len(found["items"]) <= AT_ONCE:
        return None
    by_class = {each["dimension"]: each["levels"] for each in found["by_class"]}
    worst = max(by_class, key=lambda each: [by_class[each][level] for level in ("severe", "abnormal", "attention")])
    return asked if asked in by_class else worst


def _classes(found: dict[str, Any], level: str | None, dimension: str | None, without: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of each class, or of one, with what a template needs of them; those that are off stand in front."""
    order = {each: place for place, each in enumerate(_SHOWN_LEVELS)}
    beside: dict[str, list[dict[str, str]]] = {}
    for both, line in found["pairs"]:
        for name in both:
            beside.setdefault(name, []).append(line)
    classes = []
    for each in found["by_class"]:
        if dimension not in (None, each["dimension"]):
            continue
        items = [one for one in found["items"] if one["dimension"] == each["dimension"]]
        items = [one for one in items if level in (None, one["level"] or NO_LEVEL)]
        rows = [_row(one, beside.get(one["id"], [])) for one in sorted(items, key=lambda one: order[one["level"] or NO_LEVEL])]
        bare = [one for one in without if one.dimension == each["dimension"]] if level is None else []
        if rows or bare:
            classes.append(each | {"rows": rows, "bare": [one.indicator for one in bare]})
    return classes


def _row(one: dict[str, Any], beside: Sequence[dict[str, str]]) -> dict[str, Any]:
    values = tuple(point["value"] for point in one["series"])
    target = one["target"] and one["target"] | {"value": as_number(one["target"]["value"])}
    figures = {"value": as_number(one["value"]), "target": target, "spark": _spark(values) if values else None}
    told = [Message(line["zh"], line["en"][:1].upper() + line["en"][1:]) for line in beside[:PAIRS_TOLD]]
    return one | figures | {"remarks": [*remarks(one), *told], "untold": len(beside[PAIRS_TOLD:])}


@lru_cache(maxsize=4096)
def _spark(values: tuple[str | None, ...]) -> charts.Spark:
    """The same figures draw the same line: an evaluation is looked at far oftener than it is made."""
    return charts.spark([as_number(one) for one in values])


def _without_formula(known: Watching, subject: Subject, period: str) -> list[Any]:
    """The indicators that the policy names and nobody can read, because it gives no formula: shown as such, never as 0."""
    rules = known.policy_on(subject.policy, Period.parse(period).first_day())
    return [one for one in rules.watched.values() if one.indicator.status == "incomplete"] if rules else []
