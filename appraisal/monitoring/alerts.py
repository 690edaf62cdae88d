"""Alerts of evaluations: once for each indicator, period and kind, and withdrawn when what was read is corrected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.monitoring.evaluation import Evaluation, JudgedReading
from appraisal.errors import NotFound
from appraisal.monitoring import reach
from appraisal.monitoring.evaluations import Evaluated
from appraisal.monitoring.models import KpiAlert, KpiEvaluation
from appraisal.people.models import Unit

STANDING, WITHDRAWN = "standing", "withdrawn"
STATES = (STANDING, WITHDRAWN)


class Sign(NamedTuple):
    """What an alert is of: one a period. `other` is the second indicator of a pair."""

    indicator: str
    other: str | None
    period: str
    kind: str


@dataclass(frozen=True)
class Settled:
    """What an evaluation has made of the alerts of its period: all that stand, and which of them are new, which changed their
    level, and which were withdrawn."""

    standing: tuple[KpiAlert, ...]
    opened: tuple[KpiAlert, ...]
    changed: tuple[KpiAlert, ...]
    withdrawn: tuple[KpiAlert, ...]


def settle(session: Session, actor: Actor, evaluated: Evaluated) -> Settled:
    """Brings the alerts of a period in line with its evaluation; done again it changes nothing.

    Held to one at a time for a unit by `evaluate_period`, in whose transaction it is called.
    """
    row, evaluation = evaluated.row, evaluated.evaluation
    wanted = dict(signs_of(evaluation))
    known = {_sign(one): one for one in _alerts_of(session, row, evaluation)}
    opened, changed, withdrawn = [], [], []
    for sign, level in wanted.items():
        found = known.get(sign)
        if found is None:
            opened.append(_open(session, row, sign, level))
        elif found.withdrawn_at is not None or found.level != level:
            changed.append(found)
            before = _shown(found)
            found.withdrawn_at, found.level, found.evaluation_id = None, level, row.id
            session.add(found)
            audit.record(session, actor, "kpi_alert.change", "kpi_alert", found.id, before=before, after=_shown(found))
        elif evaluated.is_new:
            found.evaluation_id = row.id
            session.add(found)
    for sign, found in known.items():
        if sign not in wanted and found.withdrawn_at is None:
            withdrawn.append(found)
            found.withdrawn_at, found.evaluation_id = clock.now(), row.id
            session.add(found)
            audit.record(session, actor, "kpi_alert.withdraw", "kpi_alert", found.id, after=_shown(found))
    session.flush()
    for one in opened:
        audit.record(session, actor, "kpi_alert.open", "kpi_alert", one.id, after=_shown(one))
    standing = [one for sign, one in known.items() if sign in wanted] + opened
    return Settled(*(tuple(sorted(some, key=lambda one: one.id or 0)) for some in (standing, opened, changed, withdrawn)))


def signs_of(evaluation: Evaluation) -> Iterator[tuple[Sign, str | None]]:
    """What an evaluation alerts of, with the level where that is what it says."""
    for one in evaluation.judged:
        for kind in _kinds(one):
            yield Sign(one.indicator, None, str(one.period), kind), one.level if kind == "level" else None
    at = str(evaluation.period)
    for guard in evaluation.guards:
        yield Sign(guard.indicator, guard.guard, at, "guard"), None
    for related in evaluation.related:
        yield Sign(related.first, related.second, at, "related"), None


def _kinds(one: JudgedReading) -> Iterator[str]:
    if one.level not in (None, "normal"):
        yield "level"
    told = {"trend": one.trend, "alert_line": one.beyond_alert}
    told |= {"raise_target": one.raise_target, "unrealistic_jump": one.unrealistic}
    yield from (kind for kind, holds in told.items() if holds)


def _alerts_of(session: Session, row: KpiEvaluation, evaluation: Evaluation) -> Any:
    """The alerts on what an evaluation has judged, withdrawn ones included."""
    judged = {(one.indicator, str(one.period)) for one in evaluation.judged}
    unit = col(KpiAlert.unit_id).is_(None) if row.unit_id is None else KpiAlert.unit_id == row.unit_id
    singles = and_(col(KpiAlert.other).is_(None), col(KpiAlert.period).in_({period for _, period in judged}))
    pairs = and_(col(KpiAlert.other).is_not(None), KpiAlert.period == row.period)
    found = session.exec(select(KpiAlert).where(KpiAlert.policy == row.policy, unit, or_(singles, pairs)))
    return [one for one in found if one.other is not None or (one.indicator, one.period) in judged]


def _open(session: Session, row: KpiEvaluation, sign: Sign, level: str | None) -> KpiAlert:
    period = Period.parse(sign.period)
    made = KpiAlert(
        policy=row.policy,
        unit_id=row.unit_id,
        **sign._asdict(),
        starts_on=period.first_day(),
        ends_on=period.last_day(),
        level=level,
        evaluation_id=row.id,
        opened_at=clock.now(),
    )
    session.add(made)
    return made


def _sign(alert: KpiAlert) -> Sign:
    return Sign(alert.indicator, alert.other, alert.period, alert.kind)


def _shown(alert: KpiAlert) -> dict[str, Any]:
    names = ("policy", "unit_id", "indicator", "other", "period", "kind", "level")
    return {name: getattr(alert, name) for name in names} | {"withdrawn": alert.withdrawn_at is not None}


# Reads


def alerts_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the alerts that the actor sees, each with its unit and the evaluation that says so; without an order.

    `from_on` and `to_on` are days that their periods reach into.
    """
    found = (
        select(KpiAlert, Unit, KpiEvaluation)
        .join(KpiEvaluation, col(KpiEvaluation.id) == KpiAlert.evaluation_id)
        .outerjoin(Unit, col(Unit.id) == KpiAlert.unit_id)
        .where(reach.reach_of(session, actor).over(KpiAlert.unit_id))
    )
    for name in ("policy", "unit_id", "indicator", "period", "kind", "level"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiAlert, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiAlert.unit_id).is_(None))
    if asked.get("from_on") is not None:
        found = found.where(KpiAlert.ends_on >= asked["from_on"])
    if asked.get("to_on") is not None:
        found = found.where(KpiAlert.starts_on <= asked["to_on"])
    if asked.get("state") is not None:
        gone = col(KpiAlert.withdrawn_at).is_not(None)
        found = found.where(gone if asked["state"] == WITHDRAWN else ~gone)
    return found


def find_alert(session: Session, actor: Actor, alert_id: int) -> Any:
    """An alert as `alerts_seen` has it. Raises NotFound."""
    found = session.exec(alerts_seen(session, actor, {}).where(KpiAlert.id == alert_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def lines_of(alert: KpiAlert, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sentences of an evaluation that explain an alert; none where it does not hold any longer."""
    if alert.withdrawn_at is not None:
        return []
    if alert.kind in ("guard", "related"):
        first, second = ("indicator", "guard") if alert.kind == "guard" else ("first", "second")
        several = content["guards" if alert.kind == "guard" else "related"]
        return [one["line"] for one in several if (one[first], one[second]) == (alert.indicator, alert.other)][:1]
    judged = judged_of(alert, content)
    if judged is None:
        return []
    # The level's line stands first, and the others in the order of the rules that fired.
    lines, own = list(judged["lines"]), _RULES.get(alert.kind)
    levelled = judged["level"] is not None
    if alert.kind == "level":
        return lines[:1] if levelled else []
    others = [rule for rule in judged["fired"] if rule in _RULES.values()]
    place = others.index(own) + levelled if own in others else None
    return [lines[place]] if place is not None and place < len(lines) else []


def judged_of(alert: KpiAlert, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an evaluation says of the indicator that an alert is of."""
    wanted = (alert.indicator, alert.period)
    return next((one for one in content["indicators"] if (one["id"], one["period"]) == wanted), None)


_RULES: Mapping[str, str] = {
    "trend": "monitoring/trend",
    "alert_line": "monitoring/alert",
    "raise_target": "monitoring/raise_target",
    "unrealistic_jump": "monitoring/unrealistic_jump",
}
