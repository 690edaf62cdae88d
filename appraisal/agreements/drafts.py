"""Items as somebody proposes them, what is found about them, and what they are called: values without rows behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from appraisal.core.inputs import Direction, Item, Kind
from appraisal.core.policy.model import Policy, Severity, Text
from appraisal.core.scoring.items import goals_of
from appraisal.errors import Fault, Invalid


@dataclass(frozen=True)
class Joint:
    """One of several who rate a goal together, with a share in points of 100; None: as the sheet prints it, else even."""

    assessor_id: int
    share: Decimal | None = None


@dataclass(frozen=True)
class ItemDraft:
    """One item as proposed. An id from the library names that indicator; any other id is the sheet's own and needs a name."""

    id: str
    kind: Kind
    weight: Decimal
    dimension: str | None = None
    target: Decimal | None = None
    challenge: Decimal | None = None
    threshold: Decimal | None = None
    baseline: Decimal | None = None
    curve: str | None = None
    direction: Direction | None = None
    name_zh: str | None = None
    name_en: str | None = None
    unit: str | None = None
    factor_max: Mapping[str, Decimal] = field(default_factory=dict)
    standard: str | None = None
    source: str | None = None
    assessor_id: int | None = None
    goal_id: int | None = None
    assessors: tuple[Joint, ...] = ()

    @property
    def raters(self) -> frozenset[int]:
        """Who rates it instead of the supervisor."""
        one = {self.assessor_id} if self.assessor_id is not None else set()
        return frozenset(one | {each.assessor_id for each in self.assessors})

    def as_item(self) -> Item:
        """The item as the core takes it, without figures."""
        return Item(
            id=self.id,
            kind=self.kind,
            weight=self.weight,
            dimension=self.dimension,
            name=self.name_zh,
            target=self.target,
            challenge=self.challenge,
            threshold=self.threshold,
            baseline=self.baseline,
            curve=self.curve,
            direction=self.direction,
            factor_max=dict(self.factor_max),
        )


@dataclass(frozen=True)
class Background:
    """What stands around a sheet: the person's targets of the same period a year ago by item, and the goals that company and
    units have set for the period, by id with their name."""

    earlier: Mapping[str, Decimal] = field(default_factory=dict)
    goals: Mapping[int, str] = field(default_factory=dict)


ALONE = Background()


@dataclass(frozen=True)
class Finding:
    """One finding: errors refuse the agreement, warnings are shown to those who sign; what needs approval cannot be signed
    without it."""

    severity: Severity | Literal["approval"]
    code: str
    path: str
    zh: str
    en: str

    @property
    def item(self) -> int | None:
        """The place of the item it concerns, from 0; None where it concerns the whole."""
        return int(self.path[6 : self.path.index("]")]) if self.path.startswith("items[") else None


def require_sound(found: Sequence[Finding]) -> None:
    """Raises Invalid `agreement_errors` with every error among the findings."""
    if errors := [finding for finding in found if finding.severity == "error"]:
        faults = [Fault(finding.path, finding.zh, finding.en) for finding in errors]
        zh, en = "; ".join(finding.zh for finding in errors), "; ".join(finding.en for finding in errors)
        raise Invalid("agreement_errors", f"责任书有误: {zh}", f"the agreement cannot stand: {en}", faults)


def target_of(policy: Policy, draft: ItemDraft) -> Decimal | None:
    """The target that counts: the item's own, else the one its row or the library declares."""
    located = policy.indicators.get(draft.id)
    return goals_of(draft.as_item(), located.indicator if located else None)[0]


def dimension_of(policy: Policy, draft: ItemDraft) -> str | None:
    """The dimension the item counts in: its own, else the library's."""
    located = policy.indicators.get(draft.id)
    return draft.dimension or (located.dimension if located else None)


def name_of(policy: Policy, item: str, own_name: str | None = None) -> str:
    """What an item is called in Chinese: by the library, else by the sheet itself."""
    located = policy.indicators.get(item)
    return located.indicator.name.zh if located else own_name or item


def called(policy: Policy, draft: ItemDraft) -> Text:
    """What a drafted item is called: by the library, else by the sheet itself."""
    located, zh = policy.indicators.get(draft.id), draft.name_zh or draft.id
    return located.indicator.name if located else Text(zh, draft.name_en or zh)


def dimension_name(policy: Policy, dimension: str | None) -> Text:
    """What a dimension is called; one the policy does not know goes by its id."""
    unknown = Text(dimension or "-", dimension or "-")
    return next((entry.name for entry in policy.general.dimensions if entry.id == dimension), unknown)
