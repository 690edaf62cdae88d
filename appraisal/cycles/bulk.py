"""Acts on many appraisals at once: whose they are to act on, and an answer for every one of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import false
from sqlmodel import Session, col, or_, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.cycles import queries
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.labels import label
from appraisal.people import auth, relations
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Done:
    """What was done about one appraisal, or why nothing was: `code` is one of the labels "bulk"."""

    appraisal_id: int
    number: str
    name: str
    done: bool
    code: str
    due_on: date | None

    @property
    def message(self) -> Message:
        """The same in words."""
        return label("bulk", self.code)


def done(case: tuple[Appraisal, Employee], code: str, due_on: date | None = None) -> Done:
    """The answer for one appraisal."""
    appraisal, employee = case
    return Done(appraisal.id, employee.number, employee.name, code == "done", code, due_on)


def left_out(unknown: Iterable[int]) -> list[Done]:
    """The answers for those that are none, or not the actor's to know of or to act on."""
    return [Done(one, "", "", False, "not_yours", None) for one in unknown]


def in_hand(
    session: Session, actor: Actor, cycle: Cycle, appraisal_ids: Collection[int] | None, *allowed: str, lock: bool = False
) -> tuple[list[tuple[Appraisal, Employee]], list[int]]:
    """The appraisals of a cycle that the actor may act on as `allowed` (hr, supervisor), by number, of those asked for or of
    all; and the others that were asked for. One's own is never among them (D-05, D-23).

    Raises NotAllowed for somebody who is none of this to anybody in the cycle.
    """
    on = min(clock.today(), cycle.ends_on)
    conditions = [relations.towards_others(session, actor, on, ["hr"]).get("hr", false())] if "hr" in allowed else []
    if "supervisor" in allowed:
        conditions.append(queries.supervises(session, actor, on))
    found = (
        select(Appraisal, Employee)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, or_(*conditions))
        .order_by(Employee.number)
    )
    if actor.employee_id is not None:
        found = found.where(Employee.id != actor.employee_id)
    if lock:
        found = found.with_for_update(of=Appraisal).execution_options(populate_existing=True)
    theirs = session.exec(found).all()
    if not theirs and not actor.holds(*allowed):
        raise auth.for_others(*allowed)
    if appraisal_ids is None:
        return list(theirs), []
    wanted = dict.fromkeys(appraisal_ids)
    chosen = [case for case in theirs if case[0].id in wanted]
    known = {appraisal.id for appraisal, _ in chosen}
    return chosen, [one for one in wanted if one not in known]
