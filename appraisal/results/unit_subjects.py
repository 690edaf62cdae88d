"""Units that are appraised by a sheet of their own: its approved result is at once the unit's, with nothing to enter (D-01).

Where the head changed in the period each has the sheet for their days, and the unit's result is the mean by days of what was
approved of both; until the last of them is approved the unit has none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.core.appraise import appraise_sheets
from appraisal.core.combine import combine
from appraisal.core.inputs import Part
from appraisal.core.numbers import add
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import UNIT, Appraisal, Cycle, Sheet
from appraisal.policies import queries as policies
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import InForce, Result


@dataclass(frozen=True)
class Counting:
    """What counts of a unit, or under None of the company: its score, and what it makes of its people's bonuses."""

    unit_id: int | None
    score: Decimal
    coefficient: Decimal | None


def appraised_units(session: Session, cycle: Cycle) -> frozenset[int]:
    """The units that have a sheet of their own in a cycle."""
    return frozenset(sheet.unit_id for sheet in _unit_sheets(session, cycle))


def own_results(session: Session, cycle: Cycle) -> dict[int | None, Counting | None]:
    """By unit with a sheet of its own what was approved of it; None where that is waited for."""
    sheets = _unit_sheets(session, cycle)
    if not sheets:
        return {}
    ids = {sheet.appraisal_id for sheet in sheets}
    found = select(Result).join(InForce, col(InForce.result_id) == Result.id).where(col(Result.appraisal_id).in_(ids))
    approved = {result.appraisal_id: result for result in session.exec(found)}
    by_unit: dict[int, dict[int, list[Sheet]]] = {}
    for sheet in sheets:
        by_unit.setdefault(sheet.unit_id, {}).setdefault(sheet.appraisal_id, []).append(sheet)
    policy = cycles.policy_of(session, cycle)
    return {
        unit_id: _combined(session, policy, unit_id, [(approved[one], own) for one, own in held.items()])
        if held.keys() <= approved.keys()
        else None
        for unit_id, held in by_unit.items()
    }


def _unit_sheets(session: Session, cycle: Cycle) -> Sequence[Sheet]:
    found = select(Sheet).join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
    found = found.where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), Sheet.subject == UNIT)
    return session.exec(found.order_by(Sheet.from_on, Sheet.id)).all()


def _combined(session: Session, policy: Policy, unit_id: int, held: Sequence[tuple[Result, Sequence[Sheet]]]) -> Counting:
    """A unit's result from those of its heads, each by their days."""
    parts, grades = [], []
    for result, own in held:
        whole = len(result.sheets) == len(own)
        part = _whole(result) if whole else _of_posts(session, result, {sheet.policy_post for sheet in own})
        parts.append(replace(part, share=add(*(sheet.weighs for sheet in own))))
        grades.append(result.grade if whole else None)
    score = combine(policy, parts).score
    # A grade that was set in calibration stands; that of several together follows from their score.
    alone = grades[0] if len(grades) == 1 else None
    band = next(one for one in policy.bands if one.grade == alone or (alone is None and score >= one.from_))
    return Counting(unit_id, score, band.multiplier)


def _whole(result: Result) -> Part:
    return Part("sheet", Decimal(1), result.score, computed=result.computed_score, vetoed=result.vetoed)


def _of_posts(session: Session, result: Result, posts: Collection[str]) -> Part:
    """What the unit's sheet alone came to, where its head holds another post beside: scored again from the stored case."""
    stored = [sheet for sheet in sheets_from_json(result.sheets) if sheet.case.post in posts]
    alone = [replace(sheet, case=replace(sheet.case, parts=())) for sheet in stored]
    if not alone or not all(sheet.case.items for sheet in alone):
        return _whole(result)
    outcome = appraise_sheets(policies.compiled(session, result.policy_digest), alone)
    return Part("sheet", Decimal(1), outcome.score, computed=outcome.computed_score, vetoed=outcome.vetoed)
