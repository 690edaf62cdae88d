"""How an agreed item will be scored, by example: what its curve gives for the figures that count, told before anybody signs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from appraisal.agreements.declared import Declared, places_of
from appraisal.agreements.declared import declared as what_counts
from appraisal.agreements.drafts import ItemDraft
from appraisal.core.errors import ScoringError
from appraisal.core.numbers import divide, times
from appraisal.core.policy.model import Policy, Text
from appraisal.core.scoring.items import curve_named
from appraisal.core.scoring.methods import Reading

_SHORT: Final = {"higher": Decimal("0.8"), "lower": Decimal("1.2"), "target": Decimal("0.9")}
_COUNTED: Final = (Decimal(0), Decimal(1), Decimal(2))


class Example(NamedTuple):
    """A figure in the item's unit and the points it gives."""

    actual: Decimal
    points: Decimal


class Scale(NamedTuple):
    """The curve of an item by name, and what it gives; no examples where the item lacks the figures it needs."""

    name: Text
    examples: tuple[Example, ...]


def scales_of(policy: Policy, post_id: str, drafts: Sequence[ItemDraft]) -> dict[str, Scale]:
    """By item, how its figure becomes points; what is rated by people has no curve."""
    places = places_of(policy, post_id)
    found = {draft.id: _scale(policy, draft, what_counts(policy, draft, places.get(draft.id))) for draft in drafts}
    return {item: scale for item, scale in found.items() if scale is not None}


def _scale(policy: Policy, draft: ItemDraft, found: Declared) -> Scale | None:
    if draft.kind != "kpi" or found.curve not in policy.curves:
        return None
    located = policy.indicators.get(draft.id)
    direction = draft.direction or (located.indicator.direction if located else None)
    try:
        curve = curve_named(policy, found.curve)
    except ScoringError:
        return None
    figures = {"target": found.target, "challenge": found.challenge}
    figures |= {"threshold": draft.threshold, "baseline": draft.baseline}
    examples = []
    for actual in _telling(draft, found, direction):
        try:
            points = curve(Reading(policy.general.precision, actual, direction=direction, **figures))
        except ScoringError:
            continue
        examples.append(Example(actual, points.score))
    return Scale(policy.curves[found.curve].name, tuple(examples))


def _telling(draft: ItemDraft, found: Declared, direction: str | None) -> list[Decimal]:
    """The figures of the item itself, and one that falls short of its target, the worst first; counts where it has none."""
    figures = {one for one in (draft.threshold, found.target, found.challenge) if one is not None}
    if not figures or direction == "zero":
        return list(_COUNTED)
    if found.target and direction in _SHORT and len(figures) < 3:
        figures.add(divide(times(found.target, _SHORT[direction]), Decimal(1), 4).normalize())
    return sorted(figures, reverse=direction == "lower")
