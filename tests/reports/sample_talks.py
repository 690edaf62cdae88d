"""Interviews, appeals and improvement plans of an invented person: as they are signed, and as they wait for somebody."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal.core.policy.model import Text
from appraisal.reports import appeal as appeals
from appraisal.reports import improvement_plan as plans
from appraisal.reports import interview_record as interviews
from appraisal.reports.appeal import Act, AppealDocument, Figures
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.improvement_plan import Check, Expected, ImprovementDocument, Part
from appraisal.reports.interview_record import InterviewRecord
from tests.reports.sample_agreement import DIGEST, POLICY
from tests.reports.sample_review import COMPANY, SOMEBODY

DAY = datetime(2026, 4, 7, 6, 30, tzinfo=UTC)
LATER = datetime(2026, 4, 20, 1, 15, tzinfo=UTC)
ME = "<b>欧阳</b>小明"


def an_interview() -> InterviewRecord:
    """Signed by both; the person disagrees and says why."""
    sides = Text("面谈人（直接上级）", "Interviewer (supervisor)"), Text("本人", "Employee")
    return InterviewRecord(
        filing=Filing(about_id=1, employee_id=7),
        head=Head("TR-2026-Q1-T0007", interviews.TITLE, COMPANY, date(2026, 4, 7), POLICY, DIGEST),
        about=SOMEBODY,
        interviewer="李主管",
        held_on=date(2026, 4, 7),
        began_at="14:30",
        place="第二会议室",
        strengths="客户维护细致, 回款及时。",
        shortcomings="新客户偏少。\n档案有两户缺信用资料。",
        plan="下季度拜访二十家新客户, 每月底复盘。",
        next_goals="新客户 6 家",
        training="商务谈判",
        support="希望配备一名助理",
        comment="目标在二月才调整, 一月的投入没有算进去。",
        disagrees=True,
        opinion="对回款率的口径有异议。",
        content_hash=DIGEST,
        signatures=(
            Signature(sides[0], "李主管", DAY, DIGEST),
            Signature(sides[1], ME, DAY, DIGEST, Text("已电子签署; 有异议", "signed electronically; disagrees")),
        ),
    )


def an_unsigned_interview() -> InterviewRecord:
    """The person has not signed, and nothing beyond what must be is written."""
    held = an_interview()
    nothing = dict.fromkeys(("began_at", "next_goals", "training", "support", "disagrees", "opinion"))
    waiting = Signature(held.signatures[1].role, ME)
    return replace(held, **nothing, comment="", signatures=(held.signatures[0], waiting))  # type: ignore[arg-type]


def an_appeal() -> AppealDocument:
    """Filed with evidence, taken up, answered by the supervisor, and upheld after its time."""
    done = Text("已在系统中办理", "done on the screen")
    filed = Act("filed", ME, DAY, "回款率漏计两笔已到账款项。", ("银行<回单>.pdf", "对账单.xlsx"), "按 96% 重新计算")
    decided = Act("upheld", "韩总", LATER, "查明两笔款项于 3 月 30 日到账, 应予计入。", delayed_because="等待银行答复")
    return AppealDocument(
        filing=Filing(about_id=3, employee_id=7),
        head=Head("TR-2026-Q1-T0007-A3", appeals.TITLE, COMPANY, date(2026, 4, 20), POLICY, DIGEST),
        about=SOMEBODY,
        assessor="李主管",
        reviewed_at=DAY,
        interviewed_on=date(2026, 4, 7),
        published_at=DAY,
        late=True,
        state=Text("申诉成立，变更结果", "upheld: the result is changed"),
        answer_by=date(2026, 4, 10),
        decide_by=date(2026, 4, 17),
        before=Figures(D("76.4"), "C", Text("合格", "Sufficient")),
        after=Figures(D("81.25"), "B", Text("良好", "Good")),
        filed=filed,
        taken_up=Act("accepted", "何人事", DAY, "材料齐全, 予以受理。"),
        statements=(Act("stated", "李主管", DAY, "到账日以财务系统为准。", ("回款明细.pdf",)),),
        ended=decided,
        upheld=True,
        signatures=(
            Signature(Text("申诉人", "Who appeals"), ME, DAY, remark=done),
            Signature(Text("受理人（人力资源部）", "Taken up by (HR)"), "何人事", DAY, remark=done),
            Signature(Text("决定人", "Decided by"), "韩总", LATER, remark=done),
        ),
    )


def an_open_appeal() -> AppealDocument:
    """Nobody has answered yet."""
    told = an_appeal()
    open_to_decide = Signature(told.signatures[2].role)
    return replace(
        told,
        late=False,
        state=Text("待受理", "to be taken up"),
        after=None,
        filed=replace(told.filed, files=(), wanted=None),
        taken_up=None,
        statements=(),
        ended=None,
        upheld=False,
        signatures=(told.signatures[0], open_to_decide),
    )


def a_plan() -> ImprovementDocument:
    """Evaluated: one of two results was met; the person refused to sign the evaluation."""
    own, head, chief = (
        Text("本人", "Employee"),
        Text("直接上级", "Supervisor"),
        Text("总经理批准", "Approved by the general manager"),
    )
    refused = Text("拒绝签署; 见证人: 赵一、钱二; “不同意评价”", "refused to sign; witnesses: 赵一, 钱二; “不同意评价”")
    return ImprovementDocument(
        filing=Filing(about_id=5, employee_id=7),
        head=Head("PIP-T0007-5", plans.TITLE, COMPANY, date(2026, 7, 3), POLICY, DIGEST),
        employee_number="T0007",
        employee_name=ME,
        joined_on=date(2021, 3, 1),
        post="销售代表",
        unit="销售一部",
        supervisor="李主管",
        manager="陈经理",
        last_grade="D",
        cycle=Text("2026 年第一季度考核", "Appraisal 2026 Q1"),
        first_day=date(2026, 4, 20),
        last_day=date(2026, 6, 30),
        status=Text("已评价, 待签署与批准", "evaluated, to be signed and approved"),
        facts="一季度新客户 1 家, 目标 4 家。",
        causes="拜访量不足; 缺少行业名单。",
        assistance="参加商务谈判培训 (16 学时), 由周老师带教。",
        expected=(
            Expected("每月有效拜访不少于 15 家", date(2026, 5, 31), True),
            Expected("新增客户 3 家", date(2026, 6, 30), False),
        ),
        checks=(
            Check(date(2026, 5, 15), date(2026, 5, 15), "拜访 16 家。"),
            Check(date(2026, 6, 15), None, None),
        ),
        outcome=Text("未达到预期结果", "Expected results not met"),
        evaluation="拜访量达到, 新增客户 2 家。",
        measure=Text("培训", "Training"),
        measures="继续带教一个季度。",
        plan=Part(
            DIGEST,
            (
                Signature(own, ME, DAY, DIGEST),
                Signature(head, "李主管", DAY, DIGEST),
                Signature(chief, "韩总", LATER, DIGEST),
            ),
        ),
        evaluated=Part(
            DIGEST, (Signature(own, ME, LATER, DIGEST, refused), Signature(head, "李主管", LATER, DIGEST), Signature(chief))
        ),
    )


def an_offered_plan() -> ImprovementDocument:
    """Nobody has signed; it follows from no case."""
    plan = a_plan()
    nothing = dict.fromkeys(("manager", "last_grade", "cycle", "outcome", "evaluation", "measure", "measures", "evaluated"))
    waiting = tuple(Signature(one.role, one.name) for one in plan.plan.signatures[:2])
    return replace(
        plan,
        **nothing,  # type: ignore[arg-type]
        head=replace(plan.head, policy=None, policy_digest=None),
        status=Text("待签署与批准", "to be signed and approved"),
        expected=tuple(replace(one, met=None) for one in plan.expected),
        plan=Part(None, (*waiting, Signature(plan.plan.signatures[2].role))),
    )
