"""A notice of an invented person, with one of everything a notice can show."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal.core.policy.model import Text
from appraisal.reports.document import Filing
from appraisal.reports.result_notice import NoticeIncident, NoticeItem, NoticeSheet, Reason, ResultNotice


def an_item(zh: str, en: str, weight: str, score: str | None, **other: object) -> NoticeItem:
    """An item with its one reason; figures are given as text."""
    figures = {name: D(str(other.pop(name))) if name in other else None for name in ("target", "challenge", "actual")}
    points = None if score is None else D(score)
    how = f"{zh}: 实际 {figures['actual']}, 目标 {figures['target']}; 曲线 target_challenge; 得分 {score} × {weight}%"
    return NoticeItem(
        name=Text(zh, en),
        unit=other.get("unit", Text("%", "%")),  # type: ignore[arg-type]
        kind=str(other.get("kind", "kpi")),
        weight=D(weight),
        score=points,
        weighted=None if points is None else points * D(weight) / 100,
        missing=points is None,
        zeroed_by=other.get("zeroed_by"),  # type: ignore[arg-type]
        reasons=(Reason(Text(how, f"{en}: score {score} × {weight}%"), "rules/trading/scoring.yaml:18"),),
        **figures,
    )


def a_notice(**changes: object) -> ResultNotice:
    """A quarter in sales: above target in one item, short in another, one goal rated by the supervisor."""
    ten_thousand, companies, points = Text("万元", "10k CNY"), Text("家", "companies"), Text("分", "points")
    items = (
        an_item("销售收入", "Sales revenue", "30", "88", unit=ten_thousand, target="1200", challenge="1500", actual="1320"),
        an_item("回款率", "Collection rate", "30", "76.6316", target="95", challenge="100", actual="91"),
        an_item("新客户开发数量", "New customers", "15", "90", unit=companies, target="4", challenge="6", actual="5"),
        an_item("客户满意度", "Customer satisfaction", "15", "92", unit=points, target="90", challenge="95", actual="93"),
        an_item("准时交货率", "On-time delivery", "10", "84.5", target="97.5", challenge="99.5", actual="97.95"),
    )
    given: dict[str, object] = {
        "filing": Filing(about_id=1),
        "number": "TR-2026-Q1-0007",
        "company": "示例贸易有限公司",
        "employee_number": "T0007",
        "employee_name": "<b>欧阳</b>小明",
        "unit": Text("销售一部", "Sales 1"),
        "posts": Text("销售代表", "Sales representative"),
        "cycle": Text("2026 年第一季度考核", "Appraisal 2026 Q1"),
        "first_day": date(2026, 1, 1),
        "last_day": date(2026, 3, 31),
        "sheets": (NoticeSheet(Text("销售代表", "Sales representative"), "", None, items),),
        "computed_score": D("85.13948"),
        "score": D("85.13948"),
        "vetoed": False,
        "grade": "A",
        "grade_name": Text("优秀", "Excellent"),
        "multiplier": D("1.2"),
        "parts": (),
        "incidents": (),
        "summary": (
            Reason(Text("计算得分合计 85.13948", "computed total 85.13948"), "rules/trading/policy.yaml:12"),
            Reason(Text("综合得分 85.13948 ≥ 85: 等级 A 优秀, 奖金系数 1.2", "grade A"), "rules/trading/grades.yaml:8"),
            Reason(Text("结果应用: 晋升优先考虑", "consequence: preferred in promotion"), "rules/trading/outcomes.yaml:8"),
            Reason(Text("再多 9.86052 分即为 S", "9.86052 more points would be grade S"), "rules/trading/grades.yaml:7"),
        ),
        "outcomes": (Text("晋升优先考虑", "Preferred in promotion"),),
        "fired": (
            (Text("等级 A 优秀", "Grade A, Excellent"), "rules/trading/grades.yaml:8"),
            (Text("晋升优先考虑", "Preferred in promotion"), "rules/trading/outcomes.yaml:8"),
        ),
        "policy": Text("贸易公司绩效考核管理制度", "Appraisal rules of the trading company"),
        "policy_effective": date(2026, 1, 1),
        "policy_digest": "sha256:" + "0123456789abcdef" * 4,
        "computed_on": date(2026, 4, 10),
        "published_at": datetime(2026, 4, 13, 1, 30, tzinfo=UTC),
        "appeal_until": date(2026, 4, 20),
        "appeal_days": 5,
        "approved_by": "韩总",
        "approved_at": datetime(2026, 4, 21, 2, 5, tzinfo=UTC),
    }
    return ResultNotice(**(given | changes))  # type: ignore[arg-type]


def a_vetoed_notice() -> ResultNotice:
    """A veto after a transfer: two sheets, an item zeroed, an item missing, nothing approved yet."""
    loss = Text("资信损失, 回款率单项零分", "A credit loss zeroes the collection rate")
    before = (an_item("销售收入", "Sales revenue", "60", "0", zeroed_by=loss, target="100", actual="110"),)
    after = (an_item("单证制作准确率", "Document accuracy", "40", None, target="99.5"),)
    account = "未经信用审批放货, 形成逾期 46 万元; 本人于 2 月 10 日陈述意见。"
    return a_notice(
        sheets=(
            NoticeSheet(Text("销售代表", "Sales representative"), "2026-01-01–2026-02-14", D(50), before),
            NoticeSheet(Text("单证专员", "Documents clerk"), "2026-02-15–2026-03-31", D(50), after),
        ),
        score=D(0),
        vetoed=True,
        grade="D",
        grade_name=Text("不合格", "Unsatisfactory"),
        multiplier=D(0),
        incidents=(NoticeIncident(Text("重大资信损失", "Credit loss"), 1, None, ((date(2026, 2, 3), account),)),),
        outcomes=(),
        approved_by=None,
        approved_at=None,
    )
