"""Slows down whoever guesses passwords: tries are counted per account name and per client address, in the database, so that all
processes count together.

A try is counted before its password is looked at, and taken back when it was right: tries sent at once count too. An unknown
account is counted like any other, so that being made to wait tells nothing.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.errors import TooMany
from appraisal.people.models import SignInAttempts

NOBODY = Actor(account_id=None, employee_id=None, name="nobody")
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """So many tries are free; each further one doubles the wait before the next. One is forgotten every `forgets`."""

    kind: str
    free: int
    wait: timedelta
    longest: timedelta
    forgets: timedelta

    def wait_after(self, count: int) -> timedelta:
        """How long nobody may try after so many tries."""
        if count < self.free:
            return timedelta(0)
        return min(self.longest, self.wait * 2 ** min(count - self.free, 20))


ACCOUNT = Limit("account", 10, timedelta(seconds=15), timedelta(minutes=15), timedelta(minutes=15))
# Everybody in an office may come from one address: far more is free there, and a wait stays short.
CLIENT = Limit("client", 60, timedelta(seconds=15), timedelta(minutes=5), timedelta(seconds=20))


def count_try(session: Session, login: str | None, client: str | None) -> None:
    """Counts a try for an account name and an address, either of which may be unknown to the caller.

    Raises TooMany, without counting, while either has to wait.
    """
    now = clock.now()
    rows = [(limit, _row(session, limit, subject, now)) for limit, subject in _subjects(login, client)]
    waits = [row.blocked_until for _, row in rows if row.blocked_until is not None and row.blocked_until > now]
    if waits:
        seconds = max(1, -int((now - max(waits)).total_seconds() // 1))
        zh, en = "尝试次数过多, 请稍后再试", "too many attempts: try again later"
        raise TooMany("too_many_attempts", zh, en, retry_after=seconds)
    for limit, row in rows:
        row.count += 1
        row.last_at = now
        wait = limit.wait_after(row.count)
        row.blocked_until = now + wait if wait else None
        if row.count == limit.free:
            after = {"limit": limit.kind, "tries": row.count}
            audit.record(session, NOBODY, "sign_in.blocked", "sign_in", row.subject[:16], after=after)
        session.add(row)


def forgive(session: Session, login: str | None, client: str | None) -> None:
    """Takes back a try that turned out right: all of the account's, and the one of the address, from which others may come."""
    now = clock.now()
    for limit, subject in _subjects(login, client):
        row = _row(session, limit, subject, now)
        row.count = 0 if limit is ACCOUNT else max(0, row.count - 1)
        if row.count < limit.free:
            row.blocked_until = None
        session.add(row)


def _subjects(login: str | None, client: str | None) -> list[tuple[Limit, str]]:
    """Always in this order, so that two transactions never wait for each other."""
    asked = [(ACCOUNT, login.strip().lower() if login is not None else None), (CLIENT, _network(client))]
    return [(limit, _hashed(f"{limit.kind}:{name}")) for limit, name in asked if name]


def _network(client: str | None) -> str | None:
    """The address, or of IPv6 the network a single customer is given: whoever has one has 2^64 addresses."""
    try:
        address = ipaddress.ip_address(client or "")
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _hashed(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()


def _row(session: Session, limit: Limit, subject: str, now: datetime) -> SignInAttempts:
    """The counter of a subject, held for this transaction alone, with what has been forgotten since taken off."""
    db.one_at_a_time(session, f"sign-in {subject}")
    row = session.get(SignInAttempts, subject, populate_existing=True)
    if row is None:
        # Only here does the table grow, so here it is kept small.
        session.exec(delete(SignInAttempts).where(col(SignInAttempts.last_at) < now - KEPT))
        row = SignInAttempts(subject=subject, count=0, last_at=now)
        session.add(row)
    forgotten = (now - row.last_at) // limit.forgets
    if forgotten > 0:
        row.count = max(0, row.count - forgotten)
        row.last_at = now
    return row
