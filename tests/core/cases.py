"""The shipped trading policy, variants of it made by changing its text, and short ways to write a case."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from appraisal.core.calendar import Period
from appraisal.core.errors import ScoringError
from appraisal.core.inputs import Case, Incident, Item, PastGrade
from appraisal.core.policy.loader import load_book, read_files
from appraisal.core.policy.model import Policy

ROOT = Path(__file__).parents[2]
FILES = {path: text for path, text in read_files(ROOT).items() if path.split("/")[1] == "trading"}
ON = date(2026, 3, 31)
POLICY, GRADES, VETOES = (f"rules/trading/{name}.yaml" for name in ("policy", "grades", "vetoes"))
FINANCE = "rules/trading/indicators/finance.yaml"
FIGURES = ("target", "challenge", "threshold", "baseline", "actual", "actual2", "last_actual", "rating")


def files_after(*changes: tuple[str, str, str]) -> dict[str, str]:
    """The shipped files after each change (file, old text, new text); one that finds nothing is a mistake of the test."""
    files = dict(FILES)
    for path, old, new in changes:
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    return files


@cache
def trading(*changes: tuple[str, str, str]) -> Policy:
    """The shipped policy after such changes."""
    book, problems = load_book(files_after(*changes), "trading")
    assert book is not None, [str(problem) for problem in problems]
    return book.on(ON)


def when_missing(rule: str) -> Policy:
    """The policy with another rule for missing figures."""
    return trading((POLICY, "missing: block", f"missing: {rule}"))


def kpi(id: str, weight: str = "100", **given: Any) -> Item:
    """A KPI item; figures as text."""
    return _item(id, "kpi", weight, given)


def goal(id: str, weight: str = "100", **given: Any) -> Item:
    """A goal that is rated or has factors; figures as text."""
    return _item(id, "gs", weight, given)


def _item(id: str, kind: Any, weight: str, given: Mapping[str, Any]) -> Item:
    figures = {name: None if given[name] is None else Decimal(given[name]) for name in FIGURES if name in given}
    rest = {name: value for name, value in given.items() if name not in FIGURES}
    return Item(id, kind, Decimal(weight), **figures, **rest)


def a_case(
    *items: Item,
    post: str = "sales",
    period: str = "2026-Q1",
    incidents: Sequence[Incident] = (),
    history: Sequence[tuple[str, str] | PastGrade] = (),
) -> Case:
    """A case of the sales post in the first quarter of 2026 unless said otherwise."""
    past = [entry if isinstance(entry, PastGrade) else PastGrade(Period.parse(entry[0]), entry[1]) for entry in history]
    return Case(ON, Period.parse(period), post, items, tuple(incidents), tuple(past))


def with_actual(case: Case, index: int, actual: str | None) -> Case:
    """The case with another actual in one item."""
    items = list(case.items)
    items[index] = replace(items[index], actual=None if actual is None else Decimal(actual))
    return replace(case, items=tuple(items))


def refusal(act: Any, *arguments: Any) -> ScoringError:
    """The ScoringError that the act raises."""
    try:
        done = act(*arguments)
    except ScoringError as error:
        assert error.message.zh and error.message.en
        return error
    raise AssertionError(f"no error, but {done}")


def code_and_path(act: Any, *arguments: Any) -> tuple[str, str]:
    """What kind of error the act raises, and where."""
    error = refusal(act, *arguments)
    return error.code, error.path
