"""Reads of payroll: releases, what the latest released line of somebody says, and what is due in the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle, Sheet
from appraisal.cycles.subjects import contractors_in
from appraisal.payroll.models import CORRECTION, NOT_RATED, RATED, RELEASED, Release, ReleaseLine
from appraisal.people.models import Employee, Post, Unit
from appraisal.results import queries as results
from appraisal.results.models import Approval, Result


@dataclass(frozen=True)
class Due:
    """A line the next release would hold."""

    appraisal_id: int
    result_id: int | None
    kind: str
    employee_number: str
    employee_name: str
    grade: str | None
    multiplier: Decimal | None
    coefficient: Decimal | None
    pay: str | None
    corrects: ReleaseLine | None


def releases(cycle_id: int | None, status: str | None) -> Any:
    """The select of releases, of one cycle or all, with conditions over the cycle to be added."""
    found = select(Release).join(Cycle, col(Cycle.id) == Release.cycle_id)
    if cycle_id is not None:
        found = found.where(Release.cycle_id == cycle_id)
    return found if status is None else found.where(Release.status == status)


def lines_of(session: Session, release_id: int) -> Sequence[ReleaseLine]:
    """The lines of a release, by employee number."""
    found = select(ReleaseLine).where(ReleaseLine.release_id == release_id)
    return session.exec(found.order_by(ReleaseLine.employee_number, ReleaseLine.id)).all()


def last_number(session: Session, cycle_id: int) -> int:
    """The number of the last release of a cycle, 0 before the first."""
    return session.exec(select(func.max(Release.number)).where(Release.cycle_id == cycle_id)).one() or 0


def due(session: Session, cycle: Cycle) -> list[Due]:
    """What has been approved in a cycle (or is 不参评) and differs from what was last released, by employee number.

    Where the policy pays before approval (D-19), also what has been published: once, until an approval says something else.
    Contractors are not paid: theirs is the settlement list (D-01).
    """
    released, outside = _last_released(session, cycle), contractors_in(session, cycle)
    policy = cycles.policy_of(session, cycle)
    found = []
    for result, employee, appraisal in results.approved_results(session, cycle):
        before = released.get(appraisal.id)
        if before is None or before.result_id != result.id:
            found.append(_of_result(result, employee, appraisal, before))
    if policy.general.provisional_pay == "full":
        for result, employee, appraisal in results.awaiting_first_approval(session, cycle):
            if appraisal.id not in released:
                found.append(_of_result(result, employee, appraisal, None))
    for appraisal, employee in cycles.appraisals_of(session, cycle):
        before = released.get(appraisal.id)
        if not appraisal.rated and (before is None or before.grade is not None):
            kind = NOT_RATED if before is None else CORRECTION
            names = (employee.number, employee.name)
            nothing = (None, None, None)
            found.append(Due(appraisal.id, None, kind, *names, *nothing, policy.general.not_rated.pay, before))
    return sorted((line for line in found if line.appraisal_id not in outside), key=lambda line: line.employee_number)


def waiting(session: Session, cycle: Cycle) -> list[str]:
    """The numbers of those who are rated, would be paid, and have no approved result yet."""
    settled = {appraisal.id for _, _, appraisal in results.approved_results(session, cycle)} | contractors_in(session, cycle)
    everybody = cycles.appraisals_of(session, cycle)
    return [employee.number for appraisal, employee in everybody if appraisal.rated and appraisal.id not in settled]


def places_of(session: Session, appraisal_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Unit, post and days of each sheet, by appraisal."""
    found = (
        select(Sheet, Unit, Post)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .join(Post, col(Post.id) == Sheet.post_id)
        .where(col(Sheet.appraisal_id).in_(appraisal_ids))
        .order_by(Sheet.from_on, Sheet.id)
    )
    places: dict[int, list[dict[str, Any]]] = {one: [] for one in appraisal_ids}
    for sheet, unit, post in session.exec(found):
        place = {"unit": unit.code, "unit_name": unit.name, "post": post.title, "days": sheet.days}
        places[sheet.appraisal_id].append(place)
    return places


def corrected_by(session: Session, lines: Sequence[ReleaseLine]) -> Sequence[ReleaseLine]:
    """The released lines that some lines correct."""
    wanted = [line.corrects_id for line in lines if line.corrects_id is not None]
    return session.exec(select(ReleaseLine).where(col(ReleaseLine.id).in_(wanted))).all()


def result_numbers(session: Session, lines: Sequence[ReleaseLine]) -> Mapping[int, str]:
    """The number of each line's result, which also stands on the notice: appraisal and layer."""
    wanted = [line.result_id for line in lines if line.result_id is not None]
    found = select(Result.id, Result.appraisal_id, Result.seq).where(col(Result.id).in_(wanted))
    return {result_id: f"{appraisal_id}-{seq}" for result_id, appraisal_id, seq in session.exec(found)}


def approved_among(session: Session, lines: Sequence[ReleaseLine]) -> frozenset[int]:
    """The results of these lines that have been approved."""
    wanted = [line.result_id for line in lines if line.result_id is not None]
    return frozenset(session.exec(select(Approval.result_id).where(col(Approval.result_id).in_(wanted))))


def _of_result(result: Result, employee: Employee, appraisal: Appraisal, before: ReleaseLine | None) -> Due:
    return Due(
        appraisal.id,
        result.id,
        RATED if before is None else CORRECTION,
        employee.number,
        employee.name,
        result.grade,
        result.multiplier,
        result.coefficient,
        None,
        before,
    )


def _last_released(session: Session, cycle: Cycle) -> dict[int, ReleaseLine]:
    """The last released line of each appraisal of a cycle."""
    found = (
        select(ReleaseLine)
        .join(Release, col(Release.id) == ReleaseLine.release_id)
        .where(Release.cycle_id == cycle.id, Release.status == RELEASED)
        .order_by(Release.number)
    )
    return {line.appraisal_id: line for line in session.exec(found)}
