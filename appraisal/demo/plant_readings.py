"""What the sample plant reads each month, made by whole-number arithmetic: the same figures on every machine, at every run.

Each quantity of drivers.csv has a base, a yearly change and a span within which it moves from month to month; the move is taken
from a digest of its name, the month and a salt. The salts were chosen so that chance shows nothing: what evaluation finds was
planted in effects.csv. Rates are counted, not stated: lots, pieces, hours and people come first, one number for one thing.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from appraisal.core.calendar import Period

FOLDER = Path(__file__).parent / "data" / "plant"
FIRST: Final = Period("month", 2024, 2)
LAST: Final = Period("month", 2026, 3)

Inputs = Mapping[str, int | str]
Series = tuple[str, str]
"""A policy and an indicator of it."""

_HEADINGS: Final = ("指标", "期间", "部门", "原始数据", "来源单据", "制度")
MISSING: Final[Mapping[Series, tuple[str, ...]]] = {("kpi_sop", "nps"): ("2025-08",)}
"""Months in which an indicator was not read: nobody asked the customers in the summer holidays."""

_DAYS_WORKED: Final = (20, 17, 22, 20, 21, 21, 23, 21, 22, 18, 21, 22)
"""Working days of January to December, near enough for every year."""
_HOURS_A_DAY: Final = 12 * 20
"""Twelve lines that run for twenty hours."""
PEOPLE, DIRECT = 300, 210
"""The establishment, and those of it on the lines."""
_BASE_RATE: Final = 72
"""How many tenths of a yuan a US dollar costs, for amounts that one policy has in yuan and the other in dollars."""


@dataclass(frozen=True)
class Driver:
    """A quantity that others are made of."""

    base: int
    span: int
    yearly: int
    salt: int


Drivers = Mapping[str, Driver]
Effects = Mapping[tuple[str, str], int]
"""What a story adds to a quantity, by month and name."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a file of the plant's data."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def drivers() -> Drivers:
    """The quantities, by name."""
    names = ("base", "span", "yearly", "salt")
    return {row["name"]: Driver(**{name: int(row[name]) for name in names}) for row in rows("drivers")}


@cache
def effects() -> Effects:
    """What the stories change."""
    return {(row["period"], row["name"]): int(row["change"]) for row in rows("effects")}


def months() -> Iterator[Period]:
    """The months that there are readings of."""
    month = FIRST
    while month != LAST.next():
        yield month
        month = month.next()


class Month:
    """The quantities of one month."""

    def __init__(self, period: Period, planted: Effects) -> None:
        self.period = period
        self.planted = planted
        self.since = (period.year - FIRST.year) * 12 + period.number - FIRST.number
        self.days = _DAYS_WORKED[period.number - 1]
        self.planned_hours = self.days * _HOURS_A_DAY
        self.run_hours = self.share("availability", self.planned_hours)
        self.theoretical = self.run_hours * 10
        self.output = self.share("performance", self.theoretical)
        self.nonconforming = self.output * self["nonconforming"] // 100_000
        self.attended = PEOPLE * self.days * 8
        self.energy = self["energy_base"] + self.output * 42 // 10
        self.on_time = self.share("on_time", self["orders_due"])
        self.stock = self["wip"] + self["finished"] + self["material"]
        self.cost_of_sales = self["revenue"] - self.share("margin", self["revenue"])

    def __getitem__(self, name: str) -> int:
        """A quantity: base, growth since the first month, what chance and stories do to it."""
        one = drivers()[name]
        drawn = int.from_bytes(sha256(f"{name} {self.period} {one.salt}".encode()).digest()[:4])
        chance = drawn % (2 * one.span + 1) - one.span
        return one.base + one.yearly * self.since // 12 + chance + self.planted.get((str(self.period), name), 0)

    def share(self, name: str, of: int) -> int:
        """So many of a whole as a quantity in ten-thousandths says, to the nearest one."""
        return (of * self[name] + 5_000) // 10_000

    def all_but(self, due: str, late: str) -> int:
        """Those due less those late; a negative number of these is none."""
        return self[due] - max(0, self[late])


def readings_of(period: Period, planted: Effects | None = None) -> dict[Series, Inputs]:
    """The inputs of every indicator that is entered, by policy and indicator; with the stories unless told otherwise."""
    told = effects() if planted is None else planted
    month, before = Month(period, told), Month(period.previous(), told)
    plant = {("plant", name): inputs for name, inputs in (_made(month) | _managed(month, before)).items()}
    return plant | {("kpi_sop", name): inputs for name, inputs in _procedure(month).items()}


def _made(one: Month) -> dict[str, Inputs]:
    """Production, quality, equipment, facilities and safety."""
    planned = one.planned_hours * 10 * 8_950 * 9_440 // 100_000_000
    orders = one.output // one["order_size"]
    standard = one.output * 25
    tasks = one["pm_due"]
    failures = (one.run_hours * one["failures"] + 50_000) // 100_000
    return {
        "oee_availability": {"实际运行时间": one.run_hours, "计划运行时间": one.planned_hours},
        "oee_performance": {"实际产量": one.output, "理论产量": one.theoretical},
        "oee_quality": {"合格品数量": one.output - one.nonconforming, "总生产数量": one.output},
        "plan_completion": {"实际完成数量": one.output, "计划生产数量": one.share("plan_factor", planned)},
        "capacity_use": {"实际产出": one.output, "理论最大产能": one.share("product_mix", one.planned_hours * 11)},
        "cycle_time": {"生产周期时间合计": orders * one["cycle_hours"] // 100, "完工工单数": orders},
        "mfg_variance": {"实际成本": one.share("cost_variance", standard), "标准成本": standard},
        "mfg_variance_rate": {"实际成本": one.share("cost_variance", standard), "标准成本": standard},
        "period_expense": {
            "SOGL": one["sogl"],
            "闲置设施费用": one["idle"],
            "制造支持费用": one["support"],
            "人工分配费用": one["labour_allocated"],
        },
        "labour_efficiency": {"产出工时": one.share("labour_efficiency", one.attended), "实际出勤时间": one.attended},
        "first_pass_yield": {"首次检验合格数量": one.share("first_pass", one.output), "总检验数量": one.output},
        "nonconforming_rate": {"不合格品数量": one.nonconforming, "总生产数量": one.output},
        "capa_completion": {"按时完成的CAPA数量": one.all_but("capa_due", "capa_late"), "总CAPA数量": one["capa_due"]},
        "complaint_rate": {"投诉数量": one["complaints"], "总发货数量": one["shipped_units"]},
        "rework_rate": {"返工数量": one.output * one["rework"] // 100_000, "总生产数量": one.output},
        "equipment_availability": {
            "可运行时间": one.share("runnable", one.planned_hours),
            "计划运行时间": one.planned_hours,
        },
        "pm_completion": {"按时完成维护任务数": one.share("pm_done", tasks), "计划维护任务数": tasks},
        "failure_rate": {"故障次数": failures, "运行时间": one.run_hours},
        "maintenance_cost": {"预防性维护成本": one["preventive_cost"], "故障维修成本": one["repair_cost"]},
        "energy_use": {"总能源使用量": one.energy},
        "energy_per_unit": {"总能源使用量": one.energy, "生产量": one.output},
        "facility_maintenance_cost": {"日常维护成本": one["facility_daily"], "修理成本": one["facility_repair"]},
        "safety_event_rate": {"安全事件次数": one["safety_events"], "总工作时间": one.attended},
        "environmental_compliance": {
            "合规项目数": one.all_but("checked_items", "failed_items"),
            "总检查项目数": one["checked_items"],
        },
        "trir": {"可记录事故次数": one["incidents"], "总工作时间": one.attended},
        "recordable_incidents": {"可记录事故数量": one["incidents"]},
        "hazard_findings": {"发现的安全隐患数量": one["hazards"]},
    }


def _managed(one: Month, before: Month) -> dict[str, Inputs]:
    """Continuous improvement, supply chain and finance."""
    return {
        "ci_completion": {"按时完成项目数": one.all_but("projects", "projects_late"), "总项目数": one["projects"]},
        "cost_savings": {"改善前成本": one["cost_before"], "改善后成本": one["cost_before"] - one["cost_saved"]},
        "employee_engagement": {"参与员工数": one.share("engaged", PEOPLE), "总员工数": PEOPLE},
        "standardization": {
            "已完成标准化流程数": one.all_but("processes_due", "processes_late"),
            "计划标准化流程数": one["processes_due"],
        },
        "ohs_engagement_dl": {"参与一线员工数": one.share("ohs_direct", DIRECT), "一线员工总数": DIRECT},
        "ohs_innovation_idl": {
            "参与间接人员数": one.share("ohs_indirect", PEOPLE - DIRECT),
            "间接人员总数": PEOPLE - DIRECT,
        },
        "yb_certification": {"获得黄带认证的员工数": 90 + one.since, "总员工数": PEOPLE},
        "gb_certification": {"获得绿带认证的员工数": 25 + one.since // 3, "总员工数": PEOPLE},
        "bb_certification": {"获得黑带认证的员工数": 5 + one.since // 9, "总员工数": PEOPLE},
        "programmatic_savings": {
            "间接费用节约": one["saved_indirect"],
            "人工节约": one["saved_labour"],
            "良率报废与材料使用差异节约": one["saved_scrap"],
            "其他运营成本节约": one["saved_other"],
        },
        "inventory_turns": {"销售成本": _dollars(one.cost_of_sales), "平均库存价值": (one.stock + before.stock) // 2},
        "otd": {"准时交付订单数": one.on_time, "总订单数": one["orders_due"]},
        "procurement_savings": {
            "原采购成本": one["purchase_before"],
            "优化后采购成本": one["purchase_before"] - one["purchase_saved"],
        },
        "supplier_performance": {
            "质量得分": _tenths(one["score_quality"]),
            "交付得分": _tenths(one["score_delivery"]),
            "价格得分": _tenths(one["score_price"]),
        },
        "backlog": {"未完成订单总价值": one["backlog"]},
        "backlog_weeks": {"未完成订单总价值": one["backlog"], "平均每周发货价值": one["weekly_shipped"]},
        "total_inventory": {"在制品价值": one["wip"], "成品价值": one["finished"], "原材料价值": one["material"]},
        "operating_cost": {"直接成本": one["direct_cost"], "间接成本": one["indirect_cost"]},
        "roi": {"投资收益": one.share("return_rate", one["invested"]), "投资成本": one["invested"]},
        "cash_flow": {"现金流入": one["cash_in"], "现金流出": one["cash_out"]},
        "budget_execution": {"实际支出": one.share("budget_spent", 180_000), "预算金额": 180_000},
    }


def _procedure(one: Month) -> dict[str, Inputs]:
    """The indicators of the measuring procedure but for the four about the KPIs themselves, which the system counts; orders and
    complaints are those of the plant's own indicators."""
    revenue, suppliers = one["revenue"], 46
    return {
        "iqc_pass_rate": {"IQC合格批数": one.all_but("iqc_lots", "iqc_rejected"), "IQC检验批数": one["iqc_lots"]},
        "oqc_pass_rate": {"OQC合格批数": one.all_but("oqc_lots", "oqc_rejected"), "OQC检验批数": one["oqc_lots"]},
        "complaint_rate": {"客诉件数": one["complaints"], "发货批数": one["shipments"]},
        "ncr_30d_closure": {"按期关闭NCR数": one.all_but("ncr_due", "ncr_late"), "到期NCR数": one["ncr_due"]},
        "capa_90d_closure": {
            "按期关闭CAPA数": one.all_but("capa_90d_due", "capa_90d_late"),
            "到期CAPA数": one["capa_90d_due"],
        },
        "recurrence_rate": {"再发问题数": one["problems_back"], "已关闭问题数": one["problems_closed"]},
        "nps": {
            "推荐者数": one.share("promoters", one["answers"]),
            "贬损者数": one.share("detractors", one["answers"]),
            "受访者数": one["answers"],
        },
        "monthly_revenue": {"营业收入": revenue},
        "customer_concentration": {"恒煦营业收入": one.share("main_customer", revenue), "营业收入": revenue},
        "inquiry_24h": {"按时回应询价数": one.all_but("inquiries", "inquiries_late"), "询价数": one["inquiries"]},
        "on_time_delivery": {"准时交付订单数": one.on_time, "应交付订单数": one["orders_due"]},
        "gross_margin": {"营业收入": revenue, "营业成本": one.cost_of_sales},
        "receivable_days": {
            "平均应收账款": one["receivables"],
            "营业收入": revenue,
            "期间天数": one.period.last_day().day,
        },
        "closing_day": {"完成月结之日": one["closing_day"]},
        "nonconformance_loss": {
            "不合格品损失金额": one.share("loss_rate", one["output_value"]),
            "产值": one["output_value"],
        },
        "supplier_qualified": {"资质有效供应商数": suppliers, "在用供应商数": suppliers},
        "dual_sourcing": {"双源关键原料数": 14, "关键原料数": 14},
        "grade_a_suppliers": {"A级供应商数": one["grade_a"], "在用供应商数": suppliers},
        "inbound_on_time": {"准时入库单数": one.share("inbound", one["inbound_due"]), "应入库单数": one["inbound_due"]},
        "chemical_accidents": {"化学品事故起数": one["accidents"]},
        "emergency_equipment": {"完整应急装备数": 210 - one["equipment_missing"], "应急装备总数": 210},
        "hazardous_waste": {"合规处置危废量": one["waste"], "应处置危废量": one["waste"]},
        "legal_compliance": {"合规条款数": 46, "检查条款数": 46},
        "environmental_penalties": {"环保行政处罚次数": one["penalties"]},
    }


def _dollars(yuan: int) -> int:
    return yuan * 10 // _BASE_RATE


def _tenths(amount: int) -> str:
    return f"{amount // 10}.{amount % 10}"


def exports(period: Period, kinds: Mapping[Series, str | None], unit: str) -> dict[str, bytes]:
    """The files that the platform hands out for a month, by name: one for each record type, and one for each policy with what
    is gathered by other means. `kinds` says from which record type a series comes."""
    tables: dict[str, list[Sequence[str]]] = {}
    for (policy, indicator), inputs in readings_of(period).items():
        if str(period) in MISSING.get((policy, indicator), ()):
            continue
        kind = kinds[policy, indicator]
        name = f"{kind or policy}-{period}.csv"
        source = f"{(kind or policy).upper()}-{period}"
        tables.setdefault(name, []).append((indicator, str(period), unit, _written(inputs), source, policy))
    return {name: _as_csv(table) for name, table in sorted(tables.items())}


def _written(inputs: Inputs) -> str:
    return "; ".join(f"{name}={value}" for name, value in inputs.items())


def _as_csv(table: Sequence[Sequence[str]]) -> bytes:
    said = io.StringIO(newline="")
    writer = csv.writer(said)
    writer.writerow(_HEADINGS)
    writer.writerows(table)
    return said.getvalue().encode("utf-8-sig")
