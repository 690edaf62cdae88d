"""The personal development plan: drafted, proposed by the employee, agreed by the supervisor, rated by them at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_figures, require_text
from appraisal.core.numbers import HUNDRED, ZERO, add, divide
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development import queries
from appraisal.development.models import AGREED, DRAFT, PROPOSED, RATED, DevelopmentGoal, DevelopmentPlan
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.labels import label
from appraisal.people import auth

MOST_GOALS = 20
READERS = ("employee", "supervisor", "unit_head", "hr", "approver", "auditor")


@dataclass(frozen=True)
class GoalDraft:
    """What somebody sets out to learn or reach, by which actions, until when."""

    goal: str
    actions: str
    due_on: date


@dataclass(frozen=True)
class Found:
    """A plan with the appraisal and cycle it belongs to."""

    plan: DevelopmentPlan
    appraisal: Appraisal
    cycle: Cycle


def find_plan(session: Session, actor: Actor, plan_id: int, *allowed: str, lock: bool = False) -> Found:
    """A plan for one of these relations to its person, by default whoever may read it. Raises NotFound, NotAllowed."""
    how: dict[str, Any] = {"with_for_update": True, "populate_existing": True} if lock else {}
    plan = session.get(DevelopmentPlan, plan_id, **how)
    if plan is None:
        raise NotFound()
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, plan.appraisal_id, seen_as=READERS)
    if relations.isdisjoint(allowed or READERS):
        raise auth.for_others(*(allowed or READERS))
    return Found(plan, appraisal, cycle)


def find_case(session: Session, actor: Actor, appraisal_id: int, *allowed: str) -> tuple[Appraisal, Cycle]:
    """An appraisal for one of these relations. Raises NotFound for who is nothing to it, NotAllowed for the others."""
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if relations.isdisjoint(allowed):
        raise auth.for_others(*allowed)
    return appraisal, cycle


def draft_plan(session: Session, actor: Actor, appraisal_id: int, goals: Sequence[GoalDraft]) -> DevelopmentPlan:
    """A plan for an annual appraisal (R-002-10), by the employee or the supervisor. Raises Conflict when there is one."""
    appraisal, cycle = find_case(session, actor, appraisal_id, "employee", "supervisor")
    if cycle.cadence != "year":
        zh, en = "个人发展计划属于年度考核 (002 第三条)", "a development plan belongs to an annual appraisal (R-002-10)"
        raise Invalid("not_annual", zh, en, [Fault("appraisal_id", zh, en)])
    cycle_service.require_running(cycle, appraisal)
    _require_goals(goals, cycle)
    if queries.plan_of(session, appraisal_id) is not None:
        raise Conflict("already_exists", "该考核已有个人发展计划", "the appraisal has its development plan already")
    plan = DevelopmentPlan(appraisal_id=appraisal_id, changed_at=clock.now())
    session.add(plan)
    session.flush()
    _store(session, plan, goals)
    audit.record(session, actor, "development.draft", "development_plan", plan.id, after=_shown(goals))
    return plan


def set_goals(
    session: Session, actor: Actor, plan_id: int, goals: Sequence[GoalDraft], *, version: int | None = None
) -> DevelopmentPlan:
    """Makes these the goals; what had been agreed has to be proposed and agreed anew. Not once it has been rated."""
    plan = _find(session, actor, plan_id, ("employee", "supervisor"), (DRAFT, PROPOSED, AGREED), version, goals=goals)
    before = _shown([GoalDraft(one.goal, one.actions, one.due_on) for one in queries.goals_of(session, [plan_id])[plan_id]])
    for goal in queries.goals_of(session, [plan_id])[plan_id]:
        session.delete(goal)
    session.flush()
    _store(session, plan, goals)
    plan.status, plan.changed_at = DRAFT, clock.now()
    flag_modified(plan, "status")  # the goals are rows of their own, and the version is that of the whole plan
    session.flush()
    audit.record(session, actor, "development.set_goals", "development_plan", plan_id, before=before, after=_shown(goals))
    return plan


def propose_plan(session: Session, actor: Actor, plan_id: int, *, version: int | None = None) -> DevelopmentPlan:
    """The employee stands by the plan and gives it to the supervisor."""
    plan = _find(session, actor, plan_id, ("employee",), (DRAFT,), version)
    return _move(session, actor, plan, PROPOSED, "development.propose")


def agree_plan(session: Session, actor: Actor, plan_id: int, *, version: int | None = None) -> DevelopmentPlan:
    """The supervisor agrees."""
    plan = _find(session, actor, plan_id, ("supervisor",), (PROPOSED,), version)
    return _move(session, actor, plan, AGREED, "development.agree")


def return_plan(session: Session, actor: Actor, plan_id: int, *, reason: str, version: int | None = None) -> DevelopmentPlan:
    """The supervisor gives it back with a reason."""
    plan = _find(session, actor, plan_id, ("supervisor",), (PROPOSED,), version)
    require_text(reason=reason)
    return _move(session, actor, plan, DRAFT, "development.return", reason)


def rate_plan(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    ratings: Sequence[Decimal],
    comment: str,
    version: int | None = None,
) -> DevelopmentPlan:
    """How far each goal was reached, 0 to 100, by the supervisor; again as long as the review has not been left behind.

    The plan's rating is the mean of the goals, each counting the same, rounded once at the policy's precision.
    """
    plan = _find(session, actor, plan_id, ("supervisor",), (AGREED, RATED), version)
    appraisal = session.get_one(Appraisal, plan.appraisal_id)
    policy = cycles.policy_of(session, session.get_one(Cycle, appraisal.cycle_id))
    if _is_past_review(policy, appraisal):
        zh, en = "上级评估已完成, 发展计划的评定不能再改", "the review is over: the plan is no longer rated"
        raise Conflict("wrong_step", zh, en)
    goals = queries.goals_of(session, [plan_id])[plan_id]
    require_text(comment=comment)
    _require_ratings(ratings, len(goals))
    before = {"rating": plan.rating, "ratings": [goal.rating for goal in goals]}
    for goal, rating in zip(goals, ratings, strict=True):
        goal.rating = rating
    plan.rating = divide(add(*ratings), Decimal(len(goals)), policy.general.precision)
    plan.status, plan.comment, plan.changed_at = RATED, comment, clock.now()
    flag_modified(plan, "status")
    session.flush()
    after = {"rating": plan.rating, "ratings": list(ratings), "comment": comment}
    audit.record(session, actor, "development.rate", "development_plan", plan_id, before=before, after=after)
    return plan


def _find(
    session: Session,
    actor: Actor,
    plan_id: int,
    allowed: tuple[str, ...],
    statuses: tuple[str, ...],
    version: int | None,
    goals: Sequence[GoalDraft] | None = None,
) -> DevelopmentPlan:
    found = find_plan(session, actor, plan_id, *allowed, lock=True)
    db.expect_version(found.plan, version)
    cycle_service.require_running(found.cycle, found.appraisal)
    if found.plan.status not in statuses:
        now = label("development_status", found.plan.status)
        zh, en = f"发展计划当前为“{now.zh}”, 不能执行此操作", f"the development plan is {now.en}: not possible now"
        raise Conflict("wrong_status", zh, en)
    if goals is not None:
        _require_goals(goals, found.cycle)
    return found.plan


def _move(
    session: Session, actor: Actor, plan: DevelopmentPlan, status: str, action: str, reason: str | None = None
) -> DevelopmentPlan:
    before, plan.status, plan.changed_at = plan.status, status, clock.now()
    session.flush()
    change = {"before": {"status": before}, "after": {"status": status}}
    audit.record(session, actor, action, "development_plan", plan.id, **change, reason=reason)
    return plan


def _is_past_review(policy: Policy, appraisal: Appraisal) -> bool:
    steps = [step.id for step in policy.workflow.steps]
    reviews = [steps.index(move.from_) for move in policy.workflow.moves if move.action == "submit_review"]
    return bool(reviews) and steps.index(appraisal.step) > max(reviews)


def _require_goals(goals: Sequence[GoalDraft], cycle: Cycle) -> None:
    if not 1 <= len(goals) <= MOST_GOALS:
        zh, en = f"发展计划须有 1 至 {MOST_GOALS} 个目标", f"a development plan has 1 to {MOST_GOALS} goals"
        raise Invalid("bad_goals", zh, en, [Fault("goals", zh, en)])
    for index, draft in enumerate(goals):
        require_text(500, **{f"goals[{index}].goal": draft.goal})
        require_text(4000, **{f"goals[{index}].actions": draft.actions})
    wrong = [index for index, draft in enumerate(goals) if not cycle.starts_on <= draft.due_on <= cycle.ends_on]
    if wrong:
        zh = f"目标期限须在 {cycle.starts_on} 至 {cycle.ends_on} 之间"
        en = f"goals are due between {cycle.starts_on} and {cycle.ends_on}"
        raise Invalid("bad_dates", zh, en, [Fault(f"goals[{index}].due_on", zh, en) for index in wrong])


def _require_ratings(ratings: Sequence[Decimal], count: int) -> None:
    if len(ratings) != count:
        zh, en = f"须为全部 {count} 个目标各评一分", f"each of the {count} goals needs its rating"
        raise Invalid("bad_ratings", zh, en, [Fault("ratings", zh, en)])
    require_figures({f"ratings[{index}]": rating for index, rating in enumerate(ratings)})
    if wrong := [index for index, rating in enumerate(ratings) if not ZERO <= rating <= HUNDRED]:
        zh, en = "评分须在 0 与 100 之间", "ratings go from 0 to 100"
        raise Invalid("bad_ratings", zh, en, [Fault(f"ratings[{index}]", zh, en) for index in wrong])


def _store(session: Session, plan: DevelopmentPlan, goals: Sequence[GoalDraft]) -> None:
    session.add_all(DevelopmentGoal(plan_id=plan.id, position=n, **vars(goal)) for n, goal in enumerate(goals))
    session.flush()


def _shown(goals: Sequence[GoalDraft]) -> dict[str, Any]:
    return {"goals": [vars(goal) for goal in goals]}
