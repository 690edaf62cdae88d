"""校准: grades looked at side by side before anybody hears of them (D-18), where a policy's workflow has such a step.

HR opens a session for a cycle or a unit and proposes grades with reasons; closing it makes each proposal a layer and sends
everybody on. Limits of the policy are upper limits: a session that breaks one says for how many people it is impossible. The
computed result is never touched, and a vetoed one keeps its grade.
"""

from collections.abc import Sequence

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import OPEN as CYCLE_OPEN
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import auth
from appraisal.people.models import Unit
from appraisal.results import queries
from appraisal.results.adjusting import band_named, regrade
from appraisal.results.models import CALIBRATED, CLOSED, OPEN, Calibration, CalibrationProposal
from appraisal.results.populations import MOVE, Member, groups_of, impossible, members_of, step_of, units_of

READING = ("hr", "approver", "auditor")


def open_calibration(session: Session, actor: Actor, cycle: Cycle, *, name: str, unit: Unit | None = None) -> Calibration:
    """A session for a cycle, or for a unit of it and all below. Raises Conflict `no_calibration`, `calibration_open`."""
    auth.require_role(actor, "hr", unit=unit.id if unit else cycle.unit_id)
    if cycle.status != CYCLE_OPEN:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 不在进行中", f"the cycle {cycle.code} is not open")
    policy = cycles.policy_of(session, cycle)
    step_of(policy)
    if unit is not None and policy.distribution is not None and policy.distribution.scope == "whole":
        zh, en = (
            "制度的等级上限按全体计算, 须对整个周期校准",
            "the policy limits grades over the whole cycle: calibrate it as a whole",
        )
        raise Invalid("whole_cycle", zh, en, [Fault("unit_id", zh, en)])
    require_text(120, name=name)
    db.one_at_a_time(session, "opening a calibration")
    units = units_of(session, unit.id if unit else None)
    for other in session.exec(select(Calibration).where(Calibration.cycle_id == cycle.id, Calibration.status == OPEN)):
        theirs = units_of(session, other.unit_id)
        if units is None or theirs is None or units & theirs:
            raise Conflict("calibration_open", f"校准会“{other.name}”尚未结束", f"the session {other.name} is still open")
    made = Calibration(
        cycle_id=cycle.id, unit_id=unit.id if unit else None, name=name, opened_by=actor.account_id, opened_at=clock.now()
    )
    session.add(made)
    session.flush()
    after = {"cycle": cycle.code, "name": name, "unit": unit.code if unit else None}
    audit.record(session, actor, "calibration.open", "calibration", made.id, after=after)
    return made


def readable(session: Session, actor: Actor) -> SelectOfScalar[Calibration]:
    """The select of the sessions that the actor may read: roles limited to units read those of their units (D-23)."""
    found = select(Calibration).join(Cycle, col(Cycle.id) == Calibration.cycle_id)
    limits = [actor.units_of(role) for role in READING if role in actor.roles]
    if None in limits:
        return found
    units = {unit for some in limits if some is not None for unit in some}
    return found.where(func.coalesce(Calibration.unit_id, Cycle.unit_id).in_(units))


def find_calibration(session: Session, actor: Actor, calibration_id: int, *, lock: bool = False) -> tuple[Calibration, Cycle]:
    """A session for those who may read it. Raises NotFound for others."""
    how = {"with_for_update": True, "populate_existing": True} if lock else {}
    found = session.get(Calibration, calibration_id, **how)  # type: ignore[call-overload]
    if found is None:
        raise NotFound()
    cycle = session.get_one(Cycle, found.cycle_id)
    try:
        auth.require_role(actor, *READING, unit=found.unit_id or cycle.unit_id)
    except NotAllowed:
        raise NotFound(hidden=True) from None
    return found, cycle


def propose_grade(
    session: Session,
    actor: Actor,
    calibration_id: int,
    appraisal_id: int,
    *,
    grade: str,
    reason: str,
    version: int | None = None,
) -> CalibrationProposal:
    """HR proposes a grade for somebody else who stands at the step; the latest proposal counts, the computed grade undoes it.

    Raises Conflict `vetoed` for somebody whose total a veto has zeroed (R-003-36).
    """
    found, cycle = _at_work(session, actor, calibration_id, version)
    appraisal, _, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if "hr" not in relations:
        raise auth.for_others("hr")
    policy = cycles.policy_of(session, cycle)
    member = next((one for one in members_of(session, found, cycle) if one.appraisal_id == appraisal_id), None)
    if member is None:
        zh, en = "此人不在本次校准范围内", "this person is not in this session"
        raise Invalid("not_a_member", zh, en, [Fault("appraisal_id", zh, en)])
    if appraisal.step != step_of(policy) or member.result_id is None:
        zh, en = "此人尚无计算结果或不在校准步骤", "this person has no result yet, or is at another step"
        raise Conflict("not_ready", zh, en)
    band_named(policy, grade)
    require_text(reason=reason)
    if member.vetoed and grade != member.computed_grade:
        zh = f"一票否决的结果等级为 {member.computed_grade}, 只有撤回事件才能改变 (R-003-36)"
        raise Conflict("vetoed", zh, f"a vetoed result keeps {member.computed_grade}: only withdrawing the incident changes it")
    row = CalibrationProposal(
        calibration_id=found.id,
        appraisal_id=appraisal_id,
        result_id=member.result_id,
        grade=grade,
        reason=reason,
        proposed_by=actor.account_id,
        proposed_at=clock.now(),
    )
    session.add(row)
    # Whoever closes the session has seen this proposal.
    flag_modified(found, "status")
    session.flush()
    after = {"appraisal_id": appraisal_id, "computed": member.computed_grade, "grade": grade}
    audit.record(session, actor, "calibration.propose", "calibration", found.id, after=after, reason=reason)
    return row


def close_calibration(
    session: Session, actor: Actor, calibration_id: int, *, minutes: str | None = None, version: int | None = None
) -> int:
    """Makes the proposals layers and sends everybody at the step on; how many layers were made.

    Raises Conflict `impossible` with what would have to change, `not_ready` while somebody has not come as far or has no
    result of today's figures, and NotAllowed for who is among those looked at.
    """
    found, cycle = _at_work(session, actor, calibration_id, version)
    policy = cycles.policy_of(session, cycle)
    members = members_of(session, found, cycle)
    if actor.employee_id is not None and actor.employee_id in {one.employee_id for one in members}:
        zh, en = "本人在校准范围内, 请由其他人力资源人员结束 (D-23)", "a colleague closes a session that one is part of (D-23)"
        raise NotAllowed("own_case", zh, en)
    if minutes is not None:
        require_text(minutes=minutes)
    _require_ready(session, policy, cycle, members)
    if broken := [group for group in groups_of(session, policy, members) if group.broken]:
        raise Conflict("impossible", *impossible(broken))
    made = 0
    for member in members:
        if member.step == step_of(policy):
            made += _settle(session, actor, policy, member)
    found.status, found.closed_by, found.closed_at, found.minutes = CLOSED, actor.account_id, clock.now(), minutes
    session.flush()
    audit.record(session, actor, "calibration.close", "calibration", found.id, after={"layers": made, "minutes": minutes})
    return made


def _settle(session: Session, actor: Actor, policy: Policy, member: Member) -> int:
    appraisal = session.get_one(Appraisal, member.appraisal_id)
    made = 0
    if member.proposed_grade not in (None, member.computed_grade):
        latest = queries.standing(session, appraisal.id)
        assert latest is not None and member.proposed_grade is not None and member.reason is not None
        given = {"grade": member.proposed_grade, "reason": member.reason}
        regrade(session, actor, appraisal, policy, latest, layer=CALIBRATED, **given)
        made = 1
    cycle_service.advance_appraisal(session, actor, appraisal, MOVE)
    return made


def _at_work(session: Session, actor: Actor, calibration_id: int, version: int | None) -> tuple[Calibration, Cycle]:
    found, cycle = find_calibration(session, actor, calibration_id, lock=True)
    auth.require_role(actor, "hr", unit=found.unit_id or cycle.unit_id)
    db.expect_version(found, version)
    if found.status != OPEN:
        raise Conflict("calibration_closed", "校准会已结束", "the session has been closed")
    return found, cycle


def _require_ready(session: Session, policy: Policy, cycle: Cycle, members: Sequence[Member]) -> None:
    steps = [step.id for step in policy.workflow.steps]
    here = steps.index(step_of(policy))
    stale = {appraisal.id for appraisal, _ in queries.stale_results(session, cycle)}
    waiting = [
        one.number
        for one in members
        if steps.index(one.step) < here or (one.step == steps[here] and (one.result_id is None or one.appraisal_id in stale))
    ]
    if not any(one.step == steps[here] for one in members):
        raise Conflict("not_ready", "没有处于校准步骤的人", "nobody in it stands at the calibration")
    if waiting:
        listed = ", ".join(waiting[:5])
        zh = f"{len(waiting)} 人尚未到校准步骤或没有最新结果: {listed}"
        raise Conflict("not_ready", zh, f"{len(waiting)} have not come to the calibration or have no fresh result: {listed}")
