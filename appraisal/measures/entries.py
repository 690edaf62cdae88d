"""Entries as people read them: whose figure, who entered it and who vouches for it, which entry has taken its place, which
files prove it. The conditions of `reach` decide what somebody sees; an entry they do not see is as good as none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from appraisal import db, files
from appraisal.actor import Actor
from appraisal.agreements.models import Agreement, AgreementItem
from appraisal.cycles.models import DRAFT, Appraisal, Cycle, Sheet
from appraisal.errors import NotFound
from appraisal.files import StoredFile
from appraisal.measures import queries
from appraisal.measures.models import Measure, MeasureConfirmation, MeasureFile
from appraisal.measures.reach import reach_of
from appraisal.people.models import Account, Employee

WAITING, CONFIRMED, CORRECTED = "waiting", "confirmed", "corrected"
STATES = (WAITING, CONFIRMED, CORRECTED)

_later = db.another(Measure)
_enterer, _enterers_name = db.another(Account), db.another(Employee)
_own_name = (
    select(AgreementItem.name_zh)
    .join(Agreement, col(Agreement.id) == AgreementItem.agreement_id)
    .where(Agreement.sheet_id == Measure.sheet_id, AgreementItem.item == Measure.item)
    .order_by(col(Agreement.revision).desc())
    .limit(1)
    .correlate(Measure)
    .scalar_subquery()
)
_confirmer, _confirmers_name = db.another(Account), db.another(Employee)


@dataclass(frozen=True)
class Entry:
    """An entry with what stands around it. `corrected_by_id` is the entry that has taken its place, or will once confirmed;
    `own_name` is what the sheet itself calls the item."""

    measure: Measure
    cycle_id: int
    appraisal_id: int
    employee_id: int
    number: str
    name: str
    entered_by: str | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    corrected_by_id: int | None
    own_name: str | None

    @property
    def state(self) -> str:
        """corrected, confirmed, or waiting for somebody to confirm it."""
        if self.corrected_by_id is not None:
            return CORRECTED
        return WAITING if self.confirmed_at is None else CONFIRMED


def find_cycle(session: Session, cycle_id: int) -> Cycle:
    """A cycle that has opened, and so has figures. Raises NotFound."""
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    return cycle


def entries_seen(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    state: str | None = None,
    item: str | None = None,
    number: str | None = None,
    file_id: int | None = None,
) -> Any:
    """The select of the entries of a cycle that the actor sees, without an order; each row is what `entry` takes."""
    found = _entries().where(Appraisal.cycle_id == cycle.id, reach_of(session, actor, cycle).sees())
    if state is not None:
        corrected, unconfirmed = col(_later.id).is_not(None), col(MeasureConfirmation.measure_id).is_(None)
        asked = {WAITING: and_(~corrected, unconfirmed), CONFIRMED: and_(~corrected, ~unconfirmed), CORRECTED: corrected}
        found = found.where(asked[state])
    if item is not None:
        found = found.where(Measure.item == item)
    if number is not None:
        found = found.where(Employee.number == number)
    return found if file_id is None else found.where(of_file(file_id))


def of_file(file_id: int) -> ColumnElement[bool]:
    """The condition that an imported file has brought an entry."""
    return col(Measure.id).in_(select(MeasureFile.measure_id).where(MeasureFile.file_id == file_id))


def find_entry(session: Session, actor: Actor, measure_id: int) -> Entry:
    """An entry that the actor sees. Raises NotFound."""
    cycle = session.exec(
        select(Cycle)
        .join(Appraisal, col(Appraisal.cycle_id) == Cycle.id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Measure, col(Measure.sheet_id) == Sheet.id)
        .where(Measure.id == measure_id)
    ).one_or_none()
    if cycle is None:
        raise NotFound()
    found = session.exec(entries_seen(session, actor, cycle).where(Measure.id == measure_id)).one_or_none()
    if found is None:
        raise NotFound()
    return entry(found)


def to_confirm(session: Session, actor: Actor, cycle: Cycle) -> Any:
    """The select of the entries of a cycle that wait for the actor: entered by somebody else, of figures they handle. Raises
    NotAllowed for who provides no figures."""
    if not actor.holds("data_provider", "hr"):
        raise queries.not_a_provider()
    found = entries_seen(session, actor, cycle, state=WAITING).where(col(Appraisal.rated).is_(True))
    others = or_(col(Measure.entered_by).is_(None), col(Measure.entered_by) != actor.account_id)
    return found.where(others, reach_of(session, actor, cycle).handles(col(Measure.item)))


def files_to_confirm(session: Session, actor: Actor, cycle: Cycle) -> Sequence[tuple[StoredFile, int]]:
    """The imported files of which entries wait for the actor, with how many, the latest first. A file that proves one figure is
    its evidence and no table."""
    waiting = to_confirm(session, actor, cycle).with_only_columns(col(Measure.id)).subquery()
    found = (
        select(StoredFile, func.count())
        .join(MeasureFile, col(MeasureFile.file_id) == StoredFile.id)
        .where(col(MeasureFile.measure_id).in_(select(waiting)))
        .group_by(col(StoredFile.id))
        .having(func.count() > 1)
        .order_by(col(StoredFile.id).desc())
    )
    return session.exec(found).all()


def is_handled(session: Session, actor: Actor, cycle: Cycle, measure_id: int) -> bool:
    """Whether an entry is of a figure that the actor enters, confirms and corrects."""
    found = _entries().where(Measure.id == measure_id, reach_of(session, actor, cycle).handles(col(Measure.item)))
    return session.exec(found).first() is not None


def entry(row: Any) -> Entry:
    """One row of `entries_seen`."""
    return Entry(*row)


def files_of(session: Session, measure_ids: Collection[int]) -> dict[int, list[StoredFile]]:
    """The evidence of entries, by entry."""
    return files.attached(session, MeasureFile, MeasureFile.measure_id, measure_ids)


def find_file(session: Session, actor: Actor, measure_id: int, file_id: int) -> StoredFile:
    """A file that proves an entry which the actor sees; one that proves several, such as an imported table, only for who sees
    them all. Raises NotFound."""
    find_entry(session, actor, measure_id)
    if session.get(MeasureFile, (measure_id, file_id)) is None:
        raise NotFound()
    proved = select(MeasureFile.measure_id).where(MeasureFile.file_id == file_id)
    within = (
        select(Appraisal.cycle_id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Measure, col(Measure.sheet_id) == Sheet.id)
        .where(col(Measure.id).in_(proved))
    )
    for cycle in session.exec(select(Cycle).where(col(Cycle.id).in_(within))).all():
        sees = reach_of(session, actor, cycle).sees()
        hidden = _entries().where(Appraisal.cycle_id == cycle.id, col(Measure.id).in_(proved), ~sees)
        if session.exec(hidden.limit(1)).first() is not None:
            raise NotFound()
    return files.by_id(session, file_id)


def _entries() -> Any:
    return (
        select(
            Measure,
            Appraisal.cycle_id,
            Appraisal.id,
            Employee.id,
            Employee.number,
            Employee.name,
            func.coalesce(_enterers_name.name, _enterer.login),
            func.coalesce(_confirmers_name.name, _confirmer.login),
            MeasureConfirmation.confirmed_at,
            _later.id,
            _own_name,
        )
        .join(Sheet, col(Sheet.id) == Measure.sheet_id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .outerjoin(MeasureConfirmation, col(MeasureConfirmation.measure_id) == Measure.id)
        .outerjoin(_later, col(_later.corrects_id) == Measure.id)
        .outerjoin(_enterer, col(_enterer.id) == Measure.entered_by)
        .outerjoin(_enterers_name, col(_enterers_name.id) == _enterer.employee_id)
        .outerjoin(_confirmer, col(_confirmer.id) == MeasureConfirmation.confirmed_by)
        .outerjoin(_confirmers_name, col(_confirmers_name.id) == _confirmer.employee_id)
    )
