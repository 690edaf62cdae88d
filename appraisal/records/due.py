"""What is due to be purged on a day, and what keeps back the rest: holds, and matters that are still open.

A case is due once its term after the end of its period is over AND the person has left for as long as the policy says: of
somebody who is employed, or has been hired again, nothing is. A person is due when nothing of them has to be kept any longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session, col, func, select

from appraisal.core.calendar import Period
from appraisal.core.policy.model import Text
from appraisal.cycles.models import CLOSED, DRAFT, Appraisal, Cycle
from appraisal.development.models import CANCELLED, ImprovementPlan
from appraisal.development.models import CLOSED as PLAN_CLOSED
from appraisal.formats import local_date
from appraisal.incidents.models import DRAFT as FILED_INCIDENT
from appraisal.incidents.models import HEARD, Incident
from appraisal.payroll.models import PREPARED, Release, ReleaseLine
from appraisal.people.models import Employee
from appraisal.policies.models import StoredPolicy
from appraisal.records.models import DOCUMENT, PERSON, RELEASE, LegalHold, Purged
from appraisal.records.terms import Term, Terms, day_after
from appraisal.reports.catalogue import FORMS
from appraisal.reports.models import ArchivedDocument
from appraisal.results.models import DISMISSED, REJECTED, UPHELD, WITHDRAWN, Appeal, AppealAct, Reopening, ReopeningDecision

HELD: Final = Text("有保全", "under a legal hold")
APPEALED: Final = Text("申诉未结", "an appeal is open")
REOPENING: Final = Text("重启申请未决", "a reopening is undecided")
CYCLE_OPEN: Final = Text("周期未关闭", "its cycle is not closed")
INCIDENT_OPEN: Final = Text("事件未认定", "an incident is undecided")
PLAN_OPEN: Final = Text("改进计划未结", "an improvement plan is not over")
CASES_LEFT: Final = Text("还有须保存的考核", "appraisals of theirs have to be kept")
RECORDS_LEFT: Final = Text("还有须保存的记录", "other records of theirs have to be kept")


@dataclass(frozen=True)
class Due:
    """One thing whose term has been over since `since`. With `blocks` it is not touched. Ids and numbers, no names."""

    kind: str
    id: int
    since: date
    employee_id: int | None = None
    number: str = ""
    what: str = ""
    cycle_id: int | None = None
    blocks: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Preview:
    """All that is due on a day, what of it is kept back, and how many cases have to be kept still."""

    on: date
    cases: Sequence[Due]
    people: Sequence[Due]
    documents: Sequence[Due]
    releases: Sequence[Due]
    kept_cases: int

    @property
    def ready(self) -> tuple[Due, ...]:
        """What a purge on that day takes."""
        return tuple(one for one in self._all() if not one.blocks)

    @property
    def blocked(self) -> tuple[Due, ...]:
        """What is past its term and kept back."""
        return tuple(one for one in self._all() if one.blocks)

    def _all(self) -> Iterator[Due]:
        yield from (*self.documents, *self.releases, *self.cases, *self.people)


def preview(session: Session, on: date) -> Preview:
    """What a purge on a day would take."""
    terms = Terms(session, on)
    blocks = _Blocks.of(session)
    cases, kept = _cases(session, terms, blocks)
    taken = {one.id for one in cases if not one.blocks}
    return Preview(
        on=on,
        cases=cases,
        people=_people(session, terms, blocks, taken),
        documents=_documents(session, terms, blocks, taken),
        releases=_releases(session, terms, blocks),
        kept_cases=kept,
    )


@dataclass(frozen=True)
class _Blocks:
    """What keeps things back: by person, by case."""

    of_people: Mapping[int, tuple[Text, ...]]
    of_cases: Mapping[int, tuple[Text, ...]]

    @classmethod
    def of(cls, session: Session) -> "_Blocks":
        people: dict[int, tuple[Text, ...]] = {}
        cases: dict[int, tuple[Text, ...]] = {}
        open_plans = select(ImprovementPlan.employee_id).where(col(ImprovementPlan.status).not_in((PLAN_CLOSED, CANCELLED)))
        open_incidents = select(Incident.employee_id).where(col(Incident.status).in_((FILED_INCIDENT, HEARD)))
        held = select(LegalHold.employee_id).where(col(LegalHold.lifted_at).is_(None))
        ended = select(AppealAct.appeal_id).where(col(AppealAct.kind).in_((WITHDRAWN, REJECTED, UPHELD, DISMISSED)))
        open_appeals = select(Appeal.appraisal_id).where(col(Appeal.id).not_in(ended))
        undecided = select(Reopening.appraisal_id).where(col(Reopening.id).not_in(select(ReopeningDecision.reopening_id)))
        for found, words, blocks in (
            (held, HELD, people),
            (open_incidents, INCIDENT_OPEN, people),
            (open_plans, PLAN_OPEN, people),
            (open_appeals, APPEALED, cases),
            (undecided, REOPENING, cases),
        ):
            for one in session.exec(found.distinct()):
                blocks[one] = (*blocks.get(one, ()), words)
        return cls(people, cases)


def _cases(session: Session, terms: Terms, blocks: _Blocks) -> tuple[list[Due], int]:
    """The cases that are past their term, and how many are not."""
    plans = select(ImprovementPlan.appraisal_id, func.max(ImprovementPlan.to_on)).group_by(col(ImprovementPlan.appraisal_id))
    plan_ends: dict[int | None, date] = dict(session.exec(plans).all())
    found = (
        select(Appraisal, Cycle, Employee)
        .join(Cycle, col(Cycle.id) == Appraisal.cycle_id)
        .join(Employee, col(Employee.id) == Appraisal.employee_id)
        .where(Cycle.status != DRAFT)
        .order_by(col(Cycle.ends_on), col(Employee.number))
    )
    past, kept = [], 0
    for appraisal, cycle, employee in session.exec(found):
        paid = day_after(cycle.ends_on, terms.of("payroll", cycle.policy_name, cycle.policy_digest).years)
        term = terms.of("appraisal", cycle.policy_name, cycle.policy_digest)
        since = _since(max(cycle.ends_on, plan_ends.get(appraisal.id, cycle.ends_on)), employee, term)
        if since is None or max(since, paid) > terms.on:
            kept += 1
            continue
        held_back = (*blocks.of_people.get(employee.id or 0, ()), *blocks.of_cases.get(appraisal.id or 0, ()))
        held_back += (CYCLE_OPEN,) if cycle.status != CLOSED else ()
        past.append(
            Due("case", appraisal.id or 0, max(since, paid), employee.id, employee.number, cycle.code, cycle.id, held_back)
        )
    return past, kept


def _since(ended_on: date, employee: Employee, term: Term) -> date | None:
    """From when on a record about somebody is past its term; None while they have not left."""
    if employee.left_on is None:
        return None
    return max(day_after(ended_on, term.years), day_after(employee.left_on, term.after_leaving))


def _people(session: Session, terms: Terms, blocks: _Blocks, taken: set[int]) -> list[Due]:
    """Those who have left long enough ago, and of whom nothing else has to be kept once these cases are taken."""
    term = terms.longest("appraisal")
    done = select(Purged.object_id).where(Purged.kind == PERSON)
    leavers = (
        select(Employee).where(col(Employee.left_on).is_not(None), col(Employee.id).not_in(done)).order_by(Employee.number)
    )
    cases: dict[int, set[int]] = {}
    for employee_id, appraisal_id in session.exec(select(Appraisal.employee_id, Appraisal.id)):
        cases.setdefault(employee_id, set()).add(appraisal_id or 0)
    last = _last_records(session)
    past = []
    for one in session.exec(leavers.order_by(Employee.number)):
        person = one.id or 0
        assert one.left_on is not None
        since = day_after(one.left_on, term.after_leaving)
        if since > terms.on:
            continue
        held_back = blocks.of_people.get(person, ())
        held_back += (CASES_LEFT,) if cases.get(person, set()) - taken else ()
        records = last.get(person)
        if records is not None and day_after(records, term.years) > terms.on:
            held_back += (RECORDS_LEFT,)
        past.append(Due(PERSON, person, since, person, one.number, blocks=held_back))
    return past


def _last_records(session: Session) -> dict[int, date]:
    """The last day that an incident or improvement plan of each person is about."""
    last: dict[int, date] = {}
    for day, person in ((Incident.happened_on, Incident.employee_id), (ImprovementPlan.to_on, ImprovementPlan.employee_id)):
        for employee_id, latest in session.exec(select(person, func.max(day)).group_by(col(person))):
            last[employee_id] = max(latest, last.get(employee_id, latest))
    return last


def _documents(session: Session, terms: Terms, blocks: _Blocks, taken: set[int]) -> list[Due]:
    """The archived documents past their term that do not go with a case; permanent ones, and unknown forms, never are."""
    names: dict[str, str] = dict(session.exec(select(StoredPolicy.digest, StoredPolicy.name)).all())
    left = select(Appraisal.cycle_id, Appraisal.employee_id, Appraisal.id)
    with_case, of_cycle = set(), set()
    for cycle_id, employee_id, appraisal_id in session.exec(left):
        with_case.add((cycle_id, employee_id))
        if appraisal_id not in taken:
            of_cycle.add(cycle_id)
    found = (
        select(ArchivedDocument, Cycle, Employee)
        .outerjoin(Cycle, col(Cycle.id) == ArchivedDocument.cycle_id)
        .outerjoin(Employee, col(Employee.id) == ArchivedDocument.employee_id)
        .order_by(col(ArchivedDocument.id))
    )
    past = []
    for row, cycle, employee in session.exec(found):
        form = FORMS.get(row.form)
        if form is None or form.kept == "for_ever":
            continue
        goes_with_case = form.kept == "appraisal" and (row.cycle_id, row.employee_id) in with_case
        others_left = form.kept == "appraisal" and employee is None and row.cycle_id in of_cycle
        if goes_with_case or others_left:
            continue
        name = cycle.policy_name if cycle else names.get(row.policy_digest or "")
        term = terms.of(form.kept, name, row.policy_digest)
        ended = max(row.dated, _end_of(row, cycle))
        by_person = form.kept == "appraisal" and employee is not None
        since = _since(ended, employee, term) if by_person else day_after(ended, term.years)
        if since is None or since > terms.on:
            continue
        held_back = blocks.of_people.get(row.employee_id or 0, ()) if by_person else ()
        past.append(Due(DOCUMENT, row.id or 0, since, row.employee_id, row.number, row.form, row.cycle_id, held_back))
    return past


def _end_of(row: ArchivedDocument, cycle: Cycle | None) -> date:
    """The last day of what a document is about, as far as it says."""
    if cycle is not None:
        return cycle.ends_on
    try:
        return Period.parse(row.period).last_day() if row.period else row.dated
    except ValueError:
        return row.dated


def _releases(session: Session, terms: Terms, blocks: _Blocks) -> list[Due]:
    """Releases past their term: their lines lose the names, and the content goes; the control totals stay."""
    done = select(Purged.object_id).where(Purged.kind == RELEASE)
    found = (
        select(Release, Cycle)
        .join(Cycle, col(Cycle.id) == Release.cycle_id)
        .where(Release.status != PREPARED, col(Release.id).not_in(done))
        .order_by(col(Release.id))
    )
    holding = {person for person, words in blocks.of_people.items() if HELD in words}
    held_in = (
        select(ReleaseLine.release_id)
        .join(Appraisal, col(Appraisal.id) == ReleaseLine.appraisal_id)
        .where(col(Appraisal.employee_id).in_(sorted(holding)))
    )
    held = set(session.exec(held_in)) if holding else set()
    past = []
    for release, cycle in session.exec(found):
        ended = max(cycle.ends_on, local_date(release.ended_at) if release.ended_at else cycle.ends_on)
        since = day_after(ended, terms.of("payroll", cycle.policy_name, cycle.policy_digest).years)
        if since <= terms.on:
            held_back = ((HELD,) if release.id in held else ()) + ((CYCLE_OPEN,) if cycle.status != CLOSED else ())
            past.append(Due(RELEASE, release.id or 0, since, what=cycle.code, cycle_id=cycle.id, blocks=held_back))
    return past
