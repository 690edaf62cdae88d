"""Weekly summaries, suggestions and proposals as the API and its tables show them."""

from collections.abc import Mapping
from typing import Any

from appraisal.bulletins import suggestions
from appraisal.bulletins.models import KpiSuggestionDecision, KpiSummary, KpiSummaryRewording
from appraisal.core.policy.entry import Text
from appraisal.labels import label
from appraisal.monitoring.watched import Watching
from appraisal.people.models import Unit

SUMMARY_HEADINGS = ("制度", "部门", "周", "方面", "版次", "类型", "指标", "内容", "依据", "读数")
SUGGESTION_HEADINGS = (
    "制度",
    "部门",
    "周",
    "方面",
    "类型",
    "指标",
    "期间",
    "由谁办理",
    "建议",
    "依据",
    "状态",
    "原因",
    "决定人",
    "决定时间",
)
PROPOSAL_HEADINGS = (
    "制度",
    "部门",
    "季度",
    "指标",
    "发现",
    "建议",
    "另一指标",
    "说明",
    "依据",
    "决定",
    "原因",
    "决定人",
    "决定时间",
)


def summary_row(known: Watching, one: KpiSummary, unit: Unit | None, rewording: KpiSummaryRewording | None) -> dict[str, Any]:
    """A summary without what it says."""
    names = ("id", "policy", "week", "advisor", "edition", "evaluation_id", "made_at")
    return {name: getattr(one, name) for name in names} | {
        "unit": unit,
        "area": area_of(known, one),
        "sentences": len(one.content["statements"]),
        "suggested": len(one.content["suggestions"]),
        "rewording": rewording.outcome if rewording else None,
    }


def summary_out(
    known: Watching, row: tuple[KpiSummary, Unit | None, KpiSummaryRewording | None], suggested: list[dict[str, Any]]
) -> dict[str, Any]:
    """A summary whole, with these of its suggestions."""
    one, _, rewording = row
    words = {"zh": rewording.zh, "en": rewording.en} if rewording and rewording.zh is not None else None
    return summary_row(known, *row) | {
        "statements": [_statement(statement) for statement in one.content["statements"]],
        "suggestions": suggested,
        "reworded": words,
        "problem": rewording.problem if rewording else None,
    }


def suggestion_out(row: Any) -> dict[str, Any]:
    """A suggestion with the decision that counts."""
    one, unit, decision, login, name = row
    names = ("id", "policy", "advisor", "week", "kind", "indicator", "other", "period", "department", "readings", "made_at")
    return {name: getattr(one, name) for name in names} | {
        "unit": unit,
        "said": {"zh": one.zh, "en": one.en},
        "rule": {"path": one.path, "line": one.line},
        "state": suggestions.state_of(decision),
        "decision": decision_out(decision, login, name) if decision else None,
    }


def decision_out(decision: KpiSuggestionDecision, login: str, name: str | None) -> dict[str, Any]:
    """A decision with who took it."""
    names = ("adopted", "reason", "exception_id", "task_id", "decided_at")
    return {each: getattr(decision, each) for each in names} | {"decided_by": name or login}


def proposal_out(row: Any) -> dict[str, Any]:
    """A proposal with the decision that counts."""
    one, review, unit, decision, login, name = row
    names = ("id", "review_id", "indicator", "finding", "action", "other", "rho")
    return {each: getattr(one, each) for each in names} | {
        "policy": review.policy,
        "quarter": review.quarter,
        "unit": unit,
        "periods": one.readings,
        "said": {"zh": one.zh, "en": one.en},
        "rule": {"path": one.path, "line": one.line},
        "state": decision.choice if decision else "open",
        "reason": decision.reason if decision else None,
        "decided_by": (name or login) if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }


def review_row(row: Any) -> dict[str, Any]:
    """A review without its proposals."""
    one, unit, proposals, decided = row
    names = ("id", "policy", "quarter", "digest", "made_at")
    return {name: getattr(one, name) for name in names} | {"unit": unit, "proposals": proposals, "decided": decided}


def summary_cells(known: Watching, row: Any) -> list[list[object]]:
    """The sentences of a summary as rows of a table."""
    one, unit, _ = row
    place = [one.policy, unit.name if unit else "公司", one.week, area_of(known, one).zh, one.edition]
    return [
        [
            *place,
            label("kpi_statement", said["kind"]).zh,
            " / ".join(_name(known, one, name) for name in (said["indicator"], said["other"]) if name),
            said["zh"],
            f"{said['path']}:{said['line']}",
            "; ".join(f"{rests['period']}: {', '.join(map(str, rests['ids']))}" for rests in said["readings"] if rests["ids"]),
        ]
        for said in one.content["statements"]
    ]


def suggestion_cells(one: Mapping[str, Any]) -> list[object]:
    """A suggestion as a row of a table."""
    decision = one["decision"] or {}
    return [
        *(one["policy"], one["unit"].name if one["unit"] else "公司", one["week"], one["advisor"]),
        *(label("kpi_advice", one["kind"]).zh, one["indicator"], one["period"], one["department"], one["said"]["zh"]),
        *(f"{one['rule']['path']}:{one['rule']['line']}", label("kpi_suggestion_state", one["state"]).zh),
        *(decision.get(name) for name in ("reason", "decided_by", "decided_at")),
    ]


def proposal_cells(one: Mapping[str, Any]) -> list[object]:
    """A proposal as a row of a table."""
    return [
        *(one["policy"], one["unit"].name if one["unit"] else "公司", one["quarter"], one["indicator"]),
        *(label("kpi_finding", one["finding"]).zh, label("kpi_proposal", one["action"]).zh, one["other"], one["said"]["zh"]),
        *(f"{one['rule']['path']}:{one['rule']['line']}", label("kpi_choice", one["state"]).zh),
        *(one[name] for name in ("reason", "decided_by", "decided_at")),
    ]


def area_of(known: Watching, one: KpiSummary) -> Text:
    """What the policy of the week calls the area."""
    policy = known.policy_on(one.policy, one.starts_on)
    advisors = policy.monitoring.advisors if policy and policy.monitoring else ()
    return next((area.name for area in advisors if area.id == one.advisor), Text(one.advisor, one.advisor))


def _statement(said: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: said[name] for name in ("kind", "indicator", "other", "readings")}
    words = {"zh": said["zh"], "en": said["en"]}
    return kept | {"said": words, "rule": {"path": said["path"], "line": said["line"]}}


def _name(known: Watching, one: KpiSummary, indicator: str) -> str:
    located = known.indicator_on(one.policy, indicator, one.starts_on)
    return located.indicator.name.zh if located else indicator
