"""Item scores to a total: 综合得分 = Σ(单项得分 × 权重), exact, with dropped items replaced by their dimension's mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.errors import ScoringError
from appraisal.core.numbers import HUNDRED, ZERO, add, divide, percent_of, plain, times
from appraisal.core.scoring.items import ScoredItem


@dataclass(frozen=True)
class Reweighted:
    """A dimension with dropped items: its mean (rounded once) stands for its whole weight."""

    dimension: str | None
    mean: Decimal
    weight: Decimal


def check_weights(weights: Sequence[Decimal]) -> None:
    """Raises ScoringError `weights_not_100` unless the weights are positive and total exactly 100 (R-003-16)."""
    for index, weight in enumerate(weights):
        if weight <= 0:
            raise ScoringError("bad_weight", f"items[{index}].weight", "权重须大于 0", "a weight must be above 0")
    total = add(*weights)
    if total != HUNDRED:
        shown, gap = plain(total), plain(HUNDRED - total)
        zh, en = f"权重合计 {shown}, 应为 100 (相差 {gap})", f"the weights total {shown}, not 100 (off by {gap})"
        raise ScoringError("weights_not_100", "items", zh, en)


def total_score(
    items: Sequence[ScoredItem], scores: Sequence[Decimal | None], places: int
) -> tuple[Decimal, tuple[Reweighted, ...]]:
    """The exact total of `scores` (one per item, None = dropped) and the dimensions that were re-weighted.

    Raises ScoringError `nothing_left` when every item of a dimension was dropped.
    """
    dropped = tuple(dict.fromkeys(item.dimension for item, score in zip(items, scores, strict=True) if score is None))
    total = add(
        *(
            percent_of(score, item.item.weight)
            for item, score in zip(items, scores, strict=True)
            if score is not None and item.dimension not in dropped
        )
    )
    reweighted = tuple(_reweight(dimension, items, scores, places) for dimension in dropped)
    return add(total, *(percent_of(part.mean, part.weight) for part in reweighted)), reweighted


def _reweight(dimension: str | None, items: Sequence[ScoredItem], scores: Sequence[Decimal | None], places: int) -> Reweighted:
    members = [(item.item.weight, score) for item, score in zip(items, scores, strict=True) if item.dimension == dimension]
    present = [(weight, score) for weight, score in members if score is not None]
    if not present:
        zh, en = f"维度 {dimension or '—'} 的指标全部缺数, 无法计分", f"every item of dimension {dimension or '-'} is missing"
        raise ScoringError("nothing_left", "items", zh, en)
    weighted = add(*(times(weight, score) for weight, score in present))
    share = add(*(weight for weight, _ in present))
    return Reweighted(dimension, divide(weighted, share, places), add(ZERO, *(weight for weight, _ in members)))
