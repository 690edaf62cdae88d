"""Documents of an invented unit, and the cover of a release: somebody of every kind, limits kept and broken."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from appraisal.core.policy.model import Text
from appraisal.reports import payroll_cover, unit_notices, unit_sign_off, unit_summary
from appraisal.reports.document import Filing, Head, Signature
from appraisal.reports.payroll_cover import Approved, Correction, GradeTotal, PayrollCover, Seal, UnitTotal
from appraisal.reports.unit_notices import UnitNotices
from appraisal.reports.unit_sign_off import Received, UnitSignOff
from appraisal.reports.unit_summary import Happened, Person, Population, Share, UnitSummary
from tests.reports.sample import a_notice, a_vetoed_notice
from tests.reports.sample_agreement import DIGEST, POLICY
from tests.reports.sample_review import COMPANY

UNIT = Text("销售部", "Sales")
CYCLE = Text("2026 年第一季度考核", "2026 Q1")
FILED = Filing(about_id=1, cycle_id=1, unit_id=2, period="2026-Q1")
SELLER = Text("业务员", "Sales representative")
AT = datetime(2026, 4, 21, 2, 5, tzinfo=UTC)


def _head(title: Text) -> Head:
    return Head("TR-2026-Q1-sales", title, COMPANY, date(2026, 4, 21), POLICY, DIGEST)


def a_unit_summary() -> UnitSummary:
    """One graded, one vetoed, one who is waited for, one not rated, in two units; a limit that is broken; an incident."""
    second = Text("销售部二组", "Sales, second team")
    nothing: dict[str, object] = {"score": None, "grade": None, "multiplier": None, "remarks": (), "approved_on": None}
    one = Person(
        number="T0007",
        name="<b>欧阳</b>小明",
        unit=UNIT,
        post=SELLER,
        score=D("85.13948"),
        grade="A",
        multiplier=D("1.2"),
        remarks=(Text("晋升优先考虑", "Preferred in promotion"),),
        approved_on=date(2026, 4, 21),
        why_not=None,
    )
    vetoed = replace(one, number="T0008", name="吴己", unit=second, score=D(0), grade="D", multiplier=D(0), approved_on=None)
    waiting = replace(
        one, number="T0009", name="褚子", **nothing, why_not=Text("缺少「毛利率」的数据", "no figure for Gross margin")
    )
    away = replace(waiting, number="T0010", why_not=Text("不参评: 本期在岗 9 天", "Not rated: 9 days at work"))
    shares = (
        Share("A", Text("优秀", "Excellent"), 3, D("60"), 3, 2, 1),
        Share("B", Text("良好", "Good"), 1, D("20"), 4, 4, 0),
        Share("D", Text("不合格", "Unsatisfactory"), 1, D("20"), 5, None, 0),
    )
    return UnitSummary(
        head=_head(unit_summary.FORM_TITLE),
        filing=FILED,
        unit=UNIT,
        unit_head="李经理",
        cycle=CYCLE,
        first_day=date(2026, 1, 1),
        last_day=date(2026, 3, 31),
        people=(one, vetoed, waiting, away),
        several_units=True,
        rated=3,
        graded=2,
        approved=1,
        mean=D("42.57"),
        unit_score=D("88.5"),
        unit_coefficient=D("1.05"),
        unit_source=Text("已确认的部门结果", "a confirmed entry"),
        scope=Text("按部门计算, 不足 5 人的不限", "counted in each unit; no limit below 5 people"),
        populations=(Population(UNIT, 5, shares),),
        incidents=(Happened(date(2026, 2, 11), "T0008", "吴己", Text("严重违规", "Serious violation"), "未经批准签订担保函"),),
        approvers=(("韩总", 1),),
        signatures=(
            Signature(Text("部门负责人", "Head of the unit"), "李经理"),
            Signature(Text("人力资源部（盖章）", "HR (seal)")),
            Signature(Text("批准人", "Approved by")),
        ),
    )


def a_sign_off_list() -> UnitSignOff:
    """Received, refused before two witnesses with a scan, still to be signed for, and nothing to sign for."""
    one = Received(
        number="T0007",
        name="<b>欧阳</b>小明",
        post=SELLER,
        notice="TR-2026-Q1-T0007-1",
        published_on=date(2026, 4, 14),
        said=unit_sign_off.RECEIVED["disagreed"],
        said_at=AT,
        witnesses=(),
        scan=None,
        nothing=None,
    )
    refused = replace(one, number="T0008", said=unit_sign_off.RECEIVED["refused"], witnesses=("张甲", "王乙"), scan="ab" * 32)
    open_ = replace(one, number="T0009", name="褚子", said=None, said_at=None)
    away = replace(open_, number="T0010", notice=None, published_on=None, nothing=unit_sign_off.NOT_RATED)
    return UnitSignOff(
        head=_head(unit_sign_off.FORM_TITLE),
        filing=FILED,
        unit=UNIT,
        cycle=CYCLE,
        published=3,
        received=2,
        appeal_days=5,
        appeal_until=date(2026, 4, 21),
        people=(one, refused, open_, away),
        signatures=(Signature(Text("经办人", "Handed out by")), Signature(Text("人力资源部（盖章）", "HR (seal)"))),
    )


def unit_notices_of_two() -> UnitNotices:
    """Two notices, and somebody who has none."""
    return UnitNotices(
        head=_head(unit_notices.FORM_TITLE),
        filing=FILED,
        unit=UNIT,
        cycle=CYCLE,
        notices=(a_notice(), replace(a_vetoed_notice(), number="TR-2026-Q1-0008")),
        without=(("T0009", "褚子", Text("缺少「毛利率」的数据", "no figure for Gross margin")),),
    )


def a_payroll_cover() -> PayrollCover:
    """Corrections both ways, amounts in two currencies, two links of approval, sealed."""
    up = Correction("T0007", "<b>欧阳</b>小明", "12-2", D("1"), D("1.2"), D("0.2"))
    return PayrollCover(
        head=Head("TR-2026-Q1-002-amounts", payroll_cover.FORM_TITLE, COMPANY, date(2026, 5, 6), POLICY, DIGEST),
        filing=Filing(about_id=2, cycle_id=1, period="2026-Q1"),
        cycle=CYCLE,
        period="2026-Q1",
        lines=31,
        rated=28,
        provisional=2,
        not_rated=1,
        multipliers=D("27.1"),
        deltas=D("-0.3"),
        amounts=(("CNY", D("135500.55")), ("USD", D("800"))),
        bases=30,
        grades=(GradeTotal("A", Text("优秀", "Excellent"), 8), GradeTotal("D", Text("不合格", "Unsatisfactory"), 2)),
        units=(UnitTotal("销售部", 20, D("18.25")), UnitTotal("财务部", 11, D("8.85"))),
        corrections=(up, replace(up, number="T0008", name="吴己", result=None, before=D("0.5"), now=None, delta=None)),
        approved=(
            Approved(Text("部门审批", "Unit"), "李经理", 28, AT, AT),
            Approved(Text("总经理审批", "General manager"), "韩总", 28, AT, datetime(2026, 4, 28, 1, 0, tzinfo=UTC)),
        ),
        sha256="0123456789abcdef" * 4,
        audit_seq=3119,
        audit_hash="fedcba9876543210" * 4,
        seal=Seal(3121, AT, "a1b2c3d4e5f60718", "99" * 32),
        signatures=(
            Signature(Text("编制（人力资源部）", "Prepared by (HR)"), "钱乙", AT),
            Signature(Text("核对发放（薪酬）", "Checked and released by (payroll)"), "孙丙", AT, "0123456789abcdef" * 4),
            Signature(Text("批准人（盖章）", "Approved by (seal)")),
        ),
    )


def a_provisional_cover() -> PayrollCover:
    """Nothing approved, no bases, no key to seal with."""
    found = a_payroll_cover()
    head = replace(found.head, number="TR-2026-Q1-001")
    empty: dict[str, object] = {"amounts": (), "bases": 0, "corrections": (), "approved": (), "seal": None, "grades": ()}
    return replace(found, head=head, **empty)  # type: ignore[arg-type]
