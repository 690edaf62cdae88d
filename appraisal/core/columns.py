"""Item scores for whole columns: the arithmetic of the single path on scaled 64-bit integers, equal to the last digit."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Item
from appraisal.core.numbers import ZERO, scaled
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.items import curve_of, goals_of, score_item

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

LARGEST = 2**62


@dataclass(frozen=True)
class Column:
    """One item of the sheet for many people.

    `item` carries what all rows share; `values` are actuals (KPI) or ratings (GS) × 10^`places`; `targets` and
    `challenges`, where rows differ, are scaled alike. `known` is False where the value is missing.
    """

    item: Item
    values: Integers
    places: int
    targets: Integers | None = None
    challenges: Integers | None = None
    known: Mask | None = None

    def row(self, index: int) -> Item:
        """The item of one row, as the single path takes it."""
        known = self.known is None or bool(self.known[index])
        value = _decimal(self.values, index, self.places) if known else None
        item = replace(self.item, rating=value) if self.item.kind == "gs" else replace(self.item, actual=value)
        if self.targets is not None:
            item = replace(item, target=_decimal(self.targets, index, self.places))
        if self.challenges is not None:
            item = replace(item, challenge=_decimal(self.challenges, index, self.places))
        return item

    def slice(self, rows: slice) -> "Column":
        """The same column for some of its rows."""
        parts = {
            name: array[rows]
            for name in ("values", "targets", "challenges", "known")
            if (array := getattr(self, name)) is not None
        }
        return replace(self, **parts)


@dataclass(frozen=True)
class Scores:
    """Scores × 10^precision of one column, and the rows that only the single path can answer."""

    values: Integers
    single: Mask = field(repr=False)


def score_column(policy: Policy, column: Column) -> Scores:
    """The column's scores. Rows that are missing, out of bounds or in error are left to the single path."""
    single = np.zeros(len(column.values), dtype=np.bool_) if column.known is None else ~column.known
    curve = curve_of(policy, column.item) if column.item.kind == "kpi" and column.item.inputs is None else None
    if curve is not None and curve.method == "target_challenge":
        scores = _target_challenge(policy, column, curve.parameters)
        if scores is not None:
            return Scores(scores.values, single | scores.single)
    return _by_distinct_rows(policy, column, single)


def _by_distinct_rows(policy: Policy, column: Column, single: Mask) -> Scores:
    """Any curve at all: each distinct row goes through the single path once and its score is spread."""
    # Only among rows that are there: a missing one may hold the same figures, and must not answer for them.
    present = np.flatnonzero(~single)
    arrays = [array[present] for array in (column.values, column.targets, column.challenges) if array is not None]
    if len(arrays) == 1:
        _, first, inverse = np.unique(arrays[0], return_index=True, return_inverse=True)
    else:
        _, first, inverse = np.unique(np.stack(arrays, axis=1), axis=0, return_index=True, return_inverse=True)
    answers = np.zeros(len(first), dtype=np.int64)
    failed = np.zeros(len(first), dtype=np.bool_)
    for position, row in enumerate(present[first]):
        try:
            score = score_item(policy, column.row(int(row))).score
        except ScoringError:
            score = None
        failed[position] = score is None
        answers[position] = scaled(score or ZERO, policy.general.precision)
    spread = inverse.reshape(-1)
    scores, left = np.zeros(len(single), dtype=np.int64), single.copy()
    scores[present], left[present] = answers[spread], failed[spread]
    return Scores(scores, left)


def _target_challenge(policy: Policy, column: Column, parameters: object) -> Scores | None:
    """The curve `target_challenge` on scaled integers; None where its parameters or targets do not fit them."""
    assert isinstance(parameters, dict)
    unit = policy.general.precision
    located = policy.indicators.get(column.item.id)
    direction = (located.indicator.direction if located else None) or column.item.direction
    own = column.targets is not None or column.challenges is not None
    goals = goals_of(column.item, located.indicator if located and not own else None)
    try:
        base, top = scaled(parameters["at_target"], unit), scaled(parameters["at_challenge"], unit)
        target = column.targets if column.targets is not None else _constant(goals[0], column.places)
        challenge = column.challenges if column.challenges is not None else _constant(goals[1], column.places)
    except (ValueError, OverflowError):
        return None
    if target is None or direction not in ("higher", "lower"):
        return None
    actual = column.values
    bound = LARGEST // (4 * max(base, top, 1))
    single = _beyond(actual, bound) | (target > bound) | (target <= 0)
    safe = np.where(target > 0, target, 1) if isinstance(target, np.ndarray) else max(int(target), 1)
    sign = 1 if direction == "higher" else -1
    distance = actual if direction == "higher" else 2 * safe - actual
    below = _half_up(base * np.maximum(distance, 0), safe)
    if challenge is None:
        return Scores(np.minimum(below, np.int64(top)), single)
    span = (challenge - target) * sign
    single |= (span < 0) | (challenge > bound) | (challenge < 0)
    wide = np.where(span > 0, span, 1) if isinstance(span, np.ndarray) else max(int(span), 1)
    gained = np.clip((actual - target) * sign, 0, wide)
    above = base + _half_up((top - base) * gained, wide)
    scores = np.where((actual - target) * sign >= 0, above, below)
    return Scores(np.where((actual - challenge) * sign >= 0, np.int64(top), scores), single)


def _beyond(figures: Integers, bound: int) -> Mask:
    """Where a figure's magnitude exceeds the bound; the lowest integer has no magnitude of its own, so none is taken."""
    beyond: Mask = (figures > bound) | (figures < -bound)
    return beyond


def _half_up(numerator: Integers, denominator: "Integers | int") -> Integers:
    """Non-negative quotients, rounded half-up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _constant(number: Decimal | None, places: int) -> "np.int64 | None":
    return None if number is None else np.int64(scaled(number, places))


def _decimal(array: Integers, index: int, places: int) -> Decimal:
    return Decimal(int(array[index])).scaleb(-places)
