"""The keys of indicators/*.yaml, and what items are rated by: indicators, described levels, the tree of success factors."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from appraisal.core.calendar import Cadence
from appraisal.core.inputs import Direction, Kind
from appraisal.core.policy.entry import Edition, Entry, Id, Text
from appraisal.core.policy.general import MissingRule
from appraisal.core.policy.monitoring import AlertThreshold, Frequency, PhaseTarget, Scale, Tolerance
from appraisal.core.policy.sheets import DECIMALS, Factor, Input, Operator, Platform, RollUp, ZeroRule
from appraisal.core.policy.tree import NOWHERE, Where

Status = Literal["complete", "incomplete", "monitor_only"]


@dataclass(frozen=True, kw_only=True)
class Indicator(Entry):
    """One KPI or GS goal, defined once. `decimals` rounds the formula's result before any curve.

    The keys from `document` on are for monitoring: who owns it, how it is shown and kept, targets by phase instead of one,
    what was printed where it is `corrected`, and between which figures a reading can lie. `reading` names the indicator of a
    monitoring policy, as policy/indicator, whose reading of the sheet's unit and period is the figure here: one number.
    """

    id: Id
    name: Text
    kind: Kind
    source_row: str | None = None
    raw: str | None = None
    definition: Text
    unit: str | None
    direction: Direction | None = None
    formula: str | None = None
    inputs: tuple[Input, ...] = ()
    zero_denominator: ZeroRule | None = None
    decimals: int = DECIMALS
    sources: tuple[str, ...] | None
    applies_to: tuple[str, ...] = ()
    cadence: tuple[Cadence, ...] | None
    target: Decimal | None = None
    challenge: Decimal | None = None
    operator: Operator | None = None
    best_possible: Decimal | None = None
    curve: str | None = None
    missing: MissingRule | None = None
    roll_up: RollUp | None = None
    status: Status = "complete"
    levels: tuple["Level", ...] = ()
    factors: tuple[Factor, ...] = ()
    success_factor: str | None = None
    document: str | None = None
    owner: str | None = None
    department: str | None = None
    collected: Frequency | None = None
    platform: Platform | None = None
    scale: Scale | None = None
    retention: str | None = None
    targets: tuple[PhaseTarget, ...] = ()
    baseline: Decimal | None = None
    benchmark: Decimal | None = None
    tolerance: Tolerance | None = None
    alert: AlertThreshold | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    printed: str | None = None
    corrected: str | None = None
    reading: str | None = None

    @property
    def has_standard(self) -> bool:
        """Whether it says by what a person rates it: described levels, or sub-factors with their points (R-003-15)."""
        return bool(self.levels or self.factors)


@dataclass(frozen=True, kw_only=True)
class Level(Entry):
    """A described rating level of a GS goal: from `rating` up, on the policy's scale."""

    rating: Decimal
    text: str
    en: str | None = None


@dataclass(frozen=True, kw_only=True)
class SuccessFactor(Entry):
    """关键成功因素: a node of the library's tree, by the number the source prints (1, 11, 111 …)."""

    id: str
    name: Text
    raw: str | None = None
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class IndicatorEdition(Edition):
    goal: Text | None = None
    success_factors: tuple[SuccessFactor, ...] = ()
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, kw_only=True)
class SetLevel(Entry):
    """A described level of a set: from `rating` up, on the policy's scale."""

    rating: Decimal
    text: Text


@dataclass(frozen=True, kw_only=True)
class LevelSet(Entry):
    """Described rating levels that many goals share; the rows of post sheets name one."""

    id: Id
    name: Text
    levels: tuple[SetLevel, ...]


@dataclass(frozen=True)
class LocatedIndicator:
    """An indicator with the dimension whose library file declares it; `where` is the place of that declaration.

    A row of a sheet is one too: `post` is the post whose sheet holds it, and it applies to no other.
    """

    indicator: Indicator
    dimension: str | None
    where: Where = field(default=NOWHERE, compare=False)
    post: str | None = None


@dataclass(frozen=True)
class LocatedFactor:
    """A success factor with the dimension whose library file declares it."""

    factor: SuccessFactor
    dimension: str
