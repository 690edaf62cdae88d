"""KPI monitoring at the size of a large plant: 500 indicators in five classes over 60 months, judged from first to last.

The policy is the shipped kpi_sop's kind of rules on made-up indicators, so that the figure does not depend on what is shipped.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from appraisal.core.calendar import Period
from appraisal.core.judging.readings import Reading
from appraisal.core.monitoring.bulk import evaluate_history
from appraisal.core.monitoring.evaluate import evaluate
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Policy

INDICATORS, MONTHS = 500, 60
POLICY = "big"
CLASSES = ("quality", "business", "finance", "supply", "safety")
FIRST = Period("month", 2021, 1)

_POLICY = """
policy: big
title: {zh: 大, en: Big}
documents: []
editions:
  - effective: 2020-01-01
    purpose: monitoring
    status: effective
    precision: 4
    dimensions: [%s]
"""
_MONITORING = """
title: {zh: 监测, en: Monitoring}
editions:
  - effective: 2020-01-01
    levels: [{level: normal, up_to: 5}, {level: attention, up_to: 10}, {level: abnormal, up_to: 25}, {level: severe}]
    trend: {worsenings: 3}
    raise_target: {months: 3}
    unrealistic_jump: {percent: 30}
    guards: [%s]
    correlation: {periods: 24, lags: 3, minimum: 8, strength: 0.6}
"""
_LIBRARY = """
title: {zh: 指标, en: Indicators}
dimension: %s
editions:
  - effective: 2020-01-01
    indicators:
%s
"""


def history(size: tuple[int, int]) -> tuple[float, int]:
    """Seconds for every indicator and month with the pairs, and how many records the engine decided."""
    policy, readings, periods = draw(*size)
    evaluate_history(policy, {}, periods[:1])
    started = time.perf_counter()
    found = evaluate_history(policy, readings, periods)
    return time.perf_counter() - started, found.evaluations


def every_row(size: tuple[int, int]) -> tuple[float, int]:
    """The same with every reading through the engine."""
    policy, readings, periods = draw(*size)
    evaluate_history(policy, {}, periods[:1])
    started = time.perf_counter()
    found = evaluate_history(policy, readings, periods, every_row=True)
    return time.perf_counter() - started, found.evaluations


def one_period(size: tuple[int, int]) -> tuple[float, int]:
    """Seconds for the last month alone, explained, out of the whole history."""
    policy, readings, periods = draw(*size)
    evaluate(policy, {}, periods[-1])
    started = time.perf_counter()
    found = evaluate(policy, readings, periods[-1])
    return time.perf_counter() - started, len(found.judged)


def draw(indicators: int, months: int) -> tuple[Policy, dict[str, list[Reading]], list[Period]]:
    """A policy and readings that wander, with a gap here and there."""
    random = Random(7)
    names = [f"kpi_{number}" for number in range(indicators)]
    book, problems = load_book(files_of(indicators), POLICY)
    if book is None:
        raise SystemExit("\n".join(map(str, problems)))
    periods = [FIRST]
    while len(periods) < months:
        periods.append(periods[-1].next())
    return book.on(periods[-1].last_day()), {name: list(_readings(random, periods)) for name in names}, periods


def files_of(indicators: int) -> dict[str, str]:
    """The rule files of a policy with so many indicators, evenly in its classes."""
    names = [f"kpi_{number}" for number in range(indicators)]
    files = {
        "rules/big/policy.yaml": _POLICY % ", ".join(f"{{id: {one}, name: {{zh: {one}, en: {one}}}}}" for one in CLASSES),
        "rules/big/monitoring.yaml": _MONITORING
        % ", ".join(f"{{indicator: {one}, guard: {other}}}" for one, other in zip(names[::4], names[1::4], strict=False)),
    }
    for place, dimension in enumerate(CLASSES):
        rows = "\n".join(_row(number) for number in range(place, indicators, len(CLASSES)))
        files[f"rules/big/indicators/{dimension}.yaml"] = _LIBRARY % (dimension, rows)
    return files


def _row(number: int) -> str:
    direction, operator = ("higher", ">=") if number % 2 else ("lower", "<=")
    keys = {
        "id": f"kpi_{number}",
        "name": f"{{zh: 指标{number}, en: KPI {number}}}",
        "kind": "kpi",
        "definition": "{zh: 指标, en: KPI}",
        "unit": "'%'",
        "direction": direction,
        "sources": "[系统]",
        "cadence": "[month]",
        "target": "95",
        "operator": f"'{operator}'",
        "benchmark": "94",
    }
    return "      - {" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}"


def _readings(random: Random, periods: list[Period]) -> Iterator[Reading]:
    value, missing = Decimal(95), random.random() < 0.3
    for period in periods:
        value = min(max(value + Decimal(random.randint(-300, 300)) / 100, Decimal(40)), Decimal(140))
        reading = Reading(period, value)
        yield replace(reading, value=None) if missing and random.random() < 0.05 else reading
