"""What an appraisal yields: scores, grade, multiplier, outcomes, and the lines that explain every number."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from appraisal.core.numbers import plain


class Line(NamedTuple):
    """One sentence of the explanation, with the rule file and line it rests on."""

    zh: str
    en: str
    path: str
    line: int


class Fired(NamedTuple):
    """A rule that fired: `<file stem>/<id>` and where it stands."""

    rule: str
    path: str
    line: int


class ItemOutcome(NamedTuple):
    """One agreed item. `computed` is before incidents, `score` after; both None when the item was dropped as missing."""

    id: str
    computed: Decimal | None
    score: Decimal | None
    weight: Decimal
    weighted: Decimal | None
    missing: bool
    zeroed_by: str | None


@dataclass(frozen=True)
class Outcome:
    """The result of one appraisal. `computed_score` ignores incidents; `score` is what the grade rests on."""

    policy: str
    digest: str
    computed_score: Decimal
    score: Decimal
    vetoed: bool
    grade: str
    multiplier: Decimal
    outcomes: tuple[str, ...]
    items: tuple[ItemOutcome, ...]
    fired: tuple[Fired, ...]
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """The outcome as other programs read it: every number a decimal string."""
        return {
            "policy": self.policy,
            "digest": self.digest,
            "computed_score": plain(self.computed_score),
            "score": plain(self.score),
            "vetoed": self.vetoed,
            "grade": self.grade,
            "multiplier": plain(self.multiplier),
            "outcomes": list(self.outcomes),
            "items": [
                {
                    "id": item.id,
                    "computed": _number(item.computed),
                    "score": _number(item.score),
                    "weight": plain(item.weight),
                    "weighted": _number(item.weighted),
                    "missing": item.missing,
                    "zeroed_by": item.zeroed_by,
                }
                for item in self.items
            ],
            "fired": [{"rule": rule.rule, "path": rule.path, "line": rule.line} for rule in self.fired],
            "lines": [{"zh": line.zh, "en": line.en, "path": line.path, "line": line.line} for line in self.lines],
        }


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
