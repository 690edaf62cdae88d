"""Conditions of rules: they parse, look at things that exist, and can come true."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from appraisal.core.checks.common import can_have, mention, reached, repeated, unknown
from appraisal.core.engine.conditions import CADENCES, Alternatives, Atom, Fact, Stage, parse_condition
from appraisal.core.engine.ruleset import grades_upwards, rule_problems
from appraisal.core.errors import FormulaError
from appraisal.core.numbers import HUNDRED, ONE, ZERO
from appraisal.core.policy.model import IncidentRule, Policy, Post
from appraisal.core.policy.tree import Problem, Where, error, warning

_WHOLE: Final = ("incident", "grade", "grade_before", "cadence", "vetoed", "run")
_STEP: Final = Decimal("1e-9")
"""Smaller than any figure a case or a condition can write, so that > x is ≥ x + step."""


def check_conditions(policy: Policy) -> Iterator[Problem]:
    """Every `when` of incident rules and outcomes."""
    for rule in policy.vetoes.rules:
        if rule.when is not None:
            posts = reached(policy, rule.posts, rule.all_posts)
            yield from _condition(policy, rule.id, rule.when, "incidents", rule.where.at("when"), posts, rule.event)
    yield from repeated(("规则", "rule"), ((one.id, one.where.at("id")) for one in policy.outcomes.rules))
    for outcome in policy.outcomes.rules:
        where = outcome.where.at("when")
        if not outcome.when:
            zh = f"规则 {outcome.id} 永远不会触发: when 没有条件"
            yield error(where, zh, f"the rule {outcome.id} can never fire: when is empty")
        for index, text in enumerate(outcome.when):
            yield from _condition(policy, outcome.id, text, "outcomes", where.at(index), [])


def facts_of(policy: Policy, rule: IncidentRule) -> list[Fact]:
    """What an incident rule's condition looks at; nothing where it has none or it does not parse."""
    try:
        found = _parsed(policy, rule.when or "", "incidents") if rule.when else ()
    except FormulaError:
        return []
    return [atom.fact for alternative in found for atom in alternative]


def _parsed(policy: Policy, text: str, stage: Stage) -> Alternatives:
    return parse_condition(text, stage, grades_upwards(policy))


def check_engine(policy: Policy) -> Iterator[Problem]:
    """What the rule engine must not be given: too many rules or figures at once. Asked only of rules that can be read."""
    if not any(rule.event is None and rule.when is None for rule in policy.vetoes.rules) and all(
        _reads(policy, text, stage) for text, stage in _conditions(policy)
    ):
        yield from rule_problems(policy)


def _conditions(policy: Policy) -> Iterator[tuple[str, Stage]]:
    yield from ((rule.when, "incidents") for rule in policy.vetoes.rules if rule.when is not None)
    yield from ((text, "outcomes") for rule in policy.outcomes.rules for text in rule.when)


def _reads(policy: Policy, text: str, stage: Stage) -> bool:
    try:
        return bool(_parsed(policy, text, stage))
    except FormulaError:
        return False


def _condition(
    policy: Policy, rule: str, text: str, stage: Stage, where: Where, posts: list[Post], event: str | None = None
) -> Iterator[Problem]:
    try:
        alternatives = _parsed(policy, text, stage)
    except FormulaError as refused:
        yield Problem(where.character(refused.column), "error", f"条件有误: {refused.message}")
        return
    if event is not None:
        happened = Atom(Fact("incident", event), ">=", ONE)
        alternatives = tuple((happened, *alternative) for alternative in alternatives)
    lost = list(_lost_facts(policy, rule, text, alternatives, where, posts, event))
    yield from lost
    if lost:
        return
    dead = [alternative for alternative in alternatives if not _can_hold(policy, alternative)]
    if len(dead) == len(alternatives):
        zh = f"规则 {rule} 的条件永远不会成立: 条件互相矛盾, 或超出可能的范围"
        yield error(where, zh, f"this condition of {rule} can never hold: its parts contradict each other or what is possible")
    elif dead:
        yield warning(where, f"规则 {rule} 的条件中有一种情形永远不会成立", f"one alternative of {rule} can never hold")
    elif any(all(_always(policy, atom) for atom in alternative) for alternative in alternatives):
        yield warning(where, f"规则 {rule} 的条件总是成立", f"this condition of {rule} always holds")


def _lost_facts(
    policy: Policy, rule: str, text: str, alternatives: Alternatives, where: Where, posts: list[Post], event: str | None
) -> Iterator[Problem]:
    """Events and items that nothing declares, or that no post of the rule can have; cadences without a cycle."""
    events = [event.id for event in policy.vetoes.events]
    rows = {row.id for one in policy.sheets for group in one.post.groups for row in group.items}
    for atom in dict.fromkeys(atom for alternative in alternatives for atom in alternative):
        name = atom.fact.argument or ""
        place = where.character(mention(text, name))
        if atom.fact.kind == "incident" and name not in events and name != event:
            yield unknown(("事件", "event"), name, events, place)
        elif atom.fact.kind in ("actual", "rating", "score") and name:
            if name not in policy.indicators and name not in rows:
                yield unknown(("指标", "indicator"), name, sorted({*policy.indicators, *rows}), place)
            elif posts and not any(can_have(policy, post, name) for post in posts):
                zh = f"规则 {rule} 永远不会触发: 它的岗位都没有 {name} 这一项"
                yield error(place, zh, f"the rule {rule} can never fire: none of its posts can have the item {name}")
        elif atom.fact.kind == "cadence":
            wanted = next(cadence for cadence, number in CADENCES.items() if number == atom.constant)
            if wanted not in [cycle.cadence for cycle in policy.general.cycles]:
                zh = f"规则 {rule} 的条件永远不会成立: 没有 {wanted} 的考核周期"
                yield error(where, zh, f"this condition of {rule} can never hold: the policy has no {wanted} cycle")


def _can_hold(policy: Policy, atoms: Iterable[Atom]) -> bool:
    """Whether some value of each fact satisfies every atom on it."""
    spans: dict[Fact, tuple[Decimal | None, Decimal | None]] = {}
    for atom in atoms:
        low, high = spans.get(atom.fact) or _possible(policy, atom.fact)
        least, most = _demanded(atom)
        low = least if low is None or (least is not None and least > low) else low
        high = most if high is None or (most is not None and most < high) else high
        if low is not None and high is not None and low > high:
            return False
        spans[atom.fact] = (low, high)
    return True


def _always(policy: Policy, atom: Atom) -> bool:
    """Whether every possible value satisfies the atom, the figure never being missing."""
    if atom.fact.may_be_missing:
        return False
    low, high = _possible(policy, atom.fact)
    least, most = _demanded(atom)
    return (least is None or (low is not None and low >= least)) and (most is None or (high is not None and high <= most))


def _demanded(atom: Atom) -> tuple[Decimal | None, Decimal | None]:
    """The least and greatest value that satisfy the atom."""
    step = ONE if atom.fact.kind in _WHOLE else _STEP
    constant = atom.constant
    whole = constant.to_integral_value() if atom.fact.kind in _WHOLE else constant
    up = whole if whole >= constant else whole + ONE
    down = whole if whole <= constant else whole - ONE
    if atom.operator == "==":
        return up, down
    if atom.operator in (">=", ">"):
        return (constant + step if atom.operator == ">" and whole == constant else up), None
    return None, (constant - step if atom.operator == "<" and whole == constant else down)


def _possible(policy: Policy, fact: Fact) -> tuple[Decimal | None, Decimal | None]:
    """The least and greatest value the fact can have; None is without bound."""
    if fact.kind in ("incident", "run"):
        return ZERO, None
    if fact.kind in ("grade", "grade_before"):
        return ZERO, Decimal(len(policy.bands) - 1)
    if fact.kind == "vetoed":
        return ZERO, ONE
    if fact.kind == "rating":
        return policy.scoring.rating_scale.minimum, policy.scoring.rating_scale.maximum
    if fact.kind in ("score", "lowest_item_score"):
        return ZERO, HUNDRED
    return None, None
