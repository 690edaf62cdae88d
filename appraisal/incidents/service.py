"""Use cases of the ledger: file, hear, confirm, withdraw. Only confirming and withdrawing move results (D-20)."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, select

from appraisal import audit, clock, db, files, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.policy.model import Event
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.files import StoredFile
from appraisal.incidents import queries
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN, Incident, IncidentEntry, IncidentFile
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Employee


def file_incident(
    session: Session,
    actor: Actor,
    employee_id: int,
    *,
    event: str,
    happened_on: date,
    facts: str,
    file_ids: Sequence[int] = (),
) -> Incident:
    """A first report with its evidence, by the supervisor on that day, a data provider or HR. It changes no result, and tells
    the person concerned so that they can be heard.

    Raises Invalid `no_cycle` when no cycle of that person holds the day, `unknown_event` when no pinned policy knows the event.
    """
    if session.get(Employee, employee_id) is None:
        raise NotFound()
    auth.require_relation(session, actor, employee_id, happened_on, "supervisor", "data_provider", "hr")
    require_text(facts=facts)
    if happened_on > clock.today():
        zh, en = "事发日期不能在将来", "the day of the event lies in the future"
        raise Invalid("bad_dates", zh, en, [Fault("happened_on", zh, en)])
    known = _events(session, employee_id, happened_on)
    if event not in known:
        zh = f"制度中没有事件“{event}”; 可用: {'、'.join(f'{one.name.zh} ({one.id})' for one in known.values()) or '无'}"
        en = f"the policy has no event {event}; it has: {', '.join(known) or 'none'}"
        raise Invalid("unknown_event", zh, en, [Fault("event", zh, en)])
    incident = Incident(
        employee_id=employee_id,
        event=event,
        happened_on=happened_on,
        facts=facts,
        filed_by=actor.account_id,
        filed_at=clock.now(),
    )
    session.add(incident)
    session.flush()
    evidence = _attach(session, actor, incident, None, file_ids)
    after = {"employee_id": employee_id, "event": event, "happened_on": happened_on, "facts": facts}
    after |= {"evidence": [one.sha256 for one in evidence]}
    audit.record(session, actor, "incident.file", "incident", incident.id, after=after)
    _tell(session, incident, "incident_filed")
    return incident


def hear_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    *,
    statement: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> IncidentEntry:
    """Records what the person concerned says, or that they say nothing: by themselves, HR, or the unit that confirms. They may
    be heard more than once, and hand in evidence of their own, until it is confirmed."""
    incident = _find(session, actor, incident_id)
    if actor.employee_id != incident.employee_id:
        _require_confirmer(session, actor, incident)
    return _enter(session, actor, incident, HEARD, statement, (DRAFT, HEARD), version, file_ids)


def confirm_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    *,
    findings: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> IncidentEntry:
    """Finds that it happened, from which moment it counts: by HR or the unit the policy names, never by the person concerned
    or by who filed it (D-05). Raises Conflict `not_heard` before the hearing."""
    incident = _find(session, actor, incident_id)
    if actor.employee_id == incident.employee_id:
        zh, en = "不得认定涉及本人的事件 (D-05)", "nobody confirms an incident against themselves (D-05)"
        raise NotAllowed("own_incident", zh, en)
    _require_confirmer(session, actor, incident)
    if actor.account_id == incident.filed_by:
        zh, en = "事件须由登记人以外的人认定", "an incident is confirmed by somebody other than who filed it"
        raise NotAllowed("same_person", zh, en)
    if incident.status == DRAFT:
        raise Conflict("not_heard", "须先听取本人陈述", "the person concerned has to be heard first")
    return _enter(session, actor, incident, CONFIRMED, findings, (HEARD,), version, file_ids)


def withdraw_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    *,
    reason: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> IncidentEntry:
    """Takes an incident back, confirmed or not; what it did to results ends. By HR, never by the person concerned."""
    incident = _find(session, actor, incident_id)
    auth.require_relation(session, actor, incident.employee_id, incident.happened_on, "hr")
    return _enter(session, actor, incident, WITHDRAWN, reason, (DRAFT, HEARD, CONFIRMED), version, file_ids)


def find_file(session: Session, actor: Actor, incident_id: int, file_id: int) -> StoredFile:
    """A piece of evidence of an incident that the actor sees. Raises NotFound."""
    incident = _find(session, actor, incident_id)
    if session.get(IncidentFile, (incident.id, file_id)) is None:
        raise NotFound()
    return files.by_id(session, file_id)


def _find(session: Session, actor: Actor, incident_id: int) -> Incident:
    seen = queries.incident_seen(session, actor, incident_id)
    if seen is None:
        raise NotFound()
    return seen.incident


def _enter(
    session: Session,
    actor: Actor,
    incident: Incident,
    status: str,
    text: str,
    from_status: tuple[str, ...],
    version: int | None,
    file_ids: Sequence[int],
) -> IncidentEntry:
    require_text(text=text)
    db.expect_version(incident, version)
    if incident.status not in from_status:
        now = label("incident_status", incident.status)
        zh, en = f"事件当前状态为“{now.zh}”, 不能执行此操作", f"the incident is {now.en}: not possible now"
        raise Conflict("wrong_status", zh, en)
    before = incident.status
    incident.status = status
    entry = IncidentEntry(
        incident_id=incident.id, status=status, text=text, entered_by=actor.account_id, entered_at=clock.now()
    )
    session.add(entry)
    session.flush()
    evidence = [one.sha256 for one in _attach(session, actor, incident, entry, file_ids)]
    change = {"before": {"status": before}, "after": {"status": status, "evidence": evidence}, "reason": text}
    audit.record(session, actor, f"incident.{status}", "incident", incident.id, **change)
    if status != HEARD:
        _tell(session, incident, f"incident_{status}")
    return entry


def _tell(session: Session, incident: Incident, kind: str) -> None:
    """Lets the person concerned know."""
    event = _events(session, incident.employee_id, incident.happened_on).get(incident.event)
    # A cycle may have moved to a text that no longer knows the event; it then goes by its id.
    said = event.name if event else incident.event
    notify.post(session, incident.employee_id, kind, about=("incident", incident.id), event=said, day=incident.happened_on)


def _events(session: Session, employee_id: int, on: date) -> dict[str, Event]:
    """The events that the pinned policies of a person's cycles know on a day. Raises Invalid when there is no cycle."""
    over = queries.cycles_over(session, employee_id, on)
    if not over:
        zh, en = f"{on} 不在该员工任何已开启的考核周期内", f"no open cycle of this person holds the day {on}"
        raise Invalid("no_cycle", zh, en, [Fault("happened_on", zh, en)])
    return {event.id: event for cycle in over for event in cycles.policy_of(session, cycle).vetoes.events}


def _attach(
    session: Session, actor: Actor, incident: Incident, entry: IncidentEntry | None, file_ids: Sequence[int]
) -> Sequence[StoredFile]:
    evidence = files.own(session, actor, list(dict.fromkeys(file_ids)))
    there = {file.file_id for file, _ in queries.files_of(session, incident.id)} if evidence else set()
    entry_id = entry.id if entry else None
    added = [one for one in evidence if one.id not in there]
    session.add_all(IncidentFile(incident_id=incident.id, file_id=one.id, entry_id=entry_id) for one in added)
    session.flush()
    return added


def _require_confirmer(session: Session, actor: Actor, incident: Incident) -> None:
    """Lets HR of this person pass, and the unit that the policy has confirm the event."""
    if "hr" in auth.relations_to(session, actor, incident.employee_id, incident.happened_on):
        return
    theirs = select(Incident.id).where(Incident.id == incident.id, queries.confirms(session, actor))
    if session.exec(theirs).first() is not None:
        return
    event = _events(session, incident.employee_id, incident.happened_on).get(incident.event)
    zh, en = (f"{event.confirmed_by} 或", f"{event.confirmed_by} or ") if event else ("", "")
    raise NotAllowed("not_allowed", f"该事件由{zh}人力资源部办理", f"this event is for {en}HR")
