"""Use cases of cycles: draft, open under a pinned policy, keep the population up to date, move appraisals on, close."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.errors import Message, WorkflowRefusal
from appraisal.core.workflow import REOPENING, find_step, next_step
from appraisal.cycles import queries
from appraisal.cycles.enrolment import enrol
from appraisal.cycles.models import CLOSED, DRAFT, OPEN, Appraisal, Cycle, CycleException
from appraisal.cycles.preflight import Preflight, preflight
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import codes, label, listing
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Employee, Unit
from appraisal.people.relations import absent_supervisors
from appraisal.policies.models import StoredPolicy

_TAKEN_BACK = frozenset({"withdraw_self_assessment", "withdraw_review"})


def draft_cycle(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: str,
    policy_name: str,
    period: str,
    pays: bool,
    unit: Unit | None = None,
    data_due_on: date | None = None,
) -> Cycle:
    """A cycle that is being prepared: `period` gives its cadence and days, the workflow its data deadline unless another is
    set. Raises Invalid `bad_period`, Conflict."""
    auth.require_role(actor, "hr", unit=unit.id if unit else None)
    try:
        parsed = Period.parse(period)
    except ValueError:
        raise Invalid("bad_period", f"{period} 不是考核期", f"{period!r} is no period: write 2026-Q1 or the like") from None
    if not code.strip() or len(code) > 40 or not name.strip() or len(name) > 120:
        raise Invalid("bad_text", "代码须为 1 至 40 字, 名称 1 至 120 字", "a code has 1 to 40 characters, a name 1 to 120")
    if queries.cycle_by_code(session, code) is not None:
        raise Conflict("already_exists", f"周期 {code} 已存在", f"the cycle {code} exists already")
    require_data_deadline(parsed.last_day(), data_due_on)
    cycle = Cycle(
        code=code,
        name=name,
        policy_name=policy_name,
        cadence=parsed.cadence,
        period=str(parsed),
        starts_on=parsed.first_day(),
        ends_on=parsed.last_day(),
        unit_id=unit.id if unit else None,
        pays=pays,
        data_due_on=data_due_on,
    )
    session.add(cycle)
    session.flush()
    after = {"code": code, "policy": policy_name, "period": cycle.period, "pays": pays, "unit": unit.code if unit else None}
    after["data_due_on"] = data_due_on
    audit.record(session, actor, "cycle.draft", "cycle", cycle.id, after=after)
    return cycle


def open_cycle(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> Preflight:
    """Pins the policy in force on the first day and gives everybody an appraisal with a sheet per post held.

    Returns the pre-flight, which also names those who got none. Raises Invalid `not_ready` with every blocking finding.
    """
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, DRAFT)
    # Two cycles opened at once for the same period would each not see that the other one pays.
    db.one_at_a_time(session, "opening a cycle")
    found = preflight(session, cycle)
    stored = refuse_unready(found)
    cycle.status = OPEN
    cycle.stored_policy_id, cycle.policy_digest = stored.id, stored.digest
    cycle.opened_at = clock.now()
    session.flush()
    added, _ = enrol(session, actor, cycle, found)
    after = {"digest": cycle.policy_digest, "appraisals": added, "left_out": _left_out(found)}
    audit.record(session, actor, "cycle.open", "cycle", cycle.id, before={"status": DRAFT}, after=after)
    about = ("cycle", cycle.id or 0)
    notify.announce(session, "cycle_opened", about=about, unit_id=cycle.unit_id, cycle=cycle.name, count=added)
    return found


def refuse_unready(found: Preflight) -> StoredPolicy:
    """The policy to pin. Raises Invalid `not_ready` with every finding that stands in the way."""
    if found.stored is not None and not found.blocking:
        return found.stored
    listing_zh = "; ".join(finding.zh for finding in found.blocking)
    listing_en = "; ".join(finding.en for finding in found.blocking)
    faults = [Fault(finding.kind, finding.zh, finding.en) for finding in found.blocking]
    raise Invalid("not_ready", f"须先处理: {listing_zh}", f"to be seen to first: {listing_en}", faults)


def require_data_deadline(ends_on: date, data_due_on: date | None) -> None:
    """Refuses a last day for the data of a period that is not after its end, or a year later (R-002-29)."""
    if data_due_on is not None and not timedelta(0) < data_due_on - ends_on <= timedelta(days=366):
        zh, en = f"数据截止日须在 {ends_on} 之后一年内", f"the data are due within a year after {ends_on}"
        raise Invalid("bad_dates", zh, en, [Fault("data_due_on", zh, en)])


def refresh_cycle(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> Preflight:
    """Brings an open cycle up to date with who joined, left or changed post since, under the policy it has pinned.

    Adds appraisals and sheets and corrects their days; whoever turns out to have no place in the cycle is 不参评.
    Raises Conflict where a sheet with an agreement would have to go.
    """
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, OPEN)
    found = preflight(session, cycle)
    added, changed = enrol(session, actor, cycle, found)
    after = {"appraisals": added, "changed": changed, "left_out": _left_out(found)}
    audit.record(session, actor, "cycle.refresh", "cycle", cycle.id, after=after)
    return found


def find_cycle(session: Session, actor: Actor, cycle_id: int) -> Cycle:
    """A cycle. Everybody who works here may know of one that has opened; a draft is for those who prepare and decide.

    Raises NotFound for the others.
    """
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or (cycle.status == DRAFT and not actor.holds(*queries.SEE_DRAFTS)):
        raise NotFound(hidden=cycle is not None)
    return cycle


def find_appraisal(
    session: Session, actor: Actor, appraisal_id: int, *, lock: bool = False, seen_as: Collection[str] = queries.SEEN_AS
) -> tuple[Appraisal, Cycle, frozenset[str]]:
    """An appraisal, its cycle and what the actor is to it. Raises NotFound for who is none of `seen_as` to it.

    With `lock`, others who would decide on it wait until this transaction has ended.
    """
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    appraisal = session.get(Appraisal, appraisal_id, **how)
    if appraisal is None:
        raise NotFound()
    cycle, relations = relations_to(session, actor, appraisal)
    if relations.isdisjoint(seen_as):
        raise NotFound(hidden=True)
    return appraisal, cycle, relations


def relations_to(session: Session, actor: Actor, appraisal: Appraisal) -> tuple[Cycle, frozenset[str]]:
    """The cycle of an appraisal, and what the actor is to it on the day that counts.

    Where HR has given the appraisal to somebody else, they are the supervisor in it and the one by the reporting line is not.
    """
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    employee = session.get_one(Employee, appraisal.employee_id)
    found = auth.relations_to(session, actor, appraisal.employee_id, queries.day_that_counts(cycle, employee))
    assigned = queries.assigned_supervisor(session, appraisal.id)
    if assigned is None or actor.employee_id is None or "employee" in found:
        return cycle, found
    leads = {actor.employee_id, *absent_supervisors(session, actor.employee_id)}
    return cycle, (found - {"supervisor"}) | ({"supervisor"} if assigned in leads else frozenset())


def require_running(cycle: Cycle, appraisal: Appraisal) -> None:
    """Refuses work on an appraisal whose cycle is not open or whose person is 不参评."""
    require_status(cycle, OPEN)
    if not appraisal.rated:
        zh = f"此人本期不参评, 没有考核内容和结果 ({appraisal.not_rated_reason})"
        raise Conflict("not_rated", zh, "this person is not rated in this cycle: there is nothing to fill in and no result")


def require_move(session: Session, cycle: Cycle, appraisal: Appraisal, action: str, relations: Collection[str]) -> str:
    """The step that a move leads to for somebody who is this to the appraisal.

    Raises Conflict (`cycle_not_open`, `not_rated`, `wrong_step`) and NotAllowed `not_your_step`, in words instead of codes. A
    closed cycle stands in the way of everything but 复核, which opens it again (D-19).
    """
    if action != REOPENING or cycle.status != CLOSED:
        require_running(cycle, appraisal)
    workflow = queries.policy_of(session, cycle).workflow
    try:
        return next_step(workflow, appraisal.step, action, relations)
    except WorkflowRefusal as refusal:
        moves = [move for move in workflow.moves if move.from_ == appraisal.step]
        here, wanted = find_step(workflow, appraisal.step).name, _named(action)
        if refusal.code == "not_your_step":
            whose = listing("role", dict.fromkeys(role for move in moves if move.action == action for role in move.by))
            zh, en = f"“{wanted.zh}”由{whose.zh}办理", f"only {whose.en} may {wanted.en}"
            raise NotAllowed(refusal.code, zh, en) from refusal
        possible = [_named(one) for one in dict.fromkeys(move.action for move in moves)]
        zh = f"当前步骤是“{here.zh}”, 不能{wanted.zh}; 此时可以: {'、'.join(one.zh for one in possible) or '无'}"
        en = f"at the step {here.en!r} nobody can {wanted.en}; possible are: {', '.join(one.en for one in possible) or 'none'}"
        raise Conflict(refusal.code, zh, en) from refusal


def _named(action: str) -> Message:
    """The words for a move; one that a policy has added without words, or that nobody has, goes by its id."""
    return label("action", action) if action in codes("action") else Message(f"“{action}”", repr(action))


def advance_appraisal(
    session: Session, actor: Actor, appraisal: Appraisal, action: str, *, version: int | None = None, reason: str | None = None
) -> str:
    """Makes a move of the pinned workflow and returns the new step.

    It knows the workflow alone. What a move rests on (signatures, a review, an approval) is checked and stored by the use case
    that makes it, so nothing else may call this: a page or command calls that use case, or `results.move_appraisal` for
    moves that rest on nothing. Raises NotFound, what `require_move` raises, Conflict `stale_version`, and Invalid when an
    appraisal is sent back without a reason (D-17). Who takes back what they handed in themselves owes no reason.
    """
    cycle, relations = relations_to(session, actor, appraisal)
    if not relations:
        raise NotFound(hidden=True)
    db.expect_version(appraisal, version)
    reached = require_move(session, cycle, appraisal, action, relations)
    steps = [step.id for step in queries.policy_of(session, cycle).workflow.steps]
    back = steps.index(reached) < steps.index(appraisal.step) and action not in _TAKEN_BACK
    if back and not (reason and reason.strip()):
        raise Invalid("reason_needed", "退回须写明原因", "sending an appraisal back needs a reason")
    before = appraisal.step
    appraisal.step, appraisal.step_since = reached, clock.now()
    if cycle.status == CLOSED:
        cycle.status, cycle.closed_at = OPEN, None
        change = {"before": {"status": CLOSED}, "after": {"status": OPEN}, "reason": reason}
        audit.record(session, actor, "cycle.reopen", "cycle", cycle.id, **change)
    session.flush()
    moved: dict[str, Any] = {"before": {"step": before}, "after": {"step": reached}, "reason": reason}
    audit.record(session, actor, f"appraisal.{action}", "appraisal", appraisal.id, **moved)
    return reached


def record_exception(
    session: Session, actor: Actor, appraisal_id: int, *, kind: str = "unsigned", reason: str
) -> CycleException:
    """HR lets an appraisal go on without what it would wait for: `unsigned`, both signatures under the agreement (D-16).

    Raises Conflict `already_exists` when it has been recorded before.
    """
    appraisal, cycle, relations = find_appraisal(session, actor, appraisal_id, lock=True)
    if "hr" not in relations:
        raise auth.for_others("hr")
    require_running(cycle, appraisal)
    require_fits(reason=(reason, 500))
    if queries.exception_of(session, appraisal_id, kind) is not None:
        raise Conflict("already_exists", "已记录过此例外", "this exception has been recorded already")
    exception = CycleException(
        appraisal_id=appraisal_id, kind=kind, reason=reason, recorded_by=actor.account_id, recorded_at=clock.now()
    )
    session.add(exception)
    session.flush()
    audit.record(session, actor, "appraisal.except", "appraisal", appraisal_id, after={"kind": kind}, reason=reason)
    return exception


def close_cycle(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> None:
    """Ends a cycle once everybody who is rated has reached a final step. Raises Conflict `unfinished`."""
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, OPEN)
    workflow = queries.policy_of(session, cycle).workflow
    waiting = [
        employee.number
        for appraisal, employee in queries.appraisals_of(session, cycle)
        if appraisal.rated and not find_step(workflow, appraisal.step).final
    ]
    if waiting:
        listing = ", ".join(waiting[:5])
        zh = f"还有 {len(waiting)} 人的考核未完成: {listing}"
        raise Conflict("unfinished", zh, f"{len(waiting)} appraisals are not finished: {listing}")
    cycle.status, cycle.closed_at = CLOSED, clock.now()
    session.flush()
    audit.record(session, actor, "cycle.close", "cycle", cycle.id, before={"status": OPEN}, after={"status": CLOSED})


def _left_out(found: Preflight) -> list[dict[str, str]]:
    return [{"kind": f.kind, "number": f.number, "why": f.zh} for f in found.findings if f.employee_id is not None]


def require_status(cycle: Cycle, status: str) -> None:
    """Refuses what needs a cycle that is still a draft, or one that is running."""
    if cycle.status == status:
        return
    if status == OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    raise Conflict("wrong_status", f"周期 {cycle.code} 已经开启", f"the cycle {cycle.code} has been opened already")
