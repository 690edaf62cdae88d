"""The policy compiled for the rule engine, inside the subset that it decides safely.

Every fact is one flat record of integers with a `stage`; every rule begins with that stage and compares properties with
integer constants. A fact that may be missing has a `known` property, and every comparison on it also asks for that. Each
ruleset ends in a catch-all, so that a fact nothing fired for is told from a fact the engine lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from appraisal.core.engine.conditions import Alternatives, Atom, Comparison, Fact, parse_condition
from appraisal.core.errors import FormulaError, PolicyError, ScoringError
from appraisal.core.numbers import places_of, scaled, scaled_ceil, scaled_floor
from appraisal.core.policy.model import IncidentRule, OutcomeRule, Policy
from appraisal.core.policy.tree import Problem, Where

INCIDENTS, GRADE, OUTCOMES = 1, 2, 3

BOUND: Final = 9 * 10**18
# The engine loses its way when 65 rules match one fact at once, and when 512 share a first condition.
MOST_AT_ONCE: Final = 60
MOST_RULES: Final = 250
MOST_PROPERTIES: Final = 200

Values = Mapping[str, "Decimal | int | None"]
Record = dict[str, int]


@dataclass(frozen=True)
class Test:
    """One integer comparison as the engine sees it."""

    key: str
    operator: Comparison
    constant: int


@dataclass(frozen=True)
class CompiledRule:
    """A rule by its id `<file stem>/<id>`; it fires when all tests of any alternative hold."""

    id: str
    alternatives: tuple[tuple[Test, ...], ...]
    source: Alternatives
    where: Where


@dataclass(frozen=True)
class Property:
    """One integer property of the record: a fact rounded down or up at `places`, or whether it is known."""

    key: str
    fact: Fact
    kind: str
    places: int = 0

    def read(self, value: "Decimal | int | None") -> int:
        """The property's integer for a value of the fact. Raises ScoringError `number_out_of_bounds`."""
        if self.kind == "known":
            return int(value is not None)
        if value is None:
            return 0
        number = Decimal(value)
        whole = scaled_floor(number, self.places) if self.kind == "floor" else scaled_ceil(number, self.places)
        if abs(whole) > BOUND:
            zh, en = f"{self.fact.name} 的值 {number} 过大, 无法判断", f"the value {number} of {self.fact.name} is too large to judge"
            raise ScoringError("number_out_of_bounds", self.fact.name, zh, en)
        return whole


@dataclass(frozen=True)
class Ruleset:
    """The rules of one stage (for incidents: of one post)."""

    name: str
    stage: int
    rules: tuple[CompiledRule, ...]
    properties: tuple[Property, ...]

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the rules ask for."""
        return tuple(dict.fromkeys(entry.fact for entry in self.properties))

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The distinct comparisons, in order of first use; their truth is all that the rules can see."""
        return tuple(dict.fromkeys(test for rule in self.rules for tests in rule.alternatives for test in tests))

    def fact(self, values: Values) -> Record:
        """The record for these values by fact name; every property is present. Raises KeyError for a fact not given."""
        return {"stage": self.stage} | {entry.key: entry.read(values[entry.fact.name]) for entry in self.properties}


@dataclass(frozen=True)
class RuleBook:
    """A policy's rulesets; those for incidents are compiled post by post when first asked for."""

    policy: Policy
    grade: Ruleset
    outcomes: Ruleset

    def incidents(self, post: str) -> Ruleset:
        """The incident and item rules that can touch a holder of this post. Raises PolicyError."""
        made: dict[str, Ruleset] = self.policy.derived.setdefault("incident rulesets", {})
        if post not in made:
            made[post] = _ruleset(self.policy, f"incidents {post}", INCIDENTS, _incident_rules(self.policy, post))
        return made[post]


def compile_rules(policy: Policy) -> RuleBook:
    """The policy's rulesets, made once per policy. Raises PolicyError when a rule lies outside the engine's subset."""
    book = policy.derived.get("rules")
    if not isinstance(book, RuleBook):
        grade = _ruleset(policy, "grade", GRADE, _grade_rules(policy))
        outcomes = _ruleset(policy, "outcomes", OUTCOMES, _outcome_rules(policy))
        book = policy.derived.setdefault("rules", RuleBook(policy, grade, outcomes))
    return book


def rule_problems(policy: Policy) -> list[Problem]:
    """Everything in the policy's rules that the engine must not be given, with file and line."""
    problems = []
    for rule in policy.vetoes.rules:
        problems += _condition_problems(policy, rule, "incidents", [rule.when] if rule.when else [], "when")
    for outcome in policy.outcomes.rules:
        problems += _condition_problems(policy, outcome, "outcomes", outcome.when, "when")
    if problems:
        return problems
    for stage in (_grade_rules(policy), _outcome_rules(policy), *(_incident_rules(policy, post) for post in policy.posts)):
        problems += _limit_problems(stage)
    return list(dict.fromkeys(problems))


def grades_upwards(policy: Policy) -> tuple[str, ...]:
    """The grades from the lowest to the highest; their index is their rank."""
    return tuple(band.grade for band in reversed(policy.bands))


@dataclass(frozen=True)
class _Draft:
    id: str
    alternatives: Alternatives
    where: Where


def _incident_rules(policy: Policy, post: str) -> list[_Draft]:
    return [_Draft(_rule_id(rule), _incident_condition(policy, rule), rule.where) for rule in policy.rules_for(post)]


def _incident_condition(policy: Policy, rule: IncidentRule) -> Alternatives:
    happened = ((Atom(Fact("incident", rule.event), ">=", Decimal(1)),),) if rule.event else ((),)
    figures = parse_condition(rule.when, "incidents", grades_upwards(policy)) if rule.when else ((),)
    return tuple(first + second for first in happened for second in figures)


def _grade_rules(policy: Policy) -> list[_Draft]:
    """One rule per band: from its own edge up to the edge of the band above (R-002-27)."""
    drafts, above = [], None
    for band in policy.bands:
        atoms = [Atom(Fact("score"), ">=", band.from_)] + ([] if above is None else [Atom(Fact("score"), "<", above)])
        stem = band.where.path.rpartition("/")[2].removesuffix(".yaml")
        drafts.append(_Draft(f"{stem}/{band.grade}", (tuple(atoms),), band.where))
        above = band.from_
    return drafts


def _outcome_rules(policy: Policy) -> list[_Draft]:
    upwards = grades_upwards(policy)
    return [
        _Draft(_rule_id(rule), tuple(tests for text in rule.when for tests in parse_condition(text, "outcomes", upwards)), rule.where)
        for rule in policy.outcomes.rules
    ]


def _rule_id(rule: IncidentRule | OutcomeRule) -> str:
    return f"{rule.where.path.rpartition('/')[2].removesuffix('.yaml')}/{rule.id}"


def _ruleset(policy: Policy, name: str, stage: int, drafts: Sequence[_Draft]) -> Ruleset:
    if problems := _limit_problems(drafts):
        raise PolicyError("\n".join(str(problem) for problem in problems))
    atoms = [atom for draft in drafts for tests in draft.alternatives for atom in tests]
    properties: dict[tuple[Fact, str], Property] = {}
    for number, fact in enumerate(dict.fromkeys(atom.fact for atom in atoms)):
        places = max(places_of(atom.constant) for atom in atoms if atom.fact == fact)
        if fact.may_be_missing:
            properties[fact, "known"] = Property(f"f{number}k", fact, "known")
        for kind in dict.fromkeys(kind for atom in atoms if atom.fact == fact for kind, _ in _sides(atom.operator)):
            properties[fact, kind] = Property(f"f{number}{kind[0]}", fact, kind, places)
    rules = tuple(
        CompiledRule(draft.id, tuple(tuple(_tests(tests, properties)) for tests in draft.alternatives), draft.alternatives, draft.where)
        for draft in drafts
    )
    return Ruleset(f"{policy.id} {policy.digest} {name}", stage, rules, tuple(properties.values()))


def _sides(operator: Comparison) -> tuple[tuple[str, Comparison], ...]:
    """Which rounding of the fact answers the comparison exactly when the constant is whole at the same places."""
    if operator == "==":
        return (("floor", ">="), ("ceil", "<="))
    return (("floor", operator),) if operator in (">=", "<") else (("ceil", operator),)


def _tests(atoms: Sequence[Atom], properties: Mapping[tuple[Fact, str], Property]) -> Iterator[Test]:
    for atom in atoms:
        if atom.fact.may_be_missing:
            yield Test(properties[atom.fact, "known"].key, "==", 1)
        for kind, operator in _sides(atom.operator):
            entry = properties[atom.fact, kind]
            yield Test(entry.key, operator, scaled(atom.constant, entry.places))


def _condition_problems(policy: Policy, rule: IncidentRule | OutcomeRule, stage: str, texts: Sequence[str], key: str) -> list[Problem]:
    problems = []
    for number, text in enumerate(texts):
        try:
            parse_condition(text, stage, grades_upwards(policy))  # type: ignore[arg-type]
        except FormulaError as error:
            place = rule.where.at(key)
            problems.append(Problem(place.at(number), "error", error.message))
    return problems


def _limit_problems(drafts: Sequence[_Draft]) -> list[Problem]:
    """More rules or properties than the engine holds, or constants beyond its integers."""
    problems = []
    alternatives = sum(len(draft.alternatives) for draft in drafts)
    exclusive = all(draft.alternatives and draft.alternatives[0] and draft.alternatives[0][0].fact.kind == "score" for draft in drafts)
    limit = MOST_RULES if exclusive else MOST_AT_ONCE
    if alternatives > limit:
        message = f"一张考核表上的规则情形有 {alternatives} 种, 引擎至多 {limit} 种 | {alternatives} rule alternatives for one sheet, the engine takes {limit}"
        problems.append(Problem(drafts[-1].where, "error", message))
    facts = {atom.fact for draft in drafts for tests in draft.alternatives for atom in tests}
    if len(facts) * 3 > MOST_PROPERTIES:
        message = f"规则用到 {len(facts)} 个事实, 至多 {MOST_PROPERTIES // 3} 个 | {len(facts)} facts are used, at most {MOST_PROPERTIES // 3}"
        problems.append(Problem(drafts[-1].where, "error", message))
    for draft in drafts:
        for tests in draft.alternatives:
            if not tests:
                problems.append(Problem(draft.where, "error", "规则没有条件: 写明 event 或 when | a rule without condition: give it an event or a when"))
            if any(abs(atom.constant) >= Decimal(10) ** 12 for atom in tests):
                problems.append(Problem(draft.where, "error", "条件中的数超过 10^12 | a number in the condition exceeds 10^12"))
    return problems
