"""Figures gathered oftener than they are appraised (月度统计、季度考核, R-003-46) become the one figure of the period.

Nothing is guessed: where one of the parts is missing there is no figure, and the missing rule of the item decides.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from appraisal.core.calendar import Cadence, Period
from appraisal.core.inputs import Item
from appraisal.core.numbers import ZERO, add, divide
from appraisal.core.policy.model import Indicator, Policy
from appraisal.core.scoring.formulas import actual_of

_CHOICES: Final[tuple[Cadence, ...]] = ("year", "half", "quarter", "month")
"""Cadences of which each is a whole number of the next; weeks cross the ends of months."""


class Figure(NamedTuple):
    """The actual itself, or the inputs of the indicator's formula."""

    actual: Decimal | None
    inputs: Mapping[str, Decimal] | None


def parts_of(policy: Policy, item: str, period: Period) -> tuple[Period, ...]:
    """The periods in which an item's figure is gathered for one period; that period alone where they are the same."""
    gathered = collected(policy).get(item)
    if gathered not in _CHOICES or period.cadence not in _CHOICES:
        return (period,)
    if _CHOICES.index(gathered) <= _CHOICES.index(period.cadence):
        return (period,)
    count = {"year": 1, "half": 2, "quarter": 4, "month": 12}
    each = count[gathered] // count[period.cadence]
    return tuple(Period(gathered, period.year, (period.number - 1) * each + place) for place in range(1, each + 1))


def gathered_oftener(policy: Policy, period: Period) -> Mapping[str, tuple[Period, ...]]:
    """The items of which figures are gathered oftener than once in a period, with the periods in which they are."""
    parts = {item: parts_of(policy, item, period) for item in collected(policy)}
    return {item: periods for item, periods in parts.items() if periods != (period,)}


def rolled_up(indicator: Indicator, item: str, figures: Sequence[Figure]) -> Figure:
    """The figure of the period from those of its parts, in their order; a quotient is rounded once, at `decimals`.

    `weighted` gives the sums of the inputs, so that the formula is computed once over all of them. Parts with a formula
    are otherwise taken as their own actuals; a part with nothing to divide by leaves the whole without a figure.
    """
    how = indicator.roll_up or "last"
    if how == "last" or not figures:
        return figures[-1] if figures else Figure(None, None)
    if how == "weighted":
        names = [declared.name for declared in indicator.inputs]
        each = [figure.inputs or {} for figure in figures]
        if any(name not in inputs for inputs in each for name in names):
            return Figure(None, None)
        return Figure(None, {name: add(*(inputs[name] for inputs in each)) for name in names})
    actuals = [_actual(indicator, item, figure) for figure in figures]
    known = [actual for actual in actuals if actual is not None]
    if len(known) < len(actuals):
        return Figure(None, None)
    total = add(*known)
    return Figure(total if how == "sum" else divide(total, Decimal(len(known)), indicator.decimals), None)


def is_weighed(policy: Policy, item: str) -> bool:
    """Whether an item's formula is computed once over the sums, so that a part by itself need not give an actual."""
    located = policy.indicators.get(item)
    return located is not None and located.indicator.roll_up == "weighted"


def _actual(indicator: Indicator, item: str, figure: Figure) -> Decimal | None:
    return actual_of(indicator, Item(id=item, kind="kpi", weight=ZERO, actual=figure.actual, inputs=figure.inputs))


def collected(policy: Policy) -> Mapping[str, Cadence]:
    """How often the figures of rows are gathered, where the sheet says so."""
    known: dict[str, Cadence] | None = policy.derived.get("collected")
    if known is None:
        rows = (row for located in policy.sheets for group in located.post.groups for row in group.items)
        known = policy.derived["collected"] = {row.id: row.collected for row in rows if row.collected is not None}
    return known
