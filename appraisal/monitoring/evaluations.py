"""Judgements of periods, kept as they were made: pages and reports read these and never judge anew.

A period may be evaluated as often as one likes. A new row is added only where it says something else than the latest, because
a reading was corrected, a target set, or a rule changed; what was said before stays on record.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import TargetAt, shown
from appraisal.core.judging.readings import Readings, Values, values_of
from appraisal.core.monitoring import evaluate as judging
from appraisal.core.monitoring.evaluation import Evaluation
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Policy
from appraisal.errors import Fault, Invalid, NotAllowed, NotFound
from appraisal.monitoring import queries, reach, targets
from appraisal.monitoring.models import KpiEvaluation, Reading, ReadingConfirmation
from appraisal.monitoring.watched import watching
from appraisal.people import auth
from appraisal.people.models import Unit

SERIES = 13
"""So many of its own periods are kept of each indicator: a year of months and the month it is compared with."""
LOOKED_BACK = 40
"""From so many periods runs and correlations are counted: more than any policy asks for."""

Subject = tuple[str, int | None]
"""A policy and a unit, or with None the company."""


@dataclass(frozen=True)
class Evaluated:
    """The row on record, the judgement itself, and whether the row was added now."""

    row: KpiEvaluation
    evaluation: Evaluation
    is_new: bool


def evaluate_period(session: Session, actor: Actor, policy_name: str, unit_id: int | None, period: Period) -> Evaluated:
    """Judges the confirmed readings of a unit or the company in a period that is over, by a KPI manager or on the machine.

    Raises Invalid `unknown_policy`, `unknown_unit`, `period_not_over`.
    """
    require_may_evaluate(actor, unit_id)
    policy = policy_of(session, policy_name, period)
    if unit_id is not None and session.get(Unit, unit_id) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    if period.last_day() >= clock.today():
        zh, en = f"{period} 尚未结束", f"{period} is not over yet"
        raise Invalid("period_not_over", zh, en, [Fault("period", zh, en)])
    db.one_at_a_time(session, f"kpi evaluation {policy_name} {unit_id}")
    readings = queries.series_of(session, policy, unit_id, period, LOOKED_BACK)
    wanted = targets.targets_of(session, policy, unit_id)
    evaluation = judging.evaluate(policy, readings, period, wanted)
    content = _content(policy, evaluation, values_of(policy, readings))
    known = latest(session, policy_name, unit_id, period)
    if known is not None and known.content == content:
        return Evaluated(known, evaluation, False)
    row = KpiEvaluation(
        policy=policy_name,
        unit_id=unit_id,
        period=str(period),
        starts_on=period.first_day(),
        ends_on=period.last_day(),
        digest=policy.digest,
        readings_digest=_digest(readings, wanted, evaluation),
        content=content,
        made_at=clock.now(),
        made_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    levels = {one.indicator: one.level for one in evaluation.judged if one.level not in (None, "normal")}
    after = {"policy": policy_name, "unit_id": unit_id, "period": str(period), "digest": policy.digest, "levels": levels}
    audit.record(session, actor, "kpi_evaluation.make", "kpi_evaluation", row.id, after=after)
    return Evaluated(row, evaluation, True)


def require_may_evaluate(actor: Actor, unit_id: int | None) -> None:
    """Refuses who is not the KPI manager of a unit, nor runs commands on the machine. Raises NotAllowed."""
    auth.require_role(actor, *reach.MANAGING, operator=True, unit=unit_id)


def policy_of(session: Session, name: str, period: Period) -> Policy:
    """The monitoring policy that governs a period. Raises Invalid `unknown_policy`."""
    policy = watching(session).policy_on(name, period.first_day())
    if policy is None:
        zh, en = f"没有监测制度 {name[:60]}", f"there is no monitoring policy {name[:60]}"
        raise Invalid("unknown_policy", zh, en, [Fault("policy", zh, en)])
    return policy


def period_of(text: str) -> Period:
    """A period of the calendar. Raises Invalid `bad_period`."""
    try:
        return Period.parse(text)
    except ValueError:
        zh, en = "须为期间, 如 2026-03、2026-Q1、2026-W10", "needs a period such as 2026-03, 2026-Q1 or 2026-W10"
        raise Invalid("bad_period", zh, en, [Fault("period", zh, en)]) from None


def subjects(session: Session, actor: Actor, period: Period, policy: str | None = None) -> list[Subject]:
    """What there is to evaluate: the policies and units, or the company, with confirmed readings in a period that the actor
    may evaluate, a renamed unit under its present name."""
    found = (
        select(Reading.policy, Reading.unit_id)
        .join(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .where(Reading.starts_on <= period.last_day(), Reading.ends_on >= period.first_day())
        .distinct()
    )
    if policy is not None:
        found = found.where(Reading.policy == policy)
    next_name = {was: unit for unit, was in session.exec(select(Unit.id, Unit.was_id).where(col(Unit.was_id).is_not(None)))}
    there: set[Subject] = set()
    for name, unit in session.exec(found):
        while unit in next_name:
            unit = next_name[unit]
        there.add((name, unit))
    known = watching(session).states
    return sorted((one for one in there if one[0] in known and _may(actor, one[1])), key=lambda one: (one[0], one[1] or 0))


# Reads


def latest(session: Session, policy: str, unit_id: int | None, period: Period | str) -> KpiEvaluation | None:
    """The last evaluation of a period of a unit, or with None of the company."""
    found = select(KpiEvaluation).where(
        KpiEvaluation.policy == policy, KpiEvaluation.period == str(period), _is(unit_id, KpiEvaluation.unit_id)
    )
    return session.exec(found.order_by(col(KpiEvaluation.id).desc()).limit(1)).first()


def latest_of(
    session: Session, policy: str, unit_ids: Collection[int | None], period: Period | str
) -> dict[int | None, KpiEvaluation]:
    """The last evaluation of a period of each of these units (None: the company), in one query; without one it is absent."""
    found = select(KpiEvaluation).where(
        col(KpiEvaluation.id).in_(_last_ids()), KpiEvaluation.policy == policy, KpiEvaluation.period == str(period)
    )
    ids = {one for one in unit_ids if one is not None}
    company = col(KpiEvaluation.unit_id).is_(None)
    among = col(KpiEvaluation.unit_id).in_(ids)
    found = found.where(or_(company, among) if None in unit_ids else among)
    return {one.unit_id: one for one in session.exec(found)}


def latest_period(session: Session, policy: str, unit_id: int | None, cadence: str | None = None) -> str | None:
    """The last period that has been evaluated, of a cadence where one is asked for."""
    found = select(KpiEvaluation.period).where(KpiEvaluation.policy == policy, _is(unit_id, KpiEvaluation.unit_id))
    periods = session.exec(found.order_by(col(KpiEvaluation.ends_on).desc(), col(KpiEvaluation.starts_on).desc())).all()
    return next((one for one in periods if cadence is None or Period.parse(one).cadence == cadence), None)


def evaluations_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the evaluations that the actor sees, each with its unit; without an order. Of a period that was evaluated
    more than once the last, unless `history` is asked for."""
    found = (
        select(KpiEvaluation, Unit)
        .outerjoin(Unit, col(Unit.id) == KpiEvaluation.unit_id)
        .where(reach.reach_of(session, actor).over(KpiEvaluation.unit_id))
    )
    for name in ("policy", "unit_id", "period"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiEvaluation, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiEvaluation.unit_id).is_(None))
    if asked.get("from_on") is not None:
        found = found.where(KpiEvaluation.ends_on >= asked["from_on"])
    if asked.get("to_on") is not None:
        found = found.where(KpiEvaluation.starts_on <= asked["to_on"])
    return found if asked.get("history", True) else found.where(col(KpiEvaluation.id).in_(_last_ids()))


def find_evaluation(session: Session, actor: Actor, evaluation_id: int) -> Any:
    """An evaluation as `evaluations_seen` has it. Raises NotFound."""
    found = session.exec(evaluations_seen(session, actor, {}).where(KpiEvaluation.id == evaluation_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


def find_latest(session: Session, actor: Actor, policy: str, unit_id: int | None, period: str | None) -> KpiEvaluation:
    """The last evaluation of a period, or without one of the last period evaluated, for whom may see it. Raises NotFound."""
    if not reach.reach_of(session, actor).covers(unit_id):
        raise NotFound(hidden=True)
    asked = period or latest_period(session, policy, unit_id)
    found = latest(session, policy, unit_id, asked) if asked else None
    if found is None:
        raise NotFound()
    return found


def _last_ids() -> Any:
    newest = func.max(col(KpiEvaluation.id))
    return select(newest).group_by(KpiEvaluation.policy, col(KpiEvaluation.unit_id), KpiEvaluation.period)


def _is(unit_id: int | None, column: Any) -> Any:
    return col(column).is_(None) if unit_id is None else and_(column == unit_id)


def _may(actor: Actor, unit_id: int | None) -> bool:
    try:
        require_may_evaluate(actor, unit_id)
    except NotAllowed:
        return False
    return True


# What is kept


def _content(policy: Policy, evaluation: Evaluation, values: Values) -> dict[str, Any]:
    content = evaluation.as_json()
    for one, judged in zip(content["indicators"], evaluation.judged, strict=True):
        one["series"] = _series(values, judged.indicator, judged.period)
        one["same_last_year"] = _year_before(values, judged.indicator, judged.period)
    kept: dict[str, Any] = json.loads(json.dumps(content))
    return kept


def _series(values: Values, indicator: str, until: Period) -> list[list[str | None]]:
    """The value of each of the last periods, the earliest that has one first; one that is missing is null."""
    periods = [until]
    while len(periods) < SERIES:
        periods.append(periods[-1].previous())
    found: list[list[str | None]] = []
    for period in reversed(periods):
        value = values.at(indicator, period)
        if found or value is not None:
            found.append([str(period), _text(value)])
    return found


def _year_before(values: Values, indicator: str, period: Period) -> str | None:
    return _text(values.at(indicator, Period(period.cadence, period.year - 1, period.number)))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _digest(readings: Readings, wanted: TargetAt, evaluation: Evaluation) -> str:
    """What identifies the readings and targets that a judgement rests on."""
    lines = [line for name in sorted(readings) for line in _lines(name, readings[name])]
    for one in evaluation.judged:
        target = wanted(one.indicator, one.period)
        lines.append(f"{one.indicator} {one.period} target {shown(target) if target else '-'}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _lines(name: str, readings: Sequence[Any]) -> Iterable[str]:
    for one in readings:
        inputs = {key: _text(value) for key, value in sorted(one.inputs.items())}
        yield json.dumps([name, str(one.period), _text(one.value), inputs, one.origin, one.late, one.corrected])
