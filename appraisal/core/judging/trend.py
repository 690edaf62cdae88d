"""Runs that end with one period: worsenings in a row, targets met in a row; equal values and missing periods break them."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from appraisal.core.calendar import Period
from appraisal.core.judging.deviation import Target, change, direction_of, is_met
from appraisal.core.policy.model import Indicator

ValueAt = Callable[[Period], Decimal | None]
TargetFor = Callable[[Period], Target | None]


def change_at(indicator: Indicator, period: Period, value: ValueAt, target: TargetFor) -> int | None:
    """The change from the period before: 1 better, −1 worse, 0 neither; None where one of the two is missing."""
    earlier = period.previous()
    before, now = value(earlier), value(period)
    if before is None or now is None:
        return None
    targets = (target(earlier), target(period)) if indicator.direction in (None, "target") else (None, None)
    return change(indicator, before, now, targets)


def worsenings(indicator: Indicator, period: Period, value: ValueAt, target: TargetFor) -> int:
    """How many times in a row, up to this period, the value became worse (R-000-53, G-8)."""
    return _run(period, lambda at: change_at(indicator, at, value, target) == -1)


def met_running(indicator: Indicator, period: Period, value: ValueAt, target: TargetFor) -> int:
    """In how many periods in a row, up to this one, the target of that period was met."""

    def met(at: Period) -> bool:
        wanted, found = target(at), value(at)
        return wanted is not None and found is not None and is_met(direction_of(indicator, wanted), wanted, found)

    return _run(period, met)


def _run(period: Period, holds: Callable[[Period], bool]) -> int:
    length = 0
    for at in _backwards(period):
        if not holds(at):
            break
        length += 1
    return length


def _backwards(period: Period) -> Iterator[Period]:
    while True:
        yield period
        period = period.previous()
