"""What is agreed and what is reached in the quarter, with every total worked out by hand from the regulation.

Reaching the target gives 80 points and the challenge 100, in proportion between them; below it, actual ÷ target × 80. What must
not happen gives 100 at 0 and loses 40 each time it does (002 article 7, G-32).
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.journeys.office import PEOPLE

_ROWS = list(csv.DictReader(io.StringIO(PEOPLE.decode())))
NUMBERS = [row["工号"] for row in _ROWS]
SUPERIORS = {row["工号"]: row["直接上级工号"] for row in _ROWS}
DRIVER, ASSESSOR = "Y12", "Y13"

_FILES = {"id": "customer_files", "name_zh": "客户档案整理", "name_en": "Tidy the customer files", "dimension": "operations"}
_ROUTINE = {"id": "monthly_work", "name_zh": "月度例行工作", "name_en": "Monthly routine", "dimension": "operations"}

ITEMS: dict[str, list[dict[str, Any]]] = {
    "sales": [
        {"id": "revenue", "kind": "kpi", "weight": "60", "target": "1000000", "challenge": "1200000"},
        {"id": "new_customers", "kind": "kpi", "weight": "30", "target": "10", "challenge": "12"},
        _FILES | {"kind": "gs", "weight": "10", "standard": "全部档案齐全为 100, 每缺一户减 2 分"},
    ],
    "purchasing": [
        {"id": "purchase_cost_reduction", "kind": "kpi", "weight": "50", "target": "5", "challenge": "8"},
        {"id": "purchase_on_time_arrival", "kind": "kpi", "weight": "40", "target": "95", "challenge": "100"},
        {"id": "credit_risk_events", "kind": "kpi", "weight": "10"},
    ],
    "documents_logistics": [
        {"id": "document_accuracy", "kind": "kpi", "weight": "30", "target": "95", "challenge": "100"},
        {"id": "document_timeliness", "kind": "kpi", "weight": "30", "target": "95", "challenge": "100"},
        {"id": "compliance_violations", "kind": "kpi", "weight": "20"},
        {"id": "cross_department_collaboration", "kind": "gs", "weight": "20"},
    ],
    "functional": [
        {"id": "training_completion", "kind": "kpi", "weight": "40", "target": "90", "challenge": "100"},
        _ROUTINE | {"kind": "gs", "weight": "40", "standard": "按清单逐项核对, 每漏一项减 5 分"},
        {"id": "compliance_violations", "kind": "kpi", "weight": "20"},
    ],
}


def superior_of(number: str) -> str:
    """The login of somebody's supervisor."""
    return SUPERIORS[number].lower()


def items_of(post: str, ids: Mapping[str, int]) -> list[dict[str, Any]]:
    """The items of a post as they are issued: revenue serves the goal of the department, and how well the documents people
    work with others is for the head of purchasing to say (D-06)."""
    named = {"revenue": {"goal_id": ids["goal"]}, "cross_department_collaboration": {"assessor_id": ids[ASSESSOR]}}
    return [item | named.get(item["id"], {}) for item in ITEMS[post]]


@dataclass(frozen=True)
class Reached:
    """What somebody has reached: actuals, or the inputs of a formula, by item; the rating of the one goal, if there is one; and
    what this comes to."""

    figures: Mapping[str, Any]
    goal: str | None
    rating: str | None
    score: str
    grade: str


def _sales(revenue: str, customers: str, files: str, score: str, grade: str) -> Reached:
    return Reached({"revenue": revenue, "new_customers": customers}, "customer_files", files, score, grade)


def _purchasing(cost: str, on_time: str, score: str, grade: str) -> Reached:
    figures = {
        "purchase_cost_reduction": {"计划采购成本": "1000000", "实际采购成本": cost},
        "purchase_on_time_arrival": {"准时到货采购订单数": on_time, "总采购订单数": "100"},
        "credit_risk_events": "0",
    }
    return Reached(figures, None, None, score, grade)


def _documents(right: str, in_time: str, together: str, score: str, grade: str) -> Reached:
    figures = {
        "document_accuracy": {"准确单证数": right, "单证总数": "200"},
        "document_timeliness": {"按时单证数": in_time, "单证总数": "200"},
        "compliance_violations": "0",
    }
    return Reached(figures, "cross_department_collaboration", together, score, grade)


def _functional(hours: str, routine: str, score: str, grade: str) -> Reached:
    figures = {"training_completion": {"实际完成课时": hours, "计划课时": "40"}, "compliance_violations": "0"}
    return Reached(figures, "monthly_work", routine, score, grade)


# 1.2 million is the challenge: 100 × 60 % = 60; 12 customers likewise: 100 × 30 % = 30; 90 × 10 % = 9; together 99.
_SALES_S = _sales("1200000", "12", "90", "99", "S")
# 1.1 million lies half-way: 90 × 60 % = 54; 10 customers are the target: 80 × 30 % = 24; 85 × 10 % = 8.5; together 86.5.
_SALES_A = _sales("1100000", "10", "85", "86.5", "A")
# 80 × 60 % = 48; 8 ÷ 10 × 80 = 64, × 30 % = 19.2; 80 × 10 % = 8; together 75.2.
_SALES_B = _sales("1000000", "8", "80", "75.2", "B")
# 0.8 × 80 = 64, × 60 % = 38.4; 0.6 × 80 = 48, × 30 % = 14.4; 75 × 10 % = 7.5; together 60.3.
_SALES_C = _sales("800000", "6", "75", "60.3", "C")
# 0.6 × 80 = 48, × 60 % = 28.8; 0.5 × 80 = 40, × 30 % = 12; 70 × 10 % = 7; together 47.8.
_SALES_D = _sales("600000", "5", "70", "47.8", "D")
# 85 × 60 % = 51; 9 ÷ 10 × 80 = 72, × 30 % = 21.6; 85 × 10 % = 8.5; together 81.1. With 11 customers it will be 90 × 30 % = 27.
_SALES_Y22 = _sales("1050000", "9", "85", "81.1", "B")
# 100 × 60 % = 60; 80 × 30 % = 24; 85 × 10 % = 8.5; together 92.5. With 12 customers it will be 100 × 30 % = 30.
_SALES_Y23 = _sales("1200000", "10", "85", "92.5", "A")

# 6.5 % saved lies half-way from 5 to 8: 90 × 50 % = 45; 98 % is 3 of 5 on the way: 92 × 40 % = 36.8; 100 × 10 % = 10; 91.8.
_BUYER_A = _purchasing("935000", "98", "91.8", "A")
# 8 % and 100 % are the challenges: 50 + 40 + 10 = 100.
_BUYER_S = _purchasing("920000", "100", "100", "S")
# Both targets: 80 × 50 % = 40; 80 × 40 % = 32; 10; together 82.
_BUYER_B = _purchasing("950000", "95", "82", "B")

# 190 of 200 is the target of 95 %: 80 × 30 % = 24; 196 of 200 is 98 %: 92 × 30 % = 27.6; 20; 85 × 20 % = 17; together 88.6.
_PAPERS_A = _documents("190", "196", "85", "88.6", "A")
# 90 ÷ 95 × 80 = 75.78947…, half-up at 4 places 75.7895, × 30 % = 22.73685; 24; 20; 75 × 20 % = 15; together 81.73685.
_PAPERS_B = _documents("180", "190", "75", "81.73685", "B")

# All 40 hours: 100 × 40 % = 40; 85 × 40 % = 34; 20; together 94.
_OFFICE_A = _functional("40", "85", "94", "A")
# 40; 95 × 40 % = 38; 20; together 98.
_OFFICE_S = _functional("40", "95", "98", "S")
# 36 of 40 is the target of 90 %: 80 × 40 % = 32; 80 × 40 % = 32; 20; together 84.
_OFFICE_B = _functional("36", "80", "84", "B")

REACHED = {
    "Y03": _OFFICE_A,
    "Y04": _OFFICE_A,
    "Y05": _OFFICE_S,
    "Y06": _OFFICE_B,
    "Y07": _OFFICE_A,
    "Y08": _PAPERS_A,
    "Y09": _PAPERS_A,
    "Y10": _PAPERS_A,
    "Y11": _PAPERS_A,
    DRIVER: _PAPERS_B,
    "Y13": _BUYER_A,
    "Y14": _BUYER_S,
    "Y15": _BUYER_A,
    "Y16": _BUYER_A,
    "Y17": _BUYER_B,
    "Y18": _SALES_A,
    "Y19": _SALES_S,
    "Y20": _SALES_A,
    "Y21": _SALES_B,
    "Y22": _SALES_Y22,
    "Y23": _SALES_Y23,
    "Y24": _SALES_A,
    "Y25": _SALES_C,
    "Y26": _SALES_A,
    "Y27": _SALES_B,
    "Y28": _SALES_S,
    "Y29": _SALES_D,
    "Y30": _SALES_A,
}
