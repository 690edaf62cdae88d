"""Incidents and item rules to their effects: 一票否决, 单项零分, and whom they reach."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from appraisal.core.engine.conditions import Fact
from appraisal.core.engine.ruleset import Record, RuleBook, Ruleset
from appraisal.core.engine.session import Fire
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case
from appraisal.core.numbers import ZERO
from appraisal.core.outcome import Fired, Line
from appraisal.core.policy.model import Effect, IncidentRule, Policy
from appraisal.core.scoring.items import ScoredItem

COLLECTIVE: Final[frozenset[str]] = frozenset({"unit", "named"})
"""The ways in which an event falls on a whole group."""


@dataclass(frozen=True)
class Verdict:
    """Item scores after incidents (one per item, None = dropped), who zeroed them, and whether the total is void.

    `own_veto`: it would be void also without what falls on a whole group, the unit or those named with it (D-10).
    """

    scores: tuple[Decimal | None, ...]
    zeroed_by: tuple[str | None, ...]
    vetoed: bool
    own_veto: bool
    fired: tuple[Fired, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Struck:
    """What fired rules do: the total void or not, items zeroed and by which rule, and each rule with the item it hit."""

    vetoed: bool
    zeroed: Mapping[str, str]
    because: tuple[tuple[IncidentRule, str | None], ...]


def apply_incidents(policy: Policy, rules: RuleBook, case: Case, items: Sequence[ScoredItem], fire: Fire) -> Verdict:
    """What the incident rules of the case's post do to its scores; a total or an item is zeroed once, however many say so.

    Raises ScoringError `unknown_event`.
    """
    ruleset = rules.incidents(case.post)
    counts = confirmed_counts(policy, case)
    (rule_ids,) = fire(ruleset, [_record(ruleset, incident_values(ruleset.facts, counts, items), items)])
    reaches = {rule.event: _reaches_of(case, rule.event) for rule in policy.vetoes.rules if rule.event}
    struck = strike(policy, case.post, rule_ids, reaches)
    names = {scored.item.id: (scored.name_zh, scored.name_en) for scored in items}
    return Verdict(
        scores=tuple(ZERO if scored.item.id in struck.zeroed else scored.score for scored in items),
        zeroed_by=tuple(struck.zeroed.get(scored.item.id) for scored in items),
        vetoed=struck.vetoed,
        own_veto=strikes_alone(policy, case, rule_ids),
        fired=tuple(Fired(rule_id, rule.where.path, rule.where.line) for rule, rule_id in _rules_of(policy, rule_ids)),
        lines=tuple(_line(rule, item, names) for rule, item in struck.because if item is None or item in names),
    )


def strike(policy: Policy, post: str, rule_ids: Sequence[str], reaches: Mapping[str, Collection[str]]) -> Struck:
    """What fired rules do to one person whom each event `reaches` in these ways; the first rule to zero an item is named."""
    zeroed: dict[str, str] = {}
    because: list[tuple[IncidentRule, str | None]] = []
    for rule, rule_id in _rules_of(policy, rule_ids):
        for effect in rule.effects:
            if _falls_on(effect, rule, post, reaches):
                because.append((rule, effect.item))
                if effect.item is not None:
                    zeroed.setdefault(effect.item, rule_id)
    return Struck(any(item is None for _, item in because), zeroed, tuple(because))


def strikes_alone(policy: Policy, case: Case, rule_ids: Sequence[str]) -> bool:
    """Whether the total of a case is void for something of the person's own, and not only with a whole group's (D-10)."""
    ways = {event.id: _reaches_of(case, event.id) - COLLECTIVE for event in policy.vetoes.events}
    return strike(policy, case.post, rule_ids, ways).vetoed


def confirmed_counts(policy: Policy, case: Case) -> Mapping[str, int]:
    """How often each event of the policy is confirmed in the case; unconfirmed incidents change nothing (D-20)."""
    counts = {event.id: 0 for event in policy.vetoes.events}
    for index, incident in enumerate(case.incidents):
        if incident.event not in counts:
            known = ", ".join(counts) or "-"
            zh, en = (
                f"制度中没有事件 {incident.event}; 可用: {known}",
                f"the policy has no event {incident.event}; known: {known}",
            )
            raise ScoringError("unknown_event", f"incidents[{index}].event", zh, en)
        if incident.confirmed:
            counts[incident.event] += incident.count
    return counts


def incident_values(
    facts: Sequence[Fact], counts: Mapping[str, int], items: Sequence[ScoredItem]
) -> dict[str, Decimal | int | None]:
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


def _record(ruleset: Ruleset, values: Mapping[str, Decimal | int | None], items: Sequence[ScoredItem]) -> Record:
    """The record for the engine. Raises ScoringError `number_out_of_bounds` with the path of the item's figure."""
    try:
        return ruleset.fact(values)
    except ScoringError as error:
        kind, _, item = error.path.rstrip(")").partition("(")
        index = next((index for index, scored in enumerate(items) if scored.item.id == item), None)
        path = "incidents" if index is None else f"items[{index}].{kind}"
        raise ScoringError(error.code, path, error.message.zh, error.message.en) from None


def _rules_of(policy: Policy, rule_ids: Sequence[str]) -> list[tuple[IncidentRule, str]]:
    return [(policy.incident_rules[rule_id.rpartition("/")[2]], rule_id) for rule_id in rule_ids]


def _reaches_of(case: Case, event: str) -> frozenset[str]:
    return frozenset(
        incident.reach for incident in case.incidents if incident.event == event and incident.confirmed and incident.count
    )


def _falls_on(effect: Effect, rule: IncidentRule, post: str, reaches: Mapping[str, Collection[str]]) -> bool:
    """Whether this effect falls on the person: through the reach of the event, or by the sheet's own figures.

    A rule that reaches others (a superior, a unit) still strikes only the posts it is declared for as `self`.
    """
    if effect.subject == "self" and not (rule.all_posts or post in rule.posts):
        return False
    if rule.event is None:
        return effect.subject == "self"
    if effect.subject.startswith("post:"):
        return "post" in reaches[rule.event] and effect.subject == f"post:{post}"
    return effect.subject in reaches[rule.event]


def _line(rule: IncidentRule, item: str | None, names: Mapping[str, tuple[str, str]]) -> Line:
    if item is None:
        zh, en = "总分归零(计算分保留)", "the total becomes 0 (the computed score is kept)"
    else:
        name_zh, name_en = names[item]
        zh, en = f"「{name_zh}」归零", f"{name_en} becomes 0"
    return Line(f"{rule.name.zh}: {zh}", f"{rule.name.en}: {en}", rule.where.path, rule.where.line)
