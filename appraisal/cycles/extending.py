"""延期: HR lets a step take longer, on record with the reason; the policy stays what it is (D-17)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.core.policy.model import WorkflowEdition
from appraisal.cycles import queries
from appraisal.cycles.bulk import Done, done, in_hand, left_out
from appraisal.cycles.models import OPEN, Cycle, Extension
from appraisal.cycles.service import require_status
from appraisal.cycles.tasks import awaited_at
from appraisal.cycles.telling import Case, Readers, Word, tell
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Unit
from appraisal.policies import queries as policies


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
    """HR lets a step take longer: for all of the cycle, for a unit and all below, or for single appraisals.

    It holds for whoever comes to the step later too. Says of every rated appraisal it reaches that has not left the step yet
    whether its last day has moved. Raises Invalid `unknown_step`, `unknown_unit`, `bad_reach`, and `bad_dates` for a day that
    has passed or is not worked.
    """
    if appraisal_ids is None:
        auth.require_role(actor, "hr", unit=unit_id)
    chosen, unknown = in_hand(session, actor, cycle, appraisal_ids, "hr")
    require_status(cycle, OPEN)
    workflow = queries.policy_of(session, cycle).workflow
    require_fits(reason=(reason, 500))
    _require_step(workflow, step)
    _require_day(session, until_on)
    _require_reach(session, unit_id, appraisal_ids)
    reached = None if unit_id is None else queries.ids_in_unit(session, cycle, unit_id)
    order = [one.id for one in workflow.steps]
    ahead = [
        case
        for case in chosen
        if case[0].rated and order.index(case[0].step) <= order.index(step) and (reached is None or case[0].id in reached)
    ]
    before = queries.due_dates(session, cycle, [appraisal for appraisal, _ in ahead])
    granted: dict[str, Any] = {"step": step, "until_on": until_on, "unit_id": unit_id}
    singly: list[int | None] = [None] if appraisal_ids is None else [appraisal.id for appraisal, _ in ahead]
    how = {"reason": reason, "granted_by": actor.account_id, "granted_at": clock.now()}
    session.add_all(Extension(cycle_id=cycle.id, appraisal_id=one, **granted, **how) for one in singly)
    session.flush()
    answers = _answers(session, cycle, step, ahead, before)
    if appraisal_ids is not None:
        granted["appraisal_ids"] = singly
        known = frozenset(singly)
        past = [case for case in chosen if case[0].id not in known]
        answers += [done(case, "step_over" if case[0].rated else "not_rated") for case in past]
    if singly:
        audit.record(session, actor, "deadline.extend", "cycle", cycle.id, after=granted, reason=reason)
    return (*answers, *left_out(unknown))


def _answers(session: Session, cycle: Cycle, step: str, ahead: Sequence[Case], before: Mapping[int, date | None]) -> list[Done]:
    """Tells whoever has more time now, and says of each what has changed."""
    after = queries.due_dates(session, cycle, [appraisal for appraisal, _ in ahead])
    by = awaited_at(queries.policy_of(session, cycle).workflow)[step].by
    readers, words, answers = Readers(session, cycle), [], []
    for case in ahead:
        appraisal, last = case[0], after[case[0].id]
        if appraisal.step != step:
            answers.append(done(case, "when_there"))
        elif last is None or before[appraisal.id] == last:
            answers.append(done(case, "late_enough", last))
        else:
            answers.append(done(case, "done", last))
            words.append(Word("extended", case, frozenset(readers.acting(case, by)), (case[1].name,), last))
    tell(session, cycle, words)
    return answers


def _require_reach(session: Session, unit_id: int | None, appraisal_ids: Sequence[int] | None) -> None:
    """Refuses both at once, and a unit that does not exist."""
    if appraisal_ids is not None and unit_id is not None:
        zh, en = "延期只能针对部门或个人之一", "an extension is for a unit or for single persons, not both"
        raise Invalid("bad_reach", zh, en, [Fault("unit_id", zh, en)])
    if unit_id is not None and session.get(Unit, unit_id) is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])


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
    working_days = policies.working_days(session)
    try:
        is_working = working_days.is_working(until_on)
    except Conflict as error:
        raise Invalid(
            "bad_dates", error.message.zh, error.message.en, [Fault("until_on", error.message.zh, error.message.en)]
        ) from error
    if not is_working:
        zh, en = f"{until_on} 不是工作日, 请改为工作日", f"{until_on} is no working day: choose one"
        raise Invalid("bad_dates", zh, en, [Fault("until_on", zh, en)])
