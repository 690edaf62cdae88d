"""Booklets of two invented policies: one that grades people, with one of every provision, and one that only watches."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal import charts
from appraisal.core.policy.model import Text
from appraisal.reports.booklet_paper import (
    AssumedFile,
    Band,
    Curve,
    Dimension,
    Example,
    Measured,
    PolicyBooklet,
    PostSheet,
    Process,
    Rule,
    Step,
    Term,
    UnitPosts,
)
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.policy_booklet import FORM_TITLE
from tests.reports.sample_agreement import DIGEST, POLICY

ASSUMED = Text("假定", "assumed")
REVENUE = Measured(
    name=Text("<b>销售额</b>", "Sales revenue"),
    kind=Text("KPI", "KPI"),
    unit=Text("元", "CNY"),
    definition=Text("本期已确认的销售收入", "Revenue recognised in the period"),
    formula="已开票 − 退货",
    standard=((D(90), Text("超出预期", "above expectations")),),
    direction=Text("越高越好", "higher is better"),
    targets=(Text("目标 ≥ 100", "target ≥ 100"),),
    curve=Text("目标—挑战", "Target and challenge"),
    source=Text("财务部", "财务部"),
    cadence=Text("每月、季度", "monthly, Quarter"),
    assessor="财务部经理 60%、相关单位负责人 40%",
    remarks=(ASSUMED, Text("还原", "restored")),
    weight=D(60),
    shared=2,
)
GOAL = Measured(
    name=Text("服务态度", "Service"),
    kind=Text("工作目标 (GS)", "Goal rated by a person"),
    unit=None,
    definition=Text("投诉次数", "Complaints"),
    formula=None,
    standard=(),
    direction=None,
    targets=(),
    curve=None,
    source=Text("", ""),
    cadence=None,
    assessor=None,
    remarks=(),
)


def a_booklet() -> PolicyBooklet:
    """Of a policy that grades people."""
    chart = charts.function_chart(
        [("越高越好", "curve", [(D(60), D(0)), (D(100), D(80)), (D(120), D(100))])], [(D(100), "100")]
    )
    veto = Text("严重违规一票否决", "Veto after a serious violation")
    return PolicyBooklet(
        head=Head("trading-2026-01-01-01234567", POLICY, FORM_TITLE.zh, date(2025, 12, 20), POLICY, DIGEST),
        filing=Filing(about_id=1),
        status=Text("正式", "In effect"),
        effective=date(2026, 1, 1),
        published_at=datetime(2025, 12, 20, 1, 0, tzinfo=UTC),
        confirmed=Text("钱乙 于 2025-12-28 确认", "confirmed by 钱乙 on 2025-12-28"),
        general=(Term(Text("不参评", "Not rated"), (Text("不足 15 天", "fewer than 15 days"),), (ASSUMED,)),),
        units=(
            UnitPosts(
                Text("销售部", "Sales"),
                "unit-1",
                (
                    PostSheet(
                        anchor="post-sales",
                        title=Text("业务员", "Sales representative"),
                        subject=Text("部门考核表", "the unit's sheet"),
                        weights=((Text("财务", "Finance"), D(60)), (Text("客户", "Customers"), D(40))),
                        rows=(),
                        total=D(100),
                        vetoes=(veto,),
                        remarks=(),
                    ),
                    PostSheet(
                        anchor="post-driver",
                        title=Text("司机", "Driver"),
                        subject=None,
                        weights=(),
                        rows=(REVENUE, replace(GOAL, shared=2), replace(GOAL, weight=D(40))),
                        total=D(100),
                        vetoes=(veto,),
                        remarks=(ASSUMED,),
                    ),
                ),
            ),
        ),
        refused=(Term(Text("顾问", "Adviser"), (Text("原文没有方案", "the source gives no profile"),)),),
        library=(Dimension(Text("财务", "Finance"), (REVENUE, GOAL)),),
        scale=Text("0 至 100", "0 to 100"),
        curves=(
            Curve(
                name=Text("目标—挑战", "Target and challenge"),
                method=Text("目标—挑战", "target and challenge"),
                standard_for=Text("越高越好", "higher is better"),
                parameters=(Text("目标值得分 80", "points at the target 80"),),
                chart=chart,
                legend=(Text("越高越好", "higher is better"), Text("越低越好", "lower is better")),
                sides=((Text("目标 100", "target 100"), (Example(D(110), D(90), Text("介于两者之间", "between the two")),)),),
                where="rules/trading/scoring.yaml:12",
                remarks=(ASSUMED,),
            ),
        ),
        bands=(
            Band("A", Text("优秀", "Excellent"), "≥ 85", D("1.2"), "rules/trading/grades.yaml:8"),
            Band("B", Text("良好", "Good"), "≥ 75, < 85", D(1), "rules/trading/grades.yaml:9"),
        ),
        limits=(Text("A 级及以上不超过 30%", "at most 30% have A or better"),),
        vetoes=(
            Rule(
                veto,
                True,
                (Text("严重违规", "Serious violation"),),
                "公司管理层",
                (Text("综合得分归零（本人）", "total becomes 0 (the person)"),),
                Text("全部岗位", "all posts"),
                "rules/trading/vetoes.yaml:7",
                (ASSUMED,),
            ),
        ),
        outcomes=(
            Rule(
                Text("晋升优先考虑", "Preferred in promotion"),
                False,
                (Text("等级不低于 A", "grade at least A"),),
                None,
                (),
                None,
                "rules/trading/outcomes.yaml:8",
                (),
            ),
        ),
        steps=(
            Step(
                Text("自评", "Self-assessment"),
                Text("员工", "Employee"),
                5,
                Text("等待并催办", "waits, and is reminded of"),
                (Text("提交自评（员工） → 上级评分", "submit (Employee) → Review"),),
                (ASSUMED,),
            ),
            Step(Text("归档", "Archived"), Text("人力资源部", "HR"), None, None, (), ()),
        ),
        terms_of_steps=(Term(Text("申诉", "Appeal"), (Text("5 个工作日内提出", "within 5 working days"),)),),
        monitoring=(),
        processes=(),
        assumed=(
            AssumedFile("rules/trading/policy.yaml", ((12, "precision", "原文没有写; 取 4 位"), (15, None, "原文没有写"))),
        ),
        uncertain=(("印文不清", "weights/trading/sales.yaml:9"),),
        made_known=(Term(Text("职工讨论 2025-12-10", "Discussion 2025-12-10"), (Text("工会会议室", "工会会议室"),)),),
        signatures=(
            Signature(
                Text("编制", "编制"), "钱乙", remark=Text("制度签署", "signed the regulation"), signed_on=date(2025, 12, 18)
            ),
            Signature(Text("批准（盖章）", "Approved by (seal)")),
        ),
    )


def a_watching_booklet() -> PolicyBooklet:
    """Of a policy that only watches: levels and processes, no grades, nothing assumed, not made known."""
    process = Process(
        Text("订单", "Orders"),
        Text("从接单到交付", "From the order to delivery"),
        (
            Step(
                Text("接单", "Order taken"),
                Text("业务员", "业务员"),
                None,
                None,
                (Text("输出 订单", "gives out the order"),),
                (),
            ),
        ),
    )
    empty: tuple[()] = ()
    return replace(
        a_booklet(),
        head=Head(
            "plant-2026-01-01-01234567", Text("工厂监测", "Plant monitoring"), FORM_TITLE.zh, date(2025, 12, 20), POLICY, DIGEST
        ),
        confirmed=None,
        units=empty,
        refused=empty,
        scale=None,
        curves=empty,
        bands=empty,
        limits=empty,
        vetoes=empty,
        outcomes=empty,
        steps=empty,
        terms_of_steps=empty,
        monitoring=(Term(Text("严重", "severe"), (Text("> 25%", "> 25%"), Text("立即应对", "respond at once"))),),
        processes=(process,),
        assumed=empty,
        uncertain=empty,
        made_known=empty,
    )
