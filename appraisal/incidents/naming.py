"""Whom an incident will reach, before it is confirmed: the people related are chosen, and what it would do is looked at.

Who is related (相关员工) no file can say, so somebody chooses them and answers for the choice (R-003-31).
"""

from datetime import date

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.incidents import queries, reaching
from appraisal.incidents.guards import find, require_confirmer, require_impartial, wrong_status
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN, Incident, IncidentPerson
from appraisal.incidents.queries import Reached
from appraisal.incidents.reach import NAMED
from appraisal.incidents.reaching import Affected
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.people.queries import employed_on

# Beside who decides: those who answer for results as a whole.
CHECKING = ("hr", "auditor", "approver")


def name_person(
    session: Session, actor: Actor, incident_id: int, employee_id: int, *, reason: str, version: int | None = None
) -> IncidentPerson:
    """Chooses somebody related, whom the incident will reach too, where a rule of the event is for such (R-003-31): by HR or
    who confirms it, before it is confirmed; never the person concerned, and nobody themselves.

    Raises Conflict `nobody_to_name` where no rule is, Invalid `not_related` for the person concerned and whoever did not work
    here that day.
    """
    incident = _undecided(session, actor, incident_id, version)
    require_text(reason=reason)
    if not reaching.asks_for_names(reaching.policies_over(session, incident), incident.event):
        zh, en = "该事件不牵连指定的员工", "the rules of this event are not for named people"
        raise Conflict("nobody_to_name", zh, en)
    employee = session.get(Employee, employee_id)
    if employee is None:
        raise NotFound()
    if employee_id == actor.employee_id:
        raise NotAllowed("own_incident", "不得由本人指定本人", "nobody names themselves")
    if employee_id == incident.employee_id:
        zh, en = "当事人已在事件中, 不必另行指定", "it is about this person already"
        raise Invalid("not_related", zh, en, [Fault("employee_id", zh, en)])
    if not _worked_here(session, employee_id, incident.happened_on):
        zh, en = "该员工事发当日不在职", "this person did not work here on the day of the event"
        raise Invalid("not_related", zh, en, [Fault("employee_id", zh, en)])
    if session.get(IncidentPerson, (incident.id, employee_id, NAMED)) is not None:
        raise Conflict("named_already", "该员工已被指定", "this person has been named already")
    named = IncidentPerson(
        incident_id=incident.id,
        employee_id=employee_id,
        reach=NAMED,
        reason=reason,
        chosen_by=actor.account_id,
        chosen_at=clock.now(),
    )
    session.add(named)
    _touch(session, incident)
    audit.record(session, actor, "incident.name", "incident", incident.id, after={"employee_id": employee_id}, reason=reason)
    return named


def unname_person(
    session: Session, actor: Actor, incident_id: int, employee_id: int, *, reason: str, version: int | None = None
) -> None:
    """Takes somebody named out again, before the incident is confirmed; that and why stays on the trail."""
    incident = _undecided(session, actor, incident_id, version)
    require_text(reason=reason)
    named = session.get(IncidentPerson, (incident.id, employee_id, NAMED))
    if named is None:
        raise NotFound()
    if employee_id == actor.employee_id:
        raise NotAllowed("own_incident", "不得由本人移出本人", "nobody takes themselves out")
    before = {"employee_id": employee_id, "reason": named.reason}
    session.delete(named)
    _touch(session, incident)
    audit.record(session, actor, "incident.unname", "incident", incident.id, before=before, reason=reason)


def preview_reach(session: Session, actor: Actor, incident_id: int) -> tuple[Incident, list[Reached], list[Affected]]:
    """Whom an incident reaches, or would if it were confirmed now, and what that does to the appraisals of each: for HR and who
    confirms it, who are not reached themselves (D-05)."""
    incident = find(session, actor, incident_id)
    require_impartial(actor, incident)
    require_confirmer(session, actor, incident)
    kept = incident.status in (CONFIRMED, WITHDRAWN)
    found = queries.reach_kept(session, incident) if kept else reaching.reach_expected(session, incident)
    require_impartial(actor, incident, found)
    return incident, found, reaching.affected(session, incident, found)


def people_shown(session: Session, actor: Actor, incident: Incident) -> list[Reached]:
    """Of those an incident is kept to reach whom somebody who sees it is shown: all of them who decides on it or checks that,
    others themselves alone, and before it is confirmed only the person concerned."""
    kept = queries.reach_kept(session, incident)
    relations = auth.relations_to(session, actor, incident.employee_id, incident.happened_on)
    if not relations.isdisjoint(CHECKING) or queries.decides(session, actor, incident):
        return kept
    known = {incident.employee_id} if incident.status in (DRAFT, HEARD) else {one.employee.id for one in kept}
    return [one for one in kept if one.employee.id == actor.employee_id and actor.employee_id in known]


def affected_by(session: Session, incident: Incident) -> list[Affected]:
    """The appraisals that the decision on an incident has moved: none, where one was withdrawn that had not been confirmed."""
    if all(entry.status != CONFIRMED for entry in queries.entries_of(session, incident.id)):
        return []
    return reaching.affected(session, incident, queries.reach_kept(session, incident))


def _undecided(session: Session, actor: Actor, incident_id: int, version: int | None) -> Incident:
    """An incident whose reach the actor may still change: who would confirm it, and before anybody has."""
    incident = find(session, actor, incident_id)
    require_impartial(actor, incident)
    require_confirmer(session, actor, incident)
    db.expect_version(incident, version)
    if incident.status not in (DRAFT, HEARD):
        raise wrong_status(incident)
    return incident


def _worked_here(session: Session, employee_id: int, on: date) -> bool:
    return session.exec(select(Employee.id).where(Employee.id == employee_id, employed_on(on))).first() is not None


def _touch(session: Session, incident: Incident) -> None:
    """Gives the incident a new version for an act that leaves where it stands as it is."""
    flag_modified(incident, "status")
    session.flush()
