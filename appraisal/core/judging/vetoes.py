"""Incidents and item rules to their effects: 一票否决, 单项零分, and whom they reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.engine.conditions import Fact
from appraisal.core.engine.ruleset import RuleBook
from appraisal.core.engine.session import Fire
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case
from appraisal.core.numbers import ZERO
from appraisal.core.outcome import Fired, Line
from appraisal.core.policy.model import Effect, IncidentRule, Policy
from appraisal.core.scoring.items import ScoredItem


@dataclass(frozen=True)
class Verdict:
    """Item scores after incidents (one per item, None = dropped), who zeroed them, and whether the total is void."""

    scores: tuple[Decimal | None, ...]
    zeroed_by: tuple[str | None, ...]
    vetoed: bool
    fired: tuple[Fired, ...]
    lines: tuple[Line, ...]


def apply_incidents(policy: Policy, rules: RuleBook, case: Case, items: Sequence[ScoredItem], fire: Fire) -> Verdict:
    """What the incident rules of the case's post do to its scores; a total or an item is zeroed once, however many say so.

    Raises ScoringError `unknown_event`.
    """
    ruleset = rules.incidents(case.post)
    counts = confirmed_counts(policy, case)
    (rule_ids,) = fire(ruleset, [ruleset.fact(incident_values(ruleset.facts, counts, items))])
    scores = [item.score for item in items]
    zeroed_by: list[str | None] = [None] * len(items)
    vetoed, fired, lines = False, [], []
    for rule, rule_id in _rules_of(policy, case.post, rule_ids):
        fired.append(Fired(rule_id, rule.where.path, rule.where.line))
        for effect in rule.effects:
            if not _reaches(effect, rule, case):
                continue
            if effect.effect == "zero_total":
                vetoed = True
                lines.append(_line(rule, "总分归零(计算分保留)", "the total becomes 0 (the computed score is kept)"))
            for index, scored in enumerate(items):
                if effect.effect == "zero_item" and scored.item.id == effect.item:
                    scores[index] = ZERO
                    zeroed_by[index] = zeroed_by[index] or rule_id
                    lines.append(_line(rule, f"「{scored.name_zh}」归零", f"{scored.name_en} becomes 0"))
    return Verdict(tuple(scores), tuple(zeroed_by), vetoed, tuple(fired), tuple(lines))


def confirmed_counts(policy: Policy, case: Case) -> Mapping[str, int]:
    """How often each event of the policy is confirmed in the case; unconfirmed incidents change nothing (D-20)."""
    counts = {event.id: 0 for event in policy.vetoes.events}
    for index, incident in enumerate(case.incidents):
        if incident.event not in counts:
            known = ", ".join(counts) or "-"
            zh, en = f"制度中没有事件 {incident.event}; 可用: {known}", f"the policy has no event {incident.event}; known: {known}"
            raise ScoringError("unknown_event", f"incidents[{index}].event", zh, en)
        if incident.confirmed:
            counts[incident.event] += incident.count
    return counts


def incident_values(facts: Sequence[Fact], counts: Mapping[str, int], items: Sequence[ScoredItem]) -> dict[str, Decimal | int | None]:
    """The values of the facts that incident rules ask for; an item the sheet does not have is missing."""
    by_id = {scored.item.id: scored for scored in items}
    values: dict[str, Decimal | int | None] = {}
    for fact in facts:
        scored = by_id.get(fact.argument or "")
        if fact.kind == "incident":
            values[fact.name] = counts[fact.argument or ""]
        elif scored is None:
            values[fact.name] = None
        elif fact.kind == "actual":
            values[fact.name] = scored.reading.actual if scored.reading else None
        else:
            values[fact.name] = scored.score if fact.kind == "score" else scored.item.rating
    return values


def _rules_of(policy: Policy, post: str, rule_ids: Sequence[str]) -> list[tuple[IncidentRule, str]]:
    by_id = {rule.id: rule for rule in policy.rules_for(post)}
    return [(by_id[rule_id.rpartition("/")[2]], rule_id) for rule_id in rule_ids]


def _reaches(effect: Effect, rule: IncidentRule, case: Case) -> bool:
    """Whether this effect falls on the person of the case: through the reach of the event, or by the sheet's own figures."""
    if rule.event is None:
        return effect.subject == "self"
    reaches = {incident.reach for incident in case.incidents if incident.event == rule.event and incident.confirmed}
    if effect.subject.startswith("post:"):
        return "post" in reaches and effect.subject == f"post:{case.post}"
    return effect.subject in reaches


def _line(rule: IncidentRule, zh: str, en: str) -> Line:
    return Line(f"{rule.name.zh}: {zh}", f"{rule.name.en}: {en}", rule.where.path, rule.where.line)
