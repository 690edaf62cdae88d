"""The cases of a cycle as HR goes through them: found by step, unit, grade, name or lateness, and many at once to act on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col

from appraisal.actor import Actor
from appraisal.cycles import bulk, deadlines
from appraisal.cycles import queries as cycles
from appraisal.cycles.bulk import Done
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.cycles.tasks import awaited_at
from appraisal.cycles.telling import Case, Readers
from appraisal.labels import label
from appraisal.results import table

MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Reminded:
    """A case that a reminder would be about, and who would be told; nobody where nothing waits there."""

    case: Case
    readers: tuple[str, ...]


def cases_found(session: Session, actor: Actor, cycle: Cycle, asked: Mapping[str, Any]) -> Any:
    """The select of the cases of a cycle that the actor may see, narrowed by `unit_id`, `step`, `grade`, `rated`, `search` and
    `overdue`; ordered and shown by `results.table`."""
    wanted = {name: asked.get(name) for name in ("unit_id", "step", "grade", "rated", "search")}
    found = table.appraisals(session, actor, wanted | {"cycle_id": cycle.id, "whose": "all"})
    if asked.get("overdue") is None:
        return found
    late = col(Appraisal.id).in_(deadlines.overdue_in(session, cycle))
    return found.where(late if asked["overdue"] else ~late)


def cases_chosen(
    session: Session, actor: Actor, cycle: Cycle, asked: Mapping[str, Any], ids: Collection[int]
) -> tuple[list[Case], int]:
    """The cases to act on, of those named or of all that are found, as far as they are the actor's as HR; at most a thousand.
    And how many more there would be. Raises NotAllowed for who is not HR."""
    if not ids:
        ids = [row.id for row in session.execute(cases_found(session, actor, cycle, asked)).all()]
    chosen, _ = bulk.in_hand(session, actor, cycle, ids, "hr")
    return chosen[:MOST_AT_ONCE], max(len(chosen) - MOST_AT_ONCE, 0)


def reminders(session: Session, cycle: Cycle, cases: Sequence[Case]) -> list[Reminded]:
    """Who would be told, case by case."""
    awaited = awaited_at(cycles.policy_of(session, cycle).workflow)
    readers = Readers(session, cycle)
    waiting = [(case, awaited.get(case[0].step) if case[0].rated else None) for case in cases]
    return [Reminded(case, tuple(readers.acting(case, one.by).values()) if one else ()) for case, one in waiting]


def told(done: Sequence[Done]) -> tuple[str, str]:
    """What was done about many cases, in one sentence for each language: how many, and why not the others."""
    left: dict[str, int] = {}
    for one in done:
        if not one.done:
            left[one.code] = left.get(one.code, 0) + 1
    count = len(done) - sum(left.values())
    why = [(label("bulk", code), number) for code, number in left.items()]
    zh = f"已办理 {count} 件" + (f", 未办理 {len(done) - count} 件: " if why else "")
    en = f"{count} done" + (f", {len(done) - count} not: " if why else "")
    return zh + "、".join(f"{said.zh} {number}" for said, number in why), en + ", ".join(f"{said.en} {n}" for said, n in why)
