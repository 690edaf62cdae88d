"""What waits for somebody outside the cycles: improvement plans to sign, evaluate or approve, incidents to hear and decide.

As with cycles, the conditions are those of the services, asked of all rows at once.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, or_
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles.models import Cycle
from appraisal.desk.waiting import Case, Waiting, summed, told
from appraisal.development.models import RUNNING, ImprovementCheck, ImprovementPlan, ImprovementSignature
from appraisal.development.service.outcomes import PART
from appraisal.incidents import queries as incidents
from appraisal.incidents import reaching
from appraisal.incidents.models import DRAFT, HEARD, Incident, IncidentPerson
from appraisal.incidents.reach import NAMED, SELF
from appraisal.people import auth, relations
from appraisal.people.models import Employee, Post, PostHolding, PostPlace, ReportingLine, Unit
from appraisal.people.queries import holds_on
from appraisal.policies import queries as policies


def improvement_plans(session: Session, actor: Actor) -> list[Waiting]:
    """Plans and evaluations to sign as the person or the supervisor, plans to evaluate once every check has been held, and for
    approvers, who sign none of them, those that both have signed."""
    if actor.employee_id is None:
        return []
    own = col(ImprovementPlan.employee_id) == actor.employee_id
    others = relations.towards_others(session, actor, clock.today(), ["supervisor", "approver"])
    led, approves = (and_(~own, others.get(role, false())) for role in ("supervisor", "approver"))
    signing = col(ImprovementPlan.status).in_(PART)
    signatory = or_(own, col(ImprovementPlan.supervisor_id) == actor.employee_id, _signed(by=actor.employee_id))
    unheld = exists().where(col(ImprovementCheck.plan_id) == ImprovementPlan.id, col(ImprovementCheck.held_on).is_(None))
    ways: dict[str, ColumnElement[bool]] = {
        "sign_improvement": and_(signing, or_(and_(own, ~_signed("employee")), and_(led, ~_signed("supervisor")))),
        "evaluate_improvement": and_(ImprovementPlan.status == RUNNING, led, ~unheld),
        "approve_improvement": and_(signing, approves, ~signatory, _signed("employee"), _signed("supervisor")),
    }
    found = select(ImprovementPlan, Employee, case(*((condition, kind) for kind, condition in ways.items())))
    found = found.join(Employee, col(Employee.id) == ImprovementPlan.employee_id)
    rows = session.exec(found.where(or_(*ways.values())).order_by(ImprovementPlan.id)).all()
    tasks = [
        Waiting(
            kind, employee=employee, due_on=plan.to_on if plan.status == RUNNING else None, about=("improvement_plan", plan.id)
        )
        for plan, employee, kind in rows
        if kind != "approve_improvement"
    ]
    return tasks + summed("approve_improvement", None, len(rows) - len(tasks))


def incident_acts(session: Session, actor: Actor) -> list[Waiting]:
    """Incidents on which the actor has not said their side yet, and those that they have to hear or decide as HR or as whom the
    policy names: never their own, one they have filed, or one that would reach them too (D-05)."""
    waiting = col(Incident.status).in_((DRAFT, HEARD))
    days = session.exec(select(Incident.happened_on).where(waiting).distinct()).all()
    if not days:
        return []
    theirs = or_(_is_hr(session, actor, days), incidents.confirms(session, actor))
    asked = incidents.incidents_seen(session, actor, {}).where(waiting, or_(_is_own(actor), theirs))
    rows: Sequence[Incident] = [row[0] for row in session.exec(asked.order_by(Incident.id))]
    own = [one for one in rows if one.employee_id == actor.employee_id]
    others = [one for one in rows if one.employee_id != actor.employee_id]
    heard = [one for one in others if one.status == HEARD and one.filed_by != actor.account_id]
    decided = len(heard) - len(_reaching(session, actor, heard))
    found = summed("hear_incident", None, sum(one.status == DRAFT for one in others))
    found += summed("confirm_incident", None, decided)
    if not own:
        return found
    person = session.get_one(Employee, actor.employee_id)
    stated = [Case(person, None, True, ("incident", one.id)) for one in own if one.status == DRAFT]
    return told("state_on_incident", None, stated) + found


def _signed(role: str | None = None, *, by: int | None = None) -> ColumnElement[bool]:
    """The condition that a role has signed the part that is open now, or that somebody has ever signed."""
    found = select(ImprovementSignature.id).where(ImprovementSignature.plan_id == ImprovementPlan.id)
    if by is not None:
        return found.where(ImprovementSignature.employee_id == by).exists()
    part = case(PART, value=col(ImprovementPlan.status))
    return found.where(ImprovementSignature.part == part, ImprovementSignature.role == role).exists()


def _is_own(actor: Actor) -> ColumnElement[bool]:
    return false() if actor.employee_id is None else col(Incident.employee_id) == actor.employee_id


def _is_hr(session: Session, actor: Actor, days: Collection[date]) -> ColumnElement[bool]:
    """The condition that the actor is HR of the person concerned on the day of the event."""
    if not actor.holds("hr") or actor.units_of("hr") is None:
        return auth.seen_employees(session, actor, clock.today(), ("hr",))
    ways = (and_(Incident.happened_on == day, auth.seen_employees(session, actor, day, ("hr",))) for day in days)
    return or_(false(), *ways)


# Whom an incident reaches follows from who was where that day, which is asked of one incident at a time; so it is asked only of
# those that can reach the actor at all.


def _reaching(session: Session, actor: Actor, found: Sequence[Incident]) -> set[int]:
    """Of these incidents those that reach the actor, or would if they were confirmed now."""
    if actor.employee_id is None or not found:
        return set()
    ids = [one.id for one in found]
    kept = select(IncidentPerson.incident_id).where(IncidentPerson.employee_id == actor.employee_id)
    reached = set(session.exec(kept.where(col(IncidentPerson.incident_id).in_(ids))))
    events, posts = _wide(session)
    if not events.intersection(one.event for one in found):
        return reached
    near = select(Incident.id).where(col(Incident.id).in_(ids), col(Incident.event).in_(events))
    doubtful = set(session.exec(near.where(_is_near(session, actor, posts)))) - reached
    asked = [one for one in found if one.id in doubtful]
    return reached | {one.id for one in asked if actor.employee_id in reaching.reach_found(session, one)}


def _wide(session: Session) -> tuple[set[str], set[str]]:
    """The events that reach others than the person concerned and those named, and the posts that rules reach by name."""
    digests = session.exec(select(Cycle.policy_digest).where(col(Cycle.policy_digest).is_not(None)).distinct()).all()
    rules = [rule for digest in digests if digest for rule in policies.compiled(session, digest).vetoes.rules]
    wide = {(rule.event, effect.subject) for rule in rules for effect in rule.effects if effect.subject not in (SELF, NAMED)}
    return {event for event, _ in wide}, {subject.removeprefix("post:") for _, subject in wide if subject.startswith("post:")}


def _is_near(session: Session, actor: Actor, posts: Collection[str]) -> ColumnElement[bool]:
    """The condition that the actor led the person concerned that day, held one of these posts, or was perhaps in their unit."""
    day: Any = Incident.happened_on
    leads = select(ReportingLine.id).where(ReportingLine.employee_id == Incident.employee_id, holds_on(ReportingLine, day))
    held = select(PostHolding.id).join(Post, col(Post.id) == PostHolding.post_id).where(holds_on(PostHolding, day))
    above = _own_units_and_above(session, actor)
    was_there = select(PostPlace.post_id).where(col(PostPlace.unit_id).in_(above))
    return or_(
        leads.where(ReportingLine.supervisor_id == actor.employee_id).exists(),
        held.where(PostHolding.employee_id == actor.employee_id, col(Post.policy_post).in_(posts)).exists(),
        held.where(PostHolding.employee_id == Incident.employee_id)
        .where(or_(col(Post.unit_id).in_(above), col(Post.id).in_(was_there)))
        .exists(),
    )


def _own_units_and_above(session: Session, actor: Actor) -> set[int]:
    """The units that the actor's posts ever belonged to, and every unit above or before those."""
    own = select(PostHolding.post_id).where(PostHolding.employee_id == actor.employee_id)
    places = select(PostPlace.unit_id).where(col(PostPlace.post_id).in_(own))
    waiting = [*session.exec(select(Post.unit_id).where(col(Post.id).in_(own))), *session.exec(places)]
    up = {unit: (parent, was) for unit, parent, was in session.exec(select(Unit.id, Unit.parent_id, Unit.was_id))}
    found: set[int] = set()
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.add(unit)
            waiting += [one for one in up[unit] if one is not None]
    return found
