"""The sample coal group as its files tell it: units and their heads, who holds which sheet, what each wants to be measured by,
what happened, and what HR rules on. Figures are in the form in which any data provider hands them in."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from appraisal.core.numbers import parse_number

FOLDER = Path(__file__).parent / "data" / "coal"

Row = Mapping[str, str]
SheetOf = tuple[str, str]
"""An employee number and a post of the policy: nobody holds the same one twice."""


@dataclass(frozen=True)
class Holder:
    """A post held by somebody, with the share of them that it takes. Who has no account is entered for by a clerk."""

    number: str
    name: str
    unit: str
    title: str
    title_en: str
    sheet: str
    share: Decimal
    supervisor: str
    joined_on: date
    roles: tuple[str, ...]
    has_account: bool


@dataclass(frozen=True)
class Wish:
    """A row that somebody wants on their sheet. A goal has the rating it will get, or points per sub-factor; where several rate
    it together, they are named, each with a rating."""

    item: str
    threshold: Decimal | None
    target: Decimal | None
    challenge: Decimal | None
    assessors: tuple[str, ...]
    ratings: tuple[Decimal, ...]
    factors: Mapping[str, Decimal]

    @property
    def is_goal(self) -> bool:
        """Whether people rate it."""
        return bool(self.ratings or self.factors)


@dataclass(frozen=True)
class Event:
    """An incident: who files what about whom, and what they say when heard."""

    number: str
    event: str
    happened_on: date
    filed_by: str
    facts: str
    statement: str
    findings: str


def units() -> Sequence[Row]:
    """Units with their heads, parents first."""
    return _rows("units")


def holders() -> list[Holder]:
    """Posts held, superiors first; somebody with two posts stands there twice."""
    return [
        Holder(
            **{name: row[name] for name in ("number", "name", "unit", "title", "title_en", "sheet", "supervisor")},
            share=parse_number(row["share"]),
            joined_on=date.fromisoformat(row["joined_on"]),
            roles=tuple(row["roles"].split()),
            has_account=row["account"] == "yes",
        )
        for row in _rows("people")
    ]


def wishes() -> dict[SheetOf, list[Wish]]:
    """The rows wished for, by sheet."""
    sheets: dict[SheetOf, list[Wish]] = {}
    for row in _rows("goals"):
        points = dict(part.split("=") for part in row["rating"].split() if "=" in part)
        wish = Wish(
            item=row["item"],
            threshold=_number(row["threshold"]),
            target=_number(row["target"]),
            challenge=_number(row["challenge"]),
            assessors=tuple(row["assessors"].split()),
            ratings=() if points else tuple(parse_number(text) for text in row["rating"].split("/") if text),
            factors={name: parse_number(text) for name, text in points.items()},
        )
        sheets.setdefault((row["number"], row["sheet"]), []).append(wish)
    return sheets


def events() -> list[Event]:
    """The incidents of the quarter."""
    return [Event(**{**row, "happened_on": date.fromisoformat(row["happened_on"])}) for row in _rows("incidents")]


def clerks() -> Sequence[Row]:
    """Who enters for those of which unit who have no account."""
    return _rows("clerks")


def figures(period: str) -> tuple[str, bytes]:
    """The file of figures of a period, by its name, as the data provider uploads it."""
    path = FOLDER / f"figures-{period}.csv"
    return path.name, path.read_bytes()


def scan() -> bytes:
    """What stands for the scan of something signed on paper."""
    return (FOLDER / "scan.pdf").read_bytes()


def _rows(name: str) -> Sequence[Row]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> Decimal | None:
    return parse_number(text) if text else None
