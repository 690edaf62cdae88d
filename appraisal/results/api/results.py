"""Endpoints of results: approved grades and multipliers, calibration, grades from before the system."""

from typing import Any

from flask import Response
from sqlmodel import col, select

from appraisal import cells, clock, paging, rest
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.errors import Fault, Invalid
from appraisal.people import auth
from appraisal.people.models import Employee, Unit
from appraisal.policies import made_known
from appraisal.policies import queries as policies
from appraisal.results import calibration, exports, impact, past_grades, populations, table
from appraisal.results.answers import (
    CalibrationOut,
    CalibrationRowOut,
    ImpactOut,
    ImportedGradesOut,
    PastGradeOut,
    ResultRowOut,
)
from appraisal.results.models import Calibration, PastGradeImport
from appraisal.results.past_grades import Preview
from appraisal.results.populations import Group, Member
from appraisal.results.schemas import (
    CalibrationFilter,
    CalibrationIn,
    ClosingIn,
    ImpactFilter,
    PastGradeFilter,
    PastGradeForm,
    PastGradeIn,
    ProposalIn,
    ResultFilter,
    ResultListing,
)

SHOWN_FAULTS = 500

endpoints = rest.Endpoints("results", "结果 · Results: approved grades and multipliers, calibration, grades from before")


@endpoints.get("/results", ResultListing, out=rest.page_of(ResultRowOut))
def list_results(query: dict[str, Any]) -> rest.Page:
    """List the approved results that stand, newest cycle first, then by employee number

    For payroll with grade and multiplier alone.
    """
    found = table.approved(rest.session(), rest.actor(), query)
    page = rest.paged(rest.session(), found, table.order(query), query)
    return page.with_items(table.approved_rows(rest.session(), rest.actor(), page.items))


@endpoints.get("/results/file.csv", ResultFilter, content="text/csv")
def export_results(query: dict[str, Any]) -> Response:
    """The same list as a table (CSV), whole

    At most 50 000 rows.
    """
    session, actor = rest.session(), rest.actor()
    found = paging.whole(session, table.approved(session, actor, query), table.order(query))
    rows = paging.in_parts(found, lambda part: table.approved_rows(session, actor, part))
    content = cells.as_csv(exports.RESULT_HEADINGS, map(exports.result_cells, rows))
    return rest.download("results.csv", "text/csv", content)


@endpoints.get("/policies/<name>/impact", ImpactFilter, out=ImpactOut)
def show_impact(query: dict[str, Any], name: str) -> dict[str, Any]:
    """What another state would make of a cycle that has been judged: who would move, and what it would cost

    The stored cases are judged again and nothing is stored. For HR.
    """
    stored = made_known.find_state(rest.session(), name, query["digest"])
    found = impact.impact_of(rest.session(), rest.actor(), query["cycle_id"], policies.compiled_state(stored))
    return {
        "digest": stored.digest,
        "cycle": found.cycle.code,
        "cases": found.cases,
        "moved": len(found.moves),
        "multipliers_before": found.multipliers_before,
        "multipliers_after": found.multipliers_after,
        "grades": [{"before": before, "after": after, "count": count} for before, after, count in found.grades],
        "moves": [
            {
                "appraisal_id": one.appraisal_id,
                "number": one.employee.number,
                "name": one.employee.name,
                "before": one.before,
                "after": one.after,
                "refusal": one.refusal,
            }
            for one in found.moves
        ],
    }


# Calibration


@endpoints.get("/calibrations", CalibrationFilter, out=rest.page_of(CalibrationRowOut))
def list_calibrations(query: dict[str, Any]) -> rest.Page:
    """List the calibration sessions one may read, newest first."""
    found = calibration.readable(rest.session(), rest.actor())
    if query["cycle_id"] is not None:
        found = found.where(Calibration.cycle_id == query["cycle_id"])
    if query["status"] is not None:
        found = found.where(Calibration.status == query["status"])
    return rest.paged(rest.session(), found, [(Calibration.id, "desc")], query)


@endpoints.get("/calibrations/<int:calibration_id>", out=CalibrationOut)
def show_calibration(calibration_id: int) -> dict[str, Any]:
    """Show a session: everybody in it with computed and proposed grade, and for how many people it is impossible

    Whoever is looked at in it themselves is not told what is said of them.
    """
    found, cycle = calibration.find_calibration(rest.session(), rest.actor(), calibration_id)
    policy = cycles.policy_of(rest.session(), cycle)
    members = populations.members_of(rest.session(), found, cycle)
    return found.model_dump() | {
        "members": [_member_out(one) for one in members if one.employee_id != rest.actor().employee_id],
        "groups": [_group_out(one) for one in populations.groups_of(rest.session(), policy, members)],
    }


@endpoints.post("/calibrations", CalibrationIn, out=CalibrationOut, creates=True)
def open_calibration(body: dict[str, Any]) -> dict[str, Any]:
    """Open a session for a cycle, or for a unit of it and all below."""
    cycle = _known(Cycle, body["cycle_id"], "cycle_id", "周期", "cycle")
    unit = None if body["unit_id"] is None else _known(Unit, body["unit_id"], "unit_id", "部门", "unit")
    made = calibration.open_calibration(rest.session(), rest.actor(), cycle, name=body["name"], unit=unit)
    return show_calibration(made.id)


@endpoints.post("/calibrations/<int:calibration_id>/proposals", ProposalIn, out=CalibrationOut, creates=True)
def propose_grade(body: dict[str, Any], calibration_id: int) -> dict[str, Any]:
    """Propose a grade for somebody, with a reason; the latest proposal counts."""
    calibration.propose_grade(rest.session(), rest.actor(), calibration_id, **body)
    return show_calibration(calibration_id)


@endpoints.post("/calibrations/<int:calibration_id>/close", ClosingIn, out=CalibrationOut, of=show_calibration)
def close_calibration(body: dict[str, Any], calibration_id: int, version: int) -> dict[str, Any]:
    """Close a session: proposals become layers and everybody goes on to the interview

    409 `impossible` says for how many people the proposed grades break an upper limit.
    """
    calibration.close_calibration(rest.session(), rest.actor(), calibration_id, version=version, **body)
    return show_calibration(calibration_id)


# Grades from before the system


@endpoints.get("/past-grades", PastGradeFilter, out=rest.page_of(PastGradeOut))
def list_past_grades(query: dict[str, Any]) -> rest.Page:
    """List the grades that have been imported, of everybody whose cases one may see."""
    seen = auth.seen_employees(rest.session(), rest.actor(), clock.today(), ("employee", *table.HANDLING))
    found = select(PastGradeImport).join(Employee, col(Employee.id) == PastGradeImport.employee_id).where(seen)
    if query["employee_id"] is not None:
        found = found.where(PastGradeImport.employee_id == query["employee_id"])
    return rest.paged(rest.session(), found, [(PastGradeImport.id, "asc")], query)


@endpoints.post("/past-grades", PastGradeIn, out=PastGradeOut, creates=True)
def import_past_grade(body: dict[str, Any]) -> PastGradeImport:
    """Enter one grade from before the system."""
    return past_grades.import_past_grade(rest.session(), rest.actor(), **body)


@endpoints.post("/past-grades/import", PastGradeForm, out=ImportedGradesOut, plain=True, upload=True)
def import_past_grades(form: dict[str, Any]) -> dict[str, Any]:
    """Import grades from a CSV or XLSX file, all or none

    Columns: 工号, 考核期, 等级, 得分, 连带, 来源. With `preview` nothing is imported; the same file may be sent again.
    """
    file: rest.Upload = form["file"]
    if form["preview"]:
        return _imported_out(past_grades.preview_past_grades(rest.session(), rest.actor(), file.name, file.content))
    return _imported_out(past_grades.import_past_grades(rest.session(), rest.actor(), file.name, file.content))


def _known(table_of: Any, row_id: int, path: str, zh: str, en: str) -> Any:
    found = rest.session().get(table_of, row_id)
    if found is None:
        raise Invalid("unknown_row", f"没有{zh} {row_id}", f"there is no {en} {row_id}", [Fault(path, f"没有{zh}", f"no {en}")])
    return found


def _member_out(one: Member) -> dict[str, Any]:
    shown = ("appraisal_id", "step", "score", "computed_grade", "proposed_grade", "reason", "vetoed")
    return {name: getattr(one, name) for name in shown} | {
        "employee": {"id": one.employee_id, "number": one.number, "name": one.name}
    }


def _group_out(one: Group) -> dict[str, Any]:
    broken = {violation.grade: violation for violation in one.broken}
    ranks = list(one.counts)
    return {
        "unit": {"zh": one.unit.name, "en": one.unit.name_en} if one.unit else None,
        "size": one.size,
        "counts": [{"grade": grade, "count": count} for grade, count in one.counts.items()],
        "limits": [
            {
                "grade": grade,
                "limit": limit,
                "count": sum(one.counts[better] for better in ranks[: ranks.index(grade) + 1]),
                "impossible_for": broken[grade].too_many if grade in broken else 0,
            }
            for grade, limit in one.limits.items()
        ],
    }


def _imported_out(plan: Preview) -> dict[str, Any]:
    shown = [{"path": one.path, "message": {"zh": one.zh, "en": one.en}} for one in plan.faults[:SHOWN_FAULTS]]
    return {"new": len(plan.new), "unchanged": plan.unchanged, "faults": shown}
