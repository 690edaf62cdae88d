"""An agreement with everything around it, and what the actor is to it: what every use case of agreements asks first."""

from dataclasses import dataclass

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements import queries
from appraisal.agreements.models import Agreement
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.errors import Conflict, NotAllowed, NotFound
from appraisal.people.models import Employee

DRAFTERS = frozenset({"employee", "supervisor", "hr"})
READERS = DRAFTERS | {"superior", "unit_head", "approver", "auditor", "data_provider"}


@dataclass(frozen=True)
class Context:
    """A sheet with the appraisal and cycle it belongs to, and what the actor is to the person."""

    sheet: Sheet
    appraisal: Appraisal
    cycle: Cycle
    relations: frozenset[str]


def find_sheet(session: Session, actor: Actor, sheet_id: int) -> Context:
    """A sheet and what stands around it. Raises NotFound for who is nothing to the person appraised."""
    sheet = session.get(Sheet, sheet_id)
    if sheet is None:
        raise NotFound()
    seen_as = READERS.union(cycles.SEEN_AS)
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, sheet.appraisal_id, seen_as=seen_as)
    return Context(sheet, appraisal, cycle, relations)


def find_agreement(session: Session, actor: Actor, agreement_id: int, *, lock: bool = False) -> tuple[Agreement, Context]:
    """An agreement and what stands around it; `superior` is who supervises the supervisor. Raises NotFound for who may not
    read it. With `lock`, others who would change or sign it wait until this transaction has ended."""
    agreement = session.get(Agreement, agreement_id, with_for_update=lock or None, populate_existing=lock)
    if agreement is None:
        raise NotFound()
    sheet = session.get_one(Sheet, agreement.sheet_id)
    appraisal = session.get_one(Appraisal, sheet.appraisal_id)
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    if actor.employee_id is not None and "employee" not in relations:
        on = cycles.day_that_counts(cycle, session.get_one(Employee, appraisal.employee_id))
        if queries.superior_of(session, appraisal.employee_id, on) == actor.employee_id:
            relations |= {"superior"}
    if relations.isdisjoint(READERS):
        raise NotFound(hidden=True)
    return agreement, Context(sheet, appraisal, cycle, relations)


def require_open(context: Context) -> None:
    """Refuses work on an appraisal whose cycle is not running or whose person is not rated."""
    cycle_service.require_running(context.cycle, context.appraisal)


def require_before_assessment(session: Session, context: Context) -> None:
    """Refuses a change of what is agreed once the person has assessed themselves by it."""
    workflow = cycles.policy_of(session, context.cycle).workflow
    steps = [step.id for step in workflow.steps]
    last = next((move.from_ for move in workflow.moves if move.action == "submit_self_assessment"), steps[0])
    if steps.index(context.appraisal.step) > steps.index(last):
        zh = "自评已经提交, 责任书不能再变更; 如须变更, 请先退回到自评"
        en = "the self-assessment is in: send the appraisal back to it before amending what it was made by"
        raise Conflict("wrong_step", zh, en)


def require_drafter(context: Context) -> None:
    """Refuses who neither signs the agreement nor is HR, and work in a cycle that is not running."""
    if context.relations.isdisjoint(DRAFTERS):
        zh, en = "责任书由本人、直接上级或人力资源部起草", "the employee, the supervisor or HR draft an agreement"
        raise NotAllowed("not_allowed", zh, en)
    require_open(context)


def already_signed() -> Conflict:
    """The refusal to change what has been signed."""
    return Conflict("agreement_signed", "责任书已签署, 不能再改", "the agreement has been signed and is not changed any more")
