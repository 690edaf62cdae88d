"""Endpoints of the results of units and of the company."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlmodel import col, select

from appraisal import files, rest
from appraisal.people.models import Account, Employee
from appraisal.results import unit_results
from appraisal.results.models import UnitResult
from appraisal.results.unit_results import Figures
from appraisal.results.unit_schemas import UnitResultCorrectionIn, UnitResultFilter, UnitResultIn, UnitResultOut

endpoints = rest.Endpoints(
    "unit_results", "部门结果 · Results of units and of the company, where a policy ties people to them: entered, confirmed"
)


@endpoints.get("/unit-results", UnitResultFilter, out=rest.page_of(UnitResultOut))
def list_unit_results(query: dict[str, Any]) -> rest.Page:
    """List the entries one may read, newest first."""
    found = unit_results.readable(rest.actor(), query["cycle_id"])
    page = rest.paged(rest.session(), found, [(UnitResult.id, "desc")], query)
    return page.with_items(_shown(page.items))


@endpoints.get("/unit-results/<int:unit_result_id>", out=UnitResultOut)
def show_unit_result(unit_result_id: int) -> dict[str, Any]:
    """Show one entry with its documents."""
    unit_results.find_unit_result(rest.session(), rest.actor(), unit_result_id)
    found = unit_results.readable(rest.actor(), None).where(UnitResult.id == unit_result_id)
    return _shown(rest.session().execute(found).all())[0]


@endpoints.get("/unit-results/<int:unit_result_id>/files/<int:file_id>", content="*/*")
def read_unit_result_file(unit_result_id: int, file_id: int) -> Response:
    """A document."""
    stored = unit_results.find_file(rest.session(), rest.actor(), unit_result_id, file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post("/unit-results", UnitResultIn, out=UnitResultOut, creates=True)
def record_unit_result(body: dict[str, Any]) -> dict[str, Any]:
    """Enter the result of a unit or of the company in a cycle (HR)

    Only what the cycle's policy ties people to (D-02). It counts once somebody else has confirmed it.
    """
    where = {name: body.pop(name) for name in ("cycle_id", "unit_id")}
    made = unit_results.record_unit_result(rest.session(), rest.actor(), **where, figures=Figures(**body))
    return show_unit_result(made.id)


@endpoints.post("/unit-results/<int:unit_result_id>/confirm", out=UnitResultOut, creates=True)
def confirm_unit_result(unit_result_id: int) -> dict[str, Any]:
    """Vouch for an entry (HR or an approver, never who entered it)."""
    unit_results.confirm_unit_result(rest.session(), rest.actor(), unit_result_id)
    return show_unit_result(unit_result_id)


@endpoints.post("/unit-results/<int:unit_result_id>/corrections", UnitResultCorrectionIn, out=UnitResultOut, creates=True)
def correct_unit_result(body: dict[str, Any], unit_result_id: int) -> dict[str, Any]:
    """Enter what is right in the place of an entry (HR); that one counts until this one is confirmed."""
    reason = body.pop("reason")
    made = unit_results.correct_unit_result(rest.session(), rest.actor(), unit_result_id, Figures(**body), reason=reason)
    return show_unit_result(made.id)


def _shown(rows: Sequence[Any]) -> list[dict[str, Any]]:
    documents = unit_results.files_of(rest.session(), [row[0].id for row in rows])
    accounts = {row[0].entered_by for row in rows} | {row[2].confirmed_by for row in rows if row[2]}
    named = (
        select(Account.id, Account.login, Employee.name)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_(accounts))
    )
    names = {account: name or login for account, login, name in rest.session().exec(named)}
    return [
        entry.model_dump(exclude={"entered_by"})
        | {
            "unit": {"zh": unit.name, "en": unit.name_en} if unit else None,
            "entered_by": names[entry.entered_by],
            "confirmed_by": names[confirmation.confirmed_by] if confirmation else None,
            "confirmed_at": confirmation.confirmed_at if confirmation else None,
            "corrected_by_id": corrected_by,
            "files": documents[entry.id],
        }
        for entry, unit, confirmation, corrected_by in rows
    ]
