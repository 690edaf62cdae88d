"""Reports on the indicators of an invented plant, and exceptions: good and bad figures, missing ones, all that can be late."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal import charts
from appraisal.core.policy.model import Text
from appraisal.reports import kpi_exception
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.kpi_exception import Asked, Cause, Entry, ExceptionSheet
from appraisal.reports.kpi_paper import Class, Compared, Counted, Handled, KpiReportPaper, Level, Row
from appraisal.reports.kpi_report import FLAGS, LACKING, NOT_JUDGED, WAYS
from tests.reports.sample_agreement import DIGEST

PLANT = "示例医疗器械厂"
POLICY = Text("绩效量测与监督程序", "KPI measurement and monitoring procedure")
NORMAL, SEVERE, NONE = Level("●", Text("正常", "normal")), Level("■", Text("严重", "severe")), Level("○", NOT_JUDGED)
LEVELS = (NORMAL, Level("▲", Text("注意", "attention")), Level("◆", Text("异常", "abnormal")), SEVERE, NONE)
AT = datetime(2026, 4, 5, 9, 0, tzinfo=UTC)
VALUES = [D("0.61"), None, D("0.59"), D("0.94"), D("1.31")]
MONTHS = ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]


def _row(**changes: object) -> Row:
    chart = charts.line_chart(MONTHS, [("", "this", VALUES), ("", "target", [D(1)] * 5)], width=340, height=120)
    given: dict[str, object] = {
        "name": Text("<b>客诉率</b>", "Complaint rate"),
        "measured_in": Text("%", "%"),
        "owner": "品质负责人",
        "value": D("1.3089"),
        "target": "< 1",
        "deviation": "30.89 %",
        "level": SEVERE,
        "before": Compared(D("0.94")),
        "last_year": Compared(D("0.7338")),
        "flags": (FLAGS["late"], FLAGS["corrected"]),
        "remarks": (Text("客诉率 1.3089, 目标 < 1, 未达标", "Complaint rate 1.3089, target < 1, missed"),),
        "run": (),
        "met": None,
        "benchmark": None,
        "benchmark_source": None,
        "proposal": None,
        "proposal_reason": None,
        "course": charts.spark(VALUES, width=72, height=20),
        "chart": chart,
    }
    return Row(**(given | changes))  # type: ignore[arg-type]


def _handled(**changes: object) -> Handled:
    found = Handled(
        number="QEF-29-02-2026-0005",
        name=Text("客诉率", "Complaint rate"),
        period="2025-12",
        level=SEVERE,
        record=Text("紧急改善", "urgent improvement"),
        state=Text("已关闭", "closed"),
        owner="质丁例",
        cause="不合格注塑件流出, 出货检验未含毛刺项目",
        action="出货检验增加毛刺项目",
        verification="一月与二月均达标",
        due_on=date(2026, 4, 5),
        ended_on=date(2026, 2, 2),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def a_monthly_report() -> KpiReportPaper:
    """One class with an indicator far off, one on target and one without a reading."""
    absent: dict[str, object] = {"value": None, "target": None, "deviation": None, "level": NONE, "course": None, "chart": None}
    rows = (
        _row(),
        _row(
            name=Text("月营收", "Monthly revenue"),
            value=D("9086649"),
            target="≥ 8,000,000",
            level=NORMAL,
            remarks=(),
            flags=(),
            chart=None,
        ),
        _row(name=Text("采纳率", "Adopted"), **absent, before=Compared(None), last_year=Compared(None), remarks=(), owner=None),
    )
    started = _handled(cause=None, action=None, verification=None, ended_on=None, state=Text("待分析", "open"), level=None)
    return KpiReportPaper(
        head=Head("QEF-29-01-2026-03-PL", Text("月度 KPI 报告", "Monthly KPI report"), PLANT, date(2026, 4, 5), POLICY, DIGEST),
        filing=Filing(about_id=1, unit_id=25, period="2026-03"),
        status=Text("已定稿", "Final"),
        provisional=False,
        subject=Text(PLANT, "Sample plant"),
        period="2026-03",
        from_on=date(2026, 3, 1),
        to_on=date(2026, 3, 31),
        due_on=date(2026, 4, 3),
        kept=Text("保存 5 年", "kept for 5 years"),
        levels=LEVELS,
        counts=(1, 0, 0, 1, 1),
        bars=(("正常", 1, "normal"), ("注意", 0, "attention"), ("异常", 0, "abnormal"), ("严重", 1, "severe")),
        months=(),
        updates=None,
        classes=(Class(Text("品质", "Quality"), rows),),
        alerts=((Text("客诉率 1.3089, 目标 < 1: 严重", "Complaint rate 1.3089, target < 1: severe"), "2026-03"),),
        opened=(started,),
        ended=(_handled(),),
        standing=(started,),
        due=3,
        there=2,
        lacking=(
            (LACKING["missing"], (Text("采纳率 2026-03", "Adopted 2026-03"),)),
            (LACKING["late"], (Text("客诉率 2026-03", "Complaint rate 2026-03"),)),
        ),
        sources=(("2026-03", date(2026, 4, 5)),),
        why_final="采纳率的数据源自四月起才有",
        signatures=(
            Signature(Text("编制", "Made by"), "指子拟", AT, "ab" * 32),
            Signature(Text("会签 1", "Sign-off, row 1"), "Miku"),
            Signature(Text("会签 2", "Sign-off, row 2"), "KC"),
            Signature(Text("定稿", "Made final by"), "指子拟", AT, "ab" * 32),
        ),
    )


def a_provisional_report() -> KpiReportPaper:
    """A draft of a month that was not evaluated, made by the programme, with nothing off target."""
    found = a_monthly_report()
    made = Signature(Text("编制", "Made by"), None, AT, "ab" * 32, Text("由系统按评价结果编制", "made by the programme"))
    nothing: dict[str, object] = {"alerts": (), "opened": (), "ended": (), "standing": (), "lacking": (), "why_final": None}
    return replace(
        found,
        status=Text("草稿", "Draft"),
        provisional=True,
        due_on=None,
        kept=None,
        classes=(Class(Text("品质", "Quality"), (_row(level=NORMAL, remarks=(), chart=None),)),),
        sources=(("2026-03", None),),
        signatures=(made, Signature(Text("审核", "Checked by")), Signature(Text("定稿", "Made final by"))),
        **nothing,  # type: ignore[arg-type]
    )


def a_dashboard() -> KpiReportPaper:
    """A quarter against the last one and last year's, worse and the same."""
    row = _row(
        run=(NORMAL, NORMAL, SEVERE),
        remarks=(),
        before=Compared(D("0.9432"), D("-15.92"), WAYS["better"]),
        last_year=Compared(D("0"), None, WAYS["same"]),
    )
    head = Head("QEF-29-03-2026-Q1-PL", Text("季度 Dashboard", "Quarterly dashboard"), PLANT, date(2026, 4, 7), POLICY, DIGEST)
    return replace(
        a_monthly_report(),
        head=head,
        filing=Filing(about_id=2, unit_id=25, period="2026-Q1"),
        period="2026-Q1",
        from_on=date(2026, 1, 1),
        updates=(3, 3, 2),
        classes=(
            Class(
                Text("品质", "Quality"), (row, replace(row, name=Text("月营收", "Monthly revenue"), value=D("9152055.3333")))
            ),
        ),
        sources=tuple((f"2026-0{month}", date(2026, month + 1, 5)) for month in (1, 2, 3)),
    )


def an_annual_report() -> KpiReportPaper:
    """A year month by month, with a benchmark and a target proposed."""
    row = _row(
        run=(NORMAL, NORMAL, NONE, SEVERE),
        remarks=(),
        met="2 / 4",
        last_year=Compared(D("0.7"), D("4.5"), WAYS["worse"]),
        benchmark=Compared(D("0.8"), None, WAYS["worse"]),
        benchmark_source="行业协会 2026 年报告",
        proposal="< 0.9",
        proposal_reason=Text("连续达标, 建议收紧", "met throughout: a tighter one is proposed"),
    )
    bare = replace(row, benchmark=None, benchmark_source=None, proposal=None, proposal_reason=None, met=None)
    head = Head("QEF-29-04-2026-PL", Text("年度报告", "Annual report"), PLANT, date(2027, 1, 8), POLICY, DIGEST)
    return replace(
        a_dashboard(),
        head=head,
        filing=Filing(about_id=3, unit_id=25, period="2026"),
        period="2026",
        to_on=date(2026, 12, 31),
        kept=Text("永久保存", "kept for ever"),
        months=(Counted("2026-01", (2, 0, 0, 0, 0)), Counted("2026-02", (1, 0, 0, 1, 0))),
        classes=(Class(Text("品质", "Quality"), (row, bare)),),
    )


def an_exception() -> ExceptionSheet:
    """Closed: alerts of two periods, one withdrawn; evidence, a task of another department, everybody's act."""
    first = Cause(
        "2025-12",
        Text("偏离目标", "off target"),
        D("1.1596"),
        "< 1",
        "15.96 %",
        (Text("客诉率偏高", "Complaint rate is high"),),
        False,
    )
    chart = charts.line_chart(MONTHS, [("", "this", VALUES), ("", "target", [D(1)] * 5)], width=720, height=150)
    return ExceptionSheet(
        head=Head("QEF-29-02-2026-0005", kpi_exception.FORM_TITLE, PLANT, date(2026, 2, 2), POLICY, DIGEST),
        filing=Filing(about_id=5, unit_id=25, period="2025-12"),
        subject=Text(PLANT, "Sample plant"),
        indicator=Text("<b>客诉率</b>", "Complaint rate"),
        measured_in=Text("%", "%"),
        period="2025-12",
        level=SEVERE,
        record=Text("CAPA", "corrective and preventive action"),
        state=Text("已关闭", "closed"),
        role="品质负责人",
        owner="质丁例",
        opened_on=date(2026, 1, 5),
        due_on=date(2026, 4, 5),
        causes=(first, replace(first, period="2026-01", value=None, target=None, deviation=None, lines=(), withdrawn=True)),
        chart=chart,
        cause="不合格注塑件流出",
        action="出货检验增加毛刺项目",
        action_due_on=date(2026, 2, 1),
        carried_out="检验规程已修订",
        verification="一月与二月均达标",
        closing="恢复正常检验",
        asked=(
            Asked(
                "采购部",
                Text("核查供应商批号", "check the supplier's lots"),
                Text("已完成", "done"),
                date(2026, 1, 20),
                "三个批号",
            ),
        ),
        entries=(
            Entry(AT, Text("开立", "opened"), None, "2025-12", ()),
            Entry(AT, Text("原因分析", "cause"), "质丁例", "不合格注塑件流出", (("照片.jpg", "cd" * 32),)),
        ),
        signatures=tuple(Signature(role, "质丁例", AT) for _, role in kpi_exception.ACTS),
    )


def an_open_exception() -> ExceptionSheet:
    """An investigation that nobody has begun: no owner, no level, no course to draw, lines to sign by hand."""
    nothing: dict[str, object] = dict.fromkeys(
        ("cause", "action", "action_due_on", "carried_out", "verification", "closing", "owner", "level", "chart", "measured_in")
    )
    found = an_exception()
    lines = tuple(Signature(role) for _, role in kpi_exception.ACTS)
    return replace(found, head=replace(found.head, policy=None, policy_digest=None), asked=(), signatures=lines, **nothing)  # type: ignore[arg-type]
