"""绩效改进计划: what is expected until when, with which help, what the checks found, and how it ended.

It says whether the expected results were met, and never that somebody is unfit for the post.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development import queries as development
from appraisal.development.models import EVALUATION, PLAN, ImprovementPlan
from appraisal.development.queries import Improvement
from appraisal.development.service.improvement import find_plan
from appraisal.formats import local_date
from appraisal.people import queries as people
from appraisal.people.models import Employee
from appraisal.reports import queries
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import words
from appraisal.reports.signed import signature_of

TITLE = Text("绩效改进计划", "Improvement plan")
_SIDES = {"employee": Text("本人", "Employee"), "supervisor": Text("直接上级", "Supervisor")}
_APPROVER = Text("总经理批准", "Approved by the general manager")


@dataclass(frozen=True)
class Expected:
    """An expected result with its deadline; `met` once it is evaluated."""

    result: str
    due_on: date
    met: bool | None


@dataclass(frozen=True)
class Check:
    """A day on which it is checked, and what was found."""

    due_on: date
    held_on: date | None
    findings: str | None


@dataclass(frozen=True)
class Part:
    """The plan or its evaluation with who has signed it; `content_hash` is of exactly what they signed."""

    content_hash: str | None
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class ImprovementDocument:
    """A plan whole, with its evaluation where it has come to that."""

    filing: Filing
    head: Head
    employee_number: str
    employee_name: str
    joined_on: date
    post: str
    unit: str
    supervisor: str
    manager: str | None
    last_grade: str | None
    cycle: Text | None
    first_day: date
    last_day: date
    status: Text
    facts: str
    causes: str
    assistance: str
    expected: tuple[Expected, ...]
    checks: tuple[Check, ...]
    outcome: Text | None
    evaluation: str | None
    measure: Text | None
    measures: str | None
    plan: Part
    evaluated: Part | None


def tell_plan(session: Session, actor: Actor, plan_id: int) -> ImprovementDocument:
    """One plan. Raises NotFound for who may not read it, and for the person before it is offered to them."""
    plan = find_plan(session, actor, plan_id)
    found = development.improvement_of(session, plan)
    named = development.people_in(session, found)
    employee = named[plan.employee_id]
    appraisal = session.get(Appraisal, plan.appraisal_id) if plan.appraisal_id else None
    cycle = session.get_one(Cycle, appraisal.cycle_id) if appraisal else None
    policy = cycles.policy_of(session, cycle) if cycle else None
    opened_on = local_date(plan.opened_at)
    held = people.posts_held(session, [plan.employee_id], opened_on, opened_on)
    unit_id = max(held, key=lambda one: one.share).unit_id if held else None
    acted = [one.signed_at for one in found.signatures] + [one.approved_at for one in found.approvals]
    head = Head(
        number=f"PIP-{employee.number}-{plan_id}",
        title=TITLE,
        company=queries.company_of(session, unit_id),
        dated=local_date(max(acted, default=plan.offered_at or plan.opened_at)),
        policy=policy.title if policy else None,
        policy_digest=cycle.policy_digest if cycle else None,
    )
    return ImprovementDocument(
        filing=Filing(plan_id, plan.employee_id, cycle.id if cycle else None, unit_id, cycle.period if cycle else None),
        head=head,
        employee_number=employee.number,
        employee_name=employee.name,
        joined_on=employee.joined_on,
        post=plan.post_title,
        unit=plan.unit_name,
        supervisor=named[plan.supervisor_id].name,
        manager=named[plan.manager_id].name if plan.manager_id else None,
        last_grade=plan.last_grade,
        cycle=queries.cycle_name(cycle) if cycle else None,
        first_day=plan.from_on,
        last_day=plan.to_on,
        status=words("improvement_status", plan.status),
        facts=plan.facts,
        causes=plan.causes,
        assistance=plan.assistance,
        expected=tuple(Expected(one.result, one.due_on, one.met) for one in found.targets),
        checks=tuple(Check(one.due_on, one.held_on, one.findings) for one in found.checks),
        outcome=words("improvement_outcome", plan.outcome) if plan.outcome else None,
        evaluation=plan.evaluation,
        measure=words("improvement_measure", plan.measure) if plan.measure else None,
        measures=plan.measures,
        plan=_part(session, found, named, PLAN),
        evaluated=_part(session, found, named, EVALUATION) if plan.evaluation is not None else None,
    )


def plans_of_case(session: Session, appraisal_id: int) -> Sequence[int]:
    """The plans that an appraisal gave rise to."""
    found = select(ImprovementPlan.id).where(ImprovementPlan.appraisal_id == appraisal_id).order_by(ImprovementPlan.id)
    return [one for one in session.exec(found) if one is not None]


FORM = Form("improvement_plan", TITLE, "improvement_plan", tell_plan, kept="appraisal", of_case=plans_of_case)


def _part(session: Session, found: Improvement, named: Mapping[int, Employee], part: str) -> Part:
    """Both sides, and then whoever approves; a line to sign on for who has not."""
    signed = found.signed(part)
    sides = {"employee": found.plan.employee_id, "supervisor": found.plan.supervisor_id}
    several = []
    for role, who in sides.items():
        one = signed.get(role)
        if one is None:
            several.append(Signature(_SIDES[role], named[who].name))
            continue
        witnesses = [named[each].name for each in (one.witness_id, one.second_witness_id) if each is not None]
        how = "refused" if one.refused else "paper" if one.file_id is not None else "signed"
        kept = {"at": one.signed_at, "content_hash": one.content_hash, "file_id": one.file_id, "said": one.comment}
        several.append(
            signature_of(session, _SIDES[role], named[one.employee_id].name, how, witnesses=witnesses, **kept)  # type: ignore[arg-type]
        )
    approval = next((one for one in found.approvals if one.part == part), None)
    if approval is None:
        several.append(Signature(_APPROVER))
    else:
        who_approved, at = named[approval.approver_id].name, approval.approved_at
        kept = {"at": at, "content_hash": approval.content_hash, "said": approval.note}
        several.append(signature_of(session, _APPROVER, who_approved, "own", **kept))  # type: ignore[arg-type]
    hashes = {one.content_hash for one in several if one.content_hash is not None}
    return Part(next(iter(hashes), None) if len(hashes) == 1 else None, tuple(several))
