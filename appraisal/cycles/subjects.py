"""Whose sheet it is (D-01), and who may therefore not rate it: nobody rates what their own result depends on (D-05, R-003-44).

A unit's sheet is held by its responsible head. On it depend whoever heads the unit, whoever holds the sheet for a part of the
period, and, where the policy links them, the people of the unit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries
from appraisal.cycles.models import EXTERNAL, UNIT, Appraisal, Cycle, Reassignment, Sheet
from appraisal.errors import NotAllowed
from appraisal.people import queries as people
from appraisal.people.models import Employee, Unit, UnitHead

REASON: Final = "上级兼任部门负责人, 由上级之上级考核 (R-003-44)"


@dataclass(frozen=True)
class Dependents:
    """Of a cycle, who depends on which unit's result, beside the person whose sheet it is."""

    by_unit: Mapping[int, frozenset[int]]
    units_of: Mapping[int, frozenset[int]]

    def of(self, appraisal_id: int) -> frozenset[int]:
        """The employees whose own result depends on an appraisal that is not theirs."""
        return frozenset().union(*(self.by_unit.get(unit, frozenset()) for unit in self.units_of.get(appraisal_id, ())))


NOBODY: Final = Dependents({}, {})


def dependents_in(session: Session, cycle: Cycle) -> Dependents:
    """Who depends on the units' sheets of a cycle, in a number of queries that does not grow with them."""
    found = select(Appraisal.id, Appraisal.employee_id, Sheet.unit_id).join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
    held = session.exec(found.where(Appraisal.cycle_id == cycle.id, Sheet.subject == UNIT)).all()
    if not held:
        return NOBODY
    units_of: dict[int, set[int]] = {}
    by_unit: dict[int, set[int]] = {}
    for appraisal_id, employee_id, unit_id in held:
        units_of.setdefault(appraisal_id, set()).add(unit_id)
        by_unit.setdefault(unit_id, set()).add(employee_id)
    heads = select(UnitHead.unit_id, UnitHead.employee_id).where(col(UnitHead.unit_id).in_(by_unit))
    for unit_id, employee_id in session.exec(heads.where(people.holds_on(UnitHead, min(clock.today(), cycle.ends_on)))):
        by_unit[unit_id].add(employee_id)
    for unit_id, employee_id in _linked(session, cycle, queries.policy_of(session, cycle), by_unit):
        by_unit[unit_id].add(employee_id)
    return Dependents(
        {unit: frozenset(who) for unit, who in by_unit.items()}, {one: frozenset(units) for one, units in units_of.items()}
    )


def _linked(session: Session, cycle: Cycle, policy: Policy, units: Collection[int]) -> list[tuple[int, int]]:
    """The people whose result takes in that of one of these units: their own unit's, or the nearest one above it."""
    posts = {one.post.id for one in policy.sheets if _is_linked(policy, one.post.id, cycle)}
    if not posts:
        return []
    parents = dict(session.exec(select(Unit.id, Unit.parent_id)).all())
    found = select(Sheet.unit_id, Appraisal.employee_id).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
    linked = []
    for unit_id, employee_id in session.exec(found.where(Appraisal.cycle_id == cycle.id, col(Sheet.policy_post).in_(posts))):
        above: int | None = unit_id
        while above is not None and above not in units:
            above = parents[above]
        if above is not None:
            linked.append((above, employee_id))
    return linked


def _is_linked(policy: Policy, post: str, cycle: Cycle) -> bool:
    return any(link.to == "unit" for link in policy.links_for(post, Period.parse(cycle.period).cadence))


def require_independent(session: Session, actor: Actor, cycle: Cycle, appraisal_id: int) -> None:
    """Refuses to let somebody judge the sheet of a unit on which their own result depends, whoever has asked them to."""
    if actor.employee_id is not None and actor.employee_id in dependents_in(session, cycle).of(appraisal_id):
        zh, en = (
            "本人的结果取决于该部门, 不得评定该部门的考核表, 由上级之上级办理 (R-003-44)",
            "nobody judges the sheet of a unit on which their own result depends: it is for the one above them (R-003-44)",
        )
        raise NotAllowed("own_result", zh, en)


def contractors_in(session: Session, cycle: Cycle) -> frozenset[int]:
    """The appraisals of a cycle whose subject is a contractor: nobody of the own company, and nobody who is paid (D-01)."""
    found = select(Sheet.appraisal_id).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
    return frozenset(session.exec(found.where(Appraisal.cycle_id == cycle.id, Sheet.subject == EXTERNAL)))


def replace_heads(session: Session, actor: Actor, cycle: Cycle) -> int:
    """Gives every unit's sheet whose supervisor depends on it to the next one above who does not; the number of them.

    Where nobody is above, it stays as it is: nobody may rate it then until HR gives it to somebody.
    """
    dependents = dependents_in(session, cycle)
    acting = queries.supervisors_of(session, cycle, dependents.units_of.keys()) if dependents.units_of else {}
    day, given = min(clock.today(), cycle.ends_on), 0
    for appraisal_id, supervisor in acting.items():
        partial = dependents.of(appraisal_id)
        if supervisor.id not in partial:
            continue
        above = _above(session, supervisor, partial, day)
        if above is None:
            continue
        row = {"supervisor_id": above.id, "reason": REASON, "assigned_by": actor.account_id, "assigned_at": clock.now()}
        session.add(Reassignment(appraisal_id=appraisal_id, **row))
        session.flush()
        change = {"before": {"supervisor_id": supervisor.id}, "after": {"supervisor_id": above.id}}
        audit.record(session, actor, "appraisal.reassign", "appraisal", appraisal_id, reason=REASON, **change)
        given += 1
    return given


def _above(session: Session, employee: Employee, partial: Collection[int], day: date) -> Employee | None:
    """The first one above somebody, along the reporting line, who is not partial."""
    seen: set[int] = set()
    above: Employee | None = employee
    while above is not None and above.id in partial and above.id not in seen:
        seen.add(above.id)
        above = people.supervisor_on(session, above.id, day)
    return None if above is None or above.id in partial else above
