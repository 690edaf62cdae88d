"""Reads of published policies: which is in force on a day, the compiled policy behind a digest, the working calendar."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from appraisal.core.calendar import WorkingDays
from appraisal.core.errors import PolicyError
from appraisal.core.policy.digest import canonical_json, digest_of_text
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Policy
from appraisal.core.policy.walk import assumptions_of
from appraisal.core.policy.working_calendar import load_calendar
from appraisal.errors import Conflict
from appraisal.policies.models import AssumedConfirmation, PolicyPublication, PolicyState, StoredCalendar, StoredPolicy

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
    with _guard:
        if digest in _compiled:
            _compiled.move_to_end(digest)
            return _compiled[digest]
    stored = by_digest(session, digest)
    if stored is None:
        raise PolicyError(f"no policy with the digest {digest} is stored: publish it first")
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

    Raises Conflict `no_calendar` before one has been published; counting beyond its years raises CalendarError.
    """
    newest = select(StoredCalendar.id, StoredCalendar.digest).order_by(col(StoredCalendar.id).desc()).limit(1)
    found = session.exec(newest).one_or_none()
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
        _calendars[digest] = calendar.working_days()
    return _calendars[digest]
