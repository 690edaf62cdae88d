"""Rank correlations of all pairs of a class at once: whole-number sums in numpy, equal to `judging.correlation` to the digit.

The ranks of one indicator serve all its pairs where no reading is missing; pairs with gaps are ranked over what they share.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from appraisal.core.calendar import Period
from appraisal.core.judging.correlation import PLACES, Correlation
from appraisal.core.numbers import EXACT, scaled_ceil
from appraisal.core.policy.monitoring import CorrelationRule

Integers = NDArray[np.int64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]
Series = Mapping[str, Mapping[Period, Decimal]]

CHUNK = 4096
_UNITS = 10**PLACES


@dataclass(frozen=True)
class Worse:
    """For each lag which of the indicators became worse that many periods ago, and which way each of them gets worse.

    `signs`: 1 where more is worse, −1 where less is, 0 where nobody can tell.
    """

    at: Sequence[Mask]
    signs: Integers


@dataclass(frozen=True)
class PairCorrelation:
    """The strongest correlation of two indicators over the lags; `first` is the one that is read earlier."""

    first: str
    second: str
    correlation: Correlation


def correlations(
    series: Series,
    names: Sequence[str],
    period: Period,
    rule: CorrelationRule,
    worse: Worse | None = None,
    apart: Collection[frozenset[str]] = (),
) -> list[PairCorrelation]:
    """For each pair of these indicators the strongest correlation, the smaller lag where two are equal, if it has any.

    With `worse` only what shows that two get worse together counts: both just did, and ρ has the sign that means it. Pairs
    in `apart` are left out.
    """
    best: dict[tuple[int, int], tuple[int, int, int, int, int]] = {}
    for lag, first, second, readings, rho in _all(series, names, period, rule, worse):
        chosen = np.abs(rho) >= _least(rule)
        if worse is not None:
            chosen &= rho * worse.signs[first] * worse.signs[second] > 0
        for at in np.flatnonzero(chosen).tolist():
            i, j, units = int(first[at]), int(second[at]), int(rho[at])
            key = (i, j) if i < j else (j, i)
            if key not in best or abs(units) > abs(best[key][4]):
                best[key] = (lag, i, j, int(readings[at]), units)
    return [
        PairCorrelation(names[i], names[j], Correlation(lag, count, Decimal(units).scaleb(-PLACES, EXACT)))
        for _, (lag, i, j, count, units) in sorted(best.items())
        if frozenset((names[i], names[j])) not in apart
    ]


def every_correlation(
    series: Series, names: Sequence[str], period: Period, rule: CorrelationRule
) -> Mapping[tuple[str, str, int], Correlation]:
    """Each pair at each lag, by first, second and lag; pairs without lag stand once, in the order of the names."""
    found = {}
    for lag, first, second, readings, rho in _all(series, names, period, rule):
        for i, j, count, units in zip(first.tolist(), second.tolist(), readings.tolist(), rho.tolist(), strict=True):
            found[names[i], names[j], lag] = Correlation(lag, count, Decimal(units).scaleb(-PLACES, EXACT))
    return found


def _least(rule: CorrelationRule) -> int:
    """The weakest correlation to report, in units."""
    return 0 if rule.strength is None else scaled_ceil(rule.strength, PLACES)


def _all(
    series: Series, names: Sequence[str], period: Period, rule: CorrelationRule, worse: Worse | None = None
) -> Iterator[tuple[int, Integers, Integers, Integers, Integers]]:
    """Lag by lag: indices of first and second, common readings, ρ in units; only those that have a ρ."""
    if len(names) < 2:
        return
    codes, known = _codes(series, names, period, rule.periods + rule.lags)
    window = slice(codes.shape[1] - rule.periods, codes.shape[1])
    for lag in range(rule.lags + 1):
        shifted = slice(window.start - lag, window.stop - lag)
        pairs = np.triu_indices(len(names), 1) if lag == 0 else np.nonzero(~np.eye(len(names), dtype=bool))
        first, second = pairs[0].astype(np.int64), pairs[1].astype(np.int64)
        if worse is not None:
            just = worse.at[0][second] & worse.at[lag][first]
            first, second = first[just], second[just]
        earlier, later = (codes[:, shifted], known[:, shifted]), (codes[:, window], known[:, window])
        readings, together, spread = _sums(*earlier, *later, first, second)
        sound = (readings >= rule.minimum) & (spread > 0)
        rho = _rounded(together[sound], spread[sound])
        yield lag, first[sound], second[sound], readings[sound], rho


def _codes(series: Series, names: Sequence[str], period: Period, count: int) -> tuple[Codes, Mask]:
    """Values of the last `count` periods, oldest first, as whole numbers of the same order within each indicator."""
    periods = [period]
    while len(periods) < count:
        periods.append(periods[-1].previous())
    periods.reverse()
    codes = np.zeros((len(names), count), dtype=np.int8)
    known = np.zeros((len(names), count), dtype=bool)
    for row, name in enumerate(names):
        own = series.get(name, {})
        values = [own.get(at) for at in periods]
        order = {value: place for place, value in enumerate(sorted({value for value in values if value is not None}))}
        for column, value in enumerate(values):
            if value is not None:
                codes[row, column], known[row, column] = order[value], True
    return codes, known


def _sums(
    left: Codes,
    left_known: Mask,
    right: Codes,
    right_known: Mask,
    first: Integers,
    second: Integers,
) -> tuple[Integers, Integers, Integers]:
    """For each pair the common readings, Σ of rank products, and the product of both Σ of squared ranks."""
    periods = left.shape[1]
    left_whole: Mask = np.asarray(left_known.all(axis=1))
    right_whole: Mask = np.asarray(right_known.all(axis=1))
    whole = left_whole[first] & right_whole[second]
    left_ranks, right_ranks = _ranks(left, left_known), _ranks(right, right_known)
    products = left_ranks @ right_ranks.T
    together = products[first, second]
    spread = (left_ranks**2).sum(axis=1)[first] * (right_ranks**2).sum(axis=1)[second]
    readings = np.full(len(first), periods, dtype=np.int64)
    for part in np.array_split(np.flatnonzero(~whole), max(1, -(-int((~whole).sum()) // CHUNK))):
        common = left_known[first[part]] & right_known[second[part]]
        x, y = _ranks(left[first[part]], common), _ranks(right[second[part]], common)
        readings[part] = common.sum(axis=1)
        together[part] = (x * y).sum(axis=1)
        spread[part] = (x**2).sum(axis=1) * (y**2).sum(axis=1)
    return readings, together, spread


def _ranks(codes: Codes, known: NDArray[np.bool_]) -> Integers:
    """Twice each rank less twice the mean rank, over what is known in the row; 0 where nothing is.

    The known ones below it less the known ones above it. Periods lie first here, so that whole rows of pairs are compared.
    """
    columns, there = np.ascontiguousarray(codes.T), np.ascontiguousarray(known.T)
    ranks = np.zeros(columns.shape, dtype=np.int8)
    for place in range(1, len(columns)):
        above = np.sign(columns[place] - columns[:place])
        above *= there[place] & there[:place]
        ranks[place] += above.sum(axis=0, dtype=np.int8)
        ranks[:place] -= above
    whole: Integers = np.ascontiguousarray(ranks.T).astype(np.int64)
    return whole


def _rounded(together: Integers, spread: Integers) -> Integers:
    """ρ in units, half-up on magnitudes; with at most 60 periods nothing outgrows 64 bits."""
    squares: Integers = (2 * _UNITS * together) ** 2 // spread
    root: Integers = np.zeros_like(squares)
    for bit in reversed(range((2 * _UNITS).bit_length())):
        higher = root | (1 << bit)
        root = np.where(higher * higher <= squares, higher, root)
    rho: Integers = np.sign(together) * ((root + 1) // 2)
    return rho
