"""Improvement plans (绩效改进计划): opened, changed, offered and cancelled by HR; outcomes.py tells how they go on.

Training or support is part of every plan, because a plan without it is a warning letter in disguise. A plan ends with its
results met or not met and with what people then decide; that somebody is unfit for the post (不能胜任) is never concluded here.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development import queries
from appraisal.development.models import (
    CANCELLED,
    CLOSED,
    DRAFT,
    OFFERED,
    ImprovementCheck,
    ImprovementPlan,
    ImprovementTarget,
)
from appraisal.development.service.notes import require_own_appraisal
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Employee

MOST_ROWS = 20
# Where no policy says otherwise.
MONTHS = (1, 3)
READERS = ("employee", "supervisor", "unit_head", "hr", "approver", "auditor")


@dataclass(frozen=True)
class TargetDraft:
    """An expected result with its deadline."""

    result: str
    due_on: date


@dataclass(frozen=True)
class Terms:
    """What a plan says: its period, facts and causes, help given, expected results, the days on which it is checked."""

    from_on: date
    to_on: date
    facts: str
    causes: str
    assistance: str
    targets: tuple[TargetDraft, ...]
    checks: tuple[date, ...]


def open_improvement_plan(
    session: Session,
    actor: Actor,
    employee_id: int,
    *,
    from_on: date,
    to_on: date,
    facts: str,
    causes: str,
    assistance: str,
    targets: Sequence[TargetDraft],
    checks: Sequence[date],
    last_grade: str | None = None,
    appraisal_id: int | None = None,
    manager_id: int | None = None,
) -> ImprovementPlan:
    """A draft by HR (R-002-41), after a decision that people have made; no grade opens one by itself.

    Post, unit and supervisor are those of today; how long it may run says the policy of the appraisal it follows from. Raises
    Conflict while another plan of this person has not ended, Invalid `bad_dates`, `no_supervisor`, `no_post`.
    """
    employee = session.get(Employee, employee_id)
    if employee is None:
        raise NotFound()
    auth.require_relation(session, actor, employee_id, clock.today(), "hr")
    terms = Terms(from_on, to_on, facts, causes, assistance, tuple(targets), tuple(checks))
    if appraisal_id is not None:
        require_own_appraisal(session, appraisal_id, employee_id)
    _require_terms(terms, _months(session, appraisal_id))
    if manager_id is not None and session.get(Employee, manager_id) is None:
        zh, en = "没有这位部门经理", "there is no such manager"
        raise Invalid("unknown_employee", zh, en, [Fault("manager_id", zh, en)])
    db.one_at_a_time(session, f"improvement plan of {employee_id}")
    if queries.running_improvement_of(session, employee_id) is not None:
        zh, en = "该员工已有未结束的改进计划", "an improvement plan of this person has not ended"
        raise Conflict("already_exists", zh, en)
    post_title, unit_name, supervisor_id = _place(session, employee)
    plan = ImprovementPlan(
        employee_id=employee_id,
        appraisal_id=appraisal_id,
        post_title=post_title,
        unit_name=unit_name,
        last_grade=last_grade,
        supervisor_id=supervisor_id,
        manager_id=manager_id,
        from_on=from_on,
        to_on=to_on,
        facts=facts,
        causes=causes,
        assistance=assistance,
        opened_by=actor.account_id,
        opened_at=clock.now(),
    )
    session.add(plan)
    session.flush()
    _store(session, plan, terms)
    after = _shown(terms) | {"employee_id": employee_id, "appraisal_id": appraisal_id, "last_grade": last_grade}
    audit.record(session, actor, "improvement.open", "improvement_plan", plan.id, after=after)
    return plan


def change_improvement_plan(
    session: Session, actor: Actor, plan_id: int, terms: Terms, *, version: int | None = None
) -> ImprovementPlan:
    """Makes a draft say something else, by HR. What has been offered is sent back first."""
    plan = find_plan(session, actor, plan_id, "hr", lock=True)
    require_status(plan, DRAFT, version=version)
    _require_terms(terms, _months(session, plan.appraisal_id))
    there = queries.improvement_of(session, plan)
    before = _shown(_terms_of(there))
    for row in (*there.targets, *there.checks):
        session.delete(row)
    session.flush()
    plan.from_on, plan.to_on = terms.from_on, terms.to_on
    plan.facts, plan.causes, plan.assistance = terms.facts, terms.causes, terms.assistance
    touch(plan)
    _store(session, plan, terms)
    audit.record(session, actor, "improvement.change", "improvement_plan", plan_id, before=before, after=_shown(terms))
    return plan


def offer_improvement_plan(session: Session, actor: Actor, plan_id: int, *, version: int | None = None) -> ImprovementPlan:
    """Shows a draft to the person and lays it before both for their signatures."""
    plan = find_plan(session, actor, plan_id, "hr", lock=True)
    require_status(plan, DRAFT, version=version)
    plan.offered_at = clock.now()
    for employee_id in (plan.employee_id, plan.supervisor_id):
        notify.post(session, employee_id, "improvement_offered", about=("improvement_plan", plan_id), from_on=plan.from_on)
    return move_plan(session, actor, plan, OFFERED, "improvement.offer")


def cancel_improvement_plan(
    session: Session, actor: Actor, plan_id: int, *, reason: str, version: int | None = None
) -> ImprovementPlan:
    """Ends a plan without an outcome, by HR, with a reason."""
    plan = find_plan(session, actor, plan_id, "hr", lock=True)
    db.expect_version(plan, version)
    if plan.status in (CLOSED, CANCELLED):
        raise wrong_status(plan)
    require_text(reason=reason)
    return move_plan(session, actor, plan, CANCELLED, "improvement.cancel", reason)


def find_plan(session: Session, actor: Actor, plan_id: int, *allowed: str, lock: bool = False) -> ImprovementPlan:
    """An improvement plan for one of these relations to its person, by default whoever may read it.

    Raises NotFound for who may not read it, and for the person themself before the plan has been offered.
    """
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    plan = session.get(ImprovementPlan, plan_id, **how)
    if plan is None:
        raise NotFound()
    relations = auth.relations_to(session, actor, plan.employee_id, clock.today())
    if relations.isdisjoint(READERS) or (relations == {"employee"} and plan.offered_at is None):
        raise NotFound(hidden=True)
    if relations.isdisjoint(allowed or READERS):
        raise auth.for_others(*(allowed or READERS))
    return plan


def require_status(plan: ImprovementPlan, *statuses: str, version: int | None) -> None:
    """Refuses a stale version and a status that does not allow the act. Raises Conflict."""
    db.expect_version(plan, version)
    if plan.status not in statuses:
        raise wrong_status(plan)


def wrong_status(plan: ImprovementPlan) -> Conflict:
    """The refusal that says how the plan stands."""
    now = label("improvement_status", plan.status)
    return Conflict("wrong_status", f"改进计划当前为“{now.zh}”, 不能执行此操作", f"the plan is {now.en}: not possible now")


def move_plan(
    session: Session, actor: Actor, plan: ImprovementPlan, status: str, action: str, reason: str | None = None
) -> ImprovementPlan:
    """Brings a plan to a status, on record."""
    before, plan.status = plan.status, status
    session.flush()
    change = {"before": {"status": before}, "after": {"status": status}}
    audit.record(session, actor, action, "improvement_plan", plan.id, **change, reason=reason)
    return plan


def touch(plan: ImprovementPlan) -> None:
    """Lets the version rise with a change of the rows around the plan."""
    flag_modified(plan, "status")


def require_other(actor: Actor, found: queries.Improvement) -> None:
    """Refuses the approval by one of the two who sign."""
    signatories = {found.plan.employee_id, found.plan.supervisor_id, *(one.employee_id for one in found.signatures)}
    if actor.employee_id is None or actor.employee_id in signatories:
        zh, en = "批准人须为签署双方以外的员工", "a plan is approved by an employee who is neither of the two who sign"
        raise NotAllowed("same_person", zh, en)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _months(session: Session, appraisal_id: int | None) -> tuple[int, int]:
    """The shortest and longest period, by the policy of the appraisal a plan follows from, where it says so."""
    if appraisal_id is None:
        return MONTHS
    cycle = session.get_one(Cycle, session.get_one(Appraisal, appraisal_id).cycle_id)
    rule = cycles.policy_of(session, cycle).general.improvement_plan
    return (rule.minimum_months, rule.maximum_months) if rule is not None else MONTHS


def _require_terms(terms: Terms, months: tuple[int, int]) -> None:
    """Refuses, all at once, what a plan cannot say."""
    require_text(facts=terms.facts, causes=terms.causes, assistance=terms.assistance)
    for index, target in enumerate(terms.targets):
        require_text(1000, **{f"targets[{index}].result": target.result})
    shortest, longest = (months_later(terms.from_on, count) - timedelta(days=1) for count in months)
    faults = []
    if not shortest <= terms.to_on <= longest:
        zh = f"改进期为 {months[0]} 至 {months[1]} 个月: 结束日须在 {shortest} 至 {longest} 之间"
        en = f"the period is {months[0]} to {months[1]} months: it ends between {shortest} and {longest}"
        faults.append(Fault("to_on", zh, en))
    for path, days in (("targets", [one.due_on for one in terms.targets]), ("checks", list(terms.checks))):
        if not 1 <= len(days) <= MOST_ROWS or (path == "checks" and len(set(days)) != len(days)):
            zh, en = f"须有 1 至 {MOST_ROWS} 项, 不得重复", f"1 to {MOST_ROWS} are needed, none twice"
            faults.append(Fault(path, zh, en))
        faults += [
            Fault(f"{path}[{index}]", "日期须在改进期内", "this day lies outside the period")
            for index, day in enumerate(days)
            if not terms.from_on <= day <= terms.to_on
        ]
    if faults:
        raise Invalid("bad_dates", "; ".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults), faults)


def _place(session: Session, employee: Employee) -> tuple[str, str, int]:
    """Post, unit and supervisor of today. Raises Invalid for somebody without."""
    today = clock.today()
    held = people.posts_held(session, [employee.id], today, today)
    supervisor = people.supervisor_on(session, employee.id, today)
    if not held:
        raise Invalid("no_post", "该员工今天没有岗位", "this person holds no post today")
    if supervisor is None:
        raise Invalid("no_supervisor", "该员工没有直接上级", "this person has no supervisor")
    main = max(held, key=lambda one: one.share)
    return main.post_title, main.unit_name, supervisor.id


def _store(session: Session, plan: ImprovementPlan, terms: Terms) -> None:
    session.add_all(ImprovementTarget(plan_id=plan.id, position=n, **vars(one)) for n, one in enumerate(terms.targets))
    session.add_all(ImprovementCheck(plan_id=plan.id, due_on=day) for day in sorted(terms.checks))
    session.flush()


def _terms_of(found: queries.Improvement) -> Terms:
    plan = found.plan
    targets = tuple(TargetDraft(one.result, one.due_on) for one in found.targets)
    checks = tuple(one.due_on for one in found.checks)
    return Terms(plan.from_on, plan.to_on, plan.facts, plan.causes, plan.assistance, targets, checks)


def _shown(terms: Terms) -> dict[str, Any]:
    return vars(terms) | {"targets": [vars(target) for target in terms.targets], "checks": list(terms.checks)}
