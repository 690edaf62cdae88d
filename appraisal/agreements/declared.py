"""What the policy declares of an item, so that nobody has to type it: target, curve, sub-factors, standard, source, assessor.

What the agreement itself says wins. Nothing of this is stored: an agreement is read under the policy its cycle has pinned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from appraisal.agreements.drafts import ItemDraft
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Group, Indicator, Level, Policy, PostItem
from appraisal.core.scoring.items import goals_of
from appraisal.cycles.blanks import NOTHING, Ruled


@dataclass(frozen=True)
class Place:
    """A row of a post's sheet: its group, counted from 1, and the weight printed for the whole group."""

    place: int
    group: Group
    row: PostItem


@dataclass(frozen=True)
class Declared:
    """An item as it counts: what it says itself, else its row, else the library. `levels` are those of a goal."""

    target: Decimal | None
    challenge: Decimal | None
    curve: str | None
    standard: str | None
    sources: tuple[str, ...]
    assessor: str | None
    levels: tuple[Level, ...] = ()
    factor_max: Mapping[str, Decimal] = field(default_factory=dict)


def places_of(policy: Policy, post_id: str) -> dict[str, Place]:
    """The rows of a post's sheet by id, in their order."""
    groups = enumerate(policy.posts[post_id].post.groups, start=1)
    return {row.id: Place(place, group, row) for place, group in groups for row in group.items}


def declared(policy: Policy, draft: ItemDraft, place: Place | None, ruled: Ruled = NOTHING) -> Declared:
    """What counts of a drafted item on its sheet; where the source leaves a cell blank, what HR has ruled for the cycle."""
    located = policy.indicators.get(draft.id)
    indicator = located.indicator if located else None
    target, challenge = goals_of(draft.as_item(), indicator)
    direction = draft.direction or (indicator.direction if indicator else None)
    curve = draft.curve or (indicator.curve if indicator else None)
    if draft.kind == "kpi" and curve is None and direction is not None:
        curve = policy.scoring.defaults.get(direction)
    own_points = dict(draft.factor_max)
    factors = {factor.id: factor.points for factor in indicator.factors} if indicator and not own_points else own_points
    row = place.row if place else None
    joint = "、".join(f"{one.name} {plain(one.share)}%" for one in row.assessors) if row else ""
    return Declared(
        target=target,
        challenge=challenge,
        curve=curve,
        standard=draft.standard or (_standard(indicator) if indicator and draft.kind == "gs" else None),
        sources=_sources(draft, indicator, ruled),
        assessor=ruled.assessor or ((row.assessor or joint or None) if row else None),
        levels=indicator.levels if indicator else (),
        factor_max=factors,
    )


def _sources(draft: ItemDraft, indicator: Indicator | None, ruled: Ruled) -> tuple[str, ...]:
    own = draft.source or ruled.source
    return (own,) if own else tuple((indicator.sources if indicator else None) or ())


def _standard(indicator: Indicator) -> str | None:
    """How a goal is rated, in words: what it is, then its levels or the points of its sub-factors."""
    if not indicator.has_standard:
        return None
    levels = "; ".join(f"{plain(level.rating)} 分起: {level.text}" for level in indicator.levels)
    factors = "; ".join(f"{one.id} {one.name.zh}, 至多 {plain(one.points)} 分" for one in indicator.factors)
    return "。".join(part for part in (indicator.definition.zh, factors or levels) if part)
