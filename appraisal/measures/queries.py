"""Reads of actual figures: which one counts for an item, and what is still missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from appraisal.agreements.fields import as_figures
from appraisal.agreements.models import AgreementItem
from appraisal.agreements.queries import Agreed, draft_of
from appraisal.core.inputs import Item
from appraisal.core.numbers import ZERO
from appraisal.core.policy.model import MissingRule, Policy
from appraisal.core.scoring.formulas import actual_of
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import NotAllowed
from appraisal.measures.models import Measure, MeasureConfirmation

SHOWN = ("sheet_id", "item", "period", "actual", "inputs", "source_document", "origin", "back_filled", "corrects_id")

# A figure belongs to an item of a sheet.
Key = tuple[int, str]


@dataclass(frozen=True)
class Figure:
    """A figure as the core takes it: the actual itself, or the inputs of the indicator's formula."""

    actual: Decimal | None
    inputs: Mapping[str, Decimal] | None


@dataclass(frozen=True)
class Completeness:
    """One agreed figure, how far it is, and what its absence does.

    `state` is missing, unconfirmed, no_base (confirmed, but the formula has nothing to divide by) or confirmed.
    """

    sheet_id: int
    item: AgreementItem
    state: str
    missing_rule: MissingRule


def figure_of(measure: Measure) -> Figure:
    """The stored figure with its decimals."""
    if measure.inputs is None:
        return Figure(measure.actual, None)
    return Figure(None, as_figures(measure.inputs))


def latest(session: Session, sheet_ids: Collection[int]) -> dict[Key, Measure]:
    """The last entry for each item of sheets, confirmed or not."""
    later = aliased(Measure)
    found = select(Measure).where(col(Measure.sheet_id).in_(sheet_ids), ~exists().where(later.corrects_id == Measure.id))
    return {(measure.sheet_id, measure.item): measure for measure in session.exec(found)}


def confirmed(session: Session, sheet_ids: Collection[int]) -> dict[Key, Measure]:
    """The latest confirmed entry for each item of sheets: the one that counts. A correction counts once it is confirmed."""
    found = (
        select(Measure)
        .join(MeasureConfirmation, col(MeasureConfirmation.measure_id) == Measure.id)
        .where(col(Measure.sheet_id).in_(sheet_ids))
        .order_by(Measure.id)
    )
    return {(measure.sheet_id, measure.item): measure for measure in session.exec(found)}


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
    """Every agreed KPI of the sheets with the state of its figure, in the agreements' order."""
    entered, counted = latest(session, by_sheet.keys()), confirmed(session, by_sheet.keys())
    found = []
    for sheet_id, agreed in by_sheet.items():
        for item in agreed.items:
            if item.kind != "kpi":
                continue
            key = (sheet_id, item.item)
            state = "unconfirmed" if key in entered else "missing"
            if key in counted:
                actual = actual_by(policy, item.item, figure_of(counted[key]))
                state = "no_base" if actual is None else "confirmed"
            found.append(Completeness(sheet_id, item, state, missing_rule_of(policy, item.item)))
    return found


def last_actual(session: Session, policy: Policy, employee_id: int, cycle: Cycle, item: str) -> Decimal | None:
    """The confirmed actual of the same item in the person's latest earlier period of the same cadence."""
    found = (
        select(Measure)
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
        .limit(1)
    )
    measure = session.exec(found).one_or_none()
    if measure is None:
        return None
    return actual_by(policy, item, figure_of(measure))


def actual_by(policy: Policy, item: str, figure: Figure) -> Decimal | None:
    """The actual that a figure is or gives by the indicator's formula. Raises ScoringError."""
    located = policy.indicators.get(item)
    bare = Item(id=item, kind="kpi", weight=ZERO, actual=figure.actual, inputs=figure.inputs)
    return actual_of(located.indicator if located else None, bare)


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
