"""How the items of a case score as the figures stand now: what its page shows before there is a result, and beside it.

Nothing of it is stored, and nothing is decided by it: a result is what `computing` stores.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from appraisal.agreements.queries import Agreed
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import percent_of
from appraisal.core.policy.model import Policy, Text
from appraisal.core.scoring.formulas import actual_of
from appraisal.core.scoring.items import score_item
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.results.gathering import items_of
from appraisal.reviews.queries import Key


@dataclass(frozen=True)
class SoFar:
    """An item with what it has reached and scores by that, out of 100 and weighted; None is missing, never 0."""

    actual: Decimal | None
    score: Decimal | None = None
    weighted: Decimal | None = None
    how: Text | None = None
    where: str | None = None


def items_so_far(
    session: Session, appraisal: Appraisal, cycle: Cycle, by_sheet: Mapping[int, Agreed], hidden: Collection[Key] = ()
) -> dict[Key, SoFar]:
    """Each agreed item of an appraisal, by sheet and item; of the `hidden` ones, whose ratings are not the reader's to see yet,
    nothing."""
    policy = cycles.policy_of(session, cycle)
    sheets = cycles.sheets_of(session, [appraisal.id])
    items = items_of(session, policy, [appraisal], sheets, cycle, by_sheet)
    return {
        (sheet_id, item.id): SoFar(None) if (sheet_id, item.id) in hidden else _so_far(policy, item)
        for sheet_id, several in items.items()
        for item in several
    }


def _so_far(policy: Policy, item: Item) -> SoFar:
    located = policy.indicators.get(item.id)
    try:
        actual = actual_of(located.indicator if located else None, item) if item.kind == "kpi" else None
        scored = score_item(policy, item)
    except ScoringError as refusal:
        # That something is missing is said where it is waited for.
        missing = refusal.code.startswith("missing")
        return SoFar(None, how=None if missing else Text(refusal.message.zh, refusal.message.en))
    shown = actual if actual is not None or item.last_actual is None else item.last_actual
    if scored.missing or scored.score is None:
        return SoFar(shown)
    how = Text(scored.how_zh, scored.how_en)
    return SoFar(shown, scored.score, percent_of(scored.score, item.weight), how, f"{scored.where.path}:{scored.where.line}")
