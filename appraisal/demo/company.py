"""The sample trading company as its files tell it: who works where, what was agreed, what was reached, what happened."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from appraisal.agreements.checks import ItemDraft
from appraisal.core.numbers import parse_number

FOLDER = Path(__file__).parent / "data" / "trading"

Row = Mapping[str, str]


@dataclass(frozen=True)
class Person:
    """Somebody of the company. `past` are grades from before the system, by period."""

    number: str
    name: str
    unit: str
    title: str
    title_en: str
    sheet: str
    supervisor: str
    joined_on: date
    roles: tuple[str, ...]
    past: Mapping[str, str]


@dataclass(frozen=True)
class Transfer:
    """A change of post in mid-quarter."""

    number: str
    from_on: date
    unit: str
    title: str
    title_en: str
    sheet: str
    supervisor: str


@dataclass(frozen=True)
class Figure:
    """What was reached on one item: an actual, the inputs of its formula, a rating, or nothing yet."""

    item: str
    actual: Decimal | None
    inputs: Mapping[str, Decimal]
    rating: Decimal | None


@dataclass(frozen=True)
class Happening:
    """An incident: what was reported, and what the person said when heard."""

    number: str
    event: str
    happened_on: date
    facts: str
    statement: str


def units() -> list[Row]:
    """Units, parents first."""
    return _rows("units")


def people() -> list[Person]:
    """Everybody, supervisors first."""
    return [
        Person(
            **{name: row[name] for name in ("number", "name", "unit", "title", "title_en", "sheet", "supervisor")},
            joined_on=date.fromisoformat(row["joined_on"]),
            roles=tuple(row["roles"].split()),
            past=dict(entry.split(":") for entry in row["past_grades"].split()),
        )
        for row in _rows("people")
    ]


def transfers() -> list[Transfer]:
    """Who changed post, and when."""
    return [Transfer(**{**row, "from_on": date.fromisoformat(row["from_on"])}) for row in _rows("transfers")]


def agreed() -> dict[tuple[str, str], list[ItemDraft]]:
    """The items agreed, by employee number and post sheet."""
    sheets: dict[tuple[str, str], list[ItemDraft]] = {}
    for row in _rows("agreements"):
        draft = ItemDraft(
            id=row["item"],
            kind="gs" if row["kind"] == "gs" else "kpi",
            weight=parse_number(row["weight"]),
            dimension=row["dimension"],
            target=_number(row["target"]),
            challenge=_number(row["challenge"]),
            name_zh=row["name"] or None,
        )
        sheets.setdefault((row["number"], row["sheet"]), []).append(draft)
    return sheets


def reached() -> dict[tuple[str, str], list[Figure]]:
    """The figures reached, by employee number and post sheet."""
    sheets: dict[tuple[str, str], list[Figure]] = {}
    for row in _rows("actuals"):
        inputs = dict(entry.split("=") for entry in row["inputs"].split(";") if entry)
        figure = Figure(
            item=row["item"],
            actual=_number(row["actual"]),
            inputs={name: parse_number(text) for name, text in inputs.items()},
            rating=_number(row["rating"]),
        )
        sheets.setdefault((row["number"], row["sheet"]), []).append(figure)
    return sheets


def happenings() -> list[Happening]:
    """The incidents of the quarter."""
    return [Happening(**{**row, "happened_on": date.fromisoformat(row["happened_on"])}) for row in _rows("incidents")]


def _rows(name: str) -> Sequence[Row]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> Decimal | None:
    return parse_number(text) if text else None
