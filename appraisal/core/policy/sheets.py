"""The keys of weights/<policy>/<unit>.yaml: post sheets, their groups of rows, and posts that are refused.

A row is a whole definition of what is appraised, by itself or on top of an indicator of the library.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.calendar import Cadence
from appraisal.core.inputs import Direction, Kind
from appraisal.core.policy.entry import Edition, Entry, Id, Text
from appraisal.core.policy.general import MissingRule

ZeroRule = Literal["no_base", "no_base_strict", "nothing_due"]
Operator = Literal[">=", "<=", "<", ">", "="]
Subject = Literal["person", "unit", "external"]
RollUp = Literal["sum", "mean", "last", "weighted"]
"""How figures gathered oftener than they are appraised become one; `weighted` is the formula over the sums of its inputs."""

Platform = Literal[
    "qc_report", "ncr", "capa", "inquiry", "quote", "sale", "expense", "purchase", "supplier_score", "safety_event"
]
"""Types of the platform's records (R-000-40)."""

DECIMALS: Final = 4
"""Places a formula's result is rounded to where nothing else is written."""


@dataclass(frozen=True, kw_only=True)
class Input(Entry):
    """A raw figure a formula uses, by the name the formula writes; it may be the value of another `indicator`.

    `platform` is the type of the platform's records that it is taken from.
    """

    name: str
    en: str
    unit: str | None = None
    source: str | None = None
    indicator: str | None = None
    platform: Platform | None = None


@dataclass(frozen=True, kw_only=True)
class Factor(Entry):
    """A sub-factor of a goal (分要素评估): at most `points` of the 100."""

    id: str
    name: Text
    points: Decimal


@dataclass(frozen=True, kw_only=True)
class JointAssessor(Entry):
    """One of several who rate a goal together, with a share in points of 100."""

    name: str
    share: Decimal


@dataclass(frozen=True, kw_only=True)
class PostItem(Entry):
    """A row of a post sheet. `raw` is the text as the source prints it.

    With `indicator` it is that indicator of the library, and what the row does not write comes from there; without, it
    stands alone. `collected` is how often the figure is gathered where that is oftener than `cadence`, and `roll_up` how
    these become one; `levels` names a set of scoring.yaml; `serves` the row of the superior's sheet that this one
    contributes to; `reading` the watched indicator whose reading is the figure (policy/indicator).
    """

    id: Id
    indicator: str | None = None
    name: Text | None = None
    raw: str | None = None
    definition: Text | None = None
    unit: str | None = None
    direction: Direction | None = None
    formula: str | None = None
    inputs: tuple[Input, ...] = ()
    zero_denominator: ZeroRule | None = None
    decimals: int | None = None
    best_possible: Decimal | None = None
    target: Decimal | None = None
    challenge: Decimal | None = None
    operator: Operator | None = None
    curve: str | None = None
    missing: MissingRule | None = None
    source: str | None = None
    cadence: Cadence | None = None
    collected: Cadence | None = None
    roll_up: RollUp | None = None
    levels: str | None = None
    factors: tuple[Factor, ...] = ()
    assessor: str | None = None
    assessors: tuple[JointAssessor, ...] = ()
    dimension: str | None = None
    serves: str | None = None
    reading: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the row only places an indicator of the library under its own id."""
        return self.indicator == self.id


@dataclass(frozen=True, kw_only=True)
class Group(Entry):
    """One printed weight and the rows that share it."""

    kind: Kind
    dimension: str | None = None
    weight: Decimal
    items: tuple[PostItem, ...]


@dataclass(frozen=True, kw_only=True)
class Post(Entry):
    """A post's sheet: dimension weights in points of 100, or groups of items; `raw` is its title as printed."""

    id: Id
    title: Text
    raw: str | None = None
    subject: Subject = "person"
    reports_to: str | None = None
    source_row: str | None = None
    dimensions: Mapping[str, Decimal] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefusedPost(Entry):
    """A post the source gives no profile: refused with `reason`, never defaulted (R-002-16)."""

    id: Id
    title: Text
    reason: Text


@dataclass(frozen=True, kw_only=True)
class WeightsEdition(Edition):
    posts: tuple[Post, ...] = ()
    refused: tuple[RefusedPost, ...] = ()
