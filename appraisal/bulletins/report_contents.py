"""What a KPI report says of one month, as plain values made once and frozen; a page, a file and a paper print just these.

Everything comes from evaluations as they were stored, never from a judgement of today: each figure names the evaluation and the
period it is of. Numbers are decimals as text, names are in both languages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from appraisal.core.calendar import Period
from appraisal.core.numbers import minus, parse_number, plain
from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import LEVELS

Json = dict[str, Any]
MONTHS = 12
NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Month:
    """A month of the report with its evaluation as stored; without one there is nothing to say of it."""

    period: Period
    evaluation_id: int | None = None
    made_on: date | None = None
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> Sequence[Mapping[str, Any]]:
        """What was judged of each indicator whose period ends with the month."""
        figures: Sequence[Mapping[str, Any]] = self.content.get("indicators", ())
        return figures


@dataclass(frozen=True)
class Around:
    """What a report shows beside the figures, already put into words: alerts, exceptions, the readings behind each figure.

    `readings`: the ids of the readings of an indicator in a period.
    """

    alerts: Sequence[Json] = ()
    exceptions: Sequence[Json] = ()
    readings: Mapping[tuple[str, str], Sequence[int]] = field(default_factory=dict)


def monthly(policy: Policy, month: Month, around: Around) -> Json:
    """QEF-29-01: every indicator by class, with twelve months behind it; alerts, exceptions, and how complete the data are."""
    rows = [figure_of(policy, month, one, around) for one in month.figures]
    return {
        "counts": level_counts(month.figures),
        "classes": by_class(policy, rows),
        "alerts": list(around.alerts),
        "exceptions": exceptions_of(around.exceptions, month.period),
        "completeness": completeness(policy, [month]),
    }


def figure_of(policy: Policy, month: Month, one: Mapping[str, Any], around: Around) -> Json:
    """A figure as an evaluation has it, with name, owner and what it is compared to."""
    own = Period.parse(one["period"])
    series = dict(one.get("series") or ())
    before = series.get(str(own.previous()))
    kept = {
        name: one[name] for name in ("period", "value", "target", "met", "deviation", "points", "level", "change", "worsenings")
    }
    return (
        {"indicator": one["id"], "evaluation_id": month.evaluation_id}
        | named(policy, one["id"])
        | kept
        | {
            "previous": before,
            "difference": difference(one["value"], before),
            "same_last_year": one.get("same_last_year"),
            "series": list(map(list, series.items()))[-MONTHS:],
            "late": one["late"],
            "back_filled": is_back_filled(one),
            "corrected": one["corrected"],
            "problem": (one["problem"] or {}).get("message"),
            "lines": [{"zh": line["zh"], "en": line["en"]} for line in one["lines"]],
            "reading_ids": list(around.readings.get((one["id"], one["period"]), ())),
        }
    )


def named(policy: Policy, indicator: str) -> Json:
    """Name, unit of measure, owner and document of an indicator, as the policy has them; its id where it has it no longer."""
    located = policy.watched.get(indicator)
    if located is None:
        return {"name": {"zh": indicator, "en": indicator}, "measured_in": None, "owner": None, "document": None}
    one = located.indicator
    words = {"zh": one.name.zh, "en": one.name.en}
    return {"name": words, "measured_in": one.unit, "owner": one.owner, "document": one.document}


def by_class(policy: Policy, rows: Iterable[Json]) -> list[Json]:
    """Rows with an `indicator`, under the classes of the policy in its order; classes without any are left out."""
    classes: dict[str | None, list[Json]] = {one.id: [] for one in policy.general.dimensions}
    for row in rows:
        located = policy.watched.get(row["indicator"])
        classes.setdefault(located.dimension if located else None, []).append(row)
    names = {one.id: one.name for one in policy.general.dimensions}
    found = []
    for dimension, its in classes.items():
        name = names.get(dimension or "")
        words = {"zh": name.zh, "en": name.en} if name else {"zh": "其他", "en": "Other"}
        if its:
            found.append({"id": dimension, "name": words, "rows": its})
    return found


def level_counts(figures: Iterable[Mapping[str, Any]]) -> Json:
    """How many indicators stand at each level; `not_judged` has no value or no target."""
    counts = Counter(one["level"] or NOT_JUDGED for one in figures)
    return {level: counts[level] for level in (*LEVELS, NOT_JUDGED)}


def completeness(policy: Policy, months: Sequence[Month]) -> Json:
    """What is missing, came late, was filled in afterwards or corrected, and what has no formula (R-000-41, R-000-43).

    Entries name an indicator and its period.
    """
    found: Json = {"due": 0, "there": 0, "missing": [], "late": [], "back_filled": [], "corrected": [], "refused": []}
    seen: set[tuple[str, str]] = set()
    for month in months:
        for one in month.figures:
            key = (one["id"], one["period"])
            if key in seen:
                continue
            seen.add(key)
            entry = {"indicator": one["id"], "name": named(policy, one["id"])["name"], "period": one["period"]}
            found["due"] += 1
            if one["value"] is not None:
                found["there"] += 1
            elif one["origin"] is None:
                found["missing"].append(entry)
            else:
                found["refused"].append(entry | {"problem": (one["problem"] or {}).get("message")})
            for mark, holds in (("late", one["late"]), ("back_filled", is_back_filled(one)), ("corrected", one["corrected"])):
                if holds:
                    found[mark].append(entry)
    found["incomplete"] = [
        {"indicator": name, "name": named(policy, name)["name"]}
        for name, located in policy.watched.items()
        if located.indicator.status == "incomplete"
    ]
    return found | {"not_evaluated": [str(month.period) for month in months if month.evaluation_id is None]}


def exceptions_of(exceptions: Sequence[Json], period: Period) -> Json:
    """The exceptions over a period's figures, those over any that were closed since it began, and those still open; each as it
    stood when the report was made, with what was done about it."""
    first, last = period.first_day(), period.last_day()
    return {
        "opened": [one for one in exceptions if first <= Period.parse(one["period"]).last_day() <= last],
        "closed": [one for one in exceptions if one["ended_on"] is not None],
        "open": [one for one in exceptions if one["ended_on"] is None],
    }


def is_back_filled(one: Mapping[str, Any]) -> bool:
    """Whether a figure was typed in after it was due."""
    return bool(one["late"]) and one["origin"] == "manual"


def difference(now: str | None, before: str | None) -> str | None:
    """How much more a figure is than another."""
    if now is None or before is None:
        return None
    return plain(minus(parse_number(now), parse_number(before)))


def number(text: str | None) -> Decimal | None:
    """A figure of the content as a number."""
    return None if text is None else parse_number(text)


def same_last_year(period: Period) -> Period:
    """The period of the same number a year before; of a 53rd week the 52nd."""
    if period.cadence == "week" and period.number > 52:
        return Period("week", period.year - 1, 52)
    return Period(period.cadence, period.year - 1, period.number)
