"""An improvement plan from its signatures to its end: signed, approved, checked, evaluated, and signed and approved again."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.development import queries
from appraisal.development.models import (
    CLOSED,
    DRAFT,
    EVALUATED,
    EVALUATION,
    MET,
    NOT_MET,
    OFFERED,
    PLAN,
    RUNNING,
    ImprovementApproval,
    ImprovementCheck,
    ImprovementPlan,
    ImprovementSignature,
)
from appraisal.development.service.improvement import find_plan, move_plan, require_other, require_status, touch
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed
from appraisal.labels import codes
from appraisal.people import queries as people

PART = {OFFERED: PLAN, EVALUATED: EVALUATION}
ROLES = ("employee", "supervisor")


def content_hash(found: queries.Improvement) -> str:
    """The hash of exactly what is signed now: the plan, and once evaluated, the evaluation with it."""
    plan = found.plan
    said: list[Any] = [plan.id, plan.from_on, plan.to_on, plan.facts, plan.causes, plan.assistance]
    said += [[one.result, one.due_on] for one in found.targets] + [one.due_on for one in found.checks]
    if plan.outcome is not None:
        said += [plan.outcome, plan.evaluation, plan.measure, plan.measures, [one.met for one in found.targets]]
    return f"sha256:{hashlib.sha256(audit.canonical(said).encode()).hexdigest()}"


def sign_improvement_plan(
    session: Session,
    actor: Actor,
    plan_id: int,
    signed_hash: str,
    *,
    comment: str | None = None,
    version: int | None = None,
) -> ImprovementPlan:
    """Signs the plan or its evaluation as the employee or as the supervisor, in any order, with what they have to say.

    Raises Conflict `content_changed` when something else was signed than what stands, `already_signed`.
    """
    plan = find_plan(session, actor, plan_id, *ROLES, lock=True)
    role = "employee" if actor.employee_id == plan.employee_id else "supervisor"
    require_status(plan, *PART, version=version)
    if comment is not None:
        require_text(2000, comment=comment)
    assert actor.employee_id is not None  # both relations are those of an employee
    return _sign(session, actor, plan, role, signed_hash, employee_id=actor.employee_id, comment=comment)


def record_paper_signature(
    session: Session,
    actor: Actor,
    plan_id: int,
    signed_hash: str,
    *,
    role: str,
    file_id: int,
    version: int | None = None,
) -> ImprovementPlan:
    """A scan of the signed paper counts as the signature (D-21), recorded by HR."""
    plan = find_plan(session, actor, plan_id, "hr", lock=True)
    require_status(plan, *PART, version=version)
    (stored,) = files.own(session, actor, [file_id])
    return _sign(session, actor, plan, role, signed_hash, employee_id=_signatory(plan, role), file_id=stored.id)


def record_refusal(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    role: str,
    witnesses: tuple[str, str],
    comment: str,
    version: int | None = None,
) -> ImprovementPlan:
    """That somebody refused to sign, before two witnesses by employee number (D-21), recorded by HR. The plan goes on."""
    plan = find_plan(session, actor, plan_id, "hr", lock=True)
    require_status(plan, *PART, version=version)
    require_text(2000, comment=comment)
    seen = [people.employee_by_number(session, number) for number in witnesses]
    ids = {one.id for one in seen if one is not None}
    if len(ids) != 2 or ids & {plan.employee_id, plan.supervisor_id}:
        zh, en = "须有签署双方以外的两名见证人 (工号)", "two witnesses are needed, by number, neither of them one who signs"
        raise Invalid("bad_witnesses", zh, en, [Fault("witnesses", zh, en)])
    first, second = sorted(ids)
    more = {"refused": True, "comment": comment, "witness_id": first, "second_witness_id": second}
    stands = content_hash(queries.improvement_of(session, plan))
    return _sign(session, actor, plan, role, stands, employee_id=_signatory(plan, role), **more)


def approve_improvement_plan(
    session: Session, actor: Actor, plan_id: int, *, note: str | None = None, version: int | None = None
) -> ImprovementPlan:
    """The general manager's approval, once both have signed or refused: the plan runs, or after its evaluation ends."""
    plan = find_plan(session, actor, plan_id, "approver", lock=True)
    found = queries.improvement_of(session, plan)
    require_other(actor, found)
    require_status(plan, *PART, version=version)
    part = PART[plan.status]
    if note is not None:
        require_text(2000, note=note)
    if found.signed(part).keys() != set(ROLES):
        zh, en = "须先由双方签署, 或记录拒签", "both have to sign first, or their refusal be recorded"
        raise Conflict("unsigned", zh, en)
    approval = ImprovementApproval(
        plan_id=plan_id,
        part=part,
        approver_id=actor.employee_id,
        note=note,
        approved_at=clock.now(),
        content_hash=content_hash(found),
    )
    session.add(approval)
    return move_plan(session, actor, plan, RUNNING if part == PLAN else CLOSED, f"improvement.approve_{part}", note)


def return_improvement_plan(
    session: Session, actor: Actor, plan_id: int, *, reason: str, version: int | None = None
) -> ImprovementPlan:
    """Sent back with a reason by the approver or HR: the plan to its draft, the evaluation to the evaluator; signatures end."""
    plan = find_plan(session, actor, plan_id, "approver", "hr", lock=True)
    require_status(plan, *PART, version=version)
    require_text(2000, reason=reason)
    part, found = PART[plan.status], queries.improvement_of(session, plan)
    for signature in found.signed(part).values():
        session.delete(signature)
    if part == EVALUATION:
        plan.outcome = plan.evaluation = plan.measure = plan.measures = None
        for target in found.targets:
            target.met = None
    return move_plan(session, actor, plan, DRAFT if part == PLAN else RUNNING, f"improvement.return_{part}", reason)


def record_check(
    session: Session,
    actor: Actor,
    plan_id: int,
    due_on: date,
    *,
    held_on: date,
    findings: str,
    version: int | None = None,
) -> ImprovementPlan:
    """What was found on a check date, by the supervisor or HR. Said once; what it led to belongs into the next check."""
    plan = find_plan(session, actor, plan_id, "supervisor", "hr", lock=True)
    require_status(plan, RUNNING, version=version)
    require_text(4000, findings=findings)
    check = session.get(ImprovementCheck, (plan_id, due_on))
    if check is None:
        zh, en = f"{due_on} 不是该计划的检查日", f"{due_on} is no check date of this plan"
        raise Invalid("bad_dates", zh, en, [Fault("due_on", zh, en)])
    if check.held_on is not None:
        raise Conflict("already_exists", "该次检查已记录", "this check has been recorded already")
    if not plan.from_on <= held_on <= clock.today():
        zh, en = "检查日期须在计划开始之后、今天或以前", "a check is held after the plan began and not in the future"
        raise Invalid("bad_dates", zh, en, [Fault("held_on", zh, en)])
    check.held_on, check.findings, check.noted_by = held_on, findings, actor.account_id
    after = {"due_on": due_on, "held_on": held_on, "findings": findings}
    touch(plan)
    session.flush()
    audit.record(session, actor, "improvement.check", "improvement_plan", plan_id, after=after)
    return plan


def evaluate_improvement_plan(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    met: Sequence[bool],
    outcome: str,
    evaluation: str,
    measure: str,
    measures: str = "",
    version: int | None = None,
) -> ImprovementPlan:
    """The supervisor's final word on each expected result and on the plan, after all checks and its last day.

    `met` only when every result was met, and then nothing follows. Otherwise `measure` names what people have decided; the
    programme suggests none.
    """
    plan = find_plan(session, actor, plan_id, "supervisor", lock=True)
    require_status(plan, RUNNING, version=version)
    found = queries.improvement_of(session, plan)
    if waiting := [one.due_on for one in found.checks if one.held_on is None]:
        days = ", ".join(day.isoformat() for day in waiting)
        raise Conflict("checks_missing", f"以下检查尚未记录: {days}", f"these checks are not recorded yet: {days}")
    if clock.today() < plan.to_on and not all(met):
        zh, en = (
            f"改进期至 {plan.to_on}, 未全部达到时不得提前评价",
            f"the period runs until {plan.to_on}: too early to say not met",
        )
        raise Conflict("too_early", zh, en)
    require_text(evaluation=evaluation)
    _require_outcome(met, len(found.targets), outcome, measure, measures)
    for target, reached in zip(found.targets, met, strict=True):
        target.met = reached
    plan.outcome, plan.evaluation, plan.measure, plan.measures = outcome, evaluation, measure, measures or None
    plan.status = EVALUATED
    session.flush()
    after = {"outcome": outcome, "met": list(met), "evaluation": evaluation, "measure": measure, "measures": measures}
    audit.record(session, actor, "improvement.evaluate", "improvement_plan", plan_id, after=after)
    return plan


def _require_outcome(met: Sequence[bool], count: int, outcome: str, measure: str, measures: str) -> None:
    faults = []
    if len(met) != count:
        faults.append(Fault("met", f"须逐项说明 {count} 个预期结果", f"each of the {count} expected results needs an answer"))
    if outcome not in (MET, NOT_MET) or (outcome == MET) != all(met):
        faults.append(Fault("outcome", "结论与各项预期结果不符", "the outcome does not follow from the expected results"))
    if measure not in codes("improvement_measure") or (outcome == MET and measure != "none"):
        zh, en = "达到预期结果的不附后续措施", "nothing follows from a plan whose results were met"
        faults.append(Fault("measure", zh, en))
    if measure != "none" and not measures.strip():
        faults.append(Fault("measures", "须写明后续措施", "what follows has to be written down"))
    if faults:
        raise Invalid("bad_outcome", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)


def _signatory(plan: ImprovementPlan, role: str) -> int:
    if role not in ROLES:
        zh, en = "角色须为 employee 或 supervisor", "the role is employee or supervisor"
        raise Invalid("bad_value", zh, en, [Fault("role", zh, en)])
    return plan.employee_id if role == "employee" else plan.supervisor_id


def _sign(
    session: Session, actor: Actor, plan: ImprovementPlan, role: str, signed_hash: str, *, employee_id: int, **more: Any
) -> ImprovementPlan:
    part, found = PART[plan.status], queries.improvement_of(session, plan)
    if role in found.signed(part):
        raise Conflict("already_signed", "该方已签署", "this side has signed already")
    if signed_hash != content_hash(found):
        zh, en = "内容在您查看之后有变化, 请重新查看后签署", "it has changed since you saw it: look again, then sign"
        raise Conflict("content_changed", zh, en)
    if actor.on_behalf_of is not None:
        zh, en = "签名不能代录; 请上传签字的扫描件", "nobody signs on another's behalf: hand in a scan of the signed paper"
        raise NotAllowed("in_person", zh, en)
    signature = ImprovementSignature(
        plan_id=plan.id,
        part=part,
        role=role,
        employee_id=employee_id,
        account_id=actor.account_id,
        signed_at=clock.now(),
        content_hash=signed_hash,
        **more,
    )
    session.add(signature)
    touch(plan)
    session.flush()
    after = {"part": part, "role": role, "employee_id": employee_id, "content_hash": signed_hash, **more}
    audit.record(session, actor, "improvement.sign", "improvement_plan", plan.id, after=after)
    return plan
