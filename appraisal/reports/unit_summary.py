"""部门考核结果汇总表: who in a unit came to what in a cycle, how grades spread against their limits, and what happened."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.judging.distribution import limits_for, violations
from appraisal.core.numbers import HUNDRED, divide, places_of
from appraisal.core.policy.model import Text
from appraisal.cycles import subjects
from appraisal.incidents import queries as ledger
from appraisal.people import directory
from appraisal.people.models import Employee
from appraisal.reports import queries
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import ResultRow, cycle_name
from appraisal.reports.unit_people import UnitPeople, people_of_unit
from appraisal.results import unit_results, unit_subjects
from appraisal.results.models import Approval

FORM_TITLE: Final = Text("部门考核结果汇总表", "Summary of a unit's results")


@dataclass(frozen=True)
class Person:
    """Somebody of the unit. Without a grade, `why_not` says why; `remarks` are vetoes and what follows from the grade."""

    number: str
    name: str
    unit: Text
    post: Text
    score: Decimal | None
    grade: str | None
    multiplier: Decimal | None
    remarks: tuple[Text, ...]
    approved_on: date | None
    why_not: Text | None


@dataclass(frozen=True)
class Share:
    """A grade in a population: how many have it, in percent; how many this grade or a better one, and how many may at most."""

    grade: str
    name: Text
    count: int
    percent: Decimal
    reached: int
    limit: int | None
    too_many: int


@dataclass(frozen=True)
class Population:
    """Those whose grades are held against limits together."""

    name: Text
    size: int
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Happened:
    """A confirmed incident of somebody of the unit."""

    on: date
    number: str
    name: str
    event: Text
    facts: str


@dataclass(frozen=True)
class UnitSummary:
    """The summary of a unit in a cycle. `scope` says over whom the policy limits grades, None where it limits nothing."""

    head: Head
    filing: Filing
    unit: Text
    unit_head: str | None
    cycle: Text
    first_day: date
    last_day: date
    people: tuple[Person, ...]
    several_units: bool
    rated: int
    graded: int
    approved: int
    mean: Decimal | None
    unit_score: Decimal | None
    unit_coefficient: Decimal | None
    unit_source: Text | None
    scope: Text | None
    populations: tuple[Population, ...]
    incidents: tuple[Happened, ...]
    approvers: tuple[tuple[str, int], ...]
    signatures: tuple[Signature, ...]

    @property
    def places(self) -> int:
        """The decimals that scores need."""
        return max((places_of(one.score) for one in self.people if one.score is not None), default=0)


def summarise_unit(session: Session, actor: Actor, cycle_id: int, unit_id: int | None = None) -> UnitSummary:
    """The summary of a unit. Raises NotFound for who does not handle all of its people."""
    found = people_of_unit(session, actor, cycle_id, unit_id)
    cycle, rows = found.cycle, found.rows
    remarks = queries.remarks_of(session, cycle)
    scores = [row.score for row in rows if row.score is not None]
    period = Period.parse(cycle.period)
    head = directory.heads_on(session, [found.unit.id or 0], cycle.ends_on).get(found.unit.id or 0)
    unit_score, unit_coefficient, unit_source = _unit_result(session, found)
    return UnitSummary(
        head=found.head(session, FORM_TITLE),
        filing=found.filing(),
        unit=found.name,
        unit_head=head.name if head else None,
        cycle=cycle_name(cycle),
        first_day=period.first_day(),
        last_day=period.last_day(),
        people=tuple(_person(row, remarks.get(row.appraisal_id, ())) for row in rows),
        several_units=found.several_units,
        rated=sum(row.step is not None for row in rows),
        graded=len([row for row in rows if row.grade]),
        approved=len([row for row in rows if row.approved_on]),
        mean=divide(sum(scores, Decimal(0)), Decimal(len(scores)), 2) if scores else None,
        unit_score=unit_score,
        unit_coefficient=unit_coefficient,
        unit_source=unit_source,
        scope=_scope(found),
        populations=tuple(_populations(session, found)),
        incidents=tuple(_incidents(session, found)),
        approvers=tuple(_approvers(session, found)),
        signatures=(
            Signature(Text("部门负责人", "Head of the unit"), head.name if head else None),
            Signature(Text("人力资源部（盖章）", "HR (seal)")),
            Signature(Text("批准人", "Approved by")),
        ),
    )


FORM = Form("unit_summary", FORM_TITLE, "cycle", summarise_unit, kept="appraisal", per_unit=True, seconds=60)


def _person(row: ResultRow, remarks: Sequence[Text]) -> Person:
    posts = dict.fromkeys(place.post for place in row.places)
    return Person(
        number=row.employee_number,
        name=row.employee_name,
        unit=row.places[-1].unit,
        post=Text(" → ".join(post.zh for post in posts), " → ".join(post.en for post in posts)),
        score=row.score,
        grade=row.grade,
        multiplier=row.multiplier,
        remarks=tuple(remarks) if row.grade else (),
        approved_on=row.approved_on,
        why_not=row.why_not,
    )


def _unit_result(session: Session, found: UnitPeople) -> tuple[Decimal | None, Decimal | None, Text | None]:
    """What the unit itself has come to, and how that is known (D-01, D-02)."""
    counting = unit_results.counting(session, found.cycle.id or 0).get(found.unit.id)
    if counting is None:
        return None, None, None
    own = found.unit.id in unit_subjects.appraised_units(session, found.cycle)
    source = Text("部门考核表", "the unit's own sheet") if own else Text("已确认的部门结果", "a confirmed entry")
    return counting.score, counting.coefficient, source


def _scope(found: UnitPeople) -> Text | None:
    limited = found.policy.distribution
    if limited is None:
        return None
    least = limited.minimum_population
    if limited.scope == "unit":
        zh, en = f"按部门计算, 不足 {least} 人的不限", f"counted in each unit; no limit below {least} people"
    else:
        zh, en = "按全体计算, 本表只列本部门人数", "counted over everybody; this table counts the unit alone"
    return Text(zh, en)


def _populations(session: Session, found: UnitPeople) -> Iterator[Population]:
    """Where limits hold unit by unit, each unit; or else all of them together. Contractors share no limit (D-01)."""
    outside = subjects.contractors_in(session, found.cycle)
    counted = [row for row in found.rows if row.grade and row.appraisal_id not in outside]
    by_unit = found.policy.distribution is not None and found.policy.distribution.scope == "unit"
    units: dict[int | None, list[ResultRow]] = {}
    for row in counted:
        units.setdefault(row.places[-1].unit_id if by_unit else None, []).append(row)
    for unit_id, rows in units.items():
        name = rows[0].places[-1].unit if unit_id is not None else found.name
        yield Population(name, len(rows), tuple(_shares(found, [row.grade or "" for row in rows], limited=by_unit)))


def _shares(found: UnitPeople, grades: list[str], *, limited: bool) -> Iterator[Share]:
    counts, ranks = Counter(grades), found.policy.ranks
    limits = limits_for(found.policy, len(grades)) if limited else {}
    broken = {one.grade: one.too_many for one in violations(found.policy, grades)} if limited else {}
    for band in found.policy.bands:
        reached = sum(ranks[one] >= ranks[band.grade] for one in grades)
        percent = divide(HUNDRED * counts[band.grade], Decimal(len(grades)), 1)
        share = (counts[band.grade], percent, reached, limits.get(band.grade), broken.get(band.grade, 0))
        yield Share(band.grade, band.name, *share)


def _incidents(session: Session, found: UnitPeople) -> Iterator[Happened]:
    numbers = [row.employee_number for row in found.rows]
    employees = {one.id: one for one in session.exec(select(Employee).where(col(Employee.number).in_(numbers)))}
    names = {event.id: event.name for event in found.policy.vetoes.events}
    happened = ledger.confirmed_by_person(session, list(employees), found.cycle.starts_on, found.cycle.ends_on)
    own = [(one, employees[employee_id]) for employee_id, several in happened.items() for one in several]
    for one, employee in sorted(own, key=lambda pair: (pair[0].happened_on, pair[1].number)):
        event = names.get(one.event, Text(one.event, one.event))
        yield Happened(one.happened_on, employee.number, employee.name, event, one.facts)


def _approvers(session: Session, found: UnitPeople) -> list[tuple[str, int]]:
    """Who has approved how many of the results that are shown."""
    shown = [layer.result_id for row in found.rows if row.approved_on and (layer := found.shown(row)) is not None]
    approved = select(Employee.name).join(Approval, col(Approval.approver_id) == Employee.id)
    return sorted(Counter(session.exec(approved.where(col(Approval.result_id).in_(shown)))).items())
