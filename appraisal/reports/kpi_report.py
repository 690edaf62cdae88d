"""KPI 报告 (QEF-29-01, -03, -04): a month, a quarter or a year of the watched indicators, as the stored report says it.

What is printed is the content that was frozen when the report was made, with who made it final; nothing is judged again.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from appraisal import charts
from appraisal.actor import Actor
from appraisal.bulletins import kpi_reports
from appraisal.bulletins.kpi_reports import Standing
from appraisal.bulletins.report_contents import number
from appraisal.bulletins.report_models import ANNUAL, MONTHLY, QUARTERLY
from appraisal.charts import LineChart, Spark
from appraisal.core.policy.model import Text
from appraisal.core.policy.monitoring import LEVELS, MonitoringPolicyEdition
from appraisal.errors import NotFound
from appraisal.exceptions.queries import names_of
from appraisal.formats import local_date
from appraisal.formats import number as written
from appraisal.policies import queries as policies
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.kpi_paper import Class, Compared, Counted, Handled, KpiReportPaper, Level, Row
from appraisal.reports.queries import company_of, measured_in, words

Json = Mapping[str, Any]

SIGNS: Final = {">=": "≥", "<=": "≤"}
MARKS: Final = {"normal": "●", "attention": "▲", "abnormal": "◆", "severe": "■"}
"""The shape of each level: black and white paper has no colours."""
NOT_JUDGED: Final = Text("未判定", "not judged")
WAYS: Final = {"better": Text("变好", "better"), "same": Text("持平", "same"), "worse": Text("变差", "worse")}
FLAGS: Final = {
    "late": Text("迟报", "late"),
    "back_filled": Text("补录", "filled in later"),
    "corrected": Text("已更正", "corrected"),
}
LACKING: Final = {
    "missing": Text("缺读数", "Missing"),
    "refused": Text("不能用", "Cannot be used"),
    "late": Text("迟报", "Late"),
    "back_filled": Text("补录", "Filled in later"),
    "corrected": Text("已更正", "Corrected"),
    "incomplete": Text("没有公式", "Without a formula"),
}


def _built(kind: str, session: Session, actor: Actor, report_id: int) -> KpiReportPaper:
    """The report as it was made. Raises NotFound for one of another kind."""
    found = kpi_reports.find_report(session, actor, report_id)
    if found.report.kind != kind:
        raise NotFound()
    return _paper(session, found)


def _form(form_id: str, kind: str, title: Text, code: str, kept: Any) -> Form:
    build: Callable[..., KpiReportPaper] = partial(_built, kind)
    return Form(form_id, title, "report", build, kept=kept, code=code, seconds=30)


FORM_MONTHLY = _form("kpi_monthly_report", MONTHLY, words("kpi_report", MONTHLY), "QEF-29-01", "kpi_form")
FORM_DASHBOARD = _form("kpi_dashboard", QUARTERLY, words("kpi_report", QUARTERLY), "QEF-29-03", "kpi_form")
FORM_ANNUAL = _form("kpi_annual_report", ANNUAL, words("kpi_report", ANNUAL), "QEF-29-04", "for_ever")


def _paper(session: Session, found: Standing) -> KpiReportPaper:
    report, said = found.report, found.report.content
    unit = said["unit"]
    exceptions = {part: tuple(_exception(one) for one in said["exceptions"][part]) for part in ("opened", "closed", "open")}
    updates = said.get("updates")
    return KpiReportPaper(
        head=Head(
            report.number,
            _text(said["title"]),
            company_of(session, report.unit_id),
            local_date(report.made_at),
            _text(said["policy_title"]),
            said["policy_digest"],
        ),
        filing=Filing(report.id or 0, unit_id=report.unit_id, period=report.period),
        status=words("kpi_report_status", found.status),
        provisional=report.provisional,
        subject=Text(unit["name"], found.unit.name_en if found.unit else unit["name"]) if unit else Text("公司", "Company"),
        period=report.period,
        from_on=report.starts_on,
        to_on=report.ends_on,
        due_on=_day(said.get("due_on")),
        kept=Text(said["kept"]["zh"], said["kept"]["en"]) if said["kept"] else None,
        levels=tuple(level_of(one) for one in (*LEVELS, None)),
        counts=_counts(said["counts"]),
        bars=tuple((words("kpi_level", one).zh, said["counts"][one], one) for one in LEVELS),
        months=tuple(Counted(one["period"], _counts(one)) for one in said.get("months", ())),
        updates=(updates["due"], updates["made"], updates["in_time"]) if updates else None,
        classes=tuple(
            Class(_text(one["name"]), tuple(_row(report.kind, row) for row in one["rows"])) for one in said["classes"]
        ),
        alerts=tuple(_alert(one) for one in said["alerts"]),
        opened=exceptions["opened"],
        ended=exceptions["closed"],
        standing=exceptions["open"],
        due=said["completeness"]["due"],
        there=said["completeness"]["there"],
        lacking=tuple(_lacking(said["completeness"])),
        sources=tuple((one["period"], _day(one["evaluated_on"])) for one in said["sources"]),
        why_final=found.approval.reason if found.approval else None,
        signatures=_signatures(session, found),
    )


def _row(kind: str, row: Json) -> Row:
    target = row["target"]
    level = row["level"] if kind == MONTHLY else next((one["level"] for one in reversed(row["periods"])), None)
    proposal, benchmark = row.get("proposal"), row.get("benchmark")
    periods = row.get("periods", ())
    return Row(
        name=_text(row["name"]),
        measured_in=measured_in(row["measured_in"]),
        owner=row["owner"],
        value=number(row["value"] if kind == MONTHLY else row["figure"]),
        target=aim(target),
        deviation=deviation(row) if kind == MONTHLY else None,
        level=level_of(level),
        before=Compared(number(row["previous"])) if kind == MONTHLY else _compared(row["last_period"]),
        last_year=Compared(number(row["same_last_year"])) if kind == MONTHLY else _compared(row["last_year"]),
        flags=tuple(
            words for name, words in FLAGS.items() if any(one[name] for one in (row if not periods else None, *periods) if one)
        ),
        remarks=tuple(_text(line) for line in row["lines"]) if kind == MONTHLY and level not in (None, "normal") else (),
        run=tuple(level_of(one["level"]) for one in periods),
        met=f"{row['periods_met']} / {len(periods)}" if "periods_met" in row else None,
        benchmark=Compared(number(benchmark["value"]), None, WAYS.get(benchmark["way"])) if benchmark else None,
        benchmark_source=benchmark["source"] if benchmark else None,
        proposal=aim(proposal) if proposal else None,
        proposal_reason=_text(proposal["reason"]) if proposal else None,
        course=_course([value for _, value in row["series"]] if kind == MONTHLY else [one["value"] for one in periods]),
        chart=_chart(kind, row, level),
    )


def _chart(kind: str, row: Json, level: str | None) -> LineChart | None:
    """Of a month what is off target over twelve; of a quarter each indicator against the last and last year's; of a year its
    months. None where fewer than two figures make no line."""
    if kind == MONTHLY:
        drawn = [(period, value) for period, value in row["series"]] if level not in (None, "normal") else []
    elif kind == QUARTERLY:
        earlier = [(row[one]["period"], row[one]["figure"]) for one in ("last_year", "last_period")]
        drawn = [*earlier, *((one["period"], one["value"]) for one in row["periods"])]
    else:
        drawn = [(one["period"], one["value"]) for one in row["periods"]]
    values = [number(value) for _, value in drawn]
    if sum(value is not None for value in values) < 2:
        return None
    aim = number(row["target"]["value"]) if row["target"] else None
    lines = [("", "this", values), *([("", "target", [aim] * len(values))] if aim is not None else [])]
    return charts.line_chart([period for period, _ in drawn], lines, width=340, height=120)


def _course(values: Iterable[str | None]) -> Spark | None:
    figures = [number(value) for value in values]
    return charts.spark(figures, width=72, height=20) if sum(value is not None for value in figures) > 1 else None


def _exception(one: Json) -> Handled:
    return Handled(
        number=one["number"],
        name=_text(one["name"]),
        period=one["period"],
        level=level_of(one["level"]) if one["level"] else None,
        record=words("kpi_record", one["record"]),
        state=words("kpi_state", one["state"]),
        owner=one["owner"] or one["role"],
        cause=one["cause"],
        action=one["action"],
        verification=one["verification"],
        due_on=date.fromisoformat(one["due_on"]),
        ended_on=_day(one["ended_on"]),
    )


def _alert(one: Json) -> tuple[Text, str]:
    """What an alert says, and of which period."""
    kind = words("kpi_alert", one["kind"])
    lines = [_text(line) for line in one["lines"]] or [
        Text(f"{one['name']['zh']}: {kind.zh}", f"{one['name']['en']}: {kind.en}")
    ]
    return Text("; ".join(line.zh for line in lines), "; ".join(line.en for line in lines)), one["period"]


def _lacking(said: Json) -> Iterable[tuple[Text, tuple[Text, ...]]]:
    """What is wrong with the data, each with the indicators and the period."""
    for name, words_ in LACKING.items():
        if said[name]:
            yield words_, tuple(Text(_dated(one, "zh"), _dated(one, "en")) for one in said[name])


def _dated(one: Json, lang: str) -> str:
    return f"{one['name'][lang]} {one['period']}" if one.get("period") else str(one["name"][lang])


def _signatures(session: Session, found: Standing) -> tuple[Signature, ...]:
    """Who made it and who made it final; between them the rows of signatures that the procedure prints (R-000-60)."""
    report, approval = found.report, found.approval
    names = names_of(session, [report.made_by, approval.approved_by if approval else None])
    by_machine = None if report.made_by else Text("由系统按评价结果编制", "made by the programme")
    made = Signature(Text("编制", "Made by"), names.get(report.made_by or 0), report.made_at, report.digest, by_machine)
    general = policies.compiled(session, report.content["policy_digest"]).general
    rows = general.sign_off if isinstance(general, MonitoringPolicyEdition) else ()
    lines = [
        Signature(Text(f"会签 {row}", f"Sign-off, row {row}"), name)
        for row, one in enumerate(rows, 1)
        for name in one.signatories
    ] or [Signature(Text("审核", "Checked by"))]
    final = Text("定稿", "Made final by")
    last = (
        Signature(final, names.get(approval.approved_by), approval.approved_at, report.digest) if approval else Signature(final)
    )
    return (made, *lines, last)


def level_of(level: str | None) -> Level:
    return Level(MARKS[level], words("kpi_level", level)) if level else Level("○", NOT_JUDGED)


def _counts(counts: Json) -> tuple[int, ...]:
    return tuple(counts[one] for one in (*LEVELS, "not_judged"))


def _compared(told: Json) -> Compared:
    return Compared(number(told["figure"]), number(told["percent"]), WAYS.get(told["way"]))


def aim(target: Json | None) -> str | None:
    return f"{SIGNS.get(target['operator'], target['operator'])} {written(number(target['value']))}" if target else None


def deviation(row: Json) -> str | None:
    return None if row["deviation"] is None else f"{row['deviation']}{'' if row['points'] else ' %'}"


def _text(said: Json) -> Text:
    return Text(said["zh"], said["en"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
