"""The archive's lists: their order, and documents as rows of an answer and as cells of a table."""

from collections.abc import Sequence
from typing import Any, Final

from appraisal.people.models import Employee
from appraisal.reports.archived import Archived, Scan
from appraisal.reports.models import ArchivedDocument

HEADINGS: Final = (
    *("编号", "文书", "语言", "工号", "姓名", "周期", "部门", "期间", "文书日期", "SHA-256", "字节", "生成时间", "生成人"),
)


def order(sort: str) -> list[tuple[Any, str]]:
    """The order a list is asked for in."""
    way = "desc" if sort.startswith("-") else "asc"
    return [(getattr(ArchivedDocument, sort.lstrip("-")), way), (ArchivedDocument.id, way)]


def row_out(one: Archived) -> dict[str, Any]:
    """A document as a row of a list."""
    row = one.row
    return {
        **{name: getattr(row, name) for name in ("id", "form", "number", "language", "period", "dated", "made_at")},
        "title": one.title,
        "employee": _person(one.employee),
        "cycle": one.cycle.name if one.cycle else None,
        "unit": {"zh": one.unit.name, "en": one.unit.name_en} if one.unit else None,
        "sha256": one.file.sha256,
        "size": one.file.size,
        "made_by": one.made_by,
    }


def document_out(one: Archived, scans: Sequence[Scan]) -> dict[str, Any]:
    """A document in full."""
    told = {"policy_digest": one.row.policy_digest, "html_sha256": one.row.html_sha256}
    return row_out(one) | told | {"scans": [_scan_out(scan) for scan in scans]}


def cells_of(one: Archived) -> tuple[Any, ...]:
    """A document as a line of a table."""
    row, person = one.row, one.employee
    return (
        *(row.number, one.title.zh, row.language, person.number if person else "", person.name if person else ""),
        *(one.cycle.name if one.cycle else "", one.unit.name if one.unit else "", row.period or "", row.dated),
        *(one.file.sha256, one.file.size, row.made_at, one.made_by or ""),
    )


def _person(employee: Employee | None) -> dict[str, Any] | None:
    return {"id": employee.id, "number": employee.number, "name": employee.name} if employee else None


def _scan_out(scan: Scan) -> dict[str, Any]:
    kept = {name: getattr(scan.file, name) for name in ("name", "media_type", "size", "sha256")}
    said = {"note": scan.row.note, "attached_by": scan.attached_by, "attached_at": scan.row.attached_at}
    return {"id": scan.row.id, **kept, **said}
