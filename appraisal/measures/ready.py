"""Who may go on to the self-assessment: the appraisals at data collection whose figures are all there and confirmed."""

from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from appraisal.actor import Actor
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.measures import owed
from appraisal.measures.reach import reach_of
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Collecting:
    """The appraisals of a cycle at data collection that the actor has figures of: those with nothing left to confirm, and how
    many of the others wait for a figure."""

    ready: tuple[tuple[int, Employee], ...]
    waiting: int


def collecting(session: Session, actor: Actor, cycle: Cycle) -> Collecting:
    """Where the cases at data collection stand, as far as the figures are the actor's. Raises NotAllowed for who has none."""
    statement, _ = owed.figures_owed(session, actor, cycle)
    lacking = {row[0] for row in session.exec(statement).all() if row[10] != owed.CONFIRMED}
    reach, first = reach_of(session, actor, cycle), first_step(cycles.policy_of(session, cycle).workflow).id
    found = session.exec(
        select(Appraisal.id, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, Appraisal.step == first, col(Appraisal.rated).is_(True))
        .where(or_(reach.as_hr, reach.as_provider))
        .order_by(Employee.number)
    ).all()
    ready = tuple((one, employee) for one, employee in found if one not in lacking)
    return Collecting(ready, len(found) - len(ready))
