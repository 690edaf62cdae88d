"""How KPI reports look in a list on their way out."""

from typing import Any

from appraisal.bulletins.kpi_reports import Standing
from appraisal.labels import label

_KEPT = ("id", "kind", "number", "policy", "period", "provisional", "digest", "made_at", "supersedes_id")


def row_out(found: Standing) -> dict[str, Any]:
    """A report as a list shows it."""
    report, approval = found.report, found.approval
    kept = {name: getattr(report, name) for name in _KEPT} | {"name": label("kpi_report", report.kind), "unit": found.unit}
    approved = {"approved_at": approval.approved_at if approval else None, "reason": approval.reason if approval else None}
    return kept | approved | {"status": found.status, "stale": found.stale, "superseded_by": found.superseded_by}
