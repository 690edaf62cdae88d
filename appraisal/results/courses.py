"""The course of an appeal as its acts tell it: what is open, what is late, and until when the next act is due.

Working days are counted from the act before: to accept or turn down after filing, to decide after acceptance. An appeal in time
that nobody has turned down by then counts as accepted; one that came late waits for HR's word.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.clock import COMPANY_ZONE
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict
from appraisal.people.models import Employee
from appraisal.results import queries
from appraisal.results.models import ACCEPTED, DISMISSED, REJECTED, UPHELD, WITHDRAWN, Appeal, AppealAct, AppealFile

ENDING = (REJECTED, WITHDRAWN, UPHELD, DISMISSED)
DECIDING = (UPHELD, DISMISSED)


@dataclass(frozen=True)
class Course:
    """One appeal with its acts, first one first. `decide_by` is None until it counts as accepted; both days are where the
    working calendar does not reach."""

    appeal: Appeal
    acts: tuple[AppealAct, ...]
    accept_by: date | None
    decide_by: date | None

    @property
    def ended(self) -> AppealAct | None:
        """The act that closed it."""
        return next((act for act in self.acts if act.kind in ENDING), None)

    @property
    def accepted(self) -> AppealAct | None:
        """HR's acceptance, where it was given in so many words."""
        return next((act for act in self.acts if act.kind == ACCEPTED), None)

    @property
    def may_be_turned_down(self) -> bool:
        """Whether HR may still refuse to take it up: in time while the days to do so last, a late one as long as it waits."""
        return self.accepted is None and (self.appeal.late or self.accept_by is None or clock.today() <= self.accept_by)

    @property
    def due_on(self) -> date | None:
        """The last day for what it waits for: HR's answer, or the decision; None where the calendar does not reach it."""
        return self.decide_by or self.accept_by

    @property
    def state(self) -> str:
        """filed, accepted, or how it ended."""
        if self.ended:
            return self.ended.kind
        return "accepted" if self.decide_by else "filed"


def course_of(session: Session, policy: Policy, appraisal_id: int) -> Course | None:
    """The latest appeal of an appraisal."""
    found = select(Appeal).where(Appeal.appraisal_id == appraisal_id).order_by(col(Appeal.id).desc()).limit(1)
    appeal = session.exec(found).first()
    return None if appeal is None else _course(session, policy, appeal, acts_of(session, [appeal.id])[appeal.id])


def courses_of(session: Session, policy: Policy, appraisal_id: int) -> list[Course]:
    """Every appeal of an appraisal, first one first."""
    found = session.exec(select(Appeal).where(Appeal.appraisal_id == appraisal_id).order_by(Appeal.id)).all()
    acts = acts_of(session, [appeal.id for appeal in found])
    return [_course(session, policy, appeal, acts[appeal.id], to_read=True) for appeal in found]


def open_courses(session: Session, policy: Policy, appraisal_ids: Any) -> list[Course]:
    """The appeals of these appraisals (ids, or a select of them) that have not ended, first one first."""
    found = session.exec(select(Appeal).where(col(Appeal.appraisal_id).in_(appraisal_ids), ~_ended()).order_by(Appeal.id)).all()
    acts = acts_of(session, [appeal.id for appeal in found])
    return [_course(session, policy, appeal, acts[appeal.id], to_read=True) for appeal in found]


def courses_in(session: Session, policy: Policy, appraisal_ids: Any) -> list[Course]:
    """Every appeal of these appraisals (ids, or a select of them), first one first."""
    found = session.exec(select(Appeal).where(col(Appeal.appraisal_id).in_(appraisal_ids)).order_by(Appeal.id)).all()
    acts = acts_of(session, [appeal.id for appeal in found])
    return [_course(session, policy, appeal, acts[appeal.id], to_read=True) for appeal in found]


def waiting_in(session: Session, running: Collection[Cycle], theirs: ColumnElement[bool]) -> dict[int, tuple[int, date | None]]:
    """By cycle how many appraisals are under appeal, of those for which a condition over `Appraisal` and `Employee` holds; and
    the first of the last days of these appeals, None where the calendar reaches none of them."""
    found = session.exec(
        select(Appeal, Appraisal.cycle_id)
        .join(Appraisal, col(Appraisal.id) == Appeal.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(col(Appraisal.rated).is_(True), ~_ended(), theirs)
        .order_by(Appeal.id)
    ).all()
    acts = acts_of(session, [appeal.id for appeal, _ in found])
    waiting: dict[int, tuple[int, date | None]] = {}
    for cycle in running:
        appeals, policy = [appeal for appeal, of in found if of == cycle.id], cycles.policy_of(session, cycle)
        due = [_course(session, policy, appeal, acts[appeal.id], to_read=True).due_on for appeal in appeals]
        if appeals:
            first = min((day for day in due if day is not None), default=None)
            waiting[cycle.id or 0] = len({appeal.appraisal_id for appeal in appeals}), first
    return waiting


def acts_of(session: Session, appeal_ids: Collection[int]) -> dict[int, list[AppealAct]]:
    """The acts of appeals, by appeal."""
    acts: dict[int, list[AppealAct]] = {appeal_id: [] for appeal_id in appeal_ids}
    if acts:
        for act in session.exec(select(AppealAct).where(col(AppealAct.appeal_id).in_(acts)).order_by(AppealAct.id)):
            acts[act.appeal_id].append(act)
    return acts


def files_of(session: Session, act_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of the files that came with acts, by act."""
    found: dict[int, list[int]] = {}
    for link in session.exec(select(AppealFile).where(col(AppealFile.act_id).in_(act_ids)).order_by(AppealFile.file_id)):
        found.setdefault(link.act_id, []).append(link.file_id)
    return found


def under_appeal(session: Session, appraisal_ids: Collection[int]) -> frozenset[int]:
    """Of these appraisals those with an appeal that has not ended."""
    return frozenset(session.exec(select(Appeal.appraisal_id).where(col(Appeal.appraisal_id).in_(appraisal_ids), ~_ended())))


def deciders_of(session: Session, appraisal_id: int) -> frozenset[int]:
    """The employees who have decided an appeal of this appraisal: none of them may approve its result."""
    found = (
        select(AppealAct.employee_id)
        .join(Appeal, col(Appeal.id) == AppealAct.appeal_id)
        .where(Appeal.appraisal_id == appraisal_id, col(AppealAct.kind).in_(DECIDING))
    )
    return frozenset(one for one in session.exec(found) if one is not None)


def _ended() -> ColumnElement[bool]:
    return select(AppealAct.id).where(AppealAct.appeal_id == Appeal.id, col(AppealAct.kind).in_(ENDING)).exists()


def _course(session: Session, policy: Policy, appeal: Appeal, acts: Sequence[AppealAct], to_read: bool = False) -> Course:
    """Raises Conflict where the working calendar ends too soon, unless it is only `to_read`: nothing shown fails for that."""
    try:
        return Course(appeal, tuple(acts), *_days(session, policy, appeal, acts))
    except Conflict:
        if not to_read:
            raise
        return Course(appeal, tuple(acts), None, None)


def _days(session: Session, policy: Policy, appeal: Appeal, acts: Sequence[AppealAct]) -> tuple[date, date | None]:
    rule = policy.workflow.appeal
    accept_by = queries.after_working_days(session, appeal.filed_at.astimezone(COMPANY_ZONE).date(), rule.accept_days)
    given = next((act.acted_at.astimezone(COMPANY_ZONE).date() for act in acts if act.kind == ACCEPTED), None)
    lapsed = accept_by if not appeal.late and clock.today() > accept_by else None
    begun = given or lapsed
    return accept_by, queries.after_working_days(session, begun, rule.decide_days) if begun else None
