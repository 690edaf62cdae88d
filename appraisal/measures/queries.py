"""Reads of actual figures: which one counts for an item, and what is still missing.

An item whose figures are gathered oftener than they are appraised has one entry for each part of the period, and counts
once all of them are confirmed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal.agreements.fields import as_figures
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed, draft_of
from appraisal.core.calendar import Period
from appraisal.core.inputs import Item
from appraisal.core.numbers import ZERO
from appraisal.core.policy.model import MissingRule, Policy
from appraisal.core.scoring.formulas import actual_of
from appraisal.core.scoring.rolling import Figure, gathered_oftener, is_weighed, rolled_up
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import NotAllowed
from appraisal.measures.models import Measure, MeasureConfirmation

SHOWN = ("sheet_id", "item", "period", "actual", "inputs", "source_document", "origin", "back_filled", "corrects_id")

# A figure belongs to an item of a sheet; an entry to a period as well.
Key = tuple[int, str]
EntryKey = tuple[int, str, str]


@dataclass(frozen=True)
class Completeness:
    """One agreed figure, or one of its parts where `is_part`; how far it is, and what its absence does.

    `state` is missing, unconfirmed, no_base (confirmed, but the formula has nothing to divide by) or confirmed.
    """

    sheet_id: int
    item: AgreementItem
    state: str
    missing_rule: MissingRule
    period: str
    is_part: bool = False


class Spans:
    """For which periods the figures of sheets are entered, item by item: the cycle's own, or its parts that the sheet's days
    reach into. What a post was held for is what is gathered for it."""

    def __init__(self, policy: Policy, days: Mapping[int, tuple[str, date, date]]) -> None:
        self.policy, self.days = policy, days
        self.gathered = {written: gathered_oftener(policy, Period.parse(written)) for written, _, _ in days.values()}

    def of(self, sheet_id: int, item: str) -> tuple[str, ...]:
        """The periods of an item on a sheet, in order."""
        written, from_on, to_on = self.days[sheet_id]
        parts = self.gathered[written].get(item)
        if parts is None:
            return (written,)
        return tuple(str(part) for part in parts if part.first_day() <= to_on and part.last_day() >= from_on)

    def in_parts(self, sheet_id: int, item: str) -> bool:
        """Whether an item's figure is put together from those of parts."""
        return item in self.gathered[self.days[sheet_id][0]]


def spans(session: Session, policy: Policy, sheet_ids: Collection[int]) -> Spans:
    """The periods of the figures of sheets, whose cycles follow this policy."""
    found = (
        select(Sheet.id, Cycle.period, Sheet.from_on, Sheet.to_on)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(col(Sheet.id).in_(sheet_ids))
    )
    return Spans(policy, {sheet_id: (written, from_on, to_on) for sheet_id, written, from_on, to_on in session.exec(found)})


def figure_of(measure: Measure) -> Figure:
    """The stored figure with its decimals."""
    if measure.inputs is None:
        return Figure(measure.actual, None)
    return Figure(None, as_figures(measure.inputs))


def latest(session: Session, sheet_ids: Collection[int]) -> dict[EntryKey, Measure]:
    """The last entry for each item and period of sheets, confirmed or not."""
    later = aliased(Measure)
    found = select(Measure).where(col(Measure.sheet_id).in_(sheet_ids), ~exists().where(later.corrects_id == Measure.id))
    return {(measure.sheet_id, measure.item, measure.period): measure for measure in session.exec(found)}


def confirmed(session: Session, sheet_ids: Collection[int]) -> dict[EntryKey, Measure]:
    """The latest confirmed entry for each item and period of sheets: the one that counts. A correction counts once it is
    confirmed."""
    found = (
        select(Measure)
        .join(MeasureConfirmation, col(MeasureConfirmation.measure_id) == Measure.id)
        .where(col(Measure.sheet_id).in_(sheet_ids))
        .order_by(Measure.id)
    )
    return {(measure.sheet_id, measure.item, measure.period): measure for measure in session.exec(found)}


def figures(session: Session, policy: Policy, sheet_ids: Collection[int]) -> dict[Key, Figure]:
    """The figure of each item of sheets that counts: the confirmed entry, or what its confirmed parts make together. Where a
    part is not there yet, there is none. Raises ScoringError where a formula takes the parts no more."""
    counted, where = confirmed(session, sheet_ids), spans(session, policy, sheet_ids)
    found = {}
    for sheet_id, item in {(sheet_id, item): None for sheet_id, item, _ in counted}:
        entries = [counted.get((sheet_id, item, period)) for period in where.of(sheet_id, item)]
        known = [figure_of(entry) for entry in entries if entry is not None]
        if known and len(known) == len(entries):
            found[sheet_id, item] = _together(policy, item, known) if where.in_parts(sheet_id, item) else known[-1]
    return found


def confirmation_of(session: Session, measure_id: int) -> MeasureConfirmation | None:
    """Who vouched for a figure, and when."""
    return session.get(MeasureConfirmation, measure_id)


def entries_of(session: Session, sheet_id: int, item: str) -> Sequence[Measure]:
    """Everything ever entered for an item, oldest first."""
    return session.exec(select(Measure).where(Measure.sheet_id == sheet_id, Measure.item == item).order_by(Measure.id)).all()


def missing_rule_of(policy: Policy, item: str) -> MissingRule:
    """What a missing figure of this item does."""
    located = policy.indicators.get(item)
    return (located.indicator.missing if located else None) or policy.general.missing


def completeness(session: Session, policy: Policy, by_sheet: Mapping[int, Agreed]) -> list[Completeness]:
    """Every agreed KPI of the sheets with the state of its figure, part by part, in the agreements' order."""
    entered, counted = latest(session, by_sheet.keys()), confirmed(session, by_sheet.keys())
    where = spans(session, policy, by_sheet.keys())
    found = []
    for sheet_id, agreed in by_sheet.items():
        for item in agreed.items:
            if item.kind != "kpi":
                continue
            in_parts, rule = where.in_parts(sheet_id, item.item), missing_rule_of(policy, item.item)
            weighed = in_parts and is_weighed(policy, item.item)
            known: list[Figure] = []
            periods = where.of(sheet_id, item.item)
            for period in periods:
                key = (sheet_id, item.item, period)
                state = "unconfirmed" if key in entered else "missing"
                if key in counted:
                    known.append(figure_of(counted[key]))
                    # Only all parts together say whether a weighed one has anything to divide by.
                    last = len(known) == len(periods)
                    judged = _together(policy, item.item, known) if weighed and last else known[-1]
                    given = (weighed and not last) or actual_by(policy, item.item, judged) is not None
                    state = "confirmed" if given else "no_base"
                found.append(Completeness(sheet_id, item, state, rule, period, in_parts))
    return found


def last_actual(session: Session, policy: Policy, employee_id: int, cycle: Cycle, item: str) -> Decimal | None:
    """The confirmed actual of the same item in the person's latest earlier period of the same cadence that has one."""
    found = (
        select(Measure.sheet_id)
        .join(MeasureConfirmation, col(MeasureConfirmation.measure_id) == Measure.id)
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .where(
            Appraisal.employee_id == employee_id,
            Measure.item == item,
            Cycle.cadence == cycle.cadence,
            Cycle.ends_on < cycle.starts_on,
        )
        .order_by(col(Cycle.ends_on).desc(), col(Measure.id).desc())
    )
    sheet_ids = list(dict.fromkeys(session.exec(found)))
    known = figures(session, policy, sheet_ids) if sheet_ids else {}
    last = next((figure for sheet_id in sheet_ids if (figure := known.get((sheet_id, item))) is not None), None)
    return None if last is None else actual_by(policy, item, last)


def actual_by(policy: Policy, item: str, figure: Figure) -> Decimal | None:
    """The actual that a figure is or gives by the indicator's formula. Raises ScoringError."""
    located = policy.indicators.get(item)
    bare = Item(id=item, kind="kpi", weight=ZERO, actual=figure.actual, inputs=figure.inputs)
    return actual_of(located.indicator if located else None, bare)


def _together(policy: Policy, item: str, parts: Sequence[Figure]) -> Figure:
    return rolled_up(policy.indicators[item].indicator, item, parts)


def with_figure(item: AgreementItem, figure: Figure | None) -> Item:
    """The agreed item as the core takes it, with its figure where there is one."""
    bare = draft_of(item).as_item()
    return bare if figure is None else replace(bare, actual=figure.actual, inputs=figure.inputs)


def shown(measure: Any) -> dict[str, object]:
    """What the trail keeps of an entry."""
    return {name: getattr(measure, name) for name in SHOWN}


def not_a_provider() -> NotAllowed:
    """The refusal of who neither provides figures nor is HR."""
    return NotAllowed("not_allowed", "数据由数据提供部门或人力资源部办理", "figures are for data providers and HR")


def add_rows(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Adds many rows in batches, without an object for each: their ids in that order, where they are given any."""
    if not rows:
        return []
    session.flush()
    columns = table.__table__.c
    adding = insert(table.__table__)
    if "id" in columns:
        adding = adding.returning(columns.id, sort_by_parameter_order=True)
    done = session.connection().execute(adding, rows)
    return list(done.scalars()) if "id" in columns else []
