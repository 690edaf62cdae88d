"""What is noted on the way: check-ins by either side, and training needs with what became of them."""

from datetime import date

from sqlmodel import Session, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal
from appraisal.development.models import DONE, DROPPED, OPEN, PLANNED, CheckIn, TrainingNeed
from appraisal.development.service.plans import find_case
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.labels import label
from appraisal.people import auth
from appraisal.people.models import Employee

CHECK_IN_READERS = ("employee", "supervisor", "hr", "auditor")
TRAINING_READERS = ("employee", "supervisor", "unit_head", "hr", "approver", "auditor")


def note_check_in(session: Session, actor: Actor, appraisal_id: int, *, held_on: date, text: str) -> CheckIn:
    """A check-in (过程辅导), by the employee or the supervisor while the cycle runs; both read it, also when reviewing."""
    appraisal, cycle = find_case(session, actor, appraisal_id, "employee", "supervisor")
    cycle_service.require_running(cycle, appraisal)
    require_text(4000, text=text)
    if not cycle.starts_on <= held_on <= clock.today():
        zh, en = "日期须在本期开始之后、今天或以前", "a check-in lies after the period began and not in the future"
        raise Invalid("bad_dates", zh, en, [Fault("held_on", zh, en)])
    assert actor.employee_id is not None  # both relations are those of an employee
    note = CheckIn(appraisal_id=appraisal_id, author_id=actor.employee_id, held_on=held_on, text=text, noted_at=clock.now())
    session.add(note)
    session.flush()
    after = {"appraisal_id": appraisal_id, "held_on": held_on, "text": text}
    audit.record(session, actor, "check_in.note", "check_in", note.id, after=after)
    return note


def note_training_need(
    session: Session,
    actor: Actor,
    employee_id: int,
    *,
    topic: str,
    need: str,
    appraisal_id: int | None = None,
    item: str | None = None,
) -> TrainingNeed:
    """A training need (R-002-40), by the supervisor, HR, or whoever approves the result that shows it.

    The same item of the same appraisal is noted once: a second time gives the first one.
    """
    auth.require_relation(session, actor, employee_id, clock.today(), "supervisor", "hr", "approver")
    require_text(200, topic=topic)
    require_text(4000, need=need)
    if appraisal_id is not None:
        require_own_appraisal(session, appraisal_id, employee_id)
        db.one_at_a_time(session, f"training needs of {appraisal_id}")
        known = select(TrainingNeed).where(TrainingNeed.appraisal_id == appraisal_id, TrainingNeed.item == item)
        if item is not None and (there := session.exec(known).first()) is not None:
            return there
    noted = TrainingNeed(
        employee_id=employee_id,
        appraisal_id=appraisal_id,
        item=item,
        topic=topic,
        need=need,
        noted_by=actor.account_id,
        noted_at=clock.now(),
    )
    session.add(noted)
    session.flush()
    after = {"employee_id": employee_id, "appraisal_id": appraisal_id, "item": item, "topic": topic, "need": need}
    audit.record(session, actor, "training_need.note", "training_need", noted.id, after=after)
    return noted


def find_training_need(session: Session, actor: Actor, need_id: int, *allowed: str) -> TrainingNeed:
    """A training need for one of these relations to its person, by default whoever may read it; for others there is none."""
    found = session.get(TrainingNeed, need_id)
    if found is None:
        raise NotFound()
    relations = auth.relations_to(session, actor, found.employee_id, clock.today())
    if relations.isdisjoint(TRAINING_READERS):
        raise NotFound(hidden=True)
    if relations.isdisjoint(allowed or TRAINING_READERS):
        raise auth.for_others(*allowed)
    return found


def settle_training_need(
    session: Session,
    actor: Actor,
    need_id: int,
    *,
    status: str,
    planned_on: date | None = None,
    outcome_note: str | None = None,
    version: int | None = None,
) -> TrainingNeed:
    """Plans a training with its day, or ends the need as done or dropped with what came of it: HR or the supervisor."""
    found = find_training_need(session, actor, need_id, "supervisor", "hr")
    db.expect_version(found, version)
    if found.status not in (OPEN, PLANNED):
        now = label("training_status", found.status)
        raise Conflict("wrong_status", f"培训需求{now.zh}, 不能再改", f"the training need is settled: {now.en}")
    if status not in (PLANNED, DONE, DROPPED):
        zh, en = "状态须为 planned、done 或 dropped", "the status is one of planned, done, dropped"
        raise Invalid("bad_value", zh, en, [Fault("status", zh, en)])
    if status == PLANNED and planned_on is None:
        zh, en = "须填写培训日期", "a planned training has a day"
        raise Invalid("bad_dates", zh, en, [Fault("planned_on", zh, en)])
    if status != PLANNED:
        require_text(2000, outcome_note=outcome_note or "")
    before = {"status": found.status, "planned_on": found.planned_on}
    found.status, found.outcome_note = status, outcome_note
    found.planned_on = planned_on or found.planned_on
    session.flush()
    after = {"status": status, "planned_on": found.planned_on, "outcome_note": outcome_note}
    audit.record(session, actor, "training_need.settle", "training_need", need_id, before=before, after=after)
    return found


def require_own_appraisal(session: Session, appraisal_id: int, employee_id: int) -> None:
    """Refuses an appraisal that is not of this person. Raises Invalid `unknown_appraisal`."""
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None or appraisal.employee_id != employee_id:
        number = session.get_one(Employee, employee_id).number
        zh, en = f"这不是员工 {number} 的考核", f"this is no appraisal of the employee {number}"
        raise Invalid("unknown_appraisal", zh, en, [Fault("appraisal_id", zh, en)])
