"""KPI reports: the list, making one, and each as the document that is printed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import cells, charts, forms, paging, rest, web
from appraisal.bulletins import kpi_reports
from appraisal.bulletins.kpi_reports import Benchmark, Standing
from appraisal.bulletins.report_models import KINDS, KpiReport
from appraisal.bulletins.report_schemas import ReportApprovalIn, ReportIn, ReportListing, TargetAdoptionIn
from appraisal.bulletins.report_shaping import row_out
from appraisal.bulletins.views.blueprint import MOST, as_number, managed, pages
from appraisal.core.calendar import Period
from appraisal.fields import In
from appraisal.forms import OPENED, Form
from appraisal.labels import codes, label
from appraisal.monitoring import evaluations, reach
from appraisal.monitoring.choices import titles, unit_choices
from appraisal.monitoring.watched import watching

ALL = "/kpi/reports"
ONE = f"{ALL}/<int(max={MOST}):report_id>"
HEADINGS = ("编号", "报告", "制度", "部门", "期间", "状态", "暂定", "有更正", "编制时间", "定稿时间", "说明", "摘要值")
_NEWEST: list[tuple[Any, str]] = [(KpiReport.id, "desc")]


class NothingIn(In):
    """A form that says nothing but that it is sent."""


@pages.get(ALL, endpoint="kpi_reports")
@web.signed_in_only
def all_reports(form: Form = OPENED) -> ResponseReturnValue:
    """The reports that one may read, newest first; a KPI manager makes them here."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ReportListing)
    found = kpi_reports.listed(kpi_reports.reports_seen(session, actor, asked))
    page = paging.paged(session, found, _NEWEST, asked)
    return render_template(
        "bulletins/reports.html",
        form=form,
        page=page,
        rows=[row_out(Standing(*row)) for row in page.items],
        asked=asked,
        kinds=[(one, web.said(label("kpi_report", one))) for one in KINDS],
        statuses=[(one, web.said(label("kpi_report_status", one))) for one in codes("kpi_report_status")],
        titles=titles(watching(session)),
        units=unit_choices(),
        subjects=managed(),
        label=label,
    )


@pages.get(f"{ALL}/file.csv")
@web.signed_in_only
def reports_file() -> ResponseReturnValue:
    """The same reports as a table, at most 50 000 rows."""
    session = web.session()
    found = kpi_reports.listed(kpi_reports.reports_seen(session, web.actor(), forms.asked(ReportListing)))
    rows = (_cells(row_out(Standing(*row))) for row in paging.whole(session, found, _NEWEST))
    return rest.download("kpi-reports.csv", "text/csv", cells.as_csv(HEADINGS, rows))


def _cells(one: dict[str, Any]) -> list[object]:
    return [
        *(one["number"], one["name"].zh, one["policy"], one["unit"].name if one["unit"] else "公司", one["period"]),
        *(label("kpi_report_status", one["status"]).zh, *("是" if one[name] else "否" for name in ("provisional", "stale"))),
        *(one[name] for name in ("made_at", "approved_at", "reason", "digest")),
    ]


@pages.post(ALL)
@web.signed_in_only
@forms.submits(ReportIn, again=all_reports, creates=True)
def make_report(body: dict[str, Any]) -> Response:
    """Makes a report of what has been evaluated."""
    body["period"] = evaluations.period_of(body["period"])
    body["benchmarks"] = [Benchmark(**one) for one in body["benchmarks"]]
    made = kpi_reports.make_report(web.session(), web.actor(), **body)
    return _made(made)


@pages.get(ONE, endpoint="kpi_report")
@web.signed_in_only
def one_report(report_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """A report as it was made, to be read on the screen and printed."""
    found = kpi_reports.find_report(web.session(), web.actor(), report_id)
    content, told = found.report.content, row_out(found)
    manages = reach.may(web.actor(), reach.MANAGING, found.report.unit_id)
    return render_template(
        "bulletins/report.html",
        form=form,
        one=told,
        content=content,
        sparks=_sparks(content),
        counts=_counts(content["counts"]),
        months=[(each["period"], _counts(each)) for each in content.get("months", ())],
        dates={name: date.fromisoformat(content[name]) for name in ("from_on", "to_on", "due_on") if content.get(name)},
        may_finish=manages and told["status"] == "draft" and not told["stale"] and not told["provisional"],
        may_remake=manages and told["status"] != "superseded" and (told["stale"] or told["provisional"]),
        may_adopt=manages and told["status"] != "superseded" and not told["stale"] and not told["provisional"],
        number=as_number,
        label=label,
    )


@pages.post(f"{ONE}/approval")
@web.signed_in_only
@forms.submits(ReportApprovalIn, again=one_report, creates=True)
def finish_report(body: dict[str, Any], report_id: int) -> Response:
    """Makes it final."""
    kpi_reports.approve_report(web.session(), web.actor(), report_id, **body)
    return forms.done(url_for("bulletins.kpi_report", report_id=report_id), "报告已定稿", "The report is final")


@pages.post(f"{ONE}/again")
@web.signed_in_only
@forms.submits(NothingIn, again=one_report, creates=True)
def make_again(body: dict[str, Any], report_id: int) -> Response:
    """Makes the later version of one that has become stale."""
    old = kpi_reports.find_report(web.session(), web.actor(), report_id).report
    same = {"kind": old.kind, "policy": old.policy, "unit_id": old.unit_id, "period": Period.parse(old.period)}
    return _made(kpi_reports.make_report(web.session(), web.actor(), **same))


@pages.post(f"{ONE}/targets")
@web.signed_in_only
@forms.submits(TargetAdoptionIn, again=one_report, creates=True)
def adopt_target(body: dict[str, Any], report_id: int) -> Response:
    """Sets a target that an annual report proposes."""
    made = kpi_reports.adopt_target(web.session(), web.actor(), report_id, **body)
    zh, en = f"目标自 {made.from_on} 起生效", f"The target holds from {made.from_on}"
    return forms.done(url_for("bulletins.kpi_report", report_id=report_id, _anchor=made.indicator), zh, en)


def _made(made: kpi_reports.Made) -> Response:
    to = url_for("bulletins.kpi_report", report_id=made.report.id)
    if made.is_new:
        return forms.done(to, f"已编制 {made.report.number}", f"{made.report.number} is made")
    return forms.done(to, "内容没有变化, 仍为现有版本", "It would say the same: this is the version there is")


def _sparks(content: dict[str, Any]) -> dict[str, charts.Spark]:
    """The course of each indicator: twelve months of a monthly report, the periods of a longer one."""
    found = {}
    for each in content["classes"]:
        for row in each["rows"]:
            values: Sequence[Any] = (
                [value for _, value in row["series"]] if "series" in row else [p["value"] for p in row["periods"]]
            )
            if any(value is not None for value in values):
                found[row["indicator"]] = charts.spark([as_number(value) for value in values])
    return found


def _counts(counts: dict[str, int]) -> list[tuple[str, int, str]]:
    """How many indicators stand at each level, as one bar has it."""
    levels = ("normal", "attention", "abnormal", "severe")
    shown = [(web.said(label("kpi_level", one)), counts[one], one) for one in levels]
    return [*shown, (web.in_both("未判定", "not judged"), counts["not_judged"], "none")]
