"""One indicator: this year over last year, alerts and exceptions, what its readings rest on, and setting its target."""

from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import charts, clock, forms, rest, web
from appraisal.core.calendar import Period
from appraisal.errors import NotFound
from appraisal.exceptions import queries as exceptions
from appraisal.exceptions import shaping as exceptions_shaping
from appraisal.exceptions.models import KpiException
from appraisal.fields import Query
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.monitoring import alerts, entries, evaluations, reach, subjects, targets
from appraisal.monitoring.choices import titles
from appraisal.monitoring.evaluation_schemas import TargetIn
from appraisal.monitoring.history import History, history
from appraisal.monitoring.judged_shaping import alert_out, target_out
from appraisal.monitoring.models import OPERATORS, KpiAlert, KpiTarget, Reading
from appraisal.monitoring.shaping import entry_out
from appraisal.monitoring.views.blueprint import pages
from appraisal.monitoring.watched import Watching, watching
from appraisal.people.models import Unit

ADDRESS = "/kpi/indicators/<policy>/<indicator>"
LISTED = 14


class OneFilter(Query):
    """Of which unit, without it the company, up to which period."""

    unit_id = rest.Id(load_default=None)
    period = rest.Line(10, load_default=None)


@pages.get(ADDRESS, endpoint="indicator")
@web.signed_in_only
def one_indicator(policy: str, indicator: str, form: Form = OPENED) -> ResponseReturnValue:
    """The indicator of a unit or the company up to a period: figures, reasons, sources."""
    session, actor, asked = web.session(), web.actor(), forms.asked(OneFilter)
    known, unit_id = watching(session), asked["unit_id"]
    if not reach.reach_of(session, actor).covers(unit_id):
        raise NotFound(hidden=True)
    period = _period(policy, unit_id, asked["period"])
    rules = known.policy_on(policy, period.first_day())
    if rules is None or indicator not in rules.watched:
        raise NotFound
    found = history(session, rules, indicator, unit_id, period)
    of_it = {"policy": policy, "indicator": indicator, "unit_id": unit_id, "company": unit_id is None}
    shown = {
        "located": rules.watched[indicator],
        "rules": rules,
        "found": found,
        "chart": _chart(found),
        "title": titles(known),
    }
    shown |= _beside(known, of_it) | {"unit": session.get(Unit, unit_id) if unit_id is not None else None, "form": form}
    shown |= {"policy": policy, "unit_id": unit_id, "period": period, "judged": _judged(of_it, found), "label": label}
    declared, manages = targets.declares(found.indicator), reach.may(actor, reach.MANAGING, unit_id)
    shown |= {"declared": declared, "manages": manages, "operators": OPERATORS, "today": clock.today()}
    return render_template("monitoring/indicator.html", **shown, enters=reach.may(actor, reach.ENTERING, unit_id))


@pages.post(f"{ADDRESS}/target")
@web.signed_in_only
@forms.submits(TargetIn, again=one_indicator, creates=True)
def set_target(body: dict[str, Any], policy: str, indicator: str) -> Response:
    """Sets a target of the indicator, for periods that begin from a day on."""
    accept = body.pop("accept_unrealistic")
    wanted = targets.Wanted(**body | {"policy": policy, "indicator": indicator})
    made = targets.set_target(web.session(), web.actor(), wanted, accept_unrealistic=accept)
    to = url_for("monitoring.indicator", policy=policy, indicator=indicator, unit_id=made.unit_id)
    zh, en = (
        f"目标自 {made.from_on} 起生效; 此后的期间请重新评价",
        f"The target holds from {made.from_on}; evaluate periods from then on again",
    )
    return forms.done(to, zh, en)


def _period(policy: str, unit_id: int | None, text: str | None) -> Period:
    """What is asked for, or the last period evaluated, or the last month that is over."""
    text = text or evaluations.latest_period(web.session(), policy, unit_id, "month")
    if text is not None:
        return evaluations.period_of(text)
    today = clock.today()
    return Period("month", today.year, today.month).previous()


def _chart(found: History) -> charts.LineChart | None:
    """This year over last year with the target; what missed it is marked."""
    figures = found.figures
    if all(one.value is None and one.last_year is None for one in figures):
        return None
    lines: list[tuple[str, str, Sequence[Any]]] = [
        (web.in_both("上年同期", "A year before"), "last", [one.last_year for one in figures]),
        (web.in_both("目标", "Target"), "target", [one.target.value if one.target else None for one in figures]),
        (web.in_both("本期", "This year"), "this", [one.value for one in figures]),
        (web.in_both("未达标", "Target missed"), "off", [one.value if one.off else None for one in figures]),
    ]
    there = [one for one in lines if any(value is not None for value in one[2])]
    return charts.line_chart([str(one.period) for one in figures], there)


def _judged(of_it: dict[str, Any], found: History) -> dict[str, Any] | None:
    """What the evaluation that the indicator's own period ends with says of it."""
    row = evaluations.latest(web.session(), of_it["policy"], of_it["unit_id"], found.period)
    if row is None and found.period.cadence != "month":
        last = found.period.last_day()
        row = evaluations.latest(web.session(), of_it["policy"], of_it["unit_id"], Period("month", last.year, last.month))
    if row is None:
        return None
    wanted = (of_it["indicator"], str(found.period))
    judged = next((one for one in row.content["indicators"] if (one["id"], one["period"]) == wanted), None)
    return None if judged is None else judged | {"made_at": row.made_at}


def _beside(known: Watching, of_it: dict[str, Any]) -> dict[str, Any]:
    """Exceptions, alerts, targets set and readings with their evidence, the newest of each."""
    session, actor = web.session(), web.actor()
    raised = exceptions.exceptions_seen(session, actor, of_it).order_by(KpiException.id.desc()).limit(LISTED)  # type: ignore[union-attr]
    alerted = alerts.alerts_seen(session, actor, of_it).order_by(KpiAlert.ends_on.desc(), KpiAlert.id.desc()).limit(LISTED)  # type: ignore[attr-defined, union-attr]
    aims = targets.set_targets_seen(session, actor, of_it).order_by(KpiTarget.id.desc()).limit(LISTED)  # type: ignore[union-attr]
    read = entries.entries_seen(session, actor, **of_it).order_by(Reading.starts_on.desc(), Reading.id.desc()).limit(LISTED)  # type: ignore[attr-defined, union-attr]
    readings = [entry_out(known, entries.entry(row)) for row in session.execute(read).all()]
    return {
        "exceptions": [exceptions_shaping.row_out(known, *row) for row in session.execute(raised).all()],
        "alerts": [alert_out(known, *row) for row in session.execute(alerted).all()],
        "targets": [target_out(known, *row) for row in session.execute(aims).all()],
        "readings": readings,
        "proofs": entries.files_of(session, [one["id"] for one in readings]),
        "company": subjects.COMPANY,
    }
