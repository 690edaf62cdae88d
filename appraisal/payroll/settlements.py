"""结算单: what contractors have come to in a cycle. They have no line in any release and count in none of its totals (D-01).

The list is what stands now, not a document that is frozen: what is settled by it is settled outside.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal.cells import harmless
from appraisal.core.numbers import plain
from appraisal.cycles.models import EXTERNAL, Appraisal, Cycle, Sheet
from appraisal.people.models import Employee, Unit
from appraisal.results import queries as results
from appraisal.results.models import Publication, Result

APPROVED, PROVISIONAL, WAITING, NOT_RATED = "approved", "provisional", "waiting", "not_rated"
COLUMNS = ("cycle", "period", "unit", "unit_name", "representative_no", "representative", "state", "result_no")
COLUMNS += ("score", "grade", "multiplier", "policy_digest")


@dataclass(frozen=True)
class Settlement:
    """A contractor's line. Figures are there once they are approved, or published and then provisional."""

    unit: str
    unit_name: str
    representative_no: str
    representative: str
    state: str
    result_no: str | None = None
    score: Decimal | None = None
    grade: str | None = None
    multiplier: Decimal | None = None


def settlements(session: Session, cycle: Cycle) -> list[Settlement]:
    """The contractors of a cycle by unit and representative, in a number of queries that does not grow with them."""
    found = session.exec(
        select(Appraisal, Employee, Unit)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .join(Sheet, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .where(Appraisal.cycle_id == cycle.id, Sheet.subject == EXTERNAL)
        .order_by(Unit.code, Employee.number, Sheet.from_on)
    ).all()
    places: dict[int, list[Unit]] = {}
    for appraisal, _, unit in found:
        places.setdefault(appraisal.id or 0, []).append(unit)
    approved = {appraisal.id: result for result, _, appraisal in results.approved_results(session, cycle)}
    latest = results.standings(session, places.keys())
    lines = []
    for appraisal, employee in {one.id: (one, employee) for one, employee, _ in found}.values():
        units = list({unit.id: unit for unit in places[appraisal.id or 0]}.values())
        where = ("; ".join(unit.code for unit in units), "; ".join(unit.name for unit in units))
        standing = latest.get(appraisal.id or 0)
        published = standing.publication if standing else None
        state, result = _state(appraisal, approved.get(appraisal.id), standing.result if standing else None, published)
        figures = (_number(result), result.score, result.grade, result.multiplier) if result else ()
        lines.append(Settlement(*where, employee.number, employee.name, state, *figures))
    return lines


def as_json(cycle: Cycle, lines: Sequence[Settlement]) -> dict[str, Any]:
    """The list as it goes out."""
    return {
        "cycle_id": cycle.id,
        "cycle": cycle.code,
        "period": cycle.period,
        "policy_digest": cycle.policy_digest,
        "items": [vars(line) for line in lines],
    }


def as_csv(cycle: Cycle, lines: Sequence[Settlement]) -> bytes:
    """The list as a table in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    shared = {"cycle": cycle.code, "period": cycle.period, "policy_digest": cycle.policy_digest}
    for line in lines:
        row = shared | {name: plain(value) if isinstance(value, Decimal) else value for name, value in vars(line).items()}
        writer.writerow({name: harmless(row[name]) for name in COLUMNS})
    return text.getvalue().encode()


def _state(
    appraisal: Appraisal, approved: Result | None, latest: Result | None, published: Publication | None
) -> tuple[str, Result | None]:
    if not appraisal.rated:
        return NOT_RATED, None
    if approved is not None:
        return APPROVED, approved
    return (PROVISIONAL, latest) if published is not None else (WAITING, None)


def _number(result: Result) -> str:
    return f"{result.appraisal_id}-{result.seq}"
