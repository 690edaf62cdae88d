"""Use cases of the desk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.audit import AuditHead, AuditSeal, BadRecord
from appraisal.bulletins import follow_up
from appraisal.config import settings
from appraisal.cycles import deadlines
from appraisal.cycles.models import Cycle
from appraisal.errors import NotFound
from appraisal.exceptions import overdue
from appraisal.files import StoredFile
from appraisal.people import auth
from appraisal.results import appeal_deadlines


@dataclass(frozen=True)
class CycleLook:
    """What looking at a cycle's deadlines came to: notices by kind, and how many cases have no day to hold them to."""

    cycle: Cycle
    noted: Mapping[str, int]
    undated: int


@dataclass(frozen=True)
class DailyLook:
    """What looking at every deadline came to: in each running cycle, and by number the exceptions of indicators that were found
    late and escalated; `decisions` of meetings are overdue."""

    cycles: tuple[CycleLook, ...]
    overdue: tuple[str, ...]
    escalated: tuple[str, ...]
    decisions: int


def look_at_deadlines(session: Session, actor: Actor) -> DailyLook:
    """The daily look at every deadline: reminds, escalates, tells HR of what may be closed, of appeals to answer or decide, of
    exceptions and decisions that are late. What was said once is not said again. Raises NotAllowed for others than HR.
    """
    runs = deadlines.run_deadlines(session, actor)
    of_appeals = appeal_deadlines.run(session, actor)
    decisions = follow_up.tell_overdue(session, actor)
    late = overdue.escalate(session, actor)
    looked = (CycleLook(one.cycle, one.noted | of_appeals.get(one.cycle.id, {}), one.undated) for one in runs)
    return DailyLook(tuple(looked), late.overdue, late.escalated, decisions)


def own_file(session: Session, actor: Actor, file_id: int) -> tuple[StoredFile, bytes]:
    """A file the actor has handed in, with its bytes. Raises NotFound for another's: that is read where it is attached."""
    stored = files.by_id(session, file_id)
    if actor.account_id is None or stored.kept_by != actor.account_id:
        raise NotFound(hidden=True)
    return stored, files.content_of(session, stored)


def require_auditor(actor: Actor) -> None:
    """The trail holds what everybody did: it is the auditors' alone."""
    auth.require_role(actor, "auditor")


@dataclass(frozen=True)
class Walked:
    """What walking the chain has found: the first record that does not hold, or none; where the chain ends, and its seals."""

    broken: BadRecord | None
    seq: int
    hash: str
    seals: int
    last_sealed_at: datetime | None
    with_key: bool
    walked_at: datetime


def walk_trail(session: Session, actor: Actor) -> Walked:
    """Walks the whole chain, record by record, with the keys of this machine; for auditors."""
    require_auditor(actor)
    chosen = settings()
    keys = tuple(key for key in (chosen.audit_key, *chosen.old_audit_keys) if key)
    broken = audit.verify(session, keys)
    head = session.exec(select(AuditHead)).one()
    sealed = session.exec(select(AuditSeal.sealed_at).order_by(col(AuditSeal.id).desc())).all()
    return Walked(broken, head.seq, head.hash, len(sealed), sealed[0] if sealed else None, bool(keys), clock.now())
