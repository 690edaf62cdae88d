"""The policy compiled for the rule engine, inside the subset that it decides safely.

Every case is one flat record of integers with a `stage`; every rule begins with that stage and compares properties with
integer constants. A figure that may be missing has a `known` property, and every comparison of it also asks for that. What
lies outside the subset is refused here, with file and line, because the engine itself would crash, hang or answer wrongly.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import count
from pathlib import PurePosixPath
from typing import Final, Literal

from appraisal.core.engine.conditions import Alternatives, Atom, Comparison, Fact, Stage, parse_condition
from appraisal.core.errors import FormulaError, PolicyError, ScoringError
from appraisal.core.numbers import ONE, places_of, scaled, scaled_ceil, scaled_floor
from appraisal.core.policy.model import IncidentRule, OutcomeRule, Policy
from appraisal.core.policy.tree import Problem, Where, error, in_order

INCIDENTS, GRADE, OUTCOMES = 1, 2, 3

BOUND: Final = 9 * 10**18
"""Just inside the engine's 64-bit integers, beyond which it would compare with something else than was written."""

SMALL: Final = 1000
"""Whole numbers below this, such as counts and flags, are within bounds at any number of places."""

# The engine visits conditions on a stack of 64. Even rules that exclude each other, such as bands, stand on it together
# when their first comparison holds for one record, so all alternatives are counted, whatever they say.
MOST_ALTERNATIVES: Final = 60
MOST_PROPERTIES: Final = 200

Value = Decimal | Fraction | int | None
Values = Mapping[str, Value]
Record = dict[str, int]
Side = Literal["floor", "ceil", "known"]


class RuleProblems(PolicyError):
    """Rules that the engine must not be given, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Test:
    """One integer comparison as the engine sees it."""

    key: str
    operator: Comparison
    constant: int


@dataclass(frozen=True)
class CompiledRule:
    """A rule by its id `<file stem>/<id>`; it fires, once, when all tests of any alternative hold. `source` is as written."""

    id: str
    alternatives: tuple[tuple[Test, ...], ...]
    source: Alternatives
    where: Where


@dataclass(frozen=True)
class Property:
    """One integer of the record: a fact × 10^places rounded down or up, or whether it is known."""

    key: str
    fact: Fact
    kind: Side
    places: int = 0

    @cached_property
    def units(self) -> int:
        """10^places."""
        return int(10**self.places)

    def read(self, value: Value) -> int:
        """The property's integer for a value of the fact; 0 stands in for a missing one, guarded by `known`.

        Raises ScoringError `number_out_of_bounds`.
        """
        if self.kind == "known":
            return int(value is not None)
        if value is None:
            return 0
        if type(value) is int and -SMALL < value < SMALL:
            return value * self.units
        if isinstance(value, float):
            raise TypeError(f"{self.fact.name} is a float: figures are decimals")
        if isinstance(value, Fraction):
            return self._ratio(value)
        number = Decimal(value)
        if not number.is_finite() or number.adjusted() + self.places > 19:
            raise self._out_of_bounds(number)
        whole = scaled_floor(number, self.places) if self.kind == "floor" else scaled_ceil(number, self.places)
        if abs(whole) > BOUND:
            raise self._out_of_bounds(number)
        return whole

    def _ratio(self, value: Fraction) -> int:
        """The same for a quotient that no decimal writes exactly."""
        top = value.numerator * self.units
        whole = top // value.denominator if self.kind == "floor" else -(-top // value.denominator)
        if abs(whole) > BOUND:
            raise self._out_of_bounds(Decimal(value.numerator // value.denominator))
        return whole

    def _out_of_bounds(self, number: Decimal) -> ScoringError:
        name, shown = self.fact.name, f"{number:.4g}"
        zh, en = f"{name} 的值 {shown} 过大, 无法判断", f"the value {shown} of {name} is too large to judge"
        return ScoringError("number_out_of_bounds", name, zh, en)


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

    @cached_property
    def alternatives(self) -> tuple[tuple[Test, ...], ...]:
        """Those of all rules, one after the other: what the engine holds as its rules."""
        return tuple(tests for rule in self.rules for tests in rule.alternatives)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """For each of the alternatives the id of its rule."""
        return tuple(rule.id for rule in self.rules for _ in rule.alternatives)

    @cached_property
    def fingerprint(self) -> str:
        """The same for rulesets that put the same questions to the engine, whatever their rules are called."""
        asked = (self.stage, [entry.key for entry in self.properties], self.alternatives)
        return hashlib.sha256(repr(asked).encode()).hexdigest()

    def fact(self, values: Values) -> Record:
        """The record for these values by fact name; every property is present.

        Raises KeyError for a fact not given, ScoringError `number_out_of_bounds`.
        """
        record = {"stage": self.stage}
        for key, name, read in self._readers:
            record[key] = read(values[name])
        return record

    @cached_property
    def _readers(self) -> tuple[tuple[str, str, Callable[[Value], int]], ...]:
        return tuple((entry.key, entry.fact.name, entry.read) for entry in self.properties)


@dataclass(frozen=True)
class RuleBook:
    """A policy's rulesets; those for incidents are compiled post by post when first asked for."""

    policy: Policy
    grade: Ruleset
    outcomes: Ruleset

    def incidents(self, post: str) -> Ruleset:
        """The incident and item rules that can touch a holder of this post. Raises RuleProblems."""
        made: dict[str, Ruleset] = self.policy.derived.setdefault("incident rulesets", {})
        if post not in made:
            drafts = [_incident_draft(self.policy, rule) for rule in self.policy.rules_for(post)]
            made[post] = make_ruleset(f"{self.policy.id} incidents {post}", INCIDENTS, drafts)
        return made[post]


def compile_rules(policy: Policy) -> RuleBook:
    """The policy's rulesets, made once per policy. Raises RuleProblems when a rule lies outside the engine's subset."""
    book = policy.derived.get("rules")
    if not isinstance(book, RuleBook):
        grade = make_ruleset(f"{policy.id} grade", GRADE, _grade_drafts(policy))
        drafts = [_outcome_draft(policy, rule) for rule in policy.outcomes.rules]
        outcomes = make_ruleset(f"{policy.id} outcomes", OUTCOMES, drafts)
        book = policy.derived.setdefault("rules", RuleBook(policy, grade, outcomes))
    return book


def rule_problems(policy: Policy) -> list[Problem]:
    """Everything in the policy's rules that the engine must not be given, with file and line."""
    incidents = {rule.id: _incident_draft(policy, rule) for rule in policy.vetoes.rules}
    stages = [
        _grade_drafts(policy),
        [_outcome_draft(policy, rule) for rule in policy.outcomes.rules],
        *([incidents[rule.id] for rule in policy.rules_for(post)] for post in policy.posts),
        *([draft] for draft in incidents.values()),
    ]
    return in_order(problem for drafts in stages for problem in draft_problems(drafts))


def grades_upwards(policy: Policy) -> tuple[str, ...]:
    """The grades from the lowest to the highest; their index is their rank."""
    return tuple(band.grade for band in reversed(policy.bands))


@dataclass(frozen=True)
class Draft:
    """A rule before compilation, with what was wrong in reading it."""

    id: str
    alternatives: Alternatives
    where: Where
    problems: tuple[Problem, ...] = ()


def _draft(policy: Policy, rule: IncidentRule | OutcomeRule, stage: Stage, texts: Sequence[tuple[str, Where]]) -> Draft:
    read: list[tuple[Atom, ...]] = []
    problems = []
    for text, where in texts:
        try:
            read.extend(parse_condition(text, stage, grades_upwards(policy)))
        except FormulaError as refused:
            problems.append(Problem(where.character(refused.column), "error", refused.message))
    return Draft(f"{_stem(rule.where)}/{rule.id}", tuple(dict.fromkeys(read)), rule.where, tuple(problems))


def _incident_draft(policy: Policy, rule: IncidentRule) -> Draft:
    """The rule's event, and whatever its figures must say besides."""
    draft = _draft(policy, rule, "incidents", [(rule.when, rule.where.at("when"))] if rule.when else [])
    if rule.event is None:
        return draft
    happened = Atom(Fact("incident", rule.event), ">=", ONE)
    figures = draft.alternatives or ((),)
    return Draft(draft.id, tuple((happened, *atoms) for atoms in figures), draft.where, draft.problems)


def _outcome_draft(policy: Policy, rule: OutcomeRule) -> Draft:
    where = rule.where.at("when")
    return _draft(policy, rule, "outcomes", [(text, where.at(index)) for index, text in enumerate(rule.when)])


def _grade_drafts(policy: Policy) -> list[Draft]:
    """One rule per band: from its own edge up to the edge of the band above (R-002-27)."""
    drafts, above = [], None
    for band in policy.bands:
        atoms = [Atom(Fact("score"), ">=", band.from_)] + ([] if above is None else [Atom(Fact("score"), "<", above)])
        drafts.append(Draft(f"{_stem(band.where)}/{band.grade}", (tuple(atoms),), band.where))
        above = band.from_
    return drafts


def _stem(where: Where) -> str:
    return PurePosixPath(where.path).stem


def make_ruleset(name: str, stage: int, drafts: Sequence[Draft]) -> Ruleset:
    """The drafts as the engine takes them. Raises RuleProblems."""
    properties = _properties(drafts)
    if problems := in_order(_problems(drafts, properties)):
        raise RuleProblems(problems)
    rules = tuple(
        CompiledRule(
            draft.id,
            tuple(tuple(dict.fromkeys(_tests(atoms, properties))) for atoms in draft.alternatives),
            draft.alternatives,
            draft.where,
        )
        for draft in drafts
    )
    return Ruleset(name, stage, rules, tuple(properties.values()))


def draft_problems(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Everything in the drafts that the engine must not be given together."""
    return _problems(drafts, _properties(drafts))


def _properties(drafts: Sequence[Draft]) -> dict[tuple[Fact, Side], Property]:
    """What the record must hold; the places of a figure cover every constant it is compared with."""
    atoms = list(dict.fromkeys(atom for draft in drafts for alternative in draft.alternatives for atom in alternative))
    places: dict[Fact, int] = {}
    for atom in atoms:
        places[atom.fact] = max(places.get(atom.fact, 0), places_of(atom.constant))
    keys = {fact: f"f{number}" for fact, number in zip(places, count(), strict=False)}
    properties: dict[tuple[Fact, Side], Property] = {}
    for atom in atoms:
        fact = atom.fact
        if fact.may_be_missing:
            properties.setdefault((fact, "known"), Property(f"{keys[fact]}k", fact, "known"))
        for side, _ in _sides(atom):
            properties.setdefault((fact, side), Property(f"{keys[fact]}{side[0]}", fact, side, places[fact]))
    return properties


def _sides(atom: Atom) -> tuple[tuple[Side, Comparison], ...]:
    """Which rounding of the fact answers the comparison exactly when the constant is whole at the same places."""
    if atom.fact.is_whole:
        return (("floor", atom.operator),)
    if atom.operator == "==":
        return (("floor", ">="), ("ceil", "<="))
    return (("floor", atom.operator),) if atom.operator in (">=", "<") else (("ceil", atom.operator),)


def _tests(atoms: Sequence[Atom], properties: Mapping[tuple[Fact, Side], Property]) -> Iterator[Test]:
    for atom in atoms:
        if atom.fact.may_be_missing:
            yield Test(properties[atom.fact, "known"].key, "==", 1)
        for side, operator in _sides(atom):
            entry = properties[atom.fact, side]
            yield Test(entry.key, operator, scaled(atom.constant, entry.places))


def _problems(drafts: Sequence[Draft], properties: Mapping[tuple[Fact, Side], Property]) -> Iterator[Problem]:
    """Rules that could not be read or have no condition, more than the engine holds, constants beyond its integers."""
    held = 0
    places = {fact: entry.places for (fact, side), entry in properties.items() if side != "known"}
    for draft in drafts:
        yield from draft.problems
        if not draft.alternatives and not draft.problems:
            yield error(draft.where, "规则没有条件, 请写明 event 或 when", "the rule has no condition: write event or when")
        before, held = held, held + len(draft.alternatives)
        if before <= MOST_ALTERNATIVES < held:
            zh = f"同时适用的规则情形超过 {MOST_ALTERNATIVES} 种: 请合并条件, 或按岗位分开"
            en = f"more than {MOST_ALTERNATIVES} rule alternatives apply together: merge conditions, or divide them by post"
            yield error(draft.where, zh, en)
        for atom in dict.fromkeys(atom for atoms in draft.alternatives for atom in atoms):
            if abs(atom.constant.scaleb(places[atom.fact])) > BOUND:
                finest, fact = places[atom.fact], atom.fact.name
                zh = f"与 {fact} 比较的 {atom.constant} 过大: 同时比较 {finest} 位小数时放不下, 请换单位或减少小数"
                en = f"{atom.constant} is too large to compare {fact} with at {finest} decimals: change the unit or use fewer"
                yield error(draft.where.at("when"), zh, en)
    if len(properties) > MOST_PROPERTIES:
        zh = f"同时适用的规则用到的事实过多 ({len(properties)} 个数, 至多 {MOST_PROPERTIES} 个): 请按岗位分开"
        en = f"rules that apply together use too many facts ({len(properties)} figures of {MOST_PROPERTIES}): divide by post"
        yield error(drafts[-1].where, zh, en)
