"""What an evaluation sets off: a record for each alert that asks for one, tasks for other departments, and who is told.

Everything is done once, however often a period is evaluated: a later period of the same trouble is attached to the record that
is open, a worse level opens its own, and what a corrected reading no longer asks for is withdrawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.errors import Message
from appraisal.core.policy.model import Policy
from appraisal.exceptions import queries, tasks
from appraisal.exceptions.models import (
    ENDED,
    OPEN,
    VOID,
    KpiException,
    KpiExceptionEntry,
    KpiExceptionPeriod,
    KpiTask,
)
from appraisal.labels import label
from appraisal.monitoring import alerts, evaluations, holders
from appraisal.monitoring.alerts import Settled
from appraisal.monitoring.evaluations import Evaluated
from appraisal.monitoring.models import KpiAlert
from appraisal.people.models import Employee, Unit

FORM = "QEF-29-02"
INVESTIGATION = "investigation"
SEVERE = "severe"
DAYS = 10
"""For what the policy sets no term for, as it sets none for an investigation: that of its mildest record, or else these."""
WORKED_ON = ("analysis", "action", "done", "verified", "returned", "note")


class Demand(NamedTuple):
    """What an alert asks for: which record, of whom, in how many days."""

    record: str
    role: str
    days: int
    level: str | None


@dataclass
class Responded:
    """What came of an evaluation. `attached` are records that were open already, `void` those that nothing asks for any longer;
    `notified` counts the notices."""

    evaluated: Evaluated
    alerts: Settled
    opened: list[KpiException] = field(default_factory=list)
    attached: list[KpiException] = field(default_factory=list)
    void: list[KpiException] = field(default_factory=list)
    tasks: list[KpiTask] = field(default_factory=list)
    notified: int = 0


def evaluate_and_respond(session: Session, actor: Actor, policy: str, unit_id: int | None, period: Period) -> Responded:
    """Evaluates a period, settles its alerts and opens what they ask for; done again it opens and tells nothing.

    Raises as `evaluations.evaluate_period`.
    """
    evaluated = evaluations.evaluate_period(session, actor, policy, unit_id, period)
    settled = alerts.settle(session, actor, evaluated)
    done = Responded(evaluated, settled)
    rules = evaluations.policy_of(session, policy, period)
    demands = {one.id: demanded(rules, one) for one in settled.standing}
    links = _links_of(session, [*settled.standing, *settled.withdrawn])
    _withdraw(session, actor, done, links, demands)
    for alert in settled.standing:
        demand = demands[alert.id]
        if demand is not None:
            _answer(session, actor, done, alert, demand, links.get(alert.id or 0, ()))
    done.tasks, told = tasks.open_due(session, actor, rules, evaluated.evaluation, settled)
    done.notified += told + _tell_of_levels(session, rules, settled)
    return done


def demanded(policy: Policy, alert: KpiAlert) -> Demand | None:
    """The record that an alert asks for: of a level the one that the policy names, of a trend or a guard an investigation."""
    rules = policy.monitoring
    if rules is None:
        return None
    if alert.kind == "level":
        found = next((one for one in rules.records if one.level == alert.level), None)
        if found is None:
            return None
        return Demand(found.record, found.role or holders.HEAD, DAYS if found.days is None else found.days, alert.level)
    if alert.kind in ("trend", "guard"):
        mildest = rules.records[0] if rules.records else None
        days = DAYS if mildest is None or mildest.days is None else mildest.days
        return Demand(INVESTIGATION, (mildest.role if mildest else None) or holders.HEAD, days, None)
    return None


def name_of(policy: Policy, indicator: str) -> Any:
    """An indicator's name in both languages."""
    return policy.watched[indicator].indicator.name


# Opening and attaching

_Links = Mapping[int, Sequence[tuple[KpiExceptionPeriod, KpiException]]]


def _links_of(session: Session, found: Iterable[KpiAlert]) -> _Links:
    rows = session.exec(
        select(KpiExceptionPeriod, KpiException)
        .join(KpiException, col(KpiException.id) == KpiExceptionPeriod.exception_id)
        .where(col(KpiExceptionPeriod.alert_id).in_([one.id for one in found]))
        .order_by(KpiException.id)
    )
    links: dict[int, list[tuple[KpiExceptionPeriod, KpiException]]] = {}
    for link, exception in rows:
        links.setdefault(link.alert_id, []).append((link, exception))
    return links


def _answer(
    session: Session,
    actor: Actor,
    done: Responded,
    alert: KpiAlert,
    demand: Demand,
    links: Sequence[tuple[KpiExceptionPeriod, KpiException]],
) -> None:
    own = [(link, one) for link, one in links if one.record == demand.record and one.state != VOID]
    if any(link.withdrawn_at is None for link, _ in own):
        return
    again = next(((link, one) for link, one in own if one.state not in ENDED), None)
    if again is not None:
        link, found = again
        link.withdrawn_at = None
        session.add(link)
        _note_attached(session, actor, done, found, alert)
        return
    of_it = col(KpiException.unit_id).is_(None) if alert.unit_id is None else KpiException.unit_id == alert.unit_id
    still = select(KpiException).where(
        KpiException.policy == alert.policy,
        of_it,
        KpiException.indicator == alert.indicator,
        KpiException.record == demand.record,
        queries.is_open(),
    )
    found = session.exec(still).first()
    if found is None:
        _open(session, actor, done, alert, demand)
        return
    session.add(KpiExceptionPeriod(exception_id=found.id, alert_id=alert.id, attached_at=clock.now()))
    _note_attached(session, actor, done, found, alert)


def _note_attached(session: Session, actor: Actor, done: Responded, found: KpiException, alert: KpiAlert) -> None:
    note(session, found, "attached", text=alert.period)
    flag_modified(found, "state")
    session.flush()
    after = {"alert_id": alert.id, "period": alert.period, "kind": alert.kind}
    audit.record(session, actor, "kpi_exception.attach", "kpi_exception", found.id, after=after)
    if found not in done.attached:
        done.attached.append(found)


def _open(session: Session, actor: Actor, done: Responded, alert: KpiAlert, demand: Demand) -> None:
    today = clock.today()
    answering = holders.named(session, alert.policy, demand.role, alert.unit_id, today)
    made = KpiException(
        number=_next_number(session, today.year),
        policy=alert.policy,
        unit_id=alert.unit_id,
        indicator=alert.indicator,
        period=alert.period,
        starts_on=alert.starts_on,
        ends_on=alert.ends_on,
        level=demand.level,
        record=demand.record,
        role=demand.role,
        owner_id=answering[0].id if answering else None,
        state=OPEN,
        opened_at=clock.now(),
        due_on=today + timedelta(days=demand.days),
        version=1,
    )
    session.add(made)
    session.flush()
    session.add(KpiExceptionPeriod(exception_id=made.id, alert_id=alert.id, attached_at=clock.now()))
    note(session, made, "opened", text=alert.period)
    session.flush()
    audit.record(session, actor, "kpi_exception.open", "kpi_exception", made.id, after=shown(made) | {"alert_id": alert.id})
    done.opened.append(made)
    policy = evaluations.policy_of(session, alert.policy, Period.parse(alert.period))
    told = answering or holders.managers(session, alert.unit_id)
    done.notified += tell(session, policy, made, "kpi_exception_opened", told)


def _next_number(session: Session, year: int) -> str:
    """The next number of a year. Whoever takes one holds the others up until their transaction ends."""
    db.one_at_a_time(session, f"kpi exception {year}")
    start = f"{FORM}-{year}-"
    taken = session.exec(select(KpiException.number).where(col(KpiException.number).like(f"{start}%"))).all()
    return f"{start}{max((int(one.removeprefix(start)) for one in taken), default=0) + 1:04}"


# Withdrawing


def _withdraw(
    session: Session, actor: Actor, done: Responded, links: _Links, demands: Mapping[int | None, Demand | None]
) -> None:
    """Parts records from alerts that no longer ask for them. One that nothing asks for any more is void if nobody has worked on
    it, and otherwise stays open with a note."""
    left: dict[int, KpiException] = {}
    for alert_id, several in links.items():
        demand = demands.get(alert_id)
        for link, found in several:
            if link.withdrawn_at is None and (demand is None or demand.record != found.record):
                link.withdrawn_at = clock.now()
                session.add(link)
                left[found.id or 0] = found
    session.flush()
    for found in left.values():
        standing = select(KpiExceptionPeriod.alert_id).where(
            KpiExceptionPeriod.exception_id == found.id, col(KpiExceptionPeriod.withdrawn_at).is_(None)
        )
        if found.state in ENDED or session.exec(standing.limit(1)).first() is not None:
            continue
        policy = evaluations.policy_of(session, found.policy, Period.parse(found.period))
        before = shown(found)
        if _is_worked_on(session, found):
            note(session, found, "corrected")
            kind = "kpi_exception_corrected"
        else:
            found.state, found.closed_at = VOID, clock.now()
            session.add(found)
            note(session, found, "void")
            kind = "kpi_exception_void"
            done.void.append(found)
        session.flush()
        audit.record(
            session,
            actor,
            kind.replace("kpi_exception_", "kpi_exception."),
            "kpi_exception",
            found.id,
            before=before,
            after=shown(found),
        )
        owner = session.get(Employee, found.owner_id) if found.owner_id is not None else None
        done.notified += tell(session, policy, found, kind, [owner] if owner else [])


def _is_worked_on(session: Session, found: KpiException) -> bool:
    said = select(KpiExceptionEntry.id).where(
        KpiExceptionEntry.exception_id == found.id, col(KpiExceptionEntry.kind).in_(WORKED_ON)
    )
    return found.state != OPEN or session.exec(said.limit(1)).first() is not None


# Telling


def tell(session: Session, policy: Policy, found: KpiException, kind: str, whom: Iterable[Employee]) -> int:
    """Tells people of an exception; how many were told."""
    told = {one.id: one for one in whom}
    said = {
        "number": found.number,
        "indicator": name_of(policy, found.indicator) if found.indicator in policy.watched else found.indicator,
        "period": found.period,
        "record": label("kpi_record", found.record),
        "due_on": queries.deadline_of(found),
    }
    for employee_id in told:
        notify.post(session, employee_id, kind, about=("kpi_exception", found.id or 0), **said)
    return len(told)


def _tell_of_levels(session: Session, policy: Policy, settled: Settled) -> int:
    """Tells the roles that the policy names for a level, when an alert reaches it."""
    rules, count = policy.monitoring, 0
    assert rules is not None
    reached = [one for one in (*settled.opened, *settled.changed) if one.kind == "level"]
    _announce_severe(session, [one for one in reached if one.level == SEVERE])
    for alert in (*settled.opened, *settled.changed):
        if alert.kind != "level":
            continue
        roles = [one.role for one in rules.notify if one.level == alert.level]
        told = {one.id for role in roles for one in holders.holders(session, alert.policy, role, alert.unit_id, clock.today())}
        said = {"indicator": name_of(policy, alert.indicator), "period": alert.period}
        for employee_id in sorted(told):
            level = label("kpi_level", alert.level or "")
            notify.post(session, employee_id, "kpi_level_reached", about=("kpi_alert", alert.id or 0), level=level, **said)
        count += len(told)
    return count


def _announce_severe(session: Session, reached: Sequence[KpiAlert]) -> None:
    """Tells groups how many indicators have come to the gravest level, not which."""
    if reached:
        said = {"unit": unit_name(session, reached[0].unit_id), "period": reached[0].period, "count": len(reached)}
        about = ("kpi_alert", reached[0].id or 0)
        notify.announce(session, "kpi_severe", about=about, unit_id=reached[0].unit_id, **said)


def unit_name(session: Session, unit_id: int | None) -> Message:
    """Whose indicators they are: a unit's, or the whole company's."""
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    return Message(unit.name, unit.name_en) if unit else Message("全公司", "The company")


def note(session: Session, found: KpiException, kind: str, text: str | None = None, by: int | None = None) -> KpiExceptionEntry:
    """An entry of an exception's history."""
    entry = KpiExceptionEntry(exception_id=found.id, kind=kind, text=text, by_account=by, at=clock.now())
    session.add(entry)
    return entry


def shown(found: KpiException) -> dict[str, Any]:
    """What the trail keeps of an exception."""
    names = ("number", "policy", "unit_id", "indicator", "period", "level", "record", "role", "owner_id", "state", "due_on")
    return {name: getattr(found, name) for name in names}
