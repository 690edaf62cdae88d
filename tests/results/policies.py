"""Editions of the trading policy with what it does not use itself: a calibration, limits of grades, a chain of approvals."""

import itertools

from sqlmodel import Session

from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from tests import factories

WORKFLOW = "rules/trading/workflow.yaml"
INTERVIEW = "      - {id: interview, "
CALIBRATION = "      - {id: calibration, name: {zh: 校准, en: Calibration}, actors: [hr], days: 5, on_deadline: wait}\n"
CHAIN = """      - {id: department, name: {zh: 部门审批, en: Department}, by: unit_head}
      - {id: approval, name: {zh: 审批, en: Approval}, by: approver}
"""
_numbers = itertools.count(1)
ONE = "      - {id: approval, name: {zh: 审批, en: Approval}, by: approver}\n"
LIMITS = """title: {zh: 等级分布, en: Distribution of grades}
editions:
  - effective: 2026-01-01
    source: 测试
    scope: %s
    minimum_population: 2
    limits:
      - {grade: S, percent: 10}
      - {grade: A, percent: 50}
"""


def with_calibration(scope: str | None = None) -> dict[str, str]:
    """Rule files whose workflow calibrates before the interview; with a scope, grades have limits there."""
    files = dict(factories.checked().files)
    text = files[WORKFLOW]
    assert text.count(INTERVIEW) == 1
    text = text.replace(INTERVIEW, CALIBRATION + INTERVIEW)
    review = "{action: submit_review, from: supervisor_review, to: interview, by: [supervisor]}"
    assert review in text
    closing = "      - {action: close_calibration, from: calibration, to: interview, by: [hr]}"
    text = text.replace(review, review.replace("interview", "calibration") + "\n" + closing)
    withdrawing = "{action: withdraw_review, from: interview, "
    assert withdrawing in text
    files[WORKFLOW] = text.replace(withdrawing, withdrawing.replace("interview", "calibration"))
    if scope is not None:
        files["rules/trading/distribution.yaml"] = LIMITS % scope
    return files


def with_a_chain() -> dict[str, str]:
    """Rule files whose results are approved by the head of the unit first."""
    files = dict(factories.checked().files)
    text = files[WORKFLOW]
    assert ONE in text
    approving = "{action: approve, from: approval, to: approval, by: [approver]}"
    assert approving in text
    files[WORKFLOW] = text.replace(ONE, CHAIN).replace(approving, approving.replace("[approver]", "[unit_head, approver]"))
    return files


def a_cycle_under(session: Session, files: dict[str, str]) -> Cycle:
    """An open first quarter under these rules, with whom the test has hired before."""
    factories.a_published_policy(session, files=files)
    said = {"code": f"X{next(_numbers)}", "name": "测试周期", "policy_name": "trading", "period": "2026-Q1", "pays": True}
    cycle = cycles.draft_cycle(session, factories.hr(session), **said)
    cycles.open_cycle(session, factories.hr(session), cycle)
    return cycle
