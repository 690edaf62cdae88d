"""What was planted in the sample plant's figures, month by month, for whoever compares it with what evaluation finds.

From June 2025 on evaluation finds these signs and nothing else: no other level than normal, no trend, no pair.
"""

from typing import Final, NamedTuple


class Sign(NamedTuple):
    """One thing that evaluation should find: a level, a trend, or a pair with its second indicator."""

    period: str
    policy: str
    indicator: str
    kind: str
    level: str | None = None
    other: str | None = None


STORIES: Final = {
    "supplier_lots": "一家供应商的几批原料不合格: 2025-10 至 2025-12 IQC 合格率下降而客诉率上升, 2026-03 再次出现",
    "drift": "预防性维护少做, 设备故障率自 2026-01 起连续三个月变差, 始终在容差之内",
    "broken_month": "2025-06 暴雨进水, 主线停机两周: 产量、交付、工时、回款都受影响",
    "back_filled": "2025-02 平台迁移, 当月导出缺失, 四月凭纸质记录补录",
}
"""What happened, by the name that effects.csv gives it."""


def _levels(period: str, policy: str, level: str, *indicators: str) -> tuple[Sign, ...]:
    return tuple(Sign(period, policy, indicator, "level", level) for indicator in indicators)


PLANTED: Final[tuple[Sign, ...]] = (
    # the broken month
    *_levels("2025-06", "plant", "abnormal", "oee", "oee_availability", "plan_completion", "capacity_use", "cycle_time"),
    *_levels("2025-06", "plant", "abnormal", "labour_efficiency", "budget_execution", "equipment_availability"),
    *_levels("2025-06", "plant", "severe", "failure_rate", "trir", "recordable_incidents"),
    *_levels("2025-06", "kpi_sop", "abnormal", "ncr_30d_closure", "monthly_revenue", "on_time_delivery", "receivable_days"),
    *_levels("2025-06", "kpi_sop", "abnormal", "inbound_on_time"),
    *_levels("2025-06", "kpi_sop", "severe", "closing_day"),
    Sign("2025-06", "plant", "failure_rate", "related", other="oee"),
    Sign("2025-06", "plant", "trir", "related", other="recordable_incidents"),
    Sign("2025-07", "kpi_sop", "inbound_on_time", "guard", other="iqc_pass_rate"),
    # the supplier's lots
    Sign("2025-10", "kpi_sop", "iqc_pass_rate", "related", other="complaint_rate"),
    Sign("2025-11", "kpi_sop", "iqc_pass_rate", "level", "attention"),
    Sign("2025-11", "kpi_sop", "iqc_pass_rate", "related", other="complaint_rate"),
    Sign("2025-11", "plant", "first_pass_yield", "related", other="complaint_rate"),
    Sign("2025-12", "kpi_sop", "iqc_pass_rate", "level", "abnormal"),
    Sign("2025-12", "kpi_sop", "iqc_pass_rate", "trend"),
    Sign("2025-12", "kpi_sop", "complaint_rate", "level", "abnormal"),
    Sign("2025-12", "kpi_sop", "complaint_rate", "trend"),
    Sign("2025-12", "kpi_sop", "iqc_pass_rate", "related", other="complaint_rate"),
    Sign("2025-12", "plant", "complaint_rate", "trend"),
    Sign("2025-12", "plant", "inventory_turns", "guard", other="otd"),
    Sign("2026-03", "kpi_sop", "iqc_pass_rate", "level", "abnormal"),
    Sign("2026-03", "kpi_sop", "complaint_rate", "level", "severe"),
    Sign("2026-03", "kpi_sop", "iqc_pass_rate", "related", other="complaint_rate"),
    Sign("2026-03", "plant", "first_pass_yield", "related", other="complaint_rate"),
    # the drift: never beyond tolerance, but the maintenance saved shows
    Sign("2026-02", "plant", "maintenance_cost", "guard", other="failure_rate"),
    Sign("2026-02", "plant", "pm_completion", "related", other="failure_rate"),
    Sign("2026-02", "plant", "failure_rate", "related", other="oee"),
    Sign("2026-03", "plant", "failure_rate", "trend"),
    Sign("2026-03", "plant", "maintenance_cost", "guard", other="failure_rate"),
    Sign("2026-03", "plant", "pm_completion", "related", other="failure_rate"),
)
EVALUATED: Final = ("2025-06", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03")
"""The months that the sample evaluates; in one of them nothing was planted."""
