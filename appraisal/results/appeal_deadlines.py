"""Deadlines of appeals (R-002-33): whoever answers and decides is told of an appeal when it comes, near its last day and after.

Beside the deadlines of steps, because an appeal has two of its own within one step: three working days to take it up, fifteen
to decide it.
"""

from collections import Counter
from datetime import date

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, notify
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.cycles import deadlines
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, DeadlineNotice
from appraisal.cycles.telling import Case, Readers
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.results import courses
from appraisal.results.courses import Course

STEP = "appeal"
UNDATED = Message("待工作日历公布", "once the working calendar reaches so far")
ANSWER, DECISION = Message("答复是否受理", "say whether it is taken up"), Message("作出决定", "decide it")


def announce(session: Session, cycle: Cycle, appraisal: Appraisal, course: Course) -> None:
    """Tells HR that an appeal has come."""
    employee = session.get_one(Employee, appraisal.employee_id)
    _tell(session, cycle, (appraisal, employee), "appeal_filed", course, ["hr"])


def run(session: Session, actor: Actor) -> dict[int, dict[str, int]]:
    """Looks at the open appeals of the running cycles, once a day: reminds HR of those to be answered or decided, and tells the
    approvers too of those that are late. Counts of notices by kind, by cycle. Nothing is said twice.
    """
    auth.require_role(actor, "hr", operator=True)
    db.one_at_a_time(session, "deadlines")
    return {cycle.id: noted for cycle in cycles.open_cycles(session) if (noted := _run(session, actor, cycle))}


def _run(session: Session, actor: Actor, cycle: Cycle) -> dict[str, int]:
    policy = cycles.policy_of(session, cycle)
    everything = courses.open_courses(session, policy, cycles.ids_in(cycle))
    # Where the calendar ends before, there is no day to remind of: they are counted, so that somebody extends it.
    waiting = [course for course in everything if course.due_on is not None]
    undated = {"appeal_undated": len(everything) - len(waiting)} if len(everything) > len(waiting) else {}
    soon = deadlines.horizon(session)
    due = [(kind, course) for course in waiting if (kind := _kind(course.due_on, soon))]
    said = _said(session, waiting)
    new = [(kind, course) for kind, course in due if (course.appeal.id, kind, course.due_on) not in said]
    cases = _cases(session, new)
    readers = Readers(session, cycle)
    for kind, course in new:
        case = cases[course.appeal.appraisal_id]
        session.add(
            DeadlineNotice(
                appraisal_id=case[0].id,
                kind=kind,
                step=STEP,
                step_since=course.appeal.filed_at,
                due_on=course.due_on,
                noted_at=clock.now(),
            )
        )
        late = kind == "overdue"
        roles = ["hr", "approver"] if late else ["hr"]
        _tell(session, cycle, case, "appeal_overdue" if late else "appeal_due", course, roles, readers)
    session.flush()
    if new:
        after = {kind: [cases[one.appeal.appraisal_id][1].number for other, one in new if other == kind] for kind, _ in new}
        audit.record(session, actor, "deadline.run_appeals", "cycle", cycle.id, after=after)
    return dict(Counter("appeal_overdue" if kind == "overdue" else "appeal_due" for kind, _ in new)) | undated


def _kind(due_on: date, soon: date | None) -> str | None:
    today = clock.today()
    if today >= due_on:
        return "overdue" if today > due_on else "due_today"
    return "due_soon" if soon is not None and due_on <= soon else None


def _said(session: Session, waiting: list[Course]) -> set[tuple[int, str, date]]:
    """What has been said of these appeals: of which, how near, of which day."""
    by_case = {(one.appeal.appraisal_id, one.appeal.filed_at): one.appeal.id for one in waiting}
    found = session.exec(
        select(DeadlineNotice).where(
            col(DeadlineNotice.appraisal_id).in_([one.appeal.appraisal_id for one in waiting]), DeadlineNotice.step == STEP
        )
    )
    noted = ((by_case.get((one.appraisal_id, one.step_since)), one.kind, one.due_on) for one in found)
    return {(appeal_id, kind, due_on) for appeal_id, kind, due_on in noted if appeal_id is not None}


def _cases(session: Session, new: list[tuple[str, Course]]) -> dict[int, Case]:
    ids = {course.appeal.appraisal_id for _, course in new}
    found = select(Appraisal, Employee).join(Employee, col(Employee.id) == Appraisal.employee_id)
    rows = session.exec(found.where(col(Appraisal.id).in_(ids)))
    return {appraisal.id: (appraisal, employee) for appraisal, employee in rows}


def _tell(
    session: Session,
    cycle: Cycle,
    case: Case,
    kind: str,
    course: Course,
    roles: list[str],
    readers: Readers | None = None,
) -> None:
    readers = readers or Readers(session, cycle)
    told = {employee_id for role in roles for employee_id in readers.holding(role, case)}
    act = ANSWER if course.decide_by is None else DECISION
    for employee_id in sorted(told):
        about = ("appraisal", case[0].id)
        words = {"cycle": cycle.name, "name": case[1].name, "act": act, "due_on": course.due_on or UNDATED}
        notify.post(session, employee_id, kind, about=about, **words)
