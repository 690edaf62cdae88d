"""Deadlines (D-17): who is reminded and when, what follows once one has passed, extensions, and reminders by hand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.errors import CalendarError
from appraisal.core.policy.model import Step, WorkflowEdition
from appraisal.core.workflow import find_step
from appraisal.cycles import queries
from appraisal.cycles.bulk import Done, done, in_hand, left_out
from appraisal.cycles.models import OPEN, Appraisal, Cycle, DeadlineNotice, Extension
from appraisal.cycles.service import require_status
from appraisal.cycles.tasks import Awaited, awaited_at, is_overdue
from appraisal.cycles.telling import Case, Readers, Word, tell
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Unit
from appraisal.policies import queries as policies

REMIND_BEFORE = 2
"""So many working days before the last one, whoever has to act is reminded."""


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
    soon = _horizon(session)
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
    noted = {kind: sum(kind == other for other, _, _ in new) for kind in dict.fromkeys(kind for kind, _, _ in new)}
    session.flush()
    if new:
        cases_by_kind = {kind: [case[1].number for other, case, _ in new if other == kind] for kind in noted}
        audit.record(session, actor, "deadline.run", "cycle", cycle.id, after=cases_by_kind)
    return Run(cycle, noted, sum(day is None for day in due.values()))


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


def _horizon(session: Session) -> date | None:
    """The last of the days that are near enough to be reminded of, where the calendar reaches so far."""
    try:
        return policies.working_days(session).after(clock.today(), REMIND_BEFORE)
    except (CalendarError, Conflict):
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


def extend_deadline(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    step: str,
    until_on: date,
    reason: str,
    unit_id: int | None = None,
    appraisal_ids: Sequence[int] | None = None,
) -> tuple[Done, ...]:
    """HR lets a step take longer: for all of the cycle, for a unit and all below, or for single appraisals (D-17).

    It holds for whoever comes to the step later too. Says of every rated appraisal it reaches that has not left the step yet
    whether its last day has moved. Raises Invalid `unknown_step`, `bad_dates` for a day that has passed or is not worked.
    """
    if appraisal_ids is not None and unit_id is not None:
        zh, en = "延期只能针对部门或个人之一", "an extension is for a unit or for single persons, not both"
        raise Invalid("bad_reach", zh, en, [Fault("unit_id", zh, en)])
    if appraisal_ids is None:
        auth.require_role(actor, "hr", unit=unit_id)
    chosen, unknown = in_hand(session, actor, cycle, appraisal_ids, "hr")
    require_status(cycle, OPEN)
    workflow = queries.policy_of(session, cycle).workflow
    _require_step(workflow, step)
    require_fits(reason=(reason, 500))
    _require_day(session, until_on)
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise Invalid(
            "unknown_unit", "没有这个部门", "there is no such unit", [Fault("unit_id", "没有这个部门", "no such unit")]
        )
    order = [one.id for one in workflow.steps]
    ahead = [case for case in chosen if case[0].rated and order.index(case[0].step) <= order.index(step)]
    before = queries.due_dates(session, cycle, [appraisal for appraisal, _ in ahead])
    for one in [None] if appraisal_ids is None else [appraisal.id for appraisal, _ in ahead]:
        extension = Extension(
            cycle_id=cycle.id,
            step=step,
            unit_id=unit_id,
            appraisal_id=one,
            until_on=until_on,
            reason=reason,
            granted_by=actor.account_id,
            granted_at=clock.now(),
        )
        session.add(extension)
    session.flush()
    after = queries.due_dates(session, cycle, [appraisal for appraisal, _ in ahead])
    readers, awaited = Readers(session, cycle), awaited_at(workflow)
    answers, words = [], []
    reached = queries.ids_in_unit(session, cycle, unit_id) if unit_id is not None else None
    for case in ahead:
        key = case[0].id
        if reached is not None and key not in reached:
            continue
        if case[0].step != step:
            answers.append(done(case, "when_there", None))
        elif before[key] == after[key]:
            answers.append(done(case, "late_enough", after[key]))
        else:
            answers.append(done(case, "done", after[key]))
            words.append(Word("extended", case, frozenset(readers.acting(case, awaited[step].by)), (case[1].name,), until_on))
    if appraisal_ids is not None:
        answers += [done(case, "not_rated" if not case[0].rated else "step_over", None) for case in chosen if case not in ahead]
    tell(session, cycle, words)
    granted = {"step": step, "until_on": until_on, "unit_id": unit_id}
    if appraisal_ids is not None:
        granted["appraisal_ids"] = [appraisal.id for appraisal, _ in ahead]
    audit.record(session, actor, "deadline.extend", "cycle", cycle.id, after=granted, reason=reason)
    return (*answers, *left_out(unknown))


def _require_step(workflow: WorkflowEdition, step: str) -> None:
    """Refuses a step that the workflow does not have, or that has no end to put off."""
    known = [one for one in workflow.steps if not one.final]
    if step not in {one.id for one in known}:
        zh = f"没有步骤 {step}; 可延期的有: {'、'.join(f'{one.id} ({one.name.zh})' for one in known)}"
        en = f"there is no step {step}; those with a deadline are: {', '.join(one.id for one in known)}"
        raise Invalid("unknown_step", zh, en, [Fault("step", zh, en)])


def _require_day(session: Session, until_on: date) -> None:
    """Refuses a last day that has passed, or on which nobody works."""
    if until_on < clock.today():
        zh, en = "延期日期不能早于今天", "the new last day cannot have passed already"
        raise Invalid("bad_dates", zh, en, [Fault("until_on", zh, en)])
    try:
        is_working = policies.working_days(session).is_working(until_on)
    except CalendarError as error:
        raise Invalid(
            "bad_dates", error.message.zh, error.message.en, [Fault("until_on", error.message.zh, error.message.en)]
        ) from error
    if not is_working:
        zh, en = f"{until_on} 不是工作日, 请改为工作日", f"{until_on} is no working day: choose one"
        raise Invalid("bad_dates", zh, en, [Fault("until_on", zh, en)])
