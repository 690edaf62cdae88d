"""What the page of a case shows beside what the case tells: its steps with dates, its items as they score so far, and what its
reader may do next, with the one act that matters most first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask import current_app, url_for
from sqlmodel import Session

from appraisal import clock
from appraisal import files as stored_files
from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements.queries import Agreed
from appraisal.core.errors import Message
from appraisal.core.numbers import add, parse_number, places_of
from appraisal.core.policy.model import Band, Policy, RatingScale, Text
from appraisal.core.workflow import approvals_of
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict, NotAllowed
from appraisal.files import StoredFile
from appraisal.formats import local_date
from appraisal.labels import codes, label, listing
from appraisal.measures import entries as figure_entries
from appraisal.measures import owed
from appraisal.measures import queries as measures
from appraisal.measures.owed import Waiting
from appraisal.people.models import Employee
from appraisal.reports.queries import cycle_name
from appraisal.results import courses, so_far, told
from appraisal.results import queries as results
from appraisal.results.decisions_told import FULL, OWN
from appraisal.results.guards import require_impartial
from appraisal.results.so_far import SoFar
from appraisal.reviews import opinions
from appraisal.reviews import queries as reviews
from appraisal.reviews.models import INTERVIEW, SELF_ASSESSMENT, SUPERVISOR_REVIEW
from appraisal.reviews.queries import Key
from appraisal.reviews.scope import action_words, gathered
from appraisal.reviews.views.acts import BY_NAME, Act

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
# Of what somebody may do, what matters most.
_FIRST = (
    *("submit_self_assessment", "rate_goals", "write_opinion", "submit_review", "record_interview", "sign_interview"),
    *("decide_reopening", "revise", "accept_appeal", "decide_appeal", "confirm_data", "publish", "compute", "close_appeals"),
    *("approve", "archive", "acknowledge"),
)
_IMPARTIAL = {"decide_appeal", "revise"}
_ON_ITS_WAY = ("approve", "publish", "compute", "close_appeals")


@dataclass(frozen=True)
class StepShown:
    """A step: who acts in it, the day it was left, and where its record is."""

    name: Text
    at: str
    who: Message
    on: date | None
    record: str | None


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


@dataclass(frozen=True)
class Offer:
    """Something to do, and where."""

    name: str
    words: Message
    address: str
    act: Act | None = None


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
    def goals(self) -> list[Row]:
        """The goals that people rate, over all sheets, as far as the reader sees them."""
        return [row for sheet in self.sheets for row in sheet.rows if row.index is not None]

    @property
    def main(self) -> Offer | None:
        """The one next act."""
        first = [one for one in self.offers if one.name in _FIRST and not (one.name == "compute" and self.case["layers"])]
        return min(first, key=lambda one: _FIRST.index(one.name), default=None)

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
    until = _until(session, policy, case)
    formers = _formers(session, appraisal, cycle, relations, case)
    partial = _partial(session, actor, appraisal, cycle, relations, case)
    case["possible"] = [name for name in case["possible"] if name not in partial]
    return Shown(
        case,
        cycle,
        policy,
        relations,
        steps=_steps(policy, case),
        sheets=_sheets(session, policy, appraisal, cycle, case),
        offers=_offers(case, policy, relations, until, formers),
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


def _sheets(session: Session, policy: Policy, appraisal: Appraisal, cycle: Cycle, case: Mapping[str, Any]) -> list[SheetShown]:
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
        unit=None if unit is None else label("measure", unit) if unit in codes("measure") else Message(unit, unit),
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


def _offers(
    case: Mapping[str, Any],
    policy: Policy,
    relations: frozenset[str],
    until: date | None,
    formers: Sequence[Employee],
) -> list[Offer]:
    """What `possible` allows and makes sense as things stand, with what is entered for others from paper."""
    names = [*case["possible"], *_from_paper(case, relations)]
    names += ["waive_opinion"] if formers and "hr" in relations else []
    latest = case["layers"][-1] if case["layers"] else None
    settled = latest is not None and latest["approved_at"] is not None and "revise" not in names
    disputed = any(one["state"] in ("filed", "accepted") for one in case["appeals"])
    without = set() if settled else {"archive"}
    without |= {name for name in names if name.startswith("return_to")} | set(_ON_ITS_WAY) if settled or disputed else set()
    if latest is None or latest["published_at"] is None:
        without |= {"close_appeals", "approve"}
    elif not _is_decided(case) and (until is None or clock.today() <= until):
        without.add("close_appeals")
    return [offer for name in dict.fromkeys(names) if name not in without and (offer := _offer(case["id"], name))]


def _partial(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    cycle: Cycle,
    relations: frozenset[str],
    case: Mapping[str, Any],
) -> set[str]:
    """Of the decisions that are possible those from which the reader is kept by the part they have had in the case (D-05,
    D-19): nobody is to give their reasons and be refused then."""
    possible = set(case["possible"])
    found = set()
    if possible & _IMPARTIAL:
        try:
            require_impartial(session, actor, gathered(session, appraisal, cycle, relations))
        except NotAllowed:
            found |= _IMPARTIAL
    asked = [one["by"]["id"] for one in case["reopenings"] if one["granted"] is None and one["by"]]
    found |= {"decide_reopening"} if actor.employee_id in asked else set()
    if "approve" in possible:
        part = reviews.assessors_of(session, case["id"]) | courses.deciders_of(session, case["id"])
        found |= {"approve"} if actor.employee_id is None or actor.employee_id in part else set()
    return found


def _from_paper(case: Mapping[str, Any], relations: frozenset[str]) -> list[str]:
    if relations.isdisjoint({"hr", "supervisor"}) or case["cycle"]["status"] != "open" or not case["rated"]:
        return []
    held = [one["interview"] for one in case["entries"] if one["interview"]]
    found = [] if not held or any(one["role"] == "employee" for one in held[-1]["signatures"]) else ["enter_signature"]
    published = [one for one in case["layers"] if one["published_at"] is not None]
    answered = {one["result_id"] for one in case["acknowledgements"]}
    waits = published and published[-1]["approved_at"] is None and published[-1]["result_id"] not in answered
    return found + (["enter_acknowledgement"] if waits else [])


def _is_decided(case: Mapping[str, Any]) -> bool:
    """Whether an appeal has brought the latest layer about: it cannot be appealed again."""
    made = {act["result_id"] for appeal in case["appeals"] if appeal["state"] == "upheld" for act in appeal["acts"]}
    return case["layers"][-1]["result_id"] in made


def _offer(appraisal_id: int, name: str) -> Offer | None:
    if name in BY_NAME:
        return Offer(name, BY_NAME[name].words, url_for(f"reviews.{name}", appraisal_id=appraisal_id), BY_NAME[name])
    if name == "close_calibration":
        there = "results.calibrations" in current_app.view_functions
        return Offer(name, action_words(name), url_for("results.calibrations")) if there else None
    return Offer(name, action_words(name), url_for("reviews.move", appraisal_id=appraisal_id, action=name))


def _agreement(agreement_id: int | None) -> str | None:
    there = agreement_id is not None and "agreements.agreement" in current_app.view_functions
    return url_for("agreements.agreement", agreement_id=agreement_id) if there else None


def _files(session: Session, case: Mapping[str, Any]) -> dict[int, StoredFile]:
    """The files that came with appeals, by id."""
    ids = {one for appeal in case["appeals"] for act in appeal["acts"] for one in act["file_ids"]}
    return stored_files.by_ids(session, ids)
