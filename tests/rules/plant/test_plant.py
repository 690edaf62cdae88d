"""The plant's policy holds what seed 001 prints: every entry once, corrected where it cannot stand, incomplete where empty."""

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import divide
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.formulas import actual_of

ROOT = Path(__file__).parents[3]
INCOMPLETE = {"ncmr_reduction", "manufacturing_escapes", "breakthrough_escapes", "change_control", "yielded_scrap"}


@cache
def plant() -> Policy:
    book, problems = load_book(read_files(ROOT), "plant")
    assert book is not None, problems
    return book.on(date(2026, 3, 31))


def indicator(name: str) -> Indicator:
    return plant().indicators[name].indicator


def value(name: str, **inputs: str) -> Decimal | None:
    figures = {key: Decimal(text) for key, text in inputs.items()}
    return actual_of(indicator(name), Item(id=name, kind="kpi", weight=Decimal(0), inputs=figures))


def test_fifty_printed_entries_are_49_distinct_ones_in_eight_departments() -> None:
    rows = {(entry.dimension, entry.indicator.source_row or "") for entry in plant().library}
    printed = Counter(name for name, row in rows for _ in row.split("、"))
    assert sum(printed.values()) == 50
    assert printed == {
        "production": 7,
        "quality": 10,
        "improvement": 10,
        "supply_chain": 8,
        "finance": 4,
        "equipment": 4,
        "facilities": 4,
        "safety": 3,
    }
    assert len(rows) == 49
    assert set(printed) == set(plant().dimensions)


def test_inventory_turns_stands_once_and_names_both_places() -> None:
    turns = [entry.indicator for entry in plant().library if "库存周转率" in entry.indicator.name.zh]
    assert [(one.id, one.source_row) for one in turns] == [("inventory_turns", "001 供应链 1、8")]
    assert "Inventory Turns = 销售成本 / 平均库存价值" in (turns[0].raw or "")


def test_an_entry_in_two_forms_and_the_factors_of_oee_are_all_that_is_more_than_the_49() -> None:
    rows = Counter(entry.indicator.source_row for entry in plant().library)
    repeated = {row: times for row, times in rows.items() if times > 1}
    assert repeated == {"001 生产部门 1": 4, "001 生产部门 5": 2, "001 设施管理 1": 2}


def test_the_five_entries_without_a_formula_are_incomplete_and_the_rest_is_monitored_without_a_target() -> None:
    library = {entry.indicator.id: entry.indicator for entry in plant().library}
    assert {name for name, one in library.items() if one.status == "incomplete"} == INCOMPLETE
    assert all(one.formula is None and one.sources is None and one.uncertain for one in map(indicator, INCOMPLETE))
    rest = [one for name, one in library.items() if name not in INCOMPLETE]
    assert {one.status for one in rest} == {"monitor_only"}
    assert all(one.formula and one.direction and one.target is None and not one.targets for one in rest)


@pytest.mark.parametrize("name", sorted(INCOMPLETE))
def test_an_incomplete_entry_has_no_value_and_is_never_zero(name: str) -> None:
    assert actual_of(indicator(name), Item(id=name, kind="kpi", weight=Decimal(0))) is None
    with pytest.raises(ScoringError) as refused:
        value(name, 数量="0")
    assert refused.value.code == "inputs_without_formula"


def test_every_entry_has_both_names_a_unit_and_the_printed_text() -> None:
    for entry in plant().library:
        one = entry.indicator
        assert one.name.zh and one.name.en and one.unit and one.raw and one.source_row and one.cadence, one.id
        assert one.definition.zh and one.definition.en, one.id


def test_whatever_was_corrected_shows_what_was_printed() -> None:
    corrected = {entry.indicator.id for entry in plant().library if entry.indicator.corrected}
    assert corrected == {
        *("cycle_time", "mfg_variance", "mfg_variance_rate", "ohs_engagement_dl", "ohs_innovation_idl", "gb_certification"),
        *("programmatic_savings", "inventory_turns", "supplier_performance", "backlog", "backlog_weeks", "total_inventory"),
        *("roi", "energy_use", "energy_per_unit", "trir"),
    }
    assert all(indicator(name).printed for name in corrected)


def test_amounts_are_kept_in_dollars_and_shown_in_millions() -> None:
    amounts = {entry.indicator.id for entry in plant().library if entry.indicator.scale}
    assert amounts == {
        *("mfg_variance", "period_expense", "cost_savings", "programmatic_savings", "procurement_savings", "backlog"),
        *("total_inventory", "operating_cost", "cash_flow", "maintenance_cost", "facility_maintenance_cost"),
    }
    for name in amounts:
        scale = indicator(name).scale
        assert scale is not None and (indicator(name).unit, scale.unit, scale.divide_by) == ("美元", "$M", 1000000)


def test_oee_is_made_of_three_factors_that_can_be_looked_at() -> None:
    oee = indicator("oee")
    factors = [given.indicator or "" for given in oee.inputs]
    assert factors == ["oee_availability", "oee_performance", "oee_quality"]
    systems = {given.source for name in factors for given in indicator(name).inputs}
    assert systems == {"生产执行系统 (MES)", "质量管理系统 (QMS)", "设备管理系统 (EMS)"}
    assert value("oee_availability", 实际运行时间="450", 计划运行时间="500") == 90
    assert value("oee_performance", 实际产量="950", 理论产量="1000") == 95
    assert value("oee_quality", 合格品数量="931", 总生产数量="950") == 98
    assert value("oee", 可用率="90", 性能率="95", 质量率="98") == Decimal("83.79")


def test_total_inventory_divides_the_whole_sum_by_a_million() -> None:
    total = value("total_inventory", 在制品价值="1000000", 成品价值="2000000", 原材料价值="3000000")
    scale = indicator("total_inventory").scale
    assert total == 6000000 and scale is not None
    assert divide(total, scale.divide_by, 4) == 6


def test_manufacturing_variance_has_both_forms_and_an_overrun_is_positive() -> None:
    assert value("mfg_variance", 实际成本="1050000", 标准成本="1000000") == 50000
    assert value("mfg_variance_rate", 实际成本="1050000", 标准成本="1000000") == 5
    assert value("mfg_variance_rate", 实际成本="950000", 标准成本="1000000") == -5


def test_energy_has_the_printed_unit_and_the_printed_formula_in_two_indicators() -> None:
    assert (value("energy_use", 总能源使用量="1200"), indicator("energy_use").unit) == (1200, "kWh")
    assert (value("energy_per_unit", 总能源使用量="1200", 生产量="400"), indicator("energy_per_unit").unit) == (3, "kWh/件")


def test_trir_counts_per_200000_hours() -> None:
    assert value("trir", 可记录事故次数="3", 总工作时间="600000") == 1


def test_health_and_safety_divides_by_the_people_it_is_about() -> None:
    assert value("ohs_engagement_dl", 参与一线员工数="45", 一线员工总数="50") == 90
    assert value("ohs_innovation_idl", 参与间接人员数="5", 间接人员总数="20") == 25


def test_supplier_performance_stays_between_0_and_100() -> None:
    assert value("supplier_performance", 质量得分="90", 交付得分="80", 价格得分="70") == 81
    assert value("supplier_performance", 质量得分="100", 交付得分="100", 价格得分="100") == 100


def test_programmatic_savings_are_the_four_classes_and_not_the_formula_of_cost_savings() -> None:
    classes = {"间接费用节约": "1", "人工节约": "2", "良率报废与材料使用差异节约": "3", "其他运营成本节约": "4"}
    assert value("programmatic_savings", **classes) == 10
    assert value("cost_savings", 改善前成本="10", 改善后成本="7") == 3


def test_backlog_weeks_are_weeks_of_average_shipments() -> None:
    assert value("backlog_weeks", 未完成订单总价值="6000000", 平均每周发货价值="1500000") == 4


def test_return_on_investment_is_net() -> None:
    assert value("roi", 投资收益="120", 投资成本="100") == 20


def test_a_base_of_zero_is_no_figure_or_bad_data_or_nothing_due_and_never_made_up() -> None:
    assert value("first_pass_yield", 首次检验合格数量="0", 总检验数量="0") is None
    assert value("complaint_rate", 投诉数量="0", 总发货数量="0") is None
    with pytest.raises(ScoringError) as refused:
        value("complaint_rate", 投诉数量="3", 总发货数量="0")
    assert refused.value.code == "zero_denominator"
    assert value("capa_completion", 按时完成的CAPA数量="0", 总CAPA数量="0") == 100
