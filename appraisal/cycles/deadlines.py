"""Deadlines (D-17): who is reminded and when, what follows once one has passed, and reminders by hand."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.core.policy.model import Step, Text
from appraisal.core.workflow import find_step
from appraisal.cycles import queries
from appraisal.cycles.bulk import Done, done, in_hand, left_out
from appraisal.cycles.models import OPEN, Appraisal, Cycle, DeadlineNotice
from appraisal.cycles.service import require_status
from appraisal.cycles.tasks import Awaited, awaited_at, is_overdue
from appraisal.cycles.telling import Case, Readers, Word, tell
from appraisal.errors import Conflict
from appraisal.people import auth
from appraisal.people.models import Unit
from appraisal.policies import queries as policies

REMIND_BEFORE = 2
"""So many working days before the last one, whoever has to act is reminded."""
ANNOUNCED = ("due_soon", "due_today", "overdue")


@dataclass(frozen=True)
class Run:
    """What looking at the deadlines of a cycle came to: notices by kind, and how many cases have no day to hold them to."""

    cycle: Cycle
    noted: dict[str, int]
    undated: int


def run_deadlines(session: Session, actor: Actor) -> tuple[Run, ...]:
    """Looks at every deadline of the running cycles, once a day: reminds who has to act before and on the last day; after it
    tells them and their superiors; and tells HR of what may be closed as not handed in. What is deemed received follows from
    the day alone.

    Whatever has been said once is not said again for the same stay at the step and the same last day, so that running it
    twice, or late, does no harm.
    """
    auth.require_role(actor, "hr", operator=True)
    db.one_at_a_time(session, "deadlines")
    return tuple(_run(session, actor, cycle) for cycle in queries.open_cycles(session))


def _run(session: Session, actor: Actor, cycle: Cycle) -> Run:
    workflow = queries.policy_of(session, cycle).workflow
    awaited = awaited_at(workflow)
    cases = [case for case in queries.appraisals_of(session, cycle) if case[0].rated and case[0].step in awaited]
    due = queries.due_dates(session, cycle, [appraisal for appraisal, _ in cases])
    said = _said_in(session, cycle)
    soon = horizon(session)
    new: list[tuple[str, Case, date]] = []
    for case in cases:
        appraisal, last = case[0], due[case[0].id]
        for kind in _kinds(find_step(workflow, appraisal.step), last, soon) if last else ():
            if (appraisal.id, kind, appraisal.step_since, last) not in said:
                new.append((kind, case, last))
    readers = Readers(session, cycle)
    words = [word for kind, case, last in new for word in _words(readers, awaited[case[0].step], kind, case, last)]
    for kind, case, last in new:
        _note(session, kind, case, last)
    tell(session, cycle, words)
    _announce(session, cycle, readers, [(kind, case) for kind, case, _ in new])
    noted = {kind: sum(kind == other for other, _, _ in new) for kind in dict.fromkeys(kind for kind, _, _ in new)}
    session.flush()
    if new:
        cases_by_kind = {kind: [case[1].number for other, case, _ in new if other == kind] for kind in noted}
        audit.record(session, actor, "deadline.run", "cycle", cycle.id, after=cases_by_kind)
    return Run(cycle, noted, sum(day is None for day in due.values()))


def _announce(session: Session, cycle: Cycle, readers: Readers, new: Sequence[tuple[str, Case]]) -> None:
    """Tells the groups of units how many of their cases are due or late, once as each comes to it."""
    counts = Counter((unit_id, kind) for kind, case in new if kind in ANNOUNCED for unit_id in readers.units_of(case))
    ids = {unit_id for unit_id, _ in counts}
    for unit in session.exec(select(Unit).where(col(Unit.id).in_(ids)).order_by(Unit.code)):
        soon, today, overdue = (counts[unit.id or 0, kind] for kind in ANNOUNCED)
        said = {"cycle": cycle.name, "unit": Text(unit.name, unit.name_en), "soon": soon, "today": today, "overdue": overdue}
        notify.announce(session, "deadlines", about=("cycle", cycle.id or 0), unit_id=unit.id, **said)


def _kinds(step: Step, due_on: date, soon: date | None) -> tuple[str, ...]:
    today = clock.today()
    if today > due_on:
        return ("overdue", "closing") if step.on_deadline == "close" else ("overdue",)
    if today == due_on:
        return ("due_today",)
    return ("due_soon",) if soon is not None and due_on <= soon else ()


def _words(readers: Readers, awaited: Awaited, kind: str, case: Case, due_on: date) -> list[Word]:
    acting = readers.acting(case, awaited.by)
    whose = (case[1].name,)
    if kind == "closing":
        return [Word(kind, case, frozenset(readers.holding("hr", case)), whose, due_on)]
    found = [Word(kind, case, frozenset(acting), whose, due_on)]
    if kind == "overdue":
        found.append(
            Word("escalated", case, readers.above(case, awaited.by) - acting.keys(), tuple(acting.values()) or whose, due_on)
        )
    return found


def _said_in(session: Session, cycle: Cycle) -> set[tuple[Any, ...]]:
    notice = DeadlineNotice
    found = select(notice.appraisal_id, notice.kind, notice.step_since, notice.due_on)
    return {tuple(row) for row in session.exec(found.where(col(notice.appraisal_id).in_(queries.ids_in(cycle))))}


def horizon(session: Session) -> date | None:
    """The last of the days that are near enough to be reminded of, where the calendar reaches so far."""
    try:
        return policies.working_days(session).after(clock.today(), REMIND_BEFORE)
    except Conflict:
        return None


def _note(session: Session, kind: str, case: Case, due_on: date) -> None:
    appraisal = case[0]
    at = {"step": appraisal.step, "step_since": appraisal.step_since, "due_on": due_on, "noted_at": clock.now()}
    session.add(DeadlineNotice(appraisal_id=appraisal.id, kind=kind, **at))


def overdue_in(session: Session, cycle: Cycle) -> dict[int, date]:
    """The appraisals of a cycle whose last day has passed, with that day."""
    found = select(Appraisal.id, Appraisal.step, Appraisal.step_since, Appraisal.rated)
    rows = session.exec(found.where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))).all()
    due = queries.due_dates(session, cycle, rows)
    return {appraisal_id: day for appraisal_id, day in due.items() if is_overdue(day)}


# By hand


def remind(session: Session, actor: Actor, cycle: Cycle, *, appraisal_ids: Collection[int] | None = None) -> tuple[Done, ...]:
    """Reminds whoever the appraisals wait for, by HR or by the supervisor; None: all that are theirs to remind of.

    Each at most once a day. Says of every one what was done.
    """
    cases, unknown = in_hand(session, actor, cycle, appraisal_ids, "hr", "supervisor")
    require_status(cycle, OPEN)
    awaited = awaited_at(queries.policy_of(session, cycle).workflow)
    due = queries.due_dates(session, cycle, [appraisal for appraisal, _ in cases])
    db.one_at_a_time(session, "deadlines")
    said, today = _said_in(session, cycle), clock.today()
    readers, words, answers = Readers(session, cycle), [], []
    for case in cases:
        appraisal, last = case[0], due[case[0].id]
        one = awaited.get(appraisal.step)
        acting = readers.acting(case, one.by) if one and appraisal.rated else {}
        acting.pop(actor.employee_id or 0, None)
        if one is None or not appraisal.rated:
            answers.append(done(case, "nothing_waits", last))
        elif (appraisal.id, "remind", appraisal.step_since, today) in said:
            answers.append(done(case, "reminded_today", last))
        elif not acting:
            answers.append(done(case, "nobody_to_tell", last))
        else:
            _note(session, "remind", case, today)
            words.append(Word("remind", case, frozenset(acting), (case[1].name,), last or today))
            answers.append(done(case, "done", last))
    tell(session, cycle, words)
    session.flush()
    if words:
        after = {"reminded": [word.case[1].number for word in words]}
        audit.record(session, actor, "deadline.remind", "cycle", cycle.id, after=after)
    return (*answers, *left_out(unknown))
