"""Endpoints of KPI reports: make, read, take away as a table, make final, take over a proposed target."""

from typing import Any

from flask import Response

from appraisal import rest
from appraisal.bulletins import kpi_reports, report_tables
from appraisal.bulletins.kpi_reports import Benchmark, Standing
from appraisal.bulletins.report_models import KpiReport
from appraisal.bulletins.report_schemas import (
    AdoptedTargetOut,
    ReportApprovalIn,
    ReportIn,
    ReportListing,
    ReportOut,
    ReportRowOut,
    TargetAdoptionIn,
)
from appraisal.bulletins.report_shaping import row_out
from appraisal.monitoring import evaluations

_NEWEST_FIRST: list[tuple[Any, str]] = [(KpiReport.id, "desc")]

endpoints = rest.Endpoints("kpi_reports", "KPI 报告 · KPI reports: monthly, quarterly, annual, and for the management review")


@endpoints.get("/kpi/reports", ReportListing, out=rest.page_of(ReportRowOut))
def list_reports(query: dict[str, Any]) -> rest.Page:
    """The reports that one may read, newest first

    Every version of a report is there; `superseded` ones have a later one.
    """
    found = kpi_reports.listed(kpi_reports.reports_seen(rest.session(), rest.actor(), query))
    page = rest.paged(rest.session(), found, _NEWEST_FIRST, query)
    return page.with_items([row_out(Standing(*row)) for row in page.items])


@endpoints.get("/kpi/reports/<int:report_id>", out=ReportOut)
def show_report(report_id: int) -> dict[str, Any]:
    """A report with all it says, as it was made

    However often it is read: what changed since is in a later version.
    """
    found = kpi_reports.find_report(rest.session(), rest.actor(), report_id)
    return row_out(found) | {"content": found.report.content}


@endpoints.get("/kpi/reports/<int:report_id>/file.csv", content="text/csv")
def export_report(report_id: int) -> Response:
    """The same as a table (CSV): figures, alerts, exceptions."""
    report = kpi_reports.find_report(rest.session(), rest.actor(), report_id).report
    return rest.download(f"{report.number}.csv", "text/csv", report_tables.as_csv(report.content))


@endpoints.post("/kpi/reports", ReportIn, out=ReportOut, creates=True)
def make_report(body: dict[str, Any]) -> dict[str, Any]:
    """Make a report of what has been evaluated (KPI manager)

    The latest version is answered where the report would say the same, or is final and nothing it rests on has changed.
    """
    body["period"] = evaluations.period_of(body["period"])
    body["benchmarks"] = [Benchmark(**one) for one in body["benchmarks"]]
    made = kpi_reports.make_report(rest.session(), rest.actor(), **body)
    return show_report(made.report.id)


@endpoints.post("/kpi/reports/<int:report_id>/approval", ReportApprovalIn, out=ReportOut, creates=True)
def approve_report(body: dict[str, Any], report_id: int) -> dict[str, Any]:
    """Make a report final (KPI manager)

    Not while it is stale or provisional, and with readings missing only for a reason.
    """
    kpi_reports.approve_report(rest.session(), rest.actor(), report_id, **body)
    return show_report(report_id)


@endpoints.post("/kpi/reports/<int:report_id>/targets", TargetAdoptionIn, out=AdoptedTargetOut, creates=True)
def adopt_target(body: dict[str, Any], report_id: int) -> dict[str, Any]:
    """Set a target that an annual report proposes (KPI manager)

    Where the policy declares the target it is changed there.
    """
    made = kpi_reports.adopt_target(rest.session(), rest.actor(), report_id, **body)
    kept = {name: getattr(made, name) for name in ("policy", "indicator", "operator", "value", "from_on")}
    return {"target_id": made.id} | kept
