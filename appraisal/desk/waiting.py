"""One thing that waits for somebody, whatever slice it comes from: what, about whom, until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from appraisal.core.errors import Message
from appraisal.cycles.models import Cycle
from appraisal.cycles.tasks import is_overdue
from appraisal.labels import codes, label
from appraisal.people.models import Employee


@dataclass(frozen=True)
class Waiting:
    """One thing to do; `count` cases where it is a role's and not about one person. `about` is the row it concerns, where it is
    one beside the appraisal: its kind, as the trail has it, and its id; `number` is what that row is called by."""

    kind: str
    cycle: Cycle | None = None
    appraisal_id: int | None = None
    employee: Employee | None = None
    due_on: date | None = None
    count: int = 1
    about: tuple[str, int] | None = None
    number: str | None = None

    @property
    def name(self) -> Message:
        """What it is called."""
        return label("action" if self.kind in codes("action") else "task", self.kind)

    @property
    def about_kind(self) -> str | None:
        """The kind of row it concerns."""
        return self.about[0] if self.about else None

    @property
    def about_id(self) -> int | None:
        """The id of that row."""
        return self.about[1] if self.about else None

    @property
    def overdue(self) -> bool:
        """Whether its last day has passed."""
        return is_overdue(self.due_on)


class Case(NamedTuple):
    """A row that waits: of whom, in which appraisal, and whether it is the actor's in person and not by a role."""

    employee: Employee
    appraisal_id: int | None
    in_person: bool
    about: tuple[str, int] | None = None
    count: int = 1


def told(kind: str, cycle: Cycle | None, found: Iterable[Case], due_on: date | None = None) -> list[Waiting]:
    """What is the actor's in person one by one, and what is theirs by a role as one task of so many cases."""
    cases = list(found)
    own = [Waiting(kind, cycle, one.appraisal_id, one.employee, due_on, one.count, one.about) for one in cases if one.in_person]
    return own + summed(kind, cycle, sum(one.count for one in cases if not one.in_person), due_on)


def summed(kind: str, cycle: Cycle | None, count: int, due_on: date | None = None) -> list[Waiting]:
    """A role's many cases as one task, or nothing where there are none."""
    return [Waiting(kind, cycle, due_on=due_on, count=count)] if count else []
