"""Who did what, when, from what to what, and why: an append-only, hash-chained record, written with the change itself.

Services hand records to `record`; they are numbered and hashed at the very end of the transaction, because the chain's head
row is locked then and every other writer waits for it. If the record cannot be written, neither is the change.
The chain runs over sequence, time, opaque actor, action, object and the hash of the payload. Names and values are only in
the payload, so that payload and salt can be erased (a purge of personal data) and the chain still holds.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Text, func, insert, update
from sqlmodel import Field, Session, col, select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.numbers import plain

GENESIS = "0" * 64
_ERASED: dict[str, Any] = {"payload": None, "salt": None}


class AuditRecord(db.Row, table=True):
    """One record. `payload` is kept as the exact text that was hashed; it and `salt` are null after a purge."""

    __tablename__ = "audit_record"

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=db.UTC(), index=True)
    actor: str = Field(max_length=40, index=True)
    action: str = Field(max_length=80)
    object_kind: str = Field(max_length=40)
    object_id: str = Field(max_length=80)
    payload: str | None = Field(default=None, sa_type=Text)
    salt: str | None = Field(default=None, max_length=32)
    payload_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditHead(db.Row, table=True):
    """The chain's end: a single row, locked by whoever adds to the chain."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    seq: int = Field(default=0, sa_type=BigInteger)
    hash: str = Field(default=GENESIS, max_length=64)


class AuditSeal(db.Row, table=True):
    """A signature over the head at one moment: whoever rewrites the chain afterwards would also need the key."""

    __tablename__ = "audit_seal"

    id: int | None = Field(default=None, primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    sealed_at: datetime = Field(sa_type=db.UTC())
    key_id: str = Field(max_length=16)
    signature: str = Field(max_length=64)


@dataclass(frozen=True)
class BadRecord:
    """The first record that does not hold, and why."""

    seq: int
    message: Message


@dataclass(frozen=True)
class _Entry:
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    payload: str


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | str | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Notes an act for the trail. Values may be text, whole numbers, decimals, dates, booleans, lists and mappings of them.

    Raises TypeError for a float or an object (and for an object id that is not known yet: flush first).
    """
    if object_id is None:
        raise TypeError(f"{action}: the {object_kind} has no id yet; flush before recording")
    payload = {
        "name": actor.name,
        "via": actor.via,
        "on_behalf_of": actor.on_behalf_of,
        "request_id": actor.request_id,
        "before": before,
        "after": after,
        "reason": reason,
    }
    entry = _Entry(clock.now(), actor.opaque_id, action, object_kind, str(object_id), canonical(payload))
    session.info.setdefault("audit", []).append(entry)
    db.at_the_end(session, "audit", flush)


def flush(session: Session) -> None:
    """Locks the head, then numbers, hashes and adds the records of this transaction. The door calls this last."""
    entries: list[_Entry] = session.info.pop("audit", [])
    if not entries:
        return
    head = session.exec(select(AuditHead).with_for_update().execution_options(populate_existing=True)).one()
    rows = []
    for entry in entries:
        salt = secrets.token_hex(16)
        row = {**vars(entry), "seq": head.seq + 1, "salt": salt, "payload_hash": _payload_hash(salt, entry.payload)}
        row["hash"] = _chained(head.hash, row)
        rows.append(row)
        head.seq, head.hash = row["seq"], row["hash"]
    # Thousands at once, while everybody else waits for the head: no object for each.
    session.execute(insert(AuditRecord), rows)
    session.add(head)
    session.flush()


def erase(session: Session, object_kind: str, object_ids: Sequence[str]) -> int:
    """Takes payload and salt from the records about some objects, when the term of these is over; how many that were.

    The chain runs over the payloads' hashes, so it holds; nobody can tell any longer what they said.
    """
    about = (AuditRecord.object_kind == object_kind, col(AuditRecord.object_id).in_(object_ids))
    erased = session.execute(update(AuditRecord).where(*about, col(AuditRecord.payload).is_not(None)).values(_ERASED))
    return int(erased.rowcount)  # type: ignore[attr-defined]


def count_since(session: Session, actor: Actor, action: str, since: datetime) -> int:
    """How often an actor has done something since a moment."""
    found = select(func.count()).where(
        AuditRecord.actor == actor.opaque_id, AuditRecord.action == action, AuditRecord.at >= since
    )
    return session.exec(found).one()


def verify(session: Session, keys: tuple[str, ...] = ()) -> BadRecord | None:
    """Walks the whole chain; the first record that does not hold, or None. Seals are checked with the keys that are given."""
    seq, previous = 0, GENESIS
    seals: dict[int, list[AuditSeal]] = {}
    for one in session.exec(select(AuditSeal).order_by(AuditSeal.id)):
        seals.setdefault(one.seq, []).append(one)
    by_id = {key_id(key): key for key in keys}
    for row in _rows(session):
        seq += 1
        if row.seq != seq:
            return BadRecord(seq, Message("记录缺失", "the record is missing"))
        if bad := _fault_of(row, previous):
            return BadRecord(seq, bad)
        previous = row.hash
        # A forged seal beside the true one must not hide it.
        for seal in seals.pop(seq, ()):
            if seal.hash != row.hash:
                return BadRecord(seq, Message("与签封不符", "the record is not the one that was sealed"))
            key = by_id.get(seal.key_id)
            if key is not None and not hmac.compare_digest(_signature(key, seal), seal.signature):
                return BadRecord(seq, Message("签封无效", "the seal's signature does not hold"))
    head = session.exec(select(AuditHead)).one()
    if (head.seq, head.hash) != (seq, previous) or seals:
        return BadRecord(seq + 1, Message("链尾记录缺失", "records are missing at the end of the chain"))
    return None


def seal(session: Session, key: str) -> AuditSeal | None:
    """Signs the chain's present end, in a writing transaction of its own. None while the chain is empty."""
    head = session.exec(select(AuditHead).with_for_update()).one()
    if head.seq == 0:
        return None
    made = AuditSeal(seq=head.seq, hash=head.hash, sealed_at=clock.now(), key_id=key_id(key), signature="")
    made.signature = _signature(key, made)
    session.add(made)
    session.flush()
    return made


def key_id(key: str) -> str:
    """A name for a key that does not give it away."""
    return hashlib.sha256(b"audit key id\0" + key.encode()).hexdigest()[:16]


def canonical(value: Any) -> str:
    """The one way to write a payload: sorted keys, no spaces, decimals as plain text."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case set() | frozenset():
            return sorted(_plain(entry) for entry in value)
    raise TypeError(f"the audit trail cannot keep {value!r}: give text, whole numbers, decimals or dates")


def _rows(session: Session, batch: int = 1000) -> Iterator[AuditRecord]:
    last = 0
    while rows := session.exec(select(AuditRecord).where(AuditRecord.seq > last).order_by(AuditRecord.seq).limit(batch)).all():
        yield from rows
        last = rows[-1].seq
        session.expunge_all()


def _fault_of(row: AuditRecord, previous: str) -> Message | None:
    if row.hash != _chained(previous, row.model_dump()):
        return Message("记录被改动", "the record has been changed")
    purged = row.payload is None and row.salt is None
    if not purged and _payload_hash(row.salt or "", row.payload or "") != row.payload_hash:
        return Message("记录内容被改动", "the record's payload has been changed")
    return None


def _payload_hash(salt: str, payload: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + payload.encode()).hexdigest()


def _chained(previous: str, row: Mapping[str, Any]) -> str:
    stamp = row["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    kept = [row[name] for name in ("actor", "action", "object_kind", "object_id", "payload_hash")]
    chained = [previous, row["seq"], stamp, *kept]
    return hashlib.sha256(canonical(chained).encode()).hexdigest()


def _signature(key: str, seal: AuditSeal) -> str:
    signed = canonical([seal.seq, seal.hash, seal.sealed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")])
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()
