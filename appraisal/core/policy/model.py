"""The rule language: every key a rule file may hold, as frozen dataclasses; policy.yaml's own are in
`general`, those of the library in `library`, of weights in `sheets`.

The loader binds YAML to these by their annotations, and the JSON Schema for editors is derived from them, so a key is
described once, here. A field without default is required. `where` is filled by the loader and takes no part in equality
or in the digest. `assumed` names what the source does not say and why this value stands (shown and confirmed by HR).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from appraisal.core.calendar import Cadence
from appraisal.core.inputs import Direction
from appraisal.core.policy.entry import Assumed, Edition, Entry, Id, Text
from appraisal.core.policy.general import (
    CycleRule,
    DesignRule,
    Dimension,
    MissingRule,
    NotRated,
    PolicyEdition,
    RatingScale,
    Severity,
    SourceDocument,
    UnitLink,
)
from appraisal.core.policy.library import (
    Indicator,
    IndicatorEdition,
    Level,
    LevelSet,
    LocatedFactor,
    LocatedIndicator,
    SetLevel,
    Status,
    SuccessFactor,
)
from appraisal.core.policy.monitoring import MonitoringEdition
from appraisal.core.policy.processes import LocatedProcess, ProcessEdition
from appraisal.core.policy.rows import as_indicator
from appraisal.core.policy.sheets import (
    Factor,
    Group,
    Input,
    JointAssessor,
    Operator,
    Post,
    PostItem,
    RefusedPost,
    Subject,
    WeightsEdition,
    ZeroRule,
)
from appraisal.core.policy.tree import Node

__all__ = [
    "Assumed",
    "CycleRule",
    "DesignRule",
    "Dimension",
    "Entry",
    "Factor",
    "Group",
    "Id",
    "Indicator",
    "IndicatorEdition",
    "Input",
    "JointAssessor",
    "Level",
    "LevelSet",
    "LocatedFactor",
    "LocatedIndicator",
    "LocatedProcess",
    "MissingRule",
    "MonitoringEdition",
    "NotRated",
    "Operator",
    "PolicyEdition",
    "Post",
    "PostItem",
    "ProcessEdition",
    "RatingScale",
    "RefusedPost",
    "SetLevel",
    "Severity",
    "SourceDocument",
    "Status",
    "Subject",
    "SuccessFactor",
    "Text",
    "UnitLink",
    "WeightsEdition",
    "ZeroRule",
]


# scoring.yaml


@dataclass(frozen=True, kw_only=True)
class Curve(Entry):
    """A named scoring curve: a `method` of core/scoring/curves.py with its parameters, still as written."""

    id: Id
    name: Text
    method: str
    parameters: Node | None = None


@dataclass(frozen=True, kw_only=True)
class ScoringEdition(Edition):
    """Curves, and which one applies to a direction when neither item nor indicator names one; levels for goals."""

    defaults: Mapping[Direction, str]
    rating_scale: RatingScale
    curves: tuple[Curve, ...]
    level_sets: tuple[LevelSet, ...] = ()


# grades.yaml


@dataclass(frozen=True, kw_only=True)
class Band(Entry):
    """A grade from `from_` (inclusive, unrounded score) up to the band above, and its bonus multiplier."""

    grade: str
    name: Text
    from_: Decimal
    multiplier: Decimal


@dataclass(frozen=True, kw_only=True)
class GradesEdition(Edition):
    bands: tuple[Band, ...]


# vetoes.yaml


@dataclass(frozen=True, kw_only=True)
class Event(Entry):
    """An incident type of the ledger."""

    id: Id
    name: Text
    confirmed_by: str


@dataclass(frozen=True, kw_only=True)
class Effect(Entry):
    """What a fired rule does, and to whom: `self`, `unit`, `named`, `superior` or `post:<id>`; zero_item names its item."""

    effect: Literal["zero_total", "zero_item"]
    subject: str
    item: str | None = None


@dataclass(frozen=True, kw_only=True)
class IncidentRule(Entry):
    """一票否决 (`veto: true`) or another rule that zeroes an item or a total: after `event`, or `when` a figure says so."""

    id: Id
    name: Text
    veto: bool = False
    raw: str | None = None
    event: str | None = None
    when: str | None = None
    effects: tuple[Effect, ...]
    posts: tuple[str, ...] = ()
    all_posts: bool = False

    def reaches(self, post: str) -> bool:
        """Whether an effect can fall on somebody of this post although the rule is declared for another."""
        return any(effect.subject in ("unit", "named", "superior", f"post:{post}") for effect in self.effects)


@dataclass(frozen=True, kw_only=True)
class VetoesEdition(Edition):
    events: tuple[Event, ...] = ()
    rules: tuple[IncidentRule, ...] = ()


# outcomes.yaml


@dataclass(frozen=True, kw_only=True)
class OutcomeRule(Entry):
    """A consequence of grades: fires `when` any of the conditions holds."""

    id: Id
    name: Text
    when: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OutcomesEdition(Edition):
    rules: tuple[OutcomeRule, ...] = ()


# workflow.yaml

Actor = Literal["data_provider", "employee", "supervisor", "unit_head", "hr", "approver", "payroll"]


@dataclass(frozen=True, kw_only=True)
class Step(Entry):
    """A step, who acts, its deadline in working days, and what its deadline does (D-17)."""

    id: Id
    name: Text
    actors: tuple[Actor, ...]
    days: int | None = None
    on_deadline: Literal["wait", "close", "deemed_received"] = "wait"
    final: bool = False


@dataclass(frozen=True, kw_only=True)
class Move(Entry):
    """An action that leads from one step to another, and who may take it."""

    action: str
    from_: str
    to: str
    by: tuple[Actor, ...]


@dataclass(frozen=True, kw_only=True)
class Approver(Entry):
    """One link of the approval chain: what it is called, and who gives it. Every link is given by another person."""

    id: Id
    name: Text
    by: Actor


@dataclass(frozen=True, kw_only=True)
class AppealRule(Entry):
    """Working days to appeal after publication, to accept, and to decide."""

    window_days: int
    accept_days: int
    decide_days: int


@dataclass(frozen=True, kw_only=True)
class WorkflowEdition(Edition):
    """`approvals` in the order they are given; without them one approval by the `approver`."""

    steps: tuple[Step, ...]
    moves: tuple[Move, ...]
    approvals: tuple[Approver, ...] = ()
    appeal: AppealRule


# distribution.yaml


@dataclass(frozen=True, kw_only=True)
class Limit(Entry):
    """At most `percent` of a population have this grade or a better one."""

    grade: str
    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class DistributionEdition(Edition):
    """Upper limits of grades, unit by unit or over the whole cycle; none below `minimum_population` people."""

    scope: Literal["unit", "whole"]
    minimum_population: int
    limits: tuple[Limit, ...]


# together


@dataclass(frozen=True)
class LocatedPost:
    """A post with the unit whose weights file declares it."""

    post: Post
    unit: Text


@dataclass(frozen=True)
class Policy:
    """Everything in force on one date. `effective` is the latest first day among the editions that apply."""

    id: Id
    title: Text
    documents: tuple[SourceDocument, ...]
    effective: date
    general: PolicyEdition
    library: tuple[LocatedIndicator, ...]
    scoring: ScoringEdition
    grades: GradesEdition
    vetoes: VetoesEdition
    outcomes: OutcomesEdition
    workflow: WorkflowEdition
    sheets: tuple[LocatedPost, ...]
    refused: tuple[RefusedPost, ...]
    distribution: DistributionEdition | None = None
    factors: tuple[LocatedFactor, ...] = ()
    monitoring: MonitoringEdition | None = None
    processes: tuple[LocatedProcess, ...] = ()
    digest: str = field(default="", compare=False)

    @cached_property
    def indicators(self) -> Mapping[str, LocatedIndicator]:
        """What an item can be, by id: the library's indicators, and the rows of post sheets as indicators of their own."""
        library = {entry.indicator.id: entry for entry in self.library}
        return library | {entry.indicator.id: entry for entry in self.rows if entry.indicator.id not in library}

    @cached_property
    def rows(self) -> tuple[LocatedIndicator, ...]:
        """The rows of post sheets as indicators, in file order; those that only place an indicator of the library are not."""
        library = {entry.indicator.id: entry for entry in self.library}
        sets = {one.id: one.levels for one in self.scoring.level_sets}
        return tuple(
            as_indicator(row, group, located.post, library.get(row.indicator or ""), sets.get(row.levels or "", ()))
            for located in self.sheets
            for group in located.post.groups
            for row in group.items
            if not row.is_plain
        )

    @cached_property
    def watched(self) -> Mapping[str, LocatedIndicator]:
        """What readings are kept of, by id: the KPIs of the library, and the indicators of processes.

        Of a policy that appraises only the KPIs that say how often they are gathered: the figures of the others are those of
        people's sheets, and nobody owes readings of them.
        """
        watches = self.general.purpose == "monitoring"
        kpis = [one for one in self.library if one.indicator.kind == "kpi"]
        library = [one for one in kpis if watches or one.indicator.collected is not None]
        steps = [
            LocatedIndicator(one, process.id, one.where) for process in self.processes for one in process.edition.indicators
        ]
        return {one.indicator.id: one for one in (*library, *steps)}

    @cached_property
    def level_sets(self) -> Mapping[str, LevelSet]:
        return {one.id: one for one in self.scoring.level_sets}

    @cached_property
    def success_factors(self) -> Mapping[str, LocatedFactor]:
        return {one.factor.id: one for one in self.factors}

    @cached_property
    def posts(self) -> Mapping[str, LocatedPost]:
        return {entry.post.id: entry for entry in self.sheets}

    @cached_property
    def dimensions(self) -> Mapping[str, Dimension]:
        return {dimension.id: dimension for dimension in self.general.dimensions}

    @cached_property
    def curves(self) -> Mapping[str, Curve]:
        return {curve.id: curve for curve in self.scoring.curves}

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """Highest grade first."""
        return self.grades.bands

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Grades by rank: the lowest is 0."""
        return {band.grade: rank for rank, band in enumerate(reversed(self.bands))}

    @cached_property
    def incident_rules(self) -> Mapping[str, IncidentRule]:
        return {rule.id: rule for rule in self.vetoes.rules}

    @cached_property
    def outcome_rules(self) -> Mapping[str, OutcomeRule]:
        return {rule.id: rule for rule in self.outcomes.rules}

    def superior_of(self, post: str) -> LocatedPost | None:
        """The sheet a post's own answers to: the one it names, else the sheet of its unit; none above a unit's sheet."""
        own = self.posts[post]
        if own.post.reports_to is not None:
            return self.posts.get(own.post.reports_to)
        above = [one for one in self.sheets if one.post.subject == "unit" and one.unit == own.unit]
        return above[0] if len(above) == 1 and above[0].post.id != post else None

    def rules_for(self, post: str) -> tuple[IncidentRule, ...]:
        """The incident rules that can touch a holder of this post, in file order: its own, and those that reach others."""
        return tuple(rule for rule in self.vetoes.rules if rule.all_posts or post in rule.posts or rule.reaches(post))

    def links_for(self, post: str, cadence: Cadence) -> tuple[UnitLink, ...]:
        """The links of a post to its unit's or the company's result in one kind of cycle, in file order (D-02).

        A unit's own sheet makes the unit's result and takes none in; a contractor belongs to no unit of the company (D-01).
        """
        located = self.posts.get(post)
        apart = {"unit": ("unit",), "external": ("unit", "company")}.get(located.post.subject if located else "", ())
        own = (link for link in self.general.unit_links if link.to not in apart)
        return tuple(
            link for link in own if (link.all_posts or post in link.posts) and (not link.cadences or cadence in link.cadences)
        )

    @cached_property
    def derived(self) -> dict[str, Any]:
        """Room for what other layers compile from this policy (curves, rulesets), so that it lives as long as the policy."""
        return {}
