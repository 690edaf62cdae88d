"""Who is told about an appraisal, and in how many words: one notification for each reader and matter, naming several people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlmodel import Session, col, select

from appraisal import clock, notify
from appraisal.core.errors import Message
from appraisal.core.workflow import find_step
from appraisal.cycles import queries
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.people import queries as people
from appraisal.people.directory import heads_on
from appraisal.people.models import Account, AccountRole, Delegation, Employee, Unit

NAMED = 3
"""So many people are named in one notification; of more, the number is told."""

Case = tuple[Appraisal, Employee]


@dataclass(frozen=True)
class Word:
    """One thing to tell about one case: `kind` of notification, to whom, and whose names the reader needs."""

    kind: str
    case: Case
    readers: frozenset[int]
    names: tuple[str, ...]
    due_on: date


class Readers:
    """Whose act an appraisal of a cycle waits for and who stands above them, each looked up once for the whole cycle."""

    def __init__(self, session: Session, cycle: Cycle) -> None:
        self.session, self.cycle = session, cycle

    def acting(self, case: Case, by: Collection[str]) -> dict[int, str]:
        """Those who may act in a case, with their names: nobody in their own case by a role (D-23)."""
        appraisal, employee = case
        found: dict[int, str] = {}
        if "employee" in by:
            found[employee.id] = employee.name
        if "supervisor" in by and (supervisor := self._supervisors.get(appraisal.id)):
            found[supervisor.id] = supervisor.name
            found |= self._delegates.get(supervisor.id, {})
        if "unit_head" in by:
            found |= {head.id: head.name for head in self._heads_of(appraisal) if head.id != employee.id}
        for role in by:
            found |= self.holding(role, case)
        return found

    def holding(self, role: str, case: Case) -> dict[int, str]:
        """Those whose account holds a role that counts for a case."""
        appraisal, employee = case
        return {
            holder.id: holder.name
            for holder, held, units in self._holders
            if held == role
            and holder.id != employee.id
            and (units is None or units & self._units.get(appraisal.id, frozenset()))
        }

    def above(self, case: Case, by: Collection[str]) -> frozenset[int]:
        """The superiors of those who may act as a person, or HR where there is none."""
        appraisal, _ = case
        supervisor = self._supervisors.get(appraisal.id)
        found = set()
        if "employee" in by and supervisor:
            found.add(supervisor.id)
        if "supervisor" in by and supervisor and (higher := self._higher.get(supervisor.id)):
            found.add(higher.id)
        return frozenset(found or self.holding("hr", case))

    def units_of(self, case: Case) -> frozenset[int]:
        """The units in which somebody is appraised."""
        return self._units.get(case[0].id, frozenset())

    @cached_property
    def _supervisors(self) -> dict[int, Employee]:
        return queries.supervisors_of(self.session, self.cycle)

    @cached_property
    def _higher(self) -> dict[int, Employee]:
        ids = {supervisor.id for supervisor in self._supervisors.values()}
        return people.supervisors_on(self.session, ids, clock.today())

    @cached_property
    def _delegates(self) -> dict[int, dict[int, str]]:
        found = (
            select(Delegation.supervisor_id, Employee)
            .join(Employee, col(Employee.id) == Delegation.delegate_id)
            .where(people.holds_on(Delegation, clock.today()), people.employed_on(clock.today()))
        )
        by_supervisor: dict[int, dict[int, str]] = {}
        for supervisor_id, delegate in self.session.exec(found):
            by_supervisor.setdefault(supervisor_id, {})[delegate.id] = delegate.name
        return by_supervisor

    @cached_property
    def _holders(self) -> list[tuple[Employee, str, frozenset[int] | None]]:
        found = (
            select(Employee, AccountRole.role, AccountRole.unit_id)
            .join(Account, col(Account.employee_id) == Employee.id)
            .join(AccountRole, col(AccountRole.account_id) == Account.id)
            .where(col(Account.disabled).is_(False))
            .order_by(Employee.number)
        )
        rows = self.session.exec(found).all()
        below = people.subtrees(self.session, {unit_id for _, _, unit_id in rows if unit_id is not None})
        return [(holder, role, None if unit_id is None else below[unit_id]) for holder, role, unit_id in rows]

    @cached_property
    def _units(self) -> dict[int, frozenset[int]]:
        found = select(Sheet.appraisal_id, Sheet.unit_id).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        units: dict[int, set[int]] = {}
        for appraisal_id, unit_id in self.session.exec(found.where(Appraisal.cycle_id == self.cycle.id)):
            units.setdefault(appraisal_id, set()).add(unit_id)
        return {appraisal_id: frozenset(ids) for appraisal_id, ids in units.items()}

    @cached_property
    def _above(self) -> Mapping[int, int | None]:
        return dict(self.session.exec(select(Unit.id, Unit.parent_id)).all())

    @cached_property
    def _heads(self) -> Mapping[int, Employee]:
        return heads_on(self.session, self._above.keys(), min(clock.today(), self.cycle.ends_on))

    def _heads_of(self, appraisal: Appraisal) -> Iterable[Employee]:
        for unit_id in self._units.get(appraisal.id, frozenset()):
            here: int | None = unit_id
            while here is not None:
                if here in self._heads:
                    yield self._heads[here]
                here = self._above[here]


def tell(session: Session, cycle: Cycle, words: Iterable[Word]) -> int:
    """Posts the words, those of one kind, step and day to one reader as one notification; how many there were."""
    workflow = queries.policy_of(session, cycle).workflow
    gathered: dict[tuple[int, str, str, date], list[Word]] = {}
    for word in words:
        for reader in sorted(word.readers):
            gathered.setdefault((reader, word.kind, word.case[0].step, word.due_on), []).append(word)
    for (reader, kind, step, due_on), same in gathered.items():
        ids = [word.case[0].id for word in same]
        own = [word.case[1].id for word in same] == [reader]
        names = dict.fromkeys(name for word in same for name in word.names)
        notify.post(
            session,
            reader,
            kind,
            about=("appraisal", ids[0]) if len(ids) == 1 else ("cycle", cycle.id),
            cycle=cycle.name,
            step=find_step(workflow, step).name,
            due_on=due_on,
            who=Message("您本人", "your own") if own else named(list(names)),
        )
    return len(gathered)


def named(names: Sequence[str]) -> Message:
    """Some people by name, the first few of many."""
    shown, rest = names[:NAMED], len(names) - NAMED
    zh, en = "、".join(shown), ", ".join(shown)
    return Message(f"{zh}等 {len(names)} 人", f"{en} and {rest} more") if rest > 0 else Message(zh, en)
