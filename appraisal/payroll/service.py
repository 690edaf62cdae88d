"""Use cases of payroll releases: prepare, give the bases, release, discard, pull."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, sealing
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.audit import AuditHead
from appraisal.config import settings
from appraisal.core.numbers import plain
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import label
from appraisal.payroll import content, queries
from appraisal.payroll.content import Bases
from appraisal.payroll.models import DISCARDED, PREPARED, RELEASED, Release, ReleaseBases, ReleaseLine
from appraisal.payroll.queries import Due
from appraisal.people import auth

_MAY_SEE = ("payroll", "hr", "auditor")


def prepare_release(session: Session, actor: Actor, cycle_id: int) -> Release:
    """Collects what has been approved and not released yet, by HR; the lines are fixed from here on.

    Raises Conflict `does_not_pay` (D-24), `trial` (D-14), `already_prepared` and `nothing_due`.
    """
    find_cycle(session, actor, cycle_id)
    account_id = _named(actor)
    db.one_at_a_time(session, f"payroll of cycle {cycle_id}")
    cycle, due = to_prepare(session, actor, cycle_id)
    release = Release(cycle_id=cycle_id, prepared_by=account_id, prepared_at=clock.now(), totals={})
    session.add(release)
    session.flush()
    places = queries.places_of(session, [line.appraisal_id for line in due])
    session.add_all(
        ReleaseLine(
            release_id=release.id,
            appraisal_id=line.appraisal_id,
            result_id=line.result_id,
            corrects_id=line.corrects.id if line.corrects else None,
            kind=line.kind,
            employee_number=line.employee_number,
            employee_name=line.employee_name,
            places=places[line.appraisal_id],
            grade=line.grade,
            multiplier=line.multiplier,
            coefficient=line.coefficient,
            pay=line.pay,
        )
        for line in due
    )
    session.flush()
    release.totals = content.totals(_lines(session, release))
    session.flush()
    after = {"cycle": cycle.code, "totals": release.totals}
    audit.record(session, actor, "payroll.prepare", "payroll_release", release.id, after=after)
    return release


def to_prepare(session: Session, actor: Actor, cycle_id: int) -> tuple[Cycle, list[Due]]:
    """The lines that preparing a release would fix now. Refuses as `prepare_release` does."""
    cycle = find_cycle(session, actor, cycle_id)
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    _require_paying(session, cycle)
    if session.exec(queries.releases(cycle_id, PREPARED)).first() is not None:
        zh, en = "该周期已有待发放的发放单, 请先发放或作废", "a release is prepared already: release or discard it first"
        raise Conflict("already_prepared", zh, en)
    due = queries.due(session, cycle)
    if not due:
        raise Conflict("nothing_due", "没有新批准的结果", "nothing has been approved since the last release")
    return cycle, due


def set_bases(session: Session, actor: Actor, release_id: int, bases: Bases, *, version: int | None = None) -> Release:
    """The base amounts of a prepared release, by payroll alone; kept sealed, and in no log or audit value (D-25).

    Raises Invalid `unknown_employee` for numbers that are not in the release, or bases below 0.
    """
    release, cycle = find_release(session, actor, release_id, lock=True)
    auth.require_role(actor, "payroll", unit=cycle.unit_id)
    account_id = _named(actor)
    db.expect_version(release, version)
    _require_prepared(release)
    numbers = {line.employee_number for line in queries.lines_of(session, release_id)}
    faults = [
        Fault(f"bases.{number}", f"发放单中没有工号 {number}", f"the release has no employee {number}")
        for number in bases
        if number not in numbers
    ]
    faults += [
        Fault(f"bases.{number}", "奖金基数不得小于 0", "a base is not below 0")
        for number, (base, _) in bases.items()
        if base < 0
    ]
    if faults:
        raise Invalid("bad_bases", "奖金基数有误", "the bases cannot be used", faults)
    text = content.as_json({number: [plain(base), currency] for number, (base, currency) in bases.items()})
    sealed = sealing.seal(_about(release_id), text.encode())
    kept = session.get(ReleaseBases, release_id)
    if kept is None:
        kept = ReleaseBases(release_id=release_id, sealed=sealed, uploaded_by=account_id, uploaded_at=clock.now())
        session.add(kept)
    else:
        kept.sealed, kept.uploaded_by, kept.uploaded_at = sealed, account_id, clock.now()
    # The version rises although no column of the release shows the bases: two who set them must not pass each other by.
    release.totals = release.totals | {"bases": len(bases)}
    flag_modified(release, "totals")
    session.flush()
    audit.record(session, actor, "payroll.set_bases", "payroll_release", release_id, after={"bases": len(bases)})
    return release


def release_pay(session: Session, actor: Actor, release_id: int, *, version: int | None = None) -> Release:
    """Freezes a release: number, control totals, the end of the audit trail and a seal over it. Never by who prepared it.

    Raises NotAllowed `same_person`, Conflict `outdated` when what is due has changed since it was prepared.
    """
    release, cycle = require_letting_go(session, actor, release_id, version=version)
    account_id = _named(actor)
    db.one_at_a_time(session, f"payroll of cycle {cycle.id}")
    _require_paying(session, cycle)
    if is_outdated(session, release, cycle):
        zh, en = "编制之后结果有变, 请作废并重新编制", "results have changed since: discard it and prepare it again"
        raise Conflict("outdated", zh, en)
    number = queries.last_number(session, release.cycle_id) + 1
    with session.no_autoflush:  # number and content are stored at once, and the content names the number
        release.status, release.number = RELEASED, number
        release.ended_by, release.ended_at = account_id, clock.now()
        text = content.as_json(_content(session, release, cycle))
        release.content, release.sha256 = text, hashlib.sha256(text.encode()).hexdigest()
    session.flush()
    after = {"number": number_of(release, cycle), "sha256": release.sha256, "totals": release.totals}
    audit.record(session, actor, "payroll.release", "payroll_release", release_id, before={"status": PREPARED}, after=after)
    if key := settings().audit_key:
        # After the trail of this very release, and while its head is locked anyway.
        db.at_the_end(session, "seal", lambda opened: audit.seal(opened, key))
    return release


def require_letting_go(session: Session, actor: Actor, release_id: int, *, version: int | None) -> tuple[Release, Cycle]:
    """A prepared release, locked, for who may let it go. Raises NotFound, NotAllowed `same_person`, Conflict."""
    release, cycle = find_release(session, actor, release_id, lock=True)
    auth.require_role(actor, "payroll", unit=cycle.unit_id)
    if _named(actor) == release.prepared_by:
        zh, en = "发放单须由编制人以外的人发放", "a release is let go by somebody other than who prepared it"
        raise NotAllowed("same_person", zh, en)
    db.expect_version(release, version)
    _require_prepared(release)
    return release, cycle


def discard_release(session: Session, actor: Actor, release_id: int, *, reason: str, version: int | None = None) -> Release:
    """Gives up a prepared release, by HR or payroll; what it held is due again. Its bases are erased."""
    release, cycle = find_release(session, actor, release_id, lock=True)
    auth.require_role(actor, "hr", "payroll", unit=cycle.unit_id)
    db.expect_version(release, version)
    _require_prepared(release)
    require_text(reason=reason)
    release.status, release.reason = DISCARDED, reason
    release.ended_by, release.ended_at = _named(actor), clock.now()
    if (kept := session.get(ReleaseBases, release_id)) is not None:
        session.delete(kept)
    session.flush()
    change = {"before": {"status": PREPARED}, "after": {"status": DISCARDED}, "reason": reason}
    audit.record(session, actor, "payroll.discard", "payroll_release", release_id, **change)
    return release


def require_reader(actor: Actor) -> None:
    """Releases are for payroll, HR and auditors; which ones, say the conditions below."""
    if not actor.holds(*_MAY_SEE):
        raise auth.for_others(*_MAY_SEE)


def readable(actor: Actor) -> ColumnElement[bool]:
    """The condition over `Cycle` for whose releases the actor may read. A release is a whole cycle's: roles limited to units
    read those of cycles that are limited to their units (D-23)."""
    limits = [actor.units_of(role) for role in _MAY_SEE if role in actor.roles]
    if None in limits:
        return true()
    units = {unit for some in limits if some is not None for unit in some}
    return col(Cycle.unit_id).in_(sorted(units))


def find_cycle(session: Session, actor: Actor, cycle_id: int) -> Cycle:
    """An opened cycle for those who may know what is due in it. Raises NotFound, NotAllowed."""
    require_reader(actor)
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    auth.require_role(actor, *_MAY_SEE, unit=cycle.unit_id)
    return cycle


def find_release(session: Session, actor: Actor, release_id: int, *, lock: bool = False) -> tuple[Release, Cycle]:
    """A release that the actor may read, with its cycle. Raises NotFound, and NotAllowed for who reads none at all."""
    require_reader(actor)
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    release = session.get(Release, release_id, **how)
    if release is None:
        raise NotFound()
    cycle = session.get_one(Cycle, release.cycle_id)
    if not actor.has(*_MAY_SEE, unit=cycle.unit_id):
        raise NotFound(hidden=True)
    return release, cycle


def pull(session: Session, actor: Actor, release_id: int) -> dict[str, Any]:
    """What a release says: once released, the same text each time; before, how it stands. Amounts for payroll alone.

    Raises NotFound.
    """
    release, cycle = find_release(session, actor, release_id)
    said: dict[str, Any] = json.loads(release.content) if release.content is not None else _content(session, release, cycle)
    bases = _bases(session, release) if actor.has("payroll", unit=cycle.unit_id) else {}
    return content.with_amounts(said, bases) if bases else said


def is_outdated(session: Session, release: Release, cycle: Cycle) -> bool:
    """Whether what is due has changed since a release was prepared: it is not let go any more."""
    now_due = {(line.appraisal_id, line.result_id) for line in queries.due(session, cycle)}
    return any((line.appraisal_id, line.result_id) not in now_due for line in queries.lines_of(session, release.id or 0))


def number_of(release: Release, cycle: Cycle) -> str:
    """The number a release goes by; one that is being prepared has none yet."""
    return f"{cycle.code}-{release.number:03d}" if release.number is not None else f"{cycle.code}-draft"


def _content(session: Session, release: Release, cycle: Cycle) -> dict[str, Any]:
    lines = _lines(session, release)
    head = session.exec(select(AuditHead)).one()
    return {
        "release": number_of(release, cycle),
        "cycle": cycle.code,
        "period": cycle.period,
        "policy_digest": cycle.policy_digest,
        "status": release.status,
        "prepared_at": _instant(release.prepared_at),
        "released_at": _instant(release.ended_at) if release.status == RELEASED else None,
        "totals": content.totals(lines),
        "audit": {"seq": head.seq, "hash": head.hash},
        "lines": lines,
    }


def _lines(session: Session, release: Release) -> list[dict[str, Any]]:
    lines = queries.lines_of(session, release.id)
    numbers = queries.result_numbers(session, lines)
    before = {line.id: line for line in queries.corrected_by(session, lines)}
    approved = queries.approved_among(session, lines)
    return [
        content.line_json(
            line,
            before.get(line.corrects_id),
            numbers.get(line.result_id) if line.result_id else None,
            provisional=line.result_id is not None and line.result_id not in approved,
        )
        for line in lines
    ]


def _bases(session: Session, release: Release) -> Mapping[str, tuple[Decimal, str]]:
    kept = session.get(ReleaseBases, release.id)
    if kept is None:
        return {}
    opened = json.loads(sealing.unseal(_about(release.id), kept.sealed))
    return {number: (Decimal(base), currency) for number, (base, currency) in opened.items()}


def _about(release_id: int) -> str:
    return f"payroll bases {release_id}"


def _require_paying(session: Session, cycle: Cycle) -> None:
    if not cycle.pays:
        raise Conflict("does_not_pay", f"周期 {cycle.code} 的结果不发奖金", f"the results of the cycle {cycle.code} do not pay")
    if cycles.policy_of(session, cycle).general.status == "trial":
        raise Conflict("trial", "制度仍在试行, 结果不发奖金", "the policy is on trial, and trial results do not pay")


def _require_prepared(release: Release) -> None:
    if release.status != PREPARED:
        now = label("release_status", release.status)
        raise Conflict("wrong_status", f"发放单{now.zh}, 不能再改", f"the release is {now.en} and is not changed any more")


def _named(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    return actor.account_id


def _instant(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds").replace("+00:00", "Z"))
