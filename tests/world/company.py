"""The company while it is made, the days its things happen on, and the words and figures that are found nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal as D

from sqlmodel import Session

from appraisal import files
from appraisal.actor import Actor
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.people.models import Account, Employee, Unit
from appraisal.reviews.queries import GoalRating

OPENED = date(2026, 1, 5)
REVIEWED = date(2026, 4, 8)
NOW = datetime(2026, 4, 24, 2, 0, tzinfo=UTC)
JOINED_LATE = date(2026, 4, 1)
PDF = b"%PDF-1.7 signed"

# What nobody may read who may not see the thing it belongs to: in words and figures that occur once.
SECRETS = {
    "statement": "述职全文只给有权的人看",
    "own_rating": "61.37",
    "own_draft": "自评草稿只有本人看",
    "review_draft": "评语草稿只有上级看",
    "assessor_rating": "93.17",
    "assessor_comment": "评定人的话要公布后才给本人看",
    "review_comment": "上级的评语要公布后才给本人看",
    "former_opinion": "前任意见要公布后才给本人看",
    "calibration_reason": "校准理由不给本人看",
    "incident_statement": "事件陈述",
    "improvement_facts": "改进计划的事实",
    "base": "43219.87",
}


@dataclass
class World:
    """Accounts by who they are to `self`; ids of rows, and words such as hashes and numbers, by name."""

    accounts: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


@dataclass
class Company:
    """The company while it is made."""

    session: Session
    world: World = field(default_factory=World)
    people: dict[str, Employee] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def keep(self, name: str, row: object) -> None:
        self.world.ids[name] = row.id  # type: ignore[attr-defined]

    def file(self, who: str, name: str) -> int:
        """A file that somebody has handed in and not attached yet."""
        stored = files.keep(
            self.session, self.actors[who], name=f"{name}.pdf", content=PDF + name.encode(), media_type="application/pdf"
        )
        self.keep(name, stored)
        return self.world.ids[name]


@dataclass
class Case:
    """One appraisal of `self` on its way through the steps."""

    company: Company
    cycle: Cycle
    appraisal: Appraisal
    sheet: Sheet

    def act(self, use_case: Callable[..., object], who: str, **how: object) -> object:
        return use_case(self.company.session, self.company.actors[who], self.appraisal.id, **how)

    def plan_rated(self, rating: str) -> list[GoalRating]:
        return [GoalRating(self.sheet.id, "plan", D(rating))]
