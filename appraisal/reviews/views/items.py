"""The items of a case as its reader sees them: what was agreed, what has been reached and by what it is proved, what is still
to come and from whom, and the score as far as it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import current_app, url_for
from sqlmodel import Session

from appraisal.agreements import queries as agreements
from appraisal.agreements.queries import Agreed
from appraisal.core.errors import Message
from appraisal.core.numbers import add, parse_number, places_of
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.files import StoredFile
from appraisal.labels import measured_in
from appraisal.measures import entries as figure_entries
from appraisal.measures import owed
from appraisal.measures import queries as measures
from appraisal.measures.owed import Waiting
from appraisal.results import so_far
from appraisal.results.decisions_told import FULL, OWN
from appraisal.results.so_far import SoFar
from appraisal.reviews.queries import Key


@dataclass(frozen=True)
class Row:
    """An item of a sheet as its reader sees it. `index` counts the goals of the case, as their form fields do."""

    told: Mapping[str, Any]
    sheet_id: int
    index: int | None
    definition: Text | None
    unit: Message | None
    levels: Sequence[tuple[Decimal, Text]]
    factors: Sequence[tuple[str, Text, Decimal]]
    reached: SoFar
    waiting: Waiting | None
    evidence: Sequence[tuple[int, StoredFile]]

    @property
    def key(self) -> Key:
        """Its sheet and item."""
        return self.sheet_id, self.told["item"]


@dataclass(frozen=True)
class SheetShown:
    """A sheet with its items, and what those that have a score come to."""

    told: Mapping[str, Any]
    rows: Sequence[Row]
    agreement: str | None

    @property
    def total(self) -> Decimal | None:
        """What the items that have a score come to; None before the first."""
        known = [row.reached.weighted for row in self.rows if row.reached.weighted is not None]
        return add(*known) if known else None

    @property
    def open(self) -> int:
        """How many items have no score yet."""
        return sum(row.reached.score is None for row in self.rows)

    def places(self, figure: str) -> int:
        """The decimals that a column of scores needs."""
        return max((places_of(one) for row in self.rows if (one := getattr(row.reached, figure)) is not None), default=0)

    @property
    def heaviest(self) -> Decimal:
        """The largest weight, which is as wide as the table's bars get."""
        return max((row.told["weight"] for row in self.rows), default=Decimal(1))


def sheets_of(
    session: Session, policy: Policy, appraisal: Appraisal, cycle: Cycle, case: Mapping[str, Any]
) -> list[SheetShown]:
    """The sheets of a case with their items, as far as the reader sees them."""
    if not case["sheets"]:
        return []
    by_sheet = agreements.agreed(session, [one["id"] for one in case["sheets"]])
    unseen = {(sheet["id"], item["item"]) for sheet in case["sheets"] for item in sheet["items"] if item["rating"] is None}
    goals = {(sheet_id, item.item) for sheet_id, agreed in by_sheet.items() for item in agreed.items if item.kind == "gs"}
    whole = case["scope"] in (FULL, OWN)
    reached = so_far.items_so_far(session, appraisal, cycle, by_sheet, hidden=unseen & goals) if whole else {}
    reached |= _as_decided(case, reached)
    waiting = owed.waiting_of(session, cycle, appraisal, by_sheet) if whole and appraisal.rated else {}
    evidence = _evidence(session, by_sheet) if whole else {}
    shown, index = [], 0
    for sheet in case["sheets"]:
        rows = []
        for item in sheet["items"]:
            key = (sheet["id"], item["item"])
            is_goal = item["kind"] == "gs"
            state = (reached.get(key, SoFar(None)), waiting.get(key), evidence.get(key, ()))
            rows.append(_row(policy, sheet["id"], item, index if is_goal else None, *state))
            index += is_goal
        shown.append(SheetShown(sheet, rows, _agreement(sheet["agreement_id"])))
    return shown


def _as_decided(case: Mapping[str, Any], reached: Mapping[Key, SoFar]) -> dict[Key, SoFar]:
    """The scores of the result that is shown, where it is about these very items: they are what counted."""
    items = (case["explanation"] or {}).get("items", [])
    keys = [(sheet["id"], item["item"]) for sheet in case["sheets"] for item in sheet["items"]]
    if [one["id"] for one in items] != [item for _, item in keys]:
        return {}
    found = {}
    for key, one in zip(keys, items, strict=True):
        before = reached.get(key, SoFar(None))
        score, weighted = (None if one[name] is None else parse_number(one[name]) for name in ("score", "weighted"))
        how = before.how if score == before.score else None
        found[key] = SoFar(before.actual, score, weighted, how, before.where if how else None)
    return found


def _row(
    policy: Policy,
    sheet_id: int,
    item: Mapping[str, Any],
    index: int | None,
    reached: SoFar,
    waiting: Waiting | None,
    evidence: Sequence[tuple[int, StoredFile]],
) -> Row:
    located = policy.indicators.get(item["item"])
    indicator = located.indicator if located else None
    declared = {one.id: one.name for one in indicator.factors} if indicator else {}
    most = item["factor_max"] or ({one.id: one.points for one in indicator.factors} if indicator else {})
    unit = item["unit"]
    return Row(
        told=item,
        sheet_id=sheet_id,
        index=index,
        definition=indicator.definition if indicator else None,
        unit=None if unit is None else measured_in(unit),
        levels=[(one.rating, Text(one.text, one.en or one.text)) for one in indicator.levels] if indicator else (),
        factors=[(name, declared.get(name, Text(name, name)), points) for name, points in most.items()],
        reached=reached,
        waiting=waiting,
        evidence=evidence,
    )


def _evidence(session: Session, by_sheet: Mapping[int, Agreed]) -> dict[Key, list[tuple[int, StoredFile]]]:
    """The files that prove the figures that count."""
    counted = measures.confirmed(session, by_sheet.keys())
    files = figure_entries.files_of(session, [one.id for one in counted.values() if one.id])
    found: dict[Key, list[tuple[int, StoredFile]]] = {}
    for (sheet_id, item, _), one in counted.items():
        found.setdefault((sheet_id, item), []).extend((one.id or 0, stored) for stored in files[one.id or 0])
    return found


def _agreement(agreement_id: int | None) -> str | None:
    there = agreement_id is not None and "agreements.agreement" in current_app.view_functions
    return url_for("agreements.agreement", agreement_id=agreement_id) if there else None
