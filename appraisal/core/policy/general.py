"""The keys of policy.yaml: documents, dimensions, cycles, and how a result is put together of more than one sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from appraisal.core.calendar import Cadence
from appraisal.core.policy.entry import Edition, Entry, Id, Text

Severity = Literal["error", "warning"]
MissingRule = Literal["block", "zero", "drop", "carry_last"]

COUNTING: Final = ("max_items", "min_item_weight", "starter_items")
"""The design rules that have a limit."""


@dataclass(frozen=True, kw_only=True)
class SourceDocument(Entry):
    id: str
    title: str
    legal_basis: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dimension(Entry):
    """A dimension (perspective). One that is not in the library `draws_on` others for its indicators (G-28)."""

    id: Id
    name: Text
    aliases: tuple[str, ...] = ()
    draws_on: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Audience(Entry):
    """A wording of 适用部门/岗位 in the source and the posts it means here; `all_posts` for 全体员工."""

    name: str
    posts: tuple[str, ...] = ()
    all_posts: bool = False


@dataclass(frozen=True, kw_only=True)
class CycleRule(Entry):
    """An appraisal cycle of the policy: how often, for which posts, and whether it pays (D-24)."""

    cadence: Cadence
    posts: tuple[str, ...] = ()
    all_posts: bool = False
    pays: bool = False


@dataclass(frozen=True, kw_only=True)
class DesignRule(Entry):
    """A design rule with the severity this policy gives it (D-07). `limit` is a count, or points of 100, where it counts."""

    rule: Literal["max_items", "min_item_weight", "starter_items", "gs_share_by_level", "upward_link"]
    limit: Decimal | None = None
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class NotRated(Entry):
    """When a person is 不参评 (never D, never 0) and what is paid then (D-03): fewer than `minimum_days` in the period.

    Neutral leave is no day of these, counted leave is; `probation` may exclude who is still on it when the period ends.
    """

    minimum_days: int
    pay: Literal["none", "base"]
    probation: Literal["rated", "not_rated"] = "rated"
    leave: Literal["neutral", "counted"] = "neutral"


@dataclass(frozen=True, kw_only=True)
class Annual(Entry):
    """What a year's result is made of, in points of 100 (G-27). `missing`: a part that is not there blocks, or is dropped."""

    kpi: Decimal
    feedback: Decimal
    development: Decimal
    missing: Literal["block", "drop"]


@dataclass(frozen=True, kw_only=True)
class UnitLink(Entry):
    """Ties posts to the result of their unit or of the company (D-02): by a `share` of the score, or the bonus `coefficient`.

    In the cycles of `cadences`; in all where none is named.
    """

    posts: tuple[str, ...] = ()
    all_posts: bool = False
    to: Literal["unit", "company"]
    share: Decimal | None = None
    coefficient: bool = False
    cadences: tuple[Cadence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Floor(Entry):
    """Who scores `below` this in a dimension gets no better grade than `grade`, whatever the total says (D-14)."""

    dimension: str
    below: Decimal
    grade: str


@dataclass(frozen=True, kw_only=True)
class RatingScale(Entry):
    """The scale on which people rate; converted linearly to 0–100 when it is another."""

    minimum: Decimal
    maximum: Decimal


@dataclass(frozen=True, kw_only=True)
class FeedbackGroup(Entry):
    """Raters of one kind: their share in points of 100, and how many are to be asked at least."""

    id: Id
    name: Text
    share: Decimal
    minimum: int


@dataclass(frozen=True, kw_only=True)
class Feedback(Entry):
    """360° feedback. A group with fewer than `minimum_raters` answers is never shown by itself."""

    groups: tuple[FeedbackGroup, ...]
    minimum_raters: int
    scale: RatingScale


@dataclass(frozen=True, kw_only=True)
class ImprovementPlan(Entry):
    """How long an improvement plan (绩效改进计划) may run."""

    minimum_months: int
    maximum_months: int


@dataclass(frozen=True, kw_only=True)
class Kept(Entry):
    """How long records of a kind are kept: so many whole years after the end of their period."""

    years: int


@dataclass(frozen=True, kw_only=True)
class KeptOfPeople(Kept):
    """The same for records about a person, who must also have left so many years ago."""

    after_leaving: int


@dataclass(frozen=True, kw_only=True)
class Retention(Entry):
    """How long records are kept; a kind that is not named, for its `DEFAULT_TERMS`. What is permanent has no term to name."""

    appraisal: KeptOfPeople | None = None
    kpi_form: Kept | None = None
    payroll: Kept | None = None


KeptKind = Literal["appraisal", "kpi_form", "payroll"]
DEFAULT_TERMS: Final[Mapping[KeptKind, Kept]] = {
    "appraisal": KeptOfPeople(years=5, after_leaving=2),
    "kpi_form": Kept(years=5),
    "payroll": Kept(years=5),
}
"""What holds where a policy says nothing."""


@dataclass(frozen=True, kw_only=True)
class PolicyEdition(Edition):
    """General settings. `precision`: decimals of an item score (D-11). `share_veto`: what a veto in one of more sheets does.

    `year_kpi`: how a year's KPI part comes about (D-24); `provisional_pay`: what may be paid before approval (D-19).
    A policy for `monitoring` has settings of its own, in `monitoring`.
    """

    purpose: Literal["appraisal", "monitoring"] = "appraisal"
    status: Literal["trial", "effective"]
    precision: int
    missing: MissingRule
    dimensions: tuple[Dimension, ...]
    audiences: tuple[Audience, ...] = ()
    cycles: tuple[CycleRule, ...]
    design_rules: tuple[DesignRule, ...] = ()
    share_veto: Literal["whole", "own_sheet"]
    not_rated: NotRated
    year_kpi: Literal["own_targets", "mean_of_quarters"] = "own_targets"
    annual: Annual | None = None
    feedback: Feedback | None = None
    unit_links: tuple[UnitLink, ...] = ()
    floors: tuple[Floor, ...] = ()
    improvement_plan: ImprovementPlan | None = None
    provisional_pay: Literal["none", "full"] = "none"
    retention: Retention | None = None

    def kept(self, kind: KeptKind) -> Kept:
        """How long records of a kind are kept under this policy."""
        stated: Kept | None = getattr(self.retention, kind, None)
        return stated or DEFAULT_TERMS[kind]
