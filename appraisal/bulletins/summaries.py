"""Weekly summaries of the areas that a policy names, written from the evaluation on record and from what the week brought.

Nothing is judged here and no figure is made: sentences come of `core.monitoring.summary`, each with its readings and the line
of the rule files. The same week may be written again at any time; only what has changed gives a new edition (R-000-54).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.bulletins import suggestions
from appraisal.bulletins.models import KpiSuggestion, KpiSummary, KpiSummaryRewording
from appraisal.bulletins.timeliness import owed
from appraisal.core.calendar import Period
from appraisal.core.monitoring.advice import advice
from appraisal.core.monitoring.summary import CameIn, NotIn, Week, periods_behind
from appraisal.core.monitoring.summary import summaries as written
from appraisal.core.policy.model import Policy
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.monitoring import evaluations, queries, reach
from appraisal.monitoring.evaluations import Subject
from appraisal.monitoring.models import KpiEvaluation, Reading, ReadingConfirmation
from appraisal.monitoring.spans import period_on
from appraisal.monitoring.watched import watching
from appraisal.people.models import Unit
from appraisal.policies import queries as policies


@dataclass(frozen=True)
class Made:
    """The summaries of a week as they stand, one an area, and the ids of those that are new."""

    summaries: tuple[KpiSummary, ...]
    new: frozenset[int]
    suggestions: tuple[KpiSuggestion, ...]


def week_of(text: str) -> Period:
    """A week of the calendar, 2026-W14. Raises Invalid `bad_week`."""
    try:
        week = Period.parse(text)
    except ValueError:
        week = None
    if week is None or week.cadence != "week":
        zh, en = "须为周, 如 2026-W14", "needs a week such as 2026-W14"
        raise Invalid("bad_week", zh, en, [Fault("week", zh, en)])
    return week


def make_summaries(session: Session, actor: Actor, policy: str, unit_id: int | None, week: Period) -> Made:
    """Writes the summaries of a week that has begun, by a KPI manager of the unit or on the machine; suggestions that are not
    there yet are added.

    They rest on the latest evaluation of the last month that was over by the end of the week. Raises Invalid `future_week`,
    `unknown_policy`; Conflict `not_evaluated`, and `no_areas` for a policy that names none.
    """
    evaluations.require_may_evaluate(actor, unit_id)
    if week.first_day() > clock.today():
        zh, en = f"{week} 尚未开始", f"{week} has not begun yet"
        raise Invalid("future_week", zh, en, [Fault("week", zh, en)])
    evaluations.policy_of(session, policy, week)
    db.one_at_a_time(session, f"kpi summaries {policy} {unit_id}")
    evaluation = _evaluation(session, policy, unit_id, week)
    rules = policies.compiled(session, evaluation.digest)
    if rules.monitoring is None or not rules.monitoring.advisors:
        zh, en = f"制度 {policy} 没有写每周摘要的方面 (advisors)", f"the policy {policy} names no areas (advisors)"
        raise Conflict("no_areas", zh, en)
    brought = _brought(session, rules, unit_id, evaluation, week)
    told = evaluation.content
    suggested = suggestions.keep(session, actor, evaluation, week, advice(rules, told), brought.ids)
    made, new = [], set()
    for area, statements in written(rules, told, brought).items():
        ids = sorted(one.id or 0 for one in suggested if one.advisor == area)
        content = {"statements": [one.as_json() for one in statements], "suggestions": ids}
        kept, is_new = _keep(session, actor, evaluation, week, area, json.loads(json.dumps(content)))
        made.append(kept)
        if is_new and kept.id is not None:
            new.add(kept.id)
    return Made(tuple(made), frozenset(new), tuple(suggested))


def subjects(session: Session, actor: Actor, week: Period, policy: str | None = None) -> list[Subject]:
    """Of whom a week's summaries can be written by the actor: what has been evaluated by then, under a policy with areas."""
    found = select(KpiEvaluation.policy, KpiEvaluation.unit_id).where(KpiEvaluation.ends_on <= week.last_day()).distinct()
    if policy is not None:
        found = found.where(KpiEvaluation.policy == policy)
    known = watching(session)
    there = []
    for name, unit_id in session.exec(found):
        rules = known.policy_on(name, week.first_day())
        if rules and rules.monitoring and rules.monitoring.advisors and _may(actor, unit_id):
            there.append((name, unit_id))
    return sorted(there, key=lambda one: (one[0], one[1] or 0))


# Reads


def summaries_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the summaries that the actor sees, each with unit and rewording, without an order: those of whom they may
    see what has been confirmed. The last edition of each, unless `history` is asked for."""
    found = (
        select(KpiSummary, Unit, KpiSummaryRewording)
        .outerjoin(Unit, col(Unit.id) == KpiSummary.unit_id)
        .outerjoin(KpiSummaryRewording, col(KpiSummaryRewording.summary_id) == KpiSummary.id)
        .where(reach.reach_of(session, actor).over(KpiSummary.unit_id))
    )
    for name in ("policy", "unit_id", "week", "advisor"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiSummary, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiSummary.unit_id).is_(None))
    if not asked.get("history", True):
        newest = select(func.max(col(KpiSummary.id)))
        same = (KpiSummary.policy, col(KpiSummary.unit_id), KpiSummary.week, KpiSummary.advisor)
        found = found.where(col(KpiSummary.id).in_(newest.group_by(*same)))
    return found


def find_summary(session: Session, actor: Actor, summary_id: int) -> Any:
    """A summary as `summaries_seen` has it. Raises NotFound."""
    found = session.execute(summaries_seen(session, actor, {}).where(KpiSummary.id == summary_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return found


# What a week brought


def _evaluation(session: Session, policy: str, unit_id: int | None, week: Period) -> KpiEvaluation:
    """The latest evaluation of the latest month that was over by the end of the week."""
    of_it = (KpiEvaluation.policy == policy, KpiEvaluation.ends_on <= week.last_day())
    unit = col(KpiEvaluation.unit_id).is_(None) if unit_id is None else KpiEvaluation.unit_id == unit_id
    order = (col(KpiEvaluation.ends_on).desc(), col(KpiEvaluation.id).desc())
    monthly = select(KpiEvaluation).where(*of_it, unit, func.length(KpiEvaluation.period) == 7).order_by(*order)
    for one in session.exec(monthly):
        if Period.parse(one.period).cadence == "month":
            return one
    zh, en = "到该周为止没有评价过的月份, 请先评价", "no month has been evaluated by the end of the week: evaluate one first"
    raise Conflict("not_evaluated", zh, en)


def _brought(session: Session, policy: Policy, unit_id: int | None, evaluation: KpiEvaluation, week: Period) -> Week:
    begins, ends = _moment(week.first_day()), _moment(week.last_day() + timedelta(days=1))
    over = period_on("month", week.last_day())
    while over.last_day() > week.last_day():
        over = over.previous()
    as_of = min(clock.today(), week.last_day() + timedelta(days=1))
    not_in = [
        NotIn(one.indicator, str(one.period), one.due_on)
        for one in owed(session, policy, unit_id, over, ends)
        if not one.there and one.due_on < as_of
    ]
    came_in = _came_in(session, policy, unit_id, begins, ends)
    return Week(week, came_in, not_in, _ids(session, policy, unit_id, evaluation))


def _came_in(session: Session, policy: Policy, unit_id: int | None, begins: datetime, ends: datetime) -> list[CameIn]:
    """The readings that somebody vouched for in the week, which is when they begin to count."""
    asked = (
        select(Reading)
        .join(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .where(Reading.policy == policy.id, queries.of_subject(Reading.unit_id, unit_id))
        .where(ReadingConfirmation.confirmed_at >= begins, ReadingConfirmation.confirmed_at < ends)
        .order_by(Reading.starts_on, Reading.id)
    )
    known = watching(session)
    return [
        CameIn(
            id=one.id or 0,
            indicator=one.indicator,
            period=one.period,
            value=queries.value_by(known, one),
            late=one.late and one.corrects_id is None,
            back_filled=one.back_filled and one.corrects_id is None,
            corrected=one.corrects_id is not None,
        )
        for one in session.exec(asked)
    ]


def _ids(
    session: Session, policy: Policy, unit_id: int | None, evaluation: KpiEvaluation
) -> Mapping[tuple[str, str], Sequence[int]]:
    """The readings that each indicator's figure rests on, in its own period, the one before, and those of its runs; of a
    composite, those of what it is made of."""
    periods: list[tuple[str, Period]] = []
    for one in evaluation.content["indicators"]:
        own = Period.parse(one["period"])
        for _ in range(max(2, *(periods_behind(policy, one, rule) for rule in (None, *one["fired"])))):
            periods.append((one["id"], own))
            own = own.previous()
    since = min((period.first_day() for _, period in periods), default=evaluation.starts_on)
    kept = queries.confirmed_of(session, policy.id, unit_id, evaluation.ends_on, since=since - timedelta(days=6))
    return {(name, str(at)): tuple(sorted(set(_rests_on(policy, kept, name, at)))) for name, at in periods}


def _rests_on(policy: Policy, kept: Mapping[str, Sequence[queries.Kept]], name: str, period: Period) -> Iterable[int]:
    yield from queries.counted_ids(kept, name, period)
    located = policy.watched.get(name)
    for given in located.indicator.inputs if located else ():
        if given.indicator is not None:
            yield from _rests_on(policy, kept, given.indicator, period)


def _keep(
    session: Session, actor: Actor, evaluation: KpiEvaluation, week: Period, area: str, content: dict[str, Any]
) -> tuple[KpiSummary, bool]:
    unit_id = evaluation.unit_id
    unit = col(KpiSummary.unit_id).is_(None) if unit_id is None else KpiSummary.unit_id == unit_id
    same = (KpiSummary.policy == evaluation.policy, unit, KpiSummary.week == str(week), KpiSummary.advisor == area)
    known = session.exec(select(KpiSummary).where(*same).order_by(col(KpiSummary.edition).desc()).limit(1)).first()
    if known is not None and known.content == content:
        return known, False
    made = KpiSummary(
        policy=evaluation.policy,
        unit_id=unit_id,
        week=str(week),
        starts_on=week.first_day(),
        advisor=area,
        edition=known.edition + 1 if known else 1,
        evaluation_id=evaluation.id,
        content=content,
        made_by=actor.account_id,
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    after = {"policy": made.policy, "unit_id": unit_id, "week": made.week, "advisor": area, "edition": made.edition}
    after["evaluation_id"] = evaluation.id
    audit.record(session, actor, "kpi_summary.make", "kpi_summary", made.id, after=after)
    return made, True


def _may(actor: Actor, unit_id: int | None) -> bool:
    try:
        evaluations.require_may_evaluate(actor, unit_id)
    except NotAllowed:
        return False
    return True


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), clock.COMPANY_ZONE)
