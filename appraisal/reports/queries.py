"""Reads for pages and documents: rows of results, and one result told in full. Nobody gets what is not theirs to see.

People see their own result once it is published; supervisors, HR, payroll, approvers and auditors see the latest one of the
cases they may know of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.numbers import HUNDRED, ZERO, divide
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Appraisal, Cycle, Sheet
from appraisal.formats import local_date
from appraisal.labels import codes, label
from appraisal.people.models import Employee, Post, Unit
from appraisal.reports import waiting
from appraisal.results.models import Approval, Publication, Result
from appraisal.results.table import HANDLING

SEE_ALL = ("hr", "payroll", "approver", "auditor")
# Payroll needs approved grades and multipliers, which are in the table and in releases, and nothing of the reasons.
SEE_RESULTS = frozenset(("employee", *HANDLING))
NOT_APPROVED = Text("结果尚未批准", "Not approved yet")
NOT_PUBLISHED = Text("结果尚未公布", "Not published yet")


@dataclass(frozen=True)
class Layer:
    """The figures of one layer of a result, and what has been done with it."""

    appraisal_id: int
    result_id: int
    score: Decimal
    grade: str
    multiplier: Decimal
    vetoed: bool
    published_at: datetime | None
    approved_at: datetime | None


@dataclass(frozen=True)
class Place:
    """Where a sheet was worked: the unit and the post."""

    unit: Text
    post: Text
    unit_id: int


@dataclass(frozen=True)
class ResultRow:
    """One line of a table of results. Without a grade, `why_not` says what it waits for; payroll sees no score.

    `step` is None for whoever is not rated; `approved_on` is set once approval is behind and nothing has followed it.
    """

    appraisal_id: int
    cycle: Text
    employee_number: str
    employee_name: str
    own: bool
    places: tuple[Place, ...]
    step: Text | None
    approved_on: date | None
    score: Decimal | None
    grade: str | None
    grade_name: Text | None
    multiplier: Decimal | None
    vetoed: bool
    why_not: Text | None


@dataclass(frozen=True)
class BandCount:
    """How many reached a grade, and which part of all that is, in percent with one decimal."""

    grade: str
    name: Text
    count: int
    percent: Decimal


def own_results(session: Session, actor: Actor) -> list[ResultRow]:
    """The actor's own results over all cycles, newest first."""
    if actor.employee_id is None:
        return []
    found = session.exec(
        select(Appraisal, Cycle, Employee)
        .join(Cycle, col(Appraisal.cycle_id) == Cycle.id)
        .join(Employee, col(Appraisal.employee_id) == Employee.id)
        .where(Appraisal.employee_id == actor.employee_id)
        .order_by(col(Cycle.starts_on).desc(), Cycle.code)
    ).all()
    return _rows(session, actor, found, Appraisal.employee_id == actor.employee_id)


def rows_of_cycle(session: Session, actor: Actor, cycle: Cycle) -> list[ResultRow]:
    """The results of a cycle that the actor may see, their own included, by employee number."""
    seen = cycles.appraisals_seen_by(session, actor, cycle)
    return _rows(session, actor, [(appraisal, cycle, employee) for appraisal, employee in seen], Appraisal.cycle_id == cycle.id)


def shown_cycles(session: Session) -> list[Cycle]:
    """The cycles that have opened, newest first."""
    return [cycle for cycle in cycles.cycles(session) if cycle.status != DRAFT]


def distribution(policy: Policy, rows: Sequence[ResultRow]) -> tuple[BandCount, ...]:
    """How many of the rows have each grade, the highest first."""
    graded = [row.grade for row in rows if row.grade is not None]

    def share(count: int) -> Decimal:
        return divide(HUNDRED * count, Decimal(len(graded)), 1) if graded else ZERO

    counts = [(band, graded.count(band.grade)) for band in policy.bands]
    return tuple(BandCount(band.grade, band.name, count, share(count)) for band, count in counts)


def shown_layer(layers: Iterable[Layer], own: bool) -> Layer | None:
    """Of the layers of one result, oldest first, the one that may be shown: to the person, the last that was published."""
    shown = [layer for layer in layers if layer.published_at is not None or not own]
    return shown[-1] if shown else None


def layers_of(session: Session, *which: Any) -> dict[int, list[Layer]]:
    """The layers of the results of some appraisals, oldest first, by appraisal."""
    figures = (Result.appraisal_id, Result.id, Result.score, Result.grade, Result.multiplier, Result.vetoed)
    found = (
        select(*figures, Publication.published_at, Approval.approved_at)  # type: ignore[call-overload]
        .join(Appraisal, col(Result.appraisal_id) == Appraisal.id)
        .outerjoin(Publication, col(Publication.result_id) == Result.id)
        .outerjoin(Approval, col(Approval.result_id) == Result.id)
        .where(*which)
        .order_by(Result.seq)
    )
    layers: dict[int, list[Layer]] = {}
    for row in session.exec(found):
        layers.setdefault(row[0], []).append(Layer(*row))
    return layers


def remarks_of(session: Session, cycle: Cycle) -> dict[int, tuple[Text, ...]]:
    """By appraisal what its latest result says besides the grade, in the policy's words: vetoes first, then what follows."""
    names = rule_names(cycles.policy_of(session, cycle))
    found = (
        select(Result.appraisal_id, Result.outcome)
        .join(Appraisal, col(Result.appraisal_id) == Appraisal.id)
        .where(Appraisal.cycle_id == cycle.id)
        .order_by(Result.seq)
    )
    return {
        appraisal_id: tuple(names[fired["rule"]] for fired in outcome["fired"] if fired["rule"] in names)
        for appraisal_id, outcome in session.exec(found)
    }


def rule_names(policy: Policy) -> dict[str, Text]:
    """What the policy calls its vetoes and outcomes, by what they are stored as when they fire: `vetoes/fraud`."""
    vetoes = {f"vetoes/{rule.id}": rule.name for rule in policy.vetoes.rules}
    return vetoes | {f"outcomes/{rule.id}": rule.name for rule in policy.outcomes.rules}


def places_of(session: Session, *which: Any) -> dict[int, list[Place]]:
    """Where the sheets of some appraisals were worked, in order, by appraisal; each appraisal has at least one sheet."""
    found = (
        select(Sheet.appraisal_id, Unit, Post)
        .join(Appraisal, col(Sheet.appraisal_id) == Appraisal.id)
        .join(Unit, col(Sheet.unit_id) == Unit.id)
        .join(Post, col(Sheet.post_id) == Post.id)
        .where(*which)
        .order_by(Sheet.from_on, Sheet.id)
    )
    places: dict[int, list[Place]] = {}
    for appraisal_id, unit, post in session.exec(found):
        place = Place(Text(unit.name, unit.name_en), Text(post.title, post.title_en), unit.id)
        places.setdefault(appraisal_id, []).append(place)
    return places


def cycle_name(cycle: Cycle) -> Text:
    """The name of a cycle; in English its period, because cycles are named in Chinese."""
    return Text(cycle.name, cycle.period.replace("-", " "))


def step_name(policy: Policy, step: str) -> Text:
    """The name the workflow gives a step."""
    return next((known.name for known in policy.workflow.steps if known.id == step), Text(step, step))


def _rows(session: Session, actor: Actor, found: Sequence[tuple[Appraisal, Cycle, Employee]], which: Any) -> list[ResultRow]:
    layers = layers_of(session, which)
    places = places_of(session, which)
    why_not = _why_not(session, [(appraisal, cycle) for appraisal, cycle, _ in found], layers)
    for_pay = _seen_for_pay(session, actor, found)
    rows = []
    for appraisal, cycle, employee in found:
        policy = cycles.policy_of(session, cycle)
        own = appraisal.employee_id == actor.employee_id
        paying = appraisal.id in for_pay
        known = [one for one in layers.get(appraisal.id, ()) if one.approved_at is not None or not paying]
        layer = shown_layer(known, own) if appraisal.rated else None
        grade_name = next((band.name for band in policy.bands if layer and band.grade == layer.grade), None)
        rows.append(
            ResultRow(
                appraisal_id=appraisal.id,
                cycle=cycle_name(cycle),
                employee_number=employee.number,
                employee_name=employee.name,
                own=own,
                places=tuple(places[appraisal.id]),
                step=step_name(policy, appraisal.step) if appraisal.rated else None,
                approved_on=_approved_on(policy, appraisal, layer),
                score=layer.score if layer and not paying else None,
                grade=layer.grade if layer else None,
                grade_name=grade_name,
                multiplier=layer.multiplier if layer else None,
                vetoed=layer.vetoed if layer and not paying else False,
                why_not=None if layer else NOT_APPROVED if paying else why_not.get(appraisal.id, NOT_PUBLISHED),
            )
        )
    return rows


def _seen_for_pay(session: Session, actor: Actor, found: Sequence[tuple[Appraisal, Cycle, Employee]]) -> frozenset[int]:
    """The appraisals of which somebody needs the approved grade and multiplier for pay, and nothing else."""
    if not actor.holds("payroll"):
        return frozenset()
    handled: set[int] = set()
    for cycle in {cycle.id: cycle for _, cycle, _ in found}.values():
        theirs = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), HANDLING)
        joined = select(Appraisal.id).join(Employee, col(Employee.id) == Appraisal.employee_id)
        handled.update(session.exec(joined.where(Appraisal.cycle_id == cycle.id, theirs)))
    others = (appraisal for appraisal, _, employee in found if employee.id != actor.employee_id)
    return frozenset(appraisal.id for appraisal in others if appraisal.id not in handled)


def _approved_on(policy: Policy, appraisal: Appraisal, layer: Layer | None) -> date | None:
    """The day of approval, as long as the appraisal stands where approval leaves it."""
    if layer is None or layer.approved_at is None:
        return None
    leads_to = {move.to for move in policy.workflow.moves if move.action == "approve"}
    return local_date(layer.approved_at) if appraisal.step in leads_to else None


def _why_not(
    session: Session, found: Iterable[tuple[Appraisal, Cycle]], layers: Mapping[int, Sequence[Layer]]
) -> dict[int, Text]:
    """For whoever has no result at all, the reason."""
    without = [(appraisal, cycle) for appraisal, cycle in found if not appraisal.rated or appraisal.id not in layers]
    reasons = waiting.not_computed(session, [(appraisal, cycle) for appraisal, cycle in without if appraisal.rated])
    return reasons | {appraisal.id: waiting.not_rated(appraisal) for appraisal, _ in without if not appraisal.rated}


def words(kind: str, code: str) -> Text:
    """The words for a code, as documents say them."""
    found = label(kind, code)
    return Text(found.zh, found.en)


def company_of(session: Session, unit_id: int | None) -> str:
    """The name of the topmost unit above a unit; without one, of all there are."""
    units = {unit.id: unit for unit in session.exec(select(Unit).order_by(Unit.code))}
    if unit_id is None:
        return "、".join(unit.name for unit in units.values() if unit.parent_id is None)
    unit = units[unit_id]
    while unit.parent_id is not None:
        unit = units[unit.parent_id]
    return unit.name


def titled(post: Text, subject: str) -> Text:
    """A post as it is told: of a sheet that is a unit's and not a person's, this too (D-01)."""
    if subject == "person":
        return post
    whose = words("subject", subject)
    return Text(f"{post.zh} ({whose.zh})", f"{post.en} ({whose.en})")


def measured_in(code: str | None) -> Text | None:
    """A unit of measure; one that has no words here stays as the policy writes it."""
    if code is None:
        return None
    return words("measure", code) if code in codes("measure") else Text(code, code)
