"""改派: HR gives appraisals to another supervisor, because the one by the reporting line is away, has left or stands too near.

The open tasks move with everything entered so far; who acted before stays in the history (D-04).
"""

from collections.abc import Collection, Mapping

from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.core.workflow import find_step
from appraisal.cycles import queries
from appraisal.cycles.bulk import Done, done, in_hand, left_out
from appraisal.cycles.models import OPEN, Cycle, Reassignment
from appraisal.cycles.service import require_status
from appraisal.cycles.subjects import dependents_in
from appraisal.cycles.telling import Case, Word, tell
from appraisal.errors import Fault, Invalid
from appraisal.people import queries as people
from appraisal.people.checks import require_fits
from appraisal.people.models import Employee, ReportingLine


def reassign(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    *,
    supervisor_id: int,
    reason: str,
    appraisal_ids: Collection[int] | None = None,
    from_supervisor_id: int | None = None,
) -> tuple[Done, ...]:
    """From now on `supervisor_id` acts as the supervisor in these appraisals, or in all that another one has in hand.

    By HR. Says of every appraisal what was done: nobody is given their own, that of somebody above them, or
    that of a unit on which their own result depends (D-05). Raises
    Invalid `unknown_employee` for who does not work here today, `bad_reach` unless exactly one of both ways is chosen.
    """
    cases, unknown = in_hand(session, actor, cycle, appraisal_ids, "hr", lock=True)
    require_status(cycle, OPEN)
    require_fits(reason=(reason, 500))
    if (appraisal_ids is None) == (from_supervisor_id is None):
        zh, en = "请指定考核, 或指定原上级, 二者择一", "name either the appraisals or the supervisor who has them now"
        raise Invalid("bad_reach", zh, en, [Fault("appraisal_ids", zh, en)])
    chosen = session.get(Employee, supervisor_id)
    today = clock.today()
    if chosen is None or chosen.joined_on > today or (chosen.left_on is not None and chosen.left_on < today):
        zh, en = "没有这名在职员工", "no such employee works here today"
        raise Invalid("unknown_employee", zh, en, [Fault("supervisor_id", zh, en)])
    now_with = queries.supervisors_of(session, cycle, [appraisal.id for appraisal, _ in cases])
    if from_supervisor_id is not None:
        cases = [case for case in cases if (one := now_with.get(case[0].id)) and one.id == from_supervisor_id]
    workflow = queries.policy_of(session, cycle).workflow
    above, dependents = _superiors(session, supervisor_id), dependents_in(session, cycle)
    answers, given = [], []
    for case in cases:
        appraisal, employee = case
        code = "done"
        if not appraisal.rated or find_step(workflow, appraisal.step).final:
            code = "nothing_waits"
        elif employee.id == supervisor_id:
            code = "own_case"
        elif supervisor_id in dependents.of(appraisal.id):
            code = "depends_on_it"
        elif employee.id in above:
            code = "reports_to_them"
        elif (one := now_with.get(appraisal.id)) and one.id == supervisor_id:
            code = "has_it"
        else:
            given.append(case)
        answers.append(done(case, code))
    _store(session, actor, cycle, given, chosen, reason, now_with)
    return (*answers, *left_out(unknown))


def _store(
    session: Session,
    actor: Actor,
    cycle: Cycle,
    given: Collection[Case],
    chosen: Employee,
    reason: str,
    before: Mapping[int, Employee],
) -> None:
    words, at = [], clock.now()
    for case in given:
        appraisal, employee = case
        row = {"supervisor_id": chosen.id, "reason": reason, "assigned_by": actor.account_id, "assigned_at": at}
        session.add(Reassignment(appraisal_id=appraisal.id, **row))
        former = before.get(appraisal.id)
        words.append(Word("reassigned", case, frozenset({chosen.id}), (employee.name,), clock.today()))
        if former is not None:
            words.append(Word("reassigned_away", case, frozenset({former.id}), (employee.name,), clock.today()))
        change = {"before": {"supervisor_id": former.id if former else None}, "after": {"supervisor_id": chosen.id}}
        audit.record(session, actor, "appraisal.reassign", "appraisal", appraisal.id, reason=reason, **change)
    session.flush()
    tell(session, cycle, words)
    session.flush()


def _superiors(session: Session, employee_id: int) -> frozenset[int]:
    """Everybody above somebody today, along the reporting lines."""
    today = clock.today()
    lines = select(ReportingLine.employee_id, ReportingLine.supervisor_id).where(people.holds_on(ReportingLine, today))
    own = lines.where(ReportingLine.employee_id == employee_id).cte("above", recursive=True)
    higher = lines.join(own, col(ReportingLine.employee_id) == own.c.supervisor_id)
    return frozenset(session.exec(select(own.union(higher).c.supervisor_id)))
