"""A case as its pages show it: what it tells, its steps with dates, its items, and what its reader may do next, with the one
act that matters most first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session

from appraisal import files as stored_files
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.core.policy.model import Band, Policy, RatingScale, Text
from appraisal.core.workflow import approvals_of
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.desk import shell
from appraisal.errors import Conflict
from appraisal.files import StoredFile
from appraisal.formats import local_date
from appraisal.labels import listing
from appraisal.people.models import Employee
from appraisal.reports.queries import cycle_name
from appraisal.results import queries as results
from appraisal.results import told
from appraisal.reviews import opinions
from appraisal.reviews.models import INTERVIEW, SELF_ASSESSMENT, SUPERVISOR_REVIEW
from appraisal.reviews.scope import action_words, gathered
from appraisal.reviews.views.items import Row, SheetShown, sheets_of
from appraisal.reviews.views.offers import FIRST, Offer, kept_from, offers_of

# The entries by whose day a step was left, and where on the page its record is.
_LEFT_BY = {"submit_self_assessment": SELF_ASSESSMENT, "submit_review": SUPERVISOR_REVIEW, "record_interview": INTERVIEW}
_RECORDS = {
    "confirm_data": "items",
    "submit_self_assessment": "self_assessment",
    "submit_review": "supervisor_review",
    "record_interview": "interview",
    "close_appeals": "result",
    "approve": "approvals",
}


@dataclass(frozen=True)
class StepShown:
    """A step: who acts in it, the day it was left, and where its record is."""

    name: Text
    at: str
    who: Message
    on: date | None
    record: str | None


@dataclass(frozen=True)
class Shown:
    """A case for its page, and for those of its acts."""

    case: dict[str, Any]
    cycle: Cycle
    policy: Policy
    relations: frozenset[str]
    steps: Sequence[StepShown] = ()
    sheets: Sequence[SheetShown] = ()
    offers: Sequence[Offer] = ()
    until: date | None = None
    formers: Sequence[Employee] = ()
    moves: Sequence[tuple[Message, Mapping[str, Any]]] = ()
    files: Mapping[int, StoredFile] = field(default_factory=dict)

    @property
    def title(self) -> Text:
        """What the cycle is called."""
        return cycle_name(self.cycle)

    @property
    def own(self) -> bool:
        """Whether it is the reader's own."""
        return "employee" in self.relations

    @property
    def here(self) -> StepShown | None:
        """The step in hand."""
        return next((step for step in self.steps if step.at == "now"), None)

    @property
    def goals(self) -> list[Row]:
        """The goals that people rate, over all sheets, as far as the reader sees them."""
        return [row for sheet in self.sheets for row in sheet.rows if row.index is not None]

    @property
    def main(self) -> Offer | None:
        """The one next act."""
        first = [one for one in self.offers if one.name in FIRST and not (one.name == "compute" and self.case["layers"])]
        return min(first, key=lambda one: FIRST.index(one.name), default=None)

    @property
    def beside(self) -> list[Offer]:
        """What else may be done."""
        return [one for one in self.offers if one is not self.main]

    @property
    def bands(self) -> Sequence[Band]:
        """The grades, best first."""
        return self.policy.bands

    @property
    def scale(self) -> RatingScale:
        """The scale on which people rate."""
        return self.policy.scoring.rating_scale

    def band_name(self, grade: str) -> Text:
        """What a grade is called."""
        return next((band.name for band in self.policy.bands if band.grade == grade), Text(grade, grade))

    def link_name(self, link: str) -> Text:
        """What a link of the approval chain is called."""
        return next((one.name for one in approvals_of(self.policy.workflow) if one.id == link), Text(link, link))

    def entry(self, kind: str) -> dict[str, Any] | None:
        """The latest entry of a kind."""
        return next((one for one in reversed(self.case["entries"]) if one["kind"] == kind), None)


def show(session: Session, actor: Actor, appraisal_id: int) -> Shown:
    """The case for whoever may see any of it. Raises NotFound for others."""
    case = told.tell_case(session, actor, appraisal_id)
    appraisal = session.get_one(Appraisal, appraisal_id)
    cycle, relations = cycle_service.relations_to(session, actor, appraisal)
    policy = cycles.policy_of(session, cycle)
    own, leads = "employee" in relations, "supervisor" in relations
    shell.stand_under("reviews.mine" if own else "reviews.team" if leads else "desk.progress")
    until = _until(session, policy, case)
    formers = _formers(session, appraisal, cycle, relations, case)
    partial = kept_from(session, actor, appraisal, cycle, relations, case)
    case["possible"] = [name for name in case["possible"] if name not in partial]
    return Shown(
        case,
        cycle,
        policy,
        relations,
        steps=_steps(policy, case),
        sheets=sheets_of(session, policy, appraisal, cycle, case),
        offers=offers_of(case, relations, until, formers),
        until=until,
        formers=formers,
        moves=[(action_words(one["action"]), one) for one in case["moves"]],
        files=_files(session, case),
    )


def _steps(policy: Policy, case: Mapping[str, Any]) -> list[StepShown]:
    steps, moves = policy.workflow.steps, policy.workflow.moves
    here = next(place for place, step in enumerate(steps) if step.id == case["step"])
    left = {one["from_step"]: one["at"] for one in case["moves"] if one["to_step"] != one["from_step"]}
    records: dict[str, str] = {}
    for move in moves:
        if move.action in _RECORDS:
            records.setdefault(move.from_, _RECORDS[move.action])
        if kind := _LEFT_BY.get(move.action):
            for one in (one for one in case["entries"] if one["kind"] == kind):
                left[move.from_] = one["entered_at"]
    shown = []
    for place, step in enumerate(steps):
        at = "past" if place < here or steps[here].final else "now" if place == here else "ahead"
        on = left.get(step.id) if at == "past" else None
        record = records.get(step.id) if at == "past" else None
        shown.append(StepShown(step.name, at, listing("role", step.actors), on and local_date(on), record))
    return shown


def _until(session: Session, policy: Policy, case: Mapping[str, Any]) -> date | None:
    """The last day to appeal the layer that was published last; None where the calendar ends before."""
    published = [one["published_at"] for one in case["layers"] if one["published_at"] is not None]
    try:
        return results.appeal_until(session, policy, published[-1]) if published else None
    except Conflict:
        return None


def _formers(
    session: Session, appraisal: Appraisal, cycle: Cycle, relations: frozenset[str], case: Mapping[str, Any]
) -> Sequence[Employee]:
    """For HR and the supervisor the former supervisors whose opinion the review waits for."""
    if not appraisal.rated or relations.isdisjoint({"hr", "supervisor"}) or case["cycle"]["status"] != "open":
        return ()
    found = gathered(session, appraisal, cycle, relations)
    return () if found.is_past("submit_review") else opinions.missing_opinions(session, found)


def _files(session: Session, case: Mapping[str, Any]) -> dict[int, StoredFile]:
    """The files that came with appeals, by id."""
    ids = {one for appeal in case["appeals"] for act in appeal["acts"] for one in act["file_ids"]}
    return stored_files.by_ids(session, ids)
