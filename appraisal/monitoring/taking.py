"""One dictionary, one number: an agreed KPI that names a watched indicator (`reading: policy/indicator`) takes the confirmed
reading of its sheet's unit and period as its figure, unless somebody has entered one.

The figure is an entry of measures like any other: entered and confirmed by who entered and confirmed the reading, and
corrected when the reading is. It rests on several readings where these roll up to the period.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.fields import as_text
from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.judging import readings as core
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.rolling import Figure
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, Invalid, NotFound
from appraisal.measures import queries as measures
from appraisal.measures.figures import checked_figure
from appraisal.measures.models import Measure, MeasureConfirmation
from appraisal.monitoring import queries
from appraisal.monitoring.models import Reading, ReadingConfirmation, ReadingFigure
from appraisal.monitoring.watched import Watching, watching
from appraisal.people import auth
from appraisal.people.models import Account

_WHY = {
    "entered": ("已有人录入数据, 以其为准", "somebody has entered a figure, which stands"),
    "no_reading": ("该部门本期没有已确认的读数", "there is no confirmed reading of the unit for the period"),
    "no_value": ("读数没有值 (分母为 0 或不能计算)", "the reading has no value: nothing to divide by, or it does not compute"),
    "other_inputs": (
        "考核指标的原始数据与监测指标不同, 请录入",
        "its inputs are not those of the watched indicator: enter them",
    ),
    "own_reading": ("读数由被考核人本人录入或确认 (D-05)", "the person appraised has entered or confirmed the reading (D-05)"),
    "not_fitting": ("读数不能作为该项的数据", "the reading cannot be the figure of this item"),
}
_REASON = "监测读数已更正 / the reading was corrected"


@dataclass(frozen=True)
class Left:
    """A KPI that has taken no reading, and why; `code` is one of entered, no_reading, no_value, other_inputs, own_reading and
    not_fitting."""

    appraisal_id: int
    sheet_id: int
    item: str
    period: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Taken:
    """What came of the KPIs that name a reading: entries added and corrected, those that had theirs already, and the others."""

    recorded: tuple[int, ...] = ()
    corrected: tuple[int, ...] = ()
    unchanged: int = 0
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class _Place:
    """An agreed KPI of a sheet in one period, and the indicator it names."""

    sheet: Sheet
    appraisal: Appraisal
    item: str
    own_name: str | None
    period: str
    policy: str
    indicator: str

    @property
    def key(self) -> measures.EntryKey:
        assert self.sheet.id is not None
        return self.sheet.id, self.item, self.period

    def left(self, code: str, more: tuple[str, str] | None = None) -> Left:
        zh, en = _WHY[code]
        said = (f"{zh}: {more[0]}", f"{en}: {more[1]}") if more else (zh, en)
        return Left(self.appraisal.id or 0, self.sheet.id or 0, self.item, self.period, code, *said)


@dataclass(frozen=True)
class _Planned:
    """A figure with the readings it rests on, and the entry it would correct."""

    place: _Place
    figure: Figure
    basis: tuple[int, ...]
    corrects: Measure | None


def take_readings(session: Session, actor: Actor, cycle_id: int) -> Taken:
    """Gives every agreed KPI of a cycle that names a reading its figure, by HR or a data provider of the whole company.

    Sent again, what is there is left alone. Raises NotFound, Conflict `cycle_not_open`.
    """
    auth.require_role(actor, "hr", "data_provider")
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound()
    if cycle.status != OPEN:
        raise Conflict("cycle_not_open", "考核周期不在进行中", "the cycle is not open")
    return _take(session, actor, cycle, None, None)


def follow(session: Session, actor: Actor, readings: Sequence[Reading]) -> None:
    """Gives confirmed readings to the KPIs of open cycles that name them."""
    units = {one.unit_id for one in readings if one.unit_id is not None}
    if not units:
        return
    wanted = {f"{one.policy}/{one.indicator}" for one in readings}
    first, last = min(one.starts_on for one in readings), max(one.ends_on for one in readings)
    for cycle in cycles.open_cycles(session):
        if cycle.starts_on <= last and cycle.ends_on >= first:
            named = {located.indicator.reading for located in cycles.policy_of(session, cycle).indicators.values()}
            if not wanted.isdisjoint(named):
                _take(session, actor, cycle, units, wanted)


def _take(session: Session, actor: Actor, cycle: Cycle, units: Collection[int] | None, wanted: Collection[str] | None) -> Taken:
    policy = cycles.policy_of(session, cycle)
    named = {item: located.indicator.reading for item, located in policy.indicators.items() if located.indicator.reading}
    links = {item: tuple(name.split("/", 1)) for item, name in named.items() if wanted is None or name in wanted}
    if not links:
        return Taken()
    db.one_at_a_time(session, "import of figures")
    places = _places(session, cycle, policy, links, units)
    sheet_ids = {one.sheet.id for one in places if one.sheet.id is not None}
    on_record = measures.latest(session, sheet_ids)
    own = {one.id for one in on_record.values()}
    ours = set(session.exec(select(ReadingFigure.measure_id).where(col(ReadingFigure.measure_id).in_(own))))
    planned: list[_Planned] = []
    left: list[Left] = []
    unchanged = 0
    kept: dict[tuple[str, int], Mapping[str, Sequence[queries.Kept]]] = {}
    known = watching(session)
    where = measures.spans(session, policy, sheet_ids)
    for place in places:
        before = on_record.get(place.key)
        if before is not None and before.id not in ours:
            left.append(place.left("entered"))
            continue
        series = (place.policy, place.sheet.unit_id)
        if series not in kept:
            kept[series] = queries.confirmed_of(session, *series, _last_day(cycle))
        found = _figure(known, policy, place, kept[series], in_parts=where.in_parts(*place.key[:2]))
        if isinstance(found, Left):
            left.append(found)
        elif before is not None and measures.figure_of(before) == found[0]:
            unchanged += 1
        else:
            planned.append(_Planned(place, *found, before))
    hands = _hands(session, [one.basis for one in planned])
    clean = [one for one in planned if not hands.holds(one.place.appraisal.employee_id, one.basis)]
    left += [one.place.left("own_reading") for one in planned if hands.holds(one.place.appraisal.employee_id, one.basis)]
    ids = _add(session, actor, policy, clean, hands)
    recorded = tuple(one for one, plan in zip(ids, clean, strict=True) if plan.corrects is None)
    corrected = tuple(one for one, plan in zip(ids, clean, strict=True) if plan.corrects is not None)
    return Taken(recorded, corrected, unchanged, tuple(left))


def _last_day(cycle: Cycle) -> date:
    # Weeks count in the month of their Thursday, and may end after it.
    return date.fromordinal(cycle.ends_on.toordinal() + 6)


def _places(
    session: Session, cycle: Cycle, policy: Policy, links: Mapping[str, tuple[str, ...]], units: Collection[int] | None
) -> list[_Place]:
    found = (
        select(Sheet, Appraisal)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
        .order_by(Sheet.id)
    )
    if units is not None:
        found = found.where(col(Sheet.unit_id).in_(units))
    rows = {sheet.id: (sheet, appraisal) for sheet, appraisal in session.exec(found) if sheet.id is not None}
    agreed = agreements.agreed(session, list(rows))
    where = measures.spans(session, policy, list(rows))
    return [
        _Place(*rows[sheet_id], row.item, row.name_zh, period, *links[row.item])
        for sheet_id, one in agreed.items()
        for row in one.items
        if row.kind == "kpi" and row.item in links
        for period in where.of(sheet_id, row.item)
    ]


def _figure(
    known: Watching, policy: Policy, place: _Place, kept: Mapping[str, Sequence[queries.Kept]], *, in_parts: bool
) -> tuple[Figure, tuple[int, ...]] | Left:
    """The figure of a KPI and the ids of the readings it rests on, or why there is none."""
    period = Period.parse(place.period)
    watched = known.policy_on(place.policy, period.first_day())
    if watched is None or place.indicator not in watched.watched or place.indicator not in kept:
        return place.left("no_reading")
    indicator = watched.watched[place.indicator].indicator
    several = queries.governed(known, watched, place.indicator, kept[place.indicator])
    whole = queries.Parts(indicator, several).whole(period)
    if whole is None:
        return place.left("no_reading")
    figure = _as_figure(policy.indicators[place.item].indicator, indicator, whole)
    if isinstance(figure, str):
        return place.left(figure)
    try:
        sound = checked_figure(policy, place.item, place.own_name, figure.actual, figure.inputs, is_part=in_parts)
    except Invalid as refused:
        return place.left("not_fitting", (refused.message.zh, refused.message.en))
    return sound, tuple(queries.counted_ids(kept, place.indicator, period))


def _as_figure(item: Indicator, watched: Indicator, whole: core.Reading) -> Figure | str:
    """The reading in the form that the agreed KPI takes: its inputs, or its value."""
    if item.formula is not None:
        inputs = {name: value for name, value in whole.inputs.items() if value is not None}
        return Figure(None, inputs) if inputs.keys() == {given.name for given in item.inputs} else "other_inputs"
    try:
        value = core.value_of(watched, whole)
    except ScoringError:
        value = None
    return "no_value" if value is None else Figure(value, None)


@dataclass(frozen=True)
class _Hands:
    """Who entered and who confirmed readings, as accounts; and which employees these are."""

    by_reading: Mapping[int, tuple[int | None, int]]
    employees: Mapping[int, int | None]

    def holds(self, employee_id: int, basis: Iterable[int]) -> bool:
        """Whether an employee has entered or confirmed one of these readings."""
        accounts = {account for one in basis for account in self.by_reading[one] if account is not None}
        return any(self.employees.get(account) == employee_id for account in accounts)


def _hands(session: Session, several: Sequence[Sequence[int]]) -> _Hands:
    ids = {one for basis in several for one in basis}
    if not ids:
        return _Hands({}, {})
    found = session.exec(
        select(Reading.id, Reading.entered_by, ReadingConfirmation.confirmed_by)
        .join(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .where(col(Reading.id).in_(ids))
    )
    by_reading = {id_: (entered, confirmed) for id_, entered, confirmed in found if id_ is not None}
    accounts = {account for pair in by_reading.values() for account in pair if account is not None}
    employees = session.exec(select(Account.id, Account.employee_id).where(col(Account.id).in_(accounts)))
    return _Hands(by_reading, {id_: employee for id_, employee in employees if id_ is not None})


def _add(session: Session, actor: Actor, policy: Policy, planned: Sequence[_Planned], hands: _Hands) -> list[int]:
    now, collecting = clock.now(), first_step(policy.workflow).id
    rows = [_row(one, hands) | {"entered_at": now, "back_filled": one.place.appraisal.step != collecting} for one in planned]
    ids = measures.add_rows(session, Measure, rows)
    confirmations = [
        {"measure_id": id_, "confirmed_by": hands.by_reading[one.basis[-1]][1], "confirmed_at": now}
        for id_, one in zip(ids, planned, strict=True)
    ]
    measures.add_rows(session, MeasureConfirmation, confirmations)
    links = [{"measure_id": id_, "reading_id": one.basis[-1]} for id_, one in zip(ids, planned, strict=True)]
    measures.add_rows(session, ReadingFigure, links)
    for id_, row, one in zip(ids, rows, planned, strict=True):
        action = "measure.correct" if one.corrects else "measure.record"
        before = measures.shown(one.corrects) if one.corrects else None
        after = {name: row[name] for name in measures.SHOWN} | {"confirmed": True, "readings": list(one.basis)}
        audit.record(session, actor, action, "measure", id_, before=before, after=after, reason=row["reason"])
    return ids


def _row(one: _Planned, hands: _Hands) -> dict[str, Any]:
    place, inputs = one.place, one.figure.inputs
    shown = ", ".join(f"#{id_}" for id_ in one.basis[-5:])
    return {
        "sheet_id": place.sheet.id,
        "item": place.item,
        "period": place.period,
        "actual": one.figure.actual,
        "inputs": None if inputs is None else as_text(inputs),
        "origin": "event",
        "source_document": f"reading {place.policy}/{place.indicator} {place.period} ({shown})",
        "entered_by": hands.by_reading[one.basis[-1]][0],
        "corrects_id": one.corrects.id if one.corrects else None,
        "reason": _REASON if one.corrects else None,
    }
