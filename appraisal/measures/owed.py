"""Which figures are still owed, by whom and until when: a row per agreed KPI, and the sum of them per provider.

Data are due as the cycle's first step is (R-002-29); a provider to whom HR has given fewer working days owes them sooner,
unless an extension has been granted.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, literal, union_all
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.models import Agreement, AgreementItem
from appraisal.agreements.queries import Agreed
from appraisal.core.calendar import Period, WorkingDays
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.rolling import gathered_oftener, is_weighed
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import Conflict
from appraisal.formats import local_date
from appraisal.measures import providers, queries
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.measures.providers import Assigned
from appraisal.measures.queries import Completeness, EntryKey, Key
from appraisal.measures.reach import reach_of
from appraisal.people.models import Employee
from appraisal.policies import queries as policies

MISSING, UNCONFIRMED, NO_BASE, CONFIRMED = "missing", "unconfirmed", "no_base", "confirmed"
ON_A_PAGE = 200
STATES = (MISSING, UNCONFIRMED, NO_BASE, CONFIRMED)


@dataclass(frozen=True)
class Owed:
    """An agreed KPI, or a part of its period for which figures are gathered, with how far its figure is. `entry_id` is the last
    entry, confirmed or not; without providers it is left to every data provider. `state` is missing, unconfirmed, no_base
    (confirmed, with nothing to divide by) or confirmed."""

    appraisal_id: int
    employee_id: int
    number: str
    name: str
    sheet_id: int
    item: str
    own_name: str | None
    period: str
    state: str
    entry_id: int | None
    due_on: date | None
    providers: tuple[Assigned, ...]

    @property
    def is_overdue(self) -> bool:
        """Whether the figure should have been confirmed by now."""
        return self.state != CONFIRMED and self.due_on is not None and self.due_on < clock.today()


@dataclass(frozen=True)
class Share:
    """What one provider has to deliver in a cycle; `provider` is None for what HR has assigned to nobody."""

    provider: Assigned | None
    items: tuple[str, ...]
    counts: dict[str, int]
    overdue: int
    due_on: date | None


@dataclass(frozen=True)
class Waiting:
    """A figure of a case that does not count yet: missing, unconfirmed or no_base; of one gathered in parts, which are waited
    for."""

    state: str
    periods: tuple[str, ...]
    providers: tuple[str, ...]
    due_on: date | None


@dataclass(frozen=True)
class _Collecting:
    """An appraisal as it stood in data collection, whatever its step is now: its deadline is asked of the cycle."""

    id: int
    step: str
    step_since: datetime
    rated: bool = True


def figures_owed(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    state: str | None = None,
    item: str | None = None,
    number: str | None = None,
) -> tuple[Any, list[tuple[Any, str]]]:
    """The select of the agreed KPIs of a cycle that the actor handles, and its order; `owed` makes the rows of a page of it.

    `no_base` counts as confirmed when asked for by state. Raises NotAllowed for who provides no figures.
    """
    if not actor.holds("data_provider", "hr"):
        raise queries.not_a_provider()
    entered, counted, parts = _entered(cycle).subquery(), _counted(cycle).subquery(), _parts(session, cycle)
    period = literal(cycle.period) if parts is None else func.coalesce(parts.c.period, cycle.period)
    said = case((counted.c.id.is_not(None), CONFIRMED), (entered.c.id.is_not(None), UNCONFIRMED), else_=MISSING)
    found = (
        select(
            Appraisal.id,
            Appraisal.step,
            Appraisal.step_since,
            Employee.id,
            Employee.number,
            Employee.name,
            Sheet.id,
            AgreementItem.item,
            AgreementItem.name_zh,
            period.label("period"),
            said,
            entered.c.id,
        )
        .select_from(Sheet)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Agreement, col(Agreement.sheet_id) == Sheet.id)
        .join(AgreementItem, col(AgreementItem.agreement_id) == Agreement.id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), AgreementItem.kind == "kpi")
        .where(agreements.counts())
        .where(reach_of(session, actor, cycle).handles(col(AgreementItem.item)))
    )
    if parts is not None:
        reached = and_(parts.c.from_on <= Sheet.to_on, parts.c.to_on >= Sheet.from_on)
        found = found.outerjoin(parts, and_(parts.c.item == AgreementItem.item, reached))
    found = found.outerjoin(entered, _is_of(entered, period)).outerjoin(counted, _is_of(counted, period))
    if state is not None:
        found = found.where(said == state)
    if item is not None:
        found = found.where(AgreementItem.item == item)
    if number is not None:
        found = found.where(Employee.number == number)
    order = [(col(Employee.number), "asc"), (col(Sheet.id), "asc"), (col(AgreementItem.position), "asc")]
    if parts is not None:
        order.append((period, "asc"))
    return found, order


def owed(session: Session, cycle: Cycle, rows: Sequence[Any]) -> list[Owed]:
    """Rows of `figures_owed` with their deadlines and providers, in a number of queries that does not grow with them."""
    policy, assigned = cycles.policy_of(session, cycle), providers.assignments(session, cycle)
    deadlines = _Deadlines(session, cycle, policy, rows)
    without_base = _without_base(session, cycle, policy, {row[6] for row in rows})
    found = []
    for appraisal_id, _, _, employee_id, number, name, sheet_id, item, own_name, period, state, entry_id in rows:
        if state == CONFIRMED and (sheet_id, item, period) in without_base:
            state = NO_BASE
        theirs = tuple(assigned.of(policy, item))
        due_on = deadlines.of(appraisal_id, theirs)
        said = (appraisal_id, employee_id, number, name, sheet_id, item, own_name, period, state, entry_id, due_on, theirs)
        found.append(Owed(*said))
    return found


def waiting_of(session: Session, cycle: Cycle, appraisal: Appraisal, by_sheet: Mapping[int, Agreed]) -> dict[Key, Waiting]:
    """The agreed figures of one appraisal that are not confirmed yet, whoever asks: for the page of a case, which its reader
    may see."""
    policy = cycles.policy_of(session, cycle)
    parts: dict[Key, list[Completeness]] = {}
    for one in queries.completeness(session, policy, by_sheet):
        if one.state != CONFIRMED:
            parts.setdefault((one.sheet_id, one.item.item), []).append(one)
    if not parts:
        return {}
    assigned = providers.assignments(session, cycle)
    deadlines = _Deadlines(session, cycle, policy, [(appraisal.id, appraisal.step, appraisal.step_since)])
    found = {}
    for key, several in parts.items():
        theirs = assigned.of(policy, key[1])
        periods = tuple(one.period for one in several if one.is_part)
        due_on = deadlines.of(appraisal.id or 0, theirs)
        found[key] = Waiting(several[0].state, periods, tuple(one.provider for one in theirs), due_on)
    return found


def by_provider(session: Session, actor: Actor, cycle: Cycle) -> list[Share]:
    """What each provider has to deliver among what the actor handles, in the order of assignment; what is nobody's last."""
    statement, order = figures_owed(session, actor, cycle)
    rows = owed(session, cycle, session.exec(statement.order_by(*(column for column, _ in order))).all())
    by_row: dict[int | None, list[Owed]] = {}
    known: dict[int | None, Assigned | None] = {}
    for row in rows:
        for assigned in row.providers or (None,):
            key = assigned.row.id if assigned else None
            known[key] = assigned
            by_row.setdefault(key, []).append(row)
    return [_share(known[key], by_row[key]) for key in sorted(by_row, key=lambda key: (key is None, key))]


def _share(provider: Assigned | None, rows: Sequence[Owed]) -> Share:
    states = Counter(row.state for row in rows)
    waiting = [row.due_on for row in rows if row.state != CONFIRMED and row.due_on is not None]
    return Share(
        provider=provider,
        items=tuple(dict.fromkeys(row.item for row in rows)),
        counts={state: states[state] for state in STATES},
        overdue=sum(row.is_overdue for row in rows),
        due_on=min(waiting, default=None),
    )


class _Deadlines:
    """Until when the figures of appraisals are due, by what the cycle says and by what a provider has been given."""

    def __init__(self, session: Session, cycle: Cycle, policy: Policy, rows: Iterable[Any]) -> None:
        collecting = first_step(policy.workflow).id
        since = {row[0]: row[2] if row[1] == collecting else cycle.opened_at for row in rows}
        appraisals = [_Collecting(appraisal_id, collecting, begun) for appraisal_id, begun in since.items()]
        self.working_days = _calendar(session)
        self.begun = {one.id: max(local_date(one.step_since), cycle.ends_on) for one in appraisals}
        self.due = cycles.due_dates(session, cycle, appraisals)
        self.plain = {
            one.id: cycles.by_workflow(cycle, policy.workflow, collecting, local_date(one.step_since), self.working_days)
            for one in appraisals
        }

    def of(self, appraisal_id: int, assigned: Sequence[Assigned]) -> date | None:
        """The day for one appraisal: the soonest among its providers, the step's own where it has been extended."""
        due = self.due[appraisal_id]
        if due != self.plain[appraisal_id]:
            return due
        own = [self._after(self.begun[appraisal_id], one.row.working_days) for one in assigned]
        return min((day for day in (due, *own) if day is not None), default=None)

    def _after(self, begun: date, days: int | None) -> date | None:
        if days is None or self.working_days is None:
            return None
        try:
            return self.working_days.after(begun, days)
        except Conflict:
            return None  # the calendar ends before


def _calendar(session: Session) -> WorkingDays | None:
    try:
        return policies.working_days(session)
    except Conflict:
        return None


def _entered(cycle: Cycle) -> Any:
    """The last entry of each item of a cycle, for each period it is entered for."""
    return (
        select(Measure.sheet_id, Measure.item, Measure.period, func.max(Measure.id).label("id"))
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id)
        .group_by(Measure.sheet_id, Measure.item, Measure.period)
    )


def _counted(cycle: Cycle) -> Any:
    """The entry of each item that counts: the last confirmed one."""
    return _entered(cycle).join(MeasureConfirmation, col(MeasureConfirmation.measure_id) == Measure.id)


def _is_of(entries: Any, period: Any) -> Any:
    """The condition that an entry is that of a row: of its sheet, item and period."""
    return and_(entries.c.sheet_id == Sheet.id, entries.c.item == AgreementItem.item, entries.c.period == period)


def _parts(session: Session, cycle: Cycle) -> Any:
    """The parts of a cycle's period by item, of the items whose figures are gathered part by part, with their days; None where
    there are no such items."""
    gathered = gathered_oftener(cycles.policy_of(session, cycle), Period.parse(cycle.period))
    rows = [(item, str(part), part.first_day(), part.last_day()) for item, several in gathered.items() for part in several]
    if not rows:
        return None
    named = ("item", "period", "from_on", "to_on")
    each = [select(*(literal(value).label(name) for name, value in zip(named, row, strict=True))) for row in rows]
    return union_all(*each).subquery("parts")


def _without_base(session: Session, cycle: Cycle, policy: Policy, sheet_ids: Collection[int]) -> frozenset[EntryKey]:
    """The confirmed figures whose formula has nothing to divide by; only few indicators can have such. Parts that only count
    together are not asked one by one."""
    gathered = gathered_oftener(policy, Period.parse(cycle.period))
    items = [
        one.indicator.id
        for one in policy.indicators.values()
        if one.indicator.formula is not None
        and one.indicator.zero_denominator in ("no_base", "no_base_strict")
        and not (one.indicator.id in gathered and is_weighed(policy, one.indicator.id))
    ]
    counted = _counted(cycle).where(col(Measure.item).in_(items)).subquery()
    columns = (Measure.sheet_id, Measure.item, Measure.period, Measure.actual, Measure.inputs)
    found = select(*columns).join(counted, counted.c.id == Measure.id)
    if len(sheet_ids) <= ON_A_PAGE:
        found = found.where(col(Measure.sheet_id).in_(sheet_ids))
    figures = {(one.sheet_id, one.item, one.period): queries.figure_of(one) for one in session.exec(found)}
    return frozenset(key for key, figure in figures.items() if queries.actual_by(policy, key[1], figure) is None)
