"""The small policy of tests/bad_rules/_watch, and readings of it in a few words."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from appraisal.core.calendar import Period
from appraisal.core.judging.readings import Reading
from appraisal.core.policy.loader import load_book
from appraisal.core.policy.model import Indicator, Policy
from tests.core.policy.mini import WATCHED

MARCH = Period("month", 2026, 3)
D = Decimal


@cache
def policy(*changes: tuple[str, str, str]) -> Policy:
    """The policy on the last day of 2026, after changes (path below rules/watch, old, new); a change must find its text."""
    files = dict(WATCHED)
    for name, old, new in changes:
        path = f"rules/watch/{name}"
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    book, problems = load_book(files, "watch")
    assert book is not None, [str(problem) for problem in problems]
    return book.on(Period("year", 2026, 1).last_day())


def indicator(name: str, **changes: object) -> Indicator:
    return replace(policy().watched[name].indicator, **changes)  # type: ignore[arg-type]


def series(*values: str | None, until: Period = MARCH) -> list[Reading]:
    """Readings of successive periods that end with `until`; None is missing."""
    found = []
    for value in reversed(values):
        found.append(Reading(until, None if value is None else D(value)))
        until = until.previous()
    return found


def several(until: Period = MARCH, **values: str) -> Mapping[str, list[Reading]]:
    """Readings by indicator, written `98 97 - 96` with - for a missing one."""
    return {name: series(*(None if one == "-" else one for one in text.split()), until=until) for name, text in values.items()}
