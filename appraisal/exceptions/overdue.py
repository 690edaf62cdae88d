"""What happens when an exception is late: its owner is told first, then those above, each once (R-000-52)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from appraisal import audit, clock, db, notify
from appraisal.actor import SYSTEM, Actor
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import LEVELS
from appraisal.exceptions import queries
from appraisal.exceptions.models import DONE, VERIFIED, KpiException
from appraisal.exceptions.responding import note, tell, unit_name
from appraisal.monitoring import evaluations, holders
from appraisal.people.models import Employee

OWNER_TOLD, HIGHER_TOLD = 1, 2


@dataclass(frozen=True)
class Escalated:
    """What looking at what is late came to: the numbers of which owners were told, and of which those above."""

    overdue: tuple[str, ...]
    escalated: tuple[str, ...]


def escalate(session: Session, actor: Actor = SYSTEM) -> Escalated:
    """Tells the owners of exceptions that are late, and on a later day those above them: whoever holds the role of the next
    graver record, and the KPI managers. One without an owner is told of upwards at once.

    Each stage is told once, and of one exception at most once a day, so that running it twice does no harm.
    """
    db.one_at_a_time(session, "kpi exceptions overdue")
    today = clock.today()
    late = session.exec(select(KpiException).where(queries.is_open()).order_by(KpiException.number)).all()
    told: dict[int, list[str]] = {OWNER_TOLD: [], HIGHER_TOLD: []}
    escalated: dict[int | None, list[KpiException]] = {}
    for found in late:
        if queries.deadline_of(found) >= today or found.escalated_on == today or found.escalation >= HIGHER_TOLD:
            continue
        policy = evaluations.policy_of(session, found.policy, Period.parse(found.period))
        owner = session.get(Employee, found.owner_id) if found.owner_id is not None else None
        # What is done waits for those who verify and close it, not for its owner.
        stage = OWNER_TOLD if found.escalation < OWNER_TOLD and owner and found.state not in (DONE, VERIFIED) else HIGHER_TOLD
        if stage == OWNER_TOLD:
            tell(session, policy, found, "kpi_exception_overdue", [owner] if owner else [])
        else:
            above = [one for one in higher(session, policy, found) if one.id != found.owner_id]
            tell(session, policy, found, "kpi_exception_escalated", above)
        found.escalation, found.escalated_on = stage, today
        session.add(found)
        note(session, found, "overdue" if stage == OWNER_TOLD else "escalated")
        told[stage].append(found.number)
        if stage == HIGHER_TOLD:
            escalated.setdefault(found.unit_id, []).append(found)
    for unit_id, several in escalated.items():
        said = {"unit": unit_name(session, unit_id), "count": len(several)}
        about = ("kpi_exception", several[0].id or 0)
        notify.announce(session, "kpi_escalated", about=about, unit_id=unit_id, **said)
    session.flush()
    if any(told.values()):
        after = {"overdue": told[OWNER_TOLD], "escalated": told[HIGHER_TOLD]}
        audit.record(session, actor, "kpi_exception.escalate", "kpi_exception", "overdue", after=after)
    return Escalated(tuple(told[OWNER_TOLD]), tuple(told[HIGHER_TOLD]))


def higher(session: Session, policy: Policy, found: KpiException) -> Sequence[Employee]:
    """Whoever holds the role of the next graver record of the policy, and the KPI managers of the unit."""
    records = policy.monitoring.records if policy.monitoring else ()
    graver = sorted(records, key=lambda one: LEVELS.index(one.level))
    places = [index for index, one in enumerate(graver) if one.record == found.record]
    above = graver[places[0] + 1 :] if places else graver
    today = clock.today()
    roles = [one.role for one in above if one.role is not None and one.role != found.role]
    named = (holders.named(session, found.policy, role, found.unit_id, today) for role in roles)
    people = [*next((some for some in named if some), ()), *holders.managers(session, found.unit_id)]
    return list({one.id: one for one in people}.values())
