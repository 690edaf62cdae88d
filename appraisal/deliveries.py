"""Deliveries outside the page: a row for each thing and way, handed over at most once, whatever happens in between.

Whoever delivers first claims, and commits that, then hands over, then notes what came of it. A row that is found claimed
later, because whoever had claimed it died, or the connection did, may or may not have arrived: it is never handed over again,
and the administrator is told so. What is known not to have been taken may be tried again, later and later, until it is too old.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, func, or_, update
from sqlmodel import Field, Session, col, select

from appraisal import clock, db
from appraisal.audit import AuditRecord

MAIL: Final = "mail"
WAITING, CLAIMED, SENT, FAILED, SKIPPED = "waiting", "claimed", "sent", "failed", "skipped"
UNCERTAIN: Final = "uncertain"
"""How a claimed row is shown that nobody is sending any more."""
LONGEST_CLAIM: Final = timedelta(minutes=15)
"""Nobody is at one mail or message for so long: whoever claimed it has died."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)
TOO_OLD: Final = timedelta(days=3)
RECENT: Final = timedelta(days=2)
LONGEST_WORDS = 300


class Delivery(db.Row, table=True):
    """One thing on one way. `address` only where it is not the one on record; `words` are the other side's own."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'claimed', 'sent', 'failed', 'skipped')", name="state"),
        CheckConstraint("(notification_id IS NULL) <> (announcement_id IS NULL)", name="of_one"),
        UniqueConstraint("way", "notification_id"),
        UniqueConstraint("way", "announcement_id"),
        Index("ix_delivery_way_state_due_at", "way", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    way: str = Field(max_length=20)
    notification_id: int | None = Field(default=None, foreign_key="notification.id", index=True)
    announcement_id: int | None = Field(default=None, foreign_key="announcement.id", index=True)
    digest: bool = False
    address: str | None = Field(default=None, max_length=254)
    state: str = Field(default=WAITING, max_length=7)
    attempts: int = 0
    made_at: datetime = Field(sa_type=db.UTC(), default_factory=clock.now)
    due_at: datetime = Field(sa_type=db.UTC(), default_factory=clock.now)
    claimed_at: datetime | None = Field(default=None, sa_type=db.UTC())
    ended_at: datetime | None = Field(default=None, sa_type=db.UTC())
    sent_as: str | None = Field(default=None, max_length=120)
    why: str | None = Field(default=None, max_length=20)
    words: str | None = Field(default=None, max_length=LONGEST_WORDS)


class Way(db.Row, table=True):
    """How a way does: `retry_at` is set while the other side cannot be reached, `faults` counts how often in a row."""

    __tablename__ = "delivery_way"

    name: str = Field(primary_key=True, max_length=20)
    last_sent_at: datetime | None = Field(default=None, sa_type=db.UTC())
    last_fault_at: datetime | None = Field(default=None, sa_type=db.UTC())
    fault: str | None = Field(default=None, max_length=LONGEST_WORDS)
    faults: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=db.UTC())


class Undelivered(Exception):
    """Why something was not handed over, or perhaps was.

    unreachable: nobody is there, so nothing else can be handed over either; later: not now; never: not ever; uncertain: the
    connection ended before the other side said whether it has taken it.
    """

    def __init__(self, how: Literal["unreachable", "later", "never", "uncertain"], words: str) -> None:
        super().__init__(words)
        self.how, self.words = how, words


def robot_way(robot_id: int) -> str:
    """The way to a robot."""
    return f"robot:{robot_id}"


# Before


def told_since(session: Session) -> datetime:
    """From when on what was told is delivered: what has stood on the page for longer is not sent after it, and what was told
    before a backup was restored may have been delivered then, by the database that the backup was taken from."""
    return max(clock.now() - RECENT, _restored_at(session) or clock.now() - RECENT)


def skip_restored(session: Session) -> None:
    """What still waited when the backup was taken, and may have been delivered since."""
    if restored_at := _restored_at(session):
        left = select(Delivery.id).where(Delivery.state == WAITING, col(Delivery.made_at) < restored_at)
        skip(session, [one or 0 for one in session.exec(left)], "restored")


def _restored_at(session: Session) -> datetime | None:
    """When a backup was last restored, where nothing that waited then is too old by itself."""
    recent = AuditRecord.at >= clock.now() - TOO_OLD - LONGEST_WAIT
    return session.exec(select(func.max(AuditRecord.at)).where(AuditRecord.action == "backup.restore", recent)).one()


def is_due(way: str) -> ColumnElement[bool]:
    """The condition of rows that may be handed over now."""
    return (col(Delivery.way) == way) & (col(Delivery.state) == WAITING) & (col(Delivery.due_at) <= clock.now())


def paused(session: Session, way: str) -> bool:
    """Whether a way is to be left alone for the time being."""
    found = session.get(Way, way)
    return found is not None and found.retry_at is not None and found.retry_at > clock.now()


def skip(session: Session, ids: Collection[int], why: str) -> None:
    """What need not be sent after all."""
    _end(session, ids, WAITING, state=SKIPPED, why=why, ended_at=clock.now())


def claim(session: Session, ids: Collection[int], sent_as: str | None = None) -> list[int]:
    """Takes rows that still wait: from the commit on they are nobody else's, and never handed over again unless it is known
    that they were not taken. Those it got, in order."""
    taken = update(Delivery).where(col(Delivery.id).in_(ids), col(Delivery.state) == WAITING)
    values = {"state": CLAIMED, "claimed_at": clock.now(), "sent_as": sent_as, "attempts": col(Delivery.attempts) + 1}
    return sorted(session.execute(taken.values(**values).returning(col(Delivery.id))).scalars())


# After


def note_sent(session: Session, way: str, ids: Collection[int]) -> None:
    """The other side has taken them."""
    _end(session, ids, CLAIMED, state=SENT, ended_at=clock.now(), words=None)
    note_reached(session, way)
    _way(session, way).last_sent_at = clock.now()


def note_fault(session: Session, ids: Collection[int], fault: Undelivered) -> None:
    """What came of rows that were claimed. Of what is uncertain nothing changes but the words: it stays claimed for good."""
    now = clock.now()
    words = fault.words[:LONGEST_WORDS]
    if fault.how == "never":
        _end(session, ids, CLAIMED, state=FAILED, ended_at=now, why="refused", words=words)
    elif fault.how == "uncertain":
        _end(session, ids, CLAIMED, words=words, ended_at=now)
    else:
        for one in session.exec(select(Delivery).where(col(Delivery.id).in_(ids), Delivery.state == CLAIMED)):
            one.state, one.words, one.claimed_at = WAITING, words, None
            one.due_at = now + wait_after(one.attempts)
            if one.due_at - one.made_at > TOO_OLD:
                one.state, one.why, one.ended_at = FAILED, "too_late", now
    session.flush()


def note_reached(session: Session, way: str) -> None:
    """The other side is there."""
    found = _way(session, way)
    found.faults, found.retry_at = 0, None


def note_unreachable(session: Session, way: str, words: str) -> None:
    """Nobody is there: the way is left alone for a while, a longer one each time. What waits for too long is given up."""
    now = clock.now()
    found = _way(session, way)
    found.faults += 1
    found.last_fault_at, found.fault, found.retry_at = now, words[:LONGEST_WORDS], now + wait_after(found.faults)
    old = select(Delivery.id).where(is_due(way), col(Delivery.made_at) < now - TOO_OLD)
    _end(session, session.exec(old).all(), WAITING, state=FAILED, why="too_late", ended_at=now, words=found.fault)


def retry_now(session: Session, way: str) -> None:
    """Has everything that was put off tried at once."""
    _way(session, way).retry_at = None
    again = (Delivery.way == way, Delivery.state == WAITING, col(Delivery.attempts) > 0)
    session.execute(update(Delivery).where(*again).values(due_at=clock.now()))


def wait_after(faults: int) -> timedelta:
    """A minute after the first fault, four times as long after each further one, a day at most."""
    return min(FIRST_WAIT * 4 ** min(faults - 1, 10), LONGEST_WAIT)


# Asking about


def is_uncertain() -> ColumnElement[bool]:
    """The condition of rows that were claimed by somebody who is no longer at it."""
    gone = or_(col(Delivery.ended_at).is_not(None), col(Delivery.claimed_at) < clock.now() - LONGEST_CLAIM)
    return (col(Delivery.state) == CLAIMED) & gone


def state_of(one: Delivery) -> str:
    """How a row is shown."""
    if one.state != CLAIMED:
        return one.state
    gone = one.ended_at is not None or one.claimed_at is None or one.claimed_at < clock.now() - LONGEST_CLAIM
    return UNCERTAIN if gone else CLAIMED


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """How many rows there are, by way and state, `uncertain` counted as such."""
    by_state = select(Delivery.way, Delivery.state, func.count()).group_by(col(Delivery.way), col(Delivery.state))
    found = {(way, state): number for way, state, number in session.exec(by_state)}
    lost = select(Delivery.way, func.count()).where(is_uncertain()).group_by(col(Delivery.way))
    for way, number in session.exec(lost):
        found[way, UNCERTAIN] = number
        found[way, CLAIMED] -= number
    return found


def _end(session: Session, ids: Collection[int], was: str, **values: Any) -> None:
    changed = update(Delivery).where(col(Delivery.id).in_(ids), col(Delivery.state) == was)
    session.execute(changed.values(**values), execution_options={"synchronize_session": "fetch"})


def _way(session: Session, name: str) -> Way:
    found = session.get(Way, name, with_for_update=True)
    if found is None:
        found = Way(name=name)
        session.add(found)
        session.flush()
    return found
