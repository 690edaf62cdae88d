"""Review sheets of an invented person: one judged whole, with several who rate together, and the person's own before that."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal.core.policy.model import Text
from appraisal.reports.case_told import About, Said
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.self_assessment import TITLE, ReviewedItem, ReviewedSheet, ReviewSheet, Together, Total
from tests.reports.sample_agreement import DIGEST, POLICY

SOMEBODY = About(
    employee_number="T0007",
    employee_name="<b>欧阳</b>小明",
    unit=Text("销售一部", "Sales 1"),
    posts=Text("销售代表", "Sales representative"),
    cycle=Text("2026 年第一季度考核", "Appraisal 2026 Q1"),
    first_day=date(2026, 1, 1),
    last_day=date(2026, 3, 31),
)
COMPANY = "示例贸易有限公司"


def a_reviewed_item(zh: str, en: str, weight: str, **other: object) -> ReviewedItem:
    """A goal without ratings, unless told otherwise."""
    none: dict[str, object] = dict.fromkeys(
        ("measured_in", "target", "challenge", "actual", "own", "given", "assessor", "score", "weighted")
    )
    given = none | {"name": Text(zh, en), "is_goal": True, "weight": D(weight), "factors": (), "together": (), "evidence": ()}
    return ReviewedItem(**(given | other))  # type: ignore[arg-type]


def a_review_sheet(**changes: object) -> ReviewSheet:
    """Everything has been said, and the result published."""
    items = (
        a_reviewed_item(
            *("销售收入", "Sales revenue", "60"),
            is_goal=False,
            measured_in=Text("万元", "10k CNY"),
            target=D(1200),
            challenge=D(1500),
            actual=D(1320),
            evidence=("财务报表 2026-Q1", "一季度<收入>明细.xlsx"),
            score=D(88),
            weighted=D("52.8"),
        ),
        a_reviewed_item(
            *("重点客户档案整理与信用额度复核", "Files of key customers, and their credit limits", "25"),
            own=D(95),
            given=D("86.4"),
            together=(Together("王会计", D(60), True, D(88)), Together("李法务", D(40), True, D(84))),
            score=D("86.4"),
            weighted=D("21.6"),
        ),
        a_reviewed_item(
            *("团队协作", "Teamwork", "15"),
            own=D(90),
            given=D(80),
            factors=((Text("响应", "Response"), D(36), D(30)), (Text("分享", "Sharing"), D(54), D(50))),
            assessor="陈经理",
            score=D(80),
            weighted=D(12),
        ),
    )
    handed_in = Text("已在系统中提交", "handed in on the screen")
    first, second = datetime(2026, 4, 2, 8, tzinfo=UTC), datetime(2026, 4, 4, 3, tzinfo=UTC)
    given: dict[str, object] = {
        "filing": Filing(about_id=1, employee_id=7),
        "head": Head("TR-2026-Q1-T0007", TITLE, COMPANY, date(2026, 4, 4), POLICY, DIGEST),
        "about": SOMEBODY,
        "step": Text("归档", "Archived"),
        "judged": True,
        "sheets": (ReviewedSheet(Text("销售代表", "Sales representative"), items),),
        "statements": (
            Said(
                Text("述职与自评", "Self-assessment"), "<b>欧阳</b>小明", first, "收入超出目标一成。\n新客户偏少, 下季度改进。"
            ),
            Said(Text("直接上级评语", "Supervisor's comment"), "李主管", second, "业绩稳定, 客户关系好; 须加快开发新客户。"),
            Said(Text("前任上级意见", "Opinion of a former supervisor"), "周前任", first, "一月表现良好。"),
        ),
        "total": Total(D("86.4"), D("86.4"), "A", Text("优秀", "Excellent"), False, True),
        "signatures": (
            Signature(Text("本人（自评）", "Employee (self-assessment)"), "<b>欧阳</b>小明", first, remark=handed_in),
            Signature(Text("直接上级（评分）", "Supervisor (review)"), "李主管", second, remark=handed_in),
            Signature(Text("评定人", "Assessor"), "王会计", first, remark=handed_in),
        ),
    }
    return ReviewSheet(**(given | changes))  # type: ignore[arg-type]


def a_blank_review_sheet() -> ReviewSheet:
    """The person's own copy before anything is written: lines to write on, one of two assessors has rated."""
    items = (
        a_reviewed_item("销售收入", "Sales revenue", "60", is_goal=False, target=D(1200)),
        a_reviewed_item(
            *("重点客户档案整理", "Files of key customers", "40"),
            together=(Together("王会计", D(60), True, None), Together("李法务", D(40), False, None)),
        ),
    )
    return a_review_sheet(
        step=Text("自评", "Self-assessment"),
        judged=False,
        sheets=(
            ReviewedSheet(Text("销售代表", "Sales representative"), items),
            ReviewedSheet(Text("单证专员 (部门考核)", "Documents clerk (the unit's sheet)"), ()),
        ),
        statements=(),
        total=None,
        signatures=(Signature(Text("本人（自评）", "Employee (self-assessment)"), "<b>欧阳</b>小明"),),
    )
