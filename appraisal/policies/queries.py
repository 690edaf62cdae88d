"""Reads of published policies: which is in force on a day, the compiled policy behind a digest, the working calendar."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.calendar import WorkingDays
from appraisal.core.errors import CalendarError, PolicyError
from appraisal.core.policy.digest import canonical_json, digest_of_text
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Policy
from appraisal.core.policy.walk import assumptions_of
from appraisal.core.policy.working_calendar import load_calendar
from appraisal.errors import Conflict
from appraisal.files import StoredFile
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.policies.models import (
    AssumedConfirmation,
    PolicyAcknowledgement,
    PolicyMeasure,
    PolicyMeasureFile,
    PolicyPublication,
    PolicySignoff,
    PolicyState,
    StoredCalendar,
    StoredPolicy,
)

KEPT = 32

_compiled: OrderedDict[str, Policy] = OrderedDict()
_calendars: dict[str, WorkingDays] = {}
_guard = threading.Lock()


def latest_publication(session: Session, name: str) -> PolicyPublication | None:
    """The publication that counts."""
    found = select(PolicyPublication).where(PolicyPublication.name == name).order_by(col(PolicyPublication.id).desc()).limit(1)
    return session.exec(found).one_or_none()


def published_names(session: Session) -> list[str]:
    """Every policy that has been published, by name."""
    return sorted(set(session.exec(select(PolicyPublication.name))))


def states_of(session: Session, publication: PolicyPublication) -> Sequence[StoredPolicy]:
    """The states of a publication, earliest first."""
    found = (
        select(StoredPolicy)
        .join(PolicyState, col(PolicyState.stored_policy_id) == StoredPolicy.id)
        .where(PolicyState.publication_id == publication.id)
        .order_by(PolicyState.effective)
    )
    return session.exec(found).all()


def policy_in_force(session: Session, name: str, on: date) -> StoredPolicy | None:
    """The published state of a policy that applies on a day, or None."""
    publication = latest_publication(session, name)
    states = states_of(session, publication) if publication else ()
    return next((state for state in reversed(states) if state.effective <= on), None)


def by_digest(session: Session, digest: str) -> StoredPolicy | None:
    """The stored policy with this digest."""
    return session.exec(select(StoredPolicy).where(StoredPolicy.digest == digest)).one_or_none()


def confirmation_of(session: Session, digest: str) -> AssumedConfirmation | None:
    """HR's confirmation of a policy's assumed values, where there is one."""
    return session.exec(select(AssumedConfirmation).where(AssumedConfirmation.policy_digest == digest)).one_or_none()


def compiled(session: Session, digest: str) -> Policy:
    """The policy behind a digest, compiled once per process.

    Raises PolicyError when none is stored, or when the stored text no longer gives that digest: an old result must never be
    explained by another text.
    """
    if known := _known(digest):
        return known
    stored = by_digest(session, digest)
    if stored is None:
        raise PolicyError(f"no policy with the digest {digest} is stored: publish it first")
    return compiled_state(stored)


def compiled_state(stored: StoredPolicy) -> Policy:
    """The policy that a stored state writes, compiled once per process. Raises PolicyError as `compiled` does."""
    digest = stored.digest
    if known := _known(digest):
        return known
    book, problems = load_book(stored.files, stored.name)
    if book is None:
        raise PolicyError(f"the stored policy {digest} can no longer be read: {problems[0]}")
    policy = book.on(stored.effective)
    if policy.digest != digest:
        raise PolicyError(f"the stored text of {stored.name} gives the digest {policy.digest}, not {digest}: it was changed")
    with _guard:
        policy = _compiled.setdefault(digest, policy)
        while len(_compiled) > KEPT:
            _compiled.popitem(last=False)
    return policy


def _known(digest: str) -> Policy | None:
    with _guard:
        if digest in _compiled:
            _compiled.move_to_end(digest)
        return _compiled.get(digest)


def forget_compiled() -> None:
    """Empties the cache of this process."""
    with _guard:
        _compiled.clear()
        _calendars.clear()


def assumed_values(policy: Policy) -> list[dict[str, Any]]:
    """Every value the source does not give, as HR sees and confirms it, by place."""
    return [
        {"path": one.where.path, "line": one.where.line, "key": one.key, "reason": one.reason} for one in assumptions_of(policy)
    ]


def latest_calendar(session: Session) -> StoredCalendar | None:
    """The working calendar that counts."""
    return session.exec(select(StoredCalendar).order_by(col(StoredCalendar.id).desc()).limit(1)).one_or_none()


def working_days(session: Session) -> WorkingDays:
    """The days of the latest published calendar, read once per process.

    Raises Conflict `no_calendar` before one has been published; counting beyond its years raises Conflict `calendar_too_short`.
    """
    newest = select(StoredCalendar.id, StoredCalendar.digest).order_by(col(StoredCalendar.id).desc()).limit(1)
    found = db.once(session, "newest calendar", lambda: session.exec(newest).one_or_none())
    if found is None:
        zh, en = (
            "尚未发布工作日历, 请运行 appraisal policy publish",
            "no working calendar is published: run appraisal policy publish",
        )
        raise Conflict("no_calendar", zh, en)
    row_id, digest = found
    if digest not in _calendars:
        files = session.get_one(StoredCalendar, row_id).files
        calendar, problems = load_calendar(files)
        if calendar is None:
            raise PolicyError(f"the stored working calendar {digest} can no longer be read: {problems[0]}")
        if digest_of_text(canonical_json(files)) != digest:
            raise PolicyError(f"the text of the stored working calendar does not give its digest {digest}: it was changed")
        days = calendar.working_days()
        _calendars[digest] = _PublishedDays(days.years, days.holidays, days.made_up)
    return _calendars[digest]


class _PublishedDays(WorkingDays):
    """Counting beyond the published years is HR's to mend, so it is refused like any other step that something still stops."""

    def is_working(self, day: date) -> bool:
        try:
            return super().is_working(day)
        except CalendarError as error:
            raise Conflict("calendar_too_short", error.message.zh, error.message.en) from error


@dataclass(frozen=True)
class Listed:
    """A published policy: its state in force on a day (or the first to come), and what HR has confirmed of it."""

    name: str
    stored: StoredPolicy
    published_at: datetime
    confirmed: bool


def listed(session: Session, publications: Sequence[PolicyPublication], on: date) -> list[Listed]:
    """These publications with the state that counts on a day, in as many queries for one as for all."""
    found = session.exec(
        select(PolicyState.publication_id, StoredPolicy)
        .join(StoredPolicy, col(StoredPolicy.id) == PolicyState.stored_policy_id)
        .where(col(PolicyState.publication_id).in_([one.id for one in publications]))
        .order_by(col(PolicyState.effective).desc())
    ).all()
    states: dict[int, list[StoredPolicy]] = {}
    for publication_id, stored in found:
        states.setdefault(publication_id, []).append(stored)
    chosen = {one.id: next((row for row in states[one.id] if row.effective <= on), states[one.id][-1]) for one in publications}
    digests = [row.digest for row in chosen.values()]
    query = select(AssumedConfirmation.policy_digest).where(col(AssumedConfirmation.policy_digest).in_(digests))
    confirmed = set(session.exec(query).all())
    return [Listed(one.name, chosen[one.id], one.published_at, chosen[one.id].digest in confirmed) for one in publications]


def publications_that_count() -> Any:
    """The latest publication of each policy, as a select."""
    latest = select(func.max(PolicyPublication.id)).group_by(PolicyPublication.name)
    return select(PolicyPublication).where(col(PolicyPublication.id).in_(latest))


def measures_of(session: Session, stored: StoredPolicy) -> list[tuple[PolicyMeasure, list[StoredFile]]]:
    """How a state was made known, by day, each measure with its evidence."""
    found = (
        select(PolicyMeasure, StoredFile)
        .outerjoin(PolicyMeasureFile, col(PolicyMeasureFile.measure_id) == PolicyMeasure.id)
        .outerjoin(StoredFile, col(StoredFile.id) == PolicyMeasureFile.file_id)
        .where(PolicyMeasure.stored_policy_id == stored.id)
        .order_by(PolicyMeasure.held_on, col(PolicyMeasure.id), col(StoredFile.id))
    )
    files_of: dict[int, tuple[PolicyMeasure, list[StoredFile]]] = {}
    for measure, file in session.exec(found).all():
        files_of.setdefault(measure.id, (measure, []))[1].extend([file] if file else [])
    return list(files_of.values())


def signoffs_of(session: Session, stored: StoredPolicy) -> Sequence[PolicySignoff]:
    """The signatures under a state, in the order they were given."""
    found = select(PolicySignoff).where(PolicySignoff.stored_policy_id == stored.id)
    return session.exec(found.order_by(PolicySignoff.signed_on, col(PolicySignoff.id))).all()


def acknowledgement_of(session: Session, stored: StoredPolicy, employee_id: int | None) -> PolicyAcknowledgement | None:
    """Whether and when an employee took note of a state."""
    return None if employee_id is None else session.get(PolicyAcknowledgement, (stored.id, employee_id))


def evidence_of(session: Session, stored: StoredPolicy, file_id: int) -> StoredFile | None:
    """A file under a measure or a signature of this state; lists signed on paper hold names and are not among them."""
    measures = (
        select(PolicyMeasureFile.file_id)
        .join(PolicyMeasure, col(PolicyMeasure.id) == PolicyMeasureFile.measure_id)
        .where(PolicyMeasure.stored_policy_id == stored.id)
    )
    signoffs = select(PolicySignoff.file_id).where(PolicySignoff.stored_policy_id == stored.id)
    found = select(StoredFile).where(
        StoredFile.id == file_id, or_(col(StoredFile.id).in_(measures), col(StoredFile.id).in_(signoffs))
    )
    return session.exec(found).one_or_none()


def who_knows(session: Session, actor: Actor, stored: StoredPolicy, *, lacking: bool | None) -> Any:
    """Today's employees, as far as the actor may know of them, with their acknowledgement of a state or None; a select."""
    today = clock.today()
    seen = auth.seen_employees(session, actor, today, ("employee", "supervisor", "unit_head", "hr", "auditor"))
    there = and_(Employee.joined_on <= today, or_(col(Employee.left_on).is_(None), col(Employee.left_on) >= today))
    known = and_(
        col(PolicyAcknowledgement.employee_id) == Employee.id, col(PolicyAcknowledgement.stored_policy_id) == stored.id
    )
    found = select(Employee, PolicyAcknowledgement).outerjoin(PolicyAcknowledgement, known).where(seen, there)
    if lacking is None:
        return found
    absent = col(PolicyAcknowledgement.employee_id).is_(None)
    return found.where(absent if lacking else ~absent)
