"""The keys of monitoring.yaml and of what is watched between appraisals: levels, trends, guards, pairs, targets by phase.

A policy whose policy.yaml says `purpose: monitoring` has indicators and these, and nothing that grades people.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.calendar import Cadence
from appraisal.core.policy.entry import Edition, Entry, Id, Text
from appraisal.core.policy.general import CycleRule, MissingRule, NotRated, PolicyEdition
from appraisal.core.policy.sheets import Operator

LevelName = Literal["normal", "attention", "abnormal", "severe"]
LEVELS: Final[tuple[LevelName, ...]] = ("normal", "attention", "abnormal", "severe")
"""The levels of a deviation, mildest first."""

Frequency = Literal["event", "hour", "day", "week", "month", "quarter", "half", "year"]
"""How often figures come in; `event` is whenever something happens."""
FREQUENCIES: Final[tuple[Frequency, ...]] = ("event", "hour", "day", "week", "month", "quarter", "half", "year")
"""The oftenest first."""

RecordKind = Literal["assessment", "capa", "urgent_improvement"]


# on an indicator


@dataclass(frozen=True, kw_only=True)
class Scale(Entry):
    """How an amount kept in base units is shown: divided by `divide_by`, in `unit` (G-11)."""

    unit: str
    divide_by: Decimal
    decimals: int = 2


@dataclass(frozen=True, kw_only=True)
class PhaseTarget(Entry):
    """The target of the periods whose first day lies in the phase, from `from_` to `to`, both inclusive (R-000-39)."""

    phase: Text
    operator: Operator
    value: Decimal
    from_: date
    to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Tolerance(Entry):
    """With `points` the deviation is the plain difference in the indicator's unit, not a share of the target (G-7)."""

    points: bool


@dataclass(frozen=True, kw_only=True)
class AlertThreshold(Entry):
    """A warning line apart from the target: a reading that stands in `operator` to `value` alerts (R-004-10)."""

    operator: Operator
    value: Decimal


# monitoring.yaml


@dataclass(frozen=True, kw_only=True)
class LevelBand(Entry):
    """A level of deviation up to `up_to`, inclusive, from the level before; the last has no end."""

    level: LevelName
    up_to: Decimal | None = None
    response: Text | None = None


@dataclass(frozen=True, kw_only=True)
class TrendRule(Entry):
    """So many successive worsenings alert, whatever the level (R-000-53)."""

    worsenings: int


@dataclass(frozen=True, kw_only=True)
class GuardPair(Entry):
    """An indicator and the one that tells whether it improves at another's cost (R-004-8)."""

    indicator: str
    guard: str
    follow_up: Text | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class RaiseTarget(Entry):
    """When to propose a higher target: met so many periods running, and the benchmark is beaten or better than the target.

    `against: reading` asks that the reading beats the benchmark, `against: target` that the benchmark beats the target.
    """

    months: int
    against: Literal["reading", "target"] = "reading"


@dataclass(frozen=True, kw_only=True)
class UnrealisticJump(Entry):
    """A target more than `percent` of the baseline away from it is flagged (G-42)."""

    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class RelatedPair(Entry):
    """Two indicators that belong together: when both worsen, the first `lag` periods earlier, this is what to look at."""

    first: str
    second: str
    lag: int = 0
    follow_up: Text
    department: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class CorrelationRule(Entry):
    """Spearman's rank correlation over the last `periods`, with lags from 0 to `lags`, from `minimum` common readings on.

    With `strength` only pairs of that correlation or a stronger one are reported; related pairs always are.
    """

    periods: int
    lags: int
    minimum: int
    strength: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class NotifyRule(Entry):
    """Who is told of a level: a role in the words of the source."""

    level: LevelName
    role: str


@dataclass(frozen=True, kw_only=True)
class RecordRule(Entry):
    """The action record that a level opens, and the days in which it is due."""

    level: LevelName
    record: RecordKind
    days: int | None = None
    role: str | None = None
    form: str | None = None


@dataclass(frozen=True, kw_only=True)
class TaskRule(Entry):
    """A task for another department when an indicator reaches `level` or its warning line (D-27)."""

    indicator: str
    level: LevelName | None = None
    department: str
    follow_up: Text
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewRule(Entry):
    """The quarterly review: so many periods decide "always" and "never" met; `redundant` is a correlation."""

    periods: int
    redundant: Decimal


@dataclass(frozen=True, kw_only=True)
class Advisor(Entry):
    """An area of the weekly summaries (R-000-54): the indicators it names, and those of its `dimensions` that no area names."""

    id: Id
    name: Text
    indicators: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class MonitoringEdition(Edition):
    levels: tuple[LevelBand, ...]
    trend: TrendRule
    guards: tuple[GuardPair, ...] = ()
    raise_target: RaiseTarget | None = None
    unrealistic_jump: UnrealisticJump | None = None
    pairs: tuple[RelatedPair, ...] = ()
    correlation: CorrelationRule | None = None
    notify: tuple[NotifyRule, ...] = ()
    records: tuple[RecordRule, ...] = ()
    tasks: tuple[TaskRule, ...] = ()
    review: ReviewRule | None = None
    advisors: tuple[Advisor, ...] = ()


# policy.yaml of a monitoring policy


@dataclass(frozen=True, kw_only=True)
class Form(Entry):
    """A form of the source and the years it is kept; none for ever (R-000-57)."""

    id: str
    name: Text
    years: int | None


@dataclass(frozen=True, kw_only=True)
class Course(Entry):
    """A training course (R-000-59)."""

    name: Text
    hours: Decimal


@dataclass(frozen=True, kw_only=True)
class Training(Entry):
    """The courses of the procedure and the hours the source totals them to."""

    hours: Decimal
    courses: tuple[Course, ...]


@dataclass(frozen=True, kw_only=True)
class SignOff(Entry):
    """A row of signatures (R-000-60)."""

    signatories: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Meeting(Entry):
    """Something due regularly: on the first Monday, on a `day` of the month, or on the last day of the period.

    `day_off` is what becomes of a due day that is not worked: it stays, or moves to the working day before or after it.
    """

    id: Id
    name: Text
    cadence: Cadence
    falls_on: Literal["first_monday", "day", "last_day"]
    day: int | None = None
    day_off: Literal["stays", "before", "after"] = "stays"
    role: str | None = None
    form: str | None = None


@dataclass(frozen=True, kw_only=True)
class DataRule(Entry):
    """A rule of data governance in words: where data lie, how often they are taken, who may read them, how they are kept."""

    id: Id
    text: Text


@dataclass(frozen=True, kw_only=True)
class MonitoringPolicyEdition(PolicyEdition):
    """General settings of a policy that watches and does not grade; what only grading needs keeps a value without effect."""

    purpose: Literal["monitoring"]
    missing: MissingRule = "block"
    cycles: tuple[CycleRule, ...] = ()
    share_veto: Literal["whole", "own_sheet"] = "whole"
    not_rated: NotRated = NotRated(minimum_days=0, pay="none")
    forms: tuple[Form, ...] = ()
    training: Training | None = None
    sign_off: tuple[SignOff, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    data_rules: tuple[DataRule, ...] = ()
