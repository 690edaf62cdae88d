"""Loops in reporting lines, over time: somebody would report to themselves on at least one day."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Stretch:
    """Under whom somebody is, and when."""

    from_on: date
    to_on: date | None
    supervisor: str

    def until(self, day: date) -> "Stretch":
        """The same, ended the day before at the latest."""
        last = day - timedelta(days=1)
        return self if self.to_on is not None and self.to_on <= last else Stretch(self.from_on, last, self.supervisor)


def loops(stretches: Mapping[str, Sequence[Stretch]], changed: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Each of the changed who would report to themselves on some day, with the way there. A new loop holds a changed line, so
    only these need be asked. Going up, the days shrink to those on which the whole way holds."""
    for number in changed:
        if way := _way_back(stretches, number):
            yield number, way


def _way_back(stretches: Mapping[str, Sequence[Stretch]], number: str) -> list[str] | None:
    waiting: list[tuple[str, date, date, list[str]]] = [(number, date.min, date.max, [number])]
    seen = set()
    while waiting:
        at, first, last, way = waiting.pop()
        for stretch in stretches.get(at, ()):
            lower, upper = max(first, stretch.from_on), min(last, stretch.to_on or date.max)
            if lower > upper:
                continue
            if stretch.supervisor == number:
                return [*way, number]
            step = (stretch.supervisor, lower, upper)
            if step not in seen:
                seen.add(step)
                waiting.append((*step, [*way, stretch.supervisor]))
    return None
