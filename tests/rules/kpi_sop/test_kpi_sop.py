"""The SOP's policy holds what seed 000 prints: 24 indicators in five classes and 4 about themselves, targets as printed."""

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.core.scoring.formulas import actual_of

ROOT = Path(__file__).parents[3]
# Name, printed target, owner document: sections 4.1 to 4.5 and 9.
PRINTED = """
IQC 合格率 >= 98 SOP-13 §8.1
OQC 合格率 >= 99 SOP-13 §8.1
客诉率 < 1 SOP-08、SOP-15
NCR 30 天关闭率 = 100 SOP-08 §14
CAPA 90 天关闭率 >= 90 SOP-08 §14
同问题再发率 < 5 SOP-08
客户满意度 NPS >= 50 SOP-15 §10
月营收 >= 8000000 财务
客户集中度 (恒煦) < 50 财务
询价 24h 回应率 = 100 SOP-15
销售订单准时交付率 >= 95 SOP-02
毛利率 >= 9 财务
应收帐款周转天数 <= 30 SOP-06
月结日 <= 5 SOP-06
不合格品损失率 <= 1 SOP-08
供应商资质有效率 = 100 SOP-09
关键原料双源覆盖率 = 100 SOP-09 §10
A 级供应商占比 >= 20 SOP-09
入库准时率 >= 95 SOP-12
化学品事故 = 0 SOP-28
应急装备完整率 = 100 SOP-28
危废合规处置率 = 100 SOP-12 §9
法规合规率 = 100 SOP-21
环保行政处罚 = 0 SOP-21
数据准时报告率 = 100 000 §9
Dashboard 月度更新率 = 100 000 §9
异常应对启动率 = 100 000 §9
AI 辅助分析采纳率 >= 70 000 §9
"""


@cache
def kpi_sop() -> Policy:
    book, problems = load_book(read_files(ROOT), "kpi_sop")
    assert book is not None, problems
    return book.on(date(2026, 3, 31))


def indicator(name: str) -> Indicator:
    return kpi_sop().indicators[name].indicator


def value(name: str, **inputs: str) -> Decimal | None:
    figures = {key: Decimal(text) for key, text in inputs.items()}
    return actual_of(indicator(name), Item(id=name, kind="kpi", weight=Decimal(0), inputs=figures))


def test_there_are_24_indicators_in_the_five_classes_and_4_about_the_system_itself() -> None:
    counts = Counter(entry.dimension for entry in kpi_sop().library)
    assert counts == {
        "quality": 7,
        "business": 4,
        "finance": 4,
        "supply_chain": 4,
        "safety_environment": 5,
        "kpi_system": 4,
    }


def test_targets_operators_and_owner_documents_are_as_printed() -> None:
    found = []
    for entry in kpi_sop().library:
        one = entry.indicator
        operator, target = (one.targets[0].operator, one.targets[0].value) if one.targets else (one.operator, one.target)
        found.append(f"{one.name.zh} {operator} {target} {one.document}")
    assert sorted(found) == sorted(PRINTED.strip().splitlines())


def test_every_indicator_is_computed_from_inputs_that_have_a_source() -> None:
    for entry in kpi_sop().library:
        one = entry.indicator
        assert one.status == "complete" and one.formula and one.inputs and one.direction, one.id
        assert all(given.source for given in one.inputs), one.id
        assert one.owner and one.retention == "5 年" and one.sources and one.raw, one.id


def test_each_type_of_platform_record_feeds_an_indicator() -> None:
    library = [entry.indicator for entry in kpi_sop().library]
    types = {one.platform for one in library} | {given.platform for one in library for given in one.inputs}
    assert types - {None} == {
        *("qc_report", "ncr", "capa", "inquiry", "quote", "sale", "expense", "purchase", "supplier_score", "safety_event"),
    }


def test_the_target_for_the_big_customer_belongs_to_phase_1() -> None:
    (phase,) = indicator("customer_concentration").targets
    assert (phase.phase.en, phase.operator, phase.value, phase.to) == ("Phase 1", "<", 50, None)


def test_revenue_is_kept_in_yuan_and_shown_in_ten_thousands() -> None:
    scale = indicator("monthly_revenue").scale
    assert scale is not None and (scale.unit, scale.divide_by) == ("万元", 10000)


def test_net_promoters_may_be_negative_and_deviate_by_points() -> None:
    nps = indicator("nps")
    assert value("nps", 推荐者数="20", 贬损者数="30", 受访者数="50") == -20
    assert nps.tolerance is not None and nps.tolerance.points


def test_receivable_days_and_margin() -> None:
    assert value("receivable_days", 平均应收账款="8000000", 营业收入="8000000", 期间天数="31") == 31
    assert value("gross_margin", 营业收入="100", 营业成本="110") == -10


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("data_on_time", {"准时读数": "27", "应报读数": "28"}, "96.4286"),
        ("dashboard_updated", {"已更新次数": "1", "应更新次数": "1"}, "100"),
        ("exceptions_started", {"已启动应对数": "3", "应启动应对数": "4"}, "75"),
        ("advice_adopted", {"采纳建议数": "7", "已决定建议数": "10"}, "70"),
    ],
)
def test_the_four_about_the_system_itself_are_computed(name: str, inputs: dict[str, str], expected: str) -> None:
    assert value(name, **inputs) == Decimal(expected)


def test_no_exception_means_none_was_neglected_and_no_advice_means_no_rate() -> None:
    assert value("exceptions_started", 已启动应对数="0", 应启动应对数="0") == 100
    assert value("advice_adopted", 采纳建议数="0", 已决定建议数="0") is None
    with pytest.raises(ScoringError):
        value("complaint_rate", 客诉件数="1", 发货批数="0")


def test_forms_meetings_training_and_signatures_are_those_of_the_procedure() -> None:
    general = kpi_sop().general
    assert isinstance(general, MonitoringPolicyEdition)
    assert {form.id: form.years for form in general.forms} == {
        "QEF-29-01": 5,
        "QEF-29-02": 5,
        "QEF-29-03": 5,
        "QEF-29-04": None,
    }
    assert [(meeting.cadence, meeting.falls_on) for meeting in general.meetings] == [
        ("month", "first_monday"),
        ("month", "day"),
        ("quarter", "last_day"),
        ("year", "last_day"),
        ("week", "last_day"),
    ]
    assert general.training is not None and general.training.hours == 16
    assert [row.signatories for row in general.sign_off] == [("Miku", "Robert", "王婧"), ("KC", "Charles")]


def test_levels_end_at_5_10_and_25_and_the_printed_pair_leads_to_the_suppliers_lots() -> None:
    rules = kpi_sop().monitoring
    assert rules is not None and rules.trend.worsenings == 3
    assert [(band.level, band.up_to) for band in rules.levels] == [
        *(("normal", 5), ("attention", 10)),
        *(("abnormal", 25), ("severe", None)),
    ]
    printed = [pair for pair in rules.pairs if pair.source == "000 8.2"]
    assert [(pair.first, pair.second) for pair in printed] == [("iqc_pass_rate", "complaint_rate")]
    assert {rule.level: rule.record for rule in rules.records} == {
        "attention": "assessment",
        "abnormal": "capa",
        "severe": "urgent_improvement",
    }
