"""Readings as people read them: of which unit, who entered them and who vouches for them, which entry has taken their place,
which files prove them. The conditions of `reach` decide what somebody sees; a reading they do not see is as good as none."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from appraisal import db, files
from appraisal.actor import Actor
from appraisal.errors import NotFound
from appraisal.files import StoredFile
from appraisal.monitoring.models import Reading, ReadingConfirmation, ReadingFile
from appraisal.monitoring.reach import reach_of
from appraisal.people.models import Account, Employee, Unit

WAITING, CONFIRMED, CORRECTED = "waiting", "confirmed", "corrected"
STATES = (WAITING, CONFIRMED, CORRECTED)

_later = db.another(Reading)
_enterer, _enterers_name = db.another(Account), db.another(Employee)
_confirmer, _confirmers_name = db.another(Account), db.another(Employee)


@dataclass(frozen=True)
class Entry:
    """A reading with what stands around it. `corrected_by_id` is the entry that has taken its place, or will once confirmed."""

    reading: Reading
    unit: Unit | None
    entered_by: str | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    corrected_by_id: int | None

    @property
    def state(self) -> str:
        """corrected, confirmed, or waiting for somebody to confirm it."""
        if self.corrected_by_id is not None:
            return CORRECTED
        return WAITING if self.confirmed_at is None else CONFIRMED


def entries_seen(
    session: Session,
    actor: Actor,
    *,
    policy: str | None = None,
    indicator: str | None = None,
    unit_id: int | None = None,
    company: bool = False,
    cadence: str | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    state: str | None = None,
    record_type: str | None = None,
    file_id: int | None = None,
) -> Any:
    """The select of the readings that the actor sees, without an order; each row is what `entry` takes.

    `company` leaves the company's own only; `from_on` and `to_on` are days that their periods reach into.
    """
    found = _entries().where(reach_of(session, actor).sees())
    equal = {"policy": policy, "indicator": indicator, "unit_id": unit_id, "cadence": cadence, "record_type": record_type}
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(Reading, name) == value)
    if company:
        found = found.where(col(Reading.unit_id).is_(None))
    if from_on is not None:
        found = found.where(Reading.ends_on >= from_on)
    if to_on is not None:
        found = found.where(Reading.starts_on <= to_on)
    if state is not None:
        corrected, unconfirmed = col(_later.id).is_not(None), col(ReadingConfirmation.reading_id).is_(None)
        asked = {WAITING: and_(~corrected, unconfirmed), CONFIRMED: and_(~corrected, ~unconfirmed), CORRECTED: corrected}
        found = found.where(asked[state])
    if file_id is not None:
        found = found.where(col(Reading.id).in_(select(ReadingFile.reading_id).where(ReadingFile.file_id == file_id)))
    return found


def find_entry(session: Session, actor: Actor, reading_id: int) -> Entry:
    """A reading that the actor sees. Raises NotFound."""
    found = session.exec(entries_seen(session, actor).where(Reading.id == reading_id)).one_or_none()
    if found is None:
        raise NotFound()
    return entry(found)


def entry(row: Any) -> Entry:
    """One row of `entries_seen`."""
    return Entry(*row)


def files_of(session: Session, reading_ids: Collection[int]) -> dict[int, list[StoredFile]]:
    """The evidence of readings, by reading."""
    return files.attached(session, ReadingFile, ReadingFile.reading_id, reading_ids)


def find_file(session: Session, actor: Actor, reading_id: int, file_id: int) -> StoredFile:
    """A file that proves a reading which the actor sees; one that proves several, such as an imported table, only for who sees
    them all. Raises NotFound."""
    find_entry(session, actor, reading_id)
    if session.get(ReadingFile, (reading_id, file_id)) is None:
        raise NotFound()
    proved = select(ReadingFile.reading_id).where(ReadingFile.file_id == file_id)
    hidden = select(Reading.id).where(col(Reading.id).in_(proved), ~reach_of(session, actor).sees())
    if session.exec(hidden.limit(1)).first() is not None:
        raise NotFound()
    return files.by_id(session, file_id)


def _entries() -> Any:
    return (
        select(
            Reading,
            Unit,
            func.coalesce(_enterers_name.name, _enterer.login),
            func.coalesce(_confirmers_name.name, _confirmer.login),
            ReadingConfirmation.confirmed_at,
            _later.id,
        )
        .outerjoin(Unit, col(Unit.id) == Reading.unit_id)
        .outerjoin(ReadingConfirmation, col(ReadingConfirmation.reading_id) == Reading.id)
        .outerjoin(_later, col(_later.corrects_id) == Reading.id)
        .outerjoin(_enterer, col(_enterer.id) == Reading.entered_by)
        .outerjoin(_enterers_name, col(_enterers_name.id) == _enterer.employee_id)
        .outerjoin(_confirmer, col(_confirmer.id) == ReadingConfirmation.confirmed_by)
        .outerjoin(_confirmers_name, col(_confirmers_name.id) == _confirmer.employee_id)
    )
