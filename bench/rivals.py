"""The same decision written for other tools: plain Python closures, zen-engine and rule-engine.

Each takes rows of plain values (actual, target and challenge per item, the two incident counts) and answers with the
score and the grade. They get the curve, the weights, the veto and the bands; outcomes and explanations are ours alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rule_engine
import zen

from bench.population import LOWER, SHEET, Population

Row = Mapping[str, Any]
Answer = tuple[float, str]
Contestant = Callable[[Sequence[Row]], list[Answer]]

UNIT = 10_000


def rows_of(population: Population, count: int) -> list[Row]:
    """The first `count` cases as plain rows; figures are whole numbers of the column's smallest unit."""
    table = population.table
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for column in table.columns:
        assert column.targets is not None and column.challenges is not None
        for name, values in (("a", column.values), ("t", column.targets), ("c", column.challenges)):
            for row, value in zip(rows, values[:count].tolist(), strict=True):
                row[f"{column.item.id}_{name}"] = value
    for event, counts in table.incidents.items():
        for row, value in zip(rows, counts[:count].tolist(), strict=True):
            row[event] = value
    return list(rows)


def closures(population: Population) -> Contestant:
    """Integers and closures, one per item: what a careful programmer would write by hand."""
    bands = [(int(band.from_ * UNIT * 100), band.grade) for band in population.policy.bands]
    curves = [_closure(item, weight) for item, weight, _, _ in SHEET]

    def decide(rows: Sequence[Row]) -> list[Answer]:
        answers = []
        for row in rows:
            total = 0 if row["serious_violation"] else sum(curve(row) for curve in curves)
            answers.append((total / (UNIT * 100), next(grade for edge, grade in bands if total >= edge)))
        return answers

    return decide


def _closure(item: str, weight: int) -> Callable[[Row], int]:
    actual, target, challenge, sign = f"{item}_a", f"{item}_t", f"{item}_c", -1 if item in LOWER else 1
    zeroed = item == "collection_rate"

    def points(row: Row) -> int:
        a, t, c = row[actual], row[target], row[challenge]
        if zeroed and row["credit_loss"]:
            return 0
        if (a - c) * sign >= 0:
            return 100 * UNIT * weight
        if (a - t) * sign >= 0:
            span = (c - t) * sign
            return (80 * UNIT + (40 * UNIT * (a - t) * sign + span) // (2 * span)) * weight
        share = a if sign > 0 else 2 * t - a
        return (160 * UNIT * max(share, 0) + t) // (2 * t) * weight

    return points


def zen_engine(population: Population) -> Contestant:
    """One decision graph: an expression node for the curves and the total, a decision table for veto and bands."""
    expressions = [{"id": f"e{number}", "key": item, "value": _zen_curve(item)} for number, (item, *_) in enumerate(SHEET)]
    total = " + ".join(f"$.{item} * {weight} / 100" for item, weight, _, _ in SHEET)
    expressions.append({"id": "total", "key": "total", "value": f"serious_violation > 0 ? 0 : {total}"})
    edges = [(band.from_, band.grade) for band in population.policy.bands]
    rules = [{"_id": f"r{number}", "i": f">= {edge}", "o": f'"{grade}"'} for number, (edge, grade) in enumerate(edges)]
    table = {
        "hitPolicy": "first",
        "rules": rules,
        "inputs": [{"id": "i", "name": "total", "field": "total"}],
        "outputs": [{"id": "o", "name": "grade", "field": "grade"}],
        "passThrough": True,
    }
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {
                "id": "curves",
                "type": "expressionNode",
                "name": "curves",
                "content": {"expressions": expressions, "passThrough": True},
            },
            {"id": "bands", "type": "decisionTableNode", "name": "bands", "content": table},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": f"{left}-{right}", "sourceId": left, "targetId": right, "type": "edge"}
            for left, right in (("in", "curves"), ("curves", "bands"), ("bands", "out"))
        ],
    }
    decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(graph)))

    def decide(rows: Sequence[Row]) -> list[Answer]:
        results = [decision.evaluate(dict(row))["result"] for row in rows]
        return [(float(result["total"]), str(result["grade"])) for result in results]

    return decide


def _zen_curve(item: str) -> str:
    a, t, c = (f"{item}_{name}" for name in "atc")
    if item in LOWER:
        curve = f"{a} <= {c} ? 100 : ({a} <= {t} ? 80 + 20 * ({t} - {a}) / ({t} - {c}) : max([0, 80 * (2 * {t} - {a}) / {t}]))"
    else:
        curve = f"{a} >= {c} ? 100 : ({a} >= {t} ? 80 + 20 * ({a} - {t}) / ({c} - {t}) : max([0, 80 * {a} / {t}]))"
    curve = f"round({curve}, 4)"
    return f"credit_loss > 0 ? 0 : {curve}" if item == "collection_rate" else curve


def rule_engine_rules(population: Population) -> Contestant:
    """rule-engine has no way to assign, so the closures do the sums and its rules decide veto and grade."""
    scored = closures(population)
    veto = rule_engine.Rule("serious_violation > 0")
    bands = [(rule_engine.Rule(f"total >= {band.from_}"), band.grade) for band in population.policy.bands]

    def decide(rows: Sequence[Row]) -> list[Answer]:
        answers = []
        for row, (total, _) in zip(rows, scored(rows), strict=True):
            fact = {"total": 0 if veto.matches(row) else total}
            answers.append((float(fact["total"]), next(grade for rule, grade in bands if rule.matches(fact))))
        return answers

    return decide


CONTESTANTS: Mapping[str, Callable[[Population], Contestant]] = {
    "plain Python closures": closures,
    "zen-engine": zen_engine,
    "rule-engine": rule_engine_rules,
}
