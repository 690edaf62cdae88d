"""What another text of the policy would make of a cycle: its stored cases judged again, who would move, what it would cost.

Nothing is stored. Of each result the computed layer is compared, because what people decided afterwards is theirs to repeat.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from appraisal.actor import Actor
from appraisal.core.appraise import appraise_sheets
from appraisal.core.errors import Message, ScoringError
from appraisal.core.numbers import ZERO, add
from appraisal.core.policy.model import Policy
from appraisal.cycles.models import DRAFT, Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import COMPUTED, Result


@dataclass(frozen=True)
class Judged:
    """Score, grade and multiplier under one text."""

    score: Decimal
    grade: str
    multiplier: Decimal


@dataclass(frozen=True)
class Move:
    """Somebody whose result would be another: `after`, or why the other text gives none."""

    appraisal_id: int
    employee: Employee
    before: Judged
    after: Judged | None
    refusal: Message | None


@dataclass(frozen=True)
class Impact:
    """A cycle under another text. Multipliers are totals over all cases that both texts judge."""

    cycle: Cycle
    cases: int
    moves: tuple[Move, ...]
    multipliers_before: Decimal
    multipliers_after: Decimal

    @property
    def grades(self) -> list[tuple[str, str | None, int]]:
        """How many would go from which grade to which; None where there would be none."""
        ways = Counter((move.before.grade, move.after.grade if move.after else None) for move in self.moves)
        return [(before, after, count) for (before, after), count in sorted(ways.items(), key=str) if before != after]


def impact_of(session: Session, actor: Actor, cycle_id: int, policy: Policy) -> Impact:
    """The stored cases of a cycle judged under this policy. For HR of the whole company. Raises NotFound."""
    auth.require_role(actor, "hr", operator=True)
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    moves: list[Move] = []
    before, after = [ZERO], [ZERO]
    found = _computed(session, cycle)
    for result, employee in found:
        was = Judged(result.score, result.grade, result.multiplier)
        try:
            outcome = appraise_sheets(policy, sheets_from_json(result.sheets))
        except ScoringError as refused:
            moves.append(Move(result.appraisal_id, employee, was, None, refused.message))
            continue
        would_be = Judged(outcome.score, outcome.grade, outcome.multiplier)
        before.append(was.multiplier)
        after.append(would_be.multiplier)
        if would_be != was:
            moves.append(Move(result.appraisal_id, employee, was, would_be, None))
    return Impact(cycle, len(found), tuple(moves), add(*before), add(*after))


def _computed(session: Session, cycle: Cycle) -> Sequence[tuple[Result, Employee]]:
    """The latest computed layer of everybody rated in a cycle, by number."""
    later = aliased(Result)
    last = (
        select(func.max(later.seq)).where(later.appraisal_id == Result.appraisal_id, later.layer == COMPUTED).scalar_subquery()
    )
    found = (
        select(Result, Employee)
        .join(Appraisal, col(Appraisal.id) == Result.appraisal_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), Result.layer == COMPUTED, Result.seq == last)
        .order_by(Employee.number)
    )
    return session.exec(found).all()
