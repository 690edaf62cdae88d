"""An agreement of an invented person: figures and rated goals, every clause, an amendment; signed, on paper, and refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal.core.policy.model import Text
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.performance_agreement import TITLE, AgreedItem, Change, PerformanceAgreement, ZeroRule

DIGEST = "sha256:" + "0123456789abcdef" * 4
POLICY = Text("贸易公司绩效考核管理制度", "Appraisal rules of the trading company")


def an_agreed_item(zh: str, en: str, weight: str, **other: object) -> AgreedItem:
    """A figure with its curve, unless told otherwise."""
    bare: dict[str, object] = dict.fromkeys(("target", "challenge", "threshold", "baseline", "standard", "definition", "goal"))
    given: dict[str, object] = bare | {
        "name": Text(zh, en),
        "dimension": Text("财务", "Finance"),
        "is_goal": False,
        "measured_in": Text("万元", "10k CNY"),
        "weight": D(weight),
        "curve": Text("目标与挑战", "Target and challenge"),
        "examples": (),
        "levels": (),
        "factors": (),
        "sources": "财务报表",
        "assessor": Text("按数据计分", "by its figure"),
    }
    return AgreedItem(**(given | other))  # type: ignore[arg-type]


def an_agreement(**changes: object) -> PerformanceAgreement:
    """In force after an amendment: both have signed on the screen."""
    items = (
        an_agreed_item(
            *("销售收入", "Sales revenue", "60"),
            target=D(1200),
            challenge=D(1500),
            threshold=D(900),
            definition=Text("考核期内开票并发货的不含税收入", "Revenue invoiced and shipped in the period, without tax"),
            examples=((D(900), D(60)), (D(1200), D(80)), (D(1500), D(100))),
            goal="公司全年收入增长 15%",
        ),
        an_agreed_item(
            *("重点客户档案整理与信用额度复核", "Files of key customers, and their credit limits", "25"),
            is_goal=True,
            dimension=Text("内部运营", "Operations"),
            measured_in=None,
            curve=None,
            sources="",
            standard="全部档案齐全为 100, 每缺一户减 2 分",
            assessor=Text("王会计 60%、<i>李法务</i> 40%", "王会计 60%、<i>李法务</i> 40%"),
        ),
        an_agreed_item(
            *("团队协作", "Teamwork", "15"),
            is_goal=True,
            dimension=Text("学习与成长", "Learning and growth"),
            measured_in=None,
            curve=None,
            sources="",
            levels=((D(90), Text("主动支援其他部门", "helps other units unasked")), (D(60), Text("配合", "cooperates"))),
            factors=((Text("响应", "Response"), D(40)), (Text("分享", "Sharing"), D(60))),
            assessor=Text("直接上级", "Supervisor"),
        ),
    )
    own, whole = Text("本人", "the person"), Text("综合得分归零", "total becomes 0")
    given: dict[str, object] = {
        "filing": Filing(about_id=12, employee_id=7),
        "head": Head("TR-2026-Q1-T0007-31-2", TITLE, "示例贸易有限公司", date(2026, 2, 9), POLICY, DIGEST),
        "employee_number": "T0007",
        "employee_name": "<b>欧阳</b>小明",
        "supervisor_name": "李主管",
        "unit": Text("销售一部", "Sales 1"),
        "post": Text("销售代表", "Sales representative"),
        "cycle": Text("2026 年第一季度考核", "Appraisal 2026 Q1"),
        "first_day": date(2026, 1, 1),
        "last_day": date(2026, 3, 31),
        "revision": 2,
        "status": Text("生效", "In force"),
        "in_force": True,
        "superseded": False,
        "items": items,
        "total": D(100),
        "rules": (
            ZeroRule(Text("重大资信损失", "Credit loss"), True, ((whole, own),)),
            ZeroRule(
                Text("客户投诉属实", "A complaint that holds"),
                False,
                ((Text("「客户满意度」归零", "Customer satisfaction becomes 0"), own), (whole, Text("上级", "the superior"))),
            ),
        ),
        "duties": "甲方按月提供回款数据。\n乙方如实填报客户信息。",
        "rewards": "达到挑战值的, 另按销售奖励办法执行。",
        "ending": "岗位变动时按在岗天数分段考核。",
        "changes": (
            Change(
                revision=2,
                proposed_by="李主管",
                proposed_at=datetime(2026, 2, 5, 1, tzinfo=UTC),
                reason="大客户暂停下单, 目标由 1,300 万元调整为 1,200 万元。",
                decided_at=datetime(2026, 2, 6, 1, tzinfo=UTC),
                decision="同意",
            ),
        ),
        "content_hash": DIGEST,
        "signatures": (
            Signature(Text("甲方（直接上级）", "Party A (supervisor)"), "李主管", datetime(2026, 2, 8, 1, tzinfo=UTC), DIGEST),
            Signature(
                Text("乙方（责任人）", "Party B (employee)"), "<b>欧阳</b>小明", datetime(2026, 2, 9, 2, tzinfo=UTC), DIGEST
            ),
        ),
    }
    return PerformanceAgreement(**(given | changes))  # type: ignore[arg-type]


def a_draft_agreement() -> PerformanceAgreement:
    """One side has signed on paper, the other refuses; nothing but items is agreed on, and the policy zeroes nothing."""
    refused = Text("拒绝签署; 见证人: 赵一、钱二; “目标过高”", "refused to sign; witnesses: 赵一, 钱二; “目标过高”")
    sides = an_agreement().signatures
    paper = Text("纸质签署; 扫描件 0123456789abcdef…", "signed on paper; scan 0123456789abcdef…")
    return an_agreement(
        head=replace(an_agreement().head, number="TR-2026-Q1-T0007-31-1"),
        revision=1,
        status=Text("草稿", "Draft"),
        in_force=False,
        items=an_agreement().items[:1],
        total=D(60),
        rules=(),
        **dict.fromkeys(("duties", "rewards", "ending")),
        changes=(),
        signatures=(replace(sides[0], remark=paper, signed_on=date(2026, 1, 6)), replace(sides[1], remark=refused)),
    )
