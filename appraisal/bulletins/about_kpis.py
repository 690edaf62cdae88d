"""The four KPIs about the KPIs themselves, counted of what is on record, entered as readings of their month (R-000-34 to 37).

They are entered through the service that everybody uses, by the system: an audited reading of origin `event` that says what it
was counted of, and corrected, never overwritten, when a later count differs. Confirmed they are as any reading is, by a person
who confirms readings: a data provider or HR. Not by itself, because nothing counts here that nobody vouches for; and not by the
KPI manager, whose own work they measure (D-05). What cannot be known yet is not entered; a denominator of 0 stays what the
policy makes of it, and is no 100 of ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import SYSTEM, Actor
from appraisal.bulletins import suggestions
from appraisal.bulletins.timeliness import ABOUT_KPIS, owed
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.errors import Fault, Invalid
from appraisal.exceptions.models import VOID, KpiException, KpiExceptionPeriod
from appraisal.monitoring import evaluations, queries, service
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import KpiAlert, KpiEvaluation, Reading
from appraisal.monitoring.spans import due_on, span_of
from appraisal.people.models import Unit

CALLED_FOR = ("level", "trend")
"""The alerts that call for a record: a level above normal, and a trend."""
REASON = "系统重新统计 · counted again by the system"


@dataclass(frozen=True)
class Counted:
    """One of the four: so many `of` so many, and what was counted. `of` None: it cannot be known yet, and `source` says why."""

    indicator: str
    count: int
    of: int | None
    source: str


@dataclass(frozen=True)
class Entered:
    """The readings entered, those corrected, those that stood as they are; and what cannot be known yet, with the reason."""

    recorded: tuple[int, ...]
    corrected: tuple[int, ...]
    unchanged: tuple[int, ...]
    not_yet: tuple[Counted, ...]


def enter(session: Session, actor: Actor, policy_name: str, unit_id: int | None, month: Period) -> Entered:
    """Counts the four of a month that is over and enters what is new, for a KPI manager of the unit or on the machine; counted
    again, only what differs is corrected.

    Raises Invalid `bad_month`, `month_not_over`, `unknown_policy`, `not_watched` for a policy that has none of the four.
    """
    evaluations.require_may_evaluate(actor, unit_id)
    if month.cadence != "month":
        zh, en = "须为月份, 如 2026-03", "needs a month such as 2026-03"
        raise Invalid("bad_month", zh, en, [Fault("period", zh, en)])
    if month.last_day() >= clock.today():
        zh, en = f"{month} 尚未结束", f"{month} is not over yet"
        raise Invalid("month_not_over", zh, en, [Fault("period", zh, en)])
    policy = evaluations.policy_of(session, policy_name, month)
    if not any(_parts(policy, name) for name in ABOUT_KPIS):
        zh, en = f"制度 {policy_name} 没有 KPI 自身的指标", f"the policy {policy_name} watches no KPI about its KPIs"
        raise Invalid("not_watched", zh, en, [Fault("policy", zh, en)])
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    # The programme may enter these four and nothing else; who asked for them is held to their own role above.
    counter = replace(SYSTEM, roles=frozenset({"data_provider"}), via=actor.via, request_id=actor.request_id)
    counts = list(counted(session, policy, unit_id, month))
    keys = [(policy.id, one.indicator, unit_id) for one in counts]
    known = queries.latest(session, keys)
    recorded, corrected, unchanged = [], [], []
    for one, key in zip(counts, keys, strict=True):
        names = _parts(policy, one.indicator)
        if one.of is None or names is None:
            continue
        inputs = dict(zip(names, (Decimal(one.count), Decimal(one.of)), strict=True))
        before: Reading | None = known[key].get(str(month))
        if before is None:
            said = {"source_document": one.source, "policy": policy.id, "unit": unit.code if unit else None, "origin": "event"}
            reported = Reported(None, one.indicator, str(month), inputs=inputs, **said)
            recorded.append(service.enter_reading(session, counter, reported).id or 0)
        elif queries.figure_of(before).inputs == inputs:
            unchanged.append(before.id or 0)
        else:
            said = {"source_document": one.source, "reason": REASON, "origin": "event"}
            corrected.append(service.correct_reading(session, counter, before.id or 0, inputs=inputs, **said).id or 0)
    return Entered(tuple(recorded), tuple(corrected), tuple(unchanged), tuple(one for one in counts if one.of is None))


def counted(session: Session, policy: Policy, unit_id: int | None, month: Period) -> Iterator[Counted]:
    """Those of the four that the policy watches, as they stand today; a number of queries that does not grow."""
    counts = {
        "data_on_time": _data_on_time,
        "dashboard_updated": _dashboard_updated,
        "exceptions_started": _exceptions_started,
        "advice_adopted": _advice_adopted,
    }
    for name in ABOUT_KPIS:
        if _parts(policy, name) is not None:
            yield counts[name](session, policy, unit_id, month)


def _data_on_time(session: Session, policy: Policy, unit_id: int | None, month: Period) -> Counted:
    """Readings in by the day they were due, of those due (`timeliness`); known once the last of them was due."""
    due = owed(session, policy, unit_id, month, clock.now())
    last = max((one.due_on for one in due), default=due_on(policy, span_of(str(month))))
    if clock.today() <= last:
        return Counted("data_on_time", 0, None, f"读数截至 {last} 才到期")
    count = sum(one.in_time for one in due)
    return Counted("data_on_time", count, len(due), f"本系统 读数的录入时间: {month} 应报 {len(due)}, 准时 {count}")


def _dashboard_updated(session: Session, policy: Policy, unit_id: int | None, month: Period) -> Counted:
    """The dashboard shows the evaluation of a month, and is updated with it: in time by the end of the month that follows, so
    that every month brings one (G-4)."""
    last = month.next().last_day()
    of_it = (KpiEvaluation.policy == policy.id, KpiEvaluation.period == str(month), _is(KpiEvaluation.unit_id, unit_id))
    first = session.exec(select(KpiEvaluation).where(*of_it).order_by(col(KpiEvaluation.id)).limit(1)).first()
    made_on = first.made_at.astimezone(clock.COMPANY_ZONE).date() if first else None
    if first is not None and made_on is not None and made_on <= last:
        return Counted("dashboard_updated", 1, 1, f"本系统 评价 {first.id}: {month} 于 {made_on} 更新")
    if clock.today() <= last:
        return Counted("dashboard_updated", 0, None, f"{month} 的更新截至 {last}")
    return Counted("dashboard_updated", 0, 1, f"本系统 评价: {month} 截至 {last} 未更新")


def _exceptions_started(session: Session, policy: Policy, unit_id: int | None, month: Period) -> Counted:
    """Alerts of a level or a trend that a record answers, opened by the day that record is due, of all that stand."""
    if evaluations.latest(session, policy.id, unit_id, month) is None:
        return Counted("exceptions_started", 0, None, f"{month} 尚未评价")
    called = select(KpiAlert.id).where(
        KpiAlert.policy == policy.id,
        _is(KpiAlert.unit_id, unit_id),
        KpiAlert.ends_on == month.last_day(),
        col(KpiAlert.kind).in_(CALLED_FOR),
        col(KpiAlert.withdrawn_at).is_(None),
    )
    alerts = set(session.exec(called))
    answered = (
        select(KpiExceptionPeriod.alert_id, KpiExceptionPeriod.attached_at, KpiException.due_on)
        .join(KpiException, col(KpiException.id) == KpiExceptionPeriod.exception_id)
        .where(col(KpiExceptionPeriod.alert_id).in_(called), col(KpiExceptionPeriod.withdrawn_at).is_(None))
        .where(KpiException.state != VOID)
    )
    started = {alert for alert, at, due_on in session.exec(answered) if at.astimezone(clock.COMPANY_ZONE).date() <= due_on}
    source = f"本系统 预警与异常应对单: {month} 应启动 {len(alerts)}, 已启动 {len(started)}"
    return Counted("exceptions_started", len(started), len(alerts), source)


def _advice_adopted(session: Session, policy: Policy, unit_id: int | None, month: Period) -> Counted:
    """Suggestions adopted of those decided in the month; what is undecided counts in neither."""
    begins, ends = _moment(month.first_day()), _moment(month.next().first_day())
    found = suggestions.adoption(session, policy.id, unit_id, begins, ends)
    source = f"本系统 周报建议: {month} 已决定 {found.decided}, 采纳 {found.adopted}, 未决定 {found.undecided}"
    return Counted("advice_adopted", found.adopted, found.decided, source)


def _parts(policy: Policy, name: str) -> tuple[str, str] | None:
    """The names of the count and of what it is counted of, where the policy watches such a share."""
    located = policy.watched.get(name)
    given = [one.name for one in located.indicator.inputs] if located else []
    if located is None or len(given) != 2 or located.indicator.formula != f"{given[0]} / {given[1]} * 100":
        return None
    return given[0], given[1]


def _is(column: object, unit_id: int | None) -> object:
    return col(column).is_(None) if unit_id is None else col(column) == unit_id  # type: ignore[arg-type]


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), clock.COMPANY_ZONE)
