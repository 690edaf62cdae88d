"""Use cases of cycles: draft, open under a pinned policy, keep the population up to date, move appraisals on, close."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.errors import WorkflowRefusal
from appraisal.core.workflow import find_step, first_step, next_step
from appraisal.cycles import queries
from appraisal.cycles.models import CLOSED, DRAFT, OPEN, Appraisal, Cycle, Sheet
from appraisal.cycles.queries import Planned, PlannedSheet, Preflight
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.models import Employee, Unit


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
) -> Cycle:
    """A cycle that is being prepared: `period` gives its cadence and days. Raises Invalid `bad_period`, Conflict."""
    auth.require_role(actor, "hr")
    try:
        parsed = Period.parse(period)
    except ValueError:
        raise Invalid("bad_period", f"{period} 不是考核期", f"{period!r} is no period: write 2026-Q1 or the like") from None
    if not code.strip() or len(code) > 40 or not name.strip() or len(name) > 120:
        raise Invalid("bad_text", "代码须为 1 至 40 字, 名称 1 至 120 字", "a code has 1 to 40 characters, a name 1 to 120")
    if queries.cycle_by_code(session, code) is not None:
        raise Conflict("already_exists", f"周期 {code} 已存在", f"the cycle {code} exists already")
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
    )
    session.add(cycle)
    session.flush()
    after = {"code": code, "policy": policy_name, "period": cycle.period, "pays": pays, "unit": unit.code if unit else None}
    audit.record(session, actor, "cycle.draft", "cycle", cycle.id, after=after)
    return cycle


def open_cycle(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> Preflight:
    """Pins the policy in force on the first day and gives everybody an appraisal with a sheet per post held.

    Returns the pre-flight, which also names those who got none. Raises Invalid `not_ready` with every blocking finding.
    """
    auth.require_role(actor, "hr")
    db.expect_version(cycle, version)
    _require_status(cycle, DRAFT)
    found = queries.preflight(session, cycle)
    if found.blocking or found.stored is None:
        listing_zh = "; ".join(finding.zh for finding in found.blocking)
        listing_en = "; ".join(finding.en for finding in found.blocking)
        faults = [Fault(finding.kind, finding.zh, finding.en) for finding in found.blocking]
        raise Invalid("not_ready", f"周期尚不能开启: {listing_zh}", f"the cycle cannot open yet: {listing_en}", faults)
    cycle.status = OPEN
    cycle.stored_policy_id, cycle.policy_digest = found.stored.id, found.stored.digest
    cycle.opened_at = clock.now()
    session.flush()
    added, _ = _enrol(session, cycle, found.planned)
    after = {"digest": cycle.policy_digest, "appraisals": added, "left_out": _left_out(found)}
    audit.record(session, actor, "cycle.open", "cycle", cycle.id, before={"status": DRAFT}, after=after)
    return found


def refresh_cycle(session: Session, actor: Actor, cycle: Cycle) -> Preflight:
    """Brings an open cycle up to date with who joined, left or changed post since, under the policy it has pinned.

    Adds appraisals and sheets and corrects their days; raises Conflict where a sheet with an agreement would have to go.
    """
    auth.require_role(actor, "hr")
    _require_status(cycle, OPEN)
    found = queries.preflight(session, cycle)
    added, changed = _enrol(session, cycle, found.planned)
    after = {"appraisals": added, "changed": changed, "left_out": _left_out(found)}
    audit.record(session, actor, "cycle.refresh", "cycle", cycle.id, after=after)
    return found


def find_appraisal(session: Session, actor: Actor, appraisal_id: int) -> tuple[Appraisal, Cycle, frozenset[str]]:
    """An appraisal, its cycle and what the actor is to it. Raises NotFound for who is nothing to it."""
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None:
        raise NotFound()
    cycle, relations = relations_to(session, actor, appraisal)
    if not relations:
        raise NotFound()
    return appraisal, cycle, relations


def relations_to(session: Session, actor: Actor, appraisal: Appraisal) -> tuple[Cycle, frozenset[str]]:
    """The cycle of an appraisal, and what the actor is to it on the day that counts."""
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    employee = session.get_one(Employee, appraisal.employee_id)
    return cycle, auth.relations_to(session, actor, appraisal.employee_id, queries.day_that_counts(cycle, employee))


def advance_appraisal(
    session: Session, actor: Actor, appraisal: Appraisal, action: str, *, version: int | None = None, reason: str | None = None
) -> str:
    """Makes a move of the pinned workflow and returns the new step.

    Raises NotFound, NotAllowed, Conflict (`wrong_step`, `stale_version`, `cycle_not_open`, `not_rated`), and Invalid when
    an appraisal is sent back without a reason (D-17).
    """
    cycle, relations = relations_to(session, actor, appraisal)
    if not relations:
        raise NotFound()
    _require_status(cycle, OPEN)
    db.expect_version(appraisal, version)
    if not appraisal.rated:
        raise Conflict("not_rated", "不参评的人员没有考核步骤", "somebody who is not rated has no steps to go through")
    workflow = queries.policy_of(session, cycle).workflow
    steps = [step.id for step in workflow.steps]
    try:
        reached = next_step(workflow, appraisal.step, action, relations)
    except WorkflowRefusal as refusal:
        kind = NotAllowed if refusal.code == "not_your_step" else Conflict
        raise kind(refusal.code, refusal.message.zh, refusal.message.en) from refusal
    if steps.index(reached) < steps.index(appraisal.step) and not (reason and reason.strip()):
        raise Invalid("reason_needed", "退回须写明原因", "sending an appraisal back needs a reason")
    before = appraisal.step
    appraisal.step, appraisal.step_since = reached, clock.now()
    session.flush()
    change: dict[str, Any] = {"before": {"step": before}, "after": {"step": reached}, "reason": reason}
    audit.record(session, actor, f"appraisal.{action}", "appraisal", appraisal.id, **change)
    return reached


def close_cycle(session: Session, actor: Actor, cycle: Cycle, *, version: int | None = None) -> None:
    """Ends a cycle once everybody who is rated has reached a final step. Raises Conflict `unfinished`."""
    auth.require_role(actor, "hr")
    db.expect_version(cycle, version)
    _require_status(cycle, OPEN)
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


def _enrol(session: Session, cycle: Cycle, planned: Collection[Planned]) -> tuple[int, int]:
    """Makes the appraisals and sheets that are planned and not there yet, and corrects the others: counts of both."""
    there = {appraisal.employee_id: appraisal for appraisal, _ in queries.appraisals_of(session, cycle)}
    begin = first_step(queries.policy_of(session, cycle).workflow).id
    new = [
        Appraisal(
            cycle_id=cycle.id,
            employee_id=person.employee_id,
            step=begin,
            step_since=clock.now(),
            rated=person.not_rated_reason is None,
            not_rated_reason=person.not_rated_reason,
        )
        for person in planned
        if person.employee_id not in there
    ]
    session.add_all(new)
    session.flush()
    there |= {appraisal.employee_id: appraisal for appraisal in new}
    sheets = queries.sheets_of(session, [appraisal.id for appraisal in there.values()])
    changed = 0
    for person in planned:
        appraisal = there[person.employee_id]
        differs = appraisal.not_rated_reason != person.not_rated_reason
        if differs:
            appraisal.rated, appraisal.not_rated_reason = person.not_rated_reason is None, person.not_rated_reason
        if _correct_sheets(session, appraisal, sheets[appraisal.id], person.sheets) or differs:
            changed += 1
    session.flush()
    return len(new), changed - len(new)


def _correct_sheets(session: Session, appraisal: Appraisal, there: list[Sheet], planned: Collection[PlannedSheet]) -> bool:
    """Makes the sheets of an appraisal what is planned; the same post from the same day is the same sheet."""
    left = {(sheet.post_id, sheet.from_on): sheet for sheet in there}
    changed = False
    for plan in planned:
        sheet = left.pop((plan.post_id, plan.from_on), None)
        if sheet is None:
            session.add(Sheet(appraisal_id=appraisal.id, **vars(plan)))
            changed = True
        elif (sheet.to_on, sheet.share) != (plan.to_on, plan.share):
            sheet.to_on, sheet.days, sheet.share = plan.to_on, plan.days, plan.share
            changed = True
    for sheet in left.values():
        _drop_sheet(session, sheet)
        changed = True
    return changed


def _drop_sheet(session: Session, sheet: Sheet) -> None:
    """Takes away a sheet nobody has worked on. What refers to it lies in higher slices, so the database is asked."""
    post, from_on = sheet.policy_post, sheet.from_on
    try:
        with session.begin_nested():
            session.delete(sheet)
    except IntegrityError:
        zh = f"{post} 自 {from_on} 起的考核表已有责任书或数据, 不能因任职变更而删除; 请更正任职日期"
        en = f"the sheet of {post} from {from_on} has an agreement or figures and cannot go: correct the dates of the post"
        raise Conflict("sheet_in_use", zh, en) from None


def _left_out(found: Preflight) -> list[dict[str, str]]:
    return [{"kind": f.kind, "number": f.number, "why": f.zh} for f in found.findings if f.employee_id is not None]


def _require_status(cycle: Cycle, status: str) -> None:
    if cycle.status == status:
        return
    if status == OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    raise Conflict("wrong_status", f"周期 {cycle.code} 已经开启", f"the cycle {cycle.code} has been opened already")
