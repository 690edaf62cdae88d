"""The calendar of a year: what monitoring policies have due on which day, who chairs it, and what is planned for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.bulletins.report_models import CANCELLED, KpiMeeting
from appraisal.bulletins.report_reach import reads, reads_meeting
from appraisal.bulletins.report_sources import calendar
from appraisal.core.calendar import Period
from appraisal.core.monitoring.meetings import Due, calendar_of, meetings_of
from appraisal.core.policy.model import Policy, Text
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.monitoring import holders
from appraisal.monitoring.watched import Watching, watching
from appraisal.people.models import Employee, Unit


@dataclass(frozen=True)
class Entry:
    """Something due under a policy. `holders` are those of its role, `meeting_id` is what has been planned for it, each for who
    may know. Where it is `due.early`, the figures it is about may be missing (G-3).
    """

    policy: Policy
    due: Due
    holders: Sequence[Employee]
    meeting_id: int | None


def entries(session: Session, actor: Actor, year: int, policy: str | None = None, unit_id: int | None = None) -> list[Entry]:
    """What is due in a year, in order, by the policies in force on its last day or today, whichever is earlier.

    Raises Invalid `unknown_policy`, `unknown_unit`.
    """
    if unit_id is not None and session.get(Unit, unit_id) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    known = watching(session)
    if policy is not None and policy not in known.states:
        zh, en = f"没有监测制度 {policy[:60]}", f"there is no monitoring policy {policy[:60]}"
        raise Invalid("unknown_policy", zh, en, [Fault("policy", zh, en)])
    day = min(clock.today(), date(year, 12, 31))
    planned = _planned(session, actor, year, unit_id)
    may_know = reads(session, actor, unit_id)
    working, found = calendar(session), []
    held: dict[tuple[str, str | None], Sequence[Employee]] = {}
    for name in [policy] if policy else list(known.states):
        in_force = known.policy_on(name, day)
        for due in calendar_of(in_force, year, working) if in_force else ():
            key = (name, due.meeting.role)
            if key not in held:
                role = due.meeting.role if may_know else None
                held[key] = holders.named(session, name, role, unit_id, clock.today()) if role else ()
            if in_force is not None:
                found.append(Entry(in_force, due, held[key], planned.get((name, due.meeting.id, str(due.about)))))
    return sorted(found, key=lambda one: (one.due.due_on, one.policy.id, one.due.meeting.id))


def due_of(policy: Policy, kind: str, about: str, session: Session) -> Due:
    """The occurrence of a meeting about a period. Raises Invalid `unknown_meeting`, Conflict `not_due` for another period."""
    declared = {due.meeting.id for due in calendar_of(policy, clock.today().year, calendar(session))}
    if kind not in declared:
        zh = f"制度没有这个例会; 可用: {'、'.join(sorted(declared)) or '无'}"
        en = f"the policy has no such meeting; it has: {', '.join(sorted(declared)) or 'none'}"
        raise Invalid("unknown_meeting", zh, en, [Fault("kind", zh, en)])
    # What is about a December may be due in the next year.
    year = int(about[:4])
    for one in (year, year + 1):
        for due in calendar_of(policy, one, calendar(session)):
            if (due.meeting.id, str(due.about)) == (kind, about):
                return due
    raise Conflict("not_due", f"该例会不按 {about} 召开", f"this meeting is not held about {about}")


def name_of(known: Watching, meeting: KpiMeeting) -> Text:
    """What the policy of the period calls a meeting; its id where it calls it nothing any longer."""
    policy = known.policy_on(meeting.policy, Period.parse(meeting.about).first_day())
    names = {one.id: one.name for one in meetings_of(policy)} if policy else {}
    return names.get(meeting.kind, Text(meeting.kind, meeting.kind))


def _planned(session: Session, actor: Actor, year: int, unit_id: int | None) -> dict[tuple[str, str, str], int | None]:
    """What has been planned and the actor may read, by what it is about."""
    unit = col(KpiMeeting.unit_id).is_(None) if unit_id is None else KpiMeeting.unit_id == unit_id
    # A day off may have moved what is due out of the year, and a meeting may be planned for another day than it is due.
    first, last = date(year, 1, 1) - timedelta(days=366), date(year, 12, 31) + timedelta(days=366)
    found = select(KpiMeeting.policy, KpiMeeting.kind, KpiMeeting.about, KpiMeeting.id).where(
        unit, KpiMeeting.due_on >= first, KpiMeeting.due_on <= last, KpiMeeting.status != CANCELLED
    )
    rows = session.exec(found.where(reads_meeting(session, actor)).order_by(col(KpiMeeting.id)))
    return {(policy, kind, about): meeting_id for policy, kind, about, meeting_id in rows}
