"""Use cases of the ledger: file, hear, confirm, withdraw. Only confirming and withdrawing move results, those of the person
concerned and of whom else the event reaches (D-20); results find that out themselves."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock, db, files, notify
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.core.errors import Message
from appraisal.core.policy.model import Event
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.files import StoredFile
from appraisal.incidents import queries, reaching
from appraisal.incidents.guards import find, require_confirmer, require_impartial, wrong_status
from appraisal.incidents.models import (
    CONFIRMED,
    DRAFT,
    HEARD,
    WITHDRAWN,
    Incident,
    IncidentEntry,
    IncidentFile,
    IncidentPerson,
)
from appraisal.incidents.queries import Reached
from appraisal.incidents.reach import NAMED, SELF
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
    _tell(session, incident, "incident_filed", {employee_id: None})
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
    incident = find(session, actor, incident_id)
    if actor.employee_id != incident.employee_id:
        require_confirmer(session, actor, incident)
    return _enter(session, actor, incident, HEARD, statement, (DRAFT, HEARD), version, file_ids)


def confirm_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    *,
    findings: str,
    nobody_named: str | None = None,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> IncidentEntry:
    """Finds that it happened, from which moment it counts for the person concerned and whom else it reaches: by HR or whom the
    policy names, never by the person concerned, anybody it reaches, or who filed it (D-05).

    Raises Conflict `not_heard` before the hearing, and `nobody_named` where a rule is for named people, nobody is, and it is
    not said why.
    """
    incident = find(session, actor, incident_id)
    require_impartial(actor, incident)
    require_confirmer(session, actor, incident)
    if actor.account_id == incident.filed_by:
        zh, en = "事件须由登记人以外的人认定", "an incident is confirmed by somebody other than who filed it"
        raise NotAllowed("same_person", zh, en)
    if incident.status == DRAFT:
        raise Conflict("not_heard", "须先听取本人陈述", "the person concerned has to be heard first")
    if incident.status != HEARD:
        raise wrong_status(incident)
    reached = reaching.reach_expected(session, incident)
    require_impartial(actor, incident, reached)
    _require_names(session, incident, reached, nobody_named)
    entry = _enter(
        session, actor, incident, CONFIRMED, findings, (HEARD,), version, file_ids, nobody_named=nobody_named, reached=reached
    )
    _tell_reached(session, incident, reached)
    return entry


def withdraw_incident(
    session: Session,
    actor: Actor,
    incident_id: int,
    *,
    reason: str,
    file_ids: Sequence[int] = (),
    version: int | None = None,
) -> IncidentEntry:
    """Takes an incident back, confirmed or not; what it did to results ends, for everybody it reached. By HR, never by the
    person concerned or who was reached."""
    incident = find(session, actor, incident_id)
    if "hr" not in auth.relations_to(session, actor, incident.employee_id, incident.happened_on):
        raise auth.for_others("hr")
    kept = queries.reach_kept(session, incident)
    require_impartial(actor, incident, kept)
    was_confirmed = incident.status == CONFIRMED
    entry = _enter(session, actor, incident, WITHDRAWN, reason, (DRAFT, HEARD, CONFIRMED), version, file_ids)
    if was_confirmed:
        _tell(session, incident, "incident_withdrawn", {one.employee.id: None for one in _others(incident, kept)})
    return entry


def find_file(session: Session, actor: Actor, incident_id: int, file_id: int) -> StoredFile:
    """A piece of evidence of an incident that the actor sees in full. Raises NotFound."""
    seen = queries.incident_seen(session, actor, incident_id)
    if seen is None or not seen.in_full:
        raise NotFound()
    incident = seen.incident
    if session.get(IncidentFile, (incident.id, file_id)) is None:
        raise NotFound()
    return files.by_id(session, file_id)


def _enter(
    session: Session,
    actor: Actor,
    incident: Incident,
    status: str,
    text: str,
    from_status: tuple[str, ...],
    version: int | None,
    file_ids: Sequence[int],
    *,
    nobody_named: str | None = None,
    reached: Sequence[Reached] = (),
) -> IncidentEntry:
    require_text(text=text)
    db.expect_version(incident, version)
    if incident.status not in from_status:
        raise wrong_status(incident)
    before = incident.status
    incident.status = status
    entry = IncidentEntry(
        incident_id=incident.id,
        status=status,
        text=text,
        nobody_named=nobody_named,
        entered_by=actor.account_id,
        entered_at=clock.now(),
    )
    session.add(entry)
    session.add_all(_kept(actor, incident, reached, entry.entered_at))
    session.flush()
    evidence = [one.sha256 for one in _attach(session, actor, incident, entry, file_ids)]
    after: dict[str, Any] = {"status": status, "evidence": evidence}
    if status == CONFIRMED:
        after["reached"] = [{"employee_id": one.employee.id, "ways": one.ways} for one in _others(incident, reached)]
        after["nobody_named"] = nobody_named
    audit.record(
        session, actor, f"incident.{status}", "incident", incident.id, before={"status": before}, after=after, reason=text
    )
    if status != HEARD:
        _tell(session, incident, f"incident_{status}", {incident.employee_id: None})
    return entry


def _kept(actor: Actor, incident: Incident, reached: Sequence[Reached], at: datetime) -> Iterator[IncidentPerson]:
    """The rows that say whom a confirmed incident reaches; who has been named has one already."""
    for one in reached:
        for way in one.ways:
            if way not in (SELF, NAMED):
                yield IncidentPerson(
                    incident_id=incident.id, employee_id=one.employee.id, reach=way, chosen_by=actor.account_id, chosen_at=at
                )


def _others(incident: Incident, reached: Sequence[Reached]) -> list[Reached]:
    return [one for one in reached if one.employee.id != incident.employee_id]


def _tell(session: Session, incident: Incident, kind: str, effects: Mapping[int, Message | None]) -> None:
    """Lets people know, each with what it does to them where that is said."""
    event = reaching.event_of(session, incident)
    # A cycle may have moved to a text that no longer knows the event; it then goes by its id.
    said = event.name if event else incident.event
    for employee_id, effect in effects.items():
        more = {} if effect is None else {"effect": effect}
        about = ("incident", incident.id)
        notify.post(session, employee_id, kind, about=about, event=said, day=incident.happened_on, **more)


def _tell_reached(session: Session, incident: Incident, reached: Sequence[Reached]) -> None:
    """Lets everybody know whom a confirmed incident reaches beside the person concerned, and what it does to them."""
    others = _others(incident, reached)
    found = reaching.affected(session, incident, others) if others else []
    effects = {one.employee.id: reaching.effect_on(one.employee.id, found) for one in others}
    _tell(session, incident, "incident_reached", effects)


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


def _require_names(session: Session, incident: Incident, reached: Sequence[Reached], nobody_named: str | None) -> None:
    """Has somebody choose who is related where a rule is for such, or say why it is nobody."""
    named = any(NAMED in one.ways for one in reached)
    asked = reaching.asks_for_names(reaching.policies_over(session, incident), incident.event)
    if nobody_named is not None:
        require_text(nobody_named=nobody_named)
        if named or not asked:
            zh, en = (
                "已指定相关员工或无须指定, 不应说明无人可指定",
                "people are named, or need not be: do not say that nobody is",
            )
            raise Invalid("names_needless", zh, en, [Fault("nobody_named", zh, en)])
    elif asked and not named:
        zh = "该事件牵连相关员工: 请先指定, 或说明为何无人 (nobody_named)"
        en = "this event reaches the people related: name them first, or say why it is nobody (nobody_named)"
        raise Conflict("nobody_named", zh, en)
