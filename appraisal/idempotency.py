"""Keys of requests that make something: the same key, account, route and content get the first answer again, so that a client
that lost the answer may simply ask again.

The key is claimed in the request's own transaction. What is rolled back has claimed nothing; of two at once, the second waits
for the first and is then given its answer.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Text, UniqueConstraint, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, col, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.errors import Conflict

KEPT_FOR = timedelta(days=7)


class IdempotencyKey(db.Row, table=True):
    """One answered request. `fingerprint` covers route and content; `body` is the answer's text."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    key: str = Field(max_length=200)
    fingerprint: str = Field(max_length=64)
    status: int = 0
    body: str = Field(default="", sa_type=Text)
    claimed_at: datetime = Field(sa_type=db.UTC(), index=True)


def claim(session: Session, account_id: int, key: str, fingerprint: str) -> IdempotencyKey:
    """The row of a key: a new one with status 0, or the one of the same request that was answered before.

    Raises Conflict `idempotency_key_reused` when the key has gone with another request.
    """
    known = _known(session, account_id, key)
    if known is None:
        claimed = IdempotencyKey(account_id=account_id, key=key, fingerprint=fingerprint, claimed_at=clock.now())
        try:
            with session.begin_nested():
                session.add(claimed)
            return claimed
        except IntegrityError:
            known = _known(session, account_id, key)
            if known is None:
                raise
    if known.fingerprint != fingerprint:
        zh, en = (
            "该 Idempotency-Key 已用于另一请求, 请换一个",
            "this Idempotency-Key has gone with another request: use a new one",
        )
        raise Conflict("idempotency_key_reused", zh, en)
    return known


def fingerprint_of(actor: Actor, method: str, path: str, content: bytes) -> str:
    """What makes two requests the same: on whose behalf, which route with its query, which content."""
    parts = (str(actor.on_behalf_of), method, path)
    digest = hashlib.sha256("\0".join(parts).encode() + b"\0")
    digest.update(content)
    return digest.hexdigest()


def forget_old(session: Session) -> None:
    """Drops the keys that are older than a week; nobody asks again that late."""
    session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.claimed_at) < clock.now() - KEPT_FOR))


def _known(session: Session, account_id: int, key: str) -> IdempotencyKey | None:
    found = select(IdempotencyKey).where(IdempotencyKey.account_id == account_id, IdempotencyKey.key == key)
    return session.exec(found).one_or_none()
