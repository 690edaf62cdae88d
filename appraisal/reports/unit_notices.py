"""部门考核结果通知书: the notices of everybody in a unit in one file, to print and hand out at once (D-21).

Each notice is the one that the person gets alone, with its own head, on pages of its own.
"""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.errors import NotFound
from appraisal.reports.document import Filing, Form, Head
from appraisal.reports.queries import cycle_name
from appraisal.reports.result_notice import ResultNotice, tell_result
from appraisal.reports.unit_people import people_of_unit

FORM_TITLE: Final = Text("部门考核结果通知书", "Result notices of a unit")


@dataclass(frozen=True)
class UnitNotices:
    """The notices of a unit in a cycle, by number; `without` are those who have none, each with the reason."""

    head: Head
    filing: Filing
    unit: Text
    cycle: Text
    notices: tuple[ResultNotice, ...]
    without: tuple[tuple[str, str, Text], ...]


def tell_unit(session: Session, actor: Actor, cycle_id: int, unit_id: int | None = None) -> UnitNotices:
    """The notices of a unit. Raises NotFound where there is none yet, and for who does not handle all of its people."""
    found = people_of_unit(session, actor, cycle_id, unit_id)
    told = tuple(tell_result(session, actor, row.appraisal_id) for row in found.rows if row.grade)
    if not told:
        raise NotFound(hidden=True)
    return UnitNotices(
        head=found.head(session, FORM_TITLE),
        filing=found.filing(),
        unit=found.name,
        cycle=cycle_name(found.cycle),
        notices=told,
        without=tuple((row.employee_number, row.employee_name, row.why_not) for row in found.rows if row.why_not),
    )


FORM = Form("unit_notices", FORM_TITLE, "cycle", tell_unit, kept="appraisal", per_unit=True, seconds=60)
