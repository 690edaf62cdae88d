"""Use cases of an exception: who works on it, what caused it, what is done, whether that helped, and its end.

Its owner works on it, or a KPI manager for them; somebody else than the owner and than who entered the action verifies it
(R-000-52); a KPI manager closes it.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed
from appraisal.exceptions import queries
from appraisal.exceptions.models import (
    ACTING,
    ANALYSED,
    CLOSED,
    DONE,
    ENDED,
    OPEN,
    VERIFIED,
    VOID,
    KpiException,
    KpiExceptionFile,
    KpiExceptionPeriod,
)
from appraisal.exceptions.responding import note, shown, tell
from appraisal.labels import label, listing
from appraisal.monitoring import evaluations, reach
from appraisal.people import auth
from appraisal.people.models import Employee


def assign(
    session: Session,
    actor: Actor,
    exception_id: int,
    *,
    owner_id: int,
    due_on: date | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> KpiException:
    """Says who works on an exception, and until when, by a KPI manager; another day needs a reason.

    Raises Invalid `unknown_employee`, `bad_days`, `text_needed`; Conflict `exception_ended`.
    """
    found = _managed(session, actor, exception_id, version)
    owner = session.get(Employee, owner_id)
    if owner is None or (owner.left_on is not None and owner.left_on < clock.today()):
        zh, en = "没有这位在职员工", "nobody who works here"
        raise Invalid("unknown_employee", zh, en, [Fault("owner_id", zh, en)])
    if due_on is not None and due_on != found.due_on:
        require_text(reason=reason or "")
        if due_on < clock.today():
            zh, en = "期限不得早于今天", "the day has passed already"
            raise Invalid("bad_days", zh, en, [Fault("due_on", zh, en)])
    before = shown(found)
    is_new = found.owner_id != owner.id
    found.owner_id = owner.id
    if due_on is not None and due_on != found.due_on:
        # Another day: whoever is late again is told again.
        found.due_on, found.escalation = due_on, 0
    said = owner.name if reason is None else f"{owner.name}: {reason}"
    _said(session, actor, found, "assigned", said, "kpi_exception.assign", before, reason)
    if is_new and owner.id != actor.employee_id:
        _tell(session, found, "kpi_exception_assigned", owner)
    return found


def analyse(
    session: Session,
    actor: Actor,
    exception_id: int,
    *,
    cause: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> KpiException:
    """The cause, by the owner or a KPI manager; before anything has been done about it, it may be written again."""
    found = _worked_on(session, actor, exception_id, version, OPEN, ANALYSED)
    require_text(cause=cause)
    before = shown(found)
    found.cause, found.state = cause, ANALYSED
    _said(session, actor, found, "analysis", cause, "kpi_exception.analyse", before, file_ids=file_ids)
    return found


def plan_action(
    session: Session,
    actor: Actor,
    exception_id: int,
    *,
    action: str,
    action_due_on: date,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> KpiException:
    """What is going to be done, and until when, by the owner or a KPI manager. Raises Invalid `bad_days` for a day that has
    passed or lies beyond the day on which the exception is due."""
    found = _worked_on(session, actor, exception_id, version, ANALYSED, ACTING)
    require_text(action=action)
    if not clock.today() <= action_due_on <= max(found.due_on, clock.today()):
        zh = f"完成日须在今天与应对期限 {found.due_on} 之间"
        en = f"the day lies between today and {found.due_on}, when the exception is due"
        raise Invalid("bad_days", zh, en, [Fault("action_due_on", zh, en)])
    before = shown(found)
    found.action, found.action_by, found.action_due_on, found.state = action, actor.account_id, action_due_on, ACTING
    _said(session, actor, found, "action", action, "kpi_exception.plan", before, file_ids=file_ids)
    return found


def complete(
    session: Session,
    actor: Actor,
    exception_id: int,
    *,
    report: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> KpiException:
    """Says that the action has been carried out, by the owner or a KPI manager; then somebody else verifies it."""
    found = _worked_on(session, actor, exception_id, version, ACTING)
    require_text(report=report)
    before = shown(found)
    found.state = DONE
    _said(session, actor, found, "done", report, "kpi_exception.complete", before, file_ids=file_ids)
    return found


def verify(
    session: Session,
    actor: Actor,
    exception_id: int,
    *,
    effective: bool,
    verification: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> KpiException:
    """Says whether the action helped, by a KPI manager or the head of the unit; where it did not, more has to be done.

    Raises NotAllowed `same_person` for the owner and for whoever entered the action.
    """
    found = queries.find_exception(session, actor, exception_id)
    heads = found.unit_id is not None and found.unit_id in reach.headed(session, actor)
    if not heads and not actor.has(*reach.MANAGING, unit=found.unit_id):
        raise auth.for_others(*reach.MANAGING, "unit_head")
    _require_name(actor)
    if actor.account_id == found.action_by or (actor.employee_id is not None and actor.employee_id == found.owner_id):
        zh, en = "须由责任人及措施录入人以外的人验证", "verified by somebody other than the owner and who entered the action"
        raise NotAllowed("same_person", zh, en)
    db.expect_version(found, version)
    _require_state(found, DONE)
    require_text(verification=verification)
    before = shown(found)
    found.verification, found.verified_by = verification, actor.account_id
    found.state = VERIFIED if effective else ACTING
    kind = "verified" if effective else "returned"
    _said(session, actor, found, kind, verification, f"kpi_exception.{kind}", before, file_ids=file_ids)
    owner = session.get(Employee, found.owner_id) if found.owner_id is not None else None
    if owner is not None and not effective:
        _tell(session, found, "kpi_exception_returned", owner)
    return found


def close(session: Session, actor: Actor, exception_id: int, *, closing: str, version: int | None = None) -> KpiException:
    """Closes an exception whose action has been verified, by a KPI manager."""
    found = _managed(session, actor, exception_id, version)
    _require_state(found, VERIFIED)
    require_text(closing=closing)
    before = shown(found)
    found.state, found.closing, found.closed_at = CLOSED, closing, clock.now()
    _said(session, actor, found, "closed", closing, "kpi_exception.close", before)
    return found


def void(session: Session, actor: Actor, exception_id: int, *, reason: str, version: int | None = None) -> KpiException:
    """Takes back an exception that no alert asks for any longer, by a KPI manager. Raises Conflict `alert_stands`."""
    found = _managed(session, actor, exception_id, version)
    standing = select(KpiExceptionPeriod.alert_id).where(
        KpiExceptionPeriod.exception_id == found.id, col(KpiExceptionPeriod.withdrawn_at).is_(None)
    )
    if session.exec(standing.limit(1)).first() is not None:
        zh, en = "预警仍有效, 请处理并验证后关闭", "the alert still stands: see to it, have it verified and close it"
        raise Conflict("alert_stands", zh, en)
    require_text(reason=reason)
    before = shown(found)
    found.state, found.closing, found.closed_at = VOID, reason, clock.now()
    _said(session, actor, found, "void", reason, "kpi_exception.void", before, reason)
    return found


def add_note(
    session: Session, actor: Actor, exception_id: int, *, text: str, file_ids: Sequence[int] = (), version: int | None = None
) -> KpiException:
    """A note or evidence, by the owner, a KPI manager or the head of the unit, as long as the exception is open."""
    found = queries.find_exception(session, actor, exception_id)
    heads = found.unit_id is not None and found.unit_id in reach.headed(session, actor)
    if not heads:
        _require_working(actor, found)
    _require_name(actor)
    db.expect_version(found, version)
    _require_open(found)
    require_text(text=text)
    _said(session, actor, found, "note", text, "kpi_exception.note", shown(found), file_ids=file_ids)
    return found


# What every act is held to


def _managed(session: Session, actor: Actor, exception_id: int, version: int | None) -> KpiException:
    found = queries.find_exception(session, actor, exception_id)
    reach.require(actor, reach.MANAGING, found.unit_id)
    _require_name(actor)
    db.expect_version(found, version)
    _require_open(found)
    return found


def _worked_on(session: Session, actor: Actor, exception_id: int, version: int | None, *states: str) -> KpiException:
    found = queries.find_exception(session, actor, exception_id)
    _require_working(actor, found)
    _require_name(actor)
    db.expect_version(found, version)
    _require_state(found, *states)
    return found


def _require_working(actor: Actor, found: KpiException) -> None:
    owns = actor.employee_id is not None and actor.on_behalf_of is None and actor.employee_id == found.owner_id
    if not owns and not actor.has(*reach.MANAGING, unit=found.unit_id):
        zh, en = "由责任人或指标管理员办理", "this is for its owner or a KPI manager"
        raise NotAllowed("not_allowed", zh, en)


def _require_name(actor: Actor) -> None:
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")


def _require_open(found: KpiException) -> None:
    if found.state in ENDED:
        raise Conflict("exception_ended", "该异常已结束", "this exception has ended")


def _require_state(found: KpiException, *states: str) -> None:
    _require_open(found)
    if found.state not in states:
        now, wanted = label("kpi_state", found.state), listing("kpi_state", states)
        zh, en = f"现为「{now.zh}」, 须为{wanted.zh}", f"it is {now.en} and has to be {wanted.en}"
        raise Conflict("wrong_state", zh, en)


def _said(
    session: Session,
    actor: Actor,
    found: KpiException,
    kind: str,
    text: str,
    act: str,
    before: dict[str, object],
    reason: str | None = None,
    file_ids: Sequence[int] = (),
) -> None:
    """Adds the entry with its evidence, and tells the trail. Every act raises the version: each is made on what it saw."""
    if not session.is_modified(found):
        flag_modified(found, "state")  # entries are rows of their own, and the version is that of the exception as shown
    evidence = files.own(session, actor, list(dict.fromkeys(file_ids)))
    entry = note(session, found, kind, text, actor.account_id)
    session.add(found)
    session.flush()
    session.add_all([KpiExceptionFile(entry_id=entry.id, file_id=one.id) for one in evidence])
    session.flush()
    after = shown(found) | {"entry": kind, "files": [one.id for one in evidence]}
    audit.record(session, actor, act, "kpi_exception", found.id, before=before, after=after, reason=reason)


def _tell(session: Session, found: KpiException, kind: str, owner: Employee) -> None:
    policy = evaluations.policy_of(session, found.policy, Period.parse(found.period))
    tell(session, policy, found, kind, [owner])
